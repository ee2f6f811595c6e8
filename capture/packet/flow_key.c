/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_key.h"

#include <string.h>
#include <sys/random.h>

struct flow_seed flow_seed_draw(void)
{
    /* Without random numbers (a sandbox) hashing still works, only predictably. */
    struct flow_seed seed = {{UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d)}};

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed.word[0] ^= 1;
    return seed;
}

void flow_key_of(const struct segment *seg, struct flow_key *key, bool *forward)
{
    const struct endpoint *a = &seg->src, *b = &seg->dst;

    /* Any order will do, as long as it is one. */
    *forward = a->port != b->port ? a->port < b->port : endpoint_compare(a, b) <= 0;
    if (!*forward) {
        a = &seg->dst;
        b = &seg->src;
    }
    memcpy(key->word, a->address, 16);
    memcpy(key->word + 2, b->address, 16);
    key->word[4] = (uint64_t)a->port << 48 | (uint64_t)b->port << 32 |
                   (uint64_t)a->version << 8 | (uint64_t)seg->transport;
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

/* SipHash-1-3 (Aumasson and Bernstein, 2012) over five words; their number is fixed, so the
 * length block is left out. */
uint64_t flow_key_hash(const struct flow_key *key, struct flow_seed seed)
{
    uint64_t v[4] = {
            seed.word[0] ^ UINT64_C(0x736f6d6570736575),
            seed.word[1] ^ UINT64_C(0x646f72616e646f6d),
            seed.word[0] ^ UINT64_C(0x6c7967656e657261),
            seed.word[1] ^ UINT64_C(0x7465646279746573),
    };

    for (unsigned i = 0; i < FLOW_KEY_WORDS; i++) {
        v[3] ^= key->word[i];
        sip_round(v);
        v[0] ^= key->word[i];
    }
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
