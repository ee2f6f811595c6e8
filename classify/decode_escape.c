/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/decode.h"

enum {
    REPLACEMENT = 0xfffd,
    UNICODE_MOST = 0x10ffff,
    ENTITY_MOST = 10, /* bytes between "&" and ";" */
    RUN_MOST = 16,    /* backslashes in a row: of JSON nested four deep */
};

static void put_character(struct decode_piece *out, uint32_t c)
{
    if (c > UNICODE_MOST || (c >= 0xd800 && c <= 0xdfff))
        c = REPLACEMENT;
    if (c < 0x80) {
        out->plain[0] = (uint8_t)c;
        out->n = 1;
    } else if (c < 0x800) {
        out->plain[0] = (uint8_t)(0xc0 | c >> 6);
        out->plain[1] = (uint8_t)(0x80 | (c & 63));
        out->n = 2;
    } else if (c < 0x10000) {
        out->plain[0] = (uint8_t)(0xe0 | c >> 12);
        out->plain[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out->plain[2] = (uint8_t)(0x80 | (c & 63));
        out->n = 3;
    } else {
        out->plain[0] = (uint8_t)(0xf0 | c >> 18);
        out->plain[1] = (uint8_t)(0x80 | (c >> 12 & 63));
        out->plain[2] = (uint8_t)(0x80 | (c >> 6 & 63));
        out->plain[3] = (uint8_t)(0x80 | (c & 63));
        out->n = 4;
    }
}

/* `digits` hexadecimal digits at `at`. */
static bool hex_at(struct bytes text, size_t at, size_t digits, uint32_t *out)
{
    uint32_t value = 0;

    if (at > text.n || text.n - at < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = ascii_hex_value(text.p[at + i]);

        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *out = value;
    return true;
}

/* "%u51CF" and "\u51cf": `lead` is the first character. Pairs of surrogates are one escape. */
static bool take_unit(struct bytes text, size_t at, uint8_t lead, struct decode_piece *out)
{
    uint32_t c, low;

    if (text.n - at < 6 || text.p[at] != lead || text.p[at + 1] != 'u' ||
            !hex_at(text, at + 2, 4, &c))
        return false;
    out->used = 6;
    if (c >= 0xd800 && c < 0xdc00 && text.n - at >= 12 && text.p[at + 6] == lead &&
            text.p[at + 7] == 'u' && hex_at(text, at + 8, 4, &low) && low >= 0xdc00 &&
            low <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        out->used = 12;
    }
    put_character(out, c);
    return true;
}

static void take_percent(struct bytes text, size_t at, struct decode_piece *out)
{
    uint32_t c;

    if (text.p[at] != '%')
        return;
    if (take_unit(text, at, '%', out)) {
        out->wide = true;
    } else if (hex_at(text, at + 1, 2, &c)) {
        out->used = 3;
        out->plain[0] = (uint8_t)c;
    }
}

/* "\xe5": scripts mean a character by it, other programs one byte of UTF-8. */
static void take_byte(struct bytes text, size_t at, struct decode_piece *out)
{
    uint32_t c;
    uint8_t run[DECODE_PIECE_MOST];
    size_t n = 0;

    while (n < DECODE_PIECE_MOST && at + 4 * n < text.n && text.n - at - 4 * n >= 4 &&
            text.p[at + 4 * n] == '\\' && text.p[at + 4 * n + 1] == 'x' &&
            hex_at(text, at + 4 * n + 2, 2, &c)) {
        run[n++] = (uint8_t)c;
        if (n > 1 && bytes_is_utf8(bytes_of(run, n))) {
            memcpy(out->plain, run, n);
            out->n = n;
            out->used = 4 * n;
            return;
        }
    }
    if (n != 0) {
        put_character(out, run[0]);
        out->used = 4;
    }
}

static void take_backslash(struct bytes text, size_t at, struct decode_piece *out)
{
    static const char written[] = "\"\\/'bfnrt", plain[] = "\"\\/'\b\f\n\r\t";
    const char *found;

    if (text.p[at] != '\\' || text.n - at < 2 || take_unit(text, at, '\\', out))
        return;
    if (text.p[at + 1] == 'x') {
        take_byte(text, at, out);
        return;
    }
    found = text.p[at + 1] == '\0' ? NULL : strchr(written, text.p[at + 1]);
    if (found != NULL) {
        out->used = 2;
        out->plain[0] = (uint8_t)plain[found - written];
    }
}

static bool numeric_entity(struct bytes name, uint32_t *out)
{
    uint64_t value;
    bool hex = name.n > 2 && ascii_lower(name.p[1]) == 'x';

    if (name.n < 2 || name.p[0] != '#')
        return false;
    name = bytes_slice(name, hex ? 2 : 1, name.n);
    if (hex ? !bytes_hex(name, &value) : !bytes_decimal(name, &value))
        return false;
    *out = value > UNICODE_MOST ? REPLACEMENT : (uint32_t)value;
    return true;
}

static void take_entity(struct bytes text, size_t at, struct decode_piece *out)
{
    static const struct {
        const char *name;
        char plain;
    } named[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''},
            {"nbsp", ' '}};
    struct bytes rest = bytes_slice(text, at + 1, at + 2 + ENTITY_MOST), name;
    uint32_t c = 0;

    if (text.p[at] != '&' || !bytes_take_until(&rest, ';', &name))
        return;
    if (!numeric_entity(name, &c)) {
        for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
            if (bytes_is(name, named[i].name))
                c = (uint8_t)named[i].plain;
        }
        if (c == 0)
            return;
    }
    put_character(out, c);
    out->used = name.n + 2;
}

void decode_piece_at(
        enum decode_kind kind, struct bytes text, size_t at, struct decode_piece *out)
{
    *out = (struct decode_piece){.used = 1, .n = 1, .plain = {text.p[at]}};
    switch (kind) {
    case DECODE_PERCENTS:
        take_percent(text, at, out);
        break;
    case DECODE_BACKSLASHES:
        take_backslash(text, at, out);
        break;
    case DECODE_ENTITIES:
        take_entity(text, at, out);
        break;
    case DECODE_KINDS:
        break;
    }
}

/* Backslashes, maybe of JSON in JSON, before what they hide: a character, or a "/" that would be
 * a digit of base64. Before others they stand everywhere in scripts. */
static bool backslash_hides(struct bytes text, size_t at)
{
    size_t end = at;
    uint32_t c;

    while (end < text.n && end - at <= RUN_MOST && text.p[end] == '\\')
        end++;
    if (end == text.n)
        return false;
    switch (text.p[end]) {
    case 'u':
        return hex_at(text, end + 1, 4, &c);
    case 'x':
        return hex_at(text, end + 1, 2, &c);
    case '/':
        return at > 0 && ascii_base64_value(text.p[at - 1]) >= 0 && end + 1 < text.n &&
               (ascii_base64_value(text.p[end + 1]) >= 0 || text.p[end + 1] == '\\');
    default:
        return false;
    }
}

static bool hides(enum decode_kind kind, struct bytes text, size_t at)
{
    struct decode_piece piece;

    if (kind == DECODE_BACKSLASHES)
        return backslash_hides(text, at);
    if (kind == DECODE_ENTITIES && !(at + 1 < text.n && text.p[at + 1] == '#') &&
            !bytes_starts(bytes_slice(text, at, text.n), BYTES_LITERAL("&amp;#")))
        return false;
    decode_piece_at(kind, text, at, &piece);
    return piece.used > 1;
}

/* Where to go on behind something that hides nothing: a run of backslashes is read once. */
static size_t behind(enum decode_kind kind, struct bytes text, size_t at)
{
    at++;
    while (kind == DECODE_BACKSLASHES && at < text.n && text.p[at] == '\\')
        at++;
    return at;
}

bool decode_find(enum decode_kind kind, struct bytes text, size_t from, size_t *at)
{
    static const uint8_t leads[DECODE_KINDS] = {
            [DECODE_PERCENTS] = '%', [DECODE_BACKSLASHES] = '\\', [DECODE_ENTITIES] = '&'};

    while (from < text.n) {
        const uint8_t *found = memchr(text.p + from, leads[kind], text.n - from);

        if (found == NULL)
            return false;
        from = (size_t)(found - text.p);
        if (hides(kind, text, from)) {
            *at = from;
            return true;
        }
        from = behind(kind, text, from);
    }
    return false;
}
