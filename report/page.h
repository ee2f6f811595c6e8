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

/* What the page says besides evidence and judgement. All borrowed. */
struct page_facts {
    const char *case_name;
    const char *tool_version;
    unsigned proof_level;      /* 0 for L0, … 3: what the case contains, never higher */
    const struct basis *basis; /* lists, tables, rules and keys the findings lean on */
    const struct sites *sites; /* NULL: connections that were not read are not told by site */
    const struct subject *subject; /* what the person declared; NULL: nothing */
    const struct marks *marks;     /* what they noted while capturing; NULL: nothing */
};

/*
 * Appends the page to `out`. STATUS_NOMEM; STATUS_USAGE when it would pass the limit of `out`
 * (32 MB are always enough). What was appended before a failure is of no use.
 */
MUST_USE enum status page_render(enum language language, const struct evidence *e,
        const struct judgement *j, const struct page_facts *facts, struct buf *out);

#endif
