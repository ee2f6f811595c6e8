/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_CONSENT_H
#define CLASSIFY_CONSENT_H

/*
 * In which state of consent each value was sent. Marks speak of the site whose page the person
 * saw when they made them: an answer given to one site says nothing of another. Facts only:
 * whether consent was needed, and whether what was answered is consent, is for a court.
 */

#include "classify/judgement.h"

/* Fills j->consents, and `consent` of each trace (of its first time). STATUS_NOMEM. */
MUST_USE enum status consent_mark(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j);

/*
 * Appends "collection-before-consent", "collection-after-refusal" (also after withdrawal) and
 * "erasure-not-effective": for each recipient's site and page's site, the first identifier that
 * went out in that state. STATUS_NOMEM.
 */
MUST_USE enum status consent_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out);

/* What one site got that singles out, in one segment. */
struct consent_share {
    struct bytes recipient_site;
    const char *owner; /* NULL unknown */
    enum party party;
    uint64_t identifiers; /* values, each counted once for its name and host */
    uint64_t times; /* at least: of one value up to TRACE_PLACES_MOST are placed in time */
    int64_t first_ns;
};

/* A stretch of time in which the state on a page's site was one. */
struct consent_segment {
    int64_t from_ns, to_ns; /* half open */
    enum consent_state state;
    const struct mark *mark;      /* the answer that began it; NULL: none did */
    struct consent_share *shares; /* by first time, then site */
    size_t share_count;
};

struct consent_page {
    struct bytes site;
    const struct mark *shown, *erasure; /* the first of each on this site; NULL */
    struct consent_segment *segments;   /* without gaps, from the first to the last exchange */
    size_t segment_count;
};

/* The time line of a case, by the sites of its pages: for drawing. */
struct consent_timeline {
    struct consent_page *pages; /* by site */
    size_t n;
    size_t unplaced; /* marks that belong to no site */
    bool capped;     /* there was more than is counted */
};

/* Everything is in `arena` or borrowed from `j`, which must be judged. STATUS_NOMEM. */
MUST_USE enum status consent_timeline_make(struct arena *arena, const struct evidence *e,
        const struct judgement_setup *setup, const struct judgement *j,
        struct consent_timeline *out);

#endif
