/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TOKEN_H
#define CLASSIFY_TOKEN_H

/*
 * Tokens: the words of URLs and patterns, by which rules are found.
 *
 * A token is a run of letters and digits, all of it: what stands before and behind is another
 * byte or the end. If a pattern holds a token that nothing can prolong (no `*` next to it, not
 * at an open end), then every URL the pattern matches has that token too. So a rule need only
 * be looked at when the URL has its rarest token.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct token {
    uint64_t hash;
    uint32_t at; /* offset in the text */
    uint32_t n;  /* bytes, at least 1 */
};

/* A hash of the first and last eight bytes: texts that differ between these only have the same. */
uint64_t token_hash(struct bytes text);

enum {
    TOKEN_TEXT_MOST = 16384, /* bytes of a token_text */
    TOKEN_PADDING = 16,
};

/* A set of hashes that has some members too many, but lacks none. */
struct token_filter {
    uint64_t *bits;
    uint64_t mask; /* number of bits, a power of two, less one */
};

/* A text prepared once, whose tokens can then be taken several times. */
struct token_text {
    size_t n;
    size_t edge_count;                              /* even */
    uint8_t lower[TOKEN_TEXT_MOST + TOKEN_PADDING]; /* lower-cased, then zeros */
    uint16_t edges[TOKEN_TEXT_MOST + 64];           /* where tokens begin and end, by turns */
};

/* Reads at most TOKEN_TEXT_MOST bytes of `raw`. */
void token_text_init(struct token_text *t, struct bytes raw);

/* Writes the next tokens, from the one numbered `*from` on, that are in `filter`: at most
 * `most` of them. `*from` moves on; all are taken when it is half of t->edge_count. */
size_t token_take(const struct token_text *t, const struct token_filter *filter, size_t *from,
        struct token *out, size_t most);

static inline bool token_filter_has(const struct token_filter *filter, uint64_t hash)
{
    uint64_t bit = hash >> 20 & filter->mask;

    return (filter->bits[bit / 64] >> (bit % 64) & 1) != 0;
}

static inline void token_filter_add(struct token_filter *filter, uint64_t hash)
{
    uint64_t bit = hash >> 20 & filter->mask;

    filter->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/*
 * The next token at or after `*from` of a lower-cased pattern without its anchors (see rule.h),
 * leaving out those that something can prolong. `closed_left`, `closed_right`: no letter or
 * digit can precede or follow the pattern in a URL that it matches. False when none is left.
 */
MUST_USE bool token_next_of_pattern(struct bytes pattern, bool closed_left, bool closed_right,
        size_t *from, struct token *out);

/*
 * What every match of a regular expression contains, as a pattern for token_next_of_pattern
 * with both ends open: its literal bytes, lower-cased, and `*` for everything else. Groups,
 * classes and alternatives count as everything else. `text` has room for source.n bytes; the
 * number written is returned, 0 when nothing is certain.
 */
size_t token_regex_literals(struct bytes source, uint8_t *text);

#endif
