/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding.h"

#include <stdlib.h>
#include <string.h>

#include "classify/finding_part.h"
#include "classify/score.h"

#define DAY_S INT64_C(86400)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* One tracking identifier: the traces with the same name and value at the same site. Of the
 * page's own site only what is declared to last counts: it needs something to know its visitor
 * by while the visit lasts. */
static bool tracks(const struct trace *t)
{
    bool lasting = t->lifetime_s >= SCORE_LIFE_DAYS * DAY_S;

    return (t->party == PARTY_THIRD || (t->party == PARTY_FIRST && lasting)) &&
           finding_identifies(t) && t->carrier != CARRIER_REFERER;
}

/* "uid = 12ab…" */
static enum status put_pair(struct buf *out, const struct trace *t)
{
    enum status status = finding_put_text(out, t->name, FINDING_NAME_SHOWN);

    if (status == STATUS_OK)
        status = buf_text(out, " = ");
    return status == STATUS_OK ? finding_put_text(out, t->decoded, FINDING_VALUE_SHOWN)
                               : status;
}

/* What a finding says about its traces together. */
struct sum {
    const struct trace *set;  /* the trace that tells who set it; NULL */
    const struct trace *sent; /* one that was sent; NULL */
    struct finding_sites sites;
    uint64_t times;
    int64_t lifetime_s;
};

static struct sum sum_up(const struct finding *f)
{
    struct sum s = {.lifetime_s = -1};

    for (size_t i = 0; i < f->trace_count; i++) {
        const struct trace *t = f->traces[i];

        finding_add_pages(&s.sites, t);
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

/* Fewer than one other browser among a billion is expected to have the same value. */
static bool singles_out(const struct trace *t)
{
    return t->bits >= SCORE_BITS_SURE;
}

static enum status put_english(struct buf *out, const struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0];
    enum status status = finding_put_text(out, f->recipient, FINDING_NAME_SHOWN);

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
    if (status == STATUS_OK && s->sites.n != 0) {
        status = buf_text(out, " on pages of ");
        if (status == STATUS_OK)
            status = finding_put_sites(out, &s->sites, ", ");
    }
    if (status == STATUS_OK && s->lifetime_s > 0)
        status = buf_print(out, "; it was set to live for %lld days",
                (long long)((s->lifetime_s + DAY_S / 2) / DAY_S));
    if (status == STATUS_OK && singles_out(t))
        status = buf_text(out, "; it is capable of singling out a browser");
    return status == STATUS_OK ? buf_text(out, ".") : status;
}

static enum status put_chinese(struct buf *out, const struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0];
    enum status status = STATUS_OK;

    if (s->sites.n != 0) {
        status = buf_text(out, "在 ");
        if (status == STATUS_OK)
            status = finding_put_sites(out, &s->sites, "、");
        if (status == STATUS_OK)
            status = buf_text(out, " 的页面上，");
    }
    if (status == STATUS_OK)
        status = finding_put_text(out, f->recipient, FINDING_NAME_SHOWN);
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
    if (status == STATUS_OK && singles_out(t))
        status = buf_text(out, "；该标识符足以单独识别出一个浏览器");
    return status == STATUS_OK ? buf_text(out, "。") : status;
}

static bool add_facts(struct arena *arena, struct finding *f, const struct sum *s)
{
    const struct trace *t = f->traces[0], *who = s->set != NULL ? s->set : t;

    finding_add_fact(f, &(struct finding_fact){.name = "name", .text = t->name});
    if (!t->masked)
        finding_add_fact(f, &(struct finding_fact){.name = "value", .text = t->decoded});
    finding_add_fact(
            f, &(struct finding_fact){.name = "set_by",
                       .text = bytes_text(who->set_how == NULL ? "unknown" : who->set_how)});
    if (s->lifetime_s >= 0)
        finding_add_fact(f, &(struct finding_fact){.name = "lifetime_days",
                                    .kind = FACT_NUMBER,
                                    .number = (s->lifetime_s + DAY_S / 2) / DAY_S});
    if (!finding_add_sites(arena, f, "sites_seen_on", &s->sites))
        return false;
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "times_sent", .kind = FACT_NUMBER, .number = (int64_t)s->times});
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "nominal_bits", .kind = FACT_NUMBER, .number = t->bits});
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
    weight += (int)(s->sites.n > 1 ? 10 + s->sites.n : 0);
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

    f->recipient = f->traces[0]->recipient;
    f->recipient_site = f->traces[0]->recipient_site;
    f->owner = f->traces[0]->owner;
    if (s.sites.n != 0)
        f->page_site = s.sites.at[0];
    buf_init(&text, FINDING_STATEMENT_MOST);
    ok = put_english(&text, f, &s) == STATUS_OK;
    f->statement_en = ok ? arena_string(arena, buf_view(&text)) : NULL;
    buf_reset(&text);
    ok = ok && put_chinese(&text, f, &s) == STATUS_OK;
    f->statement_zh = ok ? arena_string(arena, buf_view(&text)) : NULL;
    buf_clear(&text);
    finding_take_verdicts(f);
    f->weight = weigh(f, &s);
    return f->statement_en != NULL && f->statement_zh != NULL && add_facts(arena, f, &s) &&
           finding_take_evidence(arena, f);
}

/* Some rest on bytes that are in no trace: inside a body that could not be taken apart. */
static size_t first_trace(const struct finding *f)
{
    return f->trace_count == 0 ? SIZE_MAX : f->traces[0]->number;
}

static int by_weight(const void *a, const void *b)
{
    const struct finding *left = *(struct finding *const *)a;
    const struct finding *right = *(struct finding *const *)b;
    int order = ORDER(right->weight, left->weight);

    if (order == 0)
        order = ORDER(first_trace(left), first_trace(right));
    if (order == 0)
        order = strcmp(left->kind, right->kind);
    if (order == 0)
        order = bytes_compare(left->recipient_site, right->recipient_site);
    return order == 0 ? strcmp(left->statement_en, right->statement_en) : order;
}

void findings_order(struct findings *f)
{
    if (f->n != 0)
        qsort(f->at, f->n, sizeof(struct finding *), by_weight);
    for (size_t i = 0; i < f->n; i++)
        f->at[i]->number = i + 1;
}

static bool group(
        struct arena *arena, const struct trace *const *sorted, size_t n, struct findings *out)
{
    struct finding *f = NULL;

    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !finding_same_value(sorted[i - 1], sorted[i])) {
            f = finding_new(arena, "tracking-identifier", out);
        }
        if (f == NULL || !finding_add_trace(arena, f, sorted[i]))
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
    struct findings made = {0};
    size_t count = 0;
    bool ok;

    if (sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (tracks(traces[i]))
            sorted[count++] = traces[i];
    }
    if (count != 0)
        qsort(sorted, count, sizeof(const struct trace *), finding_by_value);
    ok = group(arena, sorted, count, &made);
    free(sorted);
    if (!ok)
        return STATUS_NOMEM;
    findings_order(&made);
    *out = made;
    return STATUS_OK;
}
