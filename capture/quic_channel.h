/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_CHANNEL_H
#define CAPTURE_QUIC_CHANNEL_H

/*
 * The stack of one connection above UDP: QUIC below HTTP/3, WebSocket in its tunnels, as
 * channel.h is the one above TCP. Streams of another application protocol are gaps that say so.
 */

#include <stdbool.h>

#include "capture/channel.h"
#include "capture/quic/quic.h"

struct quic_channel;

/* `setup` as for channel_new; its sessions are not used. NULL: no memory. */
struct quic_channel *quic_channel_new(const struct channel_setup *setup);
void quic_channel_free(struct quic_channel *c); /* NULL is fine */

MUST_USE enum status quic_channel_push(
        struct quic_channel *c, const struct quic_datagram *datagram);
MUST_USE enum status quic_channel_close(struct quic_channel *c, enum gap_cause why);
/* The next finished exchange; ownership passes. False when there is none now. */
MUST_USE bool quic_channel_next(struct quic_channel *c, struct exchange **out);
/* Borrowed: for routes, claims and facts. */
struct quic *quic_channel_quic(struct quic_channel *c);

#endif
