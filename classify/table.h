/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TABLE_H
#define CLASSIFY_TABLE_H

/*
 * From a hash to the rules filed under it, next to each other in memory. Most questions have no
 * answer; a filter small enough for the processor's cache turns those away.
 *
 * Hashes whose token_place is alike share a place, and so do two texts with one hash: an entry found may
 * belong to another. What is in the entry turns most of these away, and whoever asks compares
 * the texts.
 *
 * To fill a table: table_init, table_count for every entry, table_lay_out, then table_put for
 * every entry with the same hashes, the last ones first.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "classify/token.h"

enum {
    TABLE_NO_PLACE = 0xffff,
    TABLE_PADDING = 4, /* entries that can be read from any one, also behind the last */
};

/*
 * What is needed of a rule to turn it away. For one that is filed under a token, four bytes of
 * its pattern belong to it: they must stand in the URL at the same distance from the token.
 */
struct table_entry {
    uint32_t word;       /* see token_word; table_tag when filed under a host */
    uint32_t rule;       /* its number */
    uint32_t mask;       /* see ruleset.h */
    uint16_t token_at;   /* where the token stands in the pattern, or TABLE_NO_PLACE */
    int8_t word_at;      /* from the start of the token; at most TOKEN_REACH away */
    uint8_t word_unused; /* bits at the end of the word that are not compared */
};

struct table {
    uint32_t *starts;            /* owned; of each place, and one more */
    struct table_entry *entries; /* owned; those of a place from its start to the next */
    struct token_filter filter;  /* of the hashes; its words are owned */
    uint64_t place_mask;         /* number of places, a power of two, less one */
};

/* Entries [first, end) of a table. */
struct table_range {
    const struct table_entry *first;
    const struct table_entry *end;
};

/* A part of the hash that does not tell its place. */
static inline uint32_t table_tag(uint64_t hash)
{
    return (uint32_t)hash;
}

/* For at most `most` entries; false when out of memory. */
MUST_USE bool table_init(struct table *t, size_t most);
void table_clear(struct table *t);
/* `sides`: see token_filter_add. */
void table_count(struct table *t, uint64_t hash, uint64_t sides);
void table_lay_out(struct table *t);
void table_put(struct table *t, uint64_t hash, const struct table_entry *entry);

/* Do table_find's answers to both share their entries? */
static inline bool table_same_place(const struct table *t, uint64_t hash, uint64_t other)
{
    return (token_place(hash ^ other) & t->place_mask) == 0;
}

/* Has the memory that table_find will need brought near. */
static inline void table_call(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(&t->starts[token_place(hash) & t->place_mask]);
}

/* All entries under `hash`, in the order of rules, and perhaps others. */
static inline struct table_range table_find(const struct table *t, uint64_t hash)
{
    const uint32_t *start = &t->starts[token_place(hash) & t->place_mask];

    return (struct table_range){t->entries + start[0], t->entries + start[1]};
}

#endif
