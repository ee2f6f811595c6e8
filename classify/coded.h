/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CODED_H
#define CLASSIFY_CODED_H

/*
 * The stretches of a text that may be binary data written in letters: hexadecimal, base64 in
 * either alphabet (RFC 4648 sections 4 and 5), base32 (section 6) in one case. A stretch is as
 * long as its alphabet goes: a value next to it must end at another character.
 *
 * What may be base64 is given once for each alphabet when both read it differently: "/" ends a
 * path's segment in one and is a digit in the other. Costs about three looks at each byte of
 * such a stretch, and less than one of other text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum coded_as {
    CODED_HEX,    /* an even number of digits */
    CODED_BASE64, /* a number of digits that base64 can have */
    CODED_BASE32, /* likewise */
};

struct coded {
    enum coded_as as;
    size_t begin, end; /* of its digits */
    size_t padded_end; /* behind the "=" that follow, as many as the coding may have */
    bool whole;        /* no digit of another alphabet stands next to it */
    bool segment;      /* or none but a slash */
};

struct coded_scan {
    struct bytes text; /* borrowed */
    size_t least;      /* digits */
    size_t at;         /* behind the last run */
    size_t begin, end; /* the run being taken apart */
    size_t cursor;     /* in it */
    unsigned specials; /* of which alphabets it has the two odd characters */
    unsigned pass;
    struct coded second; /* the piece given last, in another reading; `end` 0: none */
};

/* Stretches of at least `least` digits, which is not 0. */
void coded_begin(struct coded_scan *s, struct bytes text, size_t least);
MUST_USE bool coded_next(struct coded_scan *s, struct coded *out);

/*
 * What the digits spell, into `out`, which has room for digits.n bytes. Returns how many; 0 when
 * one is not of the alphabet. Bits beyond the last whole byte are left out.
 */
size_t coded_read(enum coded_as as, struct bytes digits, uint8_t *out);

#endif
