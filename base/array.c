/* SPDX-License-Identifier: Apache-2.0 */
#include "base/array.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

void *array_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    size_t larger = FIRST_CAPACITY, n;
    void *grown;

    if (count < *capacity)
        return array;
    if ((*capacity != 0 && __builtin_mul_overflow(*capacity, 2, &larger)) ||
            __builtin_mul_overflow(larger, size, &n))
        return NULL;
    grown = realloc(array, n);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}
