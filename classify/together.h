/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TOGETHER_H
#define CLASSIFY_TOGETHER_H

/*
 * The class of an exchange is that of all it carries together: a search term beside an
 * identifier is not anonymous. The strongest verdict of its traces, raised where they meet:
 *
 *   alone     what was searched for or read beside an identifier is not one item by itself any
 *             more: never anonymous
 *   combined  as the strongest of its traces
 *   broad     the sender's network address travels with everything: never anonymous
 *
 * Judged from traces only: what was not seen, or not taken apart, stands in the gaps beside it.
 * Where a trace went to the exchange's host more often than its places tell (TRACE_PLACES_MOST),
 * the exchange may have carried it, too, and is not called anonymous.
 */

#include "classify/legal.h"
#include "classify/trace.h"

struct together {
    enum trace_class class_; /* of what weighs most in it */
    enum verdict verdicts[READINGS];
    const char *grounds[READINGS][TRACE_GROUNDS_MOST];
    size_t ground_count[READINGS];
    const struct trace *because[READINGS]; /* the trace that decides; NULL: it carries none */
};

/* Fills `out`, one for each of `exchanges`, from judged traces. STATUS_NOMEM. */
MUST_USE enum status together_judge(const struct legal *legal, struct trace *const *traces,
        size_t n, size_t exchanges, int64_t when_ns, struct together *out);

#endif
