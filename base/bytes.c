/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

struct bytes bytes_of(const void *p, size_t n)
{
    return (struct bytes){p, n};
}

struct bytes bytes_text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, s == NULL ? 0 : strlen(s)};
}

bool bytes_take(struct bytes *b, size_t n, struct bytes *out)
{
    if (b->n < n)
        return false;
    *out = (struct bytes){b->p, n};
    b->n -= n;
    if (n != 0)
        b->p += n;
    return true;
}

bool bytes_skip(struct bytes *b, size_t n)
{
    struct bytes unused;

    return bytes_take(b, n, &unused);
}

/* Reads n bytes, at most 8, as one big-endian number. */
static bool take_number(struct bytes *b, size_t n, uint64_t *out)
{
    struct bytes raw;
    uint64_t value = 0;

    if (!bytes_take(b, n, &raw))
        return false;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | raw.p[i];
    *out = value;
    return true;
}

bool bytes_take_u8(struct bytes *b, uint8_t *out)
{
    if (b->n == 0)
        return false;
    *out = *b->p++;
    b->n--;
    return true;
}

bool bytes_take_u16(struct bytes *b, uint16_t *out)
{
    uint64_t value;

    if (!take_number(b, 2, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

bool bytes_take_u24(struct bytes *b, uint32_t *out)
{
    uint64_t value;

    if (!take_number(b, 3, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool bytes_take_u32(struct bytes *b, uint32_t *out)
{
    uint64_t value;

    if (!take_number(b, 4, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool bytes_take_u64(struct bytes *b, uint64_t *out)
{
    return take_number(b, 8, out);
}

static bool take_vector(struct bytes *b, size_t length_bytes, struct bytes *out)
{
    struct bytes at = *b;
    uint64_t length;

    if (!take_number(&at, length_bytes, &length) || !bytes_take(&at, (size_t)length, out))
        return false;
    *b = at;
    return true;
}

bool bytes_take_vec8(struct bytes *b, struct bytes *out)
{
    return take_vector(b, 1, out);
}

bool bytes_take_vec16(struct bytes *b, struct bytes *out)
{
    return take_vector(b, 2, out);
}

bool bytes_take_vec24(struct bytes *b, struct bytes *out)
{
    return take_vector(b, 3, out);
}

bool bytes_take_until(struct bytes *b, uint8_t c, struct bytes *out)
{
    const uint8_t *at = b->n == 0 ? NULL : memchr(b->p, c, b->n);

    if (at == NULL)
        return false;
    *out = (struct bytes){b->p, (size_t)(at - b->p)};
    b->n -= out->n + 1;
    b->p = at + 1;
    return true;
}

bool bytes_take_line(struct bytes *b, struct bytes *out)
{
    struct bytes line;

    if (!bytes_take_until(b, '\n', &line))
        return false;
    if (line.n != 0 && line.p[line.n - 1] == '\r')
        line.n--;
    *out = line;
    return true;
}

struct bytes bytes_slice(struct bytes b, size_t begin, size_t end)
{
    if (end > b.n)
        end = b.n;
    if (begin > b.n)
        begin = b.n;
    /* An empty view still says where it stands; NULL moves nowhere. */
    if (begin >= end)
        return (struct bytes){begin == 0 ? b.p : b.p + begin, 0};
    return (struct bytes){b.p + begin, end - begin};
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct bytes bytes_trim(struct bytes b)
{
    while (b.n != 0 && is_blank(b.p[0])) {
        b.p++;
        b.n--;
    }
    while (b.n != 0 && is_blank(b.p[b.n - 1]))
        b.n--;
    return b;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    return a.n == b.n && bytes_starts_nocase(a, b);
}

bool bytes_is(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_text(text));
}

bool bytes_is_nocase(struct bytes a, const char *text)
{
    return bytes_equal_nocase(a, bytes_text(text));
}

bool bytes_starts(struct bytes a, struct bytes prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

bool bytes_starts_nocase(struct bytes a, struct bytes prefix)
{
    if (a.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(prefix.p[i]))
            return false;
    }
    return true;
}

bool bytes_ends_nocase(struct bytes a, struct bytes suffix)
{
    return a.n >= suffix.n && bytes_starts_nocase(bytes_slice(a, a.n - suffix.n, a.n), suffix);
}

bool bytes_has(struct bytes a, uint8_t c)
{
    return a.n != 0 && memchr(a.p, c, a.n) != NULL;
}

bool bytes_find(struct bytes a, struct bytes needle, size_t from, size_t *at)
{
    const uint8_t *hit;

    if (needle.n == 0 || from >= a.n)
        return false;
    hit = memmem(a.p + from, a.n - from, needle.p, needle.n);
    if (hit == NULL)
        return false;
    *at = (size_t)(hit - a.p);
    return true;
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool bytes_decimal(struct bytes a, uint64_t *out)
{
    uint64_t value = 0;

    if (a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (!ascii_is_digit(a.p[i]))
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, (uint64_t)(a.p[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool bytes_hex(struct bytes a, uint64_t *out)
{
    uint64_t value = 0;

    if (a.n == 0 || a.n > 16)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        int digit = ascii_hex_value(a.p[i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

/* How long the sequence at `p` is, with at most n bytes left; 0 when it is not UTF-8. */
static size_t utf8_length(const uint8_t *p, size_t n)
{
    size_t length;
    uint32_t point;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        length = 2;
        point = p[0] & 0x1fU;
    } else if ((p[0] & 0xf0) == 0xe0) {
        length = 3;
        point = p[0] & 0x0fU;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        length = 4;
        point = p[0] & 0x07U;
    } else {
        return 0;
    }
    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (p[i] & 0x3fU);
    }
    if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) ||
            point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return length;
}

bool bytes_is_utf8(struct bytes a)
{
    for (size_t i = 0; i < a.n;) {
        size_t length = utf8_length(a.p + i, a.n - i);

        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool ascii_is_alpha(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

bool ascii_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_alnum(uint8_t c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c);
}

int ascii_hex_value(uint8_t c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int ascii_base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}
