/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_LINES_H
#define CLASSIFY_LINES_H

/*
 * The lines of a list file: trimmed, with continued lines (` \` at the end, the next one
 * indented by four blanks) joined, and conditions (`!#if`, `!#else`, `!#endif`) evaluated.
 */

#include "base/bytes.h"
#include "classify/rule.h"

enum { LINES_NESTING = 32 }; /* `!#if` in `!#if`; what is deeper is left out */

struct line {
    struct bytes text; /* borrowed, until the next line is taken */
    enum rule_line kind;
    uint32_t number; /* from 1; of the first one if several were joined */
    uint32_t at;     /* where it stands in the file, blanks around it left off */
    uint32_t n;
    bool skipped;  /* a condition leaves it out */
    bool too_long; /* longer than RULE_LINE_MOST: `text` is cut */
};

struct lines {
    struct bytes file;
    size_t at;
    uint32_t number; /* lines taken so far */
    bool holds[LINES_NESTING];
    size_t nesting; /* open conditions, those deeper than LINES_NESTING included */
    uint8_t joined[RULE_LINE_MOST];
};

/* `file` is at most UINT32_MAX bytes and is borrowed. */
void lines_init(struct lines *lines, struct bytes file);
MUST_USE bool lines_next(struct lines *lines, struct line *out);

#endif
