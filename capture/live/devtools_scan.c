/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/devtools_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct bytes *b)
{
    while (b->n != 0 && is_space(*b->p))
        *b = bytes_slice(*b, 1, b->n);
}

/* Length of the string that begins at p, quotes included; 0 when it is none. Control characters
 * may not stand in one (RFC 8259 section 7). */
static size_t string_length(const uint8_t *p, size_t n)
{
    size_t i = 1;

    while (i < n) {
        if (p[i] == '"')
            return i + 1;
        if (p[i] < 0x20)
            return 0;
        if (p[i] != '\\') {
            i++;
            continue;
        }
        if (n - i < 2 || p[i + 1] == '\0' || strchr("\"\\/bfnrtu", p[i + 1]) == NULL)
            return 0;
        if (p[i + 1] == 'u') {
            for (size_t k = 2; k < 6; k++)
                if (k >= n - i || ascii_hex_value(p[i + k]) < 0)
                    return 0;
            i += 4;
        }
        i += 2;
    }
    return 0;
}

static size_t digits(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n && ascii_is_digit(p[i]))
        i++;
    return i;
}

/* RFC 8259 section 6. */
static size_t number_length(const uint8_t *p, size_t n)
{
    size_t i = n != 0 && p[0] == '-', more = digits(p + i, n - i);

    if (more == 0 || (more > 1 && p[i] == '0'))
        return 0;
    i += more;
    if (i < n && p[i] == '.') {
        more = digits(p + i + 1, n - i - 1);
        if (more == 0)
            return 0;
        i += 1 + more;
    }
    if (i < n && (p[i] == 'e' || p[i] == 'E')) {
        i++;
        i += i < n && (p[i] == '+' || p[i] == '-');
        more = digits(p + i, n - i);
        if (more == 0)
            return 0;
        i += more;
    }
    return i;
}

static size_t word_length(const uint8_t *p, size_t n)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct bytes word = bytes_text(words[i]);

        if (bytes_starts(bytes_of(p, n), word))
            return word.n;
    }
    return 0;
}

static size_t scalar_length(const uint8_t *p, size_t n)
{
    size_t length;

    if (*p == '"')
        return string_length(p, n);
    length = ascii_is_alpha(*p) ? word_length(p, n) : number_length(p, n);
    /* Nothing may stick to it. */
    return length < n && (ascii_is_alnum(p[length]) || p[length] == '.') ? 0 : length;
}

enum wants {
    WANTS_VALUE,
    WANTS_VALUE_OR_END,
    WANTS_KEY,
    WANTS_KEY_OR_END,
    WANTS_COLON,
    WANTS_COMMA_OR_END,
};

/* Where we are inside a container: one bit a level says that it is an object. */
struct levels {
    uint8_t kinds[SCAN_DEPTH / 8];
    size_t depth;
    enum wants wants;
};

static bool in_object(const struct levels *l)
{
    return (l->kinds[(l->depth - 1) / 8] >> (l->depth - 1) % 8 & 1) != 0;
}

static bool wants_value(const struct levels *l)
{
    return l->wants == WANTS_VALUE || l->wants == WANTS_VALUE_OR_END;
}

static bool open_level(struct levels *l, bool object)
{
    uint8_t bit = (uint8_t)(1 << l->depth % 8);

    if (!wants_value(l) || l->depth == SCAN_DEPTH)
        return false;
    if (object)
        l->kinds[l->depth / 8] |= bit;
    else
        l->kinds[l->depth / 8] &= (uint8_t)~bit;
    l->depth++;
    l->wants = object ? WANTS_KEY_OR_END : WANTS_VALUE_OR_END;
    return true;
}

static bool close_level(struct levels *l, bool object)
{
    if (in_object(l) != object ||
            (l->wants != WANTS_COMMA_OR_END &&
                    l->wants != (object ? WANTS_KEY_OR_END : WANTS_VALUE_OR_END)))
        return false;
    l->depth--;
    l->wants = WANTS_COMMA_OR_END;
    return true;
}

/* A comma, a colon, or a scalar; how long, 0 when it may not stand here. */
static size_t inner_length(struct levels *l, const uint8_t *p, size_t n)
{
    if (*p == ',' && l->wants == WANTS_COMMA_OR_END) {
        l->wants = in_object(l) ? WANTS_KEY : WANTS_VALUE;
        return 1;
    }
    if (*p == ':' && l->wants == WANTS_COLON) {
        l->wants = WANTS_VALUE;
        return 1;
    }
    if (*p == '"' && (l->wants == WANTS_KEY || l->wants == WANTS_KEY_OR_END)) {
        l->wants = WANTS_COLON;
        return string_length(p, n);
    }
    if (!wants_value(l))
        return 0;
    l->wants = WANTS_COMMA_OR_END;
    return scalar_length(p, n);
}

/* Length of the container that begins at p; 0 when it is none. */
static size_t container_length(const uint8_t *p, size_t n)
{
    struct levels l = {.wants = WANTS_VALUE};
    size_t i = 0;

    while (i < n) {
        uint8_t c = p[i];
        size_t length = 1;

        if (c == '{' || c == '[')
            length = open_level(&l, c == '{');
        else if (c == '}' || c == ']')
            length = close_level(&l, c == '}');
        else if (!is_space(c))
            length = inner_length(&l, p + i, n - i);
        if (length == 0)
            return 0;
        i += length;
        if (l.depth == 0)
            return i;
    }
    return 0;
}

bool scan_take(struct bytes *in, struct bytes *value)
{
    struct bytes rest = *in;
    size_t length;

    skip_space(&rest);
    if (rest.n == 0)
        return false;
    if (*rest.p == '{' || *rest.p == '[')
        length = container_length(rest.p, rest.n);
    else
        length = scalar_length(rest.p, rest.n);
    if (length == 0 || !bytes_take(&rest, length, value))
        return false;
    *in = rest;
    return true;
}

bool scan_is_whole(struct bytes text)
{
    struct bytes value;

    if (!scan_take(&text, &value))
        return false;
    skip_space(&text);
    return text.n == 0;
}

void scan_begin(struct scan *s, struct bytes container)
{
    uint8_t c = 0;

    *s = (struct scan){.rest = container};
    skip_space(&s->rest);
    if (!bytes_take_u8(&s->rest, &c) || (c != '{' && c != '['))
        s->ended = true;
    s->object = c == '{';
}

/* What stands between two members, and the end. */
static bool at_member(struct scan *s)
{
    uint8_t c;

    skip_space(&s->rest);
    if (s->rest.n == 0)
        return false;
    c = *s->rest.p;
    if (c == (s->object ? '}' : ']')) {
        s->ended = true;
        return false;
    }
    if (s->begun) {
        if (c != ',')
            return false;
        s->rest = bytes_slice(s->rest, 1, s->rest.n);
        skip_space(&s->rest);
    }
    return true;
}

bool scan_next(struct scan *s, struct bytes *key, struct bytes *value)
{
    struct bytes name = {0};
    uint8_t c;

    if (s->ended || s->broken)
        return false;
    if (!at_member(s)) {
        s->broken = !s->ended;
        return false;
    }
    s->begun = true;
    s->broken = true;
    if (s->object) {
        if (s->rest.n == 0 || *s->rest.p != '"' || !scan_take(&s->rest, &name))
            return false;
        skip_space(&s->rest);
        if (!bytes_take_u8(&s->rest, &c) || c != ':')
            return false;
        name = bytes_slice(name, 1, name.n - 1);
    }
    if (!scan_take(&s->rest, value))
        return false;
    s->broken = false;
    if (key != NULL)
        *key = name;
    return true;
}

static bool member(struct bytes object, struct bytes name, struct bytes *value)
{
    struct bytes key, found;
    struct scan s;

    scan_begin(&s, object);
    while (s.object && scan_next(&s, &key, &found)) {
        if (bytes_equal(key, name)) {
            *value = found;
            return true;
        }
    }
    return false;
}

bool scan_member(struct bytes object, const char *name, struct bytes *value)
{
    return member(object, bytes_text(name), value);
}

bool scan_path(struct bytes object, const char *path, struct bytes *value)
{
    struct bytes rest = bytes_text(path), name, found = object;

    while (bytes_take_until(&rest, '.', &name))
        if (!member(found, name, &found))
            return false;
    if (!member(found, rest, &found))
        return false;
    *value = found;
    return true;
}

/* Four digits behind "\u" at `at`; false when they are not there. */
static bool code_unit(struct bytes text, size_t at, uint32_t *unit)
{
    uint64_t value;

    if (text.n < 6 || at > text.n - 6 || text.p[at] != '\\' || text.p[at + 1] != 'u' ||
            !bytes_hex(bytes_slice(text, at + 2, at + 6), &value))
        return false;
    *unit = (uint32_t)value;
    return true;
}

/* UTF-8 of a code point, at most four bytes; how many. */
static size_t encode(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The escape at `at` (RFC 8259 section 7): its bytes, and how long it is; 0: none known. */
static size_t escape(struct bytes text, size_t at, uint8_t out[4], size_t *n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t high, low;
    const char *known;

    *n = 1;
    if (code_unit(text, at, &high)) {
        size_t length = 6;

        if (high >= 0xd800 && high < 0xdc00 && code_unit(text, at + 6, &low) && low >= 0xdc00 &&
                low < 0xe000) {
            high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            length = 12;
        } else if (high >= 0xd800 && high < 0xe000) {
            high = 0xfffd; /* half of a pair is no character */
        }
        *n = encode(high, out);
        return length;
    }
    if (at + 1 >= text.n || text.p[at + 1] == '\0')
        return 0;
    known = strchr(from, text.p[at + 1]);
    if (known == NULL)
        return 0;
    out[0] = (uint8_t)to[known - from];
    return 2;
}

bool scan_unescape(struct bytes value, uint8_t *out, size_t *length)
{
    struct bytes text = bytes_slice(value, 1, value.n - (value.n != 0));
    size_t n = 0, i = 0;

    if (value.n < 2 || *value.p != '"')
        return false;
    while (i < text.n) {
        uint8_t piece[4];
        size_t taken, made;

        if (text.p[i] != '\\') {
            out[n++] = text.p[i++];
            continue;
        }
        taken = escape(text, i, piece, &made);
        if (taken == 0)
            return false;
        memcpy(out + n, piece, made);
        n += made;
        i += taken;
    }
    *length = n;
    return true;
}

char *scan_string(struct bytes value, size_t most, bool *nomem)
{
    uint8_t *copy;
    size_t n;

    /* An escape of six characters may stand for one byte. */
    if (value.n < 2 || *value.p != '"' || (value.n - 2) / 6 > most)
        return NULL;
    copy = malloc(value.n);
    if (copy == NULL) {
        if (nomem != NULL)
            *nomem = true;
        return NULL;
    }
    if (!scan_unescape(value, copy, &n) || n > most) {
        free(copy);
        return NULL;
    }
    copy[n] = '\0';
    return (char *)copy;
}

char *scan_text(struct bytes object, const char *path, size_t most, bool *nomem)
{
    struct bytes value;

    return scan_path(object, path, &value) ? scan_string(value, most, nomem) : NULL;
}

bool scan_is(struct bytes object, const char *path, const char *text)
{
    struct bytes value;

    return scan_path(object, path, &value) && value.n >= 2 && *value.p == '"' &&
           bytes_is(bytes_slice(value, 1, value.n - 1), text);
}

bool scan_true(struct bytes object, const char *path)
{
    struct bytes value;

    return scan_path(object, path, &value) && bytes_is(value, "true");
}

bool scan_number(struct bytes object, const char *path, double *out)
{
    struct json_value *parsed;
    struct bytes value;
    bool ok;

    /* JSON's longest sensible double has some 25 characters. */
    if (!scan_path(object, path, &value) || value.n > 64)
        return false;
    parsed = json_parse(value, NULL);
    ok = json_number_of(parsed, out);
    json_free(parsed);
    return ok;
}

bool scan_integer(struct bytes value, int64_t *out)
{
    bool negative = value.n != 0 && *value.p == '-';
    uint64_t n;

    if (!bytes_decimal(bytes_slice(value, negative, value.n), &n) || n > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}
