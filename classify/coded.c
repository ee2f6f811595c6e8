/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/coded.h"

enum {
    ALNUM = 1,
    STANDARD = 2, /* "+" and "/" */
    URL = 4,      /* "-" and "_" */
    HEX = 8,
    UPPER32 = 16,
    LOWER32 = 32,
    RUN = ALNUM | STANDARD | URL,
};

enum { PASS_HEX, PASS_STANDARD, PASS_URL, PASSES };

/* What a byte is: a digit, one that base32 has too, hexadecimal and other letters. */
enum {
    D = ALNUM | HEX,
    T = D | UPPER32 | LOWER32,
    H = D | UPPER32,
    U = ALNUM | UPPER32,
    h = D | LOWER32,
    l = ALNUM | LOWER32,
};

/* clang-format off */
static const uint8_t classes[256] = {
    ['+'] = STANDARD, ['/'] = STANDARD, ['-'] = URL, ['_'] = URL,
    ['0'] = D, ['1'] = D, ['2'] = T, ['3'] = T, ['4'] = T, ['5'] = T, ['6'] = T, ['7'] = T,
    ['8'] = D, ['9'] = D,
    ['A'] = H, ['B'] = H, ['C'] = H, ['D'] = H, ['E'] = H, ['F'] = H, ['G'] = U, ['H'] = U,
    ['I'] = U, ['J'] = U, ['K'] = U, ['L'] = U, ['M'] = U, ['N'] = U, ['O'] = U, ['P'] = U,
    ['Q'] = U, ['R'] = U, ['S'] = U, ['T'] = U, ['U'] = U, ['V'] = U, ['W'] = U, ['X'] = U,
    ['Y'] = U, ['Z'] = U,
    ['a'] = h, ['b'] = h, ['c'] = h, ['d'] = h, ['e'] = h, ['f'] = h, ['g'] = l, ['h'] = l,
    ['i'] = l, ['j'] = l, ['k'] = l, ['l'] = l, ['m'] = l, ['n'] = l, ['o'] = l, ['p'] = l,
    ['q'] = l, ['r'] = l, ['s'] = l, ['t'] = l, ['u'] = l, ['v'] = l, ['w'] = l, ['x'] = l,
    ['y'] = l, ['z'] = l,
};
/* clang-format on */

void coded_begin(struct coded_scan *s, struct bytes text, size_t least)
{
    *s = (struct coded_scan){.text = text, .least = least, .pass = PASSES};
}

/* A run of `least` bytes has one at every `least`-th place: look there, and then backwards. */
static bool next_run(struct coded_scan *s)
{
    const uint8_t *p = s->text.p;
    size_t n = s->text.n, at = s->at;

    while (at + s->least <= n) {
        size_t back = at + s->least;

        while (back > at && (classes[p[back - 1]] & RUN))
            back--;
        if (back > at) {
            at = back;
            continue;
        }
        s->begin = at;
        s->specials = 0;
        for (; at < n && (classes[p[at]] & RUN); at++)
            s->specials |= classes[p[at]];
        s->end = s->at = at;
        return true;
    }
    s->at = n;
    return false;
}

/* The next piece of the run that has only bytes of `wanted`. As in next_run. */
static bool next_piece(struct coded_scan *s, unsigned wanted, struct coded *out)
{
    const uint8_t *p = s->text.p;
    size_t at = s->cursor;

    while (at + s->least <= s->end) {
        size_t back = at + s->least;

        while (back > at && (classes[p[back - 1]] & wanted))
            back--;
        if (back > at) {
            at = back;
            continue;
        }
        out->begin = at;
        for (at += s->least; at < s->end && (classes[p[at]] & wanted);)
            at++;
        out->end = out->padded_end = s->cursor = at;
        out->whole = out->begin == s->begin && at == s->end;
        out->segment = (out->begin == s->begin || p[out->begin - 1] == '/') &&
                       (at == s->end || p[at] == '/');
        return true;
    }
    s->cursor = s->end;
    return false;
}

/* All of one case, and none of 0, 1, 8, 9. */
static bool is_base32(struct bytes digits)
{
    unsigned common = UPPER32 | LOWER32;

    for (size_t i = 0; i < digits.n && common != 0; i++)
        common &= classes[digits.p[i]];
    return common != 0;
}

static void add_padding(const struct coded_scan *s, size_t most, struct coded *c)
{
    while (c->padded_end < s->text.n && c->padded_end - c->end < most &&
            s->text.p[c->padded_end] == '=')
        c->padded_end++;
}

/* One of the lengths that whole bytes give, RFC 4648 section 6. */
static bool fits_base32(size_t digits)
{
    size_t rest = digits % 8;

    return rest == 0 || rest == 2 || rest == 4 || rest == 5 || rest == 7;
}

/* A piece as base64, and as base32 next time when it may be that as well. */
static bool read_piece(struct coded_scan *s, struct coded *c)
{
    size_t n = c->end - c->begin;
    bool base64 = n % 4 != 1;
    bool base32 = fits_base32(n) && is_base32(bytes_slice(s->text, c->begin, c->end));

    if (base32) {
        s->second = *c;
        s->second.as = CODED_BASE32;
        add_padding(s, 6, &s->second);
        if (!base64) {
            *c = s->second;
            s->second.end = 0;
            return true;
        }
    }
    c->as = CODED_BASE64;
    add_padding(s, 2, c);
    return base64;
}

static bool next_of_pass(struct coded_scan *s, struct coded *out)
{
    unsigned wanted = ALNUM | (s->pass == PASS_URL ? URL : STANDARD);

    if (s->pass == PASS_HEX) {
        out->as = CODED_HEX;
        while (next_piece(s, HEX, out)) {
            if ((out->end - out->begin) % 2 == 0)
                return true;
        }
        return false;
    }
    /* Without odd characters both alphabets read it alike. */
    if (s->pass == PASS_URL && (s->specials & (STANDARD | URL)) == 0)
        return false;
    while (next_piece(s, wanted, out)) {
        if (read_piece(s, out))
            return true;
    }
    return false;
}

bool coded_next(struct coded_scan *s, struct coded *out)
{
    struct coded found;

    if (s->second.end != 0) {
        *out = s->second;
        s->second.end = 0;
        return true;
    }
    for (;;) {
        for (; s->pass < PASSES; s->pass++, s->cursor = s->begin) {
            if (next_of_pass(s, &found)) {
                *out = found;
                return true;
            }
        }
        if (!next_run(s))
            return false;
        s->pass = PASS_HEX;
        s->cursor = s->begin;
    }
}

/* clang-format off */
/* What a digit of base64 is worth, plus 1; 0: it is none. */
static const uint8_t base64[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
    40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
};
/* clang-format on */

static size_t read_base64(struct bytes digits, uint8_t *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < digits.n; i++) {
        uint8_t value = base64[digits.p[i]];

        if (value == 0)
            return 0;
        bits = bits << 6 | (uint32_t)(value - 1);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

static size_t read_base32(struct bytes digits, uint8_t *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < digits.n; i++) {
        uint8_t c = ascii_lower(digits.p[i]);

        if (!ascii_is_alpha(c) && (c < '2' || c > '7'))
            return 0;
        bits = bits << 5 | (uint32_t)(ascii_is_alpha(c) ? c - 'a' : c - '2' + 26);
        have += 5;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

static size_t read_hex(struct bytes digits, uint8_t *out)
{
    for (size_t i = 0; i < digits.n / 2; i++) {
        int high = ascii_hex_value(digits.p[2 * i]), low = ascii_hex_value(digits.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return digits.n / 2;
}

size_t coded_read(enum coded_as as, struct bytes digits, uint8_t *out)
{
    switch (as) {
    case CODED_HEX:
        return read_hex(digits, out);
    case CODED_BASE64:
        return read_base64(digits, out);
    case CODED_BASE32:
        return read_base32(digits, out);
    }
    return 0;
}
