/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_KEPT_H
#define CLASSIFY_KEPT_H

/*
 * What one capture shows of how long a value is kept and where it comes from, as signs that the
 * score weighs: the same value again on a later page; a cookie that every response replaces; a
 * text that a script brought, maybe the same for everybody.
 */

#include "classify/gather.h"

enum kept_sign {        /* of struct trace, or'ed */
    KEPT_AGAIN = 1,     /* sent during two page visits or more */
    KEPT_REPLACED = 2,  /* a cookie whose value most responses replaced while it was held */
    KEPT_IN_SCRIPT = 4, /* it stands in a script or style sheet that came before */
    KEPT_IN_PAGE = 8,   /* likewise in a document */
};

enum {
    KEPT_TOKEN_LEAST = 8,    /* characters by which a value is looked for in a script */
    KEPT_REPLACED_LEAST = 2, /* times */
};

/* Bytes of scripts, style sheets and documents that are looked through in one capture. */
#define KEPT_BYTES_MOST (UINT64_C(256) << 20)

/* Fills `signs` of each trace. `*capped` is set when not all scripts were looked through.
 * STATUS_NOMEM. O(n log n) and one pass over the scripts. */
MUST_USE enum status kept_find(const struct evidence *e, const struct attributions *a,
        struct trace **traces, size_t n, bool *capped);

#endif
