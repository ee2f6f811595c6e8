/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP2_H
#define CAPTURE_HTTP_HTTP2_H

/*
 * HTTP/2 (RFC 9113) as a stage: items of both directions of one connection go in, exchanges
 * come out once both sides of their stream have ended.
 *
 * Works from the client's preface on, after an h2c upgrade, and from the middle of a connection.
 * What a hole takes away is in the ledger, and its number in the exchanges it touches.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/http/exchange.h"
#include "capture/http/h2_frame.h"
#include "capture/http/http.h"
#include "capture/item.h"

enum { HTTP2_TYPES = H2_PRIORITY_UPDATE + 1 };

/* What was seen besides exchanges; by enum direction. */
struct http2_facts {
    uint64_t frames[2][HTTP2_TYPES]; /* by type */
    uint64_t unknown[2];             /* of types unknown to us, GREASE among them */
    uint64_t late[2];                /* frames of streams that were over or could not be */
    bool goaway[2];
    uint32_t goaway_error[2]; /* RFC 9113 section 7 */
    bool connect_protocol;    /* the server allows extended CONNECT, RFC 8441 */
};

struct http2; /* opaque */

/* `setup` is copied, what it points to borrowed. NULL when out of memory. */
struct http2 *http2_new(const struct http_setup *setup);
void http2_free(struct http2 *h); /* NULL is fine; with all exchanges that were not taken */

/*
 * h2c upgrade (RFC 7540 section 3.2): `x` is an HTTP/1.1 request answered by 101. It becomes
 * stream 1, its HTTP2-Settings apply. Takes `x` on STATUS_OK only. To be called before the
 * first item; the items are those behind the two HTTP/1.1 messages.
 */
MUST_USE enum status http2_adopt(struct http2 *h, struct exchange *x);

/* Takes the next item of either direction, in packet order. STATUS_NOMEM; STATUS_IO from the
 * body store costs what would have been kept and nothing else. */
MUST_USE enum status http2_push(struct http2 *h, const struct item *item);

/*
 * The next tunnelled item; false when there is no more. Items are borrowed until the next
 * http2_push, their exchanges until http2_next: take these first.
 */
MUST_USE bool http2_next_tunnel(struct http2 *h, struct http_tunnel *out);

/* The next finished exchange, which passes to the caller; false when there is none. */
MUST_USE bool http2_next(struct http2 *h, struct exchange **out);

/* The connection is over: streams that are still open end as they are. */
MUST_USE enum status http2_close(struct http2 *h);

const struct http2_facts *http2_facts(const struct http2 *h); /* borrowed */

#endif
