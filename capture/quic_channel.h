/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_CHANNEL_H
#define CAPTURE_QUIC_CHANNEL_H

/*
 * The stack of one connection above UDP: QUIC below HTTP/3, WebSocket in its tunnels, and DNS over
 * QUIC (RFC 9250), as channel.h is the one above TCP. What the streams carry is told by ALPN; where
 * that is not known (the handshake is not in the capture) by what they begin with. Streams of
 * another application protocol are gaps that say which.
 */

#include <stdbool.h>

#include "capture/channel.h"
#include "capture/quic/quic.h"

enum { QUIC_CHANNEL_DNS_MOST = 64 }; /* streams of DNS over QUIC open at once */

struct quic_channel;

/* `setup` as for channel_new; its sessions are not used. NULL: no memory. */
struct quic_channel *quic_channel_new(const struct channel_setup *setup);
void quic_channel_free(struct quic_channel *c); /* NULL is fine */

MUST_USE enum status quic_channel_push(
        struct quic_channel *c, const struct quic_datagram *datagram);
/* Nothing more will come, for `why`: what is unfinished comes out as far as it was seen, and the
 * connection's facts are settled. */
MUST_USE enum status quic_channel_close(struct quic_channel *c, enum gap_cause why);
/* The next finished exchange; ownership passes. False when there is none now. */
MUST_USE bool quic_channel_next(struct quic_channel *c, struct exchange **out);
/* Whole messages of DNS over QUIC, and their stream; borrowed until the next call. */
MUST_USE bool quic_channel_next_dns(
        struct quic_channel *c, uint64_t *stream, struct item *message);
/* Borrowed: for routes, claims and facts. */
struct quic *quic_channel_quic(struct quic_channel *c);

#endif
