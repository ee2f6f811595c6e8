/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_TERMS_H
#define CLI_CASE_TERMS_H

/*
 * Looks for search terms in the responses that a case kept: whether the control profile, which
 * did not search for it, got an answer that speaks of it all the same. A term is looked for in
 * UTF-8, GBK and UTF-16 (variant.h), percent-encoded, and with JSON's escapes.
 */

#include "cli/case_items.h"
#include "report/compare_read.h"

enum { CASE_TERM_FORMS_MOST = 16 };

struct case_terms {
    struct arena *arena;     /* of the case */
    struct compare_term *at; /* in the arena of the case */
    size_t n;
    struct bytes (*forms)[CASE_TERM_FORMS_MOST]; /* by term; likewise */
    size_t *form_counts;
    struct buf body;
    uint64_t read; /* bytes of all bodies so far */
};

/* False: no memory. */
MUST_USE bool case_terms_open(
        struct case_terms *t, struct arena *arena, const struct case_term *terms, size_t n);
/* Looks through the response of one exchange, when a term is asked for at its site. */
void case_terms_take(
        struct case_terms *t, const char *directory, const struct compare_exchange *x);
void case_terms_close(struct case_terms *t); /* what is in the arena stays */

#endif
