/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/murmur.h"

#define C1 UINT64_C(0x87c37b91114253d5)
#define C2 UINT64_C(0x4cf5ad432745937f)

enum { BLOCK = 16 };

static uint64_t turn(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

/* At most 8 bytes, little-endian. */
static uint64_t word_of(const uint8_t *p, size_t n)
{
    uint64_t out = 0;

    for (size_t i = 0; i < n; i++)
        out |= (uint64_t)p[i] << (8 * i);
    return out;
}

static uint64_t finish(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

struct murmur murmur_x64_128(struct bytes data, uint32_t seed)
{
    const uint64_t length = data.n;
    uint64_t a = seed, b = seed;

    for (; data.n >= BLOCK; data = bytes_slice(data, BLOCK, data.n)) {
        a ^= turn(word_of(data.p, 8) * C1, 31) * C2;
        a = (turn(a, 27) + b) * 5 + 0x52dce729;
        b ^= turn(word_of(data.p + 8, 8) * C2, 33) * C1;
        b = (turn(b, 31) + a) * 5 + 0x38495ab5;
    }
    if (data.n > 8)
        b ^= turn(word_of(data.p + 8, data.n - 8) * C2, 33) * C1;
    if (data.n > 0)
        a ^= turn(word_of(data.p, data.n < 8 ? data.n : 8) * C1, 31) * C2;
    a ^= length;
    b ^= length;
    a += b;
    b += a;
    a = finish(a);
    b = finish(b);
    a += b;
    return (struct murmur){{a, b + a}};
}
