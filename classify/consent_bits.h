/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_BITS_H
#define CLASSIFY_CONSENT_BITS_H

/*
 * The bits of a consent string, read from its base64 text without decoding it first: six of each
 * character, the highest first. As with bytes, a read that does not fit changes nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct consent_bits {
    struct bytes text; /* base64 of either alphabet, without padding */
    size_t at;         /* in bits */
};

/* False when the text holds anything else; trailing "=" are taken off. */
MUST_USE bool consent_bits_init(struct bytes text, struct consent_bits *out);
MUST_USE bool consent_bits_take(
        struct consent_bits *b, unsigned n, uint64_t *out); /* n <= 64 */
MUST_USE bool consent_bits_skip(struct consent_bits *b, size_t n);
MUST_USE bool consent_bits_flag(struct consent_bits *b, bool *out);
MUST_USE bool consent_bits_uint(
        struct consent_bits *b, unsigned n, unsigned *out); /* n <= 31 */
/* A set of at most 32 members, the first one sent is bit 0. */
MUST_USE bool consent_bits_set(struct consent_bits *b, unsigned n, uint32_t *out);
/* Fibonacci coding: bits of 1, 2, 3, 5, 8, …, ended by a second 1 in a row. Up to 2^16. */
MUST_USE bool consent_bits_fibonacci(struct consent_bits *b, uint32_t *out);

#endif
