/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "capture/packet/flow.h"
#include "capture/packet/unwrap.h"
#include "capture/quic/quic.h"
#include "tests/support/account.h"

enum { STREAMS_MOST = 1 << 16 };

/* Where each stream of one connection has come to, by number * 2 + direction. */
struct tally {
    uint64_t key, next;
    bool ended;
};

struct quic_tally {
    struct quic *quic;
    struct tally *at; /* owned */
    size_t n, capacity;
};

/* What came out must begin where the last item of its stream ended. */
static void follow(struct tally *t, const struct item *item)
{
    assert_false(t->ended);
    if (item->kind == ITEM_END) {
        t->ended = true;
        return;
    }
    if (item->kind == ITEM_GAP && item->len == 0)
        return; /* a mark, which may point back */
    assert_int_equal(item->off, t->next);
    if (item->kind == ITEM_BYTES)
        assert_int_equal(item->data.n, item->len);
    t->next += item->len;
}

static void pull_tcp(struct flow *flow, size_t *streams)
{
    struct tally *tally = flow->stage;
    struct item item;

    if (tally == NULL) {
        tally = calloc(2, sizeof(*tally));
        assert_non_null(tally);
        flow->stage = tally;
        *streams += 2;
    }
    while (flow_next(flow, &item))
        follow(&tally[item.dir], &item);
}

static struct tally *find(struct quic_tally *q, uint64_t key, size_t *streams)
{
    for (size_t i = q->n; i > 0; i--) {
        if (q->at[i - 1].key == key)
            return &q->at[i - 1];
    }
    assert_true(q->n < STREAMS_MOST);
    if (q->n == q->capacity) {
        q->capacity = q->capacity == 0 ? 64 : q->capacity * 2;
        q->at = realloc(q->at, q->capacity * sizeof(*q->at));
        assert_non_null(q->at);
    }
    q->at[q->n] = (struct tally){.key = key};
    *streams += 1;
    return &q->at[q->n++];
}

static void pull_quic(struct quic_tally *q, size_t *streams)
{
    struct item item;
    uint64_t stream;

    while (quic_next(q->quic, &stream, &item))
        follow(find(q, stream * 2 + item.dir, streams), &item);
    assert_int_equal(quic_status(q->quic), STATUS_OK);
}

static void push_quic(struct flow *flow, enum direction dir, const struct segment *seg,
        const struct keylog *keys, size_t *streams)
{
    struct quic_tally *q = flow->stage;

    if (q == NULL) {
        q = calloc(1, sizeof(*q));
        assert_non_null(q);
        q->quic = quic_new(&(struct quic_setup){.keys = keys,
                .ledger = &flow->facts.ledger,
                .arena = flow_arena(flow),
                .tls = &flow->facts.tls,
                .facts = &flow->facts.quic});
        assert_non_null(q->quic);
        flow->stage = q;
    }
    assert_int_equal(quic_push(q->quic, &(struct quic_datagram){.dir = dir,
                                                .data = seg->payload,
                                                .wire_len = seg->wire_len,
                                                .packet = seg->packet,
                                                .time_ns = seg->time_ns}),
            STATUS_OK);
    pull_quic(q, streams);
}

static void end(struct flow *flow, size_t *streams)
{
    if (flow->facts.transport == TRANSPORT_TCP) {
        struct tally *tally;

        pull_tcp(flow, streams);
        tally = flow->stage;
        assert_true(tally[0].ended && tally[1].ended);
        free(tally);
    } else if (flow->stage != NULL) {
        struct quic_tally *q = flow->stage;

        assert_int_equal(quic_close(q->quic, GAP_CUT), STATUS_OK);
        pull_quic(q, streams);
        for (size_t i = 0; i < q->n; i++)
            assert_true(q->at[i].ended);
        quic_free(q->quic);
        free(q->at);
        free(q);
    }
    flow_free(flow);
}

size_t account_conserve(const struct packet *packets, size_t n, const struct keylog *keys)
{
    struct flows *flows = flows_new(NULL);
    struct segment segment;
    struct unwrap *unwrap;
    struct ledger ledger;
    struct flow *flow;
    enum direction dir;
    size_t streams = 0;
    bool found;

    ledger_init(&ledger, 0);
    unwrap = unwrap_new(&ledger, false);
    assert_true(flows != NULL && unwrap != NULL);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(unwrap_frame(unwrap, &packets[i], &segment, &found), STATUS_OK);
        if (!found)
            continue;
        assert_int_equal(flows_push(flows, &segment, &flow, &dir), STATUS_OK);
        if (segment.transport == TRANSPORT_TCP)
            pull_tcp(flow, &streams);
        else if (segment.src.port == 443 || segment.dst.port == 443)
            push_quic(flow, dir, &segment, keys, &streams);
        while ((flow = flows_next_ended(flows)) != NULL)
            end(flow, &streams);
    }
    flows_close_all(flows);
    while ((flow = flows_next_ended(flows)) != NULL)
        end(flow, &streams);
    flows_free(flows);
    unwrap_free(unwrap);
    ledger_clear(&ledger);
    return streams;
}
