/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SCORE_H
#define CLASSIFY_SCORE_H

/*
 * What kind of value a trace is, as a sum of named terms that a reader can check: length and
 * nominal bits, form, known format, name, declared life, whether it changes from request to
 * request. No term is a statistic over other people; each says what it saw.
 *
 * From SCORE_IDENTIFIER points a value counts as an identifier of the browser.
 */

#include "classify/format.h"
#include "classify/gather.h"

enum {
    SCORE_IDENTIFIER = 5,
    SCORE_BITS = 28,      /* one in 270 million: a candidate */
    SCORE_BITS_SURE = 33, /* fewer than one other among a billion users: printed as able
                                 to single out a browser */
    SCORE_BITS_MANY = 60, /* 18 decimal or 15 hexadecimal digits */
    SCORE_LIFE_DAYS = 30,
    SCORE_WEEK_DAYS = 7,
    SCORE_CHANGES = 3, /* values of one name at one recipient from which on, when each
                                 came once, the name counts as changing */
};

/* Fills class_, bits, score, terms, masked and grade of each trace. STATUS_NOMEM. */
MUST_USE enum status score_traces(
        const struct formats *formats, struct trace **traces, size_t n);

#endif
