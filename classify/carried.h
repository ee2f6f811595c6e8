/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CARRIED_H
#define CLASSIFY_CARRIED_H

/*
 * The traces that stand in an exchange, for rules that begin with an exchange and want the traces
 * their finding rests on. Only the occurrences that a trace lists (TRACE_PLACES_MOST).
 */

#include "base/status.h"
#include "classify/trace.h"

struct carried_place {
    const struct trace *trace;
    const struct place *place;
};

struct carried {
    struct carried_place *at; /* owned: by exchange, part, offset, number of the trace */
    size_t n;
};

/* Of all exchanges that `wanted` names (one entry for each of the evidence). STATUS_NOMEM. */
MUST_USE enum status carried_make(
        struct trace *const *traces, size_t n, const bool *wanted, struct carried *out);
void carried_clear(struct carried *c);
/* The places of one exchange: `*n` of them. */
const struct carried_place *carried_in(const struct carried *c, size_t exchange, size_t *n);
/* The trace whose occurrence begins where `place` does, or holds it; NULL when none is listed. */
const struct trace *carried_find(const struct carried *c, const struct place *place);

#endif
