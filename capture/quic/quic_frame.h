/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_FRAME_H
#define CAPTURE_QUIC_QUIC_FRAME_H

/*
 * The frames inside an opened packet: RFC 9000 section 19, RFC 9221 (DATAGRAM), and those of
 * extensions whose form is known: draft-ietf-quic-ack-frequency, draft-huitema-quic-ts,
 * draft-ietf-quic-reliable-stream-reset; those of multipath are not.
 * Views borrow from the packet's plaintext; nothing allocates.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/quic/quic_packet.h"

enum quic_frame_type {
    QUIC_PADDING = 0x00,
    QUIC_PING = 0x01,
    QUIC_ACK = 0x02, /* and 0x03, with ECN counts */
    QUIC_RESET_STREAM = 0x04,
    QUIC_STOP_SENDING = 0x05,
    QUIC_CRYPTO = 0x06,
    QUIC_NEW_TOKEN = 0x07,
    QUIC_STREAM = 0x08, /* to 0x0f, by flags */
    QUIC_MAX_DATA = 0x10,
    QUIC_MAX_STREAM_DATA = 0x11,
    QUIC_MAX_STREAMS = 0x12, /* and 0x13, unidirectional */
    QUIC_DATA_BLOCKED = 0x14,
    QUIC_STREAM_DATA_BLOCKED = 0x15,
    QUIC_STREAMS_BLOCKED = 0x16, /* and 0x17 */
    QUIC_NEW_CONNECTION_ID = 0x18,
    QUIC_RETIRE_CONNECTION_ID = 0x19,
    QUIC_PATH_CHALLENGE = 0x1a,
    QUIC_PATH_RESPONSE = 0x1b,
    QUIC_CONNECTION_CLOSE = 0x1c, /* and 0x1d, by the application */
    QUIC_HANDSHAKE_DONE = 0x1e,
    QUIC_IMMEDIATE_ACK = 0x1f,   /* in older drafts 0xac */
    QUIC_RESET_STREAM_AT = 0x24, /* a reset that still delivers the front */
    QUIC_DATAGRAM = 0x30,        /* and 0x31, with a length */
    QUIC_ACK_FREQUENCY = 0xaf,
    QUIC_TIMESTAMP = 0x02f5,
};

/* Fields that the type does not have are zero. */
struct quic_frame {
    uint64_t type;      /* folded: 0x03 is QUIC_ACK, 0x0f is QUIC_STREAM, … */
    uint64_t type_sent; /* as it stands */
    uint64_t stream;    /* of all frames that name one */
    uint64_t off;       /* CRYPTO, STREAM */
    struct bytes data; /* CRYPTO, STREAM, DATAGRAM, the token of NEW_TOKEN, 8 bytes of PATH_… */
    bool fin;          /* STREAM: its data end the stream */
    uint64_t final_size; /* RESET_STREAM, RESET_STREAM_AT */
    uint64_t reliable;   /* RESET_STREAM_AT: what lies before this offset is still delivered */
    uint64_t error;      /* RESET_STREAM, RESET_STREAM_AT, STOP_SENDING, CONNECTION_CLOSE */
    uint64_t cause;      /* CONNECTION_CLOSE 0x1c: type of the frame that was at fault */
    struct bytes reason; /* CONNECTION_CLOSE */
    bool application;    /* CONNECTION_CLOSE 0x1d */
    uint64_t sequence;   /* NEW_CONNECTION_ID, RETIRE_CONNECTION_ID */
    uint64_t retire_prior_to;
    struct bytes id;          /* NEW_CONNECTION_ID */
    struct bytes reset_token; /* NEW_CONNECTION_ID: 16 bytes */
    uint64_t largest;         /* ACK: highest packet number acknowledged */
    uint64_t ranges;          /* ACK: count of further ranges */
    uint64_t first_range;     /* ACK: numbers below `largest` in the first one */
    struct bytes range_list;  /* ACK: pairs of varints gap and length */
    uint64_t most;            /* MAX_…, …_BLOCKED: the limit */
};

/*
 * Takes the next frame off the front of `rest`; runs of PADDING count as one frame.
 * PARSE_BAD: malformed (RFC 9000 section 12.4: FRAME_ENCODING_ERROR), PARSE_UNSUPPORTED: a type
 * that is not known; in both cases what follows in this packet cannot be read.
 */
MUST_USE enum parse quic_frame_next(struct bytes *rest, struct quic_frame *out);

#endif
