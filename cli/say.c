/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include <unistd.h>

#include "report/visible.h"

enum { DUMP_WIDTH = 16 };

void say_init(struct say *s, FILE *out)
{
    s->out = out;
    s->terminal = isatty(fileno(out)) == 1;
    mask_init(&s->mask);
}

void say_clear(struct say *s)
{
    mask_clear(&s->mask);
}

static void put_mark(struct say *s, bool begin)
{
    if (s->terminal)
        (void)fputs(begin ? "\033[7m" : "\033[0m", s->out);
    else
        (void)fputs(begin ? ">>>" : "<<<", s->out);
}

static void put_plain(struct say *s, struct bytes text, bool latin1, bool lines)
{
    while (text.n != 0) {
        uint32_t c = visible_take(&text, latin1);
        char escape[VISIBLE_TEXT];
        uint8_t raw[VISIBLE_UTF8_MOST];

        if (lines && (c == '\n' || c == '\t')) {
            (void)fputc((int)c, s->out);
        } else if (visible_hidden(c)) {
            visible_escape(c, escape);
            (void)fputs(escape, s->out);
        } else {
            (void)fwrite(raw, 1, visible_encode(c, raw), s->out);
        }
    }
}

/* A mark may cut a character of UTF-8 in two: then that stretch alone is read as Latin-1. */
static void put_piece(struct say *s, struct bytes text, bool lines)
{
    put_plain(s, text, !bytes_is_utf8(text), lines);
}

/* Text between two marks, credentials masked. */
static void put_masked(struct say *s, struct bytes text, size_t begin, size_t end, bool lines)
{
    size_t from, to, at = begin;
    char instead[MASK_TEXT];

    /* Looked for in the whole text: a mark must not make a credential readable. */
    while (at < end && mask_next(&s->mask, text, at, &from, &to) && from < end) {
        put_piece(s, bytes_slice(text, at, from), lines);
        if (mask_text(bytes_slice(text, from, to), instead))
            (void)fputs(instead, s->out);
        at = to;
    }
    if (at < end)
        put_piece(s, bytes_slice(text, at, end), lines);
}

void say_text(struct say *s, struct bytes text)
{
    put_masked(s, text, 0, text.n, false);
}

/* A mark inside a credential is widened to all of it. */
static struct stretch widen(const struct say *s, struct bytes text, struct stretch mark)
{
    size_t from, to, at = 0;

    while (mask_next(&s->mask, text, at, &from, &to) && from < mark.end) {
        if (to > mark.begin) {
            mark.begin = from < mark.begin ? from : mark.begin;
            mark.end = to > mark.end ? to : mark.end;
        }
        at = to;
    }
    return mark;
}

void say_marked(
        struct say *s, struct bytes text, const struct stretch *marks, size_t n, bool lines)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        struct stretch mark = widen(s, text, marks[i]);

        if (mark.begin < at || mark.begin >= text.n)
            continue;
        mark.end = mark.end > text.n ? text.n : mark.end;
        put_masked(s, text, at, mark.begin, lines);
        put_mark(s, true);
        put_masked(s, text, mark.begin, mark.end, lines);
        put_mark(s, false);
        at = mark.end;
    }
    put_masked(s, text, at, text.n, lines);
}

static bool inside(const struct stretch *marks, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        if (at >= marks[i].begin && at < marks[i].end)
            return true;
    }
    return false;
}

static bool masked_at(const struct say *s, struct bytes data, struct stretch *next, size_t at)
{
    if (at >= next->end && !mask_next(&s->mask, data, at, &next->begin, &next->end))
        *next = (struct stretch){data.n, SIZE_MAX};
    return at >= next->begin && at < next->end;
}

void say_dump(
        struct say *s, struct bytes data, size_t base, const struct stretch *marks, size_t n)
{
    struct stretch hidden = {0, 0};

    for (size_t row = 0; row < data.n; row += DUMP_WIDTH) {
        char ascii[DUMP_WIDTH + 1] = {0};

        (void)fprintf(s->out, "%08zx ", base + row);
        for (size_t i = 0; i < DUMP_WIDTH; i++) {
            size_t at = row + i;
            bool masked;

            if (at >= data.n) {
                (void)fputs("   ", s->out);
                continue;
            }
            masked = masked_at(s, data, &hidden, at);
            ascii[i] =
                    masked || data.p[at] < 0x20 || data.p[at] > 0x7e ? '.' : (char)data.p[at];
            (void)fputc(inside(marks, n, at) ? '>' : ' ', s->out);
            if (masked)
                (void)fputs("..", s->out);
            else
                (void)fprintf(s->out, "%02x", data.p[at]);
        }
        (void)fprintf(s->out, "  |%s|\n", ascii);
    }
}

bool say_is_text(struct bytes data)
{
    if (!bytes_is_utf8(data))
        return false;
    for (size_t i = 0; i < data.n; i++) {
        uint8_t c = data.p[i];

        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}
