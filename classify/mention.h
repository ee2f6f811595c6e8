/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MENTION_H
#define CLASSIFY_MENTION_H

/*
 * Where the address of a request was written before it was asked for: in the HTML, script or
 * JSON that an attributed response brought. Only whole paths with their query count, as they
 * travelled or with "&" as HTML writes it, behind the request's own host or no host at all, so
 * that a common file name names nobody.
 */

#include "classify/request_view.h"
#include "classify/attribution.h"

enum {
    MENTION_LEAST = 16,    /* bytes of a path that is specific enough */
    MENTION_MOST = 4096,   /* longer ones are not looked for */
    MENTION_STEP = 64,     /* what looking at one exchange costs besides its body */
    MENTION_SECONDS = 600, /* how long before */
};

/*
 * The latest exchange before i whose response names i's path, if all such exchanges belong to
 * one site; ATTRIBUTION_NONE otherwise, or when `*budget` (bytes looked at) is used up. Bodies
 * are looked at as far as they are in memory.
 */
int64_t mention_find(const struct evidence *e, const struct request_view *views,
        const struct attribution *of, size_t i, uint64_t *budget);

#endif
