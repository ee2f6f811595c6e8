/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_FATE_H
#define CLASSIFY_BROWSER_FATE_H

/* What became of each request that the browser told of, and of each exchange. */

#include "classify/browser_match.h"

/*
 * By what the browser said alone. `left`: it was not joined with any exchange. Without: whether
 * it is to be (FATE_WIRE), which it is unless the browser says that something else answered it.
 */
enum browser_fate browser_fate_of(const struct browser_request *r, bool left);
/* Fills in all but the joins of `m`, which are there. False: no memory. */
MUST_USE bool browser_fates(
        const struct evidence *e, const struct browser_log *log, struct browser_match *m);

#endif
