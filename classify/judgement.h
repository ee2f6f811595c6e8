/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_JUDGEMENT_H
#define CLASSIFY_JUDGEMENT_H

/*
 * All that classify/ says of the evidence: attribution, tracker lists, owners, traces with
 * their verdicts, findings. report/ writes it down and decides nothing itself.
 */

#include "classify/attribution.h"
#include "classify/evidence.h"
#include "classify/legal.h"
#include "classify/list.h"
#include "classify/match.h"
#include "classify/party.h"
#include "classify/site.h"
#include "classify/trace.h"

/* One claim, provable from the bytes it cites. */
struct finding {
    size_t number;          /* from 1: "f3" */
    const char *kind;       /* of the contract: "tracking-identifier", … */
    struct bytes page_site; /* empty when unknown */
    struct bytes recipient;
    struct bytes recipient_site;
    const char *owner; /* NULL unknown */
    const char *statement_en, *statement_zh;
    const struct trace **traces; /* what it rests on */
    size_t trace_count;
    struct json_fact {
        const char *name;
        enum { FACT_TEXT, FACT_NUMBER, FACT_LIST } kind;
        struct bytes text;
        int64_t number;
        struct bytes *list;
        size_t list_count;
    } * facts;
    size_t fact_count;
    enum verdict verdicts[READINGS];
    const char *grounds[READINGS][TRACE_GROUNDS_MOST];
    size_t ground_count[READINGS];
    struct place *evidence;
    size_t evidence_count;
    int weight; /* how telling it is; findings are sorted by it, heaviest first */
};

/* What judging needs besides the evidence. All borrowed; sites, parties and legal are required. */
struct judgement_setup {
    const struct sites *sites;
    const struct lists *lists; /* sealed, or NULL: no lists were found */
    const struct parties *parties;
    const struct legal *legal;
};

struct judgement {
    struct arena *arena;
    struct attributions attributions;
    struct match_verdict *trackers; /* by exchange */
    const char **owners;            /* by exchange; NULL unknown */
    struct trace **traces;          /* sorted by number */
    size_t trace_count;
    struct finding **findings; /* sorted by number */
    size_t finding_count;
};

/* `e` must be sealed. The result borrows from `e` and the setup. Deterministic. */
MUST_USE enum status judgement_make(const struct evidence *e,
        const struct judgement_setup *setup, struct judgement *out, struct fault *fault);
void judgement_clear(struct judgement *j);

#endif
