/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_order.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES_OF_ITEM = 2 }; /* as many as reassembly ever names */

struct flow_held {
    struct flow_held *next;
    struct item item;
    uint64_t frames[FRAMES_OF_ITEM];
    uint8_t data[];
};

void flow_order_clear(struct flow_order *o)
{
    for (unsigned i = 0; i < 2; i++) {
        while (o->first[i] != NULL) {
            struct flow_held *next = o->first[i]->next;

            free(o->first[i]);
            o->first[i] = next;
        }
    }
    free(o->given);
    *o = (struct flow_order){0};
}

void flow_order_relieve(struct flow_order *o)
{
    o->pressed = o->bytes != 0;
}

/* Copies the item behind what waits in its direction; false when out of memory. */
static bool keep(struct flow_order *o, const struct item *item)
{
    size_t data = item->kind == ITEM_BYTES ? item->data.n : 0;
    struct flow_held *held = malloc(sizeof(*held) + data);

    if (held == NULL)
        return false;
    held->next = NULL;
    held->item = *item;
    if (held->item.frames.n > FRAMES_OF_ITEM)
        held->item.frames.n = FRAMES_OF_ITEM;
    for (size_t i = 0; i < held->item.frames.n; i++)
        held->frames[i] = item->frames.at[i];
    held->item.frames.at = held->frames;
    if (data != 0)
        memcpy(held->data, item->data.p, data);
    held->item.data = bytes_of(held->data, data);
    if (o->first[item->dir] == NULL)
        o->first[item->dir] = held;
    else
        o->last[item->dir]->next = held;
    o->last[item->dir] = held;
    o->bytes += sizeof(*held) + data;
    return true;
}

static bool may_pass(const struct flow_order *o, const struct item *item)
{
    uint64_t passed = o->passed[direction_other(item->dir)];

    return !item->place.has_heard || item->place.heard <= passed ||
           item->place.heard - passed == 1 || o->pressed || o->bytes > FLOW_ORDER_MOST;
}

static void pass(struct flow_order *o, const struct item *item, struct item *out)
{
    uint64_t *passed = &o->passed[item->dir];

    if (item->kind == ITEM_END)
        *passed = UINT64_MAX;
    else if (item->off + item->len > *passed)
        *passed = item->off + item->len;
    *out = *item;
}

static void take_held(struct flow_order *o, enum direction dir, struct item *out)
{
    struct flow_held *held = o->first[dir];

    o->first[dir] = held->next;
    if (held->next == NULL)
        o->last[dir] = NULL;
    o->bytes -= sizeof(*held) + held->item.data.n;
    o->given = held;
    pass(o, &held->item, out);
    if (o->bytes == 0 && !o->has_stuck[FROM_CLIENT] && !o->has_stuck[FROM_SERVER])
        o->pressed = false;
}

/* What each side says it heard of the other cannot be true of both: the earlier packet first. */
static enum direction earlier(const struct flow_order *o)
{
    const struct flow_held *client = o->first[FROM_CLIENT], *server = o->first[FROM_SERVER];

    if (client == NULL || server == NULL)
        return client == NULL ? FROM_SERVER : FROM_CLIENT;
    if (client->item.frames.n == 0 || server->item.frames.n == 0)
        return client->item.frames.n == 0 ? FROM_CLIENT : FROM_SERVER;
    return client->frames[0] <= server->frames[0] ? FROM_CLIENT : FROM_SERVER;
}

/* Pulls one item of that direction: hands it out (true), or keeps it; `*more` unless dry. */
static bool pull(struct flow_order *o, struct reasm *stream, enum direction dir, bool *more,
        struct item *out)
{
    struct item item;

    if (o->has_stuck[dir]) {
        /* All that waited before it is out. */
        o->has_stuck[dir] = false;
        o->pressed = o->bytes != 0;
        pass(o, &o->stuck[dir], out);
        return true;
    }
    if (!reasm_next(stream, &item))
        return false;
    if (o->first[dir] == NULL && may_pass(o, &item)) {
        pass(o, &item, out);
        return true;
    }
    *more = true;
    if (!keep(o, &item)) {
        o->stuck[dir] = item;
        o->has_stuck[dir] = true;
        o->pressed = true;
    }
    return false;
}

bool flow_order_next(struct flow_order *o, struct reasm *const streams[2], enum direction first,
        bool closing, struct item *out)
{
    const enum direction order[2] = {first, direction_other(first)};
    bool more = true;

    free(o->given);
    o->given = NULL;
    while (more) {
        more = false;
        for (unsigned i = 0; i < 2; i++) {
            const struct flow_held *held = o->first[order[i]];

            if (held != NULL && may_pass(o, &held->item)) {
                take_held(o, order[i], out);
                return true;
            }
        }
        for (unsigned i = 0; i < 2 && !more; i++) {
            if (pull(o, streams[order[i]], order[i], &more, out))
                return true;
        }
    }
    if (!closing || o->bytes == 0)
        return false;
    take_held(o, earlier(o), out);
    return true;
}
