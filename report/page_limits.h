/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PAGE_LIMITS_H
#define REPORT_PAGE_LIMITS_H

/* The parts of the section that says what the capture cannot show. */

#include "report/lacks.h"
#include "report/page_parts.h"

/* page_limits.c: a row of a table, a heading and a number. `english` is a key of words.h. */
void page_count_row(struct page *p, const char *english, uint64_t n);
/* page_incomplete.c: what became of the exchanges, and those that are not whole. */
void page_incomplete(struct page *p, const struct lacks *l);

/* page_account.c: what the browser itself named, and what of it the packets show. */
void page_account(struct page *p);

/* page_belonging.c: which connections are the browser's; nothing where nobody asked. */
void page_belonging(struct page *p);

#endif
