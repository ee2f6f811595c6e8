/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_ROUTES_H
#define CAPTURE_QUIC_QUIC_ROUTES_H

/*
 * Which connection a datagram belongs to by its connection ID, when its addresses are new: NAT
 * rebinding, migration, a server's preferred address (RFC 9000 section 9). Only a hint: short IDs
 * collide by chance, so the caller asks quic_claims, which asks the tag.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/item.h"

enum {
    QUIC_ROUTES_MOST = 1 << 18, /* IDs kept over all connections; past it the oldest goes */
    QUIC_ROUTE_TRIES = 8,       /* owners of one datagram that are named */
};

struct quic_routes;

struct quic_route {
    void *owner;       /* as given */
    enum direction to; /* who is addressed by this ID */
};

struct quic_routes *quic_routes_new(void); /* NULL: no memory */
void quic_routes_free(struct quic_routes *r);

/* Empty IDs are no route. The same ID may have several owners. */
MUST_USE enum status quic_routes_add(
        struct quic_routes *r, struct bytes id, void *owner, enum direction to);
/* Forgets everything that leads to `owner`. */
void quic_routes_drop(struct quic_routes *r, const void *owner);
/* The owners whose ID the datagram's first packet may bear, the longest ID and the newest first;
 * returns how many. The lengths of IDs in use are tried one by one on short headers. */
size_t quic_routes_find(const struct quic_routes *r, struct bytes datagram,
        struct quic_route out[QUIC_ROUTE_TRIES]);
/* The owners of just this ID, the newest first. */
size_t quic_routes_find_id(
        const struct quic_routes *r, struct bytes id, struct quic_route out[QUIC_ROUTE_TRIES]);

#endif
