/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SUBJECT_CHECK_H
#define CLI_SUBJECT_CHECK_H

/* A second look at what a person typed about themselves. It never refuses: a value of a form that
 * nobody thought of may be right all the same. */

#include "base/arena.h"
#include "classify/subject.h"

/* What looks wrong about the form, in English, a key of words.h; NULL: nothing does. */
const char *subject_check_form(enum subject_kind kind, struct bytes text);

enum subject_reach {
    SUBJECT_EVERYWHERE, /* found wherever it stands */
    SUBJECT_KEYED,      /* too short for that: only beside a name that says what it is */
    SUBJECT_NOWHERE,    /* too short to be looked for */
};
/* How a value is searched, by the rules of classify/variant.h. STATUS_NOMEM. */
MUST_USE enum status subject_check_reach(
        const struct subject_value *value, enum subject_reach *out);

/* "31.2304, 121.4737", also with a full-width comma or a space alone: two texts that are JSON
 * numbers, borrowed. False when it is none, or no place on Earth. */
MUST_USE bool subject_check_location(
        struct bytes text, struct bytes *latitude, struct bytes *longitude);

#endif
