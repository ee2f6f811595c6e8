/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_SITE_H
#define CLASSIFY_CONSENT_SITE_H

/*
 * Which site each mark speaks of, and what state of consent that makes of the time. A mark
 * belongs to the site it names, else to that of the page whose visit was the latest to begin
 * before it. An answer holds on its site until the next answer there.
 */

#include "classify/judgement.h"

/* The marks of one site that matter here, by time. */
struct consent_site {
    struct bytes site;
    const struct mark **answers; /* accepted, refused, withdrawn */
    size_t answer_count;
    const struct mark *shown;   /* the first time that a notice was; NULL */
    const struct mark *erasure; /* the first time that erasure was asked for; NULL */
    const struct mark *erasure_last;
};

struct consent_sites {
    struct consent_site *at; /* by site, in the arena */
    size_t n;
    size_t unplaced; /* marks that no site was found for */
};

/* The attributions of `j` must be there. False: no memory. */
MUST_USE bool consent_sites_make(struct arena *arena, const struct judgement_setup *setup,
        const struct judgement *j, struct consent_sites *out);
/* NULL: no mark speaks of it. */
const struct consent_site *consent_sites_find(const struct consent_sites *s, struct bytes site);
/* The state at a time. `mark` (may be NULL) gets the answer that it began with; for
 * CONSENT_BEFORE the answer or else the notice that came later; NULL for CONSENT_NONE. */
enum consent_state consent_site_state(
        const struct consent_site *s, int64_t when_ns, const struct mark **mark);

/* When an exchange was sent; of a message that came in, when it came. */
int64_t consent_time(const struct exchange *x);

/* The value singles out or names the person: all that these findings are about. A record of
 * consent is none, long and random as it may look. */
MUST_USE bool consent_concerns(const struct trace *t);

#endif
