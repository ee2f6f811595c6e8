/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_OBJECTION_H
#define CLASSIFY_OBJECTION_H

/*
 * For each finding the strongest thing that can be said against it, and what would answer that:
 * a second profile, a restart, the person's own values, the recipient's records. Chosen by its
 * kind and by what its facts lack (objection_table.c).
 */

#include "classify/finding.h"

/* Fills the four texts of each finding; they are static or in the arena. A finding of a kind
 * that the table does not know keeps what it has. STATUS_NOMEM. */
MUST_USE enum status objections_find(struct arena *arena, struct finding *const *f, size_t n);

#endif
