/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/hold.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

enum { HOLD_ARENA_MOST = 64 << 20, FIRST_MOST = 4096 };

struct hold {
    struct arena *arena;
    struct item *items;
    size_t n, capacity, next;
    size_t bytes;
    struct buf first[2];
    bool broken[2]; /* a gap or more than FIRST_MOST: `first` is complete */
};

struct hold *hold_new(void)
{
    struct hold *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    buf_init(&h->first[FROM_CLIENT], FIRST_MOST);
    buf_init(&h->first[FROM_SERVER], FIRST_MOST);
    h->arena = arena_new(HOLD_ARENA_MOST);
    if (h->arena == NULL) {
        free(h);
        return NULL;
    }
    return h;
}

void hold_free(struct hold *h)
{
    if (h == NULL)
        return;
    buf_clear(&h->first[FROM_CLIENT]);
    buf_clear(&h->first[FROM_SERVER]);
    arena_free(h->arena);
    free(h);
}

static enum status note_first(struct hold *h, const struct item *item)
{
    struct buf *first = &h->first[item->dir];

    if (item->kind != ITEM_BYTES || item->len == 0)
        h->broken[item->dir] |= item->len != 0 || item->kind == ITEM_END;
    if (h->broken[item->dir] || item->kind != ITEM_BYTES)
        return STATUS_OK;
    return buf_append(first, bytes_slice(item->data, 0, FIRST_MOST - first->n));
}

enum status hold_add(struct hold *h, const struct item *item)
{
    struct item copy = *item, *grown;
    uint64_t *frames;

    if (note_first(h, item) != STATUS_OK)
        return STATUS_NOMEM;
    if (!arena_copy(h->arena, item->data, &copy.data))
        return STATUS_NOMEM;
    frames = arena_array(h->arena, item->frames.n, sizeof(*frames));
    grown = arena_grow(h->arena, h->items, h->n, &h->capacity, sizeof(*h->items));
    if (frames == NULL || grown == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < item->frames.n; i++)
        frames[i] = item->frames.at[i];
    copy.frames.at = frames;
    h->items = grown;
    h->items[h->n++] = copy;
    h->bytes += item->data.n;
    return STATUS_OK;
}

bool hold_full(const struct hold *h)
{
    return h->bytes >= HOLD_MOST || h->n >= HOLD_ITEMS_MOST;
}

struct bytes hold_first(const struct hold *h, enum direction dir)
{
    return buf_view(&h->first[dir]);
}

void hold_turn(struct hold *h)
{
    struct buf first = h->first[FROM_CLIENT];
    bool broken = h->broken[FROM_CLIENT];

    h->first[FROM_CLIENT] = h->first[FROM_SERVER];
    h->first[FROM_SERVER] = first;
    h->broken[FROM_CLIENT] = h->broken[FROM_SERVER];
    h->broken[FROM_SERVER] = broken;
    for (size_t i = 0; i < h->n; i++)
        h->items[i].dir = h->items[i].dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
}

bool hold_next(struct hold *h, struct item *out)
{
    if (h->next == h->n)
        return false;
    *out = h->items[h->next++];
    return true;
}
