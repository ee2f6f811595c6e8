/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_DATAGRAMS_H
#define CAPTURE_DATAGRAMS_H

/*
 * UDP above the flow table: which datagrams are QUIC, and of which connection. Addresses and ports
 * alone do not tell: a connection can move to others (migration, NAT rebinding, a server's
 * preferred address: RFC 9000 section 9), and one pair of them can serve several connections, one
 * after the other or at once.
 *
 * A flow is a path of a connection. The flow by which a connection came first is its home: it has
 * the connection's facts, exchanges and gaps, and lives as long as any path does. Other flows
 * count their packets only, and their `continues` names the home.
 */

#include <stdbool.h>

#include "base/status.h"
#include "capture/http/exchange.h"
#include "capture/lookup.h"
#include "capture/packet/flow.h"
#include "capture/packet/packet.h"
#include "capture/tls/keylog.h"

enum {
    /* Datagrams of a flow that nobody claimed which are tried with the keys of others. */
    DATAGRAMS_TRIES_MOST = 64,
    DATAGRAMS_LINES_MOST = 8192, /* connections at once; past it the idlest is given up */
};

struct datagrams;
struct line; /* one QUIC connection */

/* What a flow is to QUIC. Zeroed memory: nothing yet. The members are datagrams.c's own. */
struct path {
    struct line *line; /* whose datagrams come by this flow; NULL: none that is known */
    bool home;
    bool given_up;  /* it was the home of one connection too many */
    bool reversed;  /* the client of the connection is who the flow calls the server */
    bool shared;    /* older flows on the same addresses and ports have other connections */
    unsigned tries; /* with the keys of others */
    struct path *next, **at; /* in the list of the line's paths, besides home */
};

struct datagrams_setup {
    struct flows *flows;       /* borrowed, as is all here */
    const struct keylog *keys; /* NULL: none */
    struct body_store *bodies; /* may be NULL */
    struct lookups *lookups;   /* gets the messages of DNS over QUIC */
    size_t lines;              /* connections at once; 0: DATAGRAMS_LINES_MOST */
};

struct datagrams *datagrams_new(const struct datagrams_setup *setup); /* NULL: no memory */
/* Frees the exchanges that were not taken. All paths were ended or dropped before. */
void datagrams_free(struct datagrams *d);

/* Behind flows_push: corrects the flow of a datagram where a connection ID knows better.
 * `path` of a flow is in its stage (capture/stage.h). STATUS_NOMEM: outputs untouched. */
MUST_USE enum status datagrams_route(struct datagrams *d, const struct segment *seg,
        struct flow **flow, enum direction *dir);
/* Takes the datagram. What is not QUIC is left alone. STATUS_NOMEM, STATUS_IO (the body store). */
MUST_USE enum status datagrams_push(struct datagrams *d, struct flow *flow, struct path *path,
        const struct segment *seg, enum direction dir);
/* The flow has ended; settles its facts when it was a home. Status as above. */
MUST_USE enum status datagrams_end(struct datagrams *d, struct flow *flow, struct path *path);
/* Frees what the path holds, unread. */
void datagrams_drop(struct datagrams *d, struct path *path);
/* The next finished exchange of any connection; ownership passes. False when there is none. */
MUST_USE bool datagrams_next(struct datagrams *d, struct exchange **out);

#endif
