/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LEVEL_H
#define CAPTURE_LEVEL_H

/* One stage in the stack of a connection: what it is, and what the channel remembers of it. */

#include "capture/channel.h"
#include "capture/hold.h"
#include "capture/http/http1.h"
#include "capture/http/http2.h"
#include "capture/http/websocket.h"
#include "capture/look.h"
#include "capture/packet/dns_stream.h"
#include "capture/tls/tls.h"
#include "capture/tunnels.h"

struct level {
    enum stream_kind kind;
    enum layer layer; /* which offsets its items count */
    bool secure;
    const char *unread; /* why its bytes are not read, when that is to be said; else NULL */
    struct hold *hold;  /* items kept while undecided */
    unsigned looks;
    uint64_t base[2]; /* offset of the first item, in a tunnel; items are counted from it */
    bool based[2];
    uint64_t seen[2];        /* offset up to which items came, from base */
    uint64_t newest;         /* HTTP/1: the highest stream of an exchange it gave out */
    struct tunnels *tunnels; /* HTTP/2: made with its first tunnel; owned */
    union {
        struct tls *tls;
        struct http1 *http1;
        struct http2 *http2;
        struct dns_stream *dns;
        struct websocket *websocket;
    } stage;
};

/* Makes the stage of that kind; KIND_OPAQUE and KIND_UNDECIDED make an unread stream, as does
 * KIND_WEBSOCKET, which has a start of its own. Names the connection's protocol: the innermost is
 * the one a reader wants to see. STATUS_NOMEM. */
MUST_USE enum status level_start(
        const struct channel_setup *c, struct level *l, enum stream_kind kind);
/* The same for what stands above an upgrade to WebSocket. */
MUST_USE enum status level_start_websocket(
        const struct channel_setup *c, struct level *l, const struct exchange *upgrade);
/* The tunnels of HTTP/2, made when there are none yet. NULL: no memory. */
struct tunnels *level_tunnels(const struct channel_setup *c, struct level *l);
void level_clear(struct level *l);

#endif
