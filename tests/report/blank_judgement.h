/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPORT_BLANK_JUDGEMENT_H
#define TESTS_REPORT_BLANK_JUDGEMENT_H

/* A judgement that says nothing of each exchange of a world but whose page it belongs to. Include
 * cmocka first. */

#include "classify/judgement.h"
#include "tests/classify/evidence_world.h"

/* Room for exactly the exchanges that there are, so that one read too far is seen. */
static inline void blank_judgement_make(const struct evidence_world *w, struct judgement *j)
{
    size_t n = w->e.exchange_count;

    *j = (struct judgement){.attributions = w->a,
            .trackers = calloc(n, sizeof(*j->trackers)),
            .owners = calloc(n, sizeof(*j->owners)),
            .vendors = calloc(n, sizeof(*j->vendors)),
            .consents = calloc(n, sizeof(*j->consents)),
            .together = calloc(n, sizeof(*j->together))};
    assert_true(j->trackers != NULL && j->owners != NULL && j->vendors != NULL &&
                j->consents != NULL && j->together != NULL);
}

static inline void blank_judgement_clear(struct judgement *j)
{
    free(j->trackers);
    free(j->owners);
    free(j->vendors);
    free(j->consents);
    free(j->together);
}

#endif
