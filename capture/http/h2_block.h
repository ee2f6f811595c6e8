/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_BLOCK_H
#define CAPTURE_HTTP_H2_BLOCK_H

/*
 * Puts a header block together: the field block fragments of a HEADERS or PUSH_PROMISE frame and
 * the CONTINUATION frames behind it (RFC 9113 sections 4.3, 6.2, 6.6, 6.10), without padding and
 * priority. What comes behind a hole in it cannot be decoded, what comes before can.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "capture/http/h2_frame.h"

struct h2_block {
    bool open;
    struct h2_frame frame; /* the one that began it: type, flags, stream, offset */
    uint32_t promised;     /* PUSH_PROMISE: the stream; 0 when unknown */
    struct buf bytes;      /* at most EXCHANGE_HEAD_MOST */
    bool torn;             /* it goes on, but what was taken ends here */
    const char *bad;       /* … because it is malformed; NULL otherwise */
    bool over;             /* … because it is too long for us */
    uint32_t gap;          /* … because of this hole */
    uint32_t length;       /* of the frame being read: its payload */
    uint8_t type, flags;
    size_t begin; /* where in `bytes` its payload begins */
    bool reading; /* its payload is coming */
    bool holed;   /* a hole came in it */
};

void h2_block_init(struct h2_block *b);
void h2_block_clear(struct h2_block *b);

/* A frame of it begins; the first one must be HEADERS or PUSH_PROMISE. */
void h2_block_begin(struct h2_block *b, const struct h2_frame *frame);
void h2_block_continue(struct h2_block *b, const struct h2_frame *frame);
/* Whether `frame` may come now, while the block is open. */
MUST_USE bool h2_block_awaits(const struct h2_block *b, const struct h2_frame *frame);

MUST_USE enum status h2_block_push(struct h2_block *b, struct bytes payload);
void h2_block_hole(struct h2_block *b, uint32_t gap);
/* The frame's payload is over; true when the block is, too. */
MUST_USE bool h2_block_done(struct h2_block *b);
/* It will not go on; `bad` says what rule that breaks, NULL none. */
void h2_block_break(struct h2_block *b, const char *bad);

#endif
