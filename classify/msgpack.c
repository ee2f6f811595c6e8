/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/msgpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "classify/readable.h"

/* What a head announces. */
struct head {
    enum msgpack_kind kind;
    bool container, map;
    bool negative;
    unsigned float_bits;
    uint64_t n; /* bytes of a string, values of a container, bits of a number */
};

/* 1, 2, 4 or 8 bytes, big-endian. */
static bool take_number(struct bytes *b, size_t size, uint64_t *out)
{
    struct bytes raw;
    uint64_t value = 0;

    if (!bytes_take(b, size, &raw))
        return false;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | raw.p[i];
    *out = value;
    return true;
}

static uint64_t sign_extend(uint64_t value, size_t size)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);

    return (value ^ sign) - sign;
}

/* The heads that are one byte with what they announce. */
static bool fixed_head(uint8_t c, struct head *h)
{
    if (c <= 0x7f || c >= 0xe0) {
        *h = (struct head){.kind = MSGPACK_INTEGER,
                .n = c <= 0x7f ? c : sign_extend(c, 1),
                .negative = c >= 0xe0};
    } else if (c <= 0x9f) {
        *h = (struct head){.container = true, .map = c <= 0x8f, .n = c & 0x0f};
        h->n *= h->map ? 2 : 1;
    } else if (c <= 0xbf) {
        *h = (struct head){.kind = MSGPACK_TEXT, .n = c & 0x1f};
    } else if (c == 0xc0 || c == 0xc2 || c == 0xc3) {
        *h = (struct head){.kind = MSGPACK_WORD, .n = c};
    } else if (c >= 0xd4 && c <= 0xd8) { /* fixext: a type in front of 1, 2, 4, 8, 16 bytes */
        *h = (struct head){.kind = MSGPACK_BYTES, .n = 1 + (UINT64_C(1) << (c - 0xd4))};
    } else {
        return false;
    }
    return true;
}

/* The heads with a size or a number behind them. */
static bool sized_head(uint8_t c, struct bytes *b, struct head *h)
{
    static const uint8_t sizes[32] = {[0x04] = 1,
            2,
            4, /* bin */
            1,
            2,
            4, /* ext */
            4,
            8, /* float */
            1,
            2,
            4,
            8, /* uint */
            1,
            2,
            4,
            8, /* int */
            [0x19] = 1,
            2,
            4, /* str */
            2,
            4, /* array */
            2,
            4}; /* map */
    size_t size = c >= 0xc0 && c <= 0xdf ? sizes[c - 0xc0] : 0;

    *h = (struct head){.kind = MSGPACK_INTEGER};
    if (size == 0 || !take_number(b, size, &h->n))
        return false;
    if (c <= 0xc9) {
        h->kind = MSGPACK_BYTES;
        h->n += c >= 0xc7; /* the type of an ext */
    } else if (c <= 0xcb) {
        h->kind = MSGPACK_FLOAT;
        h->float_bits = (unsigned)size * 8;
    } else if (c >= 0xd0 && c <= 0xd3) {
        h->n = sign_extend(h->n, size);
        h->negative = h->n > INT64_MAX;
    } else if (c >= 0xd9 && c <= 0xdb) {
        h->kind = MSGPACK_TEXT;
    } else if (c >= 0xdc) {
        h->container = true;
        h->map = c >= 0xde;
        h->n *= h->map ? 2 : 1;
    }
    return true;
}

void msgpack_init(struct msgpack_scan *s, struct bytes text)
{
    s->text = text;
    s->at = 0;
    s->depth = 0;
    s->broken = false;
}

/* A container opens under the key it is a value of. */
static bool open(struct msgpack_scan *s, const struct head *h)
{
    struct msgpack_level level = {.left = h->n, .map = h->map};

    if (s->depth == MSGPACK_DEPTH)
        return false;
    if (s->depth != 0) {
        level.key = s->levels[s->depth - 1].key;
        level.key_is_number = s->levels[s->depth - 1].key_is_number;
    }
    s->levels[s->depth++] = level;
    return true;
}

/* One value of the innermost container was met; true when it is a key. */
static bool count_value(struct msgpack_scan *s)
{
    struct msgpack_level *level;

    if (s->depth == 0)
        return false;
    level = &s->levels[s->depth - 1];
    level->left--;
    if (!level->map)
        return false;
    level->value_next = !level->value_next;
    return level->value_next;
}

static bool read_one(struct msgpack_scan *s, struct head *h, struct bytes *raw)
{
    struct bytes rest = bytes_slice(s->text, s->at, s->text.n), before = rest;
    uint8_t c;

    if (!bytes_take_u8(&rest, &c) || (!fixed_head(c, h) && !sized_head(c, &rest, h)))
        return false;
    *raw = bytes_slice(before, 0, before.n - rest.n);
    if (!h->container && (h->kind == MSGPACK_TEXT || h->kind == MSGPACK_BYTES) &&
            (h->n > rest.n || !bytes_take(&rest, (size_t)h->n, raw)))
        return false;
    s->at = s->text.n - rest.n;
    return true;
}

static void fill(struct msgpack_scan *s, const struct head *h, struct bytes raw, bool is_key,
        struct msgpack_found *out)
{
    struct msgpack_level *level = s->depth == 0 ? NULL : &s->levels[s->depth - 1];
    bool string = h->kind == MSGPACK_TEXT || h->kind == MSGPACK_BYTES;

    *out = (struct msgpack_found){.kind = h->kind,
            .is_key = is_key,
            .raw = raw,
            .off = (size_t)(raw.p - s->text.p),
            .number = string ? 0 : h->n,
            .negative = h->negative,
            .float_bits = h->float_bits};
    if (h->kind == MSGPACK_TEXT && !readable_text(raw))
        out->kind = MSGPACK_BYTES;
    if (level != NULL && is_key) {
        level->key = raw;
        level->key_is_number = !string;
    } else if (level != NULL) {
        out->key = level->key;
        out->key_is_number = level->key_is_number;
    }
}

bool msgpack_next(struct msgpack_scan *s, struct msgpack_found *out)
{
    while (!s->broken) {
        struct bytes raw;
        struct head h;
        bool is_key;

        while (s->depth != 0 && s->levels[s->depth - 1].left == 0)
            s->depth--;
        if (s->at == s->text.n) {
            s->broken = s->depth != 0;
            return false;
        }
        if (!read_one(s, &h, &raw)) {
            s->broken = true;
            break;
        }
        is_key = count_value(s);
        if (!h.container) {
            fill(s, &h, raw, is_key, out);
            return true;
        }
        s->broken = is_key || !open(s, &h);
    }
    return false;
}

bool msgpack_looks(struct bytes text, bool declared)
{
    struct msgpack_found found;
    struct msgpack_scan s;
    size_t longest = 0, letters = 0;
    bool plain = true;

    if (text.n == 0)
        return false;
    msgpack_init(&s, text);
    while (msgpack_next(&s, &found)) {
        if (found.kind == MSGPACK_TEXT) {
            letters += found.raw.n;
            longest = found.raw.n > longest ? found.raw.n : longest;
        }
        plain &= s.depth != 0 && found.kind != MSGPACK_BYTES &&
                 (!found.is_key || found.kind == MSGPACK_TEXT);
    }
    if (s.broken || declared)
        return !s.broken;
    return plain && longest >= MSGPACK_STRING_LEAST && letters >= text.n / 4;
}

void msgpack_number_text(const struct msgpack_found *found, char out[MSGPACK_NUMBER_TEXT])
{
    double wide;
    float narrow;

    out[0] = '\0';
    switch (found->kind) {
    case MSGPACK_WORD:
        (void)snprintf(out, MSGPACK_NUMBER_TEXT, "%s",
                found->number == 0xc0   ? "null"
                : found->number == 0xc2 ? "false"
                                        : "true");
        break;
    case MSGPACK_INTEGER:
        if (found->negative)
            (void)snprintf(out, MSGPACK_NUMBER_TEXT, "-%" PRIu64, ~found->number + 1);
        else
            (void)snprintf(out, MSGPACK_NUMBER_TEXT, "%" PRIu64, found->number);
        break;
    case MSGPACK_FLOAT:
        if (found->float_bits == 64) {
            memcpy(&wide, &found->number, sizeof(wide));
            (void)snprintf(out, MSGPACK_NUMBER_TEXT, "%.15g", wide);
        } else {
            uint32_t bits = (uint32_t)found->number;

            memcpy(&narrow, &bits, sizeof(narrow));
            (void)snprintf(out, MSGPACK_NUMBER_TEXT, "%.7g", (double)narrow);
        }
        break;
    case MSGPACK_TEXT:
    case MSGPACK_BYTES:
        break;
    }
}
