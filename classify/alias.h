/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_ALIAS_H
#define CLASSIFY_ALIAS_H

/*
 * To which other names DNS led from a host, over all answers of the capture: CNAME records (RFC
 * 1034 section 3.6.2), and the targets of HTTPS and SVCB records (RFC 9460 sections 2.4.2, 2.5),
 * an answer with the first half of the way and another with the second.
 */

#include <stdbool.h>

#include "capture/lookup.h"

enum {
    ALIAS_EDGES_MOST = 1 << 20,
    ALIAS_STEPS_MOST = 32, /* names that one host leads to */
};

struct alias_edge; /* opaque */

struct aliases {
    struct alias_edge *edges; /* owned; by name, then look-up */
    size_t n;
};

/* One name that a host leads to. */
struct alias_step {
    struct bytes name;           /* borrows from the look-ups */
    const struct lookup *lookup; /* whose answer says so */
    size_t from;                 /* the step it follows; ALIAS_STEPS_MOST: the host itself */
};

/* `all` as lookups_all gave them; borrowed. False: no memory, `out` untouched. */
MUST_USE bool aliases_new(const struct lookup *all, size_t n, struct aliases *out);
void aliases_clear(struct aliases *a);

/* The names that a host leads to, the nearest first, each once; their number. */
size_t aliases_follow(
        const struct aliases *a, struct bytes host, struct alias_step out[ALIAS_STEPS_MOST]);

#endif
