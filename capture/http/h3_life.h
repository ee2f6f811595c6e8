/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H3_LIFE_H
#define CAPTURE_HTTP_H3_LIFE_H

/*
 * The state of one HTTP/3 connection, and what begins and ends its streams. For http3.c and its
 * parts only: everybody else uses http3.h.
 *
 * A lane is one direction of one QUIC stream. Those of requests and pushes hang on their
 * mux_stream, the others in a list.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "capture/http/h3_frame.h"
#include "capture/http/http3.h"
#include "capture/http/mux.h"
#include "capture/http/qpack.h"

enum {
    H3_HELD_MOST = 8 << 20, /* bytes of items that wait, for a request or an encoder stream;
                                * past it the one that waits longest is read as it is: GAP_BUDGET,
                                * but of an answer only if that was wrong */
    H3_COLLECTED_MOST = 2 * H3_HELD_MOST, /* with sections that are not whole yet; past it
 * they are cut: GAP_BUDGET */
    H3_KEPT_MOST = 4096,                  /* memory that a lane keeps for its next section */
    H3_CONTROL_MOST = 4096,               /* payload of a SETTINGS frame that is read */
    H3_LOOSE_MOST = 512,  /* lanes of no request open at once; more are GAP_BUDGET */
    H3_PUSHES_MOST = 256, /* pushes under way; more are GAP_BUDGET */
    H3_HALVES_MOST = 64,  /* responses kept for requests that may come late, while nothing
                                * of the client was seen */
    H3_VARINT_MOST = 8,
};

/* An item that waits, with copies of its bytes and frames behind it. */
struct h3_held {
    struct h3_held *next;
    struct item item;
    size_t size; /* of all of it */
};

/* Lanes that wait, those that began first in front. */
struct h3_waiters {
    struct h3_lane *first, *last; /* borrowed */
    size_t n;
};

struct h3_lane {
    uint64_t stream;
    enum direction dir;
    enum h3_lane_kind {
        H3_LANE_MESSAGE, /* frames of a request or response */
        H3_LANE_TYPE,    /* unidirectional, its type is coming */
        H3_LANE_PUSH,    /* a push, its push ID is coming */
        H3_LANE_CONTROL,
        H3_LANE_ENCODER,
        H3_LANE_DECODER,
        H3_LANE_SKIPPED,
    } kind;
    struct mux_stream *s; /* borrowed; MESSAGE */
    bool ended;
    bool cut;        /* its end is not the stream's: the capture or the peer broke off */
    bool after_gap;  /* the newest item was a gap */
    bool told_bad;   /* a frame that may not stand there was filed */
    uint64_t end;    /* offset behind the last item */
    uint64_t packet; /* that carried the last of what was read; 0: unknown */
    int64_t time_ns; /* of it */
    struct h3_framer framer;

    /* The section, push ID or SETTINGS being collected. */
    struct h3_frame frame;
    struct buf payload;
    bool holed, over; /* it has no more than `payload`: bytes are missing, or it is too long */
    uint32_t gap;     /* the hole; 0 */

    /* While a section waits for the encoder stream, or an answer for its request. */
    struct h3_waiters *among; /* borrowed; NULL: it does not wait */
    uint64_t waits;           /* for the encoder stream, as qpack_waits; 0: it does not */
    struct h3_lane *earlier, *later; /* in order of when they began to wait */
    struct h3_held *first, *last;    /* owned: what comes behind it */
    struct h3_held *again;           /* owned by http3.spent: the one that is read again */
    bool blind;                      /* an answer that is read before its request */

    /* SKIPPED: why, and how much. */
    uint8_t head[H3_VARINT_MOST]; /* TYPE, PUSH: the number that comes in parts */
    size_t head_n;
    const char *skip; /* what to say; NULL: nothing */
    enum gap_cause skip_why;
    uint64_t skipped;

    struct h3_lane *next; /* of the loose ones */
};

struct h3_lanes {
    struct h3_lane at[2];  /* by enum direction */
    struct h3_lanes *next; /* of those that are done with */
};

/* A server push (RFC 9114 section 4.6): its promise and its stream may come in either order. */
struct h3_push {
    uint64_t id;
    struct mux_stream *s; /* owned until `streams`; then its table's */
    bool promised, streams;
};

/* What one direction needs; "this side" is the one that sends. */
struct h3_side {
    struct qpack *qpack; /* owned: decodes what this side encodes */
    bool seen;           /* anything came */
    bool control, encoder, decoder, settings;
    uint32_t lost_gap; /* the hole that took insertions; 0 for none in the ledger */
    bool has_lost_why;
    enum gap_cause lost_why;
    struct h3_waiters waiting; /* for insertions of this side */
    uint64_t least;            /* the least of what they wait for: a bound */
};

struct http3 {
    struct mux mux;
    struct h3_side side[2]; /* by enum direction */
    struct http3_facts facts;
    struct h3_waiters answers; /* that wait for their requests */
    struct h3_lane *loose;     /* owned */
    size_t loose_n;
    struct h3_push pushes[H3_PUSHES_MOST];
    size_t push_n;
    /* Tunnels may borrow from what was held until the next push, and callers look at lanes. */
    struct h3_held *spent;   /* owned */
    struct h3_lanes *graves; /* owned */
    size_t held;             /* bytes that wait, and those of sections being collected */
};

/* The packet that carried the last of an item; 0 when there is none. */
uint64_t h3_packet_of(const struct item *item);
/* Files what is wrong on a lane's stream, and notes it at its exchange. */
MUST_USE enum status h3_file(struct http3 *h, struct h3_lane *lane, struct gap gap);
/* Counts a frame that may not stand there, and says so once for each lane. */
MUST_USE enum status h3_misplaced(struct http3 *h, struct h3_lane *lane, uint64_t off);

/* Begins a request or push stream. The push passes `s`, which is taken on STATUS_OK. */
MUST_USE enum status h3_life_begin(
        struct http3 *h, uint64_t stream, struct mux_stream *s, struct mux_stream **out);
/* Hands the exchange over if both sides have ended. */
MUST_USE enum status h3_life_end_side(struct http3 *h, struct h3_lane *lane, bool whole);
/* Ends both sides as they are. */
MUST_USE enum status h3_life_finish(struct http3 *h, struct mux_stream *s);
/* The stream turned out to be none of ours: it and its exchange go. */
MUST_USE enum status h3_life_drop(struct http3 *h, struct mux_stream *s);
/* If both sides have ended, or nobody will tell: hands the exchange over. */
MUST_USE enum status h3_life_finish_if_over(struct http3 *h, struct mux_stream *s);
/* Frees what the last push left for this one. */
void h3_life_bury(struct http3 *h);
void h3_lane_clear(struct http3 *h, struct h3_lane *lane); /* frees all but itself */
/* Forgets the section that was collected. */
void h3_lane_forget(struct http3 *h, struct h3_lane *lane);

/* The push of that ID; NULL for none. */
struct h3_push *h3_push_find(struct http3 *h, uint64_t id);
/* A new one; takes `s` on STATUS_OK. NULL in `out` when there are too many, which is filed. */
MUST_USE enum status h3_push_new(
        struct http3 *h, struct h3_lane *lane, uint64_t id, struct h3_push **out);

/* A new lane of no request; it skips what comes when there are too many. */
MUST_USE enum status h3_loose_new(
        struct http3 *h, uint64_t stream, enum direction dir, struct h3_lane **out);
struct h3_lane *h3_loose_find(const struct http3 *h, uint64_t stream, enum direction dir);
void h3_loose_drop(struct http3 *h, struct h3_lane *lane);

/* Takes the next item of a lane. The lane may be gone afterwards. */
MUST_USE enum status h3_lane_push(
        struct http3 *h, struct h3_lane *lane, const struct item *item);

#endif
