/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_PAGE_H
#define REPORT_COMPARE_PAGE_H

/*
 * The page that goes with the JSON of a comparison, in the manner of page.h: one language,
 * self-contained, without scripts and without the network. It says what the findings say.
 */

#include "report/compare_lines.h"
#include "report/words.h"

/* Appends the page. STATUS_NOMEM; STATUS_USAGE past the limit of `out`. */
MUST_USE enum status compare_page_render(
        enum language language, const struct comparison *c, struct buf *out);

#endif
