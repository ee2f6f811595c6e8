/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MENTION_H
#define CLASSIFY_MENTION_H

/*
 * Where the address of a request was written before it was asked for: in the HTML, script or
 * JSON that an attributed response brought. Only whole paths with their query count, as they
 * travelled or with "&" as HTML writes it, so that a common file name names nobody.
 */

#include "classify/request_view.h"
#include "classify/attribution.h"

enum {
    MENTION_LEAST = 16,    /* bytes of a path that is specific enough */
    MENTION_SECONDS = 600, /* how long before */
};

/*
 * The latest exchange before i whose response names i's path, if all such exchanges belong to
 * one site; ATTRIBUTION_NONE otherwise, or when `*budget` (bytes looked at) is used up. Bodies
 * are looked at as far as they are in memory. False: no memory.
 */
MUST_USE bool mention_find(struct arena *arena, const struct evidence *e,
        const struct request_view *views, const struct attribution *of, size_t i,
        uint64_t *budget, int64_t *found);

#endif
