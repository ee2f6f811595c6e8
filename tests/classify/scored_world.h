/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_SCORED_WORLD_H
#define TESTS_CLASSIFY_SCORED_WORLD_H

/* An evidence world whose traces are gathered and scored: what a maker of findings is given.
 * Include cmocka first. */

#include "classify/gather.h"
#include "classify/judgement.h"
#include "classify/score.h"
#include "tests/classify/evidence_world.h"
#include "tests/classify/finding_facts.h"

struct scored_world {
    struct evidence_world w;
    struct judgement j;
    struct judgement_setup setup;
    struct parties *parties;
    struct findings f;
};

static inline void scored_score(struct scored_world *w)
{
    struct formats *formats = formats_new();
    struct traces traces;

    assert_non_null(formats);
    w->j.arena = arena_new((size_t)64 << 20);
    assert_non_null(w->j.arena);
    assert_int_equal(gather_traces(w->j.arena, &w->w.e, &w->w.a, &traces), STATUS_OK);
    assert_int_equal(score_traces(formats, traces.at, traces.n), STATUS_OK);
    formats_free(formats);
    w->j.attributions = w->w.a;
    w->j.traces = traces.at;
    w->j.trace_count = traces.n;
    w->parties = parties_new();
    assert_non_null(w->parties);
    w->setup = (struct judgement_setup){.sites = w->w.sites, .parties = w->parties};
}

#define SCORED_MAKE(into, ...)                                                                 \
    do {                                                                                       \
        memset((into), 0, sizeof(*(into)));                                                    \
        WORLD_MAKE(&(into)->w, __VA_ARGS__);                                                   \
        scored_score(into);                                                                    \
    } while (0)

static inline void scored_clear(struct scored_world *w)
{
    parties_free(w->parties);
    arena_free(w->j.arena);
    world_clear(&w->w);
}

#endif
