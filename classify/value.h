/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VALUE_H
#define CLASSIFY_VALUE_H

/*
 * Takes a value apart before it is judged: percent escapes, quotes, JSON, JWT, base64 with or
 * without gzip, query strings and delimiters, until plain leaves remain. An identifier hides in
 * one leaf; a time stamp beside it must not make the whole value look random.
 * Depth, leaves and work are capped; there is no recursion. What a cap leaves whole is a leaf.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

enum {
    VALUE_DEPTH_MOST = 6,
    VALUE_LEAVES_MOST = 64,
    VALUE_BYTES_MOST = 64 << 10, /* of one value, and of what one decoding gives */
    VALUE_WORK_MOST = 1 << 20,   /* of all that is looked at or decoded for one value */
};

/* How a leaf was reached, or'ed. */
enum value_via {
    VIA_PERCENT = 1,
    VIA_JSON = 2,
    VIA_JWT = 4,
    VIA_BASE64 = 8,
    VIA_UNPACK = 16, /* gzip or zlib */
    VIA_QUERY = 32,
    VIA_SPLIT = 64,
};

struct leaf {
    struct bytes text; /* in the arena, or borrowed from the value */
    struct bytes key;  /* the name it stood under inside the value; empty: none */
    unsigned via;
    unsigned depth;
};

struct leaves {
    struct leaf at[VALUE_LEAVES_MOST];
    size_t n;
    bool capped; /* there was more than the caps allow */
};

/* Fills `out`; false when memory ran out. */
MUST_USE bool value_leaves(struct arena *arena, struct bytes value, struct leaves *out);

/* What kind of text a leaf is, by its form alone. */
enum leaf_kind {
    LEAF_OPAQUE,  /* none of the below: may be an identifier */
    LEAF_SHORT,   /* fewer than 8 bytes, and nothing more special */
    LEAF_TIME,    /* seconds, milliseconds or microseconds near the capture, or a date */
    LEAF_URL,     /* a URL or a host name */
    LEAF_WORD,    /* letters only, or words with spaces: language */
    LEAF_VERSION, /* 1.2.3 */
    LEAF_NUMBER,  /* a decimal number of at most 7 digits, maybe with a fraction or a sign */
    LEAF_FLAG,    /* true, 0, yes, … */
    LEAF_PLAIN,   /* fewer than 4 distinct bytes: padding, zeros */
    LEAF_EMAIL,
    LEAF_SCREEN, /* 1920x1080 */
};

/* `near_ns` is a time of the capture: epochs count as times from 5 years before to 2 after. */
enum leaf_kind leaf_kind(struct bytes text, int64_t near_ns);

/*
 * Nominal bits: length without separators times log2 of the smallest usual alphabet that holds
 * it (01, decimal, hex, letters of one case, alphanumeric of one case, alphanumeric, base64).
 * An upper bound on what the value can single out, not a measurement. In whole bits, rounded
 * down.
 */
unsigned leaf_bits(struct bytes text);

/* A form that is only used for generated values: UUID, ULID, 32, 40 or 64 hex digits, or 16
 * with a letter among them. */
MUST_USE bool leaf_generated(struct bytes text);

/* Percent-decodes (RFC 3986 section 2.1) into the arena; false when memory ran out. A text
 * without valid escapes comes back as it is. `plus` turns "+" into a space (HTML forms). */
MUST_USE bool value_unescape(
        struct arena *arena, struct bytes text, bool plus, struct bytes *out);

#endif
