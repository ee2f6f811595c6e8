/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that is freed all at once. One arena for each exchange, and one for a whole run's
 * judgement: whoever owns the arena owns every value in it.
 */

#include <stddef.h>

#include "base/bytes.h"

struct arena; /* opaque; not safe to share between threads */

/* An arena that hands out at most `limit` bytes in all. NULL when out of memory. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *a); /* NULL is fine */

/* Zeroed memory aligned for any type; NULL past the limit or when out of memory. n may be 0. */
MUST_USE void *arena_alloc(struct arena *a, size_t n);
/* `count` zeroed elements of `size` bytes; NULL on overflow too. */
MUST_USE void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy of `data`; false when it did not fit, `out` untouched. */
MUST_USE bool arena_copy(struct arena *a, struct bytes data, struct bytes *out);
/* A copy with a NUL behind it; NULL when it did not fit. */
MUST_USE char *arena_string(struct arena *a, struct bytes data);
MUST_USE char *arena_print(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
size_t arena_used(const struct arena *a); /* bytes handed out */

/*
 * An array that grows inside an arena: makes room for one element more behind `count` and
 * returns the array, which may have moved (the old place is simply left behind). `*capacity`
 * starts at 0. NULL when it did not fit, everything as it was.
 */
MUST_USE void *arena_grow(
        struct arena *a, void *array, size_t count, size_t *capacity, size_t size);

#endif
