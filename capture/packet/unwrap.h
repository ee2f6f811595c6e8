/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_UNWRAP_H
#define CAPTURE_PACKET_UNWRAP_H

/*
 * From a captured frame to the TCP segment or UDP datagram in it: link, IP, fragments and
 * tunnels (IP in IP, GRE, VXLAN, GTP-U) in one call. The one place that wires these parts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/ledger.h"
#include "base/status.h"
#include "capture/packet/packet.h"

enum {
    UNWRAP_TUNNELS_MOST = 4, /* tunnels inside tunnels; deeper ones are UNSUPPORTED */
};

/* How many frames came to which end; together they are all that was pushed. */
struct unwrap_counts {
    uint64_t frames;
    uint64_t segments;   /* gave a segment */
    uint64_t fragments;  /* waited for others, or came to nothing */
    uint64_t other;      /* sound, but neither TCP nor UDP over IP */
    uint64_t unreadable; /* malformed, cut inside the headers, or of an unknown link type */
};

struct unwrap; /* one capture's */

/* Gaps of the capture itself go to `ledger`, borrowed. With `sums` false checksums are not
 * computed. NULL when out of memory. */
struct unwrap *unwrap_new(struct ledger *ledger, bool sums);
void unwrap_free(struct unwrap *u); /* NULL is fine */

/*
 * `*found` tells whether the frame gave a segment; it borrows from the frame or from `u` and
 * is good until the next call or until the frame goes. STATUS_NOMEM only.
 */
MUST_USE enum status unwrap_frame(
        struct unwrap *u, const struct packet *frame, struct segment *out, bool *found);

/* No more frames will come: files one gap for each way in which frames were unreadable, and
 * the datagrams that lack fragments. */
void unwrap_close(struct unwrap *u);
struct unwrap_counts unwrap_counts(const struct unwrap *u);

#endif
