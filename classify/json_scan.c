/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/json_scan.h"

#include <string.h>

/* The record separator is what JSON sequences put in front of each text, RFC 7464. */
static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x1e;
}

static size_t skip_space(struct bytes text, size_t at)
{
    while (at < text.n && is_space(text.p[at]))
        at++;
    return at;
}

bool json_scan_looks(struct bytes text)
{
    size_t at = skip_space(text, 0);

    if (at + 1 >= text.n || (text.p[at] != '{' && text.p[at] != '['))
        return false;
    at = skip_space(text, at + 1);
    return at < text.n && strchr("\"{[]}-0123456789tfn", text.p[at]) != NULL &&
           text.p[at] != '\0';
}

void json_scan_init(struct json_scan *s, struct bytes text)
{
    *s = (struct json_scan){.text = text};
}

/* The index of the quote that closes the string whose first byte is at `at`; n when none does. */
static size_t string_end(struct bytes text, size_t at)
{
    while (at < text.n && text.p[at] != '"')
        at += text.p[at] == '\\' ? 2 : 1;
    return at < text.n ? at : text.n;
}

static bool is_word_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c == '-' || c == '+' || c == '.';
}

/* A string: a key when a colon follows, otherwise a value. True when it is a value. */
static bool take_string(struct json_scan *s, struct json_found *out)
{
    size_t begin = s->at + 1, end = string_end(s->text, begin), next;

    if (end == s->text.n) {
        s->broken = true;
        return false;
    }
    next = skip_space(s->text, end + 1);
    s->at = end + 1;
    if (next < s->text.n && s->text.p[next] == ':') {
        s->key = bytes_slice(s->text, begin, end);
        s->at = next + 1;
        return false;
    }
    *out = (struct json_found){
            JSON_SCALAR_STRING, s->key, bytes_slice(s->text, begin, end), begin};
    return true;
}

static size_t skip_digits(struct bytes text, size_t at)
{
    while (at < text.n && ascii_is_digit(text.p[at]))
        at++;
    return at;
}

/* RFC 8259 section 6, but leading zeros are let through: many a script writes them. */
static bool is_number(struct bytes t)
{
    size_t at = t.p[0] == '-', end = skip_digits(t, at);

    if (end == at)
        return false;
    if (end < t.n && t.p[end] == '.') {
        at = end + 1;
        end = skip_digits(t, at);
        if (end == at)
            return false;
    }
    if (end < t.n && (t.p[end] == 'e' || t.p[end] == 'E')) {
        at = end + 1;
        at += at < t.n && (t.p[at] == '+' || t.p[at] == '-');
        end = skip_digits(t, at);
        if (end == at)
            return false;
    }
    return end == t.n;
}

/* A number or a word. At the very end of the text it may have been cut: it is not given. */
static bool take_word(struct json_scan *s, struct json_found *out)
{
    size_t begin = s->at, end = begin;
    struct bytes word;

    while (end < s->text.n && is_word_byte(s->text.p[end]))
        end++;
    word = bytes_slice(s->text, begin, end);
    s->at = end;
    *out = (struct json_found){JSON_SCALAR_NUMBER, s->key, word, begin};
    if (!is_number(word)) {
        out->kind = JSON_SCALAR_WORD;
        s->broken =
                !bytes_is(word, "true") && !bytes_is(word, "false") && !bytes_is(word, "null");
    }
    s->broken |= end == s->text.n;
    return !s->broken;
}

bool json_scan_next(struct json_scan *s, struct json_found *out)
{
    struct json_found found;

    while (!s->broken) {
        uint8_t c;

        s->at = skip_space(s->text, s->at);
        if (s->at == s->text.n)
            return false;
        c = s->text.p[s->at];
        if (c == '"') {
            if (take_string(s, &found)) {
                *out = found;
                return true;
            }
        } else if (is_word_byte(c)) {
            if (take_word(s, &found)) {
                *out = found;
                return true;
            }
        } else if (memchr("{}[],:", c, 6) != NULL) {
            /* An array's members stand under the key of the array. */
            if (c == '{' || c == '}')
                s->key = bytes_slice(s->text, 0, 0);
            s->at++;
        } else {
            s->broken = true;
        }
    }
    return false;
}

static size_t put_utf8(uint32_t point, uint8_t *out)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* The four hex digits behind "\u"; false when they are not there. */
static bool unit_at(struct bytes raw, size_t at, uint32_t *out)
{
    uint64_t unit;

    if (at + 6 > raw.n || raw.p[at] != '\\' || raw.p[at + 1] != 'u' ||
            !bytes_hex(bytes_slice(raw, at + 2, at + 6), &unit))
        return false;
    *out = (uint32_t)unit;
    return true;
}

/* One "\uXXXX", or two that make a pair; returns how many bytes of `raw` it took, 0 if none. */
static size_t take_unit(struct bytes raw, size_t at, uint32_t *point)
{
    uint32_t high, low;

    if (!unit_at(raw, at, &high))
        return 0;
    *point = high;
    if (high < 0xd800 || high > 0xdfff)
        return 6;
    *point = 0xfffd;
    if (high > 0xdbff || !unit_at(raw, at + 6, &low) || low < 0xdc00 || low > 0xdfff)
        return 6;
    *point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

size_t json_unescape(struct bytes raw, uint8_t *out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t n = 0;

    for (size_t i = 0; i < raw.n;) {
        const char *letter;
        uint32_t point;
        size_t taken;

        if (raw.p[i] != '\\' || i + 1 == raw.n) {
            out[n++] = raw.p[i++];
            continue;
        }
        letter = memchr(letters, raw.p[i + 1], sizeof(letters) - 1);
        taken = letter == NULL ? take_unit(raw, i, &point) : 2;
        if (letter != NULL)
            out[n++] = (uint8_t)meanings[letter - letters];
        else if (taken != 0)
            n += put_utf8(point, out + n);
        else
            out[n++] = raw.p[i];
        i += taken == 0 ? 1 : taken;
    }
    return n;
}
