/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SENT_H
#define CLASSIFY_SENT_H

/*
 * The named values that one request (or one WebSocket message) carried, as deep as they are
 * packed: parameters of the query, fields of the body, and what stands inside a value that is
 * JSON, a query string, or either of them in base64, gzip or zlib. Outer values come first, in
 * the order of their bytes, then what is inside them. Traces (trace.h) keep the outer values only and merge
 * them over the capture; this is for rules that look at one request as a whole.
 */

#include "base/arena.h"
#include "classify/evidence.h"
#include "classify/trace.h"

enum {
    SENT_VALUES_MOST = 8192,      /* of one request */
    SENT_BODY_MOST = 2 << 20,     /* bytes of a body that are looked through */
    SENT_DEPTH_MOST = 3,          /* values inside values */
    SENT_RATIO_MOST = 64,         /* inflated to deflated */
    SENT_UNPACKED_MOST = 1 << 20, /* bytes that one value may become */
    SENT_WORK_MOST = 4 << 20,     /* bytes that are unpacked for one request */
};

struct sent_value {
    struct bytes name; /* raw; the innermost; of {"key": "a", "value": 1} and of {"a": {"value":
                          1}} it is "a"; empty: none */
    struct bytes text; /* decoded */
    struct place place; /* of the outermost value that it stands in, as it travelled */
    unsigned depth;     /* 0: in the query or body itself */
    bool unpacked;      /* it stood in base64, gzip or zlib */
};

struct sent {
    struct sent_value *at; /* in the arena */
    size_t n;
    struct bytes body; /* of the request, cut to SENT_BODY_MOST */
    bool capped;       /* there was more */
    bool opaque;       /* there was a body in no form that is known */
};

/* Reads exchange `index`. The views hold until the arena goes or evidence_body is asked for
 * another body, whichever is first. False: no memory. */
MUST_USE bool sent_read(
        struct arena *arena, const struct evidence *e, size_t index, struct sent *out);

#endif
