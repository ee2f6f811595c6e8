/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/gather_map.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1024 };

void gather_map_clear(struct gather_map *m)
{
    free(m->slots);
    *m = (struct gather_map){.arena = m->arena};
}

static uint64_t mix(uint64_t hash, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ text.p[i]) * UINT64_C(0x100000001b3);
    return (hash ^ text.n) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t hash_of(
        enum carrier carrier, struct bytes name, struct bytes value, struct bytes recipient)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + (uint64_t)carrier;

    hash = mix(mix(mix(hash, name), value), recipient);
    return hash ^ hash >> 29;
}

static bool fits(const struct trace *t, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient)
{
    return t->carrier == carrier && bytes_equal(t->value, value) &&
           bytes_equal(t->name, name) && bytes_equal(t->recipient, recipient);
}

static bool enlarge(struct gather_map *m)
{
    size_t size = m->size == 0 ? FIRST_SIZE : m->size * 2;
    struct trace **slots = calloc(size, sizeof(struct trace *));

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < m->size; i++) {
        struct trace *t = m->slots[i];
        size_t at;

        if (t == NULL)
            continue;
        at = hash_of(t->carrier, t->name, t->value, t->recipient) & (size - 1);
        while (slots[at] != NULL)
            at = (at + 1) & (size - 1);
        slots[at] = t;
    }
    free(m->slots);
    m->slots = slots;
    m->size = size;
    return true;
}

struct trace *gather_map_find(struct gather_map *m, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient, bool *fresh)
{
    struct trace *t;
    size_t at;

    if (m->used * 2 >= m->size && !enlarge(m))
        return NULL;
    at = hash_of(carrier, name, value, recipient) & (m->size - 1);
    for (; m->slots[at] != NULL; at = (at + 1) & (m->size - 1)) {
        if (fits(m->slots[at], carrier, name, value, recipient)) {
            *fresh = false;
            return m->slots[at];
        }
    }
    if (m->used == GATHER_TRACES_MOST) {
        m->capped = true;
        return NULL;
    }
    t = arena_alloc(m->arena, sizeof(*t));
    if (t == NULL)
        return NULL;
    t->carrier = carrier;
    t->name = name;
    t->value = value;
    t->recipient = recipient;
    m->slots[at] = t;
    m->used++;
    *fresh = true;
    return t;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* By the first place: that is unique, because two traces never stand in the same bytes. */
static int by_place(const void *a, const void *b)
{
    const struct trace *left = *(struct trace *const *)a, *right = *(struct trace *const *)b;
    int order = ORDER(left->first_ns, right->first_ns);

    if (order == 0)
        order = ORDER(left->places[0].exchange, right->places[0].exchange);
    if (order == 0)
        order = strcmp(left->places[0].part, right->places[0].part);
    if (order == 0)
        order = ORDER(left->places[0].off, right->places[0].off);
    if (order == 0)
        order = ORDER(left->carrier, right->carrier);
    if (order == 0)
        order = bytes_compare(left->name, right->name);
    return order == 0 ? bytes_compare(left->value, right->value) : order;
}

struct trace **gather_map_sorted(const struct gather_map *m)
{
    struct trace **all = arena_array(m->arena, m->used + 1, sizeof(struct trace *));
    size_t n = 0;

    if (all == NULL)
        return NULL;
    for (size_t i = 0; i < m->size; i++) {
        if (m->slots[i] != NULL)
            all[n++] = m->slots[i];
    }
    if (n != 0)
        qsort(all, n, sizeof(struct trace *), by_place);
    for (size_t i = 0; i < n; i++)
        all[i]->number = i + 1;
    return all;
}
