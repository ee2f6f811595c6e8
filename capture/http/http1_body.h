/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_BODY_H
#define CAPTURE_HTTP_HTTP1_BODY_H

/*
 * Where the body of an HTTP/1 message ends (RFC 9112 sections 6 and 7). Takes the stream
 * behind the head piece by piece and gives back the runs that are content; nothing of the
 * content is copied. Only trailer fields are kept here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "capture/http/http1_head.h"

enum {
    HTTP1_CHUNK_LINE_MOST = 16 << 10, /* bytes of a chunk-size line with its extensions */
    HTTP1_TRAILERS_MOST = 64 << 10,   /* bytes of a trailer section */
};

enum http1_chunk {
    HTTP1_CHUNK_SIZE,
    HTTP1_CHUNK_EXTENSION, /* behind the size, up to the line end */
    HTTP1_CHUNK_DATA,
    HTTP1_CHUNK_END, /* the line end behind the data */
    HTTP1_CHUNK_TRAILERS,
};

struct http1_body {
    enum http1_framing framing;
    enum http1_chunk chunk;
    uint64_t left;   /* bytes still to come of the length or of this chunk */
    size_t line;     /* bytes of the current line so far */
    bool digits;     /* the size line has had one */
    bool last_seen;  /* the chunk of size 0 was seen */
    const char *bad; /* after PARSE_BAD or _UNSUPPORTED: why; static text */
    struct buf trailers;
};

/* Begins a body; `length` counts for HTTP1_LENGTH. http1_body_clear frees what it kept. */
void http1_body_init(struct http1_body *b, enum http1_framing framing, uint64_t length);
void http1_body_clear(struct http1_body *b);

/*
 * Takes from the front of `*in`. `*data` becomes the next run of content (a part of `*in`),
 * or empty.
 *   PARSE_MORE         call again with what is left of `*in`, or with more
 *   PARSE_DONE         the body ended; `*in` holds what follows it
 *   PARSE_BAD          the chunk framing is broken at the front of `*in`
 *   PARSE_UNSUPPORTED  a line or the trailers grew past our limit; with `bad` NULL: out of memory
 */
MUST_USE enum parse http1_body_take(struct http1_body *b, struct bytes *in, struct bytes *data);

/* How many of the next `len` bytes, all missing, surely belong to the content. Fewer than
 * `len`: the framing is lost, or the body ended in the hole (HTTP1_LENGTH). */
uint64_t http1_body_gap(struct http1_body *b, uint64_t len);

/* The connection ended here: whether the body is whole. The last chunk may lack the empty
 * line behind it. */
MUST_USE bool http1_body_is_whole(const struct http1_body *b);

#endif
