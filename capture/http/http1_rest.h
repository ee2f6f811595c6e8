/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_REST_H
#define CAPTURE_HTTP_HTTP1_REST_H

/* Items kept by copy: what a client sent on before the answer to its CONNECT or Upgrade came. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/item.h"

enum { HTTP1_HELD_MOST = 1 << 20 }; /* bytes held for one connection */

struct http1_held;

struct http1_rest {
    struct http1_held *first, *last;
    struct http1_held *given; /* what the last take handed out */
    size_t bytes;             /* held */
};

void http1_rest_clear(struct http1_rest *r); /* all zero is empty */
/* Copies `item` to the end. STATUS_USAGE when HTTP1_HELD_MOST would be passed (an END always
 * fits), STATUS_NOMEM. */
MUST_USE enum status http1_rest_add(struct http1_rest *r, const struct item *item);
/* Copies to the front what is left of an item that was taken; always fits. */
MUST_USE enum status http1_rest_return(struct http1_rest *r, const struct item *item);
/* What did not fit: keeps a gap of the number `gap` in its place, GAP_BUDGET, which grows
 * while nothing else is added. */
MUST_USE enum status http1_rest_lose(
        struct http1_rest *r, const struct item *item, uint32_t gap);
/* The oldest item, good until the next take; false when there is none. */
MUST_USE bool http1_rest_take(struct http1_rest *r, struct item *out);

#endif
