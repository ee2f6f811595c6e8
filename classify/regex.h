/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_REGEX_H
#define CLASSIFY_REGEX_H

/*
 * Regular expressions of lists; the one door to PCRE2. They are written for JavaScript, so
 * PCRE2 is set to read them as ECMAScript does. Every match is bounded in steps and memory: an
 * expression that would run away gives up and says so.
 */

#include "base/bytes.h"

struct regex; /* read-only once made: threads may share it */

enum regex_answer {
    REGEX_NO,
    REGEX_YES,
    REGEX_GAVE_UP, /* the limit of steps was reached: neither yes nor no */
};

/* PARSE_BAD when `source` is no regular expression, `out` untouched; `*status` is STATUS_NOMEM
 * then if memory ran out, else STATUS_OK. */
MUST_USE enum parse regex_new(
        struct bytes source, bool match_case, enum status *status, struct regex **out);
void regex_free(struct regex *r); /* NULL is fine */

/* Whether the expression matches anywhere in `subject`. */
MUST_USE enum regex_answer regex_matches(const struct regex *r, struct bytes subject);

#endif
