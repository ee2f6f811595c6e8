/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_ITEMS_H
#define CLI_CASE_ITEMS_H

/*
 * Loads what comparing needs of a case: items, exchanges, findings, completeness. Each file is
 * read once, and its SHA-256 must be the one that manifest-sha256.txt lists: what is compared is
 * what was sealed. What exceeds the caps of compare.h is counted, not kept.
 */

#include "cli/case_read.h"
#include "classify/compare.h"

struct case_items {
    struct arena *arena; /* owns what `of` lists */
    struct compare_case of;
    struct json_value *findings; /* the whole document */
};

/* A term to look for in the responses of one site. Borrowed. */
struct case_term {
    struct bytes text, site;
};

enum {
    CASE_TERMS_MOST = 64,
    CASE_TERM_TEXT_MOST = 1024,
};

/*
 * STATUS_INPUT when it is no case, a file is missing or is not the one that was sealed. `terms`
 * are looked for in the kept bodies of responses (compare_term); there may be none.
 */
MUST_USE enum status case_items_load(const char *directory, const struct case_term *terms,
        size_t term_count, struct case_items *out, struct fault *fault);
void case_items_clear(struct case_items *c); /* zeroed is fine */

/* The terms that findings of the case name, each with the site that got it or used it. */
size_t case_items_terms(const struct compare_case *c, struct case_term out[CASE_TERMS_MOST]);

#endif
