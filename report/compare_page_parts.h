/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_PAGE_PARTS_H
#define REPORT_COMPARE_PAGE_PARTS_H

/* What the sections of the comparison's page share. Only report/compare_page*.c include this. */

#include "report/compare_page.h"
#include "report/page_parts.h"

enum {
    COMPARE_TABLE_MOST = 200, /* rows of one table */
    COMPARE_TOLD_MOST = 100,  /* findings told in full */
    COMPARE_CITED_SHOWN = 6,  /* exchanges of one case that are listed with a finding */
};

struct compare_page {
    struct page p; /* of it language, h, mask, arena and the law are filled */
    const struct comparison *c;
};

/* compare_page_findings.c */
void compare_page_tables(struct compare_page *cp);
void compare_page_told(struct compare_page *cp);
/* The findings that are told in full. */
size_t compare_page_shown(const struct compare_page *cp);

#endif
