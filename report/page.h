/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

/*
 * The report that people read: one HTML page per language, self-contained, without scripts and
 * without the network, for screen, phone and paper. It says what evidence and judgement say and
 * decides nothing itself. Credentials are never printed, only their length and digest.
 *
 * Deterministic. What is cut (rows, lengths) is said where it is cut; all of it is in
 * data/findings/. The caps stand in page_parts.h.
 */

#include "base/buf.h"
#include "classify/judgement.h"
#include "report/findings.h"
#include "report/words.h"

/* A screenshot: its name in screens.jsonl, and its bytes. */
struct page_picture {
    const char *file; /* "screens/0001.png" */
    struct bytes png; /* empty: not carried in the page */
};

/* What a recording says of itself: files of the case as they are; empty where there is none. */
struct page_recording {
    struct bytes session; /* data/session.json; empty: the case was made of files */
    struct bytes custody; /* data/custody/log.jsonl */
    struct bytes screens; /* data/raw/screens.jsonl */
    const struct page_picture *pictures;
    size_t picture_count;
};

/* What the page says besides evidence and judgement. All borrowed. */
struct page_facts {
    const char *case_name;
    const char *tool_version;
    unsigned proof_level;      /* 0 for L0, … 3: what the case contains, never higher */
    const struct basis *basis; /* lists, tables, rules and keys the findings lean on */
    const struct sites *sites; /* NULL: connections that were not read are not told by site */
    const struct subject *subject;          /* what the person declared; NULL: nothing */
    const struct marks *marks;              /* what they noted while capturing; NULL: nothing */
    const struct page_recording *recording; /* NULL: the case is of no recording */
    /* data/env/before.json and after.json (capture/env/environment.h); empty: none. */
    struct bytes environment_before, environment_after;
};

/*
 * Appends the page to `out`. STATUS_NOMEM; STATUS_USAGE when it would pass the limit of `out`
 * (32 MB are always enough). What was appended before a failure is of no use.
 */
MUST_USE enum status page_render(enum language language, const struct evidence *e,
        const struct judgement *j, const struct page_facts *facts, struct buf *out);

#endif
