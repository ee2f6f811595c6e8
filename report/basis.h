/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_BASIS_H
#define REPORT_BASIS_H

/* basis.json: what the findings lean on, so that anyone can derive them again. */

#include "base/json.h"
#include "classify/judgement.h"
#include "report/findings.h"

void basis_write(struct json *j, const struct evidence *e, const struct basis *b);

/* The proof level of a case and its reason, never higher than what it contains. */
const char *basis_level(const struct evidence *e);
const char *basis_level_why(const struct evidence *e);

#endif
