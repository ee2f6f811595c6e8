/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_LIFE_H
#define CAPTURE_HTTP_H2_LIFE_H

/*
 * The state of one HTTP/2 connection, and what begins and ends its streams. For http2.c only:
 * everybody else uses http2.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/http/h2_block.h"
#include "capture/http/h2_frame.h"
#include "capture/http/h2_settings.h"
#include "capture/http/hpack.h"
#include "capture/http/http2.h"
#include "capture/http/mux.h"

enum {
    CONTROL_MOST = 4096, /* payload of frames other than DATA and header blocks that is read */
};

/* What one direction needs; "this side" is the one that sends. */
struct flow_side {
    struct h2_framer framer;
    struct hpack *hpack; /* owned: decodes what this side encodes */
    struct h2_block block;
    struct mux_stream *promise; /* owned: the stream of a PUSH_PROMISE being read */
    struct h2_settings settings;
    struct buf control;
    uint64_t at;       /* in the payload of the frame being read */
    uint64_t pad;      /* of a DATA frame: bytes of padding at its end */
    bool lost;         /* frames of this side were lost */
    uint32_t lost_gap; /* the newest hole that took some; 0 for none in the ledger */
    enum gap_cause lost_why;
    bool ended;
    uint64_t end; /* offset behind the last item */
};

struct http2 {
    struct mux mux;
    struct flow_side side[2]; /* by enum direction */
    struct http2_facts facts;
};

/* Takes ownership of a stream that is new on STATUS_OK. */
MUST_USE enum status h2_life_add(struct http2 *h, struct mux_stream *s);
/*
 * The stream a frame belongs to; a new one where the frame begins it, or shows that its
 * beginning was lost. NULL in `out` when it is over or cannot be.
 */
MUST_USE enum status h2_life_stream(struct http2 *h, enum direction dir,
        const struct h2_frame *frame, struct mux_stream **out);
/* Ends one side; the stream may be gone afterwards. */
MUST_USE enum status h2_life_end_side(
        struct http2 *h, struct mux_stream *s, enum direction dir, bool whole);
/* Ends both sides as far as they are, and hands the exchange over. */
MUST_USE enum status h2_life_finish(struct http2 *h, struct mux_stream *s);

#endif
