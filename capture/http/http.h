/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HTTP_H
#define CAPTURE_HTTP_HTTP_H

/*
 * What the three HTTP versions have in common as stages: items of both directions go in,
 * exchanges come out, whole or as far as they were seen.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/ledger.h"
#include "capture/http/body.h"
#include "capture/http/exchange.h"
#include "capture/item.h"

struct http_setup {
    uint32_t connection;
    bool secure;               /* the items are decrypted TLS or QUIC */
    enum layer layer;          /* which offsets the items count, for gaps filed here */
    struct ledger *ledger;     /* borrowed: the connection's */
    struct body_store *bodies; /* borrowed; may be NULL */
};

/* Bytes inside a CONNECT tunnel of HTTP/2 or HTTP/3, plain or extended (WebSocket, RFC 8441 and
 * 9220). */
struct http_tunnel {
    const struct exchange *exchange; /* the CONNECT; unfinished */
    struct item item;                /* offsets count this stream's DATA in this direction */
};

/* What the first bytes a side sent look like. */
enum http_look {
    HTTP_LOOK_NOT,      /* no HTTP */
    HTTP_LOOK_MORE,     /* too short to tell */
    HTTP_LOOK_REQUEST,  /* an HTTP/1 request line begins here */
    HTTP_LOOK_RESPONSE, /* an HTTP/1 status line begins here */
    HTTP_LOOK_PREFACE,  /* the HTTP/2 client connection preface, RFC 9113 section 3.4 */
};

/* Judges by content alone, so that HTTP is recognised on any port. */
enum http_look http_look(struct bytes first);

#endif
