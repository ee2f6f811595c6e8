/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SIMILAR_H
#define CLASSIFY_SIMILAR_H

/*
 * How alike two values are, for comparing what two browser profiles sent.
 *
 * Ratcliff and Obershelp (Dr. Dobb's Journal, July 1988): twice the characters in matching
 * blocks over the characters of both. The matching blocks are the longest common one, then
 * those to its left and to its right; of equally long ones the first in `a`, then in `b`, as
 * Python's difflib.SequenceMatcher without "autojunk" has it.
 *
 * That ratio misleads for whole values: two "_ga" cookies of the same hour have 0.65 on
 * average, because they share a version and most digits of a time. So the test that decides
 * takes the leaves of values, removes times and what both have in common at either end, and
 * asks what is left. The ratio is an extra.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    SIMILAR_MOST = 256,       /* bytes; longer values are compared by digest only */
    SIMILAR_TEXT_MOST = 1024, /* of similar_difference: longer ones keep their times */
    SIMILAR_REST_BITS = 20,   /* nominal bits that must differ */
    SIMILAR_CHANCE_BITS = 8,  /* that random values may have in common at their ends */
};

/*
 * Counts the bytes in matching blocks into `*matched`; the ratio is 2 * matched / (a.n + b.n).
 * `*budget` is the number of comparisons that may still be made; it goes down. False when a
 * value is longer than SIMILAR_MOST or the budget does not suffice.
 */
MUST_USE bool similar_blocks(struct bytes a, struct bytes b, uint64_t *budget, size_t *matched);

/* What is different in two leaves. */
struct similar_difference {
    bool specific; /* both remainders have SIMILAR_REST_BITS, and they are unequal */
    bool times;    /* times in them were left out */
    unsigned rest; /* nominal bits of the shorter remainder */
    unsigned bits; /* of `a` without times, and at most SIMILAR_CHANCE_BITS above `rest` */
};

/*
 * Times are runs of digits, or begin them, that read as a time in both: seconds, milli- or
 * microseconds since 1970, or a date, near the captures (value.h).
 */
struct similar_difference similar_difference(
        struct bytes a, int64_t near_a_ns, struct bytes b, int64_t near_b_ns);

#endif
