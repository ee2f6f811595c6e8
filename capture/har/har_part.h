/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HAR_HAR_PART_H
#define CAPTURE_HAR_HAR_PART_H

/* What the parts of the HAR reader share. Only capture/har/ includes this. */

#include "base/json.h"
#include "capture/har/har.h"
#include "capture/har/har_connection.h"

struct har_maker {
    struct body_store *bodies; /* borrowed */
    struct har_connections *connections;
    struct har_facts facts;
    uint64_t connections_left_out; /* exchanges past HAR_CONNECTIONS_MOST */
    struct exchange **queue;       /* owned, each from `taken` on: made of the entry at hand */
    size_t made, taken, capacity;
};

/* A gap of connection `c`, noted in `x`, which is not complete with it. STATUS_NOMEM. */
MUST_USE enum status har_lack(struct connection *c, struct exchange *x, enum direction dir,
        enum gap_cause why, uint64_t len, const char *detail);

/* har_entry.c: the exchanges of one entry to the queue, or a count of what it is instead.
 * STATUS_NOMEM. */
MUST_USE enum status har_entry(struct har_maker *m, const struct json_value *entry);

/* har_message.c: fields and bodies of what "request" and "response" are. STATUS_NOMEM. */
MUST_USE enum status har_request(struct har_maker *m, struct connection *c, struct exchange *x,
        const struct json_value *request);
MUST_USE enum status har_response(struct har_maker *m, struct connection *c, struct exchange *x,
        const struct json_value *response);

/* har_body.c. A body that is there: its text, in base64 when `coded`. `size`: as transferred, 0 unknown. STATUS_NOMEM. */
struct har_content {
    const char *text;
    struct bytes type; /* Content-Type as far as known, in the arena of the exchange */
    bool coded;
    const char *lost; /* static: why this is not all of it, or not as it was; NULL: it is */
    uint64_t size;
};
MUST_USE enum status har_body(struct har_maker *m, struct connection *c, struct exchange *x,
        enum direction dir, const struct har_content *content);
/* "_webSocketMessages" of the exchange that opened the WebSocket, to the queue. STATUS_NOMEM. */
MUST_USE enum status har_sockets(struct har_maker *m, struct connection *c,
        const struct exchange *opener, const struct json_value *messages);
/* har_entry.c: takes ownership, also on failure. */
MUST_USE enum status har_queue(struct har_maker *m, struct exchange *x);

#endif
