/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_PACKET_H
#define CAPTURE_QUIC_QUIC_PACKET_H

/*
 * Cuts a UDP datagram into QUIC packets (RFC 9000 sections 12.2 and 17, RFC 8999). Nothing here
 * needs a key: what lies under header protection stays as it is. All views borrow from the
 * datagram; nothing allocates.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/quic/quic_version.h"

enum {
    QUIC_ID_MOST = 20, /* bytes of a connection ID in the versions that are read */
    QUIC_TAG = 16,     /* bytes that every AEAD of QUIC adds */
    QUIC_SAMPLE = 16,  /* bytes of ciphertext that header protection looks at */
};

enum quic_packet_kind {
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_ONE_RTT,
    QUIC_NEGOTIATION, /* Version Negotiation */
};

struct quic_packet {
    enum quic_packet_kind kind;
    uint32_t version;                 /* of a long header; 0 for ONE_RTT and NEGOTIATION */
    const struct quic_version *known; /* of `version`; NULL for ONE_RTT and NEGOTIATION */
    struct bytes dcid, scid;          /* scid empty for ONE_RTT */
    struct bytes token;               /* INITIAL; of a RETRY the Retry Token */
    struct bytes versions;            /* NEGOTIATION: list of 32-bit numbers */
    struct bytes retry_tag;           /* RETRY: the integrity tag of 16 bytes; empty in drafts
                                         without one */
    struct bytes retry_original;      /* RETRY of those drafts: the DCID that it answers */
    struct bytes whole; /* the packet with its header, as it lies in the datagram */
    size_t number_at;   /* where in `whole` the packet number begins; 0 for
                                          RETRY and NEGOTIATION */
    bool cut;           /* the datagram ends before the packet's Length does */
};

/*
 * Takes the next packet off the front of `rest`, what is left of a datagram. A short header
 * does not say how long its connection ID is: `id_length` does. It takes all that is left, so
 * `cut` is never set for it; one too short to hold a sample behind the ID is PARSE_BAD.
 * The fixed bit may be 0 (RFC 9287) in long headers of a known version and in short ones, but
 * zeros up to the end are padding, and PARSE_BAD.
 * PARSE_DONE; PARSE_BAD: no QUIC packet, nothing was taken; PARSE_UNSUPPORTED: a long header
 * of a version that is not read: `version`, `dcid` and `scid` are set (RFC 8999), all of `rest`
 * is taken. `cut` packets cannot be opened, but their header is good.
 */
MUST_USE enum parse quic_packet_next(
        struct bytes *rest, size_t id_length, struct quic_packet *out);

/* Might this datagram be QUIC? Long headers with the fixed bit, or of version 0; judged
 * without keys, for datagrams of addresses that nothing is known of. */
MUST_USE bool quic_packet_looks_long(struct bytes datagram);

/* A variable-length integer, RFC 9000 section 16. */
MUST_USE bool quic_take_varint(struct bytes *rest, uint64_t *out);

#endif
