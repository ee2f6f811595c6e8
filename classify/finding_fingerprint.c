/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_fingerprint.h"

#include "classify/finding_part.h"

enum {
    WEIGHT = 40, /* above an identifier of a third party: nothing has to be stored for it */
    WEIGHT_BEYOND = 2,
    WEIGHT_STRONG = 6,
    LIST_MOST = 1536,
};

/* The order of the report: strong ones, the others beyond the usual, then the usual. */
static size_t in_order(const struct print *p, enum signal out[SIGNALS])
{
    size_t n = 0;

    for (int round = 0; round < 3; round++) {
        for (int i = SIGNAL_NONE + 1; i < SIGNALS; i++) {
            enum signal s = (enum signal)i;
            int rank = signal_strong(s) ? 0 : signal_usual(s) ? 2 : 1;

            if (rank == round && p->signals[s].count != 0)
                out[n++] = s;
        }
    }
    return n;
}

static bool add_facts(struct arena *arena, const struct print *p, size_t times,
        const enum signal *order, size_t n, struct finding *f)
{
    struct bytes *signals = arena_array(arena, n, sizeof(*signals));
    struct bytes *strong = arena_array(arena, n, sizeof(*strong));
    size_t strong_count = 0;

    if (signals == NULL || strong == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct bytes field = p->signals[order[i]].field;
        const char *text = arena_print(
                arena, "%s (%.*s)", signal_name(order[i]), (int)field.n, (const char *)field.p);

        if (text == NULL)
            return false;
        signals[i] = bytes_text(text);
        if (signal_strong(order[i]))
            strong[strong_count++] = bytes_text(signal_name(order[i]));
    }
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "signals", .kind = FACT_LIST, .list = signals, .list_count = n});
    finding_add_fact(f, &(struct finding_fact){.name = "strong",
                                .kind = FACT_LIST,
                                .list = strong,
                                .list_count = strong_count});
    if (p->vendor != NULL)
        finding_add_fact(f,
                &(struct finding_fact){.name = "vendor", .text = bytes_text(p->vendor->name)});
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "times_sent", .kind = FACT_NUMBER, .number = (int64_t)times});
    return true;
}

static bool put_list(const enum signal *order, size_t n, struct buf *en, struct buf *zh)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        status = buf_print(en, "%s%s", i == 0 ? "" : ", ", signal_name(order[i]));
        if (status == STATUS_OK)
            status = buf_print(zh, "%s%s", i == 0 ? "" : "、", signal_name_zh(order[i]));
    }
    return status == STATUS_OK;
}

static bool say(struct arena *arena, const struct print *p, bool third, size_t times,
        const enum signal *order, size_t n, struct finding *f)
{
    static const char *const sentences[2] = {
            "$0$1 received $2 attributes of the browser and the device together in one "
            "request$3: $4$5. Such sets are what browsers are told apart by without a cookie.",
            "$3$0$1在一次请求中一并收到浏览器和设备的 $2 项属性：$4$5。"
            "不用 Cookie 也可凭这类属性的组合区分浏览器。"};
    const char *number = arena_print(arena, "%zu", n), *often[2] = {"", ""}, *page[2];
    const char *vendor = p->vendor == NULL ? "" : p->vendor->name, *who[2];
    struct buf list[2];
    bool ok;

    who[0] = arena_print(arena, "%s%s%s%s", *vendor == '\0' ? "" : " (", vendor,
            *vendor == '\0' ? "" : ")", third ? ", a third party," : "");
    who[1] = arena_print(arena, "%s%s%s%s",
            third             ? "（第三方"
            : *vendor == '\0' ? ""
                              : "（",
            third && *vendor != '\0' ? "，" : "", vendor, third || *vendor != '\0' ? "）" : "");
    page[0] = f->page_site.n == 0
                      ? ""
                      : arena_print(arena, " from a page of %.*s",
                                (int)bytes_slice(f->page_site, 0, FINDING_NAME_SHOWN).n,
                                (const char *)f->page_site.p);
    page[1] = f->page_site.n == 0
                      ? ""
                      : arena_print(arena, "在 %.*s 的页面上，",
                                (int)bytes_slice(f->page_site, 0, FINDING_NAME_SHOWN).n,
                                (const char *)f->page_site.p);
    if (times > 1) {
        often[0] = arena_print(arena, "; %zu requests carried such a set", times);
        often[1] = arena_print(arena, "；共有 %zu 次请求带有这样的组合", times);
    }
    buf_init(&list[0], LIST_MOST);
    buf_init(&list[1], LIST_MOST);
    ok = number != NULL && who[0] != NULL && who[1] != NULL && page[0] != NULL &&
         page[1] != NULL && often[0] != NULL && often[1] != NULL &&
         put_list(order, n, &list[0], &list[1]);
    for (int i = 0; i < 2 && ok; i++) {
        const struct finding_word words[] = {{f->recipient, FINDING_NAME_SHOWN},
                {bytes_text(who[i]), FINDING_NAME_SHOWN * 2}, {bytes_text(number), 8},
                {bytes_text(page[i]), FINDING_NAME_SHOWN * 2}, {buf_view(&list[i]), LIST_MOST},
                {bytes_text(often[i]), FINDING_NAME_SHOWN}};
        const char *said = finding_say(arena, sentences[i], words);

        ok = said != NULL;
        if (i == 0)
            f->statement_en = said;
        else
            f->statement_zh = said;
    }
    buf_clear(&list[0]);
    buf_clear(&list[1]);
    return ok;
}

/* The traces that hold the attributes, each once, and the bytes of each attribute. */
static bool take(struct arena *arena, const struct carried *carried, const struct print *p,
        const enum signal *order, size_t n, struct finding *f)
{
    f->evidence = arena_array(arena, n, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct place *place = &p->signals[order[i]].place;
        const struct trace *t = carried_find(carried, place);
        bool had = t == NULL, cited = false;

        for (size_t k = 0; k < f->trace_count && !had; k++)
            had = f->traces[k] == t;
        if (!had && !finding_add_trace(arena, f, t))
            return false;
        /* Several attributes may stand in one packed value. */
        for (size_t k = 0; k < f->evidence_count && !cited; k++)
            cited = f->evidence[k].part == place->part && f->evidence[k].off == place->off;
        if (!cited && f->evidence_count < FINDING_EVIDENCE_MOST)
            f->evidence[f->evidence_count++] = *place;
    }
    return true;
}

/* A set of attributes is not judged by what one of them is alone: only that a trace among them
 * is identifiable stands for the set, too. */
static void take_verdicts(struct finding *f)
{
    if (f->trace_count == 0)
        return;
    finding_take_verdicts(f);
    for (int r = 0; r < READINGS; r++) {
        if (f->verdicts[r] == VERDICT_IDENTIFIABLE)
            continue;
        f->verdicts[r] = VERDICT_UNDETERMINED;
        f->ground_count[r] = 0;
    }
}

/* Told by names alone it is a reading of the names. */
static enum grade grade_of(const struct print *p)
{
    size_t beyond = 0, strong = 0;

    for (int s = SIGNAL_NONE + 1; s < SIGNALS; s++) {
        if (p->signals[s].count == 0 || p->signals[s].by == SIGNAL_BY_NAME ||
                signal_usual((enum signal)s))
            continue;
        beyond++;
        strong += signal_strong((enum signal)s);
    }
    return beyond >= 3 || (strong != 0 && beyond >= 2) ? GRADE_DERIVED : GRADE_INFERRED;
}

enum status finding_fingerprint(const struct evidence *e, struct judgement *j,
        const struct carried *carried, const struct print *prints, size_t n,
        struct findings *out)
{
    const struct exchange *x = e->exchanges[prints->exchange];
    enum signal order[SIGNALS];
    size_t signals = in_order(prints, order);
    struct finding *f = finding_new(j->arena, "fingerprinting", out);

    if (f == NULL)
        return STATUS_NOMEM;
    f->page_site = prints->page_site;
    f->recipient = x->host;
    f->recipient_site = prints->site;
    f->owner = j->owners == NULL ? NULL : j->owners[prints->exchange];
    f->grade = grade_of(prints);
    f->weight = WEIGHT;
    for (size_t i = 0; i < signals; i++)
        f->weight += signal_strong(order[i])  ? WEIGHT_STRONG
                     : signal_usual(order[i]) ? 0
                                              : WEIGHT_BEYOND;
    if (!take(j->arena, carried, prints, order, signals, f) ||
            !say(j->arena, prints, j->attributions.of[prints->exchange].party == PARTY_THIRD, n,
                    order, signals, f) ||
            !add_facts(j->arena, prints, n, order, signals, f))
        return STATUS_NOMEM;
    take_verdicts(f);
    return STATUS_OK;
}
