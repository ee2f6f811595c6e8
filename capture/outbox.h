/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_OUTBOX_H
#define CAPTURE_OUTBOX_H

/*
 * Where the finished exchanges of one connection wait to be taken, whatever stack of stages made
 * them; what every exchange still needs before it leaves is done here.
 */

#include <stdbool.h>

#include "base/status.h"
#include "capture/connection.h"
#include "capture/http/exchange.h"
#include "capture/queue.h"

struct outbox {
    struct connection *facts; /* borrowed; set before the first use */
    struct queue finished;    /* exchanges, owned */
};

void outbox_clear(struct outbox *o); /* frees what was not taken */
/*
 * Takes `x` in any case. Names the server where the request did not, and files a gap for a body
 * that could not be decoded: what it says was not seen. STATUS_NOMEM.
 */
MUST_USE enum status outbox_put(
        struct outbox *o, const struct endpoint *server, struct exchange *x);
/* The next one; ownership passes, and facts->exchanges counts it. False when there is none. */
MUST_USE bool outbox_next(struct outbox *o, struct exchange **out);

#endif
