/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/flow_state.h"

/* The datagram that was pushed last is not the flow's. */
static void forget_last(const struct flows *f, struct connection *facts)
{
    facts->packets = f->before.packets;
    facts->last_packet = f->before.last_packet;
    facts->bytes[FROM_CLIENT] = f->before.bytes[FROM_CLIENT];
    facts->bytes[FROM_SERVER] = f->before.bytes[FROM_SERVER];
    facts->bad_checksums = f->before.bad_checksums;
    facts->last_ns = f->before.last_ns;
}

enum status flows_split(
        struct flows *f, const struct segment *seg, struct flow **flow, enum direction *dir)
{
    struct flow_state *s;
    struct flow_key key;
    enum direction from;
    bool forward;

    flow_key_of(seg, &key, &forward);
    flow_retire_twins(f, &key, f->last_hash);
    s = flow_add(f, seg, &key, f->last_hash, forward);
    if (s == NULL)
        return STATUS_NOMEM;
    forget_last(f, &(*flow)->facts);
    from = flow_direction(s, forward);
    s->last = from;
    flow_note(&s->flow->facts, seg, from);
    *flow = s->flow;
    *dir = from;
    return STATUS_OK;
}

void flows_touch(struct flows *f, struct flow *flow)
{
    struct flow_state *s = flow->state;

    if (flow->ended != FLOW_OPEN)
        return;
    flow_dequeue(f, s);
    flow_enqueue(f, s, s->queue);
}

void flows_hand(struct flows *f, const struct segment *seg, struct flow *from, struct flow *to,
        enum direction *dir)
{
    struct flow_key key;
    bool forward;

    flow_key_of(seg, &key, &forward);
    forget_last(f, &from->facts);
    *dir = flow_direction(to->state, forward);
    flow_note(&to->facts, seg, *dir);
    flows_touch(f, to);
}

void flows_linger(struct flows *f, struct flow *flow)
{
    struct flow_state *s = flow->state;

    if (flow->ended != FLOW_OPEN || s->over)
        return;
    s->over = true;
    flow_dequeue(f, s);
    flow_enqueue(f, s, QUEUE_CLOSING);
}
