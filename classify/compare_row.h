/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COMPARE_ROW_H
#define CLASSIFY_COMPARE_ROW_H

/* What the values of one leaf in three profiles say: the rules of compare.h for one row. */

#include "classify/compare.h"

/* One value of the leaf, with an item that carries it. */
struct compare_entry {
    struct bytes path, text;
    enum compare_role role;
    const struct compare_item *item;
};

/* The values of one leaf in one case, sorted; equal ones stand together. */
struct compare_values {
    const struct compare_entry *at;
    size_t n;        /* entries */
    size_t distinct; /* different texts */
    size_t once;     /* of them, those that travelled once */
    size_t sent;     /* of them, those that the browser sent */
};

struct compare_leaf {
    struct compare_values of[COMPARE_CASES];
    bool has_restart; /* there is a case A2 */
    bool by_hash;
    bool site_in_b; /* the control had to do with the site */
};

/* The entry with that text; NULL when there is none. */
const struct compare_entry *compare_value_find(
        const struct compare_values *v, struct bytes text);
/* By its form it may be an identifier: no time, word, URL, version or flag. */
MUST_USE bool compare_may_identify(struct bytes text, int64_t near_ns);
/* Fills result, why, bits and similarity of a row whose other members are set. `*budget` bounds
 * the work for similarities over all rows. */
void compare_row_decide(
        const struct compare_leaf *leaf, uint64_t *budget, struct compare_row *row);

#endif
