/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_RANGES_H
#define BASE_RANGES_H

/* A set of half-open ranges [begin, end) of 64-bit offsets, sorted, never touching. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct range {
    uint64_t begin;
    uint64_t end;
};

struct ranges {
    struct range *at; /* owned */
    size_t n;
    size_t capacity;
};

void ranges_init(struct ranges *r);
void ranges_clear(struct ranges *r);
/* Adds [begin, end), joining what it touches. STATUS_NOMEM leaves the set as it was. */
MUST_USE enum status ranges_add(struct ranges *r, uint64_t begin, uint64_t end);
/* True when all of [begin, end) is in the set; the empty range always is. */
MUST_USE bool ranges_cover(const struct ranges *r, uint64_t begin, uint64_t end);
/* The first part of [begin, end) that is not in the set; false when there is none. */
MUST_USE bool ranges_hole(
        const struct ranges *r, uint64_t begin, uint64_t end, struct range *hole);
uint64_t ranges_total(const struct ranges *r); /* how many offsets are in the set */

#endif
