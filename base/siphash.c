/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <sys/random.h>

struct siphash_key siphash_key_draw(void)
{
    struct siphash_key key = {{UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d)}};

    if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != (ssize_t)sizeof(key))
        key.word[0] ^= 1;
    return key;
}

static inline uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static inline void begin(uint64_t v[4], struct siphash_key key)
{
    v[0] = key.word[0] ^ UINT64_C(0x736f6d6570736575);
    v[1] = key.word[1] ^ UINT64_C(0x646f72616e646f6d);
    v[2] = key.word[0] ^ UINT64_C(0x6c7967656e657261);
    v[3] = key.word[1] ^ UINT64_C(0x7465646279746573);
}

static inline void add(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static inline uint64_t finish(uint64_t v[4])
{
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t siphash_words(struct siphash_key key, const uint64_t *words, size_t n)
{
    uint64_t v[4];

    begin(v, key);
    for (size_t i = 0; i < n; i++)
        add(v, words[i]);
    return finish(v);
}

uint64_t siphash_bytes(struct siphash_key key, struct bytes data)
{
    uint64_t v[4], last = (uint64_t)data.n << 56;
    size_t whole = data.n / 8 * 8;

    begin(v, key);
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word = 0;

        for (unsigned k = 0; k < 8; k++)
            word |= (uint64_t)data.p[i + k] << (8 * k);
        add(v, word);
    }
    for (size_t i = whole; i < data.n; i++)
        last |= (uint64_t)data.p[i] << (8 * (i - whole));
    add(v, last);
    return finish(v);
}
