/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PAGE_HAR_H
#define REPORT_PAGE_HAR_H

/* What the page says instead where a case was made of HAR files: p->e->har is not NULL. */

#include "report/page_limits.h"

void page_har_summary(struct page *p); /* how the report came about */
void page_har_cookies(struct page *p); /* that they are missing */
void page_har_proof(struct page *p);   /* the row of the table of proof levels: "none" */
void page_har_limits(struct page *p);

#endif
