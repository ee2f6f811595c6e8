/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/har/har_text.h"

#include <string.h>

enum { NAME_MOST = 64 };

static bool fill(struct har_text *t)
{
    t->off += t->n;
    t->at = 0;
    t->n = fread(t->piece, 1, sizeof(t->piece), t->file);
    if (t->n == 0 && ferror(t->file))
        t->failed = true;
    return t->n != 0;
}

static int peek(struct har_text *t)
{
    return t->at < t->n || fill(t) ? t->piece[t->at] : -1;
}

void har_text_open(struct har_text *t, FILE *file)
{
    t->file = file;
    t->off = 0;
    t->at = t->n = 0;
    t->failed = false;
    if (fill(t) && t->n >= 3 && memcmp(t->piece, "\xef\xbb\xbf", 3) == 0)
        t->at = 3;
}

int har_text_peek(struct har_text *t)
{
    int c = peek(t);

    while (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        t->at++;
        c = peek(t);
    }
    return c;
}

bool har_text_take(struct har_text *t, uint8_t c)
{
    if (har_text_peek(t) != c)
        return false;
    t->at++;
    return true;
}

/* Where a value is copied to. Once it did not fit, nothing of it is kept. */
struct sink {
    struct buf *out; /* NULL: nowhere */
    size_t before;   /* what `out` held */
    enum status status;
};

static void put(struct sink *s, struct bytes data)
{
    if (s->out == NULL || s->status != STATUS_OK)
        return;
    s->status = buf_append(s->out, data);
    if (s->status != STATUS_OK)
        s->out->n = s->before;
}

static enum har_found settle(const struct sink *s)
{
    if (s->status == STATUS_NOMEM)
        return HAR_NOMEM;
    return s->status == STATUS_OK ? HAR_FOUND : HAR_LARGE;
}

/* The rest of a string behind its first quote, with the last one, to `s`. */
static enum har_found take_string(struct har_text *t, struct sink *s)
{
    bool escaped = false;

    for (;;) {
        size_t begin = t->at;

        while (t->at < t->n) {
            uint8_t c = t->piece[t->at++];

            if (!escaped && c == '"') {
                put(s, bytes_of(t->piece + begin, t->at - begin));
                return HAR_FOUND;
            }
            escaped = !escaped && c == '\\';
        }
        put(s, bytes_of(t->piece + begin, t->at - begin));
        if (!fill(t))
            return HAR_CUT;
    }
}

/* A number, true, false or null: up to what cannot be part of one. */
static enum har_found take_scalar(struct har_text *t, struct sink *s)
{
    size_t taken = 0;
    int c;

    while ((c = peek(t)) != -1 &&
            (ascii_is_alnum((uint8_t)c) || c == '-' || c == '+' || c == '.')) {
        const uint8_t byte = (uint8_t)c;

        put(s, bytes_of(&byte, 1));
        t->at++;
        taken++;
    }
    if (c == -1)
        return HAR_CUT; /* it may go on: 12 of 120 */
    return taken == 0 ? HAR_BAD : HAR_FOUND;
}

/* Objects and arrays are passed over by counting what opens and closes. */
static enum har_found take_nested(struct har_text *t, struct sink *s)
{
    uint64_t depth = 0;

    do {
        int c = har_text_peek(t);
        const uint8_t byte = (uint8_t)c;
        enum har_found found = HAR_FOUND;

        switch (c) {
        case -1:
            return HAR_CUT;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        case '"':
        case ',':
        case ':':
            break;
        default:
            found = take_scalar(t, s);
            if (found != HAR_FOUND)
                return found;
            continue;
        }
        put(s, bytes_of(&byte, 1));
        t->at++;
        if (c == '"')
            found = take_string(t, s);
        if (found != HAR_FOUND)
            return found;
    } while (depth != 0);
    return HAR_FOUND;
}

enum har_found har_text_value(struct har_text *t, struct buf *out)
{
    struct sink s = {.out = out, .before = out == NULL ? 0 : out->n};
    enum har_found found;

    switch (har_text_peek(t)) {
    case -1:
        return HAR_CUT;
    case '{':
    case '[':
        found = take_nested(t, &s);
        break;
    case '"':
        put(&s, BYTES_LITERAL("\""));
        t->at++;
        found = take_string(t, &s);
        break;
    default:
        found = take_scalar(t, &s);
        break;
    }
    if (found != HAR_FOUND && out != NULL)
        out->n = s.before;
    return found == HAR_FOUND ? settle(&s) : found;
}

/* What stands between things of a list; `end` closes it. */
static enum har_found next_of(struct har_text *t, bool first, uint8_t end)
{
    int c = har_text_peek(t);

    if (c == end) {
        t->at++;
        return HAR_END;
    }
    if (c == -1)
        return HAR_CUT;
    if (first)
        return HAR_FOUND;
    if (c != ',')
        return HAR_BAD;
    t->at++;
    return HAR_FOUND;
}

enum har_found har_text_member(struct har_text *t, bool first, struct buf *name)
{
    enum har_found found = next_of(t, first, '}');
    struct sink s = {.out = name};
    int c;

    buf_reset(name);
    if (found != HAR_FOUND)
        return found;
    c = har_text_peek(t);
    if (c != '"')
        return c == -1 ? HAR_CUT : HAR_BAD;
    t->at++;
    found = take_string(t, &s);
    if (found != HAR_FOUND)
        return found;
    if (s.status == STATUS_NOMEM)
        return HAR_NOMEM;
    if (name->n != 0)
        name->n--; /* its closing quote */
    if (har_text_take(t, ':'))
        return HAR_FOUND;
    return har_text_peek(t) == -1 ? HAR_CUT : HAR_BAD;
}

enum har_found har_text_element(struct har_text *t, bool first)
{
    return next_of(t, first, ']');
}

static bool is_wanted(const struct buf *name, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        if (bytes_is(buf_view(name), *wanted))
            return true;
    }
    return false;
}

/* In the text from `begin` on. A backslash that is itself escaped begins nothing. */
static void replace_nul(struct buf *out, size_t begin)
{
    for (size_t i = begin; i + 1 < out->n; i++) {
        if (out->p[i] != '\\')
            continue;
        if (out->n - i >= 6 && memcmp(out->p + i, "\\u0000", 6) == 0)
            memcpy(out->p + i + 2, "fffd", 4);
        i++;
    }
}

/* One member of which `name` is known; what does not fit is left out with its name. */
static enum har_found pick_value(struct har_text *t, const struct buf *name, struct buf *out)
{
    size_t before = out->n;
    enum status status = buf_print(out, "%s\"%.*s\":", out->p[out->n - 1] == '{' ? "" : ",",
            (int)name->n, (const char *)name->p);
    enum har_found found;

    if (status == STATUS_NOMEM)
        return HAR_NOMEM;
    found = har_text_value(t, status == STATUS_OK ? out : NULL);
    if (status != STATUS_OK && found == HAR_FOUND)
        found = HAR_LARGE;
    if (found != HAR_FOUND)
        out->n = before;
    return found;
}

enum har_found har_text_pick(
        struct har_text *t, const char *const *wanted, struct buf *out, bool *large)
{
    size_t before = out->n;
    enum har_found found = HAR_BAD;
    bool first = true;
    struct buf name;

    if (!har_text_take(t, '{'))
        return har_text_peek(t) == -1 ? HAR_CUT : HAR_BAD;
    if (buf_append_u8(out, '{') != STATUS_OK)
        return HAR_NOMEM;
    buf_init(&name, NAME_MOST);
    while ((found = har_text_member(t, first, &name)) == HAR_FOUND) {
        bool wants = is_wanted(&name, wanted);

        first = false;
        found = wants ? pick_value(t, &name, out) : har_text_value(t, NULL);
        if (found == HAR_LARGE)
            *large = true;
        else if (found != HAR_FOUND)
            break;
    }
    buf_clear(&name);
    if (found == HAR_END && buf_append_u8(out, '}') != STATUS_OK)
        found = HAR_NOMEM;
    if (found != HAR_END) {
        out->n = before;
        return found;
    }
    replace_nul(out, before);
    return HAR_FOUND;
}
