/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_JUDGED_WORLD_H
#define TESTS_CLASSIFY_JUDGED_WORLD_H

/* Evidence out of text (evidence_world.h) with its traces and vendors, for tests of what makes
 * findings out of whole requests; include cmocka first. */

#include "classify/gather.h"
#include "classify/judgement.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

#define JUDGED_PAGE "1 0 GET https://www.news.test/ 200 nav"

struct judged_world {
    struct evidence_world w;
    struct judgement j;
    struct judgement_setup setup;
    struct findings out;
};

static inline void judged_make(struct judged_world *d, const char *const *lines, size_t n)
{
    struct traces traces;

    memset(d, 0, sizeof(*d));
    world_make(&d->w, lines, n);
    d->j.arena = arena_new((size_t)64 << 20);
    assert_non_null(d->j.arena);
    d->j.attributions = d->w.a;
    d->j.vendors =
            arena_array(d->j.arena, d->w.e.exchange_count, sizeof(const struct vendor *));
    d->j.owners = arena_array(d->j.arena, d->w.e.exchange_count, sizeof(const char *));
    assert_int_equal(vendors_mark(&d->w.e, &d->w.a, d->j.vendors), STATUS_OK);
    assert_int_equal(gather_traces(d->j.arena, &d->w.e, &d->w.a, &traces), STATUS_OK);
    d->j.traces = traces.at;
    d->j.trace_count = traces.n;
    d->setup.sites = d->w.sites;
}

#define JUDGED_MAKE(d, ...)                                                                    \
    judged_make(d, (const char *const[]){__VA_ARGS__},                                         \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline void judged_clear(struct judged_world *d)
{
    arena_free(d->j.arena);
    world_clear(&d->w);
}

#endif
