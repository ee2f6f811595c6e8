/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_FRAME_H
#define CAPTURE_HTTP_H2_FRAME_H

/*
 * Cuts one direction of an HTTP/2 connection into frames (RFC 9113 sections 3.4, 4 and 6).
 *
 *     +-----------------------------------------------+
 *     |                 Length (24)                   |
 *     +---------------+---------------+---------------+
 *     |   Type (8)    |   Flags (8)   |
 *     +-+-------------+---------------+-------------------------------+
 *     |R|                 Stream Identifier (31)                      |
 *     +=+=============================================================+
 *     |                   Frame Payload (0...)                      ...
 *
 * Payload is passed on piece by piece, borrowed from the item, so a frame may be as long as
 * the format allows. A hole inside a payload costs only those bytes: the length of the frame
 * says where the next one begins. After any other hole the next boundary is looked for; see
 * h2_hunt.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/http/h2_hunt.h"
#include "capture/item.h"

enum h2_type {
    H2_DATA = 0,
    H2_HEADERS = 1,
    H2_PRIORITY = 2,
    H2_RST_STREAM = 3,
    H2_SETTINGS = 4,
    H2_PUSH_PROMISE = 5,
    H2_PING = 6,
    H2_GOAWAY = 7,
    H2_WINDOW_UPDATE = 8,
    H2_CONTINUATION = 9,
    H2_ALTSVC = 0x0a,          /* RFC 7838 section 4 */
    H2_ORIGIN = 0x0c,          /* RFC 8336 section 2 */
    H2_PRIORITY_UPDATE = 0x10, /* RFC 9218 section 7.1 */
};

enum h2_flag {
    H2_FLAG_ACK = 0x1,
    H2_FLAG_END_STREAM = 0x1,
    H2_FLAG_END_HEADERS = 0x4,
    H2_FLAG_PADDED = 0x8,
    H2_FLAG_PRIORITY = 0x20,
};

enum {
    H2_HEAD_BYTES = 9,
    H2_PREFACE_BYTES = 24,
    H2_EARLY_FRAMES = 2 * H2_HEAD_BYTES,
};

struct h2_frame {
    uint32_t length;
    uint8_t type; /* enum h2_type, or one unknown to us */
    uint8_t flags;
    uint32_t stream; /* without the reserved bit */
    uint64_t off;    /* offset of its first byte in the stream of items */
};

/* Reads the nine bytes of a frame's head. */
MUST_USE bool h2_frame_take(struct bytes *b, struct h2_frame *out);

enum h2_piece_kind {
    H2_PIECE_NONE,    /* all that was pushed is used up */
    H2_PIECE_HEAD,    /* a frame begins */
    H2_PIECE_PAYLOAD, /* bytes of its payload */
    H2_PIECE_HOLE,    /* `len` bytes of its payload are missing */
    H2_PIECE_DONE,    /* its payload is over */
    H2_PIECE_LOST,    /* the frames in [off, off + len) cannot be read; no frame is open */
    H2_PIECE_END,     /* the direction ends; an open frame stays unfinished */
};

struct h2_piece {
    enum h2_piece_kind kind;
    struct h2_frame frame; /* HEAD to DONE: the frame it belongs to */
    uint64_t off;          /* of PAYLOAD, HOLE and LOST: where it begins */
    uint64_t len;          /* PAYLOAD, HOLE: bytes. LOST: bytes, captured or not */
    struct bytes data;     /* PAYLOAD: borrowed until the next call on the framer */
    uint64_t skipped;      /* LOST: the last ones of `len`, captured but of no known frame */
    uint32_t gap;          /* HOLE, LOST: the hole's number in the ledger; 0 for none */
    enum gap_cause why;    /* HOLE, LOST */
    const struct item *by; /* the item that carried it; borrowed. NULL for LOST and END */
    struct item early;     /* HEAD: items before `by` that carried its first bytes; may have
                             * no frames at all. Packets and times only, borrowed likewise */
};

struct h2_framer {
    enum direction dir;
    enum h2_framer_state {
        H2_FRAMER_START, /* client: the preface comes; server: its SETTINGS */
        H2_FRAMER_HEAD,
        H2_FRAMER_PAYLOAD,
        H2_FRAMER_HUNT,
        H2_FRAMER_ENDED,
    } state;
    uint8_t head[H2_PREFACE_BYTES]; /* a preface or head that came in parts */
    size_t head_n;
    bool first;    /* the next frame must be SETTINGS, RFC 9113 section 3.4 */
    bool doubtful; /* a hole came before: check that the next head is plausible */
    struct h2_frame frame;
    uint32_t left; /* bytes of the frame's payload to come */
    struct h2_hint hint;
    struct item item; /* being read; borrowed */
    bool has_item;
    uint64_t used;     /* bytes of it that are used up */
    struct item again; /* while `held`: the one of the waiting items that is being read */
    uint64_t again_used;
    bool held; /* items that waited in `hunt` are read again, from `found` on */
    size_t found;
    uint64_t lost_off;  /* HUNT: where the unreadable part begins */
    uint64_t lost_gaps; /* HUNT: bytes of it that were not captured */
    uint32_t lost_gap;
    enum gap_cause lost_why;
    struct h2_hunt hunt;
    uint64_t early_at[H2_EARLY_FRAMES];
    size_t early_n;
    int64_t early_first_ns, early_last_ns;
};

/* A framer for the side `dir`. Clear it at the end. */
void h2_framer_init(struct h2_framer *f, enum direction dir);
void h2_framer_clear(struct h2_framer *f);

/* What is known of streams, for the search after a hole; may change at any time. */
void h2_framer_hint(struct h2_framer *f, uint32_t highest_stream, bool pushes);

/* Gives the next item of this direction, which is borrowed until h2_framer_next says NONE. */
void h2_framer_push(struct h2_framer *f, const struct item *item);

/* The next piece. STATUS_NOMEM, with the framer as it was. */
MUST_USE enum status h2_framer_next(struct h2_framer *f, struct h2_piece *out);

#endif
