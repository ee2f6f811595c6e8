/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_LINES_H
#define REPORT_COMPARE_LINES_H

/*
 * What `exhibit compare` writes: {"schema": "exhibit/compare/1", "as", "cases", "values",
 * "findings", "cannot_show"}. Findings are those of the contract, with "change" (what the
 * comparison makes of them), "restates" (the finding of A they take up), "items_by_case", and a
 * "case" ("a", "b", "a2") for each place of "evidence". Deterministic; carries no paths.
 */

#include "base/buf.h"
#include "classify/compare.h"

/* One comparison, as the JSON document and the page tell it. All borrowed. */
struct comparison {
    bool before_after; /* else profiles */
    const struct compare_case *cases[COMPARE_CASES];
    const struct compare_rows *rows;
    const struct compare_findings *findings;
    const struct legal *legal;
    const char *tool_version;
};

/* Appends the whole document. STATUS_NOMEM; STATUS_USAGE past the limit of `out`. */
MUST_USE enum status compare_lines_write(const struct comparison *c, struct buf *out);

/* What a comparison cannot show, one sentence each, in both languages. */
struct compare_limit {
    const char *en, *zh;
    uint64_t number; /* what "%llu" in the texts stands for */
    bool counted;    /* there is such a number */
};

enum { COMPARE_LIMITS_MOST = 16 };

size_t compare_limits(
        const struct comparison *c, struct compare_limit out[COMPARE_LIMITS_MOST]);
/* The sentence with its number. */
enum { COMPARE_LIMIT_TEXT = 1024 };
void compare_limit_text(
        const struct compare_limit *limit, bool chinese, char out[COMPARE_LIMIT_TEXT]);

#endif
