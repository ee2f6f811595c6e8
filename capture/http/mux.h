/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_MUX_H
#define CAPTURE_HTTP_MUX_H

/*
 * What the stages of HTTP/2 and HTTP/3 have in common behind their frames: streams become
 * exchanges, bytes of tunnels are passed on, what is missing is filed. For http2.c and http3.c and
 * their parts only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "capture/http/http.h"
#include "capture/http/mux_stream.h"
#include "capture/http/mux_table.h"

struct mux {
    struct http_setup setup;
    struct mux_table table;
    struct mux_growth growth;
    struct http_tunnel *tunnels; /* owned: of the last push */
    size_t tunnel_count, tunnel_capacity, tunnel_next;
    bool io_failed;
};

void mux_init(struct mux *m, const struct http_setup *setup, enum protocol protocol);
void mux_clear(struct mux *m);

/* A push begins: the tunnelled items of the one before are forgotten. */
void mux_turn(struct mux *m);
/* How the push went: STATUS_IO when the body store failed, else STATUS_OK. */
MUST_USE enum status mux_result(const struct mux *m);
/* A full disk costs what would have been kept, nothing else: STATUS_IO becomes OK here and is
 * told by mux_result. */
MUST_USE enum status mux_go_on(struct mux *m, enum status status);

/* Files what is missing or wrong, with the packets of `by`, and notes it at `s`. Both may be
 * NULL. */
MUST_USE enum status mux_file(
        struct mux *m, struct gap gap, const struct item *by, struct mux_stream *s);

/* What of a section could not be read, besides what its fields say. */
struct mux_section {
    struct gap place;    /* direction, stream, offset */
    uint64_t len;        /* bytes of it */
    const char *unknown; /* why fields are not known; NULL: they just refer to what is lost */
    enum gap_cause why;  /* … and the cause */
    uint32_t lost_gap;   /* … and the hole that took what they refer to; 0 */
    uint32_t gap;        /* a hole in the section itself; 0 */
    bool over;           /* longer than we read */
    const char *bad;     /* a rule its frames break; NULL */
    const char *broken;  /* what to say when decompression fails */
};
MUST_USE enum status mux_file_section(struct mux *m, struct mux_stream *s,
        const struct mux_section *section, const struct mux_facts *facts,
        const struct item *by);

/* Reads a section of `n` bytes that `source` has begun. `s` may be NULL. */
MUST_USE enum status mux_fields(struct mux *m, struct mux_stream *s, enum direction side,
        const struct field_source *source, size_t n, bool torn, struct mux_facts *out);
/* Bytes of DATA, `data` being a part of `by`; into the tunnel, if the stream is one. */
MUST_USE enum status mux_data(struct mux *m, struct mux_stream *s, enum direction dir,
        const struct item *by, struct bytes data);
/* A part of the hole `by` took `len` bytes of DATA; `counts` when the body has to know. */
MUST_USE enum status mux_hole(struct mux *m, struct mux_stream *s, enum direction dir,
        const struct item *by, uint64_t len, bool counts);
/* Ends one side; the stream stays open. */
MUST_USE enum status mux_end_side(
        struct mux *m, struct mux_stream *s, enum direction dir, bool whole);
/* Ends both sides as far as they are, and hands the exchange over. */
MUST_USE enum status mux_finish(struct mux *m, struct mux_stream *s);
/* The stream that has to be given up before one more may be added; NULL for none. It is filed,
 * not finished. */
MUST_USE enum status mux_crowded(struct mux *m, struct mux_stream **out);

/* As http2_next_tunnel and http2_next. */
MUST_USE bool mux_next_tunnel(struct mux *m, struct http_tunnel *out);
MUST_USE bool mux_next(struct mux *m, struct exchange **out);

#endif
