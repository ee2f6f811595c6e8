/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_REASM_H
#define CAPTURE_PACKET_REASM_H

/*
 * reasm puts one direction of one TCP connection back in order (RFC 9293).
 *
 * Segments go in as they were captured: late, repeated, overlapping, cut short, missing.
 * Items come out in stream order. An item is a run of bytes or a gap, and the items of a
 * stream cover every offset from 0 up to the highest one seen exactly once: whoever reads the
 * stream meets what is missing at the place where it is missing.
 *
 * Offset 0 is the byte after the SYN. Without a SYN it is the first byte that was captured, or
 * the first one the peer had not acknowledged yet, whichever was seen first; such a stream
 * begins with a GAP_MIDSTREAM of length 0 (longer, when bytes behind offset 0 are missing
 * too), and earlier bytes that turn up later are left out.
 *
 * A hole becomes a gap: as GAP_LOST when the peer acknowledged past it and
 * REASM_GRACE_PACKETS more packets of the connection came (captures are reordered too); when
 * more waits behind it than the budget allows (GAP_LOST if acknowledged, else GAP_BUDGET); and
 * at the close. What a snap length cut off is a GAP_SNAPLEN at its place.
 *
 * Where a segment overlaps an earlier one, the first copy stands. When the bytes differ, a
 * GAP_CONFLICT of length 0 marks the place. For bytes that were handed out already it comes at
 * once, so its offset lies before the items around it; they are compared as long as they are
 * among the last REASM_HISTORY ones. After ITEM_END the ledger still gets such marks, and one
 * GAP_BAD for bytes behind the FIN, but no items follow. Keep-alives (RFC 9293 section 3.8.4) never conflict.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/gap.h"
#include "base/ledger.h"
#include "base/status.h"
#include "capture/item.h"
#include "capture/packet/packet.h"

enum {
    REASM_BUDGET = 4 << 20,     /* a budget that is enough for reassembly of real traffic */
    REASM_PIECES_MOST = 4096,   /* segments that wait behind holes, besides the budget */
    REASM_GRACE_PACKETS = 32,   /* packets of the connection an acknowledged hole still waits */
    REASM_HISTORY = 16384,      /* bytes handed out that repeats are compared with */
    REASM_CONFLICTS_MOST = 256, /* places named; the last one says that there are more */
    /*
     * A segment or acknowledgement further ahead of all others than this (no receive window in
     * use is larger) is not believed: forged, damaged, or of another connection. Segments so
     * left out are said in one GAP_BAD of length 0. REASM_JUMP_PROOF in a row that agree
     * within the same distance are believed: then the capture lost that much.
     */
    REASM_JUMP_MOST = 1 << 24,
    REASM_JUMP_PROOF = 3,
};

struct reasm; /* one direction; see flow.h for the pair */

/* At most `budget` bytes wait behind holes (bookkeeping included; one segment more may come
 * before a hole is given up). `ledger` is borrowed. NULL when out of memory. */
struct reasm *reasm_new(enum direction dir, struct ledger *ledger, size_t budget);
void reasm_free(struct reasm *r); /* NULL is fine */

/* The sequence number of offset 0 is `seq`, as frame `packet` shows. `whole` when that is known to
 * be the stream's very first byte (the other side acknowledged the SYN with it). Does nothing once
 * the stream has a beginning. */
void reasm_begin(struct reasm *r, uint32_t seq, bool whole, uint64_t packet);

/* Before reasm_push: notes how much of `peer`, the other direction, the sender of `seg` had
 * received, for the items that carry its bytes. Before reasm_acked of `peer` with it. */
void reasm_hear(struct reasm *r, const struct reasm *peer, const struct segment *seg);

/*
 * Takes one TCP segment of this direction. What is in order is not copied: pull with
 * reasm_next until it is false before the segment's memory goes and before the next push
 * (STATUS_USAGE otherwise, and nothing is taken). STATUS_NOMEM: what could not be copied counts
 * as not captured.
 */
MUST_USE enum status reasm_push(struct reasm *r, const struct segment *seg);

/* The peer's acknowledgement number, seen in frame `packet`. Pull afterwards. */
void reasm_acked(struct reasm *r, uint32_t ack, uint64_t packet);

/* The connection was reset by this side, or by the other one with word of how much it had
 * received: then an end without FIN lacks nothing. */
void reasm_reset(struct reasm *r);

/* The next item that is settled; false when there is none until more is pushed. */
MUST_USE bool reasm_next(struct reasm *r, struct item *out);

/*
 * No more segments will come. Holes become gaps, GAP_LOST where acknowledged, else for `why`.
 * When neither FIN nor reset was seen a gap of length 0 for `why` tells that the stream's end
 * is not its end; then one ITEM_END follows.
 */
void reasm_close(struct reasm *r, enum gap_cause why);

size_t reasm_waiting(const struct reasm *r); /* bytes held for segments behind holes */
/* Gives up the oldest hole, to make room: it comes out of reasm_next as over budget. */
void reasm_relieve(struct reasm *r);
bool reasm_ended(const struct reasm *r); /* ITEM_END was handed out */

#endif
