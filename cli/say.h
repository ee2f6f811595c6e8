/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

/*
 * Captured bytes on a terminal. A control character of a capture never reaches it: it is shown
 * as an escape. Cited bytes are marked, by inverse video on a terminal and by >>> <<< elsewhere.
 * Credentials that `mask` knows are replaced by their length and the start of their digest.
 */

#include <stdio.h>

#include "report/mask.h"

struct say {
    FILE *out;
    bool terminal;
    struct mask mask;
};

/* Half-open; in ascending order and not overlapping. */
struct stretch {
    size_t begin, end;
};

void say_init(struct say *s, FILE *out);
void say_clear(struct say *s);

void say_text(struct say *s, struct bytes text); /* on one line */
/* With marks; line feeds break the line when `lines`. */
void say_marked(
        struct say *s, struct bytes text, const struct stretch *marks, size_t n, bool lines);
/* 16 bytes a line: offset (from `base`), hexadecimal, ASCII. Masked bytes are "..". */
void say_dump(
        struct say *s, struct bytes data, size_t base, const struct stretch *marks, size_t n);
/* Whether it reads as text: UTF-8 without controls other than white space. */
MUST_USE bool say_is_text(struct bytes data);

#endif
