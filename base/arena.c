/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 256, LARGEST_BLOCK = 1 << 20 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t data[];
};

struct arena {
    struct block *blocks; /* the newest, the one being filled, first */
    size_t used;
    size_t limit;
    size_t next_size;
};

struct arena *arena_new(size_t limit)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return NULL;
    a->limit = limit;
    a->next_size = FIRST_BLOCK;
    return a;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    while (a->blocks != NULL) {
        struct block *next = a->blocks->next;

        free(a->blocks);
        a->blocks = next;
    }
    free(a);
}

static struct block *add_block(struct arena *a, size_t need)
{
    size_t size = a->next_size > need ? a->next_size : need;
    struct block *block;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    block = calloc(1, sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->next = a->blocks;
    a->blocks = block;
    if (a->next_size < LARGEST_BLOCK)
        a->next_size *= 2;
    return block;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t step = alignof(max_align_t);
    struct block *block = a->blocks;
    size_t rounded;
    void *out;

    if (n > SIZE_MAX - step)
        return NULL;
    rounded = (n + step - 1) / step * step;
    if (rounded == 0)
        rounded = step;
    if (rounded > a->limit - a->used)
        return NULL;
    if (block == NULL || rounded > block->size - block->used) {
        block = add_block(a, rounded);
        if (block == NULL)
            return NULL;
    }
    out = block->data + block->used;
    block->used += rounded;
    a->used += rounded;
    return out;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;

    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    return arena_alloc(a, n);
}

bool arena_copy(struct arena *a, struct bytes data, struct bytes *out)
{
    uint8_t *p = arena_alloc(a, data.n);

    if (p == NULL)
        return false;
    if (data.n != 0)
        memcpy(p, data.p, data.n);
    *out = bytes_of(p, data.n);
    return true;
}

char *arena_string(struct arena *a, struct bytes data)
{
    char *p = data.n == SIZE_MAX ? NULL : arena_alloc(a, data.n + 1);

    if (p != NULL && data.n != 0)
        memcpy(p, data.p, data.n);
    return p;
}

char *arena_print(struct arena *a, const char *format, ...)
{
    va_list args, again;
    char *out = NULL;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0)
        out = arena_alloc(a, (size_t)length + 1);
    if (out != NULL)
        (void)vsnprintf(out, (size_t)length + 1, format, again);
    va_end(again);
    return out;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

void *arena_grow(struct arena *a, void *array, size_t count, size_t *capacity, size_t size)
{
    size_t larger = *capacity == 0 ? 8 : *capacity * 2;
    void *out;

    if (count < *capacity)
        return array;
    out = arena_array(a, larger, size);
    if (out == NULL)
        return NULL;
    if (count != 0)
        memcpy(out, array, count * size);
    *capacity = larger;
    return out;
}
