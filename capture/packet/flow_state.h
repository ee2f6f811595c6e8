/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_STATE_H
#define CAPTURE_PACKET_FLOW_STATE_H

/* The inside of flow.h, for the files that implement it. */

#include "capture/packet/flow.h"
#include "capture/packet/flow_key.h"
#include "capture/packet/flow_order.h"
#include "capture/packet/flow_start.h"
#include "capture/packet/flow_track.h"

/* A flow is in one of these, the idlest first. */
enum queue {
    QUEUE_TCP,
    QUEUE_UDP,
    QUEUE_CLOSING, /* over or followed by a twin; waits for late packets */
    QUEUES,
};

/* What flow_note changes. */
struct flow_counts {
    uint64_t packets, last_packet, bytes[2], bad_checksums;
    int64_t last_ns;
};

struct flow_state {
    struct flow *flow; /* whose it is */
    struct flows *owner;
    struct flow_key key;
    uint64_t hash;
    struct flow_state *chain; /* next in the bucket; newer flows come first */
    struct flow_state *older, *newer;
    enum queue queue;
    int64_t touched_ns;
    struct track track;
    bool client_first; /* the client is the first end of the key */
    bool replaced;     /* a newer connection uses its ports */
    bool over;         /* of UDP: the connection said that it ended */
    enum direction last;
    struct flow_start start; /* TCP */
    bool placed; /* the streams were told where they begin, as far as `start` knows */
    bool closed; /* the streams were closed */
    struct flow_order order;
    size_t waiting; /* as counted in the owner's sum */
};

struct flows {
    struct flow_limits limits;
    struct siphash_key seed;
    struct flow_state **buckets; /* owned */
    size_t bucket_count;         /* a power of two */
    size_t n;                    /* in the table */
    struct {
        struct flow_state *oldest, *newest;
        size_t n;
    } queues[QUEUES];
    struct flow_state *ended_first, *ended_last; /* linked by `newer` */
    size_t waiting;
    uint32_t total;
    int64_t now_ns, seen_ns;
    struct flow_key last_key; /* packets of one flow come in rows: hash it once */
    uint64_t last_hash;
    struct flow_counts before; /* of the flow of the last datagram, without it */
};

void flow_enqueue(struct flows *f, struct flow_state *s, enum queue queue);
void flow_dequeue(struct flows *f, struct flow_state *s);
/* A flow that begins with `seg`, the newest on its addresses and ports. NULL: no memory. */
struct flow_state *flow_add(struct flows *f, const struct segment *seg,
        const struct flow_key *key, uint64_t hash, bool forward);
/* A newer connection takes over the ports: the older ones only wait for late packets. */
void flow_retire_twins(struct flows *f, const struct flow_key *key, uint64_t hash);
enum direction flow_direction(const struct flow_state *s, bool forward);
/* flow_streams.c: a segment of TCP into the flow's streams; see flows_push. */
MUST_USE enum status flow_streams_push(
        struct flows *f, struct flow_state *s, const struct segment *seg, enum direction dir);
/* Counts the segment in the facts. */
void flow_note(struct connection *facts, const struct segment *seg, enum direction dir);

#endif
