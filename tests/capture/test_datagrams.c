/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture/stage.h"
#include "tests/capture/datagram_world.h"
#include "tests/support/oom.h"

enum { HANDSHAKE_DONE = 0x1e }; /* a frame, RFC 9000 section 19.20 */

static const struct maker_hello plain;
static struct world *world;
static struct talker one, two;

static int setup(void **state)
{
    (void)state;
    world = world_new();
    talker_init(&one, 0);
    talker_init(&two, 7);
    two.client_port = one.client_port;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    talker_clear(world, &one);
    talker_clear(world, &two);
    world_free(world);
    return 0;
}

static void run(void)
{
    buf_reset(&world->log);
    maker_log(&one.m, true, &world->log);
    maker_log(&two.m, true, &world->log);
    assert_int_equal(world_run(world, NULL, 0), STATUS_OK);
}

static void wait_seconds(int64_t seconds)
{
    world->now_ns += seconds * WORLD_SECOND;
}

static void a_connection_gives_its_exchanges(void **state)
{
    (void)state;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    talker_talk(world, &one, 4, "/b");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;"
                                          "c1.s4 GET https://shop.example/b 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 8 x2;");
    assert_string_equal(world->gaps, "");
}

static void any_port_serves_where_a_long_header_is_seen(void **state)
{
    (void)state;
    one.server_port = 8999;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;");
}

static void a_new_nat_mapping_continues_the_connection(void **state)
{
    (void)state;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    one.client_port = 50001;
    talker_talk(world, &one, 4, "/b");
    one.client_port = 50002;
    talker_talk(world, &one, 8, "/c");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;"
                                          "c1.s4 GET https://shop.example/b 200;"
                                          "c1.s8 GET https://shop.example/c 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 6 x3;"
                                            "c2 h3 plain 50001>443 packets 2 x0 of c1;"
                                            "c3 h3 plain 50002>443 packets 2 x0 of c1;");
    assert_string_equal(world->gaps, "");
}

static void a_new_mapping_is_found_though_the_client_has_no_id(void **state)
{
    (void)state;
    one.m.id_n[FROM_CLIENT] = 0;
    talker_shake(world, &one);
    maker_byte(&one.frames, HANDSHAKE_DONE);
    (void)talker_packet(world, &one, FROM_SERVER, MAKER_TRAFFIC, 0);
    (void)talker_ask(world, &one, 0, "/a");
    one.client_port = 50001;
    (void)talker_tell(world, &one, 0); /* the server's packet comes first, without any ID */
    talker_talk(world, &one, 4, "/b");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;"
                                          "c1.s4 GET https://shop.example/b 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 6 x2;"
                                            "c2 h3 plain 50001>443 packets 3 x0 of c1;");
}

static void migration_to_new_ids_and_addresses_is_followed(void **state)
{
    static const uint8_t ids[2][8] = {{1, 1, 2, 3, 5, 8, 13, 21}, {2, 7, 1, 8, 2, 8, 1, 8}};
    static const uint8_t token[16] = {9};

    (void)state;
    talker_shake(world, &one);
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        maker_new_id(&one.frames, 1, bytes_of(ids[dir], 8), token);
        (void)talker_packet(world, &one, (enum direction)dir, MAKER_TRAFFIC, 0);
    }
    memcpy(one.m.id[FROM_CLIENT], ids[FROM_CLIENT], 8);
    memcpy(one.m.id[FROM_SERVER], ids[FROM_SERVER], 8);
    one.client = 77;
    one.client_port = 51000;
    talker_talk(world, &one, 0, "/moved");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/moved 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 6 x1;"
                                            "c2 h3 plain 51000>443 packets 2 x0 of c1;");
    assert_string_equal(world->gaps, "");
}

static void the_servers_preferred_address_is_followed(void **state)
{
    static const uint8_t id[8] = {4, 4, 4, 4, 5, 5, 5, 5};
    const struct maker_hello hello = {.preferred_id = {id, 8}};

    (void)state;
    (void)talker_hello(world, &one, &hello);
    talker_answer(world, &one, &hello);
    talker_talk(world, &one, 0, "/a");
    memcpy(one.m.id[FROM_SERVER], id, 8);
    one.server = 9;
    talker_talk(world, &one, 4, "/b");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;"
                                          "c1.s4 GET https://shop.example/b 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 6 x2;"
                                            "c2 h3 plain 40000>443 packets 2 x0 of c1;");
}

static void a_second_connection_on_the_same_ports_is_one_of_its_own(void **state)
{
    (void)state;
    talker_shake(world, &one);
    (void)talker_ask(world, &one, 0, "/one");
    talker_shake(world, &two);
    (void)talker_ask(world, &two, 0, "/two");
    (void)talker_tell(world, &one, 0); /* late, of the older one */
    (void)talker_tell(world, &two, 0);
    talker_talk(world, &one, 4, "/three");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/one 200;"
                                          "c2.s0 GET https://shop.example/two 200;"
                                          "c1.s4 GET https://shop.example/three 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 8 x2;"
                                            "c2 h3 full 40000>443 packets 6 x1;");
    assert_string_equal(world->gaps, "");
}

static void two_connections_without_client_ids_share_ports(void **state)
{
    (void)state;
    one.m.id_n[FROM_CLIENT] = two.m.id_n[FROM_CLIENT] = 0;
    talker_shake(world, &one);
    maker_byte(&one.frames, HANDSHAKE_DONE);
    (void)talker_packet(world, &one, FROM_SERVER, MAKER_TRAFFIC, 0);
    (void)talker_ask(world, &one, 0, "/one");
    talker_shake(world, &two);
    (void)talker_ask(world, &two, 0, "/two");
    (void)talker_tell(world, &one, 0);
    (void)talker_tell(world, &two, 0);
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/one 200;"
                                          "c2.s0 GET https://shop.example/two 200;");
    assert_string_equal(world->gaps, "");
}

static void a_hello_sent_again_begins_nothing(void **state)
{
    (void)state;
    (void)talker_hello(world, &one, &plain);
    one.m.number[FROM_CLIENT][MAKER_INITIAL] = 1;
    (void)talker_hello(world, &one, &plain);
    talker_answer(world, &one, &plain);
    talker_talk(world, &one, 0, "/a");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;");
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 7 x1;");
}

static void a_late_start_is_read_with_the_keys(void **state)
{
    size_t order[4] = {0};

    (void)state;
    talker_shake(world, &one);
    for (size_t i = 0; i < 4; i += 2) {
        order[i] = talker_ask(world, &one, i * 2, "/late");
        order[i + 1] = talker_tell(world, &one, i * 2);
    }
    maker_log(&one.m, false, &world->log);
    assert_int_equal(world_run(world, order, 4), STATUS_OK);
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/late 200;"
                                          "c1.s4 GET https://shop.example/late 200;");
    assert_non_null(strstr(world->gaps, "c1 MIDSTREAM the beginning of the connection"));
}

static void without_keys_all_is_said_to_be_dark(void **state)
{
    (void)state;
    world->no_keys = true;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    one.client_port = 50001; /* nobody can tell that this is the same */
    talker_talk(world, &one, 4, "/b");
    run();
    assert_string_equal(world->exchanges, "");
    assert_non_null(strstr(world->connections, "c1 quic no 40000>443 packets 6 x0;"));
    assert_non_null(strstr(world->connections, "c2 quic no 50001>443 packets 2 x0;"));
    assert_non_null(strstr(world->gaps, "c1 NO_KEYS"));
    assert_non_null(strstr(world->gaps, "c2 MIDSTREAM"));
}

static void an_unknown_version_is_named(void **state)
{
    uint8_t datagram[1200] = {0xc3, 'Q', '0', '4', '6', 8, 1, 2, 3, 4, 5, 6, 7, 8, 0};

    (void)state;
    (void)world_send(world, 1, 40000, 2, 443, bytes_of(datagram, sizeof(datagram)));
    (void)world_send(world, 1, 40000, 2, 8999, bytes_of(datagram, sizeof(datagram)));
    run();
    assert_non_null(strstr(world->connections, "c1 quic no 40000>443 packets 1 x0;"));
    assert_non_null(strstr(world->connections, "c2 - plain 40000>8999 packets 1 x0;"));
    assert_non_null(strstr(world->gaps, "c1 UNSUPPORTED"));
    assert_non_null(strstr(world->gaps, "Q046"));
}

static void other_datagrams_are_left_alone(void **state)
{
    (void)state;
    (void)world_send(
            world, 1, 40000, 2, 5004, BYTES_LITERAL("\x80\x60 an RTP packet, more or less"));
    (void)world_send(world, 1, 40001, 2, 443, BYTES_LITERAL("\x16\xfe\xfd DTLS on this port"));
    run();
    assert_string_equal(world->connections, "c1 - plain 40000>5004 packets 1 x0;"
                                            "c2 - plain 40001>443 packets 1 x0;");
    assert_null(strstr(world->gaps, "QUIC"));
}

static void a_connection_lives_as_long_as_any_of_its_paths(void **state)
{
    (void)state;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    one.client_port = 50001;
    for (uint64_t i = 1; i < 10; i++) {
        wait_seconds(FLOW_UDP_IDLE_SECONDS - 100);
        talker_talk(world, &one, i * 4, "/b");
    }
    run();
    assert_non_null(strstr(world->connections, "c1 h3 full 40000>443 packets 6 x10;"));
    assert_non_null(strstr(world->connections, "c2 h3 plain 50001>443 packets 18 x0 of c1;"));
    assert_string_equal(world->gaps, "");
}

static void a_closed_connection_is_over_soon(void **state)
{
    (void)state;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    maker_close(&one.frames, true, 0x100, "");
    (void)talker_packet(world, &one, FROM_CLIENT, MAKER_TRAFFIC, 0);
    for (int i = 0; i < 3; i++) {
        wait_seconds(FLOW_LINGER_SECONDS);
        (void)world_send(world, 5, 5000, 6, 6000, BYTES_LITERAL("the clock goes on"));
    }
    run();
    assert_string_equal(world->connections, "c1 h3 full 40000>443 packets 7 x1;"
                                            "c2 - plain 5000>6000 packets 3 x0;");
}

/* Who is captured first is not who began. */
static void roles_follow_the_client_hello(void **state)
{
    size_t order[8];

    (void)state;
    one.server_port = 50000;
    one.client_port = 443; /* ports suggest the wrong roles, too */
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/a");
    one.client_port = 444;
    talker_talk(world, &one, 4, "/b");
    for (size_t i = 0; i < 8; i++)
        order[i] = i;
    maker_log(&one.m, false, &world->log);
    assert_int_equal(world_run(world, order, 8), STATUS_OK);
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/a 200;"
                                          "c1.s4 GET https://shop.example/b 200;");
    assert_string_equal(world->connections, "c1 h3 full 443>50000 packets 6 x2;"
                                            "c2 h3 plain 444>50000 packets 2 x0 of c1;");
}

static void a_request_in_early_data_says_so(void **state)
{
    const struct maker_hello hello = {.early = true, .psk = true};

    (void)state;
    (void)talker_hello(world, &one, &hello);
    maker_stream(&one.frames, 2, 0, BYTES_LITERAL("\0\4\0"), false);
    (void)talker_packet(world, &one, FROM_CLIENT, MAKER_EARLY, 0);
    (void)talker_ask_at(world, &one, 0, "/early", MAKER_EARLY);
    talker_answer(world, &one, &hello);
    (void)talker_tell(world, &one, 0);
    talker_talk(world, &one, 4, "/later");
    run();
    assert_string_equal(world->exchanges, "c1.s0 GET https://shop.example/early 200 early;"
                                          "c1.s4 GET https://shop.example/later 200;");
    assert_string_equal(world->gaps, "");
}

static void another_protocol_is_a_gap_that_names_it(void **state)
{
    const struct maker_hello hello = {.alpn = "hq-interop"};

    (void)state;
    (void)talker_hello(world, &one, &hello);
    talker_answer(world, &one, &hello);
    maker_stream(&one.frames, 0, 0, BYTES_LITERAL("GET /\r\n"), true);
    (void)talker_packet(world, &one, FROM_CLIENT, MAKER_TRAFFIC, 0);
    maker_stream(&one.frames, 0, 0, BYTES_LITERAL("<html>"), true);
    (void)talker_packet(world, &one, FROM_SERVER, MAKER_TRAFFIC, 0);
    run();
    assert_string_equal(world->exchanges, "");
    assert_string_equal(world->connections, "c1 hq-interop full 40000>443 packets 6 x0;");
    assert_non_null(strstr(world->gaps, "c1 UNSUPPORTED these streams carry the application "
                                        "protocol hq-interop, which is not read"));
}

static void a_name_from_the_network_is_shown_as_ascii(void **state)
{
    const struct maker_hello hello = {.alpn = "\x1b[31m\xc3\xa4"};

    (void)state;
    (void)talker_hello(world, &one, &hello);
    talker_answer(world, &one, &hello);
    maker_stream(&one.frames, 0, 0, BYTES_LITERAL("hello"), true);
    (void)talker_packet(world, &one, FROM_CLIENT, MAKER_TRAFFIC, 0);
    run();
    for (const char *p = world->gaps; *p != '\0'; p++)
        assert_in_range(*p, ' ', '~');
}

static void dns_over_quic_gives_look_ups(void **state)
{
    static const char query[] = "\0\x1d\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";
    static const char answer[] = "\0\x1d\0\0\x81\x80\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1";
    const struct maker_hello hello = {.alpn = "doq"};
    const struct bytes whole = BYTES_LITERAL(query);

    (void)state;
    one.server_port = 853;
    (void)talker_hello(world, &one, &hello);
    talker_answer(world, &one, &hello);
    for (uint64_t stream = 0; stream < 100 * 4; stream += 4) {
        maker_stream(&one.frames, stream, 0, bytes_slice(whole, 0, 9), false);
        (void)talker_packet(world, &one, FROM_CLIENT, MAKER_TRAFFIC, 0);
        maker_stream(&one.frames, stream, 9, bytes_slice(whole, 9, whole.n), true);
        (void)talker_packet(world, &one, FROM_CLIENT, MAKER_TRAFFIC, 0);
        maker_stream(&one.frames, stream, 0, BYTES_LITERAL(answer), true);
        (void)talker_packet(world, &one, FROM_SERVER, MAKER_TRAFFIC, 0);
    }
    run();
    assert_string_equal(world->connections, "c1 doq full 40000>853 packets 304 x0;");
    for (size_t i = 0; i < 100; i++)
        assert_memory_equal(world->questions + i * 24, "doq www.example NOERROR;", 24);
    assert_int_equal(strlen(world->questions), 2400);
    assert_string_equal(world->gaps, "");
}

static void http3_is_known_by_its_streams_when_the_handshake_is_missing(void **state)
{
    size_t order[2];

    (void)state;
    talker_shake(world, &one);
    order[0] = talker_tell(world, &one, 0); /* what it answers was before our time */
    order[1] = talker_ask(world, &one, 4, "/b");
    maker_log(&one.m, false, &world->log);
    assert_int_equal(world_run(world, order, 2), STATUS_OK);
    assert_string_equal(world->exchanges,
            "c1.s0   200 partial;c1.s4 GET https://shop.example/b 0 partial;");
}

/* One frame of the world to a flow table of its own; the flow that it came to. */
static struct flow *show(struct flows *flows, struct datagrams *d, size_t at)
{
    const uint8_t *p = world->frames[at].p;
    struct segment seg = {.packet = at + 1,
            .time_ns = world->frames[at].time_ns,
            .transport = TRANSPORT_UDP,
            .payload = bytes_of(p + 28, world->frames[at].n - 28),
            .wire_len = (uint32_t)world->frames[at].n - 28};
    enum direction dir;
    struct stage *stage;
    struct flow *flow;

    seg.src.version = seg.dst.version = IPV4;
    memcpy(seg.src.address, p + 12, 4);
    memcpy(seg.dst.address, p + 16, 4);
    seg.src.port = (uint16_t)(p[20] << 8 | p[21]);
    seg.dst.port = (uint16_t)(p[22] << 8 | p[23]);
    assert_int_equal(flows_push(flows, &seg, &flow, &dir), STATUS_OK);
    assert_int_equal(datagrams_route(d, &seg, &flow, &dir), STATUS_OK);
    if (flow->stage == NULL)
        flow->stage = calloc(1, sizeof(struct stage));
    stage = flow->stage;
    assert_non_null(stage);
    assert_int_equal(datagrams_push(d, flow, &stage->path, &seg, dir), STATUS_OK);
    return flow;
}

static void one_connection_too_many_ends_the_idlest(void **state)
{
    struct flows *flows = flows_new(NULL);
    struct datagrams *d =
            datagrams_new(&(const struct datagrams_setup){.flows = flows, .lines = 2});
    struct talker three;
    struct flow *first, *flow;
    const struct gap *last;
    struct stage *stage;

    (void)state;
    assert_non_null(d);
    talker_init(&three, 9);
    (void)talker_hello(world, &one, &plain);
    (void)talker_hello(world, &two, &plain);
    (void)talker_hello(world, &three, &plain);
    talker_clear(world, &three);
    first = show(flows, d, 0);
    (void)show(flows, d, 1);
    stage = first->stage;
    assert_non_null(stage->path.line);
    (void)show(flows, d, 2);
    assert_null(stage->path.line);
    last = &first->facts.ledger.gaps[first->facts.ledger.n - 1];
    assert_int_equal(last->why, GAP_BUDGET);
    assert_ptr_not_equal(show(flows, d, 0), NULL);
    assert_null(stage->path.line); /* it begins nothing any more */
    flows_close_all(flows);
    while ((flow = flows_next_ended(flows)) != NULL) {
        stage = flow->stage;
        assert_int_equal(datagrams_end(d, flow, &stage->path), STATUS_OK);
        free(stage);
        flow_free(flow);
    }
    datagrams_free(d);
    flows_free(flows);
}

/* A small generator, so that a failure can be repeated. */
static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Two connections with moves and a third party's bytes, in any order, with some again and some
 * damaged: each datagram is counted once, and no exchange is made up. */
static void any_order_and_damage_keeps_the_books(void **state)
{
    enum { ROUNDS = 25, SHOWN = 60 };
    uint32_t seed = 7;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct talker *t = i == 0 ? &one : &two;

        talker_shake(world, t);
        for (uint64_t stream = 0; stream < 24; stream += 4) {
            if (stream == 12)
                t->client_port = (uint16_t)(50000 + i);
            talker_talk(world, t, stream, "/a");
        }
    }
    (void)world_send(
            world, 1, 50000, 2, 443, BYTES_LITERAL("\x41 not of any connection, here"));
    maker_log(&one.m, true, &world->log);
    maker_log(&two.m, true, &world->log);
    for (int round = 0; round < ROUNDS; round++) {
        size_t order[SHOWN], n = draw(&seed) % SHOWN, broken = draw(&seed) % world->n;
        uint8_t *byte = &world->frames[broken].p[28 + draw(&seed) % 20];

        for (size_t i = 0; i < n; i++)
            order[i] = draw(&seed) % 4 == 0 ? draw(&seed) % world->n : i % world->n;
        *byte ^= (uint8_t)(draw(&seed) % 3);
        assert_int_equal(world_run(world, order, n), STATUS_OK);
        assert_int_equal(world->counted, n);
        for (const char *x = world->exchanges; *x != '\0'; x = strchr(x, ';') + 1)
            assert_true(strncmp(x + strcspn(x, " "), " GET https://shop.example/a ", 28) == 0 ||
                        strncmp(x + strcspn(x, " "), "   200 partial;", 15) == 0);
    }
}

static void every_failed_allocation_is_told(void **state)
{
    bool happened = true;

    (void)state;
    talker_shake(world, &one);
    talker_talk(world, &one, 0, "/one");
    talker_shake(world, &two);
    talker_talk(world, &two, 0, "/two");
    one.client_port = 50001;
    talker_talk(world, &one, 4, "/three");
    maker_log(&one.m, true, &world->log);
    maker_log(&two.m, true, &world->log);
    for (long n = 1; happened; n += n < 200 ? 1 : 13) {
        enum status status;

        oom_fail_at(n);
        status = world_run(world, NULL, 0);
        happened = oom_happened();
        oom_fail_at(0);
        /* A table that could not grow, or a claim that could not be tried, is no failure. */
        assert_true(status == STATUS_OK || (happened && status == STATUS_NOMEM));
    }
    assert_non_null(strstr(world->exchanges, "/three 200;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(a_connection_gives_its_exchanges, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    any_port_serves_where_a_long_header_is_seen, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_new_nat_mapping_continues_the_connection, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_new_mapping_is_found_though_the_client_has_no_id, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    migration_to_new_ids_and_addresses_is_followed, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    the_servers_preferred_address_is_followed, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_second_connection_on_the_same_ports_is_one_of_its_own, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    two_connections_without_client_ids_share_ports, setup, teardown),
            cmocka_unit_test_setup_teardown(a_hello_sent_again_begins_nothing, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_late_start_is_read_with_the_keys, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    without_keys_all_is_said_to_be_dark, setup, teardown),
            cmocka_unit_test_setup_teardown(an_unknown_version_is_named, setup, teardown),
            cmocka_unit_test_setup_teardown(other_datagrams_are_left_alone, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_connection_lives_as_long_as_any_of_its_paths, setup, teardown),
            cmocka_unit_test_setup_teardown(a_closed_connection_is_over_soon, setup, teardown),
            cmocka_unit_test_setup_teardown(roles_follow_the_client_hello, setup, teardown),
            cmocka_unit_test_setup_teardown(a_request_in_early_data_says_so, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    another_protocol_is_a_gap_that_names_it, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    a_name_from_the_network_is_shown_as_ascii, setup, teardown),
            cmocka_unit_test_setup_teardown(dns_over_quic_gives_look_ups, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    http3_is_known_by_its_streams_when_the_handshake_is_missing, setup,
                    teardown),
            cmocka_unit_test_setup_teardown(
                    one_connection_too_many_ends_the_idlest, setup, teardown),
            cmocka_unit_test_setup_teardown(
                    any_order_and_damage_keeps_the_books, setup, teardown),
            cmocka_unit_test_setup_teardown(every_failed_allocation_is_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
