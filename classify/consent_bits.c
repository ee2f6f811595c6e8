/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_bits.h"

enum { CHARACTER_BITS = 6, FIBONACCI_MOST = 1 << 16 };

bool consent_bits_init(struct bytes text, struct consent_bits *out)
{
    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_base64_value(text.p[i]) < 0)
            return false;
    }
    *out = (struct consent_bits){.text = text};
    return true;
}

static bool has(const struct consent_bits *b, size_t n)
{
    return n <= b->text.n * CHARACTER_BITS - b->at;
}

bool consent_bits_take(struct consent_bits *b, unsigned n, uint64_t *out)
{
    uint64_t value = 0;

    if (n > 64 || !has(b, n))
        return false;
    for (unsigned i = 0; i < n; i++, b->at++) {
        unsigned six = (unsigned)ascii_base64_value(b->text.p[b->at / CHARACTER_BITS]);

        value = value << 1 | (six >> (CHARACTER_BITS - 1 - b->at % CHARACTER_BITS) & 1);
    }
    *out = value;
    return true;
}

bool consent_bits_skip(struct consent_bits *b, size_t n)
{
    if (!has(b, n))
        return false;
    b->at += n;
    return true;
}

bool consent_bits_flag(struct consent_bits *b, bool *out)
{
    uint64_t bit;

    if (!consent_bits_take(b, 1, &bit))
        return false;
    *out = bit != 0;
    return true;
}

bool consent_bits_uint(struct consent_bits *b, unsigned n, unsigned *out)
{
    uint64_t value;

    if (n > 31 || !consent_bits_take(b, n, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

bool consent_bits_set(struct consent_bits *b, unsigned n, uint32_t *out)
{
    uint64_t bits;
    uint32_t set = 0;

    if (n > 32 || !consent_bits_take(b, n, &bits))
        return false;
    for (unsigned i = 0; i < n; i++)
        set |= (uint32_t)(bits >> (n - 1 - i) & 1) << i;
    *out = set;
    return true;
}

bool consent_bits_fibonacci(struct consent_bits *b, uint32_t *out)
{
    struct consent_bits rest = *b;
    uint32_t weight = 1, next = 2, sum = 0, later;
    bool last = false, bit;

    while (consent_bits_flag(&rest, &bit)) {
        if (bit && last) {
            *b = rest;
            *out = sum;
            return true;
        }
        if (weight > FIBONACCI_MOST)
            return false;
        sum += bit ? weight : 0;
        last = bit;
        later = weight + next;
        weight = next;
        next = later;
    }
    return false;
}
