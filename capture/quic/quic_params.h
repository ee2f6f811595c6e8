/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_PARAMS_H
#define CAPTURE_QUIC_QUIC_PARAMS_H

/*
 * QUIC transport parameters, the TLS extension 57 of both sides' hellos: RFC 9000 section 18, RFC
 * 9221, RFC 9287, RFC 9368. Views borrow from the extension; nothing allocates.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/packet/packet.h"

/* Where `has_` is false, the value is the default of RFC 9000. */
struct quic_params {
    bool has_original_dcid, has_initial_scid, has_retry_scid, has_reset_token;
    struct bytes original_dcid, initial_scid, retry_scid;
    struct bytes reset_token; /* 16 bytes */
    uint64_t idle_timeout_ms; /* 0: none */
    uint64_t udp_payload_most;
    uint64_t max_data, max_stream_bidi_local, max_stream_bidi_remote, max_stream_uni;
    uint64_t streams_bidi, streams_uni;
    uint64_t ack_delay_exponent, ack_delay_ms;
    bool no_migration;
    bool has_preferred; /* preferred_address */
    struct endpoint preferred_v4, preferred_v6;
    struct bytes preferred_id, preferred_token;
    uint64_t ids_most;
    uint64_t datagram_most; /* RFC 9221; 0: no DATAGRAM frames */
    bool grease_bit;        /* RFC 9287: the fixed bit may be 0 */
    bool has_versions;      /* version_information, RFC 9368 */
    uint32_t chosen_version;
    struct bytes versions; /* list of 32-bit numbers */
    bool has_malformed;    /* one of these whose inside is broken, or that came twice */
    uint64_t malformed;    /* the first of these */
};

/* PARSE_BAD: the list's frame is broken. A broken parameter alone does not spoil the rest.
 * Drafts before 27 framed the list in another way, which is recognized and read too. */
MUST_USE enum parse quic_params_read(struct bytes extension, struct quic_params *out);
/* Walks a list of today: number and value of each; false at its end, or where it is broken. */
MUST_USE bool quic_params_next(struct bytes *rest, uint64_t *number, struct bytes *value);

#endif
