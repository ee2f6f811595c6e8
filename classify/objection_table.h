/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_OBJECTION_TABLE_H
#define CLASSIFY_OBJECTION_TABLE_H

/* What can be said against each kind of finding, the strongest first; see objection.h. */

#include <stddef.h>

enum objection_test {
    OBJECTION_ALWAYS,
    OBJECTION_IS,           /* the fact is this text, or a list that has it */
    OBJECTION_ONLY,         /* the fact is a list of this text alone */
    OBJECTION_HAS,          /* the fact is there */
    OBJECTION_LACKS,        /* there is no such fact, or its list is empty */
    OBJECTION_AT_MOST,      /* the fact is a number, as great as `number` at most */
    OBJECTION_UNCOMPARED,   /* none of its traces was seen to differ between profiles (U6) */
    OBJECTION_UNREPEATED,   /* none was seen in two visits (U5-visits) */
    OBJECTION_FIRST_PARTY,  /* all of its traces went to the site that was visited */
    OBJECTION_THIRD_COOKIE, /* its traces are cookies of third parties */
    OBJECTION_FORM_ONLY,    /* too short to single out, but of a known format */
    OBJECTION_INFERRED,     /* its grade */
    OBJECTION_NO_PAGE,      /* which page caused it is not known */
};

struct objection_condition {
    enum objection_test test;
    const char *fact, *text;
    long number;
};

enum { OBJECTION_CONDITIONS = 2 };

/* The first row of a kind whose conditions hold speaks; each kind ends in one that always does. */
struct objection_row {
    const char *kind;
    struct objection_condition when[OBJECTION_CONDITIONS];
    const char *objection_en, *objection_zh, *answer_en, *answer_zh;
};

extern const struct objection_row objection_rows[];
extern const size_t objection_row_count;

/* Of any kind, before all of these: what it cites is not known to be the browser's. */
extern const struct objection_row objection_doubted;

#endif
