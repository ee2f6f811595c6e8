/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_UNSEEN_H
#define CLASSIFY_FINDING_UNSEEN_H

/*
 * What could not be seen of the traffic with a site, in words for a finding: connections that
 * were not decrypted, exchanges that no page is known for, exchanges with gaps. A finding that
 * counts or names a first time has to say so: there may have been more, and earlier.
 */

#include "classify/judgement.h"

struct unseen_site {
    struct bytes site;
    uint64_t closed;   /* connections not, or not wholly, decrypted */
    uint64_t pageless; /* exchanges */
    uint64_t broken;   /* exchanges with gaps, or not whole */
};

struct unseen {
    struct unseen_site *at; /* by site, in the arena */
    size_t n;
    uint64_t nameless; /* connections not decrypted that named no server */
};

/* False: no memory. */
MUST_USE bool unseen_make(struct arena *arena, const struct evidence *e,
        const struct judgement_setup *setup, const struct judgement *j, struct unseen *out);

/* Adds the fact "unseen" when there is something; `unlisted`: occurrences of the finding's values
 * of which no place was kept; `capped`: not all values were kept. False: no memory. */
MUST_USE bool unseen_add_fact(struct arena *arena, const struct unseen *u, struct bytes site,
        uint64_t unlisted, bool capped, struct finding *f);

#endif
