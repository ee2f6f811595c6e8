/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_WS_EXTENSION_H
#define CAPTURE_HTTP_WS_EXTENSION_H

/* What a response's Sec-WebSocket-Extensions agrees to, RFC 6455 section 9.1, RFC 7692. */

#include <stdbool.h>

#include "capture/http/exchange.h"

struct ws_extensions {
    bool deflate;        /* permessage-deflate */
    bool no_takeover[2]; /* by enum direction: each message of it begins with an empty window */
    bool others;         /* an extension that is not read */
};

/*
 * Reads every such field of the response. The agreed window sizes are passed over: a window of
 * the largest size reads what was made with any, and what zlib makes with the smallest one, which
 * it takes for the next larger (zlib's deflateInit2).
 */
struct ws_extensions ws_extension_read(const struct message *response);

#endif
