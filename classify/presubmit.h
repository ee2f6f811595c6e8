/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PRESUBMIT_H
#define CLASSIFY_PRESUBMIT_H

/*
 * Declared values that a third party was sent before the site itself was sent a form with them
 * (Senol et al., USENIX Security 2022). What the site had before (it sent it back, or got it in an
 * earlier visit or in the page's address) needed no typing and is none.
 */

#include "classify/finding_typing.h"

/* Adds a recording for each recipient and page. STATUS_NOMEM. */
MUST_USE enum status presubmit_find(const struct evidence *e, const struct subject *subject,
        const struct judgement *j, struct recordings *out);

#endif
