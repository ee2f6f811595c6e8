/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_state.h"

static void count_waiting(struct flow_state *s)
{
    size_t waiting = s->order.bytes + s->start.bytes;

    for (unsigned i = 0; i < 2; i++) {
        if (s->flow->streams[i] != NULL)
            waiting += reasm_waiting(s->flow->streams[i]);
    }
    s->owner->waiting += waiting - s->waiting;
    s->waiting = waiting;
}

enum gap_cause flow_end_cause(enum flow_end end)
{
    switch (end) {
    case FLOW_EVICTED:
        return GAP_BUDGET;
    case FLOW_CUT:
        return GAP_CUT;
    case FLOW_OPEN:
    case FLOW_CLOSED:
    case FLOW_RESET:
    case FLOW_REUSED:
    case FLOW_IDLE:
        break;
    }
    return GAP_LOST;
}

static enum status push_streams(
        struct flows *f, struct flow_state *s, const struct segment *seg, enum direction dir)
{
    struct reasm *own = s->flow->streams[dir];
    struct reasm *peer = s->flow->streams[dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
    enum status status;

    reasm_hear(own, peer, seg);
    status = reasm_push(own, seg);
    if (status == STATUS_USAGE)
        return status;
    if (s->track.reset && (seg->flags & TCP_RST) != 0) {
        reasm_reset(own);
        /* Without an acknowledgement the reset says nothing of what its sender had received. */
        if ((seg->flags & TCP_ACK) != 0)
            reasm_reset(peer);
    }
    if ((seg->flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
        /* What a SYN-ACK acknowledges is the SYN, even when that was not captured. */
        if (track_opens(seg))
            reasm_begin(peer, seg->ack, true, seg->packet);
        reasm_acked(peer, seg->ack, seg->packet);
    } else if ((seg->flags & (TCP_ACK | TCP_RST)) == (TCP_ACK | TCP_RST) && s->track.reset) {
        /* Whoever resets says how far it had heard, and it may be the last word. */
        reasm_acked(peer, seg->ack, seg->packet);
    }
    count_waiting(s);
    if (f->waiting > f->limits.waiting) {
        reasm_relieve(own);
        flow_order_relieve(&s->order);
    }
    return status;
}

enum status flow_streams_push(
        struct flows *f, struct flow_state *s, const struct segment *seg, enum direction dir)
{
    bool kept;
    enum status status = flow_start_take(&s->start, seg, dir, &kept);

    if (status != STATUS_OK || !kept)
        return status == STATUS_OK ? push_streams(f, s, seg, dir) : status;
    count_waiting(s);
    if (f->waiting > f->limits.waiting)
        flow_start_end(&s->start);
    return STATUS_OK;
}

/* The wait for the connection's beginning is over: its directions begin where they can. */
static void place_streams(struct flow_state *s)
{
    uint64_t packet;
    uint32_t seq;

    s->placed = true;
    for (unsigned i = 0; i < 2; i++) {
        if (flow_start_lowest(&s->start, (enum direction)i, &seq, &packet))
            reasm_begin(s->flow->streams[i], seq, false, packet);
    }
}

/* What comes when the streams are dry: segments that waited for the beginning, then the end. */
static bool feed_streams(struct flow *flow)
{
    struct flow_state *s = flow->state;
    struct segment seg;

    if (s->start.over && !s->placed) {
        place_streams(s); /* which may have something to say */
        return true;
    }
    if (flow_start_next(&s->start, &seg, &s->last)) {
        /* What memory lacks for counts as not captured: a gap says so. */
        (void)!push_streams(s->owner, s, &seg, s->last);
        return true;
    }
    if (flow->ended == FLOW_OPEN || s->closed)
        return false;
    s->closed = true;
    s->last = FROM_CLIENT;
    for (unsigned i = 0; i < 2; i++) {
        /* Without any SYN the connection began before the capture, whatever its packets held: a
         * reset may be all that is left of it. */
        if (!s->track.syn[FROM_CLIENT] && !s->track.syn[FROM_SERVER])
            reasm_begin(flow->streams[i], 0, false, flow->facts.first_packet);
        reasm_close(flow->streams[i], flow_end_cause(flow->ended));
    }
    return true;
}

bool flow_next(struct flow *flow, struct item *out)
{
    struct flow_state *s = flow->state;

    if (flow->streams[s->last] == NULL)
        return false;
    do {
        if (flow_order_next(&s->order, flow->streams, s->last, s->closed, out))
            return true;
    } while (feed_streams(flow));
    if (s->waiting != 0 || s->order.bytes != 0)
        count_waiting(s);
    return false;
}
