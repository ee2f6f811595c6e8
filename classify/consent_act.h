/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_ACT_H
#define CLASSIFY_CONSENT_ACT_H

/*
 * Acts: that a value went to a site (or was set by it) in a phase of a page's site. One for each
 * value, phase and page's site: the first such place, and how many more of the listed ones.
 */

#include "classify/judgement.h"

struct consent_act {
    struct bytes page, recipient; /* sites */
    size_t phase;                 /* what the caller divides time into */
    const struct trace *trace;
    const struct place *place, *last;  /* the first and the last in this phase */
    uint64_t times;                    /* listed places */
    int64_t time_ns, last_ns;          /* of the requests */
    const struct consent_act *earlier; /* the caller's: another act with the same value */
};

struct consent_acts {
    struct consent_act *at; /* owned; free with consent_acts_clear */
    size_t n, capacity;
    bool capped; /* there were more than CONSENT_ACTS_MOST */
};

enum { CONSENT_ACTS_MOST = 1 << 22 };

/* Adds a place of a trace; the calls for one trace follow each other. False: no memory. */
MUST_USE bool consent_acts_add(
        struct consent_acts *acts, const struct consent_act *act, size_t first_of_trace);
void consent_acts_clear(struct consent_acts *acts);
/* By page, recipient, phase, then time, trace and place. */
void consent_acts_sort(struct consent_acts *acts);
MUST_USE bool consent_acts_together(const struct consent_act *a, const struct consent_act *b);

#endif
