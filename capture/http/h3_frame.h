/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H3_FRAME_H
#define CAPTURE_HTTP_H3_FRAME_H

/*
 * Cuts one direction of an HTTP/3 request, push or control stream into frames (RFC 9114 section 7):
 *
 *     Type (i), Length (i), Frame Payload (..)
 *
 * Payload is passed on piece by piece, borrowed from the item. A hole inside a payload costs
 * only those bytes: the frame's length says where the next one begins. After any other hole no
 * boundary is certain any more, and the rest of the direction is one LOST piece at its end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/item.h"

enum {
    H3_DATA = 0x0,
    H3_HEADERS = 0x1,
    H3_CANCEL_PUSH = 0x3,
    H3_SETTINGS = 0x4,
    H3_PUSH_PROMISE = 0x5,
    H3_GOAWAY = 0x7,
    H3_MAX_PUSH_ID = 0xd,
    H3_TYPES = 16, /* types below are counted one by one */
    /* No frame: what follows on the stream belongs to WebTransport (draft-ietf-webtrans-http3). */
    H3_WEBTRANSPORT = 0x41,
};

enum { H3_HEAD_MOST = 16 }; /* bytes of a type and a length */

struct h3_frame {
    uint64_t type;
    uint64_t length; /* of the payload */
    uint64_t off;    /* in the stream, of the frame's first byte */
};

enum h3_piece_kind {
    H3_PIECE_NONE,    /* all items pushed are used up */
    H3_PIECE_HEAD,    /* a frame begins */
    H3_PIECE_PAYLOAD, /* the next bytes of its payload */
    H3_PIECE_HOLE,    /* bytes of its payload are missing */
    H3_PIECE_DONE,    /* its payload is over, or `cut` short by the end of the stream */
    H3_PIECE_LOST,    /* what comes from `off` on cannot be read; the end follows */
    H3_PIECE_END,     /* the direction ends */
};

struct h3_piece {
    enum h3_piece_kind kind;
    struct h3_frame frame; /* HEAD to DONE: the frame it belongs to */
    bool cut;              /* DONE */
    bool whole;            /* END: behind a whole frame, with nothing lost before */
    uint64_t off;          /* PAYLOAD, HOLE, LOST: where it begins */
    uint64_t len;          /* PAYLOAD, HOLE: bytes. LOST: bytes that were captured */
    struct bytes data;     /* PAYLOAD: borrowed from the item */
    uint32_t gap;          /* HOLE, LOST: the hole's number in the ledger; 0 for none */
    enum gap_cause why;    /* HOLE, LOST */
    const struct item *by; /* PAYLOAD, HOLE: the item; borrowed until the next push */
};

struct h3_framer {
    enum h3_framer_state {
        H3_FRAMER_HEAD,
        H3_FRAMER_PAYLOAD,
        H3_FRAMER_LOST,
        H3_FRAMER_ENDED,
    } state;
    uint8_t head[H3_HEAD_MOST]; /* one that comes in parts */
    size_t head_n;
    bool broken; /* a frame was cut, or something was lost */
    struct h3_frame frame;
    uint64_t left;    /* bytes of its payload to come */
    struct item item; /* being read; borrowed */
    bool has_item;
    uint64_t used; /* bytes of it that are used up */
    uint64_t lost_off, lost_len;
    uint32_t lost_gap;
    enum gap_cause lost_why;
};

/* Zeroed memory is a framer; it owns nothing. */

/* Gives the next item of this direction, borrowed until h3_framer_next says NONE. Gaps of length
 * 0 are not for it. */
void h3_framer_push(struct h3_framer *f, const struct item *item);
void h3_framer_next(struct h3_framer *f, struct h3_piece *out);
/* What is left of the item, as an item; the framer lets go of it. False for nothing. */
MUST_USE bool h3_framer_rest(struct h3_framer *f, struct item *out);

/* Reserved to be ignored: 0x1f * N + 0x21, RFC 9114 sections 6.2.3 and 7.2.8. */
MUST_USE bool h3_is_grease(uint64_t type);

#endif
