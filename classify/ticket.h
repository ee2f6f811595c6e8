/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_TICKET_H
#define CLASSIFY_TICKET_H

/*
 * What browsers show servers below HTTP to be known from an earlier connection: session tickets
 * and PSK identities of TLS, session ids before TLS 1.3, tokens of QUIC. Each links a visit to an
 * earlier one for whoever runs the server (Sy, Burkert, Federrath, Fischer: "Tracking Users
 * across the Web via TLS Session Resumption", ACSAC 2018). Facts only: browsers keep them apart
 * by the page's site, and they are made for speed.
 */

#include "classify/gather.h"

/*
 * Appends a trace of CARRIER_TLS for each ticket shown and host: name "session-ticket",
 * "session-id" or "quic-token", value the SHA-256 of the ticket in hex, never the ticket. Its
 * places are the first exchange of each such connection, part "connection", offset and length 0:
 * what is cited is the connection's beginning. A connection without exchanges gives none.
 * set_by is an exchange of the connection on which it was issued, set_how "response"; "unknown"
 * when that was not seen. Past GATHER_TRACES_MOST `capped` is set. STATUS_NOMEM, untouched.
 */
MUST_USE enum status tickets_gather(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct traces *inout);

#endif
