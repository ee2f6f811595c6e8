/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/token.h"

#include <string.h>

enum { WORD_BITS = 64 };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte)) /* the same byte eight times */

static bool is_token_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The first byte lowest, whatever the machine. */
static inline uint64_t little_endian(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

static inline uint64_t load(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return little_endian(word);
}

static inline void store(uint8_t *p, uint64_t word)
{
    word = little_endian(word);
    memcpy(p, &word, sizeof(word));
}

static inline uint64_t mix(uint64_t first, uint64_t last)
{
    uint64_t h = first * UINT64_C(0x9e3779b97f4a7c15) + last * UINT64_C(0xd6e8feb86659fd93);

    return h ^ h >> 29;
}

uint64_t token_hash(struct bytes text)
{
    uint8_t few[8] = {0};

    if (text.n > 8)
        return mix(load(text.p), load(text.p + text.n - 8));
    if (text.n != 0)
        memcpy(few, text.p, text.n);
    return mix(load(few), 0);
}

/* token_hash of 1 byte or more, where 8 bytes can be read at any place of the text. Without
 * branches: neither how long tokens are nor where they end can a processor foresee. */
static inline uint64_t hash_padded(const uint8_t *p, size_t n)
{
    size_t front = n > 8 ? 8 : n;
    uint64_t last = load(p + n - front) & (n > 8 ? UINT64_MAX : 0);

    return mix(load(p) & UINT64_MAX >> (WORD_BITS - 8 * front), last);
}

/* Bit 7 of each byte of the result: is that byte of `word` from `low` to `high`? ASCII only. */
static inline uint64_t between(uint64_t word, uint8_t low, uint8_t high)
{
    uint64_t seven = word & EACH(0x7f);

    return (seven + EACH(0x80u - low)) & ~(seven + EACH(0x7fu - high)) & ~word & EACH(0x80u);
}

/* Lower-cases eight bytes at once; returns one bit for each: is it part of a token? */
static inline uint64_t convert(const uint8_t *from, uint8_t *to)
{
    uint64_t word = load(from);
    uint64_t letters = between(word | EACH(0x20u), 'a', 'z');
    uint64_t marks = letters | between(word, '0', '9');

    store(to, word | letters >> 2); /* 0x80 >> 2 is what tells 'a' from 'A' */
    return (marks >> 7) * UINT64_C(0x0102040810204080) >> 56; /* gathers the eight bits */
}

#ifdef __SSE2__
typedef char sixteen __attribute__((vector_size(16)));

/* As convert, of sixteen bytes. Those above 0x7f are negative: no letters, no digits. */
static inline uint64_t convert_sixteen(const uint8_t *from, uint8_t *to)
{
    sixteen bytes, folded, letters;

    memcpy(&bytes, from, sizeof(bytes));
    folded = bytes | 0x20;
    letters = (sixteen)(folded >= 'a') & (sixteen)(folded <= 'z');
    folded = bytes | (letters & 0x20);
    memcpy(to, &folded, sizeof(folded));
    letters |= (sixteen)(bytes >= '0') & (sixteen)(bytes <= '9');
    return (uint64_t)__builtin_ia32_pmovmskb128(letters);
}
#endif

/* The marks of up to 64 bytes at `begin`. */
static uint64_t convert_word(struct bytes raw, size_t begin, uint8_t *lower)
{
    size_t n = raw.n - begin < WORD_BITS ? raw.n - begin : WORD_BITS, i = 0;
    uint64_t marks = 0;

#ifdef __SSE2__
    for (; i + 16 <= n; i += 16)
        marks |= convert_sixteen(raw.p + begin + i, lower + begin + i) << i;
#endif
    for (; i + 8 <= n; i += 8)
        marks |= convert(raw.p + begin + i, lower + begin + i) << i;
    if (i < n) {
        uint8_t tail[8] = {0};

        memcpy(tail, raw.p + begin + i, n - i);
        marks |= convert(tail, lower + begin + i) << i;
    }
    return marks;
}

void token_text_init(struct token_text *t, struct bytes raw)
{
    uint64_t before = 0;
    size_t count = 0;

    if (raw.n > TOKEN_TEXT_MOST)
        raw.n = TOKEN_TEXT_MOST;
    for (size_t begin = 0; begin < raw.n; begin += WORD_BITS) {
        uint64_t marks = convert_word(raw, begin, t->lower), edges;

        /* Where marked and unmarked bytes meet. */
        edges = marks ^ (marks << 1 | before);
        before = marks >> (WORD_BITS - 1);
        for (; edges != 0; edges &= edges - 1)
            t->edges[count++] = (uint16_t)(begin + (size_t)__builtin_ctzll(edges));
    }
    if (count % 2 != 0)
        t->edges[count++] = (uint16_t)raw.n;
    memset(t->lower + raw.n, 0, TOKEN_PADDING);
    t->n = raw.n;
    t->edge_count = count;
}

size_t token_take(const struct token_text *t, const struct token_filter *filter, size_t *from,
        struct token *out, size_t most)
{
    size_t i = *from, n = 0;

    for (; 2 * i < t->edge_count && n < most; i++) {
        uint32_t begin = t->edges[2 * i], size = t->edges[2 * i + 1] - begin;

        /* Written in any case, kept if the filter says so. */
        uint64_t hash = hash_padded(t->lower + begin, size);

        out[n] = (struct token){hash, begin, size};
        n += token_filter_has(filter, hash);
    }
    *from = i;
    return n;
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
        if (i > begin && left && right) {
            struct bytes found = bytes_slice(pattern, begin, i);

            *out = (struct token){token_hash(found), (uint32_t)begin, (uint32_t)found.n};
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
