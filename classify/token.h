/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TOKEN_H
#define CLASSIFY_TOKEN_H

/*
 * Tokens: the words of URLs and patterns, by which rules are found.
 *
 * A token is a run of letters and digits, all of it: what stands before and behind is another
 * byte or the end. If a pattern holds a token that nothing can prolong (no `*` next to it, not
 * at an open end), then every URL the pattern matches has that token too. So a rule need only
 * be looked at when the URL has its rarest token. Tokens are told apart by their first eight
 * bytes only, so one of so many may well be prolonged behind them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "classify/wide.h"

struct token {
    uint64_t hash; /* token_key */
    uint32_t at;   /* offset in the text */
    uint32_t n;    /* bytes, at least 1 */
};

/* A hash of the first and last eight bytes: texts that differ between these only have the same. */
uint64_t token_hash(struct bytes text);

static inline uint64_t token_mix(uint64_t first, uint64_t last)
{
    uint64_t h = first * UINT64_C(0x9e3779b97f4a7c15) + last * UINT64_C(0xd6e8feb86659fd93);

    return h ^ h >> 29;
}

/* The same where 8 bytes can be read at any place of the text. */
static inline uint64_t token_hash_padded(struct bytes text)
{
    if (text.n > 8)
        return token_mix(wide_load_eight(text.p), wide_load_eight(text.p + text.n - 8));
    return text.n == 0
                   ? 0
                   : token_mix(wide_load_eight(text.p) & UINT64_MAX >> (64 - 8 * text.n), 0);
}

/* The part of a hash that chooses a place in a table or filter: all bytes of the text reach it. */
static inline uint64_t token_place(uint64_t hash)
{
    return hash >> 40;
}

/* A hash of a token's first TOKEN_KEY_BYTES, quicker to get than token_hash. */
uint64_t token_key(struct bytes token);

enum {
    TOKEN_KEY_BYTES = 8,
    TOKEN_TEXT_MOST = 16384, /* bytes of a token_text */
    TOKEN_REACH = 64,        /* bytes that can be read before and behind it */
    TOKEN_TAKE_MOST = 64,    /* tokens taken at once */
};

/*
 * A set of hashes that has some members too many, but lacks none. It tells apart, too, what
 * stands on both sides of a token: the bytes next to tokens fall into 8 kinds, and a `side` is
 * the pair of both, 0 to 63. Whatever else is kept in a filter uses side 0.
 */
struct token_filter {
    uint64_t *words;
    uint64_t mask; /* number of words, a power of two, less one */
};

/* A text prepared once, whose tokens can then be taken several times. */
struct token_text {
    size_t n;
    uint64_t marks[TOKEN_TEXT_MOST / 64 + 2]; /* a bit for each byte of a token; 0 behind */
    uint8_t around[TOKEN_REACH + TOKEN_TEXT_MOST + 2 * TOKEN_REACH]; /* zeros around it */
};

/* Tokens of a text, in its order. */
struct token_list {
    size_t n;
    uint64_t hashes[TOKEN_TAKE_MOST];
    const uint8_t *places[TOKEN_TAKE_MOST]; /* where they begin in the lower-cased text */
};

/* How far the tokens of a text have been taken; {0} at the start. */
struct token_walk {
    size_t at; /* all that begin before have been taken */
    bool done; /* no token is left */
};

/* Reads at most TOKEN_TEXT_MOST bytes of `raw`. */
void token_text_init(struct token_text *t, struct bytes raw);

/* The text, lower-cased. */
static inline const uint8_t *token_text_lower(const struct token_text *t)
{
    return t->around + TOKEN_REACH;
}

/* Appends the next tokens that are in `filter`, as many as surely fit. */
void token_take(const struct token_text *t, const struct token_filter *filter,
        struct token_walk *walk, struct token_list *out);

static inline bool token_filter_has(
        const struct token_filter *filter, uint64_t hash, uint64_t side)
{
    return (filter->words[token_place(hash) & filter->mask] >> ((side + hash) & 63) & 1) != 0;
}

/* Has the memory that token_filter_has will need brought near. */
static inline void token_filter_call(const struct token_filter *filter, uint64_t hash)
{
    __builtin_prefetch(&filter->words[token_place(hash) & filter->mask]);
}

/* `sides` has a bit for each side. */
static inline void token_filter_add(struct token_filter *filter, uint64_t hash, uint64_t sides)
{
    unsigned turn = hash & 63;

    filter->words[token_place(hash) & filter->mask] |=
            sides << turn | sides >> ((64 - turn) & 63);
}

/* Four bytes, the first one lowest whatever the machine. */
static inline uint32_t token_word(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/*
 * The next token at or after `*from` of a lower-cased pattern without its anchors (see rule.h),
 * leaving out those that something can prolong in front or, if they are shorter than
 * TOKEN_KEY_BYTES, behind. `closed_left`, `closed_right`: no letter or digit can precede or
 * follow the pattern in a URL that it matches. False when none is left.
 */
MUST_USE bool token_next_of_pattern(struct bytes pattern, bool closed_left, bool closed_right,
        size_t *from, struct token *out);

/* The sides that this token, one of token_next_of_pattern, can have in a URL that the pattern
 * matches: a bit for each. */
uint64_t token_sides_of_pattern(struct bytes pattern, const struct token *token);

/*
 * What every match of a regular expression contains, as a pattern for token_next_of_pattern
 * with both ends open: its literal bytes, lower-cased, and `*` for everything else. Groups,
 * classes and alternatives count as everything else. `text` has room for source.n bytes; the
 * number written is returned, 0 when nothing is certain.
 */
size_t token_regex_literals(struct bytes source, uint8_t *text);

#endif
