/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_ORDER_H
#define CAPTURE_PACKET_FLOW_ORDER_H

/*
 * Puts the two directions of a connection in the order of cause and effect: an item comes
 * after all that its sender had heard of the other side when it sent it (struct item_place). Within
 * a direction reassembly keeps the order; between them the packets of a capture do not tell
 * it, because several queues of a card deliver them past each other.
 *
 * An item that would come too early is copied and waits: until the other direction has come
 * that far, or its bytes turn out to be missing, or too much waits. One byte short is far
 * enough: it may be a FIN that was not captured (RFC 9293 section 3.4).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/item.h"
#include "capture/packet/reasm.h"

enum {
    FLOW_ORDER_MOST = 4 << 20
}; /* bytes that wait in one connection, bookkeeping included */

struct flow_held;

/* Zeroed memory is an empty one. */
struct flow_order {
    struct flow_held *first[2], *last[2]; /* by enum direction, as is all below */
    struct flow_held *given;              /* what was handed out last */
    struct item stuck[2];                 /* could not be copied: the next of its direction */
    bool has_stuck[2];
    uint64_t passed[2]; /* offset behind what was handed out; UINT64_MAX after the end */
    size_t bytes;
    bool pressed; /* nothing waits any more until all that does is out */
};

void flow_order_clear(struct flow_order *o); /* frees what waits */

/*
 * The next item of the two streams, `first` preferred; false when there is none, both then
 * being pulled dry. `closing`: nothing will be pushed any more, so what waits in vain comes
 * out. Borrowed until the next call.
 */
MUST_USE bool flow_order_next(struct flow_order *o, struct reasm *const streams[2],
        enum direction first, bool closing, struct item *out);

/* Too much waits elsewhere: all that waits here comes out as it is. */
void flow_order_relieve(struct flow_order *o);

#endif
