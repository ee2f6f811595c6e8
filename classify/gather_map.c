/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/gather_map.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1024 };

void gather_map_clear(struct gather_map *m)
{
    free(m->slots);
    free(m->hashes);
    *m = (struct gather_map){.arena = m->arena};
}

bool gather_map_full(const struct gather_map *m)
{
    return m->used == GATHER_TRACES_MOST ||
           (m->used != 0 && arena_used(m->arena) > GATHER_BYTES_MOST);
}

static uint64_t hash_of(const struct gather_map *m, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient)
{
    const uint64_t parts[] = {carrier, siphash_bytes(m->key, name),
            siphash_bytes(m->key, value), siphash_bytes(m->key, recipient)};

    return siphash_words(m->key, parts, sizeof(parts) / sizeof(*parts));
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
    uint64_t *hashes = calloc(size, sizeof(*hashes));

    if (slots == NULL || hashes == NULL) {
        free(slots);
        free(hashes);
        return false;
    }
    if (m->size == 0)
        m->key = siphash_key_draw();
    for (size_t i = 0; i < m->size; i++) {
        size_t at = m->hashes[i] & (size - 1);

        if (m->slots[i] == NULL)
            continue;
        while (slots[at] != NULL)
            at = (at + 1) & (size - 1);
        slots[at] = m->slots[i];
        hashes[at] = m->hashes[i];
    }
    free(m->slots);
    free(m->hashes);
    m->slots = slots;
    m->hashes = hashes;
    m->size = size;
    return true;
}

/* The slot of this key, or the free one where it belongs. */
static size_t seek(const struct gather_map *m, uint64_t hash, enum carrier carrier,
        struct bytes name, struct bytes value, struct bytes recipient)
{
    size_t at = hash & (m->size - 1);

    while (m->slots[at] != NULL &&
            (m->hashes[at] != hash || !fits(m->slots[at], carrier, name, value, recipient)))
        at = (at + 1) & (m->size - 1);
    return at;
}

struct trace *gather_map_find(struct gather_map *m, enum carrier carrier, struct bytes name,
        struct bytes value, struct bytes recipient, bool *fresh)
{
    struct trace *t;
    uint64_t hash;
    size_t at;

    if (!gather_map_full(m) && m->used * 2 >= m->size && !enlarge(m))
        return NULL;
    hash = hash_of(m, carrier, name, value, recipient);
    at = seek(m, hash, carrier, name, value, recipient);
    if (m->slots[at] != NULL) {
        *fresh = false;
        return m->slots[at];
    }
    if (gather_map_full(m)) {
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
    m->hashes[at] = hash;
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
