/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/flow.h"
#include "capture/packet/flow_order.h"
#include "tests/support/oom.h"

static const uint32_t client_isn = 0xfffffffe, server_isn = 5000; /* the client's wrap */

struct talk {
    struct flows *flows;
    uint64_t number;
    size_t bytes[2];
    char text[512]; /* items in order: "c0-3<0" is [0, 3) of the client, who had heard 0 */
};

static void note(struct talk *t, const struct item *item)
{
    char *at = t->text + strlen(t->text);
    size_t room = sizeof(t->text) - strlen(t->text);
    char heard[24] = "?";

    if (item->kind == ITEM_BYTES)
        t->bytes[item->dir] += item->data.n;
    if (item->place.has_heard)
        (void)snprintf(heard, sizeof(heard), "%d", (int)item->place.heard);
    assert_true(item->place.has_sent_from);
    assert_int_equal(item->place.sent_to - item->place.sent_from, item->len);
    if (item->len != 0)
        (void)snprintf(at, room, "%s%c%d-%d<%s ", item->kind == ITEM_GAP ? "gap " : "",
                item->dir == FROM_CLIENT ? 'c' : 's', (int)item->place.sent_from,
                (int)item->place.sent_to, heard);
}

static void pull(struct talk *t, struct flow *flow)
{
    struct item item;

    while (flow_next(flow, &item))
        note(t, &item);
}

/* A segment of `n` bytes at offset `from`; its memory is gone as soon as it was pulled. */
static void say(struct talk *t, enum direction dir, uint8_t flags, uint32_t from, uint32_t n,
        uint32_t heard)
{
    struct endpoint client = {.address = {10, 0, 0, 1}, .port = 40000, .version = IPV4};
    struct endpoint server = {.address = {10, 0, 0, 2}, .port = 80, .version = IPV4};
    uint8_t *data = calloc(1, n + 1);
    struct segment seg = {.packet = ++t->number, .transport = TRANSPORT_TCP, .flags = flags};
    struct flow *flow = NULL;
    enum direction got;

    assert_non_null(data);
    seg.src = dir == FROM_CLIENT ? client : server;
    seg.dst = dir == FROM_CLIENT ? server : client;
    seg.payload = bytes_of(data, n);
    seg.wire_len = n;
    seg.seq = (dir == FROM_CLIENT ? client_isn : server_isn) + from +
              ((flags & TCP_SYN) != 0 ? 0u : 1u);
    seg.ack = (dir == FROM_CLIENT ? server_isn : client_isn) + 1u + heard;
    assert_int_equal(flows_push(t->flows, &seg, &flow, &got), STATUS_OK);
    assert_int_equal(got, dir);
    pull(t, flow);
    free(data);
}

static void start(struct talk *t)
{
    *t = (struct talk){.flows = flows_new(NULL)};
    assert_non_null(t->flows);
    say(t, FROM_CLIENT, TCP_SYN, 0, 0, 0);
    say(t, FROM_SERVER, TCP_SYN | TCP_ACK, 0, 0, 0);
}

static void finish(struct talk *t, const char *want)
{
    struct flow *flow;

    flows_close_all(t->flows);
    while ((flow = flows_next_ended(t->flows)) != NULL) {
        pull(t, flow);
        flow_free(flow);
    }
    flows_free(t->flows);
    if (want != NULL)
        assert_string_equal(t->text, want);
}

static void what_was_heard_comes_before_what_is_said_to_it(void **state)
{
    struct talk t;

    (void)state;
    start(&t);
    say(&t, FROM_SERVER, TCP_ACK, 0, 20, 10); /* the answers stand before the questions */
    /* An acknowledgement of nothing says nothing once there is something. */
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 0);
    say(&t, FROM_CLIENT, TCP_ACK, 10, 10, 50);
    say(&t, FROM_SERVER, TCP_ACK, 50, 9, 20);
    assert_string_equal(t.text, "c0-10<? s0-20<10 ");
    say(&t, FROM_SERVER, TCP_ACK, 20, 30, 10);
    assert_string_equal(t.text, "c0-10<? s0-20<10 s20-50<10 c10-20<50 s50-59<20 ");
    finish(&t, "c0-10<? s0-20<10 s20-50<10 c10-20<50 s50-59<20 ");
}

static void a_question_that_was_lost_is_a_gap_before_its_answer(void **state)
{
    struct talk t;

    (void)state;
    start(&t);
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 0);
    say(&t, FROM_SERVER, TCP_ACK, 0, 20, 30);
    assert_string_equal(t.text, "c0-10<0 ");
    for (unsigned i = 0; i < 2 * REASM_GRACE_PACKETS; i++)
        say(&t, FROM_CLIENT, TCP_ACK, 30, 0, 20);
    assert_string_equal(t.text, "c0-10<0 gap c10-30<? s0-20<30 ");
    finish(&t, "c0-10<0 gap c10-30<? s0-20<30 ");
}

static void at_the_end_nothing_waits_for_what_never_comes(void **state)
{
    struct talk t;

    (void)state;
    /* Each claims to answer the other. */
    start(&t);
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 20);
    say(&t, FROM_SERVER, TCP_ACK, 0, 20, 10);
    assert_string_equal(t.text, "");
    finish(&t, "c0-10<20 s0-20<10 ");
    /* One byte that nobody saw is a FIN. */
    start(&t);
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 0);
    say(&t, FROM_SERVER, TCP_ACK, 0, 20, 11);
    finish(&t, "c0-10<0 s0-20<11 ");
}

static void acknowledgements_that_say_nothing_are_not_believed(void **state)
{
    struct talk t;

    (void)state;
    start(&t);
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 0);
    say(&t, FROM_SERVER, TCP_ACK, 0, 20, 0);
    say(&t, FROM_SERVER, TCP_ACK, 20, 20, 1u << 30);
    say(&t, FROM_SERVER, TCP_PSH, 40, 5, 10);
    finish(&t, "c0-10<0 s0-20<? s20-40<? s40-45<? ");
}

static void what_waits_is_bounded(void **state)
{
    enum { SEGMENT = 60000, COUNT = 3 * FLOW_ORDER_MOST / SEGMENT };
    struct talk t;

    (void)state;
    start(&t);
    say(&t, FROM_CLIENT, TCP_ACK, 0, 10, 1u << 20);
    /* The server's stream begins with a hole, so the client waits for it ... */
    for (uint32_t i = 0; i < COUNT; i++)
        say(&t, FROM_CLIENT, TCP_ACK, 10 + i * SEGMENT, SEGMENT, 1u << 20);
    /* ... and comes out long before the end, in order. */
    assert_true(t.bytes[FROM_CLIENT] > SEGMENT);
    finish(&t, NULL);
    assert_int_equal(t.bytes[FROM_CLIENT], 10 + COUNT * SEGMENT);
}

static void without_memory_the_order_goes_but_no_byte(void **state)
{
    (void)state;
    for (long fail = 1, failed = true; failed; fail++) {
        struct reasm *streams[2];
        struct flow_order order = {0};
        struct ledger ledger;
        struct item item;
        uint64_t at[2] = {0, 0};
        static const uint8_t data[64];

        ledger_init(&ledger, 1);
        for (unsigned i = 0; i < 2; i++) {
            streams[i] = reasm_new((enum direction)i, &ledger, REASM_BUDGET);
            assert_non_null(streams[i]);
            reasm_begin(streams[i], 1, true, 0);
        }
        oom_fail_at(fail);
        for (uint32_t i = 0; i < 4; i++) {
            const struct segment seg = {.packet = i + 1,
                    .flags = TCP_ACK,
                    .seq = 1 + i * 10,
                    .ack = 1 + 1000,
                    .payload = {data, 10},
                    .wire_len = 10};

            reasm_hear(streams[FROM_SERVER], streams[FROM_CLIENT], &seg);
            assert_int_equal(reasm_push(streams[FROM_SERVER], &seg), STATUS_OK);
            while (flow_order_next(&order, streams, FROM_SERVER, false, &item)) {
                assert_int_equal(item.off, at[item.dir]);
                at[item.dir] += item.len;
            }
        }
        failed = oom_happened();
        oom_fail_at(0);
        reasm_close(streams[FROM_CLIENT], GAP_LOST);
        reasm_close(streams[FROM_SERVER], GAP_LOST);
        while (flow_order_next(&order, streams, FROM_CLIENT, true, &item)) {
            if (item.len == 0)
                continue;
            assert_int_equal(item.off, at[item.dir]);
            at[item.dir] += item.len;
        }
        assert_int_equal(at[FROM_SERVER], 40);
        flow_order_clear(&order);
        reasm_free(streams[0]);
        reasm_free(streams[1]);
        ledger_clear(&ledger);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_heard_comes_before_what_is_said_to_it),
            cmocka_unit_test(a_question_that_was_lost_is_a_gap_before_its_answer),
            cmocka_unit_test(at_the_end_nothing_waits_for_what_never_comes),
            cmocka_unit_test(acknowledgements_that_say_nothing_are_not_believed),
            cmocka_unit_test(what_waits_is_bounded),
            cmocka_unit_test(without_memory_the_order_goes_but_no_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
