/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_JUDGEMENT_H
#define CLASSIFY_JUDGEMENT_H

/*
 * All that classify/ says of the evidence: attribution, tracker lists, owners, traces with
 * their verdicts, findings. report/ writes it down and decides nothing itself.
 */

#include "classify/alt_svc.h"
#include "classify/attribution.h"
#include "classify/belonging.h"
#include "classify/browser_log.h"
#include "classify/evidence.h"
#include "classify/finding.h"
#include "classify/legal.h"
#include "classify/list.h"
#include "classify/match.h"
#include "classify/marks.h"
#include "classify/party.h"
#include "classify/search.h"
#include "classify/server.h"
#include "classify/site.h"
#include "classify/subject.h"
#include "classify/together.h"
#include "classify/trace.h"
#include "classify/vendor.h"
#include "classify/whereabouts.h"

/* What judging needs besides the evidence. All borrowed; sites, parties and legal are required. */
struct judgement_setup {
    const struct sites *sites;
    const struct lists *lists; /* sealed, or NULL: no lists were found */
    const struct parties *parties;
    const struct legal *legal;
    const struct subject *subject;       /* what the person declares; NULL: nothing */
    const struct browser_log *browser;   /* what the browser said, sealed; NULL: nothing */
    const struct endpoint_list *sockets; /* which were the browser's, sealed; NULL: not asked */
    const struct marks *marks;           /* what they noted while capturing; NULL: nothing */
    struct whereabouts *whereabouts;     /* of server addresses; NULL: no database */
};

struct judgement {
    struct arena *arena;
    struct attributions attributions;
    struct match_verdict *trackers;     /* by exchange */
    const char **owners;                /* by exchange; NULL unknown */
    struct announcements announcements; /* of other ways to the same hosts */
    struct trace **traces;              /* sorted by number */
    struct hits hits;                   /* declared values, wherever they stand */
    enum consent_state *consents;       /* by exchange */
    const struct vendor **vendors; /* by exchange: whose protocol it speaks; NULL unknown */
    struct servers servers;        /* the addresses that were spoken to */
    struct belongings belongings;  /* which connections are the browser's */
    struct together *together;     /* by exchange: the class of all that it carries */
    size_t trace_count;
    bool traces_capped;        /* there were more values than GATHER_TRACES_MOST */
    uint64_t opaque_bodies;    /* that were sent and not (wholly) taken apart, see gather.h */
    bool sharing_capped;       /* not all was compared with the identifiers of others */
    bool behaviour_capped;     /* typed text and recordings were not looked for in all */
    struct finding **findings; /* sorted by number */
    size_t finding_count;
};

/* `e` must be sealed. The result borrows from `e` and the setup. Deterministic. */
MUST_USE enum status judgement_make(const struct evidence *e,
        const struct judgement_setup *setup, struct judgement *out, struct fault *fault);
void judgement_clear(struct judgement *j);

#endif
