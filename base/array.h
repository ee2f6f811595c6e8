/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

/* Arrays on the heap that grow; those in an arena are arena_grow's (base/arena.h). */

#include <stddef.h>

#include "base/status.h"

/*
 * Makes room for one element more behind `count` and returns the array, which may have moved.
 * `*capacity` starts at 0 with `array` NULL. NULL when out of memory or when the size is more
 * than a size_t holds; everything as it was. What is new is not zeroed. The caller frees it.
 */
MUST_USE void *array_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
