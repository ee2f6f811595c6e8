/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_MODES_H
#define CAPTURE_TLS_MODES_H

/*
 * GCM (NIST SP 800-38D) and CCM (RFC 3610) over any cipher with blocks of 16 bytes, decrypting
 * only, for suites whose cipher OpenSSL has but not in this mode: SM4 (RFC 8998) before OpenSSL
 * 3.1, Camellia (RFC 6367). Meant for what is rare: right, not fast.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { MODES_BLOCK = 16, MODES_NONCE = 12, MODES_TAG = 16 };

/* Encrypts `n` blocks from `in` to `out`, each by itself. */
struct modes_cipher {
    void *key; /* borrowed */
    bool (*encrypt)(void *key, const uint8_t *in, size_t n, uint8_t *out);
};

struct modes_input {
    const uint8_t *nonce; /* MODES_NONCE bytes */
    struct bytes extra;   /* authenticated only; at most 62 bytes */
    struct bytes text;    /* encrypted; less than 1 << 24 bytes */
    const uint8_t *tag;   /* MODES_TAG bytes */
};

/* Writes text.n bytes; false when the tag does not fit or the cipher failed. */
MUST_USE bool modes_open_gcm(
        const struct modes_cipher *c, const struct modes_input *in, uint8_t *out);
MUST_USE bool modes_open_ccm(
        const struct modes_cipher *c, const struct modes_input *in, uint8_t *out);

#endif
