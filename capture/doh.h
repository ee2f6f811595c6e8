/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_DOH_H
#define CAPTURE_DOH_H

/*
 * DNS over HTTPS (RFC 8484), whatever version of HTTP carried it: the query is the body of a POST
 * or the parameter "dns" of a GET, the answer is the body of the response.
 */

#include "capture/http/exchange.h"
#include "capture/lookup.h"

/* Gives the DNS messages of `x` to `l`; does nothing where there are none. STATUS_NOMEM. */
MUST_USE enum status doh_read(struct lookups *l, const struct exchange *x);

#endif
