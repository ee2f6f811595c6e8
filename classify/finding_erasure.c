/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_consent.h"

#include <stdlib.h>

#include "classify/consent_act.h"
#include "classify/finding_mark.h"
#include "classify/finding_part.h"
#include "classify/finding_unseen.h"
#include "classify/score.h"

enum {
    /* A value that the browser merely still had says little: it was not the recipient's doing. */
    WEIGHT = 20,
    WEIGHT_SET = 12,
    WEIGHT_CLEARED = 16,
    PHASE_BEFORE = 0,
    PHASE_AFTER = 1,
};

#define DAY_S INT64_C(86400)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct erasure {
    const struct finding_consent_ground *g;
    struct unseen unseen;
    struct consent_acts acts;
    struct consent_acts again; /* those that came back: copies, with `earlier` */
};

/* Erasure was asked of the page's site, and so for all that its pages brought in, or of the
 * recipient itself; the earlier request counts. */
static const struct mark *request_of(
        const struct finding_consent_ground *g, struct bytes page, struct bytes recipient)
{
    const struct consent_site *a = consent_sites_find(g->sites, page);
    const struct consent_site *b = consent_sites_find(g->sites, recipient);
    const struct mark *first = a == NULL ? NULL : a->erasure;
    const struct mark *second = b == NULL ? NULL : b->erasure;

    if (first == NULL || (second != NULL && second->time_ns < first->time_ns))
        return second;
    return first;
}

static bool add_places(struct erasure *r, const struct trace *t)
{
    const struct finding_consent_ground *g = r->g;
    size_t first = r->acts.n;

    for (size_t i = 0; i < t->place_count; i++) {
        size_t x = t->places[i].exchange;
        const struct attribution *a = &g->j->attributions.of[x];
        struct consent_act act = {.recipient = a->site,
                .trace = t,
                .place = &t->places[i],
                .time_ns = consent_time(g->e->exchanges[x])};
        const struct mark *request;

        if (a->visit == NULL ||
                (a->party != PARTY_THIRD && t->lifetime_s < SCORE_LIFE_DAYS * DAY_S))
            continue;
        act.page = a->visit->site;
        request = request_of(g, act.page, act.recipient);
        if (request == NULL)
            continue;
        act.phase = act.time_ns < request->time_ns ? PHASE_BEFORE : PHASE_AFTER;
        if (!consent_acts_add(&r->acts, &act, first))
            return false;
    }
    return true;
}

/* By recipient and value, whatever its name; in each what came before first. */
static int by_value(const void *a, const void *b)
{
    const struct consent_act *left = a, *right = b;
    int order = bytes_compare(left->recipient, right->recipient);

    if (order == 0)
        order = bytes_compare(left->trace->decoded, right->trace->decoded);
    if (order == 0)
        order = ORDER(left->phase, right->phase);
    if (order == 0)
        order = ORDER(left->place->exchange, right->place->exchange);
    return order == 0 ? ORDER(left->trace->number, right->trace->number) : order;
}

static bool same_value(const struct consent_act *a, const struct consent_act *b)
{
    return bytes_equal(a->recipient, b->recipient) &&
           bytes_equal(a->trace->decoded, b->trace->decoded);
}

/* One value at one recipient: keeps what came after, when something came before. */
static bool take_value(struct erasure *r, const struct consent_act *acts, size_t n)
{
    const struct consent_act *earlier = &acts[0];

    if (acts[0].phase != PHASE_BEFORE)
        return true;
    for (size_t i = 1; i < n; i++) {
        struct consent_act act = acts[i];
        size_t fresh = r->again.n;

        if (act.phase == PHASE_BEFORE) {
            earlier = acts[i].last_ns > earlier->last_ns ? &acts[i] : earlier;
            continue;
        }
        act.earlier = earlier;
        if (!consent_acts_add(&r->again, &act, fresh))
            return false;
    }
    return true;
}

static bool collect(struct erasure *r)
{
    const struct judgement *j = r->g->j;

    for (size_t i = 0; i < j->trace_count; i++) {
        if (consent_concerns(j->traces[i]) && !add_places(r, j->traces[i]))
            return false;
    }
    if (r->acts.n != 0)
        qsort(r->acts.at, r->acts.n, sizeof(*r->acts.at), by_value);
    for (size_t i = 1, begin = 0; i <= r->acts.n; i++) {
        if (i < r->acts.n && same_value(&r->acts.at[i], &r->acts.at[begin]))
            continue;
        if (!take_value(r, r->acts.at + begin, i - begin))
            return false;
        begin = i;
    }
    consent_acts_sort(&r->again);
    return true;
}

/* Cookies were cleared between the request and the return: then the browser had nothing left of
 * its own to send. */
static bool was_cleared(const struct finding_consent_ground *g, const struct mark *request,
        const struct consent_act *act)
{
    const struct marks *marks = g->setup->marks;

    for (size_t i = 0; i < marks->n; i++) {
        const struct mark *m = &marks->at[i];
        struct bytes site = m->site.n == 0 ? m->site : site_of(g->setup->sites, m->site);

        if (m->kind == MARK_COOKIES_CLEARED && m->time_ns >= request->time_ns &&
                m->time_ns <= act->time_ns &&
                (m->site.n == 0 || bytes_equal(site, act->page) ||
                        bytes_equal(site, act->recipient)))
            return true;
    }
    return false;
}

static bool add_ways(struct arena *arena, const struct consent_act *acts, size_t n, bool *set,
        struct finding *f)
{
    struct bytes *ways = arena_array(arena, 2, sizeof(*ways));
    bool sent = false;
    size_t count = 0;

    if (ways == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool sets = acts[i].trace->carrier == CARRIER_SET_COOKIE;

        *set = *set || sets;
        sent = sent || !sets;
    }
    if (sent)
        ways[count++] = BYTES_LITERAL("sent");
    if (*set)
        ways[count++] = BYTES_LITERAL("set");
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "again", .kind = FACT_LIST, .list = ways, .list_count = count});
    return true;
}

/* The occurrence before the request is what makes it a return: it is cited as well. */
static bool cite_earlier(
        struct arena *arena, const struct consent_act *earlier, struct finding *f)
{
    struct place *all = arena_array(arena, f->evidence_count + 1, sizeof(*all));
    bool known = false;

    if (all == NULL)
        return false;
    for (size_t i = 0; i < f->evidence_count; i++)
        all[i] = f->evidence[i];
    f->evidence_count -= f->evidence_count == FINDING_EVIDENCE_MOST ? 1 : 0;
    all[f->evidence_count++] = *earlier->last;
    f->evidence = all;
    for (size_t i = 0; i < f->trace_count; i++)
        known = known || f->traces[i] == earlier->trace;
    return known || finding_add_trace(arena, f, earlier->trace);
}

static bool state(
        const struct erasure *r, const struct consent_act *acts, size_t n, struct findings *out)
{
    const struct finding_consent_ground *g = r->g;
    const struct mark *request = request_of(g, acts[0].page, acts[0].recipient);
    struct arena *arena = g->j->arena;
    struct finding *f;
    uint64_t unlisted;
    bool cleared, set = false;

    if (request == NULL)
        return true;
    f = finding_new(arena, "erasure-not-effective", out);
    if (f == NULL || !finding_mark_take(arena, acts, n, f, &unlisted) ||
            !finding_mark_facts(arena, request, acts, n, f) ||
            !unseen_add_fact(arena, &r->unseen, acts[0].recipient, unlisted,
                    g->j->traces_capped || r->acts.capped || r->again.capped, f) ||
            !finding_mark_time(arena, "last_before_time", acts[0].earlier->last_ns, f) ||
            !add_ways(arena, acts, n, &set, f) || !cite_earlier(arena, acts[0].earlier, f))
        return false;
    cleared = was_cleared(g, request, &acts[0]);
    finding_add_fact(f, &(struct finding_fact){.name = "cookies_cleared",
                                .text = bytes_text(cleared ? "true" : "false")});
    f->weight += WEIGHT + (set ? WEIGHT_SET : 0) + (cleared ? WEIGHT_CLEARED : 0);
    return finding_mark_say(arena,
            &(struct finding_mark){.act = acts,
                    .from_ns = request->time_ns,
                    .items = n,
                    .sentence_en =
                            "On a page of $1, $0 $8 $2 at $3, $4 after erasure was asked "
                            "for; it had had the same value before that$6.",
                    .sentence_zh = "在 $1 的页面上，$0 于 $3 $9 $2，比要求删除晚 "
                                   "$5；此前它已有同一个值$7。"},
            f);
}

static bool state_all(const struct erasure *r, struct findings *out)
{
    const struct consent_act *at = r->again.at;

    for (size_t i = 1, begin = 0; i <= r->again.n; i++) {
        if (i < r->again.n && consent_acts_together(&at[i], &at[begin]))
            continue;
        if (!state(r, at + begin, i - begin, out))
            return false;
        begin = i;
    }
    return true;
}

enum status finding_erasure_make(const struct finding_consent_ground *g, struct findings *out)
{
    struct erasure r = {.g = g};
    bool asked = false, ok;

    for (size_t i = 0; i < g->sites->n; i++)
        asked = asked || g->sites->at[i].erasure != NULL;
    if (!asked)
        return STATUS_OK;
    ok = unseen_make(g->j->arena, g->e, g->setup, g->j, &r.unseen) && collect(&r) &&
         state_all(&r, out);
    consent_acts_clear(&r.acts);
    consent_acts_clear(&r.again);
    return ok ? STATUS_OK : STATUS_NOMEM;
}
