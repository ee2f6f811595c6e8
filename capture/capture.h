/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

/*
 * From packets to exchanges: the coordinator of this room. Frames go in, in the order of the
 * capture; exchanges, look-ups and connections come out. It serves a file and a live capture
 * alike, and memory grows with the connections that are open, not with what went by.
 */

#include <stdbool.h>

#include "base/fault.h"
#include "base/ledger.h"
#include "capture/connection.h"
#include "capture/http/body.h"
#include "capture/http/exchange.h"
#include "capture/lookup.h"
#include "capture/packet/packet.h"
#include "capture/packet/unwrap.h"
#include "capture/tls/keylog.h"

struct capture;

struct capture_setup {
    const struct keylog *keys; /* borrowed; NULL: none */
    struct body_store *bodies; /* borrowed; NULL: bodies are kept in memory only */
    struct ledger *ledger;     /* borrowed: gaps of the capture itself */
    struct lookups *lookups;   /* borrowed; gets every DNS message */
    bool checksums;            /* compute them, to count wrong ones */
    bool labels;               /* ask nDPI */
};

MUST_USE enum status capture_new(
        const struct capture_setup *setup, struct capture **out, struct fault *fault);
void capture_free(struct capture *c); /* NULL is fine */

/* STATUS_NOMEM, STATUS_IO (the body store); `fault` says which packet. */
MUST_USE enum status capture_push(
        struct capture *c, const struct packet *packet, struct fault *fault);
/* No more packets: everything unfinished comes out as far as it was seen. */
MUST_USE enum status capture_close(struct capture *c, struct fault *fault);

/* Finished exchanges and ended connections, to be taken after each push; ownership passes
 * (exchange_free; connection: ledger_clear, arena_free, free). */
MUST_USE bool capture_next_exchange(struct capture *c, struct exchange **out);
MUST_USE bool capture_next_connection(struct capture *c, struct connection **out);

struct unwrap_counts capture_counts(const struct capture *c);

#endif
