/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/table.h"

#include <stdlib.h>

enum {
    SLOTS_LEAST = 64,
    ENTRIES_A_WORD = 8, /* of the filter: few questions that have no answer get through */
};

static size_t power_of_two(size_t least, size_t start)
{
    while (start < least)
        start *= 2;
    return start;
}

bool table_init(struct table *t, size_t most)
{
    /* At least a fifth of the slots stay free, so that every search meets a free one soon; few
     * that have no answer pass the filter. */
    size_t slots = power_of_two(most + most / 4, SLOTS_LEAST);
    size_t words = power_of_two(most / ENTRIES_A_WORD, 1);
    struct table made = {
            .slots = calloc(slots, sizeof(*made.slots)),
            .entries = calloc(most + 1, sizeof(*made.entries)),
            .filter = {.words = calloc(words, sizeof(uint64_t)), .mask = words - 1},
            .slot_mask = slots - 1,
    };

    if (made.slots == NULL || made.entries == NULL || made.filter.words == NULL) {
        table_clear(&made);
        return false;
    }
    *t = made;
    return true;
}

void table_clear(struct table *t)
{
    free(t->slots);
    free(t->entries);
    free(t->filter.words);
    *t = (struct table){0};
}

/* The slot of the hash, or the free one where it belongs. */
static struct table_slot *slot_of(const struct table *t, uint64_t hash)
{
    uint64_t at = hash & t->slot_mask;

    while (t->slots[at].first != 0 && t->slots[at].tag != (uint32_t)(hash >> 32))
        at = (at + 1) & t->slot_mask;
    return &t->slots[at];
}

void table_count(struct table *t, uint64_t hash, uint64_t sides)
{
    struct table_slot *slot = slot_of(t, hash);

    token_filter_add(&t->filter, hash, sides);
    slot->tag = (uint32_t)(hash >> 32);
    slot->first++;
    t->n++;
}

void table_lay_out(struct table *t)
{
    uint32_t end = 1;

    /* So far `first` has counted the entries of its slot. From now on it stands behind those
     * still to come, which table_put moves down one by one; it never gets down to 0. */
    for (uint64_t i = 0; i <= t->slot_mask; i++) {
        if (t->slots[i].first == 0)
            continue;
        end += t->slots[i].first;
        t->slots[i].first = end;
        t->entries[end - 1].mask = TABLE_LAST;
    }
}

void table_put(struct table *t, uint64_t hash, const struct table_entry *entry)
{
    struct table_entry *place = &t->entries[--slot_of(t, hash)->first];
    uint32_t last = place->mask & TABLE_LAST;

    *place = *entry;
    place->mask |= last;
}
