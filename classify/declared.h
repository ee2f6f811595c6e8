/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_DECLARED_H
#define CLASSIFY_DECLARED_H

/*
 * What the person declared, tied to the traces: a value that holds their e-mail address is no
 * unknown value any more. And what follows from it, as findings.
 */

#include "classify/judgement.h"

/* Fills `declared`, class and grade of each trace that holds a declared value, from j->hits;
 * adds the fact U4 where a digest was found, U9 where search text was. STATUS_NOMEM. */
MUST_USE enum status declared_mark(
        const struct evidence *e, const struct judgement_setup *setup, struct judgement *j);

/*
 * Appends "personal-data-leak", "search-term-leak", "location-leak", "data-from-others" and
 * "personalised-response": one for each declared value, recipient's site, way of writing and
 * place it stood in. STATUS_NOMEM.
 */
MUST_USE enum status declared_find(const struct evidence *e,
        const struct judgement_setup *setup, struct judgement *j, struct findings *out);

#endif
