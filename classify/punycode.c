/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/punycode.h"

#include <string.h>

/* RFC 3492 section 5. */
enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    INITIAL_BIAS = 72,
    INITIAL_N = 128,
};

/* The code points of a label; 0 when it is no UTF-8 or too long. */
static size_t decode(struct bytes label, uint32_t points[PUNYCODE_LABEL_MOST])
{
    size_t n = 0;

    if (!bytes_is_utf8(label))
        return 0;
    for (size_t i = 0; i < label.n;) {
        uint8_t c = label.p[i++];
        size_t tail = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint32_t point = tail == 0 ? ascii_lower(c) : c & (0x3fu >> tail);

        if (n == PUNYCODE_LABEL_MOST)
            return 0;
        for (; tail > 0; tail--)
            point = point << 6 | (label.p[i++] & 0x3fu);
        points[n++] = point;
    }
    return n;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint8_t digit(uint32_t d)
{
    return (uint8_t)(d < 26 ? 'a' + d : '0' + d - 26);
}

/* Section 6.3: `delta` as a number of variable-length digits. */
static size_t write_number(uint32_t delta, uint32_t bias, uint8_t *out)
{
    size_t n = 0;

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

        if (delta < t)
            break;
        out[n++] = digit(t + (delta - t) % (BASE - t));
        delta = (delta - t) / (BASE - t);
    }
    out[n++] = digit(delta);
    return n;
}

/* Overflow can't happen: at most 63 points, none above 0x10ffff, keep delta below 2^27. */
static size_t encode(const uint32_t *points, size_t count, uint8_t *out)
{
    uint32_t next = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = 0, basic;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (points[i] < 0x80)
            out[n++] = (uint8_t)points[i];
    }
    basic = done = (uint32_t)n;
    if (basic > 0)
        out[n++] = '-';
    while (done < count) {
        uint32_t least = UINT32_MAX;

        for (size_t i = 0; i < count; i++) {
            if (points[i] >= next && points[i] < least)
                least = points[i];
        }
        delta += (least - next) * (done + 1);
        next = least;
        for (size_t i = 0; i < count; i++) {
            delta += points[i] < next;
            if (points[i] != next)
                continue;
            n += write_number(delta, bias, out + n);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        next++;
    }
    return n;
}

static bool in_label(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c >= 0x80;
}

static size_t write_label(struct bytes label, uint8_t *out)
{
    uint32_t points[PUNYCODE_LABEL_MOST];
    size_t count = 0;

    for (size_t i = 0; i < label.n; i++) {
        if (label.p[i] >= 0x80) {
            count = decode(label, points);
            break;
        }
    }
    if (count == 0) {
        memcpy(out, label.p, label.n);
        return label.n;
    }
    memcpy(out, "xn--", 4);
    return 4 + encode(points, count, out + 4);
}

size_t punycode_names(struct bytes text, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n;) {
        size_t begin = i;

        while (i < text.n && in_label(text.p[i]))
            i++;
        if (i > begin)
            n += write_label(bytes_slice(text, begin, i), out + n);
        if (i < text.n)
            out[n++] = text.p[i++];
    }
    return n;
}
