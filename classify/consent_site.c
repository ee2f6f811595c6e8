/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_site.h"

#include <stdlib.h>

#include "classify/consent_string.h"
#include "classify/finding_part.h"

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A mark with the site it belongs to. */
struct placed {
    const struct mark *mark;
    struct bytes site;
};

static bool matters(enum mark_kind kind)
{
    return kind == MARK_CONSENT_SHOWN || kind == MARK_CONSENT_ACCEPTED ||
           kind == MARK_CONSENT_REFUSED || kind == MARK_CONSENT_WITHDRAWN ||
           kind == MARK_ERASURE_REQUESTED;
}

/* Marks were sorted by time when they were read, so by their place. */
static int by_site(const void *a, const void *b)
{
    const struct placed *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    if (order == 0)
        order = ORDER(left->mark->time_ns, right->mark->time_ns);
    return order == 0 ? ORDER(left->mark->line, right->mark->line) : order;
}

/* Visits are in order of time, and so are marks: `*v` goes on from one mark to the next. */
static struct bytes site_at(const struct attributions *a, int64_t when_ns, size_t *v)
{
    while (*v < a->visit_count && a->visits[*v]->start_ns <= when_ns)
        ++*v;
    return *v == 0 ? (struct bytes){0} : a->visits[*v - 1]->site;
}

static bool fill(
        struct arena *arena, const struct placed *marks, size_t n, struct consent_site *out)
{
    struct consent_site s = {.site = marks[0].site};

    s.answers = arena_array(arena, n, sizeof(*s.answers));
    if (s.answers == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct mark *m = marks[i].mark;

        if (m->kind == MARK_ERASURE_REQUESTED) {
            s.erasure = s.erasure == NULL ? m : s.erasure;
            s.erasure_last = m;
        } else if (m->kind == MARK_CONSENT_SHOWN) {
            s.shown = s.shown == NULL ? m : s.shown;
        } else {
            s.answers[s.answer_count++] = m;
        }
    }
    *out = s;
    return true;
}

static bool group(
        struct arena *arena, struct placed *marks, size_t n, struct consent_sites *out)
{
    size_t begin = 0;

    if (n == 0)
        return true;
    qsort(marks, n, sizeof(*marks), by_site);
    out->at = arena_array(arena, n, sizeof(*out->at));
    if (out->at == NULL)
        return false;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && bytes_equal(marks[i].site, marks[begin].site))
            continue;
        if (!fill(arena, marks + begin, i - begin, &out->at[out->n]))
            return false;
        out->n++;
        begin = i;
    }
    return true;
}

bool consent_sites_make(struct arena *arena, const struct judgement_setup *setup,
        const struct judgement *j, struct consent_sites *out)
{
    const struct marks *marks = setup->marks;
    size_t n = 0, visit = 0, all = marks == NULL ? 0 : marks->n;
    struct placed *placed = calloc(all + 1, sizeof(*placed));
    struct consent_sites made = {0};
    bool ok = placed != NULL;

    for (size_t i = 0; ok && i < all; i++) {
        const struct mark *m = &marks->at[i];
        struct bytes site = site_at(&j->attributions, m->time_ns, &visit);

        if (!matters(m->kind))
            continue;
        if (m->site.n != 0)
            site = site_of(setup->sites, m->site);
        if (site.n == 0)
            made.unplaced++;
        else
            placed[n++] = (struct placed){m, site};
    }
    ok = ok && group(arena, placed, n, &made);
    free(placed);
    if (ok)
        *out = made;
    return ok;
}

const struct consent_site *consent_sites_find(const struct consent_sites *s, struct bytes site)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(s->at[middle].site, site);

        if (order == 0)
            return &s->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static enum consent_state state_of(enum mark_kind kind)
{
    return kind == MARK_CONSENT_ACCEPTED  ? CONSENT_ACCEPTED
           : kind == MARK_CONSENT_REFUSED ? CONSENT_REFUSED
                                          : CONSENT_WITHDRAWN;
}

enum consent_state consent_site_state(
        const struct consent_site *s, int64_t when_ns, const struct mark **mark)
{
    const struct mark *found = NULL;
    enum consent_state state = CONSENT_NONE;
    size_t low = 0, high;

    if (s != NULL && (s->answer_count != 0 || s->shown != NULL)) {
        high = s->answer_count;
        while (low < high) { /* the first answer that came later */
            size_t middle = low + (high - low) / 2;

            if (s->answers[middle]->time_ns <= when_ns)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0) {
            state = CONSENT_BEFORE;
            found = s->answer_count != 0 ? s->answers[0] : s->shown;
        } else {
            found = s->answers[low - 1];
            state = state_of(found->kind);
        }
    }
    if (mark != NULL)
        *mark = found;
    return state;
}

int64_t consent_time(const struct exchange *x)
{
    return x->request.seen ? x->request.first_ns : x->response.first_ns;
}

bool consent_concerns(const struct trace *t)
{
    return (finding_identifies(t) || t->class_ == CLASS_DIRECT) &&
           t->carrier != CARRIER_REFERER && !consent_string_named(t->name);
}
