/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_INDEX_H
#define CLASSIFY_INDEX_H

/*
 * Where to look for the rules that might match a URL. Each rule is filed once, under what is
 * rarest in it:
 *
 *   hosts    `||host^`: under the host; asked for each parent of the URL's host
 *   tokens   under the token of its pattern that fewest rules have; asked for each of the URL's
 *   pages    no token, but domain=: under each of these hosts; asked for the page's host
 *   always   none of this
 *
 * Exceptions stand among the rules that block; their masks tell them apart.
 */

#include "classify/ruleset.h"
#include "classify/table.h"

struct index {
    /* Of no other that the process has built, not 0: who remembers what is in an index can
     * tell it from a later one in the same memory. */
    uint64_t id;
    struct table hosts;
    struct table tokens;
    struct table pages;
    struct table_entry *always; /* owned; ascending */
    size_t always_n;
    bool top_hosts; /* some host is a single label, such as a top-level domain */
};

/* Files all rules of `set` that are in force. STATUS_NOMEM leaves `out` untouched. */
MUST_USE enum status index_build(const struct ruleset *set, struct index *out);
void index_clear(struct index *index);

#endif
