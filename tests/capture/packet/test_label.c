/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/packet/ip.h"
#include "capture/packet/label.h"
#include "capture/packet/transport.h"

enum { ROOM = 600 };

static const char get[] = "GET / HTTP/1.1\r\nHost: news.test\r\nUser-Agent: x\r\n\r\n";
static const char ok[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi";
static const char query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\4news\4test\0\0\1\0\1";

static struct label *label;
static struct arena *arena;
static struct label_flow *flow;
static bool wants;

static int setup(void **state)
{
    (void)state;
    label = label_new();
    arena = arena_new(4096);
    return label == NULL || arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    label_free(label);
    arena_free(arena);
    return 0;
}

/* One IPv4 packet of 192.0.2.1:40000 and 198.51.100.7:`port`. */
static void show(bool from_client, uint8_t protocol, uint16_t port, uint8_t flags, uint8_t seq,
        const char *data, size_t n)
{
    uint8_t raw[ROOM] = {0x45, [8] = 64};
    size_t header = protocol == IP_PROTOCOL_TCP ? 20 : 8, length = 20 + header + n;
    const uint8_t client[] = {192, 0, 2, 1}, server[] = {198, 51, 100, 7};
    struct ip_packet ip;
    struct segment seg;

    assert_true(length <= ROOM);
    raw[2] = (uint8_t)(length >> 8);
    raw[3] = (uint8_t)length;
    raw[9] = protocol;
    memcpy(raw + 12, from_client ? client : server, 4);
    memcpy(raw + 16, from_client ? server : client, 4);
    raw[20] = from_client ? 0x9c : (uint8_t)(port >> 8);
    raw[21] = from_client ? 0x40 : (uint8_t)port;
    raw[22] = from_client ? (uint8_t)(port >> 8) : 0x9c;
    raw[23] = from_client ? (uint8_t)port : 0x40;
    raw[27] = seq;
    raw[31] = 1;
    if (protocol == IP_PROTOCOL_TCP) {
        raw[32] = 0x50;
        raw[33] = flags;
        raw[34] = 0xff;
    } else {
        raw[24] = (uint8_t)((8 + n) >> 8);
        raw[25] = (uint8_t)(8 + n);
        raw[27] = 0;
    }
    memcpy(raw + 20 + header, data, n);
    assert_int_equal(ip_parse(bytes_of(raw, length), (uint32_t)length, &ip), PARSE_DONE);
    assert_int_equal(transport_parse(&ip, false, &seg), PARSE_DONE);
    wants = label_push(label, flow, &seg);
}

static void show_web(uint16_t port)
{
    show(true, IP_PROTOCOL_TCP, port, TCP_SYN, 0, "", 0);
    show(false, IP_PROTOCOL_TCP, port, TCP_SYN | TCP_ACK, 0, "", 0);
    show(true, IP_PROTOCOL_TCP, port, TCP_ACK, 1, "", 0);
    show(true, IP_PROTOCOL_TCP, port, TCP_ACK | TCP_PSH, 1, get, sizeof(get) - 1);
    show(false, IP_PROTOCOL_TCP, port, TCP_ACK | TCP_PSH, 1, ok, sizeof(ok) - 1);
}

static void begin(void)
{
    flow = label_open(label);
    assert_non_null(flow);
    wants = true;
}

static struct connection settle(void)
{
    struct connection facts = {0};

    assert_int_equal(label_settle(label, flow, arena, &facts), STATUS_OK);
    return facts;
}

static void a_web_request_on_any_port_is_known_from_its_packets(void **state)
{
    struct connection facts;

    (void)state;
    begin();
    show_web(8123);
    facts = settle();
    assert_string_equal(facts.label, "HTTP");
    assert_string_equal(facts.label_category, "Web");
    assert_string_equal(facts.label_confidence, "DPI");
}

static void a_name_query_is_known_at_once(void **state)
{
    struct connection facts;

    (void)state;
    begin();
    show(true, IP_PROTOCOL_UDP, 53, 0, 0, query, sizeof(query) - 1);
    facts = settle();
    assert_string_equal(facts.label, "DNS");
}

static void a_guess_from_the_port_says_that_it_is_one(void **state)
{
    struct connection facts;

    (void)state;
    begin();
    show(true, IP_PROTOCOL_TCP, 22, TCP_SYN, 0, "", 0);
    facts = settle();
    assert_string_equal(facts.label, "SSH");
    assert_string_equal(facts.label_confidence, "Match by port");
}

static void of_noise_it_has_no_opinion_and_stops_asking(void **state)
{
    char noise[64];
    struct connection facts;
    unsigned n = 0;

    (void)state;
    begin();
    for (; wants; n++) {
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (char)((i * 97 + n * 31 + 5) ^ (i << 3));
        show(n % 2 == 0, IP_PROTOCOL_TCP, 45999, TCP_ACK, (uint8_t)(1 + n / 2 * 64), noise,
                sizeof(noise));
    }
    assert_int_equal(n, LABEL_PACKETS_MOST);
    facts = settle();
    assert_null(facts.label);
    assert_null(facts.label_category);
}

static void a_flow_may_be_dropped_unsettled(void **state)
{
    (void)state;
    begin();
    show_web(80);
    label_drop(flow);
    label_drop(NULL);
    label_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_web_request_on_any_port_is_known_from_its_packets),
            cmocka_unit_test(a_name_query_is_known_at_once),
            cmocka_unit_test(a_guess_from_the_port_says_that_it_is_one),
            cmocka_unit_test(of_noise_it_has_no_opinion_and_stops_asking),
            cmocka_unit_test(a_flow_may_be_dropped_unsettled),
    };

    return cmocka_run_group_tests_name("label", tests, setup, teardown);
}
