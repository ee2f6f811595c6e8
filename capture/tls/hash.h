/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_HASH_H
#define CAPTURE_TLS_HASH_H

/* The hashes and HMACs (RFC 2104) that TLS computes with; a door to OpenSSL beside crypt.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum hash_kind {
    HASH_NONE,
    HASH_MD5,
    HASH_SHA1,
    HASH_SHA256,
    HASH_SHA384,
    HASH_SM3, /* GB/T 32905-2016 */
};

enum {
    HASH_KINDS = HASH_SM3 + 1,
    HASH_MOST = 48, /* bytes of the longest one */
};

size_t hash_length(enum hash_kind kind); /* 0 for HASH_NONE */

/* The hash of `n` parts, one behind the other; hash_length bytes. False when out of memory. */
MUST_USE bool hash_parts(
        enum hash_kind kind, const struct bytes *parts, size_t n, uint8_t out[HASH_MOST]);

struct hash_mac; /* HMAC with one key, for many messages */

struct hash_mac *hash_mac_new(enum hash_kind kind, struct bytes key); /* NULL: no memory */
void hash_mac_free(struct hash_mac *m);                               /* NULL is fine */
MUST_USE bool hash_mac(
        struct hash_mac *m, const struct bytes *parts, size_t n, uint8_t out[HASH_MOST]);

#endif
