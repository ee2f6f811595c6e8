/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MURMUR_H
#define CLASSIFY_MURMUR_H

/*
 * MurmurHash3, x64, 128 bits (Austin Appleby, 2011, in the public domain): no cryptographic hash,
 * but what fingerprinting scripts make identifiers with, and some senders hash addresses with.
 */

#include <stdint.h>

#include "base/bytes.h"

struct murmur {
    uint64_t word[2];
};

struct murmur murmur_x64_128(struct bytes data, uint32_t seed);

#endif
