/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_VERSION_H
#define CAPTURE_QUIC_QUIC_VERSION_H

/*
 * The versions of QUIC that are read: 1 (RFC 9000 and 9001), 2 (RFC 9369) and the drafts that
 * captures of others still hold. What differs between them is data, here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    QUIC_V1 = 0x00000001,
    QUIC_V2 = 0x6b3343cf,
    QUIC_SALT = 20, /* bytes */
};

struct quic_version {
    uint32_t number;
    const char *name;        /* "QUIC v1", "QUIC draft-29" */
    uint8_t salt[QUIC_SALT]; /* of the initial secret, RFC 9001 section 5.2 */
    const char *key_label;   /* "quic key", in version 2 "quicv2 key"; without "tls13 " */
    const char *iv_label;
    const char *hp_label;
    const char *ku_label;
    uint8_t types[4]; /* by enum quic_packet_kind INITIAL … RETRY: the long packet type bits */
    uint8_t retry_key[16]; /* RFC 9001 section 5.8; all zero where a draft has none */
    uint8_t retry_nonce[12];
    bool retry_echoes; /* drafts before 25: a Retry repeats the original ID and has no tag */
    bool packed_ids;   /* drafts before 22: one byte holds both lengths of connection IDs */
};

/* Static; NULL for a version that is not read, 0 (negotiation) among them. */
const struct quic_version *quic_version_find(uint32_t number);
/* A reserved one that only exercises negotiation, RFC 9000 section 15: 0x?a?a?a?a. */
MUST_USE bool quic_version_is_grease(uint32_t number);

#endif
