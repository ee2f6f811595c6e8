/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_REDIRECT_H
#define CLASSIFY_REDIRECT_H

/*
 * Redirect hops, linked by their Location alone: the Referer never names the previous hop.
 */

#include "classify/request_view.h"

enum { REDIRECT_SECONDS = 60 /* between a redirect and the request that follows it */ };

/*
 * For each of n exchanges the index of the one whose Location led to it, or -1, into `from`.
 * Each redirect is followed once; of several that fit, one with the same Referer, and then
 * the latest, is taken. A link always points to a smaller index. False: no memory.
 */
MUST_USE bool redirect_link(const struct request_view *views, size_t n, int64_t *from);

#endif
