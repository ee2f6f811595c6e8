/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_CELLS_H
#define CLI_LIVE_CELLS_H

/*
 * Rows of a terminal, filled from the left and measured in cells: a Chinese character takes two.
 * Text of any origin may be put in: what could steer a terminal or mislead a reader becomes an
 * escape (report/visible.h), and what does not fit is cut with "…".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    LIVE_COLUMNS_MOST = 240,
    LIVE_ROW_BYTES = 4096,
    LIVE_COMBINING_MOST = 2, /* marks over one character; more would run into other rows */
};

enum live_style {
    LIVE_PLAIN,
    LIVE_BOLD,
    LIVE_DIM,
    LIVE_GREEN,
    LIVE_AMBER,
    LIVE_RED,
    LIVE_INVERSE,
};

struct live_row {
    char text[LIVE_ROW_BYTES]; /* UTF-8 with SGR sequences (ECMA-48 section 8.3.117) */
    size_t n;
    unsigned columns, used; /* cells: of the row, and those filled */
    bool colours;
    bool styled; /* another style than LIVE_PLAIN is on */
};

void live_row_init(struct live_row *row, unsigned columns, bool colours);
void live_row_style(struct live_row *row, enum live_style style);
void live_row_put(struct live_row *row, struct bytes text);
void live_row_text(struct live_row *row, const char *text);
void live_row_print(struct live_row *row, const char *format, ...) PRINTF_LIKE(2, 3);
void live_row_to(struct live_row *row, unsigned column); /* spaces up to there */
void live_row_end(struct live_row *row);                 /* styles off */

/* Cells of a character: 0, 1 or 2; -1: nothing that can be shown. */
int live_width(uint32_t c);
/* Cells of a whole text as live_row_put shows it; stops counting behind `most`. */
unsigned live_cells(struct bytes text, unsigned most);
/* The front of `text` that fits into `columns`, broken behind a space where there is one (or
 * anywhere between wide characters); `text` moves behind it. At least one character is taken. */
struct bytes live_cells_take(struct bytes *text, unsigned columns);

#endif
