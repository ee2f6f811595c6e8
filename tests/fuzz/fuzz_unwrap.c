/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: unwrap, and through it link, ip, fragment and transport; its segments go on into
 * flow. The input is a list of frames: link type (2 bytes), bytes kept (2), bytes missing from
 * the frame (1), seconds since the last one (1), then the bytes kept. Checked: a segment never
 * has more payload than was on the wire, the counts add up, the items of each direction of
 * each flow lie one behind the other and end once, and facts agree with what was pushed.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/flow.h"
#include "capture/packet/unwrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t at[2];
    bool ended[2];
};

static void drain(struct flow *flow)
{
    struct seen *seen = flow->stage;
    struct item item;

    while (flow_next(flow, &item)) {
        assert(!seen->ended[item.dir]);
        assert(item.len == 0 || item.off == seen->at[item.dir]);
        assert(item.kind != ITEM_BYTES || item.data.n == item.len);
        assert(item.kind != ITEM_GAP || ledger_find(&flow->facts.ledger, item.gap) != NULL);
        seen->at[item.dir] += item.len;
        seen->ended[item.dir] = item.kind == ITEM_END;
    }
}

static void drain_ended(struct flows *flows)
{
    struct flow *flow;

    while ((flow = flows_next_ended(flows)) != NULL) {
        struct seen *seen = flow->stage;

        drain(flow);
        assert(flow->ended != FLOW_OPEN);
        assert(flow->facts.transport == TRANSPORT_UDP ||
                (seen->ended[FROM_CLIENT] && seen->ended[FROM_SERVER]));
        free(seen);
        flow_free(flow);
    }
}

static void one_frame(struct unwrap *u, struct flows *flows, const struct packet *frame)
{
    struct flow *flow;
    struct segment seg;
    enum direction dir;
    bool found;

    assert(unwrap_frame(u, frame, &seg, &found) == STATUS_OK);
    if (!found)
        return;
    assert(seg.payload.n <= seg.wire_len);
    assert(seg.src.version == seg.dst.version);
    assert(flows_push(flows, &seg, &flow, &dir) == STATUS_OK);
    if (flow->stage == NULL)
        flow->stage = calloc(1, sizeof(struct seen));
    if (flow->stage == NULL)
        abort();
    assert(endpoint_equal(
            dir == FROM_CLIENT ? &flow->facts.client : &flow->facts.server, &seg.src));
    drain(flow);
    drain_ended(flows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flow_limits limits = {.open = 8, .waiting = 4096, .budget = 2048};
    struct ledger ledger;
    struct unwrap *u;
    struct flows *flows = flows_new(&limits);
    struct unwrap_counts counts;
    struct bytes at = {data, size};
    struct packet frame = {0};
    uint16_t link, kept;
    uint8_t missing, seconds;

    ledger_init(&ledger, 0);
    u = unwrap_new(&ledger, true);
    if (u == NULL || flows == NULL)
        abort();
    while (bytes_take_u16(&at, &link) && bytes_take_u16(&at, &kept) &&
            bytes_take_u8(&at, &missing) && bytes_take_u8(&at, &seconds)) {
        uint8_t *exact;
        struct bytes raw = bytes_slice(at, 0, kept);

        at = bytes_slice(at, raw.n, at.n);
        exact = malloc(raw.n == 0 ? 1 : raw.n);
        if (exact == NULL)
            abort();
        if (raw.n != 0)
            memcpy(exact, raw.p, raw.n);
        frame.number++;
        frame.time_ns += seconds * INT64_C(1000000000);
        frame.link = link;
        frame.data = (struct bytes){exact, raw.n};
        frame.wire_len = (uint32_t)raw.n + missing;
        one_frame(u, flows, &frame);
        free(exact);
    }
    flows_close_all(flows);
    drain_ended(flows);
    assert(flows_open(flows) == 0);
    unwrap_close(u);
    counts = unwrap_counts(u);
    assert(counts.frames == frame.number);
    assert(counts.frames ==
            counts.segments + counts.fragments + counts.other + counts.unreadable);
    unwrap_free(u);
    flows_free(flows);
    ledger_clear(&ledger);
    return 0;
}
