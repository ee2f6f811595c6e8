/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_LABEL_H
#define CAPTURE_PACKET_LABEL_H

/*
 * nDPI's opinion on a flow: which protocol and service it is, from its packets alone. The one
 * door to nDPI (4.2). It is an opinion, printed as such, and nothing else depends on it.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "capture/connection.h"
#include "capture/packet/packet.h"

enum {
    LABEL_PACKETS_MOST = 24, /* packets of a flow that nDPI gets to see */
};

/* The detector of one capture. nDPI learns across flows, so that the same packets in the same
 * order give the same labels; it must not be shared between threads. */
struct label;
struct label_flow; /* what nDPI remembers of one flow */

struct label *label_new(void); /* NULL: no memory, or not the nDPI this was built for */
void label_free(struct label *l);
/* NULL when out of memory. */
struct label_flow *label_open(struct label *l);
void label_drop(struct label_flow *flow); /* NULL is fine */

/*
 * Shows one packet of the flow, in capture order, from its first one on. Packets that were put
 * together of fragments or cut are counted but not shown. True while it wants more; once false,
 * call label_settle.
 */
MUST_USE bool label_push(struct label *l, struct label_flow *flow, const struct segment *seg);

/*
 * Writes label, label_category and label_confidence of `facts`, in `arena`, and drops `flow`.
 * What nDPI has not made up its mind on it may guess from ports and addresses: the confidence
 * says so. Without an opinion the three stay NULL. STATUS_NOMEM: the arena is full.
 */
MUST_USE enum status label_settle(struct label *l, struct label_flow *flow, struct arena *arena,
        struct connection *facts);

#endif
