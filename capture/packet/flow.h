/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_H
#define CAPTURE_PACKET_FLOW_H

/*
 * Who talks to whom: gives each segment its connection and direction, keeps the connection's
 * facts, and puts both directions of TCP back in order (reasm.h).
 *
 * The coordinator's loop:
 *
 *     flows_push(flows, &segment, &flow, &dir);
 *     while (flow_next(flow, &item)) ...           TCP; of UDP the segment itself is the message
 *     while ((flow = flows_next_ended(flows)) != NULL) {
 *         while (flow_next(flow, &item)) ...
 *         ... keep flow->facts (flow_take_facts), free flow->stage ...
 *         flow_free(flow);
 *     }
 *
 * and flows_close_all before the last round of flows_next_ended.
 *
 * The same addresses and ports can serve several connections one after the other. A SYN with
 * a new sequence number begins a new one; the older one stays beside it for a while, takes
 * what fits its own sequence numbers, and goes on unharmed if that SYN was forged.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "capture/connection.h"
#include "capture/item.h"
#include "capture/packet/packet.h"
#include "capture/packet/reasm.h"

enum {
    FLOW_OPEN_MOST = 65536,        /* open at once; past it the idlest is ended */
    FLOW_CLOSING_MOST = 1024,      /* closed ones that wait for late packets */
    FLOW_TWINS_MOST = 4,           /* connections at once on the same addresses and ports */
    FLOW_UDP_TWINS_MOST = 64,      /* of QUIC, which tells them apart by connection ID */
    FLOW_WAITING_MOST = 64 << 20,  /* bytes behind holes in all flows together */
    FLOW_LINGER_SECONDS = 60,      /* for late packets after both FINs or a reset */
    FLOW_UDP_IDLE_SECONDS = 600,   /* RFC 4787 asks of routers for 300 or more */
    FLOW_TCP_IDLE_SECONDS = 10800, /* keep-alives come after 7,200 (RFC 9293 section 3.8.4) */
    FLOW_ARENA_MOST = 8 << 20,     /* of strings and certificates of one connection */
};

enum flow_end {
    FLOW_OPEN,
    FLOW_CLOSED,  /* both FINs acknowledged */
    FLOW_RESET,   /* RST */
    FLOW_REUSED,  /* the ports serve a newer connection */
    FLOW_IDLE,    /* no packet for the time above */
    FLOW_EVICTED, /* too many flows */
    FLOW_CUT,     /* the capture ended first */
};

struct flows;

struct flow {
    struct connection facts;
    struct reasm *streams[2]; /* by enum direction; NULL for UDP */
    void *stage;              /* the coordinator's; starts as NULL, never touched here */
    enum flow_end ended;      /* FLOW_OPEN until it comes out of flows_next_ended */
    struct flow_state *state; /* flow.c's own */
};

/* NULL: all defaults above. Zero fields mean the default too. */
struct flow_limits {
    size_t open;
    size_t waiting;
    size_t budget; /* of one direction: REASM_BUDGET */
};

struct flows *flows_new(const struct flow_limits *limits); /* NULL: no memory */
/* Frees the flows that did not come out of flows_next_ended too, but not their stages. */
void flows_free(struct flows *f);

/*
 * Finds or makes the segment's flow, owned by `f`, and its direction in it; updates the facts
 * and pushes the segment and its acknowledgement into the streams. Pull with flow_next before
 * the segment's memory goes. STATUS_NOMEM: a new flow could not be made (outputs untouched) or
 * the segment counts as not captured (outputs set). STATUS_USAGE: not pulled dry before.
 */
MUST_USE enum status flows_push(
        struct flows *f, const struct segment *seg, struct flow **flow, enum direction *dir);

/* The next item of either direction, that of the last segment first, but none before what its
 * sender had heard of the other side (flow_order.h); false when there is none. */
MUST_USE bool flow_next(struct flow *flow, struct item *out);

/*
 * What UDP's own header does not tell, a QUIC connection knows (capture/datagrams.h). The first two
 * are for the datagram that was pushed last, and correct what flows_push took it for:
 *
 * It begins another connection on the addresses and ports of `*flow`: makes it a flow of its own.
 * STATUS_NOMEM: outputs untouched.
 */
MUST_USE enum status flows_split(
        struct flows *f, const struct segment *seg, struct flow **flow, enum direction *dir);
/* It belongs to `to`, another flow on the same addresses and ports. */
void flows_hand(struct flows *f, const struct segment *seg, struct flow *from, struct flow *to,
        enum direction *dir);
/* The flow's connection goes on, by other addresses. */
void flows_touch(struct flows *f, struct flow *flow);
/* The flow's connection is over: FLOW_LINGER_SECONDS for late packets are enough. */
void flows_linger(struct flows *f, struct flow *flow);

/* A flow that has ended, its streams closed: the caller owns it now. NULL when there is none.
 * In order of ending. */
struct flow *flows_next_ended(struct flows *f);
/* The capture is over: all flows end, in order of their first packet. */
void flows_close_all(struct flows *f);

void flow_free(struct flow *flow); /* all but its stage; NULL is fine */
/* Moves the facts out with all they own (ledger, arena); the flow may then only be freed. */
void flow_take_facts(struct flow *flow, struct connection *out);
/* facts.arena, made at first need; NULL when out of memory. */
struct arena *flow_arena(struct flow *flow);

uint32_t flows_total(const struct flows *f); /* connections seen so far */
size_t flows_open(const struct flows *f);    /* in the table now */
/* Why what is missing at such an end is missing. */
enum gap_cause flow_end_cause(enum flow_end end);
const char *flow_end_name(enum flow_end end); /* "closed", "reset", ... */

#endif
