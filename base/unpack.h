/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

/*
 * Streaming decompression of capture files, HTTP bodies and certificates; the one door to
 * zlib, brotli and zstd. Input comes in any pieces, output goes out in any pieces, and memory
 * stays bounded by the format's window.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum unpack_kind {
    UNPACK_GZIP,      /* RFC 1952, several members in a row are one stream */
    UNPACK_ZLIB,      /* RFC 1950 only */
    UNPACK_DEFLATE,   /* HTTP "deflate": zlib, or the raw RFC 1951 that some servers send */
    UNPACK_RAW,       /* blocks of RFC 1951 that go on over messages, as in RFC 7692 */
    UNPACK_BROTLI,    /* RFC 7932 */
    UNPACK_ZSTD,      /* RFC 8878, several frames in a row are one stream; windows to 128 MiB */
    UNPACK_ZSTD_HTTP, /* the same with windows to 8 MiB, as RFC 9659 bounds HTTP's "zstd" */
};

/* A bomb is refused past either bound; `ratio` counts once `UNPACK_RATIO_FLOOR` came out. */
struct unpack_limits {
    uint64_t bytes; /* of output; 0: no bound */
    uint64_t ratio; /* output / input; 0: no bound */
};

enum { UNPACK_RATIO_FLOOR = 1 << 20 };

struct unpack;

struct unpack *unpack_new(
        enum unpack_kind kind, struct unpack_limits limits); /* NULL: no memory */
void unpack_free(struct unpack *u);                          /* NULL is fine */

/*
 * Takes from the front of `*in` (moving it) and writes at most `room` bytes to `out`.
 *   PARSE_MORE         all input taken and room left: give more
 *   PARSE_DONE         the stream's end was reached; `*in` holds what follows it. Call only
 *                      again after PARSE_DONE for gzip and zstd, which may go on with a
 *                      further member.
 *   PARSE_BAD          corrupt data; what was written before stands
 *   PARSE_UNSUPPORTED  one of the limits was reached (unpack_limited) or memory ran out
 * `*made` is always set. When `*made == room` there may be more: call again.
 */
MUST_USE enum parse unpack_push(
        struct unpack *u, struct bytes *in, uint8_t *out, size_t room, size_t *made);
MUST_USE bool unpack_limited(const struct unpack *u);

/*
 * UNPACK_RAW never says PARSE_DONE: behind a final block others may follow, and may refer to what
 * came before. A message of RFC 7692 is: unpack_again, the payload, the bytes 00 00 ff ff, and
 * then unpack_rests must be true.
 */

/* The next message begins at a byte's begin; limits count anew. `keep`: it may refer to what came
 * out so far. Without, also behind PARSE_BAD and PARSE_UNSUPPORTED, nothing is known of before,
 * and what refers to it is PARSE_BAD. Only for UNPACK_RAW. */
void unpack_again(struct unpack *u, bool keep);
/* All that was taken ends where a block ends that ends with a byte. Only for UNPACK_RAW. */
MUST_USE bool unpack_rests(const struct unpack *u);

#endif
