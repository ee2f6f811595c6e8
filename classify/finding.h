/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FINDING_H
#define CLASSIFY_FINDING_H

/*
 * Findings: claims in plain words, each provable from the bytes it cites. A finding rests on
 * traces and says no more than they show.
 */

#include "classify/evidence.h"
#include "classify/trace.h"

enum fact_kind {
    FACT_TEXT,
    FACT_NUMBER,
    FACT_LIST,
};

/* A named fact of a finding, as in the contract's table of kinds. */
struct finding_fact {
    const char *name;
    enum fact_kind kind;
    struct bytes text;
    int64_t number;
    struct bytes *list;
    size_t list_count;
};

enum {
    FINDING_FACTS_MOST = 20,
    FINDING_EVIDENCE_MOST = 32, /* places cited; the traces have them all */
};

struct finding {
    size_t number;          /* from 1: "f3" */
    const char *kind;       /* of the contract: "tracking-identifier", … */
    struct bytes page_site; /* of the first page; empty when unknown */
    struct bytes recipient; /* host */
    struct bytes recipient_site;
    const char *owner; /* NULL unknown */
    const char *statement_en, *statement_zh;
    const struct trace **traces; /* what it rests on, by number */
    size_t trace_count, trace_capacity;
    struct finding_fact facts[FINDING_FACTS_MOST];
    size_t fact_count;
    enum verdict verdicts[READINGS];
    const char *grounds[READINGS][TRACE_GROUNDS_MOST];
    size_t ground_count[READINGS];
    struct place *evidence;
    size_t evidence_count;
    enum grade grade; /* the weakest that it needs */
    bool doubted;     /* it needs what is not known to be the browser's (belonging.h) */
    /* The strongest thing to be said against it, and what would answer that (objection.h);
       NULL: none is known. */
    const char *objection_en, *objection_zh, *answer_en, *answer_zh;
    int weight; /* how telling it is; findings are sorted by it, the heaviest first */
};

struct findings {
    struct finding **at; /* sorted by number */
    size_t n, capacity;
};

/* Sorts findings that were added, the heaviest first, and numbers them anew. */
void findings_order(struct findings *f);
/* Makes the tracking identifiers that judged traces carry, in the arena. STATUS_NOMEM. */
MUST_USE enum status finding_make(
        struct arena *arena, struct trace *const *traces, size_t n, struct findings *out);

#endif
