/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_SCHEDULE_H
#define CAPTURE_TLS_SCHEDULE_H

/*
 * From secrets to keys: SSL 3.0 (RFC 6101 section 6), TLS 1.0 and 1.1 (RFC 2246 section 5 and
 * 6.3), TLS 1.2 (RFC 5246), TLS 1.3 (RFC 8446 section 7). TLCP 1.1 (GB/T 38636-2020, version
 * 0x0101) derives as TLS 1.2 does, with SM3.
 *
 * All return false, outputs untouched or of no meaning, when memory runs out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/tls/suite.h"

enum {
    VERSION_TLCP = 0x0101,
    VERSION_SSL3 = 0x0300,
    VERSION_TLS10 = 0x0301,
    VERSION_TLS11 = 0x0302,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
};

enum {
    SCHEDULE_MASTER = 48, /* bytes of a master secret */
    SCHEDULE_SECRET_MOST = HASH_MOST,
    SCHEDULE_LABEL_MOST = 249, /* bytes of prefix and label, RFC 8446 section 7.1 */
};

/* What protects one direction. The lengths follow from the suite and version. */
struct schedule_keys {
    uint8_t mac[HASH_MOST];
    uint8_t key[32];
    uint8_t iv[16];
    size_t mac_length, key_length, iv_length;
};

/* TLS 1.0 to 1.2, not SSL 3.0. `hash` counts for 1.2 only. */
MUST_USE bool schedule_prf(uint16_t version, enum hash_kind hash, struct bytes secret,
        const char *label, struct bytes seed_a, struct bytes seed_b, uint8_t *out, size_t n);

/* The master secret of a pre-master secret; both randoms are of 32 bytes. */
MUST_USE bool schedule_master(uint16_t version, enum hash_kind hash, struct bytes premaster,
        const uint8_t *client_random, const uint8_t *server_random,
        uint8_t out[SCHEDULE_MASTER]);
/* The same with extended_master_secret: over the handshake up to the ClientKeyExchange
 * (RFC 7627 section 4). */
MUST_USE bool schedule_master_extended(uint16_t version, enum hash_kind hash,
        struct bytes premaster, struct bytes handshake, uint8_t out[SCHEDULE_MASTER]);
/* The key block of TLS 1.2 and before, for FROM_CLIENT and FROM_SERVER. */
MUST_USE bool schedule_key_block(uint16_t version, const struct suite *suite,
        struct bytes master, const uint8_t *client_random, const uint8_t *server_random,
        struct schedule_keys out[2]);

/* HKDF-Expand-Label with the label's prefix: "tls13 ", or that of a draft or of DTLS. */
MUST_USE bool schedule_expand(enum hash_kind hash, struct bytes secret, const char *prefix,
        const char *label, struct bytes context, uint8_t *out, size_t n);
/* The prefix that `version` (0x0304 or a draft, 0x7fxx) uses. */
const char *schedule_prefix(uint16_t version);
/* Key and IV of a TLS 1.3 traffic secret. */
MUST_USE bool schedule_traffic(uint16_t version, const struct suite *suite, struct bytes secret,
        struct schedule_keys *out);
/* The next traffic secret, after a KeyUpdate; as long as the hash. */
MUST_USE bool schedule_update(uint16_t version, const struct suite *suite, struct bytes secret,
        uint8_t out[HASH_MOST]);

#endif
