/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_BOUNCE_H
#define CLASSIFY_FINDING_BOUNCE_H

/* What bounce.c found, put into words and facts, or added to the finding that sharing.c made of
 * the same value. */

#include "classify/bounce.h"
#include "classify/finding_part.h"

/* A finding of sharing.c by what it says went where. */
struct bounce_told {
    struct bytes to, value;
    struct finding *finding;
};

struct bounce_ground {
    const struct evidence *e;
    const struct judgement_setup *setup;
    struct judgement *j;
    struct bounce_told
            *told; /* owned: by site, value, and as they stood; bounce_tell fills it */
    size_t told_count;
};

enum bounce_kind {
    BOUNCE_REDIRECT, /* answered with 3xx */
    BOUNCE_DWELL,    /* a page that was left within seconds */
};

/* One identifier of a site that the browser came by. */
struct bounced {
    const struct trace *trace;
    size_t exchange;
    struct bytes from, by, to; /* sites */
    enum bounce_kind kind;
};

/* One parameter of a navigation to another site. */
struct decorated {
    const struct trace *trace;
    const struct decoration *known; /* NULL: by its value alone */
    struct bytes from;              /* of the first such navigation, or "unknown" */
    size_t exchange;                /* of it */
    uint64_t times;
    enum grade grade;
};

/* Makes the findings so far ready to be added to; free `told`. False: no memory. */
MUST_USE bool bounce_tell(struct bounce_ground *g, const struct findings *so_far);

/* Sorts `all` and appends a finding for each value and pair of sites. False: no memory. */
MUST_USE bool bounce_state(
        const struct bounce_ground *g, struct bounced *all, size_t n, struct findings *out);
MUST_USE bool bounce_state_decoration(
        const struct bounce_ground *g, const struct decorated *d, struct findings *out);

#endif
