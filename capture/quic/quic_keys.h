/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_KEYS_H
#define CAPTURE_QUIC_QUIC_KEYS_H

/*
 * Packet and header protection of QUIC (RFC 9001 section 5, RFC 9369 section 3.3): one direction
 * under one secret. A door to OpenSSL, for its AEADs over single packets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/item.h"
#include "capture/quic/quic_packet.h"
#include "capture/tls/schedule.h"
#include "capture/tls/suite.h"

struct quic_keys; /* not safe to share between threads */

/* Keys of a traffic secret. `suite` is one of TLS 1.3 with AES-GCM, AES-CCM or ChaCha20.
 * STATUS_MISSING: OpenSSL here lacks the cipher, or the suite is not one for QUIC.
 * STATUS_USAGE: the secret is not as long as the suite's hash. */
MUST_USE enum status quic_keys_new(const struct quic_version *version,
        const struct suite *suite, struct bytes secret, struct quic_keys **out);
/* The Initial keys of what `dir` sends: everyone can derive them from the Destination
 * Connection ID of the client's first Initial, or of the Initial behind a Retry. */
MUST_USE enum status quic_keys_initial(const struct quic_version *version, struct bytes dcid,
        enum direction dir, struct quic_keys **out);
/* Those behind the next key update (RFC 9001 section 6): header protection stays. */
MUST_USE enum status quic_keys_next(const struct quic_keys *k, struct quic_keys **out);
void quic_keys_free(struct quic_keys *k); /* NULL is fine */

/* What header protection hid. */
struct quic_number {
    uint8_t first;   /* the first byte, unmasked: low bits, for ONE_RTT the key phase 0x04 */
    uint32_t value;  /* the truncated packet number */
    unsigned length; /* 1 to 4 bytes */
};

/* PARSE_BAD: too short to hold a sample. Does not change the packet, and serves `cut` ones. */
MUST_USE enum parse quic_keys_unmask(
        struct quic_keys *k, const struct quic_packet *packet, struct quic_number *out);
/*
 * Opens a packet whose whole number is `number`. `out` has room for packet->whole.n bytes;
 * `n` becomes the length of its frames. PARSE_BAD: the tag does not fit, or the packet is cut;
 * `out` holds rubbish then.
 */
MUST_USE enum parse quic_keys_open(struct quic_keys *k, const struct quic_packet *packet,
        const struct quic_number *unmasked, uint64_t number, uint8_t *out, size_t *n);

/* The whole number of a truncated one, given the highest so far (RFC 9000 appendix A.3);
 * `none` when there was none. */
uint64_t quic_number_whole(uint64_t highest, bool none, const struct quic_number *unmasked);

/* Does a Retry answer the Initial with this connection ID: by its tag (RFC 9001 section 5.8),
 * in drafts without one by the ID that it repeats? */
MUST_USE bool quic_keys_retry_fits(const struct quic_packet *retry, struct bytes original_dcid);

#endif
