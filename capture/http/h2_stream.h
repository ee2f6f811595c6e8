/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_STREAM_H
#define CAPTURE_HTTP_H2_STREAM_H

/*
 * One HTTP/2 stream (RFC 9113 sections 5.1 and 8) on its way to becoming an exchange: heads
 * and trailers as header blocks, bodies as DATA, each side with an end of its own.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/http/hpack.h"
#include "capture/http/http.h"

struct h2_side {
    bool began;        /* a frame of this message came */
    bool head_done;    /* its head was read, maybe not whole */
    bool ended;        /* END_STREAM, RST_STREAM, or given up */
    bool torn;         /* bytes of it are missing */
    bool cut_trailers; /* its trailers are not known whole */
    bool suspect;      /* frames were lost that may have belonged to it */
    uint64_t data;     /* bytes of DATA, missing ones included */
    uint64_t carried;  /* offset behind the last item noted, so that none is noted twice */
    size_t head;       /* bytes of fields kept, of interim responses and trailers too */
    struct body_reader *body;
};

struct h2_stream {
    uint32_t id;
    struct exchange *x;     /* owned until the stream is finished */
    struct h2_side side[2]; /* by enum direction: request, response */
    bool cancelled;         /* RST_STREAM came; the other side may still be sending */
    bool tunnel;            /* CONNECT, plain or extended (RFC 8441) */
    bool has_scheme, has_path, extended;
    struct h2_stream *older, *newer; /* in order of their beginning, or of their finish */
    struct h2_stream *chain;         /* in h2_table */
};

/*
 * What a connection's blocks grew to. One byte can stand for a field of 4 kB, so a small capture
 * could fill memory. Honest encoders name no field twice: fields are kept while they are at most
 * H2_GROWTH_FREE in all, and for each block H2_GROWTH_BLOCK and H2_GROWTH_RATIO times its bytes.
 * Past it the head is cut, GAP_BUDGET.
 */
enum {
    H2_GROWTH_FREE = 1 << 20,
    H2_GROWTH_BLOCK = 32 << 10, /* more than servers accept as a request's head */
    H2_GROWTH_RATIO = 64,
};

struct h2_growth {
    uint64_t allowed; /* for the blocks so far, without H2_GROWTH_FREE */
    uint64_t fields;  /* bytes kept */
};

/* What a header block turned out to be. */
struct h2_block_facts {
    bool unknown;          /* some fields refer to lost ones */
    bool bad;              /* it broke off: malformed */
    bool budget;           /* past one of our caps */
    const char *malformed; /* a rule of RFC 9113 section 8 it breaks; NULL */
};

/* `x` may be an exchange that goes on here, or NULL for a new one. NULL when out of memory;
 * `x` stays the caller's then. */
struct h2_stream *h2_stream_new(
        const struct http_setup *setup, uint32_t id, struct exchange *x);
void h2_stream_free(struct h2_stream *s); /* NULL is fine; with its exchange */

/* The exchange came from HTTP/1.1 with its request whole; its 101 is an interim response. */
void h2_stream_adopt(struct h2_stream *s);

struct message *h2_stream_message(struct h2_stream *s, enum direction side);

/* Notes the packets of an item that carried part of a message. */
MUST_USE enum status h2_stream_carry(
        struct h2_stream *s, enum direction side, const struct item *by);

/*
 * Reads the block that `hpack` has begun as head, interim response or trailers; `torn` when the
 * block's end is missing; `growth` counts its bytes already. `s` may be NULL: then it is only
 * read for the table's sake.
 */
MUST_USE enum status h2_stream_fields(struct h2_stream *s, enum direction side,
        struct hpack *hpack, bool torn, struct h2_growth *growth, struct h2_block_facts *out);

/* Bytes of the body; none at all say that there is one. STATUS_IO from the body store costs only
 * what would have been kept. */
MUST_USE enum status h2_stream_data(struct h2_stream *s, enum direction side,
        const struct http_setup *setup, struct bytes data);
/* `len` bytes of DATA are missing. */
MUST_USE enum status h2_stream_hole(struct h2_stream *s, enum direction side,
        const struct http_setup *setup, uint64_t len, uint32_t gap);
/* Ends one side; `whole` when END_STREAM said so. Does nothing the second time. */
MUST_USE enum status h2_stream_end(struct h2_stream *s, enum direction side, bool whole);

#endif
