/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_cells.h"

#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "report/visible.h"

static locale_t utf8_locale;
static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Where the machine has no UTF-8 locale at all: the blocks of Unicode's East Asian Width "W" that
 * Chinese, Japanese and Korean are written with. */
static int width_by_block(uint32_t c)
{
    bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) ||
                (c >= 0x3041 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) ||
                (c >= 0xff01 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
                (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);

    return wide ? 2 : c >= 0x300 && c <= 0x36f ? 0 : 1;
}

int live_width(uint32_t c)
{
    locale_t before;
    int width;

    if (visible_hidden(c))
        return -1;
    if (c < 0x7f)
        return 1;
    (void)pthread_once(&utf8_once, make_locale);
    if (utf8_locale == (locale_t)0)
        return width_by_block(c);
    /* wcwidth asks the thread's locale; the program as a whole stays in "C". */
    before = uselocale(utf8_locale);
    width = wcwidth((wchar_t)c);
    (void)uselocale(before);
    return width;
}

/* One character of a text as it is shown. */
struct shown {
    char text[VISIBLE_TEXT];
    size_t n;
    unsigned cells;
};

/* How a text is read: as UTF-8 if all of it is, and with how many marks on the last character. */
struct reading {
    struct bytes rest;
    bool latin1;
    unsigned marks;
};

static struct reading read_begin(struct bytes text)
{
    return (struct reading){
            .rest = text, .latin1 = !bytes_is_utf8(text), .marks = LIVE_COMBINING_MOST};
}

static struct shown read_next(struct reading *r)
{
    uint32_t c = visible_take(&r->rest, r->latin1);
    int width = live_width(c);
    struct shown s = {.n = 0};

    if (width < 0 || (width == 0 && r->marks >= LIVE_COMBINING_MOST)) {
        visible_escape(c, s.text);
        s.n = strlen(s.text);
        s.cells = (unsigned)s.n;
        r->marks = LIVE_COMBINING_MOST;
        return s;
    }
    s.n = visible_encode(c, (uint8_t *)s.text);
    s.cells = (unsigned)width;
    r->marks = width == 0 ? r->marks + 1 : 0;
    return s;
}

unsigned live_cells(struct bytes text, unsigned most)
{
    struct reading r = read_begin(text);
    unsigned cells = 0;

    while (r.rest.n != 0 && cells <= most)
        cells += read_next(&r).cells;
    return cells;
}

struct bytes live_cells_take(struct bytes *text, unsigned columns)
{
    struct reading r = read_begin(*text);
    size_t end = 0, space = 0, all = text->n;
    unsigned cells = 0;
    struct bytes front;

    while (r.rest.n != 0) {
        size_t at = all - r.rest.n;
        struct shown s = read_next(&r);

        if (cells + s.cells > columns && end != 0)
            break;
        cells += s.cells;
        end = all - r.rest.n;
        if (text->p[at] == ' ' || s.cells == 2)
            space = end;
    }
    if (end < all && space != 0 && text->p[end] != ' ')
        end = space;
    front = bytes_slice(*text, 0, end);
    *text = bytes_slice(*text, end, all);
    while (text->n != 0 && text->p[0] == ' ')
        *text = bytes_slice(*text, 1, text->n);
    return front;
}

void live_row_init(struct live_row *row, unsigned columns, bool colours)
{
    row->n = 0;
    row->text[0] = '\0';
    row->columns = columns > LIVE_COLUMNS_MOST ? LIVE_COLUMNS_MOST : columns;
    row->used = 0;
    row->colours = colours;
    row->styled = false;
}

/* Styles keep a reserve, so that a row never ends in the middle of a sequence or without its end. */
enum { RESERVE = 32 };

static bool append(struct live_row *row, const char *text, size_t n, size_t reserve)
{
    if (row->n + n + reserve >= LIVE_ROW_BYTES)
        return false;
    memcpy(row->text + row->n, text, n);
    row->n += n;
    row->text[row->n] = '\0';
    return true;
}

void live_row_style(struct live_row *row, enum live_style style)
{
    static const char *const codes[] = {
            [LIVE_PLAIN] = "\033[0m",
            [LIVE_BOLD] = "\033[1m",
            [LIVE_DIM] = "\033[2m",
            [LIVE_GREEN] = "\033[1;32m",
            [LIVE_AMBER] = "\033[1;33m",
            [LIVE_RED] = "\033[1;31m",
            [LIVE_INVERSE] = "\033[7m",
    };
    const char *code = codes[style];

    if (style == LIVE_PLAIN && !row->styled)
        return;
    if (!row->colours && (style == LIVE_GREEN || style == LIVE_AMBER || style == LIVE_RED))
        code = codes[LIVE_BOLD];
    if (append(row, code, strlen(code), style == LIVE_PLAIN ? 1 : RESERVE))
        row->styled = style != LIVE_PLAIN;
}

void live_row_put(struct live_row *row, struct bytes text)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    unsigned room = row->columns - row->used;
    bool fits = live_cells(text, room) <= room;
    struct reading r = read_begin(text);

    while (r.rest.n != 0) {
        struct shown s = read_next(&r);

        if (s.cells + (fits ? 0 : 1) > row->columns - row->used ||
                !append(row, s.text, s.n, RESERVE))
            break;
        row->used += s.cells;
    }
    if (!fits && row->used < row->columns &&
            append(row, ellipsis, sizeof(ellipsis) - 1, RESERVE))
        row->used++;
}

void live_row_text(struct live_row *row, const char *text)
{
    live_row_put(row, bytes_text(text));
}

void live_row_print(struct live_row *row, const char *format, ...)
{
    char text[LIVE_ROW_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    live_row_text(row, text);
}

void live_row_to(struct live_row *row, unsigned column)
{
    while (row->used < column && row->used < row->columns && append(row, " ", 1, RESERVE))
        row->used++;
}

void live_row_end(struct live_row *row)
{
    live_row_style(row, LIVE_PLAIN);
}
