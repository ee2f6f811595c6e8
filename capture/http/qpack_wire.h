/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_QPACK_WIRE_H
#define CAPTURE_HTTP_QPACK_WIRE_H

/*
 * How QPACK writes things down: integers, string literals, the instructions of its two streams
 * (RFC 9204 sections 4.1, 4.3, 4.4) and the lines of a field section (section 4.5). Integers go
 * up to 2^62 - 1. All views borrow from the input. PARSE_MORE: it ends too early; nothing is taken unless PARSE_DONE.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum { QPACK_STATIC_ENTRIES = 99 };

/* A string literal as it came. */
struct qpack_text {
    struct bytes raw;
    bool huffman;
};

/* Section 4.3: what the encoder stream says. */
struct qpack_instruction {
    enum qpack_instruction_kind {
        QPACK_CAPACITY,
        QPACK_INSERT_NAMED,   /* name by reference */
        QPACK_INSERT_LITERAL, /* name and value literal */
        QPACK_DUPLICATE,
    } kind;
    bool is_static;  /* INSERT_NAMED */
    uint64_t number; /* an index, relative to the newest entry unless static; or the capacity */
    struct qpack_text name, value;
};
MUST_USE enum parse qpack_take_instruction(struct bytes *b, struct qpack_instruction *out);

/* Section 4.4: what the decoder stream answers. */
struct qpack_answer {
    enum qpack_answer_kind {
        QPACK_ACKNOWLEDGED, /* a section of stream `number` */
        QPACK_CANCELLED,    /* stream `number` */
        QPACK_INCREMENT,    /* `number` more insertions were received */
    } kind;
    uint64_t number;
};
MUST_USE enum parse qpack_take_answer(struct bytes *b, struct qpack_answer *out);

/* Section 4.5: one line of a field section. */
struct qpack_line {
    enum qpack_line_kind {
        QPACK_INDEXED, /* name and value by reference */
        QPACK_NAMED,   /* name by reference, value literal */
        QPACK_LITERAL, /* both literal */
    } kind;
    enum qpack_base {
        QPACK_STATIC,
        QPACK_BEFORE_BASE, /* index counts back from Base */
        QPACK_POST_BASE,   /* … on from Base */
    } base;
    uint64_t index;
    struct qpack_text name, value;
    bool sensitive;
};
MUST_USE enum parse qpack_take_line(struct bytes *b, struct qpack_line *out);

/* Section 4.5.1: what a field section begins with. */
struct qpack_prefix {
    uint64_t encoded; /* Encoded Required Insert Count */
    bool negative;
    uint64_t delta; /* of Base */
};
MUST_USE enum parse qpack_take_prefix(struct bytes *b, struct qpack_prefix *out);

#endif
