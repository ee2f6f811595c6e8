/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LOOK_H
#define CAPTURE_LOOK_H

/* What a stream carries, judged by its first bytes, so that no port decides what is read. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum stream_kind {
    KIND_UNDECIDED,
    KIND_OPAQUE, /* none of ours; bytes pass by unread */
    KIND_TLS,
    KIND_HTTP1,
    KIND_HTTP2,
    KIND_DNS,
    KIND_WEBSOCKET, /* never by its looks: HTTP/1 turns into it */
};

/*
 * `first` is what one direction began with. KIND_UNDECIDED: too short to tell. `port` is the
 * server's, or 0: DNS over TCP (RFC 7766) has no mark of its own.
 */
enum stream_kind look_kind(struct bytes first, uint16_t port);

/* Does a direction begin as only a client does: with a request or a ClientHello? */
MUST_USE bool look_asks(struct bytes first);

#endif
