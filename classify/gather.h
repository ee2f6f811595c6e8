/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_GATHER_H
#define CLASSIFY_GATHER_H

/*
 * Gathers traces: every named value that travelled in a cookie, query, path, header or body,
 * merged by carrier, name, value and recipient, with each place it stood in. Judges nothing.
 */

#include "classify/attribution.h"
#include "classify/trace.h"

enum {
    GATHER_TRACES_MOST = 1 << 19, /* past it `capped` says that there were more */
    GATHER_VALUE_MOST = 64 << 10, /* longer values are left to the exchange's body */
    GATHER_FIELDS_MOST = 4096,    /* fields of one body */
    GATHER_RATIO_MOST = 100,      /* of a body that a script compressed */
    GATHER_BODY_MOST = 2 << 20,   /* bytes of one body that are looked through */
    GATHER_TEXT_MOST = 4 << 10,   /* of a WebSocket's text in no known form: one value */
    GATHER_BYTES_MOST = 1 << 30,  /* of all traces: past it likewise */
};

struct traces {
    struct trace **at; /* sorted by number */
    size_t n;
    bool capped;     /* by one of the caps above, because a path had too many segments, or
                        because not all responses were searched for what was sent later */
    uint64_t opaque; /* bodies and messages that were sent and could not be taken apart, or not
                        wholly: they stay in the case, but what they name is in no trace */
};

/*
 * Fills everything of each trace that needs no judgement: places, times, pages, party, who set
 * it and how, lifetime. `arena` owns the traces; they borrow from the evidence. STATUS_NOMEM.
 */
MUST_USE enum status gather_traces(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct traces *out);

#endif
