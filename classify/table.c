/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/table.h"

#include <stdlib.h>

enum {
    PLACES_LEAST = 64,
    ENTRIES_A_WORD = 4, /* of the filter: few questions that have no answer get through */
};

static size_t power_of_two(size_t least, size_t start)
{
    while (start < least)
        start *= 2;
    return start;
}

bool table_init(struct table *t, size_t most)
{
    size_t places = power_of_two(most, PLACES_LEAST);
    size_t words = power_of_two(most / ENTRIES_A_WORD, 1);
    struct table made = {
            .starts = calloc(places + 1, sizeof(*made.starts)),
            .entries = calloc(most + TABLE_PADDING, sizeof(*made.entries)),
            .filter = {.words = calloc(words, sizeof(uint64_t)), .mask = words - 1},
            .place_mask = places - 1,
    };

    if (made.starts == NULL || made.entries == NULL || made.filter.words == NULL) {
        table_clear(&made);
        return false;
    }
    *t = made;
    return true;
}

void table_clear(struct table *t)
{
    free(t->starts);
    free(t->entries);
    free(t->filter.words);
    *t = (struct table){0};
}

void table_count(struct table *t, uint64_t hash, uint64_t sides)
{
    token_filter_add(&t->filter, hash, sides);
    t->starts[token_place(hash) & t->place_mask]++;
}

void table_lay_out(struct table *t)
{
    uint32_t end = 0;

    /* So far each place has its number of entries. From now on it has where these end, and
     * table_put moves that down to where they start. */
    for (uint64_t i = 0; i <= t->place_mask + 1; i++) {
        end += t->starts[i];
        t->starts[i] = end;
    }
}

void table_put(struct table *t, uint64_t hash, const struct table_entry *entry)
{
    t->entries[--t->starts[token_place(hash) & t->place_mask]] = *entry;
}
