/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_MATCH_H
#define CLASSIFY_BROWSER_MATCH_H

/*
 * Joins what the browser said of its requests with the exchanges of the packets, one to one: by
 * method and address, then by what the header, the body and the answer tell, the server, the
 * connection and the time. Requests that are alike in all of it are joined in their order.
 *
 * What is left over on either side is the point: an exchange that the browser did not tell of
 * (its own services, what happened before somebody listened), and a request that must have
 * travelled and is not among the packets.
 */

#include "classify/browser_log.h"
#include "classify/evidence.h"

enum browser_fate {
    FATE_WIRE,           /* joined with an exchange */
    FATE_HTTP_CACHE,     /* answered by the browser's cache on disk */
    FATE_MEMORY_CACHE,   /* the page had it already */
    FATE_AHEAD,          /* fetched before it was asked for, by another request */
    FATE_SERVICE_WORKER, /* answered by a service worker */
    FATE_INLINE,         /* data:, blob: and such: its address holds or names its content */
    FATE_EXTENSION,      /* of an extension's own files */
    FATE_INTERNAL,       /* the browser's own pages and files of the machine */
    FATE_REDIRECTED,     /* redirected to https by the browser itself */
    FATE_NOT_SENT,       /* blocked, or failed before it was sent */
    FATE_ABORTED,        /* taken back before it was sent */
    FATE_UNDECIDED,      /* neither told to have been sent nor not */
    FATE_MISSED,         /* sent, and not among the packets */
};

enum { BROWSER_FATES = FATE_MISSED + 1 };

const char *browser_fate_name(enum browser_fate fate); /* "http-cache", … */

/* Why a request that was sent may be missing. */
enum browser_miss {
    MISS_NOT_FOUND,     /* its connection was read, and this is not in it */
    MISS_UNREAD,        /* a connection to its server could not be read, or not in full */
    MISS_NO_CONNECTION, /* none to its server is among the packets */
    MISS_NO_SERVER,     /* the browser did not tell which server it went to */
};

const char *browser_miss_name(enum browser_miss miss);

struct browser_match {
    int64_t *request_of;  /* by exchange: index of the request, or BROWSER_NONE */
    int64_t *exchange_of; /* by request: index of the exchange, or BROWSER_NONE */
    uint8_t *fate;        /* by request: enum browser_fate */
    uint8_t *miss;        /* by request: enum browser_miss, where it was missed */
    uint64_t fates[BROWSER_FATES];
    uint64_t
            only_wire; /* exchanges that the browser did not tell of; no messages, no tunnels */
    uint64_t messages[2]; /* of WebSockets that were joined: as the browser told, on the wire */
};

/* `log` is sealed, as is the evidence; arrays in the arena. Deterministic. STATUS_NOMEM. */
MUST_USE enum status browser_match_make(struct arena *arena, const struct evidence *e,
        const struct browser_log *log, struct browser_match *out);

#endif
