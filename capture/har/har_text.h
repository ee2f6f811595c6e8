/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HAR_HAR_TEXT_H
#define CAPTURE_HAR_HAR_TEXT_H

/*
 * Walks a large JSON text (RFC 8259) member by member, so that only the member that is looked at
 * is in memory. It finds where values begin and end and no more; what a value says is for
 * base/json.h. No recursion: depth is a number.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"

enum { HAR_TEXT_PIECE = 64 << 10 };

struct har_text {
    FILE *file;   /* borrowed */
    uint64_t off; /* of the file: bytes in front of piece[at] */
    size_t at, n;
    bool failed; /* the system refused to read; errno told why */
    uint8_t piece[HAR_TEXT_PIECE];
};

enum har_found {
    HAR_FOUND,
    HAR_END,   /* of the object or array */
    HAR_BAD,   /* not JSON from here on; nothing behind it can be trusted */
    HAR_CUT,   /* the file ends in the middle, or could not be read further (`failed`) */
    HAR_LARGE, /* longer than `out` may hold; it was passed over, `out` is as it was */
    HAR_NOMEM,
};

/* Reads from where the file stands; a byte order mark in front is passed over. */
void har_text_open(struct har_text *t, FILE *file);
/* The first byte behind white space, not taken; -1 at the end. */
int har_text_peek(struct har_text *t);
/* Takes this byte if it is the first behind white space. */
MUST_USE bool har_text_take(struct har_text *t, uint8_t c);

/*
 * Inside an object whose '{' was taken: the name of the next member, as written between its
 * quotes, to `name` (emptied first; a longer one than it holds comes out empty, as no name that is
 * looked for). The colon is taken. `first`: none came before.
 */
MUST_USE enum har_found har_text_member(struct har_text *t, bool first, struct buf *name);
/* Inside an array whose '[' was taken: whether there is one more element. */
MUST_USE enum har_found har_text_element(struct har_text *t, bool first);

/* Takes one value; appends it to `out` as it is, unless NULL. */
MUST_USE enum har_found har_text_value(struct har_text *t, struct buf *out);

/*
 * Takes one object; appends to `out` an object of those of its members that `wanted` names (NULL
 * behind the last). `*large` is set when one of them was left out because `out` could not hold
 * it.
 *
 * \u0000 comes out as \ufffd: base/json.h gives texts that end at a NUL, and a text that ends
 * there would look whole.
 */
MUST_USE enum har_found har_text_pick(
        struct har_text *t, const char *const *wanted, struct buf *out, bool *large);

#endif
