/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http1_rest.h"

#include <stdlib.h>
#include <string.h>

/* One block: this, then the packet numbers, then the content. */
struct http1_held {
    struct http1_held *next;
    struct item item;
    uint64_t frames[];
};

void http1_rest_clear(struct http1_rest *r)
{
    while (r->first != NULL) {
        struct http1_held *next = r->first->next;

        free(r->first);
        r->first = next;
    }
    free(r->given);
    *r = (struct http1_rest){0};
}

static size_t size_of(const struct item *item)
{
    return sizeof(struct http1_held) + item->frames.n * sizeof(*item->frames.at) +
           (item->kind == ITEM_BYTES ? item->data.n : 0);
}

static struct http1_held *copy_of(const struct item *item)
{
    size_t frames = item->frames.n * sizeof(*item->frames.at);
    size_t data = item->kind == ITEM_BYTES ? item->data.n : 0;
    struct http1_held *held = malloc(size_of(item));
    uint8_t *copy;

    if (held == NULL)
        return NULL;
    held->next = NULL;
    held->item = *item;
    if (frames != 0)
        memcpy(held->frames, item->frames.at, frames);
    held->item.frames.at = held->frames;
    copy = (uint8_t *)held->frames + frames;
    if (data != 0)
        memcpy(copy, item->data.p, data);
    held->item.data = bytes_of(copy, data);
    return held;
}

static enum status add(struct http1_rest *r, const struct item *item)
{
    struct http1_held *held = copy_of(item);

    if (held == NULL)
        return STATUS_NOMEM;
    if (r->last == NULL)
        r->first = held;
    else
        r->last->next = held;
    r->last = held;
    r->bytes += size_of(item);
    return STATUS_OK;
}

enum status http1_rest_add(struct http1_rest *r, const struct item *item)
{
    size_t room = r->bytes < HTTP1_HELD_MOST ? HTTP1_HELD_MOST - r->bytes : 0;

    if (item->kind != ITEM_END && size_of(item) > room)
        return STATUS_USAGE;
    return add(r, item);
}

enum status http1_rest_return(struct http1_rest *r, const struct item *item)
{
    struct http1_held *held = copy_of(item);

    if (held == NULL)
        return STATUS_NOMEM;
    held->next = r->first;
    r->first = held;
    if (r->last == NULL)
        r->last = held;
    r->bytes += size_of(item);
    return STATUS_OK;
}

enum status http1_rest_lose(struct http1_rest *r, const struct item *item, uint32_t gap)
{
    struct item lost = *item;

    if (r->last != NULL && r->last->item.kind == ITEM_GAP && r->last->item.why == GAP_BUDGET &&
            r->last->item.off + r->last->item.len == item->off) {
        r->last->item.len += item->len;
        return STATUS_OK;
    }
    lost.kind = ITEM_GAP;
    lost.why = GAP_BUDGET;
    lost.gap = gap;
    lost.data = bytes_of(NULL, 0);
    lost.frames = (struct frames){NULL, 0};
    return add(r, &lost);
}

bool http1_rest_take(struct http1_rest *r, struct item *out)
{
    struct http1_held *held = r->first;

    free(r->given);
    r->given = held;
    if (held == NULL)
        return false;
    r->first = held->next;
    if (r->first == NULL)
        r->last = NULL;
    r->bytes -= size_of(&held->item);
    *out = held->item;
    return true;
}
