/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_GATHER_MAP_H
#define CLASSIFY_GATHER_MAP_H

/*
 * The traces found so far, by carrier, name, value and recipient. An open-addressing table
 * whose hash is keyed with fixed numbers; probes are bounded by its load, and what it returns
 * never depends on its order.
 */

#include "classify/gather.h"

struct gather_map {
    struct trace **slots; /* owned */
    size_t size, used;
    struct arena *arena; /* borrowed: owns the traces */
    bool capped;
};

void gather_map_clear(struct gather_map *m);
/* The trace for this key, made when it is new (`*fresh`). NULL: no memory, or the cap was
 * reached, which `capped` tells apart. */
struct trace *gather_map_find(struct gather_map *m, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient, bool *fresh);
/* All traces by first time, then by place; array in the arena. NULL: no memory. */
struct trace **gather_map_sorted(const struct gather_map *m);

#endif
