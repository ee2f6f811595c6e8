/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_CHANNEL_H
#define CAPTURE_CHANNEL_H

/*
 * The stack of one connection above TCP: looks at the first bytes, decides what they are, and
 * wires the stages: TLS below HTTP, a tunnel inside HTTP/1 or HTTP/2, HTTP/2 or WebSocket after
 * an upgrade. This is the only place that knows which stage feeds which; the stages never call each other.
 */

#include <stdbool.h>

#include "capture/connection.h"
#include "capture/http/http.h"
#include "capture/item.h"
#include "capture/tls/keylog.h"
#include "capture/tls/session.h"

struct channel;

struct channel_setup {
    struct connection *facts;  /* borrowed: protocol, tls, decrypted, reason are filled */
    const struct keylog *keys; /* borrowed; NULL: none */
    struct sessions *sessions; /* borrowed: TLS sessions of the capture; NULL: none */
    struct body_store *bodies; /* borrowed; may be NULL */
};

struct channel *channel_new(const struct channel_setup *setup); /* NULL: out of memory */
void channel_free(struct channel *c);                           /* NULL is fine */

/* Items of both directions of the TCP stream, in packet order. */
MUST_USE enum status channel_push(struct channel *c, const struct item *item);
/* No more items will come: what is unfinished comes out as far as it was seen. */
MUST_USE enum status channel_close(struct channel *c);
/* The next finished exchange; ownership passes. False when there is none now. */
MUST_USE bool channel_next(struct channel *c, struct exchange **out);

/* Whole messages of DNS over TCP ("tcp") or TLS ("dot"), without their length field; borrowed
 * until the next call. */
MUST_USE bool channel_next_dns(struct channel *c, struct item *message, const char **carrier);

#endif
