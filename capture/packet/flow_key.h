/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_KEY_H
#define CAPTURE_PACKET_FLOW_KEY_H

/* The two ends of a flow in one order, whichever of them sent, and their hash. */

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/status.h"
#include "capture/packet/packet.h"

enum { FLOW_KEY_WORDS = 5 };

struct flow_key {
    uint64_t word[FLOW_KEY_WORDS]; /* addresses, then ports, version and transport */
};

/* `*forward`: the sender is the first of the two ends. */
void flow_key_of(const struct segment *seg, struct flow_key *key, bool *forward);
static inline bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    uint64_t differ = 0;

    for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
        differ |= a->word[i] ^ b->word[i];
    return differ == 0;
}
uint64_t flow_key_hash(const struct flow_key *key, struct siphash_key seed);

#endif
