/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_MUX_STREAM_H
#define CAPTURE_HTTP_MUX_STREAM_H

/*
 * One request stream of a multiplexed version, HTTP/2 (RFC 9113 sections 5.1 and 8) or HTTP/3 (RFC
 * 9114 section 4), on its way to becoming an exchange: heads and trailers as sections of fields,
 * bodies as DATA, each side with an end of its own. Both versions have the same messages, only
 * their fields are compressed in another way.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/http/hpack.h"
#include "capture/http/http.h"
#include "capture/http/qpack.h"

/* Where the fields of a section come from: one of the two, which has begun it. */
struct field_source {
    struct hpack *hpack; /* HTTP/2; NULL: QPACK */
    struct qpack *qpack;
    bool lost; /* earlier sections of this direction were lost */
};

struct mux_side {
    bool began;        /* a frame of this message came */
    bool head_done;    /* its head was read, maybe not whole */
    bool ended;        /* by the peer, by a reset, or given up */
    bool torn;         /* bytes of it are missing */
    bool cut_trailers; /* its trailers are not known whole */
    bool suspect;      /* frames were lost that may have belonged to it */
    uint64_t data;     /* bytes of DATA, missing ones included */
    uint64_t carried;  /* offset behind the last item noted, so that none is noted twice */
    size_t head;       /* bytes of fields kept, of interim responses and trailers too */
    struct body_reader *body;
};

struct h3_lanes; /* h3_life.h */

struct mux_stream {
    uint64_t id;
    struct exchange *x;      /* owned until the stream is finished */
    struct mux_side side[2]; /* by enum direction: request, response */
    bool cancelled;          /* HTTP/2: RST_STREAM came; the other side may still be sending */
    bool tunnel;             /* CONNECT, plain or extended (RFC 8441, RFC 9220) */
    bool has_scheme, has_path, extended;
    struct mux_stream *older, *newer; /* in order of their beginning, or of their finish */
    struct mux_stream *chain;         /* in mux_table */
    struct h3_lanes *lanes;           /* HTTP/3, while open: what reads it; owned by http3.c */
};

/*
 * What a connection's sections grew to. One byte can stand for a field of 4 kB, so a small capture
 * could fill memory. Honest encoders name no field twice: fields are kept while they are at most
 * MUX_GROWTH_FREE in all, and for each section MUX_GROWTH_BLOCK and MUX_GROWTH_RATIO times its bytes.
 * Past it the head is cut, GAP_BUDGET.
 */
enum {
    MUX_GROWTH_FREE = 1 << 20,
    MUX_GROWTH_BLOCK = 32 << 10, /* more than servers accept as a request's head */
    MUX_GROWTH_RATIO = 64,
};

struct mux_growth {
    uint64_t allowed; /* for the sections so far, without MUX_GROWTH_FREE */
    uint64_t fields;  /* bytes kept */
};

/* What a section of fields turned out to be. */
struct mux_facts {
    bool unknown;          /* some fields refer to lost ones */
    bool bad;              /* it broke off: malformed */
    bool budget;           /* past one of our caps */
    const char *malformed; /* a rule of the messages it breaks; NULL */
};

/* `x` may be an exchange that goes on here, or NULL for a new one. NULL when out of memory;
 * `x` stays the caller's then. */
struct mux_stream *mux_stream_new(const struct http_setup *setup, enum protocol protocol,
        uint64_t id, struct exchange *x);
void mux_stream_free(struct mux_stream *s); /* NULL is fine; with its exchange */

/* The exchange came from HTTP/1.1 with its request whole; its 101 is an interim response. */
void mux_stream_adopt(struct mux_stream *s);

struct message *mux_stream_message(struct mux_stream *s, enum direction side);

/* Notes the packets of an item that carried part of a message. */
MUST_USE enum status mux_stream_carry(
        struct mux_stream *s, enum direction side, const struct item *by);

/*
 * Reads the section that `source` has begun as head, interim response or trailers; `torn` when
 * its end is missing; `growth` counts its bytes already. `s` may be NULL: then it is only read
 * for the table's sake.
 */
MUST_USE enum status mux_stream_fields(struct mux_stream *s, enum direction side,
        const struct field_source *source, bool torn, struct mux_growth *growth,
        struct mux_facts *out);

/* Bytes of the body; none at all say that there is one. STATUS_IO from the body store costs only
 * what would have been kept. */
MUST_USE enum status mux_stream_data(struct mux_stream *s, enum direction side,
        const struct http_setup *setup, struct bytes data);
/* `len` bytes of DATA are missing. */
MUST_USE enum status mux_stream_hole(struct mux_stream *s, enum direction side,
        const struct http_setup *setup, uint64_t len, uint32_t gap);
/* Ends one side; `whole` when the peer said so. Does nothing the second time. */
MUST_USE enum status mux_stream_end(struct mux_stream *s, enum direction side, bool whole);

#endif
