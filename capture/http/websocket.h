/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_WEBSOCKET_H
#define CAPTURE_HTTP_WEBSOCKET_H

/*
 * WebSocket (RFC 6455) as a stage, above HTTP/1.1 or inside an extended CONNECT of HTTP/2 (RFC
 * 8441) or HTTP/3 (RFC 9220): items of both directions go in, each message comes out as an
 * exchange of PROTOCOL_WEBSOCKET. permessage-deflate (RFC 7692) is undone, with and without
 * context takeover; masks are taken off; fragments are joined.
 *
 * A message has method "SEND" (by the client, payload in request.body) or "RECV" (by the server,
 * payload in response.body), the URL of its upgrade, the upgrade's stream, and `message`, its place
 * among the messages of this WebSocket, from 1, in the order in which they ended. Control frames
 * are no messages; those with a payload of the application (a reason to close, the data of a ping)
 * come out like messages, and `opcode` tells.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/http/exchange.h"
#include "capture/http/http.h"
#include "capture/item.h"

enum {
    /* Frames of a message are counted without end; bodies have their own cap (body.h). */
    WEBSOCKET_HEADER_MOST = 14,
    WEBSOCKET_CONTROL_MOST = 125, /* payload of a control frame */
};

struct websocket_facts {
    uint64_t messages[2], frames[2], pings[2], pongs[2]; /* by enum direction */
    uint64_t unmasked;                                   /* frames of the client without mask */
    bool closed[2];
    uint16_t close_code[2]; /* RFC 6455 section 7.4; 0: none given */
};

struct websocket;

/* `setup` is copied, what it points to borrowed. `upgrade` is the exchange that opened it, borrowed
 * for this call: what is needed is copied. Its response may be unread yet. NULL: no memory. */
struct websocket *websocket_new(const struct http_setup *setup, const struct exchange *upgrade);
void websocket_free(struct websocket *w); /* NULL is fine; with the messages not taken */

/* What the handshake agreed on, once its response is read; no effect the second time. Frames with
 * the compression bit that come before are read as if permessage-deflate was agreed. */
MUST_USE enum status websocket_agree(struct websocket *w, const struct exchange *upgrade);

/* Takes the next item of either direction. STATUS_NOMEM, STATUS_IO as for HTTP. */
MUST_USE enum status websocket_push(struct websocket *w, const struct item *item);
MUST_USE bool websocket_next(struct websocket *w, struct exchange **out);
MUST_USE enum status websocket_close(struct websocket *w);

const struct websocket_facts *websocket_facts(const struct websocket *w); /* borrowed */

#endif
