/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/flow.h"
#include "capture/packet/flow_start.h"
#include "tests/support/oom.h"

enum { SYN = TCP_SYN, ACK = TCP_ACK, FIN = TCP_FIN, RST = TCP_RST };

static struct flows *flows;
static uint64_t number;
static int64_t now_ns;
static char text[2][256]; /* what each direction of the flow pushed last gave, since setup */

static int setup(void **state)
{
    (void)state;
    number = 0;
    now_ns = INT64_C(1700000000000000000);
    memset(text, 0, sizeof(text));
    flows = flows_new(NULL);
    return flows == NULL;
}

static int teardown(void **state)
{
    (void)state;
    flows_free(flows);
    return 0;
}

static void pull(struct flow *flow)
{
    struct item item;

    while (flow_next(flow, &item)) {
        char *out = text[item.dir];

        switch (item.kind) {
        case ITEM_BYTES:
            strncat(out, (const char *)item.data.p, item.data.n);
            break;
        case ITEM_GAP:
            strcat(out, "?");
            break;
        case ITEM_END:
            strcat(out, ".");
            break;
        }
    }
}

static struct segment make(uint8_t from, uint16_t sport, uint8_t to, uint16_t dport)
{
    struct segment seg = {.packet = ++number, .time_ns = now_ns};

    seg.src = (struct endpoint){.address = {10, 0, 0, from}, .port = sport, .version = IPV4};
    seg.dst = (struct endpoint){.address = {10, 0, 0, to}, .port = dport, .version = IPV4};
    return seg;
}

static struct flow *push(struct segment seg, enum direction expect)
{
    struct flow *flow = NULL;
    enum direction dir;

    assert_int_equal(flows_push(flows, &seg, &flow, &dir), STATUS_OK);
    assert_int_equal(dir, expect);
    pull(flow);
    return flow;
}

/* The client is 10.0.0.1:40000, the server 10.0.0.2:443. */
static struct flow *client(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
    struct segment seg = make(1, 40000, 2, 443);

    seg.flags = flags;
    seg.seq = seq;
    seg.ack = ack;
    seg.payload = bytes_text(data);
    seg.wire_len = (uint32_t)strlen(data);
    return push(seg, FROM_CLIENT);
}

static struct flow *server(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
    struct segment seg = make(2, 443, 1, 40000);

    seg.flags = flags;
    seg.seq = seq;
    seg.ack = ack;
    seg.payload = bytes_text(data);
    seg.wire_len = (uint32_t)strlen(data);
    return push(seg, FROM_SERVER);
}

static struct flow *udp(uint16_t sport, uint16_t dport, enum direction expect)
{
    struct segment seg = make(1, sport, 2, dport);

    seg.transport = TRANSPORT_UDP;
    seg.payload = BYTES_LITERAL("x");
    seg.wire_len = 1;
    return push(seg, expect);
}

static struct flow *whole_connection(uint32_t isn)
{
    (void)client(SYN, isn, 0, "");
    (void)server(SYN | ACK, isn + 5000, isn + 1, "");
    (void)client(ACK, isn + 1, isn + 5001, "ask");
    (void)server(ACK, isn + 5001, isn + 4, "answer");
    (void)server(ACK | FIN, isn + 5007, isn + 4, "");
    (void)client(ACK | FIN, isn + 4, isn + 5008, "");
    return server(ACK, isn + 5008, isn + 5, "");
}

static void a_connection_has_facts_and_two_streams(void **state)
{
    struct flow *flow = whole_connection(1000), *ended;

    (void)state;
    assert_int_equal(flow->facts.id, 1);
    assert_int_equal(flow->facts.client.port, 40000);
    assert_int_equal(flow->facts.server.port, 443);
    assert_false(flow->facts.roles_guessed);
    assert_int_equal(flow->facts.packets, 7);
    assert_int_equal(flow->facts.first_packet, 1);
    assert_int_equal(flow->facts.last_packet, 7);
    assert_int_equal(flow->facts.bytes[FROM_CLIENT], 3);
    assert_int_equal(flow->facts.bytes[FROM_SERVER], 6);
    assert_string_equal(text[FROM_CLIENT], "ask.");
    assert_string_equal(text[FROM_SERVER], "answer.");
    assert_null(flows_next_ended(flows));
    now_ns += INT64_C(1000000000) * FLOW_LINGER_SECONDS;
    (void)udp(5000, 53, FROM_CLIENT);
    (void)udp(5000, 53, FROM_CLIENT);
    ended = flows_next_ended(flows);
    assert_ptr_equal(ended, flow);
    assert_int_equal(ended->ended, FLOW_CLOSED);
    assert_null(flows_next_ended(flows));
    flow_free(ended);
}

static void a_syn_sent_again_is_the_same_connection_and_a_new_one_is_not(void **state)
{
    struct flow *first, *second;

    (void)state;
    first = client(SYN, 1000, 0, "");
    assert_ptr_equal(client(SYN, 1000, 0, ""), first);
    second = client(SYN, 900000000, 0, "");
    assert_ptr_not_equal(second, first);
    assert_int_equal(second->facts.id, 2);
    assert_ptr_equal(server(SYN | ACK, 77, 900000001, ""), second);
    /* A late answer to the first. */
    assert_ptr_equal(server(SYN | ACK, 4000, 1001, ""), first);
}

static void ports_used_again_begin_a_new_connection_and_late_packets_find_the_old_one(
        void **state)
{
    struct flow *first = whole_connection(1000), *second;

    (void)state;
    second = whole_connection(2000000000);
    assert_int_equal(second->facts.id, 2);
    assert_string_equal(text[FROM_SERVER], "answer.answer.");
    assert_ptr_equal(server(ACK | FIN, 6007, 1004, ""), first);
    assert_int_equal(first->facts.packets, 8);
}

static void a_forged_syn_does_not_take_the_connection_away(void **state)
{
    struct flow *flow;

    (void)state;
    flow = client(SYN, 1000, 0, "");
    (void)server(SYN | ACK, 5000, 1001, "");
    (void)client(ACK, 1001, 5001, "one ");
    assert_ptr_not_equal(client(SYN, 3000000000, 0, ""), flow);
    assert_ptr_equal(client(ACK, 1005, 5001, "two"), flow);
    assert_string_equal(text[FROM_CLIENT], "one two");
}

static void a_syn_ack_first_tells_the_roles_and_the_beginning(void **state)
{
    struct flow *flow = server(SYN | ACK, 5000, 1001, "");

    (void)state;
    assert_int_equal(flow->facts.server.port, 443);
    assert_false(flow->facts.roles_guessed);
    (void)client(ACK, 1003, 5001, "k");
    (void)client(ACK, 1001, 5001, "as");
    assert_string_equal(text[FROM_CLIENT], "ask");
}

static void without_any_syn_the_lower_port_is_the_server(void **state)
{
    struct flow *flow = server(ACK, 5000, 1001, "HTTP");

    (void)state;
    assert_int_equal(flow->facts.server.port, 443);
    assert_true(flow->facts.roles_guessed);
    for (unsigned i = 1; i < FLOW_START_PACKETS; i++) {
        assert_string_equal(text[FROM_SERVER], "");
        assert_ptr_equal(server(ACK, 5004, 1001, ""), flow);
    }
    assert_string_equal(text[FROM_SERVER], "?HTTP");
}

static void data_captured_before_the_syn_ack_are_in_their_place(void **state)
{
    struct flow *flow = client(SYN, 1000, 0, "");

    (void)state;
    assert_ptr_equal(client(ACK, 1004, 5008, "more"), flow);
    assert_ptr_equal(server(ACK, 5004, 1004, "two "), flow);
    assert_ptr_equal(server(ACK, 5001, 1004, "one"), flow);
    assert_ptr_equal(client(ACK, 1001, 5001, "ask"), flow);
    assert_string_equal(text[FROM_CLIENT], "");
    assert_ptr_equal(server(SYN | ACK, 5000, 1001, ""), flow);
    assert_string_equal(text[FROM_CLIENT], "askmore");
    assert_string_equal(text[FROM_SERVER], "onetwo ");
}

static void without_a_syn_the_lowest_place_named_is_the_beginning(void **state)
{
    struct flow *flow = server(ACK, 5004, 1001, "two");

    (void)state;
    (void)client(ACK, 1001, 5004, ""); /* what came before 5004 is named by nobody yet */
    assert_ptr_equal(server(ACK, 5001, 1001, "one"), flow);
    for (unsigned i = 3; i < FLOW_START_PACKETS; i++)
        (void)client(ACK, 1001, 5007, "");
    assert_string_equal(text[FROM_SERVER], "?onetwo");
}

static void a_syn_captured_late_belongs_to_its_data(void **state)
{
    struct flow *flow = client(ACK, 1001, 5001, "early");

    (void)state;
    assert_ptr_equal(client(SYN, 1000, 0, ""), flow);
}

static void a_reset_ends_the_connection_after_a_while(void **state)
{
    struct flow *flow = client(SYN, 1000, 0, ""), *ended;

    (void)state;
    (void)server(RST | ACK, 0, 1001, "");
    flows_close_all(flows);
    ended = flows_next_ended(flows);
    assert_ptr_equal(ended, flow);
    assert_int_equal(ended->ended, FLOW_RESET);
    pull(ended);
    assert_string_equal(text[FROM_CLIENT], ".");
    assert_string_equal(text[FROM_SERVER], ".");
    assert_int_equal(ended->facts.ledger.n, 0);
    flow_free(ended);
}

static void data_after_a_forged_reset_still_counts(void **state)
{
    (void)state;
    (void)client(SYN, 1000, 0, "");
    (void)server(SYN | ACK, 5000, 1001, "");
    (void)client(ACK, 1001, 5001, "ask");
    (void)server(RST, 5001, 0, "");
    (void)server(ACK, 5001, 1004, "answer");
    assert_string_equal(text[FROM_SERVER], "answer");
}

static void a_foreign_conversation_on_the_same_ports_becomes_its_own(void **state)
{
    struct flow *flow = whole_connection(1000);

    (void)state;
    assert_ptr_not_equal(client(ACK, 2000000000, 3000000000, "new"), flow);
}

static void datagrams_go_by_their_ports(void **state)
{
    struct flow *ask = udp(5353, 53, FROM_CLIENT);

    (void)state;
    assert_int_equal(ask->facts.server.port, 53);
    assert_null(ask->streams[0]);
    assert_false(ask->facts.roles_guessed);
    ask = udp(53, 6000, FROM_SERVER);
    assert_int_equal(ask->facts.server.port, 53);
    assert_true(ask->facts.roles_guessed);
}

static void idle_flows_end_but_one_mad_time_ends_nothing(void **state)
{
    struct flow *dns = udp(5000, 53, FROM_CLIENT), *ended;
    int64_t sane = now_ns;

    (void)state;
    now_ns = INT64_MAX;
    (void)udp(5001, 53, FROM_CLIENT);
    now_ns = sane + 1;
    (void)udp(5002, 53, FROM_CLIENT);
    assert_null(flows_next_ended(flows));
    now_ns = sane + INT64_C(1000000000) * FLOW_UDP_IDLE_SECONDS;
    (void)udp(5003, 53, FROM_CLIENT);
    (void)udp(5003, 53, FROM_CLIENT);
    ended = flows_next_ended(flows);
    assert_ptr_equal(ended, dns);
    assert_int_equal(ended->ended, FLOW_IDLE);
    flow_free(ended);
}

static void past_the_cap_the_idlest_flow_ends(void **state)
{
    struct flow_limits limits = {.open = 3};
    struct flow *ended;

    (void)state;
    flows_free(flows);
    flows = flows_new(&limits);
    for (uint16_t i = 0; i < 5; i++)
        (void)udp((uint16_t)(5000 + i), 53, FROM_CLIENT);
    assert_int_equal(flows_open(flows), 3);
    assert_int_equal(flows_total(flows), 5);
    for (uint16_t i = 0; i < 2; i++) {
        ended = flows_next_ended(flows);
        assert_int_equal(ended->ended, FLOW_EVICTED);
        assert_int_equal(ended->facts.id, i + 1);
        flow_free(ended);
    }
}

static void at_the_end_all_flows_come_out_in_order_and_none_twice(void **state)
{
    uint32_t id = 0;
    struct flow *flow;

    (void)state;
    for (uint16_t i = 0; i < 3000; i++)
        (void)udp((uint16_t)(5000 + (i * 7919U) % 3000), 53, FROM_CLIENT);
    (void)client(SYN, 1, 0, "");
    flows_close_all(flows);
    while ((flow = flows_next_ended(flows)) != NULL) {
        struct connection facts;

        assert_int_equal(flow->facts.id, ++id);
        assert_int_equal(flow->ended, FLOW_CUT);
        assert_non_null(flow_arena(flow));
        flow_take_facts(flow, &facts);
        flow_free(flow);
        assert_non_null(facts.arena);
        arena_free(facts.arena);
        ledger_clear(&facts.ledger);
    }
    assert_int_equal(id, 3001);
}

static void what_waits_in_all_flows_together_is_bounded(void **state)
{
    struct flow_limits limits = {.waiting = 1000};

    (void)state;
    flows_free(flows);
    flows = flows_new(&limits);
    (void)client(SYN, 0, 0, "");
    for (uint32_t i = 0; i < 40; i++)
        (void)client(ACK, 2 + 2 * i, 0, "x");
    assert_true(strlen(text[FROM_CLIENT]) > 20);
    assert_int_equal(text[FROM_CLIENT][0], '?');
}

static void many_connections_at_once_on_the_same_ports_are_bounded(void **state)
{
    struct flow *ended;
    unsigned n = 0;

    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        (void)client(SYN, i * 40000000, 0, "");
    assert_int_equal(flows_open(flows), FLOW_TWINS_MOST);
    while ((ended = flows_next_ended(flows)) != NULL) {
        assert_int_equal(ended->ended, FLOW_REUSED);
        flow_free(ended);
        n++;
    }
    assert_int_equal(n, 100 - FLOW_TWINS_MOST);
}

static void without_memory_nothing_is_half_made(void **state)
{
    struct segment seg = make(1, 40000, 2, 443);
    bool failed = true;

    (void)state;
    seg.flags = SYN;
    for (long n = 1; failed; n++) {
        struct flow *flow = NULL;
        enum direction dir;
        struct flows *mine;

        oom_fail_at(n);
        mine = flows_new(NULL);
        if (mine != NULL && flows_push(mine, &seg, &flow, &dir) != STATUS_OK)
            assert_null(flow);
        failed = oom_happened();
        oom_fail_at(0);
        flows_free(mine);
        assert_true(n < 50);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(a_connection_has_facts_and_two_streams),
            CASE(a_syn_sent_again_is_the_same_connection_and_a_new_one_is_not),
            CASE(ports_used_again_begin_a_new_connection_and_late_packets_find_the_old_one),
            CASE(a_forged_syn_does_not_take_the_connection_away),
            CASE(a_syn_ack_first_tells_the_roles_and_the_beginning),
            CASE(without_any_syn_the_lower_port_is_the_server),
            CASE(data_captured_before_the_syn_ack_are_in_their_place),
            CASE(without_a_syn_the_lowest_place_named_is_the_beginning),
            CASE(a_syn_captured_late_belongs_to_its_data),
            CASE(a_reset_ends_the_connection_after_a_while),
            CASE(data_after_a_forged_reset_still_counts),
            CASE(a_foreign_conversation_on_the_same_ports_becomes_its_own),
            CASE(datagrams_go_by_their_ports),
            CASE(idle_flows_end_but_one_mad_time_ends_nothing),
            CASE(past_the_cap_the_idlest_flow_ends),
            CASE(at_the_end_all_flows_come_out_in_order_and_none_twice),
            CASE(what_waits_in_all_flows_together_is_bounded),
            CASE(many_connections_at_once_on_the_same_ports_are_bounded),
            CASE(without_memory_nothing_is_half_made),
    };

    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
