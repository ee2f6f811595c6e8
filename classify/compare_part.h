/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COMPARE_PART_H
#define CLASSIFY_COMPARE_PART_H

/* What findings of comparisons are built from. */

#include "classify/compare.h"
#include "classify/finding_part.h"

/* Appends an empty finding; NULL: no memory. */
struct compare_finding *compare_finding_new(
        struct arena *arena, const char *kind, struct compare_findings *out);
/* Recipient, page and owner of `item`. */
void compare_finding_about(struct compare_finding *f, const struct compare_item *item);
/* Adds an item of a case, and cites the first exchanges that it travelled in. False: no memory. */
MUST_USE bool compare_finding_add(struct arena *arena, struct compare_finding *f,
        enum compare_role role, const struct compare_item *item, bool cite);
void compare_finding_cite(
        struct compare_finding *f, enum compare_role role, struct bytes exchange);

void compare_fact_text(struct compare_finding *f, const char *name, struct bytes text);
void compare_fact_number(struct compare_finding *f, const char *name, int64_t number);
MUST_USE bool compare_fact_list(struct arena *arena, struct compare_finding *f,
        const char *name, const struct bytes *list, size_t n);
/* "rules": the codes of `facts`, as in trace.facts. */
MUST_USE bool compare_fact_rules(
        struct arena *arena, struct compare_finding *f, uint32_t facts);
/* name, value, set_by, lifetime_days, sites_seen_on, times_sent of A's items. */
MUST_USE bool compare_fact_item(struct arena *arena, struct compare_finding *f);

/* Both statements of one pair of sentences, see finding_say. False: no memory. */
struct compare_sentence {
    const char *en, *zh;
};
MUST_USE bool compare_finding_say(struct arena *arena, struct compare_finding *f,
        const struct compare_sentence *sentence, const struct finding_word *words);
/* Counts them, and orders: by change, then recipients that are third parties, then those on
 * more pages, then by item. */
void compare_findings_order(struct compare_findings *f);

/* The item of the case with that number, by its id ("i12"); NULL when there is none. */
const struct compare_item *compare_item_by_id(const struct compare_case *c, const char *id);
/* Its value as a sentence may print it. */
struct bytes compare_item_shown(const struct compare_item *item);
/* It is counted among those that single out a browser, a device or an account. */
MUST_USE bool compare_item_identifies(const struct compare_item *item);

#endif
