/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COMPARE_RESTATE_H
#define CLASSIFY_COMPARE_RESTATE_H

/*
 * A's findings of other kinds than tracking-identifier, once more with what the control shows:
 * whether the value that was shared is the browser's own, whether a search term came back to a
 * profile that never searched for it (verdict rule U11), whether the control met the same.
 */

#include "classify/compare.h"

/* The strongest row of the items that a finding of A rests on; NULL when there is none. */
typedef const struct compare_row *compare_row_of(
        const void *context, const struct json_value *finding);

/* False: no memory. */
MUST_USE bool compare_restate(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], compare_row_of *row_of,
        const void *context, struct compare_findings *out);

#endif
