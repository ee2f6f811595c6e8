/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "classify/score.h"

enum {
    VALUE_SHOWN = 40, /* bytes of a value in a statement */
    NAME_SHOWN = 100, /* likewise of a name or a host */
    STATEMENT_MOST = 4096,
    SITES_SHOWN = 4,
};

#define DAY_S INT64_C(86400)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* One tracking identifier: the traces with the same name and value at the same site. Of the
 * page's own site only what is declared to last counts: it needs something to know its visitor
 * by while the visit lasts. */
static bool tracks(const struct trace *t)
{
    bool lasting = t->lifetime_s >= SCORE_LIFE_DAYS * DAY_S;

    return (t->party == PARTY_THIRD || (t->party == PARTY_FIRST && lasting)) &&
           (t->class_ == CLASS_BROWSER_IDENTIFIER || t->class_ == CLASS_DEVICE ||
                   t->class_ == CLASS_ACCOUNT) &&
           t->carrier != CARRIER_REFERER;
}

static int by_value(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    if (order == 0)
        order = bytes_compare(left->decoded, right->decoded);
    if (order == 0)
        order = bytes_compare(left->name, right->name);
    return order == 0 ? ORDER(left->number, right->number) : order;
}

static bool same_value(const struct trace *a, const struct trace *b)
{
    return bytes_equal(a->recipient_site, b->recipient_site) &&
           bytes_equal(a->decoded, b->decoded) && bytes_equal(a->name, b->name);
}

/* Text as it may be printed in a sentence: short, and free of control bytes. */
static enum status put_text(struct buf *out, struct bytes text, size_t most)
{
    struct bytes shown = bytes_slice(text, 0, most);
    enum status status = STATUS_OK;

    /* Never half of a UTF-8 sequence. */
    while (shown.n != 0 && shown.n < text.n && (text.p[shown.n] & 0xc0) == 0x80)
        shown.n--;
    for (size_t i = 0; i < shown.n && status == STATUS_OK; i++)
        status = shown.p[i] < 0x20 || shown.p[i] == 0x7f
                         ? buf_print(out, "\\x%02x", (unsigned)shown.p[i])
                         : buf_append_u8(out, shown.p[i]);
    if (status == STATUS_OK && shown.n < text.n)
        status = buf_text(out, "…");
    return status;
}

/* "uid = 12ab…" */
static enum status put_pair(struct buf *out, const struct trace *t)
{
    enum status status = put_text(out, t->name, NAME_SHOWN);

    if (status == STATUS_OK)
        status = buf_text(out, " = ");
    return status == STATUS_OK ? put_text(out, t->decoded, VALUE_SHOWN) : status;
}

/* What a finding says about its traces together. */
struct sum {
    const struct trace *set;  /* the trace that tells who set it; NULL */
    const struct trace *sent; /* one that was sent; NULL */
    struct bytes sites[TRACE_PAGES_MOST];
    size_t site_count;
    uint64_t times;
    int64_t lifetime_s;
};

static void add_site(struct sum *s, struct bytes site)
{
    size_t at = 0;

    while (at < s->site_count && bytes_compare(s->sites[at], site) < 0)
        at++;
    if ((at < s->site_count && bytes_equal(s->sites[at], site)) ||
            s->site_count == TRACE_PAGES_MOST)
        return;
    memmove(s->sites + at + 1, s->sites + at, (s->site_count - at) * sizeof(*s->sites));
    s->sites[at] = site;
    s->site_count++;
}

static struct sum sum_up(const struct finding *f)
{
    struct sum s = {.lifetime_s = -1};

    for (size_t i = 0; i < f->trace_count; i++) {
        const struct trace *t = f->traces[i];

        for (size_t k = 0; k < t->page_count; k++)
            add_site(&s, t->pages[k]);
        if (t->carrier != CARRIER_SET_COOKIE) {
            s.times += t->count;
            s.sent = s.sent == NULL ? t : s.sent;
        }
        if (s.set == NULL && t->set_by != ATTRIBUTION_NONE)
            s.set = t;
        if (t->lifetime_s > s.lifetime_s)
            s.lifetime_s = t->lifetime_s;
    }
    return s;
}

static enum status put_sites(struct buf *out, const struct sum *s, const char *between)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < s->site_count && i < SITES_SHOWN && status == STATUS_OK; i++) {
        status = buf_text(out, i == 0 ? "" : between);
        if (status == STATUS_OK)
            status = put_text(out, s->sites[i], NAME_SHOWN);
    }
    if (status == STATUS_OK && s->site_count > SITES_SHOWN)
        status = buf_text(out, " …");
    return status;
}

static enum status put_english(struct buf *out, const struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0];
    enum status status = put_text(out, f->recipient, NAME_SHOWN);

    if (status == STATUS_OK && f->owner != NULL)
        status = buf_print(out, " (%s)", f->owner);
    if (status == STATUS_OK)
        status = buf_text(out, s->times == 0 ? " gave this browser the identifier "
                                             : " received the identifier ");
    if (status == STATUS_OK)
        status = put_pair(out, t);
    if (status == STATUS_OK && s->times != 0)
        status = buf_print(
                out, " %llu time%s", (unsigned long long)s->times, s->times == 1 ? "" : "s");
    if (status == STATUS_OK && s->site_count != 0) {
        status = buf_text(out, " on pages of ");
        if (status == STATUS_OK)
            status = put_sites(out, s, ", ");
    }
    if (status == STATUS_OK && s->lifetime_s > 0)
        status = buf_print(out, "; it was set to live for %lld days",
                (long long)((s->lifetime_s + DAY_S / 2) / DAY_S));
    return status == STATUS_OK ? buf_text(out, ".") : status;
}

static enum status put_chinese(struct buf *out, const struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0];
    enum status status = STATUS_OK;

    if (s->site_count != 0) {
        status = buf_text(out, "在 ");
        if (status == STATUS_OK)
            status = put_sites(out, s, "、");
        if (status == STATUS_OK)
            status = buf_text(out, " 的页面上，");
    }
    if (status == STATUS_OK)
        status = put_text(out, f->recipient, NAME_SHOWN);
    if (status == STATUS_OK && f->owner != NULL)
        status = buf_print(out, "（%s）", f->owner);
    if (status == STATUS_OK)
        status = s->times == 0 ? buf_text(out, " 向本浏览器写入了标识符 ")
                               : buf_print(out, " 共 %llu 次收到标识符 ",
                                         (unsigned long long)s->times);
    if (status == STATUS_OK)
        status = put_pair(out, t);
    if (status == STATUS_OK && s->lifetime_s > 0)
        status = buf_print(out, "；该标识符设定的存续期为 %lld 天",
                (long long)((s->lifetime_s + DAY_S / 2) / DAY_S));
    return status == STATUS_OK ? buf_text(out, "。") : status;
}

static void add_fact(struct finding *f, const struct finding_fact *fact)
{
    if (f->fact_count < FINDING_FACTS_MOST)
        f->facts[f->fact_count++] = *fact;
}

static bool add_facts(struct arena *arena, struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0], *who = s->set != NULL ? s->set : t;
    struct bytes *sites = arena_array(arena, s->site_count, sizeof(*sites));

    if (sites == NULL)
        return false;
    for (size_t i = 0; i < s->site_count; i++)
        sites[i] = s->sites[i];
    add_fact(f, &(struct finding_fact){.name = "name", .text = t->name});
    if (!t->masked)
        add_fact(f, &(struct finding_fact){.name = "value", .text = t->decoded});
    add_fact(f, &(struct finding_fact){.name = "set_by",
                        .text = bytes_text(who->set_how == NULL ? "unknown" : who->set_how)});
    if (s->lifetime_s >= 0)
        add_fact(f, &(struct finding_fact){.name = "lifetime_days",
                            .kind = FACT_NUMBER,
                            .number = (s->lifetime_s + DAY_S / 2) / DAY_S});
    add_fact(f, &(struct finding_fact){.name = "sites_seen_on",
                        .kind = FACT_LIST,
                        .list = sites,
                        .list_count = s->site_count});
    add_fact(
            f, &(struct finding_fact){
                       .name = "times_sent", .kind = FACT_NUMBER, .number = (int64_t)s->times});
    add_fact(f, &(struct finding_fact){
                        .name = "nominal_bits", .kind = FACT_NUMBER, .number = t->bits});
    return true;
}

/* The strongest verdict of its traces, with the grounds of the trace that has it. */
static void take_verdicts(struct finding *f)
{
    for (int r = 0; r < READINGS; r++) {
        const struct trace *best = f->traces[0];

        for (size_t i = 0; i < f->trace_count; i++) {
            const struct trace *t = f->traces[i];

            if (t->verdicts[r] == VERDICT_IDENTIFIABLE &&
                    best->verdicts[r] != VERDICT_IDENTIFIABLE)
                best = t;
        }
        f->verdicts[r] = best->verdicts[r];
        f->ground_count[r] = best->ground_count[r];
        memcpy(f->grounds[r], best->grounds[r], sizeof(f->grounds[r]));
    }
}

static bool take_evidence(struct arena *arena, struct finding *f)
{
    size_t n = 0, all = 0;

    for (size_t i = 0; i < f->trace_count && all < FINDING_EVIDENCE_MOST; i++)
        all += f->traces[i]->place_count;
    if (all > FINDING_EVIDENCE_MOST)
        all = FINDING_EVIDENCE_MOST;
    f->evidence = arena_array(arena, all, sizeof(*f->evidence));
    if (f->evidence == NULL)
        return false;
    /* One place of each trace first, so that every trace is cited; then more of each. */
    for (size_t round = 0; round < TRACE_PLACES_MOST && n < FINDING_EVIDENCE_MOST; round++) {
        for (size_t i = 0; i < f->trace_count && n < FINDING_EVIDENCE_MOST; i++) {
            if (round < f->traces[i]->place_count)
                f->evidence[n++] = f->traces[i]->places[round];
        }
    }
    f->evidence_count = n;
    return true;
}

/* Seen on several sites, long-lived, known and sent often: the more telling. */
static int weigh(const struct finding *f, const struct sum *s)
{
    int weight = f->traces[0]->score;

    for (size_t i = 0; i < f->trace_count; i++) {
        if (f->traces[i]->party == PARTY_THIRD) {
            weight += 20;
            break;
        }
    }
    weight += (int)(s->site_count > 1 ? 10 + s->site_count : 0);
    weight += s->lifetime_s >= SCORE_LIFE_DAYS * DAY_S ? 4 : 0;
    weight += s->times > 1 ? 3 : 0;
    weight += s->set != NULL && s->sent != NULL ? 3 : 0;
    weight += f->traces[0]->bits >= SCORE_BITS_SURE ? 2 : 0;
    return weight;
}

static bool finish(struct arena *arena, struct finding *f)
{
    struct sum s = sum_up(f);
    struct buf text;
    bool ok;

    f->kind = "tracking-identifier";
    f->recipient = f->traces[0]->recipient;
    f->recipient_site = f->traces[0]->recipient_site;
    f->owner = f->traces[0]->owner;
    if (s.site_count != 0)
        f->page_site = s.sites[0];
    buf_init(&text, STATEMENT_MOST);
    ok = put_english(&text, f, &s) == STATUS_OK;
    f->statement_en = ok ? arena_string(arena, buf_view(&text)) : NULL;
    buf_reset(&text);
    ok = ok && put_chinese(&text, f, &s) == STATUS_OK;
    f->statement_zh = ok ? arena_string(arena, buf_view(&text)) : NULL;
    buf_clear(&text);
    take_verdicts(f);
    f->weight = weigh(f, &s);
    return f->statement_en != NULL && f->statement_zh != NULL && add_facts(arena, f, &s) &&
           take_evidence(arena, f);
}

static int by_weight(const void *a, const void *b)
{
    const struct finding *left = *(struct finding *const *)a;
    const struct finding *right = *(struct finding *const *)b;
    int order = ORDER(right->weight, left->weight);

    return order == 0 ? ORDER(left->traces[0]->number, right->traces[0]->number) : order;
}

static bool add_trace(struct arena *arena, struct finding *f, const struct trace *t)
{
    const struct trace **grown = arena_grow(
            arena, f->traces, f->trace_count, &f->trace_capacity, sizeof(const struct trace *));

    if (grown == NULL)
        return false;
    f->traces = grown;
    f->traces[f->trace_count++] = t;
    return true;
}

static bool group(
        struct arena *arena, const struct trace *const *sorted, size_t n, struct findings *out)
{
    struct finding *f = NULL;

    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !same_value(sorted[i - 1], sorted[i])) {
            f = arena_alloc(arena, sizeof(*f));
            if (f == NULL)
                return false;
            out->at[out->n++] = f;
        }
        if (f == NULL || !add_trace(arena, f, sorted[i]))
            return false;
    }
    for (size_t i = 0; i < out->n; i++) {
        if (!finish(arena, out->at[i]))
            return false;
    }
    return true;
}

enum status finding_make(
        struct arena *arena, struct trace *const *traces, size_t n, struct findings *out)
{
    const struct trace **sorted = calloc(n + 1, sizeof(const struct trace *));
    struct findings made = {.at = arena_array(arena, n + 1, sizeof(struct finding *))};
    size_t count = 0;
    bool ok;

    if (sorted == NULL || made.at == NULL) {
        free(sorted);
        return STATUS_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (tracks(traces[i]))
            sorted[count++] = traces[i];
    }
    if (count != 0)
        qsort(sorted, count, sizeof(const struct trace *), by_value);
    ok = group(arena, sorted, count, &made);
    free(sorted);
    if (!ok)
        return STATUS_NOMEM;
    if (made.n != 0)
        qsort(made.at, made.n, sizeof(struct finding *), by_weight);
    for (size_t i = 0; i < made.n; i++)
        made.at[i]->number = i + 1;
    *out = made;
    return STATUS_OK;
}
