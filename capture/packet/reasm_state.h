/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_REASM_STATE_H
#define CAPTURE_PACKET_REASM_STATE_H

/* What reasm.c (segments in) and reasm_next.c (items out) share; nobody else includes it. */

#include "base/ranges.h"
#include "capture/packet/reasm.h"
#include "capture/packet/reasm_piece.h"

enum { NOTICES_MOST = 8 };

/* A gap of length 0 that waits to be handed out. */
struct notice {
    enum gap_cause why;
    uint64_t off;
    uint32_t gap;
};

/* Positions so far ahead that they need company to be believed. */
struct outlier {
    uint64_t off;
    unsigned n;
};

struct reasm {
    struct ledger *ledger;
    size_t budget;
    enum direction dir;
    uint32_t base; /* sequence number of offset 0 */
    bool begun, whole, reset, stray_told, packets_seen;
    bool has_heard; /* of the segment being pushed: see struct item_place */
    uint64_t heard;
    uint64_t edge;     /* the next offset to hand out */
    uint64_t high;     /* behind the highest byte seen */
    uint64_t acked;    /* the peer has all before it */
    uint64_t reset_at; /* where a reset by the sender stood; 0: none beyond what was seen */
    bool has_fin;
    uint64_t fin; /* the stream's length */
    uint64_t fin_packet;
    int64_t fin_ns;
    bool fin_has_heard;
    uint64_t fin_heard;

    /* The part of the segment pushed last that is in order. */
    struct bytes direct;
    uint64_t direct_cut; /* bytes that were cut off behind it */
    uint64_t direct_packet;
    int64_t direct_ns;
    bool direct_has_heard;
    uint64_t direct_heard;

    struct pieces pieces;
    struct piece *lent; /* the one whose bytes were handed out last; owned */
    struct recent recent;
    struct ranges conflicts;
    size_t conflict_count;
    struct notice notices[NOTICES_MOST];
    size_t notice_n;
    struct outlier far_data, far_ack;

    uint64_t tick;    /* packets of the connection */
    uint64_t settled; /* holes below become gaps */
    uint64_t mark;    /* holes below were acknowledged at mark_tick */
    uint64_t mark_tick;
    bool relieve; /* asked to give up a hole */
    bool closed, ended;
    enum gap_cause close_why;
    uint64_t ack_packet;
    uint64_t newest; /* number of the packet pushed last, of either direction */

    uint64_t last_packet; /* of the byte before the edge; 0 when there is none */
    int64_t last_ns;
    uint64_t frames[2];
};

/* Files a gap of this stream; its id, 0 when out of memory. */
uint32_t reasm_file(struct reasm *r, const struct gap *where);
/* Marks a place: a gap of length 0. A push makes few of these and all are pulled before the
 * next. */
void reasm_notify(
        struct reasm *r, enum gap_cause why, uint64_t off, uint64_t packet, const char *detail);

#endif
