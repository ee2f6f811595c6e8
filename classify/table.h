/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TABLE_H
#define CLASSIFY_TABLE_H

/*
 * From a hash to the rules filed under it, next to each other in memory. Most questions have no
 * answer; a filter small enough for the processor's cache turns those away. Two texts with one
 * hash share a place: whoever asks compares the texts.
 *
 * To fill a table: table_init, table_count for every entry, table_lay_out, then table_put for
 * every entry with the same hashes.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "classify/token.h"

enum { TABLE_NO_PLACE = 0xffff };

/*
 * What is needed of a rule to turn it away. For one that is filed under a token, four bytes of
 * its pattern belong to it: they must stand in the URL at the same distance from the token.
 */
struct table_entry {
    uint32_t word;       /* see token_word */
    uint32_t rule;       /* its number */
    uint32_t mask;       /* see ruleset.h; TABLE_LAST ends the entries of a hash */
    uint16_t token_at;   /* where the token stands in the pattern, or TABLE_NO_PLACE */
    int8_t word_at;      /* from the start of the token; at most TOKEN_REACH away */
    uint8_t word_unused; /* bits at the end of the word that are not compared */
};

#define TABLE_LAST (1u << 31) /* of table_entry.mask */

struct table_slot {
    uint32_t tag;   /* the upper half of the hash */
    uint32_t first; /* index of the first entry, counted from 1; 0: free */
};

struct table {
    struct table_slot *slots;    /* owned, a power of two of them */
    struct table_entry *entries; /* owned */
    struct token_filter filter;  /* of the hashes; its words are owned */
    uint64_t slot_mask;
    size_t n;
};

/* For at most `most` entries; false when out of memory. */
MUST_USE bool table_init(struct table *t, size_t most);
void table_clear(struct table *t);
/* `sides`: see token_filter_add. */
void table_count(struct table *t, uint64_t hash, uint64_t sides);
void table_lay_out(struct table *t);
/* Sets TABLE_LAST as needed. */
void table_put(struct table *t, uint64_t hash, const struct table_entry *entry);

/* Asks for the memory that the filter, or table_find, will read, and goes on meanwhile. */
static inline void table_prefetch_filter(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(&t->filter.words[hash >> 20 & t->filter.mask]);
}

static inline void table_prefetch(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(&t->slots[hash & t->slot_mask]);
}

/* The entries under `hash`, up to the one with TABLE_LAST; NULL when there is none. */
static inline const struct table_entry *table_find(const struct table *t, uint64_t hash)
{
    uint64_t at = hash & t->slot_mask;

    while (t->slots[at].first != 0) {
        if (t->slots[at].tag == (uint32_t)(hash >> 32))
            return &t->entries[t->slots[at].first];
        at = (at + 1) & t->slot_mask;
    }
    return NULL;
}

#endif
