/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/packet/flow.h"
#include "tests/support/oom.h"

static struct flows *flows;
static uint64_t number;
static int64_t now_ns;

static int setup(void **state)
{
    (void)state;
    number = 0;
    now_ns = INT64_C(1700000000000000000);
    flows = flows_new(NULL);
    return flows == NULL;
}

static int teardown(void **state)
{
    (void)state;
    flows_free(flows);
    return 0;
}

/* A datagram of 10 bytes between 10.0.0.1:port and 10.0.0.2:443. */
static struct segment datagram(uint16_t port, bool answer)
{
    const struct endpoint client = {.address = {10, 0, 0, 1}, .port = port, .version = IPV4};
    const struct endpoint server = {.address = {10, 0, 0, 2}, .port = 443, .version = IPV4};

    return (struct segment){.packet = ++number,
            .time_ns = now_ns,
            .transport = TRANSPORT_UDP,
            .src = answer ? server : client,
            .dst = answer ? client : server,
            .wire_len = 10};
}

static struct flow *push(const struct segment *seg, enum direction expect)
{
    struct flow *flow = NULL;
    enum direction dir;

    assert_int_equal(flows_push(flows, seg, &flow, &dir), STATUS_OK);
    assert_int_equal(dir, expect);
    return flow;
}

static void advance(int64_t seconds)
{
    now_ns += seconds * INT64_C(1000000000);
}

static void a_new_connection_on_the_same_ports_gets_a_flow_of_its_own(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *old, *new;
    enum direction dir = FROM_SERVER;

    (void)state;
    old = push(&seg, FROM_CLIENT);
    seg = datagram(40000, false);
    assert_ptr_equal(new = push(&seg, FROM_CLIENT), old);
    assert_int_equal(flows_split(flows, &seg, &new, &dir), STATUS_OK);
    assert_ptr_not_equal(new, old);
    assert_int_equal(dir, FROM_CLIENT);
    assert_int_equal(new->facts.id, 2);
    assert_int_equal(new->facts.packets, 1);
    assert_int_equal(new->facts.first_packet, 2);
    assert_int_equal(new->facts.bytes[FROM_CLIENT], 10);
    /* The old one never had it. */
    assert_int_equal(old->facts.packets, 1);
    assert_int_equal(old->facts.last_packet, 1);
    assert_int_equal(old->facts.bytes[FROM_CLIENT], 10);
    /* What comes next is the newest one's. */
    seg = datagram(40000, true);
    assert_ptr_equal(push(&seg, FROM_SERVER), new);
}

static void a_late_datagram_is_handed_to_the_older_connection(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *old, *new;
    enum direction dir;

    (void)state;
    old = new = push(&seg, FROM_CLIENT);
    assert_int_equal(flows_split(flows, &seg, &new, &dir), STATUS_OK);
    seg = datagram(40000, true);
    assert_ptr_equal(push(&seg, FROM_SERVER), new);
    dir = FROM_CLIENT;
    flows_hand(flows, &seg, new, old, &dir);
    assert_int_equal(dir, FROM_SERVER);
    assert_int_equal(new->facts.packets, 1);
    assert_int_equal(new->facts.bytes[FROM_SERVER], 0);
    assert_int_equal(old->facts.packets, 1);
    assert_int_equal(old->facts.last_packet, 2);
    assert_int_equal(old->facts.bytes[FROM_SERVER], 10);
}

static void a_touched_flow_is_not_idle(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *home = push(&seg, FROM_CLIENT), *other = NULL;

    (void)state;
    for (int i = 0; i < 4; i++) {
        advance(FLOW_UDP_IDLE_SECONDS - 10);
        seg = datagram(50000, false);
        other = push(&seg, FROM_CLIENT);
        flows_touch(flows, home);
        assert_null(flows_next_ended(flows));
    }
    assert_int_equal(home->ended, FLOW_OPEN);
    for (int i = 0; i < 2; i++) { /* the clock goes where two packets agree that it is */
        advance(FLOW_UDP_IDLE_SECONDS);
        seg = datagram(60000, false);
        (void)push(&seg, FROM_CLIENT);
    }
    assert_ptr_equal(flows_next_ended(flows), other);
    assert_ptr_equal(flows_next_ended(flows), home);
    assert_int_equal(home->ended, FLOW_IDLE);
    flows_touch(flows, home); /* does nothing any more */
    flows_linger(flows, home);
    flow_free(other);
    flow_free(home);
}

static void a_flow_that_is_over_waits_for_late_packets_only(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *over = push(&seg, FROM_CLIENT);

    (void)state;
    flows_linger(flows, over);
    advance(FLOW_LINGER_SECONDS - 1);
    seg = datagram(40000, true);
    assert_ptr_equal(push(&seg, FROM_SERVER), over);
    advance(FLOW_LINGER_SECONDS - 1);
    seg = datagram(50000, true);
    (void)push(&seg, FROM_SERVER);
    assert_null(flows_next_ended(flows));
    for (int i = 0; i < 2; i++) {
        advance(FLOW_LINGER_SECONDS);
        seg = datagram(50000, true);
        (void)push(&seg, FROM_SERVER);
    }
    assert_ptr_equal(flows_next_ended(flows), over);
    assert_null(flows_next_ended(flows));
    flow_free(over);
}

static void so_many_connections_share_ports_and_no_more(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *first = push(&seg, FROM_CLIENT), *flow = first;
    enum direction dir;

    (void)state;
    for (unsigned i = 1; i < FLOW_UDP_TWINS_MOST; i++)
        assert_int_equal(flows_split(flows, &seg, &flow, &dir), STATUS_OK);
    assert_null(flows_next_ended(flows));
    assert_int_equal(flows_split(flows, &seg, &flow, &dir), STATUS_OK);
    assert_ptr_equal(flows_next_ended(flows), first);
    assert_int_equal(first->ended, FLOW_REUSED);
    flow_free(first);
}

static void a_split_without_memory_leaves_all_as_it_was(void **state)
{
    struct segment seg = datagram(40000, false);
    struct flow *flow = push(&seg, FROM_CLIENT), *given = flow;
    enum direction dir = FROM_SERVER;

    (void)state;
    for (long n = 1;; n++) {
        enum status status;
        bool happened;

        oom_fail_at(n);
        status = flows_split(flows, &seg, &given, &dir);
        happened = oom_happened();
        oom_fail_at(0);
        if (!happened) {
            assert_int_equal(status, STATUS_OK);
            assert_true(n > 1);
            break;
        }
        assert_int_equal(status, STATUS_NOMEM);
        assert_ptr_equal(given, flow);
        assert_int_equal(dir, FROM_SERVER);
        assert_int_equal(flow->facts.packets, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    a_new_connection_on_the_same_ports_gets_a_flow_of_its_own, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_late_datagram_is_handed_to_the_older_connection, setup, teardown),
            cmocka_unit_test_setup_teardown(a_touched_flow_is_not_idle, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_flow_that_is_over_waits_for_late_packets_only, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    so_many_connections_share_ports_and_no_more, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_split_without_memory_leaves_all_as_it_was, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
