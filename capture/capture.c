/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture.h"

#include <stdlib.h>

#include "capture/doh.h"
#include "capture/queue.h"
#include "capture/stage.h"

enum { PORT_DNS = 53 };

struct capture {
    struct capture_setup setup;
    struct unwrap *unwrap;
    struct flows *flows;
    struct datagrams *datagrams;
    struct label *label;
    struct sessions *sessions;
    struct queue exchanges, connections;
};

void capture_free(struct capture *c)
{
    struct flow *flow;
    void *left;

    if (c == NULL)
        return;
    if (c->flows != NULL)
        flows_close_all(c->flows);
    while (c->flows != NULL && (flow = flows_next_ended(c->flows)) != NULL) {
        struct stage *stage = flow->stage;

        if (stage != NULL) {
            channel_free(stage->channel);
            datagrams_drop(c->datagrams, &stage->path);
            label_drop(stage->label);
            free(stage);
        }
        flow_free(flow);
    }
    datagrams_free(c->datagrams);
    flows_free(c->flows);
    while ((left = queue_take(&c->exchanges)) != NULL)
        exchange_free(left);
    while ((left = queue_take(&c->connections)) != NULL) {
        struct connection *connection = left;

        ledger_clear(&connection->ledger);
        arena_free(connection->arena);
        free(connection);
    }
    queue_clear(&c->exchanges);
    queue_clear(&c->connections);
    unwrap_free(c->unwrap);
    label_free(c->label);
    sessions_free(c->sessions);
    free(c);
}

enum status capture_new(
        const struct capture_setup *setup, struct capture **out, struct fault *fault)
{
    struct capture *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    c->setup = *setup;
    c->unwrap = unwrap_new(setup->ledger, setup->checksums);
    c->flows = flows_new(NULL);
    c->sessions = sessions_new();
    if (c->flows != NULL)
        c->datagrams = datagrams_new(&(const struct datagrams_setup){.flows = c->flows,
                .keys = setup->keys,
                .bodies = setup->bodies,
                .lookups = setup->lookups});
    if (c->unwrap == NULL || c->flows == NULL || c->sessions == NULL || c->datagrams == NULL) {
        capture_free(c);
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    }
    if (setup->labels) {
        c->label = label_new();
        if (c->label == NULL) {
            capture_free(c);
            return fault_set(fault, STATUS_MISSING,
                    "nDPI cannot be started: not the version 4.2 this was built for, or out of "
                    "memory");
        }
    }
    *out = c;
    return STATUS_OK;
}

static struct stage *stage_of(struct capture *c, struct flow *flow)
{
    struct stage *stage = flow->stage;

    if (stage != NULL)
        return stage;
    stage = calloc(1, sizeof(*stage));
    if (stage == NULL)
        return NULL;
    if (c->label != NULL) {
        stage->label = label_open(c->label);
        if (stage->label == NULL) {
            free(stage);
            return NULL;
        }
    }
    flow->stage = stage;
    return stage;
}

static enum status settle_label(struct capture *c, struct flow *flow, struct stage *stage)
{
    struct label_flow *label = stage->label;
    struct arena *arena = flow_arena(flow);

    stage->label = NULL;
    if (arena == NULL) {
        label_drop(label);
        return STATUS_NOMEM;
    }
    return label_settle(c->label, label, arena, &flow->facts);
}

static enum status show_label(
        struct capture *c, struct flow *flow, struct stage *stage, const struct segment *seg)
{
    if (stage->label == NULL || label_push(c->label, stage->label, seg))
        return STATUS_OK;
    return settle_label(c, flow, stage);
}

static enum status push_dns(struct capture *c, const struct flow *flow, const char *carrier,
        struct bytes message, uint64_t frame, int64_t time_ns)
{
    const struct lookup_origin from = {
            .connection = flow->facts.id,
            .carrier = carrier,
            .time_ns = time_ns,
            .frame = frame,
    };

    return lookups_push(c->setup.lookups, &from, message);
}

/* Takes `x` in any case. */
static enum status take_exchange(struct capture *c, struct exchange *x)
{
    enum status status = doh_read(c->setup.lookups, x);

    if (status == STATUS_OK)
        status = queue_put(&c->exchanges, x);
    if (status != STATUS_OK)
        exchange_free(x);
    return status;
}

static enum status drain_datagrams(struct capture *c)
{
    enum status status = STATUS_OK;
    struct exchange *x;

    while (status == STATUS_OK && datagrams_next(c->datagrams, &x))
        status = take_exchange(c, x);
    return status;
}

static enum status drain_channel(struct capture *c, struct flow *flow, struct channel *channel)
{
    enum status status = STATUS_OK;
    struct exchange *x;
    struct item message;
    const char *carrier;

    while (status == STATUS_OK && channel_next(channel, &x))
        status = take_exchange(c, x);
    while (status == STATUS_OK && channel_next_dns(channel, &message, &carrier))
        status = push_dns(c, flow, carrier, message.data,
                message.frames.n == 0 ? 0 : message.frames.at[0], message.last_ns);
    return status;
}

static enum status drain_flow(struct capture *c, struct flow *flow, struct stage *stage)
{
    enum status status = STATUS_OK;
    struct item item;

    while (status == STATUS_OK && flow_next(flow, &item)) {
        if (stage->channel == NULL) {
            const struct channel_setup setup = {
                    .facts = &flow->facts,
                    .keys = c->setup.keys,
                    .sessions = c->sessions,
                    .bodies = c->setup.bodies,
            };

            if (flow_arena(flow) != NULL)
                stage->channel = channel_new(&setup);
            if (stage->channel == NULL)
                return STATUS_NOMEM;
        }
        status = channel_push(stage->channel, &item);
        if (status == STATUS_OK)
            status = drain_channel(c, flow, stage->channel);
    }
    return status;
}

static enum status take_datagram(struct capture *c, struct flow *flow, struct stage *stage,
        const struct segment *seg, enum direction dir)
{
    enum status status;

    if (seg->src.port == PORT_DNS || seg->dst.port == PORT_DNS) {
        flow->facts.protocol = "dns";
        return push_dns(c, flow, "udp", seg->payload, seg->packet, seg->time_ns);
    }
    status = datagrams_push(c->datagrams, flow, &stage->path, seg, dir);
    return status == STATUS_OK ? drain_datagrams(c) : status;
}

static enum status end_stage(struct capture *c, struct flow *flow, struct stage *stage)
{
    enum status status = drain_flow(c, flow, stage);

    if (status == STATUS_OK && stage->channel != NULL) {
        status = channel_close(stage->channel);
        if (status == STATUS_OK)
            status = drain_channel(c, flow, stage->channel);
    }
    if (status == STATUS_OK)
        status = datagrams_end(c->datagrams, flow, &stage->path);
    if (status == STATUS_OK)
        status = drain_datagrams(c);
    if (status == STATUS_OK && stage->label != NULL)
        status = settle_label(c, flow, stage);
    channel_free(stage->channel);
    datagrams_drop(c->datagrams, &stage->path);
    label_drop(stage->label);
    free(stage);
    flow->stage = NULL;
    return status;
}

static enum status end_flow(struct capture *c, struct flow *flow)
{
    struct stage *stage = stage_of(c, flow);
    struct connection *facts = calloc(1, sizeof(*facts));
    enum status status = STATUS_NOMEM;

    if (stage != NULL)
        status = end_stage(c, flow, stage);
    if (status == STATUS_OK && facts == NULL)
        status = STATUS_NOMEM;
    if (status == STATUS_OK) {
        flow_take_facts(flow, facts);
        status = queue_put(&c->connections, facts);
        if (status != STATUS_OK) {
            ledger_clear(&facts->ledger);
            arena_free(facts->arena);
        }
    }
    if (status != STATUS_OK)
        free(facts);
    flow_free(flow);
    return status;
}

static enum status end_flows(struct capture *c)
{
    enum status status = STATUS_OK;
    struct flow *flow;

    while (status == STATUS_OK && (flow = flows_next_ended(c->flows)) != NULL)
        status = end_flow(c, flow);
    return status;
}

static enum status take_segment(struct capture *c, const struct segment *seg)
{
    enum direction dir;
    struct stage *stage;
    struct flow *flow;
    enum status status = flows_push(c->flows, seg, &flow, &dir);

    if (status == STATUS_OK && seg->transport == TRANSPORT_UDP)
        status = datagrams_route(c->datagrams, seg, &flow, &dir);
    if (status != STATUS_OK)
        return status;
    stage = stage_of(c, flow);
    if (stage == NULL)
        return STATUS_NOMEM;
    status = show_label(c, flow, stage, seg);
    if (status == STATUS_OK)
        status = seg->transport == TRANSPORT_TCP ? drain_flow(c, flow, stage)
                                                 : take_datagram(c, flow, stage, seg, dir);
    return status == STATUS_OK ? end_flows(c) : status;
}

static enum status explain(
        struct capture *c, enum status status, uint64_t packet, struct fault *fault)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_IO && body_store_status(c->setup.bodies, fault) != STATUS_OK)
        return STATUS_IO;
    return fault_set(fault, status, "packet %llu: %s", (unsigned long long)packet,
            status == STATUS_NOMEM ? "out of memory"
                                   : "the reader came to a state it must not");
}

enum status capture_push(struct capture *c, const struct packet *packet, struct fault *fault)
{
    struct segment seg;
    bool found;
    enum status status = unwrap_frame(c->unwrap, packet, &seg, &found);

    if (status == STATUS_OK && found)
        status = take_segment(c, &seg);
    return explain(c, status, packet->number, fault);
}

enum status capture_close(struct capture *c, struct fault *fault)
{
    unwrap_close(c->unwrap);
    flows_close_all(c->flows);
    return explain(c, end_flows(c), capture_counts(c).frames, fault);
}

bool capture_next_exchange(struct capture *c, struct exchange **out)
{
    struct exchange *x = queue_take(&c->exchanges);

    if (x == NULL)
        return false;
    *out = x;
    return true;
}

bool capture_next_connection(struct capture *c, struct connection **out)
{
    struct connection *facts = queue_take(&c->connections);

    if (facts == NULL)
        return false;
    *out = facts;
    return true;
}

struct unwrap_counts capture_counts(const struct capture *c)
{
    return unwrap_counts(c->unwrap);
}
