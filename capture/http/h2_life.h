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
#include "capture/http/h2_table.h"
#include "capture/http/hpack.h"
#include "capture/http/http2.h"

enum {
    CONTROL_MOST = 4096, /* payload of frames other than DATA and header blocks that is read */
};

/* What one direction needs; "this side" is the one that sends. */
struct flow_side {
    struct h2_framer framer;
    struct hpack *hpack; /* owned: decodes what this side encodes */
    struct h2_block block;
    struct h2_stream *promise; /* owned: the stream of a PUSH_PROMISE being read */
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
    struct http_setup setup;
    struct flow_side side[2]; /* by enum direction */
    struct h2_table table;
    struct h2_growth growth;
    struct http2_facts facts;
    struct http_tunnel *tunnels; /* owned: of the last push */
    size_t tunnel_count, tunnel_capacity, tunnel_next;
    bool io_failed;
};

/* A full disk costs what would have been kept, nothing else: STATUS_IO becomes OK here and is
 * told at the end of the push. */
MUST_USE enum status h2_life_go_on(struct http2 *h, enum status status);

/* Files what is missing or wrong, with the packets of `by`, and notes it at `s`. Both may be
 * NULL. */
MUST_USE enum status h2_life_file(
        struct http2 *h, struct gap gap, const struct item *by, struct h2_stream *s);

/* Takes ownership of a stream that is new on STATUS_OK. */
MUST_USE enum status h2_life_add(struct http2 *h, struct h2_stream *s);
/*
 * The stream a frame belongs to; a new one where the frame begins it, or shows that its
 * beginning was lost. NULL in `out` when it is over or cannot be.
 */
MUST_USE enum status h2_life_stream(struct http2 *h, enum direction dir,
        const struct h2_frame *frame, struct h2_stream **out);
/* Passes an item on, if the stream is a tunnel. */
MUST_USE enum status h2_life_tunnel(
        struct http2 *h, struct h2_stream *s, enum direction dir, const struct item *item);
/* Ends one side; the stream may be gone afterwards. */
MUST_USE enum status h2_life_end_side(
        struct http2 *h, struct h2_stream *s, enum direction dir, bool whole);
/* Ends both sides as far as they are, and hands the exchange over. */
MUST_USE enum status h2_life_finish(struct http2 *h, struct h2_stream *s);

#endif
