/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/token.h"

#include <string.h>

#include "classify/wide.h"

enum { WORD_BITS = 64 };

static bool is_token_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

uint64_t token_hash(struct bytes text)
{
    uint8_t few[8] = {0};

    if (text.n > 8)
        return token_mix(wide_load_eight(text.p), wide_load_eight(text.p + text.n - 8));
    if (text.n != 0)
        memcpy(few, text.p, text.n);
    return token_mix(wide_load_eight(few), 0);
}

/* All bytes of the key reach the upper half: see token_place. */
static inline uint64_t spread(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

/* token_key of a token of less than 64 bytes where 8 bytes can be read at `p`. Without branches:
 * a processor can't foresee how long tokens are. */
static inline uint64_t key_padded(const uint8_t *p, size_t n)
{
#define ALL UINT64_MAX
    static const uint64_t first[WORD_BITS] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff,
            UINT64_C(0xffffffffff), UINT64_C(0xffffffffffff), UINT64_C(0xffffffffffffff), ALL,
            ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,
            ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,
            ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL,
            ALL, ALL, ALL, ALL};
#undef ALL

    return spread(wide_load_eight(p) & first[n]);
}

uint64_t token_key(struct bytes token)
{
    uint8_t few[TOKEN_KEY_BYTES] = {0};

    if (token.n != 0)
        memcpy(few, token.p, token.n < sizeof(few) ? token.n : sizeof(few));
    return spread(wide_load_eight(few));
}

/* Kinds of bytes next to tokens. OTHER are separators too, and both ends of the text. */
enum kind { OTHER, SLASH, QUERY, AND, EQUAL, DOT, DASH, MARK, KINDS };

static const uint8_t kinds[256] = {['/'] = SLASH,
        ['?'] = QUERY,
        ['&'] = AND,
        ['='] = EQUAL,
        ['.'] = DOT,
        ['-'] = DASH,
        ['_'] = MARK,
        ['%'] = MARK};

/* The kinds that the byte `c` of a pattern stands for, as bits. */
static unsigned kinds_of(uint8_t c)
{
    if (c == '^')
        return 1u << OTHER | 1u << SLASH | 1u << QUERY | 1u << AND | 1u << EQUAL;
    return 1u << kinds[c];
}

uint64_t token_sides_of_pattern(struct bytes pattern, const struct token *token)
{
    size_t end = (size_t)token->at + token->n;
    /* In front of a pattern that is closed: the start of the URL, or what precedes a label. */
    unsigned before = token->at == 0 ? kinds_of('/') | kinds_of('.') | 1u << OTHER
                                     : kinds_of(pattern.p[token->at - 1]);
    unsigned behind = end == pattern.n ? 1u << OTHER : kinds_of(pattern.p[end]);
    uint64_t sides = 0;

    if (token->n >= TOKEN_KEY_BYTES && (end == pattern.n || pattern.p[end] == '*'))
        behind = (1u << KINDS) - 1; /* of a longer token */

    for (unsigned i = 0; i < KINDS; i++) {
        if ((before >> i & 1) != 0)
            sides |= (uint64_t)behind << (i * KINDS);
    }
    return sides;
}

WIDE_TWICE void token_text_init(struct token_text *t, struct bytes raw)
{
    uint8_t *lower = t->around + TOKEN_REACH;
    size_t words, at;

    if (raw.n > TOKEN_TEXT_MOST)
        raw.n = TOKEN_TEXT_MOST;
    words = raw.n / WORD_BITS;
    at = words * WORD_BITS;
    memset(t->around, 0, TOKEN_REACH);
    for (size_t i = 0; i < words; i++)
        t->marks[i] = wide_lower_four(raw.p + i * WORD_BITS, lower + i * WORD_BITS);
    t->marks[words] = t->marks[words + 1] = 0;
    if (words != 0 && raw.n != at) {
        /* The rest as part of the last 64 bytes. */
        size_t last = raw.n - WORD_BITS;

        t->marks[words] = wide_lower_four(raw.p + last, lower + last) >> (at - last);
    } else if (raw.n != at) {
        memset(lower, 0, WORD_BITS);
        memcpy(lower, raw.p, raw.n);
        t->marks[0] = wide_lower_four(lower, lower);
    }
    memset(lower + raw.n, 0, TOKEN_REACH);
    t->n = raw.n;
}

static inline size_t lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

/* The marks of 64 bytes from `at`. */
static inline uint64_t marks_from(const struct token_text *t, size_t at)
{
    const uint64_t *marks = &t->marks[at / WORD_BITS];
    unsigned skip = at % WORD_BITS;

    return marks[0] >> skip | marks[1] << 1 << (WORD_BITS - 1 - skip);
}

/* Where the token at `at` ends, which has 64 bytes or more. */
static size_t long_end(const struct token_text *t, size_t at)
{
    size_t word = at / WORD_BITS + 1;

    while (t->marks[word] == UINT64_MAX)
        word++;
    return word * WORD_BITS + lowest(~t->marks[word]);
}

/* Written in any case, counted if the filter says so. */
static inline size_t put_token(const struct token_filter *filter, uint64_t hash,
        const uint8_t *begin, const uint8_t *end, size_t n, struct token_list *out)
{
    out->hashes[n] = hash;
    out->places[n] = begin;
    return n + token_filter_has(filter, hash, (uint64_t)kinds[begin[-1]] * KINDS + kinds[*end]);
}

WIDE_TWICE void token_take(const struct token_text *t, const struct token_filter *filter,
        struct token_walk *walk, struct token_list *out)
{
    const struct token_filter in = *filter;
    size_t at = walk->at, n = out->n;

    /* 64 bytes have the ends of at most half as many tokens. */
    while (at < t->n && n <= TOKEN_TAKE_MOST - WORD_BITS / 2) {
        const uint8_t *p = token_text_lower(t) + at;
        uint64_t marks = marks_from(t, at);
        uint64_t begins = marks & ~(marks << 1), ends = ~marks & marks << 1;

        for (; ends != 0; ends &= ends - 1) {
            const uint8_t *begin = p + lowest(begins), *end = p + lowest(ends);

            begins &= begins - 1;
            n = put_token(&in, key_padded(begin, (size_t)(end - begin)), begin, end, n, out);
        }
        if (begins == 1) { /* and no end */
            size_t length = long_end(t, at) - at;

            n = put_token(&in, spread(wide_load_eight(p)), p, p + length, n, out);
            at += length;
        } else {
            at += begins == 0 ? WORD_BITS : lowest(begins);
        }
    }
    walk->at = at;
    walk->done = at >= t->n;
    out->n = n;
}

bool token_next_of_pattern(struct bytes pattern, bool closed_left, bool closed_right,
        size_t *from, struct token *out)
{
    size_t i = *from;

    while (i < pattern.n) {
        size_t begin;
        bool left, right;

        while (i < pattern.n && !is_token_byte(pattern.p[i]))
            i++;
        begin = i;
        while (i < pattern.n && is_token_byte(pattern.p[i]))
            i++;
        left = begin == 0 ? closed_left : pattern.p[begin - 1] != '*';
        right = i == pattern.n ? closed_right : pattern.p[i] != '*';
        right = right || i - begin >= TOKEN_KEY_BYTES;
        if (i > begin && left && right) {
            struct bytes found = bytes_slice(pattern, begin, i);

            *out = (struct token){token_key(found), (uint32_t)begin, (uint32_t)found.n};
            *from = i;
            return true;
        }
    }
    *from = i;
    return false;
}

/* The bracket or parenthesis at `i` ends at the returned offset (behind it); n when it doesn't. */
static size_t skip_class(struct bytes s, size_t i)
{
    for (i++; i < s.n && s.p[i] != ']'; i++) {
        if (s.p[i] == '\\')
            i++;
    }
    return i < s.n ? i + 1 : s.n;
}

static size_t skip_group(struct bytes s, size_t i)
{
    size_t depth = 0;

    while (i < s.n) {
        if (s.p[i] == '\\') {
            i += 2;
        } else if (s.p[i] == '[') {
            i = skip_class(s, i);
        } else {
            depth += s.p[i] == '(';
            depth -= s.p[i] == ')';
            i++;
            if (depth == 0)
                return i;
        }
    }
    return s.n;
}

/* `{2,5}` */
static size_t skip_counts(struct bytes s, size_t i)
{
    while (i < s.n && s.p[i] != '}')
        i++;
    return i < s.n ? i + 1 : s.n;
}

static bool is_quantifier(uint8_t c)
{
    return c == '?' || c == '*' || c == '+' || c == '{';
}

/* One literal byte of the expression at `*i`; false when what stands there is no such byte. */
static bool take_literal(struct bytes s, size_t *i, uint8_t *out)
{
    uint8_t c = s.p[*i];

    if (c == '\\') {
        if (*i + 1 >= s.n || ascii_is_alnum(s.p[*i + 1]))
            return false;
        *out = s.p[*i + 1];
        *i += 2;
        return true;
    }
    if (strchr("^$.|()[]{}?*+", c) != NULL)
        return false;
    *out = c;
    (*i)++;
    return true;
}

size_t token_regex_literals(struct bytes source, uint8_t *text)
{
    size_t i = 0, n = 0;

    while (i < source.n) {
        uint8_t c = source.p[i], literal;

        if (c == '|')
            return 0; /* alternatives of the whole: neither side is certain */
        if (take_literal(source, &i, &literal)) {
            bool repeats = i < source.n && is_quantifier(source.p[i]);

            /* A literal `*` or `^` would be read as a wildcard in the result: leave it out. */
            if (repeats || literal == '*' || literal == '^')
                text[n++] = '*';
            else
                text[n++] = ascii_lower(literal);
            continue;
        }
        /* `(?i)` and its like change the meaning of what follows; `\Q`, `\E` too. */
        if (c == '(' && i + 2 < source.n && source.p[i + 1] == '?' &&
                strchr(":=!<", source.p[i + 2]) == NULL)
            return 0;
        if (c == '(')
            i = skip_group(source, i);
        else if (c == '[')
            i = skip_class(source, i);
        else if (c == '{')
            i = skip_counts(source, i);
        else if (c == '\\' && i + 1 < source.n && strchr("dDwWsSbB", source.p[i + 1]) != NULL)
            i += 2;
        else if (c == '\\')
            return 0;
        else
            i++;
        text[n++] = '*';
    }
    return n;
}
