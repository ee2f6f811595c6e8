/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/protobuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "classify/readable.h"

enum {
    WIRE_VARINT = 0,
    WIRE_I64 = 1,
    WIRE_LEN = 2,
    WIRE_I32 = 5,
    NUMBER_MOST = (1 << 29) - 1,
    NUMBER_RESERVED = 19000, /* to 19999: never in a message */
    NUMBER_RESERVED_END = 20000,
    LETTERS_LEAST = 8, /* of each string of a message that itself reads as text */
};

/* One field: its number, wire type and payload. */
struct field {
    uint64_t number;
    unsigned wire;
    struct bytes raw;
    uint64_t bits; /* of a number */
};

/* Little-endian groups of seven bits, at most ten of them. */
static bool take_varint(struct bytes *b, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < 10 && i < b->n; i++) {
        value |= (uint64_t)(b->p[i] & 0x7f) << (7 * i);
        if ((b->p[i] & 0x80) == 0) {
            if (i == 9 && b->p[i] > 1)
                return false;
            *b = bytes_slice(*b, i + 1, b->n);
            *out = value;
            return true;
        }
    }
    return false;
}

static uint64_t little_endian(struct bytes raw)
{
    uint64_t value = 0;

    for (size_t i = raw.n; i > 0; i--)
        value = value << 8 | raw.p[i - 1];
    return value;
}

static bool take_payload(struct bytes *b, struct field *f)
{
    struct bytes before = *b;
    uint64_t length;

    switch (f->wire) {
    case WIRE_VARINT:
        if (!take_varint(b, &f->bits))
            return false;
        f->raw = bytes_slice(before, 0, before.n - b->n);
        return true;
    case WIRE_I64:
    case WIRE_I32:
        if (!bytes_take(b, f->wire == WIRE_I64 ? 8 : 4, &f->raw))
            return false;
        f->bits = little_endian(f->raw);
        return true;
    case WIRE_LEN:
        return take_varint(b, &length) && length <= b->n &&
               bytes_take(b, (size_t)length, &f->raw);
    default:
        return false;
    }
}

static bool take_field(struct bytes *b, struct field *f)
{
    uint64_t tag;

    if (!take_varint(b, &tag))
        return false;
    f->number = tag >> 3;
    f->wire = (unsigned)(tag & 7);
    if (f->number == 0 || f->number > NUMBER_MOST ||
            (f->number >= NUMBER_RESERVED && f->number < NUMBER_RESERVED_END))
        return false;
    return take_payload(b, f);
}

/* Whether all of it is fields, without a look into them: its cost is its length. */
static bool is_message(struct bytes text)
{
    struct field f;

    while (text.n != 0) {
        if (!take_field(&text, &f))
            return false;
    }
    return true;
}

/* "$" is a length of 36: a message that holds a UUID and nothing else reads as text. */
static bool is_lettered(struct bytes text)
{
    struct bytes rest = text;
    struct field f;

    if (text.p[0] < 0x20)
        return is_message(text);
    while (rest.n != 0) {
        if (!take_field(&rest, &f) || f.wire != WIRE_LEN || f.raw.n < LETTERS_LEAST)
            return false;
    }
    return true;
}

static bool is_nested(struct bytes raw)
{
    if (raw.n == 0)
        return false;
    return readable_text(raw) ? is_lettered(raw) : is_message(raw);
}

void protobuf_init(struct protobuf_scan *s, struct bytes text)
{
    s->text = text;
    s->at = 0;
    s->levels[0] = (struct protobuf_level){text.n, 0};
    s->depth = 1;
    s->path[0] = '\0';
    s->broken = false;
}

/* Writes the number behind the path of its message; returns the length. */
static size_t put_number(struct protobuf_scan *s, uint64_t number)
{
    size_t at = s->levels[s->depth - 1].path;
    int n = snprintf(
            s->path + at, sizeof(s->path) - at, at == 0 ? "%" PRIu64 : ".%" PRIu64, number);

    return at + (size_t)n;
}

bool protobuf_next(struct protobuf_scan *s, struct protobuf_found *out)
{
    static const enum protobuf_kind kinds[] = {[WIRE_VARINT] = PROTOBUF_VARINT,
            [WIRE_I64] = PROTOBUF_FIXED64,
            [WIRE_I32] = PROTOBUF_FIXED32};
    struct field f = {0};
    struct bytes rest;
    size_t path, off;

    while (!s->broken) {
        while (s->depth > 1 && s->at == s->levels[s->depth - 1].end)
            s->depth--;
        rest = bytes_slice(s->text, s->at, s->levels[s->depth - 1].end);
        if (rest.n == 0)
            return false;
        if (!take_field(&rest, &f)) {
            s->broken = true;
            break;
        }
        s->at = s->levels[s->depth - 1].end - rest.n;
        off = s->at - f.raw.n;
        path = put_number(s, f.number);
        if (f.wire == WIRE_LEN && s->depth < PROTOBUF_DEPTH && is_nested(f.raw)) {
            s->levels[s->depth++] = (struct protobuf_level){s->at, path};
            s->at = off;
            continue;
        }
        *out = (struct protobuf_found){
                .path = bytes_of(s->path, path), .raw = f.raw, .off = off, .number = f.bits};
        if (f.wire == WIRE_LEN)
            out->kind = readable_text(f.raw) ? PROTOBUF_TEXT : PROTOBUF_BYTES;
        else
            out->kind = kinds[f.wire];
        return true;
    }
    return false;
}

static bool numbers_are_usual(struct bytes path)
{
    uint64_t number = 0;

    for (size_t i = 0; i < path.n; i++) {
        number = path.p[i] == '.' ? 0 : number * 10 + (uint64_t)(path.p[i] - '0');
        if (number > PROTOBUF_NUMBER_USUAL)
            return false;
    }
    return true;
}

bool protobuf_looks(struct bytes text, bool declared)
{
    struct protobuf_found found;
    struct protobuf_scan s;
    size_t longest = 0, letters = 0;

    if (text.n == 0 || !is_message(text))
        return false;
    if (declared)
        return true;
    protobuf_init(&s, text);
    while (protobuf_next(&s, &found)) {
        if (found.kind == PROTOBUF_BYTES || !numbers_are_usual(found.path))
            return false;
        if (found.kind == PROTOBUF_TEXT) {
            letters += found.raw.n;
            longest = found.raw.n > longest ? found.raw.n : longest;
        }
    }
    return longest >= PROTOBUF_STRING_LEAST && letters >= text.n / 4;
}

/* 2^-30 to 2^50, of 32 bits 2^-10 to 2^20: as whole numbers the same bits would be huge. */
static bool is_floating(const struct protobuf_found *found)
{
    unsigned exponent = (unsigned)(found->number >> 52) & 0x7ff;

    if (found->kind == PROTOBUF_FIXED64)
        return exponent > 1023 - 30 && exponent < 1023 + 50;
    exponent = (unsigned)(found->number >> 23) & 0xff;
    return found->kind == PROTOBUF_FIXED32 && exponent > 127 - 10 && exponent < 127 + 20;
}

void protobuf_number_text(const struct protobuf_found *found, char out[PROTOBUF_NUMBER_TEXT])
{
    double wide;
    float narrow;

    if (is_floating(found) && found->kind == PROTOBUF_FIXED64) {
        memcpy(&wide, &found->number, sizeof(wide));
        (void)snprintf(out, PROTOBUF_NUMBER_TEXT, "%.15g", wide);
    } else if (is_floating(found)) {
        uint32_t bits = (uint32_t)found->number;

        memcpy(&narrow, &bits, sizeof(narrow));
        (void)snprintf(out, PROTOBUF_NUMBER_TEXT, "%.7g", (double)narrow);
    } else if (found->kind == PROTOBUF_VARINT && found->number > INT64_MAX) {
        /* A negative number: its magnitude, without the step past INT64_MIN. */
        (void)snprintf(out, PROTOBUF_NUMBER_TEXT, "-%" PRIu64, ~found->number + 1);
    } else {
        (void)snprintf(out, PROTOBUF_NUMBER_TEXT, "%" PRIu64, found->number);
    }
}
