/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TUNNELS_H
#define CAPTURE_TUNNELS_H

/*
 * The CONNECT tunnels of one multiplexed connection, HTTP/2 or HTTP/3. An extended CONNECT for
 * WebSocket (RFC 8441, RFC 9220) is read, and its messages come out as exchanges. What another
 * tunnel carried is a GAP_UNSUPPORTED of each direction that says so.
 *
 * The connection's channel does, after each push and after the close of its HTTP stage:
 *
 *     while (httpN_next_tunnel(h, &entry))
 *         tunnels_push(t, &entry);
 *     while (httpN_next(h, &x)) {
 *         tunnels_end(t, x);
 *         ... x goes on ...
 *     }
 *     while (tunnels_next(t, &x))
 *         ... x goes on, like any other exchange ...
 *
 * and tunnels_close at the end, behind the close of its HTTP stage and before the last
 * tunnels_next.
 */

#include <stdbool.h>

#include "capture/http/http.h"

enum {
    TUNNELS_MOST = 1024
}; /* open at once; what comes by others from then on is a GAP_BUDGET */

struct tunnels;

/* `setup` as given to the HTTP stage; copied, what it points to borrowed. NULL: no memory. */
struct tunnels *tunnels_new(const struct http_setup *setup);
void tunnels_free(struct tunnels *t); /* NULL is fine; with the exchanges not taken */

/*
 * Takes one item of a tunnel. A gap of length 0, unless a GAP_CONFLICT, says that an unknown
 * number of bytes is missing. STATUS_NOMEM; STATUS_IO from the body store costs what would have
 * been kept and nothing else.
 */
MUST_USE enum status tunnels_push(struct tunnels *t, const struct http_tunnel *entry);
/* The exchange of a stream is finished: so is its tunnel, if it had one. Status as above. */
MUST_USE enum status tunnels_end(struct tunnels *t, const struct exchange *x);
/* The next finished message; ownership passes. False when there is none now. */
MUST_USE bool tunnels_next(struct tunnels *t, struct exchange **out);
/* The connection is over: what is open ends as far as it was seen. */
MUST_USE enum status tunnels_close(struct tunnels *t);

#endif
