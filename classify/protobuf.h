/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PROTOBUF_H
#define CLASSIFY_PROTOBUF_H

/*
 * The leaves of a protocol buffer message without its schema (protobuf.dev, "Encoding"), each
 * with the path of field numbers it stands under: "3.1.2".
 *
 * The wire does not tell a string from a nested message or from bytes. What reads as text is
 * text, unless it is a message letter for letter: it begins with a tag that is a control
 * character, or is nothing but long strings under tags. What else parses as a message to its
 * last byte is one; the rest is bytes. Groups (deprecated) are not read: a message with one is
 * none. Nothing is allocated; nesting has a cap, past which a message stays bytes.
 */

#include <stdint.h>

#include "base/bytes.h"

enum {
    PROTOBUF_DEPTH = 16,
    PROTOBUF_PATH = 11 * PROTOBUF_DEPTH + 1,
    PROTOBUF_NUMBER_TEXT = 40,
    PROTOBUF_NUMBER_USUAL = 2047, /* field numbers that a message of unknown type may have */
    PROTOBUF_STRING_LEAST = 4,    /* bytes of the string it must hold */
};

enum protobuf_kind {
    PROTOBUF_VARINT,
    PROTOBUF_FIXED64,
    PROTOBUF_FIXED32,
    PROTOBUF_TEXT,
    PROTOBUF_BYTES, /* a string that is not readable text, packed numbers */
};

struct protobuf_level {
    size_t end;  /* of this message in the text */
    size_t path; /* length of the path it stands under */
};

struct protobuf_scan {
    struct bytes text; /* the whole, borrowed */
    size_t at;
    struct protobuf_level levels[PROTOBUF_DEPTH];
    size_t depth; /* levels open, the outermost included */
    char path[PROTOBUF_PATH];
    bool broken; /* met something that is no message: nothing more will come */
};

struct protobuf_found {
    enum protobuf_kind kind;
    struct bytes path; /* borrowed from the scan until the next call */
    struct bytes raw;  /* without tag and length */
    size_t off;        /* of raw in the text */
    uint64_t number;   /* of the numeric kinds: their bits */
};

/*
 * True when the whole text is one message that has fields. A text whose type nobody declared must
 * besides hold readable strings only, one of PROTOBUF_STRING_LEAST bytes at least and a quarter of
 * its bytes in them, under small field numbers, so that random bytes do not pass.
 */
MUST_USE bool protobuf_looks(struct bytes text, bool declared);

void protobuf_init(struct protobuf_scan *s, struct bytes text);
MUST_USE bool protobuf_next(struct protobuf_scan *s, struct protobuf_found *out);

/*
 * The number as decimal text: varints as int64 would have them; fixed ones as floating point
 * where their bits make one of a usual size, since a counter or an identifier does not.
 */
void protobuf_number_text(const struct protobuf_found *found, char out[PROTOBUF_NUMBER_TEXT]);

#endif
