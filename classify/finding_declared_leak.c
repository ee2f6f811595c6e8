/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify/finding_declared.h"

/*
 * What third parties were sent: one finding for each way of writing and place it stood in. What
 * only the page's own site was sent is no leak.
 */

enum {
    WEIGHT_LOCATION = 75,
    WEIGHT_PLAIN = 80,
    WEIGHT_HASHED = 70,
    WEIGHT_PART = 50,
    WEIGHT_SEARCH = 60,
    WEIGHT_OFTEN = 3,
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_steps(const struct hit *a, const struct hit *b)
{
    size_t i = 0, k = 0;
    int order;

    for (;;) {
        while (i < a->layer_count && a->layers[i] == LAYER_FIELD)
            i++;
        while (k < b->layer_count && b->layers[k] == LAYER_FIELD)
            k++;
        if (i == a->layer_count || k == b->layer_count)
            break;
        order = ORDER(a->layers[i], b->layers[k]);
        if (order != 0)
            return order;
        i++;
        k++;
    }
    order = ORDER(a->layer_count - i, b->layer_count - k);
    if (order == 0)
        order = ORDER(a->digest_count, b->digest_count);
    for (size_t d = 0; d < a->digest_count && order == 0; d++)
        order = strcmp(a->digests[d], b->digests[d]);
    return order;
}

static int by_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

/* By what makes a finding. Of a search term and a place the field's name makes none. */
static int by_kind(const struct declared_ground *g, const struct hit *a, const struct hit *b)
{
    enum subject_kind kind = declared_value(g, a)->kind;
    int order = by_text(a->where, b->where);

    if (order == 0 && kind != SUBJECT_SEARCH && kind != SUBJECT_LOCATION)
        order = bytes_compare(a->key, b->key);
    if (order == 0)
        order = by_steps(a, b);
    if (order == 0)
        order = by_text(a->charset, b->charset);
    if (order == 0)
        order = by_text(a->datum, b->datum);
    return order == 0 ? ORDER(declared_partial(a), declared_partial(b)) : order;
}

static int by_leak(const void *a, const void *b, void *of)
{
    const struct hit *left = *(const struct hit *const *)a;
    const struct hit *right = *(const struct hit *const *)b;
    int order = by_kind(of, left, right);

    return order == 0 ? ORDER(left, right) : order;
}

/* All that the facts and the sentence need of one group of hits. */
struct leak {
    const struct hit *const *hits; /* by exchange, as they came */
    size_t n;
    uint64_t times; /* requests */
    int64_t first_ns;
    struct finding_sites pages;
    enum grade grade;
};

static bool sum_up(struct declared_ground *g, struct leak *l, struct finding *f)
{
    l->first_ns = INT64_MAX;
    for (size_t i = 0; i < l->n; i++) {
        const struct hit *h = l->hits[i];
        const struct attribution *a = &g->j->attributions.of[h->place.exchange];
        int64_t time = declared_time(g, h);

        l->first_ns = time < l->first_ns ? time : l->first_ns;
        l->times += i == 0 || h->place.exchange != l->hits[i - 1]->place.exchange;
        if (declared_grade(h) > l->grade)
            l->grade = declared_grade(h);
        if (a->visit != NULL) {
            const struct trace page = {.page_count = 1, .pages = {a->visit->site}};

            finding_add_pages(&l->pages, &page);
        }
        if (!declared_cite(g, f, &h->place) || !declared_rest_on(g, f, h))
            return false;
    }
    f->grade = l->grade;
    declared_take_verdicts(g, f, l->hits[0]);
    return true;
}

/* Whether the page's own site was sent the value, in any form, and when. */
static const char *before_first_party(const struct declared_ground *g, const struct leak *l)
{
    int64_t first = g->first_party[l->hits[0]->value];

    return first == INT64_MAX ? "not seen" : l->first_ns < first ? "yes" : "no";
}

/* ---- personal data ---- */

static bool add_data_facts(
        const struct declared_ground *g, const struct leak *l, struct finding *f)
{
    const struct hit *h = l->hits[0];
    const struct subject_value *v = declared_value(g, h);

    finding_add_fact(f, &(struct finding_fact){.name = "field", .text = h->key});
    finding_add_fact(f, &(struct finding_fact){.name = "value_label", .text = v->label});
    finding_add_number(f, "value_number", v->number);
    if (!declared_add_encoding(g, f, h))
        return false;
    finding_add_text(f, "where", bytes_text(h->where));
    if (h->variant != NULL)
        finding_add_text(f, "form", bytes_text(h->variant->form));
    if (h->charset != NULL && strcmp(h->charset, "utf-8") != 0)
        finding_add_text(f, "charset", bytes_text(h->charset));
    if (declared_partial(h))
        finding_add_text(f, "partial", bytes_text("yes"));
    finding_add_text(f, "party", bytes_text(party_name(PARTY_THIRD)));
    finding_add_number(f, "times_sent", l->times);
    finding_add_text(f, "before_first_party", bytes_text(before_first_party(g, l)));
    return finding_add_sites(g->j->arena, f, "sites_seen_on", &l->pages);
}

/* ---- a place ---- */

/* Digits behind the points of a coordinate as it travelled; -1: it was coded, they are not seen. */
static int64_t decimals(const struct declared_ground *g, const struct hit *h)
{
    const struct exchange *x = g->e->exchanges[h->place.exchange];
    struct bytes text = x->path;
    int64_t most = -1;
    unsigned long header;

    for (size_t i = 0; i < h->layer_count; i++) {
        if (h->layers[i] != LAYER_FIELD && h->layers[i] != LAYER_PERCENT)
            return -1;
    }
    if (strcmp(h->place.part, "request.body") == 0) {
        text = x->request.body.data;
    } else if (strncmp(h->place.part, "request.headers.", 16) == 0) {
        header = strtoul(h->place.part + 16, NULL, 10);
        if (header >= x->request.header_count)
            return -1;
        text = x->request.headers[header].value;
    } else if (strcmp(h->place.part, "request.path") != 0) {
        return -1;
    }
    if (h->place.off > text.n || h->place.len > text.n - h->place.off)
        return -1;
    text = bytes_slice(text, (size_t)h->place.off, (size_t)(h->place.off + h->place.len));
    for (size_t i = 0; i < text.n; i++) {
        size_t begin = i + 1;

        if (text.p[i] != '.')
            continue;
        while (begin < text.n && ascii_is_digit(text.p[begin]))
            begin++;
        if ((int64_t)(begin - i - 1) > most)
            most = (int64_t)(begin - i - 1);
    }
    return most;
}

static bool add_place_facts(
        const struct declared_ground *g, const struct leak *l, struct finding *f)
{
    const struct hit *h = l->hits[0];
    double nearest = h->metres;
    int64_t digits = -1;

    for (size_t i = 0; i < l->n; i++) {
        int64_t of = decimals(g, l->hits[i]);

        digits = of > digits ? of : digits;
        nearest = l->hits[i]->metres < nearest ? l->hits[i]->metres : nearest;
    }
    finding_add_text(f, "where", bytes_text(h->where));
    finding_add_fact(f, &(struct finding_fact){.name = "field", .text = h->key});
    finding_add_number(f, "metres", (uint64_t)llround(fmin(fmax(nearest, 0), 1e9)));
    if (h->datum != NULL)
        finding_add_text(f, "datum", bytes_text(h->datum));
    if (digits >= 0)
        finding_add_number(f, "decimals", (uint64_t)digits);
    finding_add_number(f, "value_number", declared_value(g, h)->number);
    if (!declared_add_encoding(g, f, h))
        return false;
    finding_add_text(f, "party", bytes_text(party_name(PARTY_THIRD)));
    finding_add_number(f, "times_sent", l->times);
    return finding_add_sites(g->j->arena, f, "sites_seen_on", &l->pages);
}

/* ---- what was searched for ---- */

static bool add_search_facts(
        const struct declared_ground *g, const struct leak *l, struct finding *f)
{
    const struct hit *h = l->hits[0];

    finding_add_fact(
            f, &(struct finding_fact){.name = "term", .text = declared_value(g, h)->text});
    if (!declared_add_encoding(g, f, h))
        return false;
    finding_add_text(f, "where", bytes_text(h->where));
    finding_add_fact(f, &(struct finding_fact){.name = "field", .text = h->key});
    if (h->charset != NULL)
        finding_add_text(f, "charset", bytes_text(h->charset));
    finding_add_text(f, "party", bytes_text(party_name(PARTY_THIRD)));
    finding_add_number(f, "times_sent", l->times);
    finding_add_text(f, "before_first_party", bytes_text(before_first_party(g, l)));
    return finding_add_sites(g->j->arena, f, "sites_seen_on", &l->pages);
}

/* ---- all of them ---- */

static bool say(const struct declared_ground *g, const struct leak *l, struct finding *f)
{
    static const struct said sentence = {"$0, a third party, was sent $1$2, $3, $4$5$6.",
            "$5第三方 $0 共 $4 次收到$1$2，位于$3$6。"};
    const struct hit *h = l->hits[0];
    const struct said who = say_who(g, f), value = say_value(g, h), form = say_form(g, h),
                      where = say_where(g, h), pages = say_pages(g, &l->pages);
    const char *times[] = {arena_print(g->j->arena, "%llu time%s", (unsigned long long)l->times,
                                   l->times == 1 ? "" : "s"),
            arena_print(g->j->arena, "%llu", (unsigned long long)l->times)};
    bool early = strcmp(before_first_party(g, l), "yes") == 0;
    const char *before[] = {early ? "; the page's own site was sent it only later" : "",
            early ? "；在此之后页面所属网站才收到该值" : ""};

    if (!said_whole(who) || !said_whole(value) || !said_whole(form) || !said_whole(where) ||
            !said_whole(pages) || times[0] == NULL || times[1] == NULL)
        return false;
    for (int i = 0; i < 2; i++) {
        const char *texts[] = {i == 0 ? who.en : who.zh, i == 0 ? value.en : value.zh,
                i == 0 ? form.en : form.zh, i == 0 ? where.en : where.zh, times[i],
                i == 0 ? pages.en : pages.zh, before[i]};
        struct finding_word words[sizeof(texts) / sizeof(*texts)];

        for (size_t k = 0; k < sizeof(texts) / sizeof(*texts); k++)
            words[k] = (struct finding_word){bytes_text(texts[k]), 512};
        if (i == 0)
            f->statement_en = finding_say(g->j->arena, sentence.en, words);
        else
            f->statement_zh = finding_say(g->j->arena, sentence.zh, words);
    }
    return f->statement_en != NULL && f->statement_zh != NULL;
}

static enum status state(struct declared_ground *g, const struct hit *const *hits, size_t n)
{
    struct leak l = {.hits = hits, .n = n};
    enum subject_kind kind = declared_value(g, hits[0])->kind;
    struct finding *f;
    enum status status = declared_new(g,
            kind == SUBJECT_SEARCH     ? "search-term-leak"
            : kind == SUBJECT_LOCATION ? "location-leak"
                                       : "personal-data-leak",
            hits[0], &f);
    bool ok;

    if (f == NULL)
        return status;
    ok = sum_up(g, &l, f);
    if (kind == SUBJECT_SEARCH)
        ok = ok && add_search_facts(g, &l, f);
    else if (kind == SUBJECT_LOCATION)
        ok = ok && add_place_facts(g, &l, f);
    else
        ok = ok && add_data_facts(g, &l, f);
    f->weight = kind == SUBJECT_SEARCH       ? WEIGHT_SEARCH
                : kind == SUBJECT_LOCATION   ? WEIGHT_LOCATION
                : declared_partial(hits[0])  ? WEIGHT_PART
                : hits[0]->digest_count != 0 ? WEIGHT_HASHED
                                             : WEIGHT_PLAIN;
    f->weight += l.times > 1 ? WEIGHT_OFTEN : 0;
    return ok && say(g, &l, f) ? STATUS_OK : STATUS_NOMEM;
}

/* A word that a site sends by itself, before it was sent it, does not come from the person. */
static bool site_said_it_first(const struct declared_ground *g, const struct declared_run *run)
{
    int64_t sent = INT64_MAX, back = INT64_MAX;

    if (declared_value(g, run->sent[0])->kind != SUBJECT_SEARCH)
        return false;
    for (size_t i = 0; i < run->sent_count; i++) {
        int64_t time = declared_time(g, run->sent[i]);

        sent = time < sent ? time : sent;
    }
    for (size_t i = 0; i < run->back_count; i++) {
        int64_t time = declared_time(g, run->back[i]);

        back = time < back ? time : back;
    }
    return back < sent;
}

enum status declared_leaks(struct declared_ground *g, const struct declared_run *run)
{
    const struct hit **sorted;
    enum status status = STATUS_OK;
    size_t n = 0;

    if (run->sent_count == 0 || site_said_it_first(g, run))
        return STATUS_OK;
    sorted = calloc(run->sent_count, sizeof(const struct hit *));
    if (sorted == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < run->sent_count; i++) {
        if (declared_party(g, run->sent[i]) == PARTY_THIRD)
            sorted[n++] = run->sent[i];
    }
    if (n != 0)
        qsort_r(sorted, n, sizeof(const struct hit *), by_leak, g);
    for (size_t i = 1, begin = 0; i <= n && status == STATUS_OK; i++) {
        if (i < n && by_kind(g, sorted[begin], sorted[i]) == 0)
            continue;
        status = state(g, sorted + begin, i - begin);
        begin = i;
    }
    free(sorted);
    return status;
}
