/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SETTER_H
#define CLASSIFY_SETTER_H

/* Who set a cookie that was sent: the response that carried it in Set-Cookie, or a script. */

#include "classify/gather.h"

/*
 * Fills set_by, set_how, attributes and lifetime_s of the traces of CARRIER_COOKIE:
 *   "set-cookie"  an earlier response of the same site set this name and value
 *   "script"      no response did, an earlier document of the same host was asked for
 *                 without it, and no response of the site went unseen in between, so that it
 *                 came into being in the browser (inferred)
 *   "unknown"     it was there before the capture began, as far as can be seen
 * STATUS_NOMEM.
 */
MUST_USE enum status setter_find(const struct evidence *e, const struct attributions *a,
        struct trace **traces, size_t n);

#endif
