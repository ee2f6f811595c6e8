/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

/*
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash for
 * tables whose keys come from the network. The key is drawn anew in each run, so that nobody
 * can prepare input that falls into one bucket. Nothing that is handed out may depend on it.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct siphash_key {
    uint64_t word[2];
};

/* Random; without random numbers (a sandbox) fixed, so that hashing still works. */
struct siphash_key siphash_key_draw(void);
/* The standard's function, over bytes. */
uint64_t siphash_bytes(struct siphash_key key, struct bytes data);
/* Over whole words, without the length block: for keys that all have the same length. */
uint64_t siphash_words(struct siphash_key key, const uint64_t *words, size_t n);

#endif
