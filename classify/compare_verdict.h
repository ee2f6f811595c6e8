/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COMPARE_VERDICT_H
#define CLASSIFY_COMPARE_VERDICT_H

/*
 * The verdicts of verdict.h once more, with what a second profile adds: U6 (it differs, and has
 * COMPARE_BITS or more) and U5 (the same after a restart) raise, D1 (equal in all profiles)
 * lowers. Of D1 alone, a value of COMPARE_BITS_SUSPECT or more that no response brought is not
 * called anonymous: it may be derived from the machine that both profiles share.
 */

#include "classify/compare.h"

/* Fills verdicts and grounds of `f`. `facts` are FACT_BIT of verdict_fact.h. */
void compare_verdict_specific(const struct legal *legal, const struct compare_item *item,
        uint32_t facts, unsigned bits, bool session, struct compare_finding *f);
void compare_verdict_equal(const struct legal *legal, const struct compare_item *item,
        bool suspect, struct compare_finding *f);
/* As the case itself has them. */
void compare_verdict_keep(const struct compare_item *item, struct compare_finding *f);
/* As its findings.json has them. */
void compare_verdict_origin(const struct json_value *origin, struct compare_finding *f);

#endif
