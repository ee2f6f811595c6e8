/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_ALT_SVC_H
#define CLASSIFY_ALT_SVC_H

/*
 * What told the browser that a host can be had over HTTP/3: the Alt-Svc field of an earlier
 * response (RFC 7838) or an HTTPS record in DNS (RFC 9460). It ties a connection that opens
 * out of the blue to what went before.
 */

#include <stdint.h>

#include "classify/evidence.h"

struct alt_svc {
    struct bytes protocol; /* as sent, "h3"; percent escapes are not undone */
    struct bytes host;     /* empty: the origin's own */
    uint16_t port;
    uint32_t max_age_s; /* "ma"; 86400 when it is not given */
};

/* Takes the next alternative from the front of a field value; false at its end, at "clear" and
 * at what is no alternative. */
MUST_USE bool alt_svc_next(struct bytes *rest, struct alt_svc *out);

struct announcement {
    struct bytes host; /* of the origin: what a connection names as its server */
    uint16_t port;     /* where HTTP/3 is to be had */
    int64_t from_ns, until_ns;
    int64_t exchange;            /* whose response said so; -1: an HTTPS record did */
    const struct lookup *lookup; /* the record; NULL: an exchange */
};

enum { ANNOUNCEMENTS_MOST = 1 << 20, ANNOUNCEMENT_RECORD_S = 86400 };

struct announcements {
    struct announcement *at; /* in the arena; by host, port and time */
    size_t n, capacity;
};

/* All announcements of HTTP/3 in sealed evidence; borrows from it. Past the cap the rest is left
 * out. How long a DNS record holds is not kept: a day. STATUS_NOMEM. */
MUST_USE enum status announcements_gather(
        struct arena *arena, const struct evidence *e, struct announcements *out);
/* The latest that held when a QUIC connection opened, for its server's name and port. NULL: none,
 * or the connection is not QUIC or names no server. */
const struct announcement *announcements_find(
        const struct announcements *a, const struct connection *c);

#endif
