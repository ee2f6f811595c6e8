/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent.h"

#include <stdlib.h>

#include "classify/consent_act.h"
#include "classify/consent_site.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_text(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* The sites of all pages, each once. False: no memory. */
static bool list_pages(
        struct arena *arena, const struct attributions *a, struct consent_timeline *out)
{
    struct bytes *sites = calloc(a->visit_count + 1, sizeof(*sites));
    size_t n = 0;

    if (sites == NULL)
        return false;
    for (size_t i = 0; i < a->visit_count; i++)
        sites[i] = a->visits[i]->site;
    qsort(sites, a->visit_count, sizeof(*sites), by_text);
    for (size_t i = 0; i < a->visit_count; i++) {
        if (i == 0 || !bytes_equal(sites[i], sites[i - 1]))
            sites[n++] = sites[i];
    }
    out->pages = arena_array(arena, n, sizeof(*out->pages));
    for (size_t i = 0; out->pages != NULL && i < n; i++)
        out->pages[out->n++].site = sites[i];
    free(sites);
    return out->pages != NULL;
}

/* How many answers had been given at a time: the number of the segment. */
static size_t segment_at(const struct consent_site *s, int64_t when_ns)
{
    size_t low = 0, high = s == NULL ? 0 : s->answer_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->answers[middle]->time_ns <= when_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool divide(struct arena *arena, const struct consent_site *s, int64_t from_ns,
        int64_t to_ns, struct consent_page *p)
{
    size_t n = s == NULL ? 0 : s->answer_count;

    p->segments = arena_array(arena, n + 1, sizeof(*p->segments));
    if (p->segments == NULL)
        return false;
    p->segment_count = n + 1;
    p->shown = s == NULL ? NULL : s->shown;
    p->erasure = s == NULL ? NULL : s->erasure;
    if (n != 0 && s->answers[0]->time_ns < from_ns)
        from_ns = s->answers[0]->time_ns;
    if (n != 0 && s->answers[n - 1]->time_ns > to_ns)
        to_ns = s->answers[n - 1]->time_ns;
    for (size_t i = 0; i <= n; i++) {
        struct consent_segment *g = &p->segments[i];

        g->from_ns = i == 0 ? from_ns : s->answers[i - 1]->time_ns;
        g->to_ns = i == n ? to_ns : s->answers[i]->time_ns;
        g->mark = i == 0 ? NULL : s->answers[i - 1];
        g->state = i == 0 ? (n != 0 || (s != NULL && s->shown != NULL) ? CONSENT_BEFORE
                                                                       : CONSENT_NONE)
                          : consent_site_state(s, g->from_ns, NULL);
    }
    return true;
}

static bool collect(const struct evidence *e, const struct judgement *j,
        const struct consent_sites *sites, struct consent_acts *acts)
{
    for (size_t i = 0; i < j->trace_count; i++) {
        const struct trace *t = j->traces[i];
        size_t first = acts->n;

        for (size_t k = 0; k < t->place_count && consent_concerns(t); k++) {
            size_t x = t->places[k].exchange;
            const struct attribution *a = &j->attributions.of[x];
            struct consent_act act = {.recipient = a->site,
                    .trace = t,
                    .place = &t->places[k],
                    .time_ns = consent_time(e->exchanges[x])};

            if (a->visit == NULL)
                continue;
            act.page = a->visit->site;
            act.phase = segment_at(consent_sites_find(sites, act.page), act.time_ns);
            if (!consent_acts_add(acts, &act, first))
                return false;
        }
    }
    return true;
}

static int by_segment(const void *a, const void *b)
{
    const struct consent_act *left = a, *right = b;
    int order = bytes_compare(left->page, right->page);

    if (order == 0)
        order = ORDER(left->phase, right->phase);
    if (order == 0)
        order = bytes_compare(left->recipient, right->recipient);
    if (order == 0)
        order = ORDER(left->place->exchange, right->place->exchange);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static int by_time(const void *a, const void *b)
{
    const struct consent_share *left = a, *right = b;
    int order = ORDER(left->first_ns, right->first_ns);

    return order == 0 ? bytes_compare(left->recipient_site, right->recipient_site) : order;
}

/* The acts of one segment: a share for each recipient. */
static bool share(struct arena *arena, const struct judgement *j,
        const struct consent_act *acts, size_t n, struct consent_segment *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += i == 0 || !bytes_equal(acts[i].recipient, acts[i - 1].recipient);
    out->shares = arena_array(arena, count, sizeof(*out->shares));
    if (out->shares == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct consent_share *s;

        if (i == 0 || !bytes_equal(acts[i].recipient, acts[i - 1].recipient))
            out->shares[out->share_count++] = (struct consent_share){
                    .recipient_site = acts[i].recipient,
                    .owner = acts[i].trace->owner,
                    .party = j->attributions.of[acts[i].place->exchange].party,
                    .first_ns = acts[i].time_ns,
            };
        s = &out->shares[out->share_count - 1];
        s->identifiers++;
        s->times += acts[i].times;
    }
    qsort(out->shares, out->share_count, sizeof(*out->shares), by_time);
    return true;
}

static bool share_all(struct arena *arena, const struct judgement *j,
        const struct consent_acts *acts, struct consent_timeline *out)
{
    size_t page = 0;

    for (size_t i = 1, begin = 0; i <= acts->n; i++) {
        const struct consent_act *first = &acts->at[begin];

        if (i < acts->n && acts->at[i].phase == first->phase &&
                bytes_equal(acts->at[i].page, first->page))
            continue;
        while (page < out->n && !bytes_equal(out->pages[page].site, first->page))
            page++;
        if (page == out->n)
            return true; /* cannot be: every page of an exchange is a visit's */
        if (!share(arena, j, first, i - begin, &out->pages[page].segments[first->phase]))
            return false;
        begin = i;
    }
    return true;
}

enum status consent_timeline_make(struct arena *arena, const struct evidence *e,
        const struct judgement_setup *setup, const struct judgement *j,
        struct consent_timeline *out)
{
    struct consent_timeline made = {0};
    struct consent_acts acts = {0};
    struct consent_sites sites;
    int64_t from = 0, to = 0;
    bool ok = consent_sites_make(arena, setup, j, &sites) &&
              list_pages(arena, &j->attributions, &made);

    for (size_t i = 0; ok && i < e->exchange_count; i++) {
        int64_t when = consent_time(e->exchanges[i]);

        from = i == 0 || when < from ? when : from;
        to = i == 0 || when >= to ? when + 1 : to;
    }
    for (size_t i = 0; ok && i < made.n; i++)
        ok = divide(arena, consent_sites_find(&sites, made.pages[i].site), from, to,
                &made.pages[i]);
    ok = ok && collect(e, j, &sites, &acts);
    if (ok && acts.n != 0)
        qsort(acts.at, acts.n, sizeof(*acts.at), by_segment);
    ok = ok && share_all(arena, j, &acts, &made);
    made.unplaced = ok ? sites.unplaced : 0;
    made.capped = acts.capped || j->traces_capped;
    consent_acts_clear(&acts);
    if (!ok)
        return STATUS_NOMEM;
    *out = made;
    return STATUS_OK;
}
