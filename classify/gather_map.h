/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_GATHER_MAP_H
#define CLASSIFY_GATHER_MAP_H

/*
 * The traces found so far, by carrier, name, value and recipient. An open-addressing table
 * under a hash that is keyed anew in each run, because the values come from the network; what
 * it returns never depends on its order.
 */

#include "base/siphash.h"
#include "classify/gather.h"

struct gather_map {
    struct trace **slots; /* owned */
    uint64_t *hashes;     /* owned: of the trace in each slot */
    size_t size, used;
    struct siphash_key key; /* drawn with the first slot */
    struct arena *arena;    /* borrowed: owns the traces */
    bool capped;
};

void gather_map_clear(struct gather_map *m);
/* The trace for this key, made when it is new (`*fresh`). NULL: it is new and the cap is
 * reached (gather_map_full; `capped` is set), or no memory. */
struct trace *gather_map_find(struct gather_map *m, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient, bool *fresh);
bool gather_map_full(const struct gather_map *m);
/* All traces by first time, then by place; array in the arena. NULL: no memory. */
struct trace **gather_map_sorted(const struct gather_map *m);

#endif
