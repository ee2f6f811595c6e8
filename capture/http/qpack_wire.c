/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/qpack_wire.h"

#include "capture/http/field.h"

/* Section 4.1.1. */
static enum parse take_integer(struct bytes *b, unsigned bits, uint64_t *out)
{
    return field_take_integer(b, bits, (UINT64_C(1) << 62) - 1, out);
}

/* Section 4.1.2: the bit above the length says whether it is coded. */
static enum parse take_text(struct bytes *b, unsigned bits, struct qpack_text *out)
{
    struct bytes at = *b;
    struct qpack_text text = {0};
    enum parse verdict;
    uint64_t n = 0;

    verdict = take_integer(&at, bits, &n);
    if (verdict != PARSE_DONE)
        return verdict;
    if (n > at.n || !bytes_take(&at, (size_t)n, &text.raw))
        return PARSE_MORE;
    text.huffman = (b->p[0] >> bits & 1) != 0;
    *b = at;
    *out = text;
    return PARSE_DONE;
}

enum parse qpack_take_instruction(struct bytes *b, struct qpack_instruction *out)
{
    struct qpack_instruction i = {.kind = QPACK_DUPLICATE};
    struct bytes at = *b;
    enum parse verdict;
    uint8_t c;

    if (b->n == 0)
        return PARSE_MORE;
    c = b->p[0];
    if ((c & 0x80) != 0) {
        i.kind = QPACK_INSERT_NAMED;
        i.is_static = (c & 0x40) != 0;
        verdict = take_integer(&at, 6, &i.number);
    } else if ((c & 0x40) != 0) {
        i.kind = QPACK_INSERT_LITERAL;
        verdict = take_text(&at, 5, &i.name);
    } else {
        if ((c & 0x20) != 0)
            i.kind = QPACK_CAPACITY;
        verdict = take_integer(&at, 5, &i.number);
    }
    if (verdict == PARSE_DONE &&
            (i.kind == QPACK_INSERT_NAMED || i.kind == QPACK_INSERT_LITERAL))
        verdict = take_text(&at, 7, &i.value);
    if (verdict != PARSE_DONE)
        return verdict;
    *b = at;
    *out = i;
    return PARSE_DONE;
}

enum parse qpack_take_answer(struct bytes *b, struct qpack_answer *out)
{
    struct qpack_answer a = {.kind = QPACK_INCREMENT};
    struct bytes at = *b;
    enum parse verdict;
    unsigned bits = 6;

    if (b->n == 0)
        return PARSE_MORE;
    if ((b->p[0] & 0x80) != 0) {
        a.kind = QPACK_ACKNOWLEDGED;
        bits = 7;
    } else if ((b->p[0] & 0x40) != 0) {
        a.kind = QPACK_CANCELLED;
    }
    verdict = take_integer(&at, bits, &a.number);
    if (verdict != PARSE_DONE)
        return verdict;
    *b = at;
    *out = a;
    return PARSE_DONE;
}

enum parse qpack_take_line(struct bytes *b, struct qpack_line *out)
{
    struct qpack_line line = {.kind = QPACK_NAMED, .base = QPACK_BEFORE_BASE};
    struct bytes at = *b;
    enum parse verdict;
    uint8_t c;

    if (b->n == 0)
        return PARSE_MORE;
    c = b->p[0];
    if ((c & 0x80) != 0) {
        line.kind = QPACK_INDEXED;
        line.base = (c & 0x40) != 0 ? QPACK_STATIC : QPACK_BEFORE_BASE;
        verdict = take_integer(&at, 6, &line.index);
    } else if ((c & 0x40) != 0) {
        line.base = (c & 0x10) != 0 ? QPACK_STATIC : QPACK_BEFORE_BASE;
        line.sensitive = (c & 0x20) != 0;
        verdict = take_integer(&at, 4, &line.index);
    } else if ((c & 0x20) != 0) {
        line.kind = QPACK_LITERAL;
        line.base = QPACK_STATIC;
        line.sensitive = (c & 0x10) != 0;
        verdict = take_text(&at, 3, &line.name);
    } else if ((c & 0x10) != 0) {
        line.kind = QPACK_INDEXED;
        line.base = QPACK_POST_BASE;
        verdict = take_integer(&at, 4, &line.index);
    } else {
        line.base = QPACK_POST_BASE;
        line.sensitive = (c & 0x08) != 0;
        verdict = take_integer(&at, 3, &line.index);
    }
    if (verdict == PARSE_DONE && line.kind != QPACK_INDEXED)
        verdict = take_text(&at, 7, &line.value);
    if (verdict != PARSE_DONE)
        return verdict;
    *b = at;
    *out = line;
    return PARSE_DONE;
}

enum parse qpack_take_prefix(struct bytes *b, struct qpack_prefix *out)
{
    struct qpack_prefix p = {0};
    struct bytes at = *b;
    enum parse verdict = take_integer(&at, 8, &p.encoded);

    if (verdict != PARSE_DONE)
        return verdict;
    p.negative = at.n != 0 && (at.p[0] & 0x80) != 0;
    verdict = take_integer(&at, 7, &p.delta);
    if (verdict != PARSE_DONE)
        return verdict;
    *b = at;
    *out = p;
    return PARSE_DONE;
}
