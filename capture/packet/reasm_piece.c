/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/reasm_piece.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { RECENT_FIRST = 1024 };

void pieces_clear(struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->at[p->head + i]);
    free(p->at);
    *p = (struct pieces){0};
}

size_t pieces_find(const struct pieces *p, uint64_t off)
{
    size_t low = 0, high = p->n;

    /* Most segments come behind all that wait. */
    if (high != 0 && p->at[p->head + high - 1]->off + p->at[p->head + high - 1]->len <= off)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct piece *piece = p->at[p->head + middle];

        if (piece->off + piece->len <= off)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct piece *pieces_get(const struct pieces *p, size_t i)
{
    return i < p->n ? p->at[p->head + i] : NULL;
}

/* Room behind the last piece: by moving all to the front when half is free there, so that each
 * piece moves but once on average. */
static bool make_slot(struct pieces *p)
{
    struct piece **at;

    if (p->head + p->n == p->capacity && p->head != 0 && p->head >= p->capacity / 2) {
        memmove(p->at, p->at + p->head, p->n * sizeof(struct piece *));
        p->head = 0;
    }
    at = array_grow(p->at, p->head + p->n, &p->capacity, sizeof(struct piece *));
    if (at != NULL)
        p->at = at;
    return at != NULL;
}

struct piece *pieces_insert(
        struct pieces *p, size_t i, uint64_t off, uint64_t len, const uint8_t *data)
{
    size_t kept = data == NULL ? 0 : (size_t)len;
    struct piece *piece, **slot;

    if (!make_slot(p))
        return NULL;
    piece = malloc(sizeof(*piece) + kept);
    if (piece == NULL)
        return NULL;
    *piece = (struct piece){.off = off, .len = len, .cut = data == NULL};
    if (kept != 0)
        memcpy(piece->data, data, kept);
    slot = p->at + p->head + i;
    memmove(slot + 1, slot, (p->n - i) * sizeof(struct piece *));
    *slot = piece;
    p->n++;
    p->bytes += sizeof(*piece) + kept;
    return piece;
}

struct piece *pieces_take(struct pieces *p)
{
    struct piece *piece = p->at[p->head];

    p->head++;
    p->n--;
    if (p->n == 0)
        p->head = 0;
    p->bytes -= sizeof(*piece) + (piece->cut ? 0 : (size_t)piece->len);
    return piece;
}

void recent_clear(struct recent *r)
{
    free(r->ring);
    *r = (struct recent){0};
}

/* Until it has its full size the ring never wraps, so it can grow where it stands. */
static bool grow(struct recent *r, size_t need, size_t most)
{
    size_t capacity = r->capacity == 0 ? RECENT_FIRST : r->capacity;
    uint8_t *ring;

    while (capacity < need && capacity < most)
        capacity *= 2;
    if (capacity == r->capacity)
        return true;
    ring = realloc(r->ring, capacity);
    if (ring == NULL)
        return false;
    r->ring = ring;
    r->capacity = capacity;
    return true;
}

void recent_add(struct recent *r, uint64_t off, struct bytes data, size_t most)
{
    size_t at, first;

    if (data.n == 0)
        return;
    if (off != r->end || r->begin == r->end || data.n >= most) {
        size_t skip = data.n > most ? data.n - most : 0;

        data = bytes_slice(data, skip, data.n);
        off += skip;
        r->origin = r->begin = r->end = off;
    }
    if (!grow(r, (size_t)(r->end - r->begin) + data.n, most)) {
        recent_clear(r);
        return;
    }
    at = (size_t)(off - r->origin) & (r->capacity - 1);
    first = r->capacity - at < data.n ? r->capacity - at : data.n;
    memcpy(r->ring + at, data.p, first);
    if (first < data.n)
        memcpy(r->ring, data.p + first, data.n - first);
    r->end += data.n;
    if (r->end - r->begin > r->capacity)
        r->begin = r->end - r->capacity;
}

size_t piece_mismatch(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t i = 0;

    if (n == 0 || memcmp(a, b, n) == 0)
        return n;
    while (a[i] == b[i])
        i++;
    return i;
}

bool recent_differs(const struct recent *r, uint64_t off, struct bytes data, uint64_t *at)
{
    uint64_t end = off + data.n, begin = off < r->begin ? r->begin : off;

    if (end > r->end)
        end = r->end;
    while (begin < end) {
        size_t from = (size_t)(begin - r->origin) & (r->capacity - 1);
        size_t n = r->capacity - from, same;

        if (n > end - begin)
            n = (size_t)(end - begin);
        same = piece_mismatch(r->ring + from, data.p + (begin - off), n);
        if (same != n) {
            *at = begin + same;
            return true;
        }
        begin += n;
    }
    return false;
}
