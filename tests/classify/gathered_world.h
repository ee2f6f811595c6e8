/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_GATHERED_WORLD_H
#define TESTS_CLASSIFY_GATHERED_WORLD_H

/* Evidence out of text (evidence_world.h) with its traces; include cmocka first. */

#include "classify/gather.h"
#include "tests/classify/evidence_world.h"

struct gathered {
    struct evidence_world w;
    struct arena *arena;
    struct traces t;
};

/* Once its world is made. */
static inline void gather(struct gathered *g)
{
    g->arena = arena_new((size_t)64 << 20);
    assert_non_null(g->arena);
    assert_int_equal(gather_traces(g->arena, &g->w.e, &g->w.a, &g->t), STATUS_OK);
}

static inline void done(struct gathered *g)
{
    arena_free(g->arena);
    world_clear(&g->w);
}

#endif
