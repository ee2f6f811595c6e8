/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VALUE_PIECE_H
#define CLASSIFY_VALUE_PIECE_H

/*
 * The pieces of a value by which it can be recognised elsewhere: its leaves (value.h), those of
 * the parameters and path of URLs inside it, what hex digits spell, and runs of its parts
 * between dots, because of "GA1.2.1391285404.1795294077" scripts send on the last two.
 */

#include "classify/value.h"

/* How a piece was written where it was found, or'ed; in the order of unwrapping. */
enum value_piece_as {
    AS_PERCENT = 1,
    AS_JWT = 2,
    AS_BASE64 = 4,
    AS_GZIP = 8,
    AS_HEX = 16,
    AS_MD5 = 32,
    AS_SHA1 = 64,
    AS_SHA256 = 128,
    AS_HEX_FORM = 256, /* the same hex digits, but in other letters or without dashes */
};

enum {
    PIECES_MOST = 256,
    PIECE_BYTES_MOST = 1024, /* longer texts are no identifiers */
    PIECE_ENCODINGS = 9,
};

const char *value_piece_encoding(size_t bit); /* of bit 0: "percent", … */

struct value_piece {
    struct bytes text; /* in the arena, or borrowed from the value */
    unsigned as;
};

struct value_pieces {
    struct value_piece at[PIECES_MOST];
    size_t n;
    bool capped;
};

/* A text that may be base64 of a digest, whatever else it looks like: of the lengths of MD5,
 * SHA-1 and SHA-256, padded or not, in either alphabet of RFC 4648. */
MUST_USE bool value_piece_packs_digest(struct bytes text);

/* Those of at least `bits` nominal bits that are neither times nor words nor URLs. False: no
 * memory. */
MUST_USE bool value_pieces_find(struct arena *arena, struct bytes value, unsigned bits,
        int64_t near_ns, struct value_pieces *out);

#endif
