/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/vt.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void clear_cells(struct vt *t, unsigned row, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        t->cells[row][i] = (struct vt_cell){.text = " "};
}

static void clear_all(struct vt *t)
{
    for (unsigned row = 0; row < t->rows; row++)
        clear_cells(t, row, 0, t->columns);
}

void vt_init(struct vt *t, unsigned columns, unsigned rows)
{
    memset(t, 0, sizeof(*t));
    t->columns = columns > VT_COLUMNS_MOST ? VT_COLUMNS_MOST : columns;
    t->rows = rows > VT_ROWS_MOST ? VT_ROWS_MOST : rows;
    t->cursor_shown = true;
    clear_all(t);
}

static void set_mode(struct vt *t, const char *mode, bool on)
{
    if (strcmp(mode, "1049") == 0) {
        t->alternate = on;
        clear_all(t);
    } else if (strcmp(mode, "25") == 0) {
        t->cursor_shown = on;
    } else if (strcmp(mode, "2004") == 0) {
        t->paste = on;
    } else if (strcmp(mode, "2026") == 0) {
        t->synchronized = on;
    } else {
        t->strange++;
    }
}

static void set_style(struct vt *t, const char *p)
{
    while (*p != '\0' && *p != 'm') {
        char *end;
        long code = strtol(p, &end, 10);

        if (code == 0)
            t->pen = (struct vt_cell){0};
        else if (code == 1)
            t->pen.bold = true;
        else if (code == 2)
            t->pen.dim = true;
        else if (code == 7)
            t->pen.inverse = true;
        else if (code >= 31 && code <= 37)
            t->pen.style = (uint8_t)(code - 30);
        else
            t->strange++;
        if (end == p)
            return;
        p = *end == ';' ? end + 1 : end;
    }
}

static void place(struct vt *t, const char *p)
{
    unsigned row = 1, column = 1;

    (void)sscanf(p, "%u;%u", &row, &column);
    t->row = row == 0 || row > t->rows ? t->rows - 1 : row - 1;
    t->column = column == 0 || column > t->columns ? t->columns - 1 : column - 1;
}

/* t->sequence is whole: "[…X" behind its Esc. */
static void obey(struct vt *t)
{
    char *s = t->sequence, last = s[t->sequence_n - 1];

    if (s[1] == '?' && (last == 'h' || last == 'l')) {
        char mode[VT_SEQUENCE];

        (void)snprintf(mode, sizeof(mode), "%.*s", (int)t->sequence_n - 3, s + 2);
        set_mode(t, mode, last == 'h');
    } else if (last == 'H') {
        place(t, s + 1);
    } else if (last == 'm') {
        set_style(t, s + 1);
    } else if (strcmp(s, "[K") == 0) {
        clear_cells(t, t->row, t->column < t->columns ? t->column : t->columns - 1, t->columns);
    } else if (strcmp(s, "[2J") == 0) {
        t->cleared++;
        clear_all(t);
    } else {
        t->strange++;
    }
}

static void put(struct vt *t, const char *text, size_t n)
{
    static locale_t utf8;
    locale_t before;
    wchar_t wide = 0;
    mbstate_t state = {0};
    int width = -1;
    struct vt_cell *cell;

    if (utf8 == (locale_t)0)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    before = uselocale(utf8);
    if (mbrtowc(&wide, text, n, &state) == n)
        width = wcwidth(wide);
    (void)uselocale(before);
    if (width == 0 && t->column != 0) {
        cell = &t->cells[t->row][t->column - 1];
        if (strlen(cell->text) + n < VT_CELL)
            strncat(cell->text, text, n);
        return;
    }
    /* A view never relies on a terminal to break its lines. */
    if (width < 0 || t->column + (unsigned)width > t->columns) {
        t->strange++;
        return;
    }
    cell = &t->cells[t->row][t->column];
    *cell = t->pen;
    (void)snprintf(cell->text, sizeof(cell->text), "%.*s", (int)n, text);
    if (width == 2) {
        cell[1] = t->pen;
        cell[1].text[0] = '\0';
    }
    t->column += (unsigned)width;
}

void vt_write(struct vt *t, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

        if (t->sequence_n != 0 || c == 0x1b) {
            bool first = t->sequence_n == 0;

            if (t->sequence_n + 2 > VT_SEQUENCE) {
                t->strange++;
                t->sequence_n = 0;
                continue;
            }
            /* The Esc itself is not kept: sequence[0] stands for it until "[" comes. */
            if (!first && t->sequence[0] == 0x1b)
                t->sequence_n = 0;
            t->sequence[t->sequence_n++] = (char)c;
            t->sequence[t->sequence_n] = '\0';
            if (first || (t->sequence_n == 1 && c == '['))
                continue;
            if (t->sequence_n == 1) {
                t->strange++;
                t->sequence_n = 0;
            } else if (c >= 0x40 && c <= 0x7e) {
                obey(t);
                t->sequence_n = 0;
            }
            continue;
        }
        if (c < 0x20 || c == 0x7f || i + length > n) {
            t->strange++;
            continue;
        }
        put(t, text + i, length);
        i += length - 1;
    }
}

void vt_row(const struct vt *t, unsigned row, char *out, size_t room)
{
    size_t n = 0, end = 0;

    for (unsigned i = 0; i < t->columns; i++) {
        size_t length = strlen(t->cells[row][i].text);

        if (n + length + 1 > room)
            break;
        memcpy(out + n, t->cells[row][i].text, length);
        n += length;
        if (strcmp(t->cells[row][i].text, " ") != 0)
            end = n;
    }
    out[end] = '\0';
}

char *vt_text(const struct vt *t)
{
    size_t room = (size_t)t->rows * (t->columns * VT_CELL + 1) + 1, n = 0;
    char *out = malloc(room);

    for (unsigned row = 0; out != NULL && row < t->rows; row++) {
        vt_row(t, row, out + n, room - n);
        n += strlen(out + n);
        out[n++] = '\n';
        out[n] = '\0';
    }
    return out;
}

static void html_cell(FILE *file, const struct vt_cell *cell)
{
    static const char *const colours[] = {"#d8d8d8", "#ff6b6b", "#5fd75f", "#e5b53c", "#6ba4ff",
            "#d7a0d7", "#5fd7d7", "#ffffff"};
    const char *front = cell->dim ? "#909090" : colours[cell->style % 8], *back = "#16181c";

    if (cell->text[0] == '\0')
        return;
    (void)fprintf(file, "<b style=\"color:%s;background:%s;font-weight:%s;width:%s\">",
            cell->inverse ? back : front, cell->inverse ? front : back,
            cell->bold ? "bold" : "normal", cell[1].text[0] == '\0' ? "2ch" : "1ch");
    for (const char *p = cell->text; *p != '\0'; p++) {
        if (*p == '<' || *p == '&')
            (void)fprintf(file, "&#%d;", *p);
        else
            (void)fputc(*p, file);
    }
    (void)fputs("</b>", file);
}

char *vt_html(const struct vt *t)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);

    if (file == NULL)
        return NULL;
    (void)fputs("<!doctype html><meta charset=utf-8><style>body{margin:0;background:#16181c;"
                "color:#d8d8d8;padding:12px}div{font:16px/20px 'DejaVu Sans Mono','Noto Sans "
                "Mono CJK SC','Noto Sans CJK SC';white-space:pre;height:20px}"
                "b{display:inline-block;height:20px;overflow:hidden;vertical-align:top}"
                "</style>",
            file);
    for (unsigned row = 0; row < t->rows; row++) {
        (void)fputs("<div>", file);
        for (unsigned i = 0; i < t->columns; i++)
            html_cell(file, &t->cells[row][i]);
        (void)fputs("</div>\n", file);
    }
    (void)fclose(file);
    return out;
}
