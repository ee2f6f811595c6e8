/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_key.h"

#include <string.h>

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

uint64_t flow_key_hash(const struct flow_key *key, struct siphash_key seed)
{
    return siphash_words(seed, key->word, FLOW_KEY_WORDS);
}
