/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_GRPC_WEB_H
#define CLASSIFY_GRPC_WEB_H

/*
 * The frames of gRPC-Web (github.com/grpc/grpc, doc/PROTOCOL-WEB.md), of gRPC itself and of the
 * streams of Connect (connectrpc.com/docs/protocol, "Enveloped-Message"): one byte of flags, four
 * of length, a message. And the text form of gRPC-Web, in which frames travel as base64, one
 * piece behind the other, each maybe padded.
 */

#include "base/arena.h"
#include "base/bytes.h"

enum {
    GRPC_WEB_COMPRESSED = 0x01,
    GRPC_WEB_END_STREAM = 0x02, /* Connect: JSON with error and metadata */
    GRPC_WEB_TRAILERS = 0x80,   /* gRPC-Web: trailers as HTTP/1 field lines */
};

struct grpc_web_frame {
    uint8_t flags;
    struct bytes data; /* borrowed; less than announced when the text ends first: `cut` */
    bool cut;
};

/* Takes the next frame from the front of `*rest`; false when there is none, or what is there has
 * flags that no frame has: then `*rest` stays as it was. */
MUST_USE bool grpc_web_next(struct bytes *rest, struct grpc_web_frame *out);

/* A run of base64 without padding but at its end, and what it decodes to. */
struct grpc_web_run {
    size_t plain, coded; /* where it begins in either text */
};

struct grpc_web_text {
    struct bytes coded;        /* borrowed */
    struct bytes plain;        /* in the arena */
    struct grpc_web_run *runs; /* in the arena; ascending */
    size_t run_count, run_capacity;
    bool broken; /* something that is no base64 ended it early */
};

/* Decodes as far as it is base64 without line breaks; in both alphabets. False: no memory. */
MUST_USE bool grpc_web_text_read(
        struct arena *arena, struct bytes coded, struct grpc_web_text *out);
/* The groups of base64 that hold plain bytes [off, off + len), all within `plain`. */
struct bytes grpc_web_text_piece(const struct grpc_web_text *t, size_t off, size_t len);

#endif
