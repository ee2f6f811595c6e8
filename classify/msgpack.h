/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_MSGPACK_H
#define CLASSIFY_MSGPACK_H

/*
 * The scalars of MessagePack (github.com/msgpack/msgpack, spec.md) one after the other, each
 * with the key it stands under, as json_scan gives those of JSON: members of an array stand
 * under the key of the array. Several values in a row are one text. Allocates nothing; nesting
 * has a cap, past which the text counts as broken.
 */

#include <stdint.h>

#include "base/bytes.h"

enum {
    MSGPACK_DEPTH = 32,
    MSGPACK_NUMBER_TEXT = 40,
    MSGPACK_STRING_LEAST = 4, /* bytes of a string in a text of unknown type */
};

enum msgpack_kind {
    MSGPACK_WORD, /* nil, false, true */
    MSGPACK_INTEGER,
    MSGPACK_FLOAT,
    MSGPACK_TEXT,
    MSGPACK_BYTES, /* bin, ext, and strings that are not readable text */
};

struct msgpack_level {
    uint64_t left; /* values still to come, keys among them */
    bool map;
    bool value_next; /* in a map: a key was read, its value follows */
    struct bytes key;
    bool key_is_number;
};

struct msgpack_scan {
    struct bytes text; /* the whole, borrowed */
    size_t at;
    struct msgpack_level levels[MSGPACK_DEPTH];
    size_t depth; /* containers open */
    bool broken;  /* met something that is no MessagePack: nothing more will come */
};

struct msgpack_found {
    enum msgpack_kind kind;
    bool is_key;         /* it is a key of a map itself: `key` means nothing then */
    struct bytes key;    /* raw; empty where there is none */
    bool key_is_number;  /* `key` is no string: a whole value of MessagePack, head and all */
    struct bytes raw;    /* of strings without the head; else with it */
    size_t off;          /* of raw in the text */
    uint64_t number;     /* bits of a number, two's complement; 0xc0, 0xc2, 0xc3 of a word */
    bool negative;       /* MSGPACK_INTEGER: to be read as int64 */
    unsigned float_bits; /* 32 or 64 */
};

/*
 * True when the whole text is values to its last byte. A text whose type nobody declared must
 * besides be a map or an array with readable strings only, for keys too, one of them of
 * MSGPACK_STRING_LEAST bytes at least and a quarter of its bytes in them.
 */
MUST_USE bool msgpack_looks(struct bytes text, bool declared);

void msgpack_init(struct msgpack_scan *s, struct bytes text);
/* Keys come as well as values. */
MUST_USE bool msgpack_next(struct msgpack_scan *s, struct msgpack_found *out);

/* A number or a word as text: "-5", "1.5", "true"; of other kinds, the empty text. */
void msgpack_number_text(const struct msgpack_found *found, char out[MSGPACK_NUMBER_TEXT]);

#endif
