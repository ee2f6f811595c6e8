/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_VT_H
#define TESTS_SUPPORT_VT_H

/*
 * A terminal for tests: takes what a program writes and holds what a person would see, as a grid of
 * cells. It knows the sequences that the live view is meant to send and counts every other
 * one (`strange`), so that nothing else gets through unseen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VT_COLUMNS_MOST = 240, VT_ROWS_MOST = 100, VT_CELL = 16, VT_SEQUENCE = 64 };

struct vt_cell {
    char text[VT_CELL]; /* a character with its marks; "" the right half of a wide one */
    uint8_t style;      /* SGR: the colour's last digit, or 0 */
    bool bold, dim, inverse;
};

struct vt {
    unsigned columns, rows;
    unsigned row, column; /* of the cursor, from 0 */
    bool alternate, cursor_shown, paste, synchronized;
    unsigned strange; /* sequences and characters that it does not know */
    unsigned cleared; /* times the whole screen was */
    struct vt_cell pen;
    struct vt_cell cells[VT_ROWS_MOST][VT_COLUMNS_MOST];
    char sequence[VT_SEQUENCE]; /* what came of one so far */
    size_t sequence_n;
};

void vt_init(struct vt *t, unsigned columns, unsigned rows);
void vt_write(struct vt *t, const char *text, size_t n);
/* A row without the spaces at its end. */
void vt_row(const struct vt *t, unsigned row, char *out, size_t room);
/* All rows, each with a line feed; the caller frees it. */
char *vt_text(const struct vt *t);
/* An HTML page that shows it as it is, for people; the caller frees it. */
char *vt_html(const struct vt *t);

#endif
