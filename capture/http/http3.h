/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP3_H
#define CAPTURE_HTTP_HTTP3_H

/*
 * HTTP/3 (RFC 9114) as a stage: items of all streams of one QUIC connection go in, exchanges
 * come out once both sides of their stream have ended. Streams are independent: control and QPACK
 * streams may come before or after the requests that need them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/http/exchange.h"
#include "capture/http/http.h"
#include "capture/item.h"

/* What was seen besides exchanges; by enum direction. */
struct http3_facts {
    uint64_t frames[2][16]; /* by type, below 16 */
    uint64_t unknown[2];    /* frames of other types, GREASE among them */
    uint64_t bad[2];        /* frames and streams that may not stand where they did */
    uint64_t streams[2];    /* streams of kinds that are not read, GREASE among them */
    bool goaway[2];
    bool connect_protocol; /* the server allows extended CONNECT, RFC 9220 */
    uint64_t datagrams;    /* SETTINGS_H3_DATAGRAM was sent by this many sides */
};

struct http3;

/* `setup` is copied, what it points to borrowed. NULL: no memory. */
struct http3 *http3_new(const struct http_setup *setup);
void http3_free(struct http3 *h); /* NULL is fine; with all exchanges that were not taken */

/* Takes the next item of either direction of stream `stream`. STATUS_NOMEM; STATUS_IO from the
 * body store costs what would have been kept and nothing else. */
MUST_USE enum status http3_push(struct http3 *h, uint64_t stream, const struct item *item);

/* As http2_next_tunnel. */
MUST_USE bool http3_next_tunnel(struct http3 *h, struct http_tunnel *out);
/* The next finished exchange, which passes to the caller; false when there is none. */
MUST_USE bool http3_next(struct http3 *h, struct exchange **out);
/* The connection is over: streams that are still open end as they are. */
MUST_USE enum status http3_close(struct http3 *h);

const struct http3_facts *http3_facts(const struct http3 *h); /* borrowed */

#endif
