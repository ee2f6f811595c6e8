/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ranges.h"

#include <stdlib.h>
#include <string.h>

void ranges_init(struct ranges *r)
{
    *r = (struct ranges){0};
}

void ranges_clear(struct ranges *r)
{
    free(r->at);
    ranges_init(r);
}

/* The first range that ends at or behind `offset`; r->n when there is none. */
static size_t first_reaching(const struct ranges *r, uint64_t offset)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->at[middle].end < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status make_room(struct ranges *r)
{
    size_t capacity = r->capacity == 0 ? 4 : r->capacity * 2;
    struct range *at;

    if (r->n < r->capacity)
        return STATUS_OK;
    at = realloc(r->at, capacity * sizeof(*at));
    if (at == NULL)
        return STATUS_NOMEM;
    r->at = at;
    r->capacity = capacity;
    return STATUS_OK;
}

enum status ranges_add(struct ranges *r, uint64_t begin, uint64_t end)
{
    size_t from, to;

    if (begin >= end)
        return STATUS_OK;
    from = first_reaching(r, begin);
    for (to = from; to < r->n && r->at[to].begin <= end; to++) {
        if (r->at[to].begin < begin)
            begin = r->at[to].begin;
        if (r->at[to].end > end)
            end = r->at[to].end;
    }
    if (to == from) {
        if (make_room(r) != STATUS_OK)
            return STATUS_NOMEM;
        memmove(r->at + from + 1, r->at + from, (r->n - from) * sizeof(*r->at));
        r->n++;
    } else if (to > from + 1) {
        memmove(r->at + from + 1, r->at + to, (r->n - to) * sizeof(*r->at));
        r->n -= to - from - 1;
    }
    r->at[from] = (struct range){begin, end};
    return STATUS_OK;
}

bool ranges_cover(const struct ranges *r, uint64_t begin, uint64_t end)
{
    struct range hole;

    return !ranges_hole(r, begin, end, &hole);
}

bool ranges_hole(const struct ranges *r, uint64_t begin, uint64_t end, struct range *hole)
{
    size_t i = first_reaching(r, begin);

    if (begin >= end)
        return false;
    if (i < r->n && r->at[i].end == begin)
        i++;
    if (i < r->n && r->at[i].begin <= begin) {
        if (r->at[i].end >= end)
            return false;
        begin = r->at[i].end;
        i++;
    }
    hole->begin = begin;
    hole->end = i < r->n && r->at[i].begin < end ? r->at[i].begin : end;
    return true;
}

uint64_t ranges_total(const struct ranges *r)
{
    uint64_t total = 0;

    for (size_t i = 0; i < r->n; i++)
        total += r->at[i].end - r->at[i].begin;
    return total;
}
