/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP1_H
#define CAPTURE_HTTP_HTTP1_H

/*
 * HTTP/1.0 and 1.1 as a stage (RFC 9112): items of both directions of one connection go in,
 * exchanges come out when their response is finished or the connection ends.
 *
 * What is malformed is a GAP_BAD in the ledger, and reading goes on at the next start line at
 * the begin of a line or of an item. See http1_pair.h for which response answers which
 * request when bytes are missing.
 */

#include <stdbool.h>

#include "capture/http/http.h"

/* What the connection carries after it has left HTTP/1. */
enum http1_turn {
    TURN_NONE,
    TURN_TUNNEL,    /* 2xx to CONNECT: anything, TLS as a rule */
    TURN_WEBSOCKET, /* RFC 6455 frames */
    TURN_H2C,       /* HTTP/2; the upgrade request is its stream 1, RFC 7540 section 3.2 */
    TURN_OTHER,     /* 101 to another protocol */
};

struct http1; /* opaque */

struct http1 *http1_new(const struct http_setup *setup); /* NULL: out of memory */
void http1_free(struct http1 *h);                        /* NULL is fine */

/*
 * Takes one item; those of both directions come in the order of cause and effect, as far as
 * that is known (capture/packet/flow_order.h). STATUS_NOMEM and STATUS_IO (from the body store)
 * end the run: only http1_free may follow. STATUS_USAGE: the connection has turned and the rest
 * of the item before was not fetched; nothing was taken.
 */
MUST_USE enum status http1_push(struct http1 *h, const struct item *item);

/* The next finished exchange, which passes to the caller; false when there is none yet. */
MUST_USE bool http1_next(struct http1 *h, struct exchange **out);

/* Nothing more will be pushed: directions without an ITEM_END end here, as far as seen, and
 * every exchange comes out. */
MUST_USE enum status http1_close(struct http1 *h);

/*
 * Whether the connection has left HTTP/1. The exchange that did it comes out of http1_next,
 * the last of its connection to be begun; but with TURN_H2C out of http1_take_upgraded, once,
 * without its response, which comes as HTTP/2 stream 1: NULL when the request was not seen.
 */
enum http1_turn http1_turn(const struct http1 *h);
struct exchange *http1_take_upgraded(struct http1 *h);

/*
 * After the turn: everything behind it in both directions, gaps and ends too. Call until
 * false after each push. Borrowed until the next call of http1_push or http1_next_rest.
 */
MUST_USE bool http1_next_rest(struct http1 *h, struct item *out);

#endif
