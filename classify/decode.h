/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_DECODE_H
#define CLASSIFY_DECODE_H

/*
 * Undoes what texts are written in where they travel: escapes, one at a time so that a place in
 * the plain text can be found again in the written one, and compression. Letters that stand for
 * binary data are of coded.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/unpack.h"

enum decode_kind {
    DECODE_PERCENTS, /* "%E5", RFC 3986 section 2.1, and "%u51CF" of escape(), ECMA-262 B.2.1 */
    DECODE_BACKSLASHES, /* of JSON, RFC 8259 section 7, and "\xe5" of scripts */
    DECODE_ENTITIES,    /* "&#20943;", "&#x51CF;" and the five of XML, HTML section 13.5 */
    DECODE_KINDS,
};

enum { DECODE_PIECE_MOST = 4 }; /* bytes that one escape gives */

struct decode_piece {
    size_t used; /* bytes of the written text, 1 when no escape stands there */
    size_t n;    /* of the plain text; not more than `used` */
    uint8_t plain[DECODE_PIECE_MOST];
    bool wide; /* "%u51CF" */
};

/* What stands at `at`, which is in the text: an escape, or a byte that is none. Characters are
 * given in UTF-8, half a surrogate pair as U+FFFD; "%E5" and a run of "\xe5" that is UTF-8 are
 * bytes, another "\xe9" is a character. */
void decode_piece_at(
        enum decode_kind kind, struct bytes text, size_t at, struct decode_piece *out);

/*
 * The next escape at or behind `from` that could hide something: of those with backslashes the
 * characters, and a "/" between digits of base64; of entities the numeric ones. False: none.
 */
MUST_USE bool decode_find(enum decode_kind kind, struct bytes text, size_t from, size_t *at);

/* Compression that a text's first bytes tell: gzip, zlib, zstd. */
MUST_USE bool decode_packed(struct bytes text, enum unpack_kind *kind);
/* Whether a text may begin like raw deflate; one of three random texts does. */
MUST_USE bool decode_maybe_deflate(struct bytes text);

/*
 * Inflates into the arena, at most `limits`. PARSE_DONE: to its end. PARSE_MORE: the text is cut,
 * and what there was came out. PARSE_UNSUPPORTED: a limit was reached, likewise. PARSE_BAD: it is
 * not of that kind, or broken; what came out before is given. False: no memory.
 */
MUST_USE bool decode_unpack(struct arena *arena, enum unpack_kind kind, struct bytes text,
        struct unpack_limits limits, struct bytes *out, enum parse *how);

/* A whole text of base64 of either alphabet, padded or not (RFC 4648 sections 4 and 5), decoded
 * into the arena; `*is` is false when it is none, and `*out` untouched. False: no memory. */
MUST_USE bool decode_base64(
        struct arena *arena, struct bytes text, struct bytes *out, bool *is);

/* At least nine of ten bytes are printable ASCII, and no byte is NUL. */
MUST_USE bool decode_readable(struct bytes text);

#endif
