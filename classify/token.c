/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/token.h"

#include <string.h>

enum {
    WORD_BITS = 64,
    STEP = 16, /* bytes that are converted at once */
};

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

uint64_t token_hash_padded(struct bytes text)
{
    if (text.n > 8)
        return mix(load(text.p), load(text.p + text.n - 8));
    return text.n == 0 ? 0 : mix(load(text.p) & UINT64_MAX >> (WORD_BITS - 8 * text.n), 0);
}

/* token_key where 8 bytes can be read at `p`. Without branches: a processor can't foresee how
 * long tokens are. */
static inline uint64_t key_padded(const uint8_t *p, size_t n)
{
    static const uint64_t first[] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff,
            UINT64_C(0xffffffffff), UINT64_C(0xffffffffffff), UINT64_C(0xffffffffffffff),
            UINT64_MAX};
    uint64_t h = (load(p) & first[n < 8 ? n : 8]) ^ n;

    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

uint64_t token_key(struct bytes token)
{
    uint8_t few[8] = {0};

    if (token.n != 0)
        memcpy(few, token.p, token.n < 8 ? token.n : 8);
    return key_padded(few, token.n);
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

    for (unsigned i = 0; i < KINDS; i++) {
        if ((before >> i & 1) != 0)
            sides |= (uint64_t)behind << (i * KINDS);
    }
    return sides;
}

#ifdef __SSE2__
typedef char sixteen __attribute__((vector_size(16)));

/* Lower-cases sixteen bytes at once; returns one bit for each: is it part of a token? Bytes
 * above 0x7f are negative: no letters, no digits. */
static inline uint64_t convert(const uint8_t *from, uint8_t *to)
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
#else
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte)) /* the same byte eight times */

static inline void store(uint8_t *p, uint64_t word)
{
    word = little_endian(word);
    memcpy(p, &word, sizeof(word));
}

/* Bit 7 of each byte of the result: is that byte of `word` from `low` to `high`? ASCII only. */
static inline uint64_t between(uint64_t word, uint8_t low, uint8_t high)
{
    uint64_t seven = word & EACH(0x7f);

    return (seven + EACH(0x80u - low)) & ~(seven + EACH(0x7fu - high)) & ~word & EACH(0x80u);
}

static inline uint64_t convert_eight(const uint8_t *from, uint8_t *to)
{
    uint64_t word = load(from);
    uint64_t letters = between(word | EACH(0x20u), 'a', 'z');
    uint64_t marks = letters | between(word, '0', '9');

    store(to, word | letters >> 2); /* 0x80 >> 2 is what tells 'a' from 'A' */
    return (marks >> 7) * UINT64_C(0x0102040810204080) >> 56; /* gathers the eight bits */
}

static inline uint64_t convert(const uint8_t *from, uint8_t *to)
{
    return convert_eight(from, to) | convert_eight(from + 8, to + 8) << 8;
}
#endif

/* The marks of up to 64 bytes at `begin`. */
static uint64_t convert_word(struct bytes raw, size_t begin, uint8_t *lower)
{
    size_t n = raw.n - begin < WORD_BITS ? raw.n - begin : WORD_BITS, i = 0;
    uint64_t marks = 0;

    for (; i + STEP <= n; i += STEP)
        marks |= convert(raw.p + begin + i, lower + begin + i) << i;
    if (i < n && raw.n >= STEP) {
        /* The last bytes, some of them once more. */
        size_t last = raw.n - STEP;
        uint64_t tail = convert(raw.p + last, lower + last);

        marks |= last < begin ? tail >> (begin - last) : tail << (last - begin);
    } else if (i < n) {
        uint8_t few[STEP] = {0};

        memcpy(few, raw.p, raw.n);
        marks = convert(few, lower);
    }
    return marks;
}

void token_text_init(struct token_text *t, struct bytes raw)
{
    uint8_t *lower = t->around + TOKEN_REACH;

    if (raw.n > TOKEN_TEXT_MOST)
        raw.n = TOKEN_TEXT_MOST;
    /* Up to the end itself, where the last token may end. */
    for (size_t begin = 0; begin <= raw.n; begin += WORD_BITS)
        t->marks[begin / WORD_BITS] = convert_word(raw, begin, lower);
    memset(t->around, 0, TOKEN_REACH);
    memset(lower + raw.n, 0, TOKEN_REACH);
    t->n = raw.n;
}

static inline size_t lowest(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static inline size_t highest(uint64_t bits)
{
    return (WORD_BITS - 1) ^ (unsigned)__builtin_clzll(bits);
}

/* Where the token begins that ends at the lowest bit of `ends`, in a word at `base`; `open` when
 * it began in a word before. */
static inline size_t begin_of(uint64_t marks, uint64_t ends, size_t base, size_t open)
{
    uint64_t gaps = ~marks & (ends ^ (ends - 1)) >> 1;

    return gaps == 0 ? open : base + highest(gaps) + 1;
}

size_t token_take(const struct token_text *t, const struct token_filter *filter,
        struct token_walk *walk, struct token out[TOKEN_TAKE_MOST])
{
    const uint8_t *lower = token_text_lower(t);
    const struct token_filter in = *filter;
    struct token_walk w = *walk;
    size_t words = t->n / WORD_BITS + 1, n = 0;

    /* A word has at most half as many tokens as bits, and the end of one more. */
    for (; w.words < words && n < TOKEN_TAKE_MOST - WORD_BITS / 2; w.words++) {
        size_t base = w.words * WORD_BITS;
        uint64_t marks = t->marks[w.words], ends = ~marks & (marks << 1 | w.inside);

        for (; ends != 0; ends &= ends - 1) {
            size_t end = base + lowest(ends);
            size_t begin = begin_of(marks, ends, base, w.begin);
            const uint8_t *p = lower + begin;
            uint64_t hash = key_padded(p, end - begin);
            uint64_t side = (uint64_t)kinds[p[-1]] * KINDS + kinds[lower[end]];

            /* Written in any case, kept if the filter says so. */
            out[n] = (struct token){hash, (uint32_t)begin, (uint32_t)(end - begin)};
            n += token_filter_has(&in, hash, side);
        }
        w.inside = marks >> (WORD_BITS - 1);
        if (marks != UINT64_MAX)
            w.begin = base + highest(~marks) + 1;
    }
    w.done = w.words == words;
    *walk = w;
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
