/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_typing.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classify/carried.h"
#include "classify/finding_part.h"

enum {
    WEIGHT_TYPED = 60, /* above identifiers: it is content */
    WEIGHT_REPLAY = 55,
    WEIGHT_PRESUBMIT = 65,
    LIST_MOST = 600,
};

#define SECOND_NS INT64_C(1000000000)

const char *recording_how_name(enum recording_how how)
{
    switch (how) {
    case RECORDING_TYPED:
        return "as-you-type";
    case RECORDING_REPLAY:
        return "session-replay";
    case RECORDING_PRESUBMIT:
        return "before-submit";
    }
    return "unknown";
}

struct recording *recordings_add(struct recordings *r, const struct judgement *j,
        enum recording_how how, size_t exchange, bool *full)
{
    const struct attribution *a = &j->attributions.of[exchange];
    const struct vendor *v = j->vendors == NULL ? NULL : j->vendors[exchange];
    struct recording *grown;

    *full = r->n == RECORDINGS_MOST;
    if (*full)
        return NULL;
    grown = array_grow(r->at, r->n, &r->capacity, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    r->at = grown;
    r->at[r->n] = (struct recording){.how = how,
            .exchange = exchange,
            .site = a->site,
            .page_site = a->visit == NULL ? bytes_of(NULL, 0) : a->visit->site,
            .vendor = v == NULL ? NULL : v->name,
            .submitted = ATTRIBUTION_NONE};
    return &r->at[r->n++];
}

void recordings_clear(struct recordings *r)
{
    free(r->at);
    *r = (struct recordings){0};
}

void recording_cite(struct recording *r, const struct place *place)
{
    if (r->place_count < RECORDING_PLACES_MOST)
        r->places[r->place_count++] = *place;
}

bool recording_field(struct arena *arena, struct recording *r, struct bytes field)
{
    field = bytes_slice(field, 0, FINDING_NAME_SHOWN);
    for (size_t i = 0; i < r->field_count; i++) {
        if (bytes_equal(r->fields[i], field))
            return true;
    }
    if (r->field_count == RECORDING_FIELDS_MOST)
        return true;
    if (!arena_copy(arena, field, &r->fields[r->field_count]))
        return false;
    r->field_count++;
    return true;
}

void recording_base(struct recording *r, const char *basis)
{
    for (size_t i = 0; i < r->base_count; i++) {
        if (strcmp(r->bases[i], basis) == 0)
            return;
    }
    if (r->base_count < RECORDING_BASES_MOST)
        r->bases[r->base_count++] = basis;
}

/* By what makes one finding; of several rows the one with most samples first. */
static int by_finding(const void *a, const void *b)
{
    const struct recording *left = a, *right = b;
    int order = (left->how > right->how) - (left->how < right->how);

    if (order == 0)
        order = bytes_compare(left->site, right->site);
    if (order == 0)
        order = bytes_compare(left->page_site, right->page_site);
    if (order == 0)
        order = (left->samples < right->samples) - (left->samples > right->samples);
    if (order == 0)
        order = (left->exchange > right->exchange) - (left->exchange < right->exchange);
    if (order == 0 && left->place_count != 0 && right->place_count != 0)
        order = (left->places[0].off > right->places[0].off) -
                (left->places[0].off < right->places[0].off);
    if (order == 0 && left->field_count != 0 && right->field_count != 0)
        order = bytes_compare(left->fields[0], right->fields[0]);
    return order;
}

static bool same_finding(const struct recording *a, const struct recording *b)
{
    return a->how == b->how && bytes_equal(a->site, b->site) &&
           bytes_equal(a->page_site, b->page_site);
}

/* The first row speaks for all; sums are of uploads, which no two rows share. */
static void merge(struct recording *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct recording *r = &rows[i];

        for (size_t k = 0; k < r->place_count; k++)
            recording_cite(&rows[0], &r->places[k]);
        for (size_t k = 0; k < r->base_count; k++)
            recording_base(&rows[0], r->bases[k]);
        for (size_t k = 0; k < r->field_count && rows[0].field_count < RECORDING_FIELDS_MOST;
                k++) {
            bool had = false;

            for (size_t m = 0; m < rows[0].field_count && !had; m++)
                had = bytes_equal(rows[0].fields[m], r->fields[k]);
            if (!had)
                rows[0].fields[rows[0].field_count++] = r->fields[k];
        }
        if (rows[0].how != RECORDING_REPLAY)
            continue;
        rows[0].samples += r->samples;
        rows[0].bytes += r->bytes;
        rows[0].page_text += r->page_text;
        if (r->first_ns < rows[0].first_ns)
            rows[0].first_ns = r->first_ns;
        if (r->last_ns > rows[0].last_ns)
            rows[0].last_ns = r->last_ns;
        if (rows[0].vendor == NULL)
            rows[0].vendor = r->vendor;
    }
}

static bool add_list(struct arena *arena, struct finding *f, const char *name,
        const struct bytes *list, size_t n)
{
    struct bytes *copy = arena_array(arena, n, sizeof(*copy));

    if (copy == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        copy[i] = list[i];
    finding_add_list(f, name, copy, n);
    return true;
}

static int64_t seconds_of(const struct recording *r)
{
    return (r->last_ns - r->first_ns + SECOND_NS - 1) / SECOND_NS;
}

static bool add_facts(const struct evidence *e, struct arena *arena, const struct recording *r,
        struct finding *f)
{
    struct bytes bases[RECORDING_BASES_MOST];
    char id[EXCHANGE_ID_TEXT];

    finding_add_fact(f, &(struct finding_fact){
                                .name = "how", .text = bytes_text(recording_how_name(r->how))});
    if (r->field_count != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "field", .text = r->fields[0]});
    if (r->field_count > 1 && !add_list(arena, f, "fields", r->fields, r->field_count))
        return false;
    finding_add_number(f, "samples", r->samples);
    finding_add_number(f, "seconds", (uint64_t)(seconds_of(r) < 0 ? 0 : seconds_of(r)));
    finding_add_number(f, "bytes", r->bytes);
    if (r->text.n != 0)
        finding_add_fact(
                f, &(struct finding_fact){
                           .name = r->how == RECORDING_PRESUBMIT ? "value_label" : "text",
                           .text = r->text});
    for (size_t i = 0; i < r->base_count; i++)
        bases[i] = bytes_text(r->bases[i]);
    if (r->base_count != 0 && !add_list(arena, f, "told_by", bases, r->base_count))
        return false;
    if (r->page_text != 0)
        finding_add_number(f, "page_text_bytes", r->page_text);
    if (r->vendor != NULL)
        finding_add_fact(
                f, &(struct finding_fact){.name = "vendor", .text = bytes_text(r->vendor)});
    if (r->submitted != ATTRIBUTION_NONE) {
        const char *copy;

        exchange_id(e->exchanges[r->submitted], id);
        copy = arena_string(arena, bytes_text(id));
        if (copy == NULL)
            return false;
        finding_add_fact(
                f, &(struct finding_fact){.name = "submitted_later", .text = bytes_text(copy)});
    }
    return true;
}

/* Sentences: $0 recipient, $1 field, $2 samples, $3 seconds, $4 bytes, $5 page, $6 text. */
static const char *const sentences[3][2] = {
        {"$0, a third party, was sent what was typed while it was being typed: the field $1 "
         "held $2 values in $3 s, each a few characters longer or shorter than the one before$6"
         "$5.",
                "$5第三方 $0 在输入过程中就收到所输入的内容：字段 $1 在 $3 秒内先后有 $2 个值，"
                "每个值与前一个只差几个字符$6。"},
        {"$0, a third party, was sent a stream from which the visit can be played back: $2 "
         "uploads with $4 bytes within $3 s$6$5.",
                "$5第三方 $0 收到可用于回放此次访问过程的数据流：$3 秒内上传 $2 次，"
                "共 $4 字节$6。"},
        {"$0, a third party, was sent values of the person ($6) before any form with them was "
         "sent to the site itself, under $1, $2 time(s)$5.",
                "$5在向网站本身提交表单之前，第三方 $0 已收到本人的信息（$6），字段为 $1，"
                "共 $2 次。"},
};

/* What stands in the sentence for the text, the grounds or the labels. */
static const char *put_more(struct arena *arena, const struct recording *r, bool english)
{
    struct buf list;
    const char *more = "";
    enum status status = STATUS_OK;

    if (r->how == RECORDING_TYPED)
        return r->text.n == 0
                       ? ""
                       : arena_print(arena, english ? ", up to \"%.*s\"" : "，直至“%.*s”",
                                 (int)bytes_slice(r->text, 0, FINDING_VALUE_SHOWN).n,
                                 (const char *)r->text.p);
    buf_init(&list, LIST_MOST);
    if (r->how == RECORDING_PRESUBMIT) {
        status = finding_put_text(&list, r->text, LIST_MOST / 2);
    } else {
        for (size_t i = 0; i < r->base_count && status == STATUS_OK; i++)
            status = buf_print(&list, "%s%s",
                    i != 0    ? english ? ", " : "、"
                    : english ? ", told by "
                              : "，依据：",
                    r->bases[i]);
    }
    more = status == STATUS_OK ? arena_string(arena, buf_view(&list)) : NULL;
    buf_clear(&list);
    return more;
}

static bool say(struct arena *arena, const struct recording *r, struct finding *f)
{
    const char *samples = arena_print(arena, "%llu", (unsigned long long)r->samples);
    const char *seconds = arena_print(arena, "%lld", (long long)seconds_of(r));
    const char *bytes = arena_print(arena, "%llu", (unsigned long long)r->bytes);
    struct bytes site = bytes_slice(r->page_site, 0, FINDING_NAME_SHOWN);

    for (int zh = 0; zh < 2; zh++) {
        const char *page =
                site.n == 0
                        ? ""
                        : arena_print(arena, zh ? "在 %.*s 的页面上，" : " on a page of %.*s",
                                  (int)site.n, (const char *)site.p);
        const char *more = put_more(arena, r, !zh), *said = NULL;

        if (samples != NULL && seconds != NULL && bytes != NULL && page != NULL &&
                more != NULL) {
            const struct finding_word words[] = {{f->recipient, FINDING_NAME_SHOWN},
                    {r->field_count == 0 ? BYTES_LITERAL("-") : r->fields[0],
                            FINDING_NAME_SHOWN},
                    {bytes_text(samples), 24}, {bytes_text(seconds), 24},
                    {bytes_text(bytes), 24}, {bytes_text(page), FINDING_NAME_SHOWN * 2},
                    {bytes_text(more), LIST_MOST}};

            said = finding_say(arena, sentences[r->how][zh], words);
        }
        if (said == NULL)
            return false;
        if (zh)
            f->statement_zh = said;
        else
            f->statement_en = said;
    }
    return true;
}

/* Rests on the traces in which the cited bytes stand; a value that is masked is not shown. */
static bool take(struct arena *arena, const struct carried *carried, struct recording *r,
        struct finding *f)
{
    f->evidence = arena_array(arena, r->place_count, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    for (size_t i = 0; i < r->place_count; i++) {
        const struct trace *t = carried_find(carried, &r->places[i]);
        bool had = t == NULL;

        f->evidence[f->evidence_count++] = r->places[i];
        for (size_t k = 0; k < f->trace_count && !had; k++)
            had = f->traces[k] == t;
        if (!had && !finding_add_trace(arena, f, t))
            return false;
        if (t != NULL && t->masked && r->how == RECORDING_TYPED)
            r->text.n = 0;
    }
    /* Uploads in no form that is taken apart have no trace of their own. */
    for (size_t i = 0; i < r->place_count && f->trace_count == 0; i++) {
        size_t n;
        const struct carried_place *all = carried_in(carried, r->places[i].exchange, &n);

        if (n != 0 && !finding_add_trace(arena, f, all[0].trace))
            return false;
    }
    return true;
}

static enum status state(const struct evidence *e, struct judgement *j,
        const struct carried *carried, struct recording *r, struct findings *out)
{
    static const int weights[] = {WEIGHT_TYPED, WEIGHT_REPLAY, WEIGHT_PRESUBMIT};
    struct finding *f = finding_new(j->arena, "input-recording", out);

    if (f == NULL)
        return STATUS_NOMEM;
    f->page_site = r->page_site;
    f->recipient = e->exchanges[r->exchange]->host;
    f->recipient_site = r->site;
    f->owner = j->owners == NULL ? NULL : j->owners[r->exchange];
    f->weight = weights[r->how];
    f->grade = r->how == RECORDING_REPLAY ? GRADE_INFERRED : GRADE_DERIVED;
    for (size_t i = 0; i < r->base_count; i++) {
        if (strcmp(r->bases[i], "rrweb-events") == 0)
            f->grade = GRADE_DERIVED;
    }
    if (!take(j->arena, carried, r, f) || !say(j->arena, r, f) || !add_facts(e, j->arena, r, f))
        return STATUS_NOMEM;
    /* What a stream says of a person is in its content: only a trace known to identify counts. */
    if (f->trace_count != 0)
        finding_take_verdicts(f);
    for (int reading = 0; reading < READINGS; reading++) {
        if (f->verdicts[reading] == VERDICT_IDENTIFIABLE)
            continue;
        f->verdicts[reading] = VERDICT_UNDETERMINED;
        f->ground_count[reading] = 0;
    }
    return STATUS_OK;
}

enum status finding_typing(const struct evidence *e, struct judgement *j, struct recordings *r,
        struct findings *out)
{
    bool *wanted = calloc(e->exchange_count + 1, sizeof(*wanted));
    struct carried carried = {0};
    enum status status = wanted == NULL ? STATUS_NOMEM : STATUS_OK;

    if (status == STATUS_OK && r->n != 0)
        qsort(r->at, r->n, sizeof(*r->at), by_finding);
    for (size_t i = 0, end; i < r->n && status == STATUS_OK; i = end) {
        for (end = i + 1; end < r->n && same_finding(&r->at[end], &r->at[i]);)
            end++;
        merge(&r->at[i], end - i);
        for (size_t k = 0; k < r->at[i].place_count; k++)
            wanted[r->at[i].places[k].exchange] = true;
    }
    if (status == STATUS_OK)
        status = carried_make(j->traces, j->trace_count, wanted, &carried);
    for (size_t i = 0; i < r->n && status == STATUS_OK; i++) {
        if (i == 0 || !same_finding(&r->at[i], &r->at[i - 1]))
            status = state(e, j, &carried, &r->at[i], out);
    }
    carried_clear(&carried);
    free(wanted);
    return status;
}
