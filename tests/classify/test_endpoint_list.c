/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "classify/endpoint_list.h"
#include "tests/support/oom.h"

#define SECOND INT64_C(1000000000)
#define NOON (INT64_C(1767268800) * SECOND) /* 2026-01-01T12:00:00Z */

/* Seconds after noon. */
#define LINE(second, of, state, protocol, local, remote)                                       \
    "{\"time\":\"2026-01-01T12:00:" second ".000000Z\",\"of\":\"" of "\",\"state\":\"" state   \
    "\",\"pid\":7,\"protocol\":\"" protocol "\",\"local\":\"" local "\",\"remote\":\"" remote  \
    "\"}\n"
#define FULL "{\"time\":\"2026-01-01T12:00:09.000000Z\",\"state\":\"full\"}\n"

static const char told[] =
        LINE("10", "browser", "first", "tcp", "192.0.2.7:50312", "203.0.113.9:443") LINE(
                "10", "joiner", "first", "tcp", "192.0.2.7:999", "203.0.113.9:443") LINE("12",
                "browser", "first", "tcp", "[2001:db8::7]:50313", "[2001:db8:66::a]:443")
                LINE("14", "browser", "first", "udp", "192.0.2.7:60000", "203.0.113.9:443")
                        LINE("14", "browser", "first", "udp", "192.0.2.7:60001", "*") LINE("20",
                                "browser", "last", "tcp", "192.0.2.7:50312", "203.0.113.9:443")
                                LINE("30", "browser", "last", "udp", "192.0.2.7:60001", "*");

static struct endpoint_list *hear(const char *text)
{
    struct endpoint_list *l = endpoint_list_new();

    assert_non_null(l);
    assert_int_equal(endpoint_list_push(l, bytes_text(text)), STATUS_OK);
    assert_int_equal(endpoint_list_seal(l), STATUS_OK);
    return l;
}

static struct endpoint v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct endpoint){.address = {a, b, c, d}, .port = port, .version = IPV4};
}

static struct endpoint v6(uint8_t net, uint8_t host, uint16_t port)
{
    return (struct endpoint){.address = {0x20, 0x01, 0x0d, 0xb8, 0, net, [15] = host},
            .port = port,
            .version = IPV6};
}

static bool has(const struct endpoint_list *l, enum transport transport, struct endpoint local,
        struct endpoint remote, int64_t from_s, int64_t to_s)
{
    return endpoint_list_has(
            l, transport, &local, &remote, NOON + from_s * SECOND, NOON + to_s * SECOND);
}

static void an_endpoint_is_the_browsers_while_it_was_seen(void **state)
{
    struct endpoint_list *l = hear(told);
    struct endpoint mine = v4(192, 0, 2, 7, 50312), server = v4(203, 0, 113, 9, 443);

    (void)state;
    assert_true(l->browser);
    assert_int_equal(l->endpoints, 4);
    assert_int_equal(l->lines, 7);
    assert_int_equal(l->unread, 0);
    assert_false(l->capped || l->cut);
    assert_true(has(l, TRANSPORT_TCP, mine, server, 10, 20));
    assert_true(has(l, TRANSPORT_TCP, mine, server, 12, 12));
    assert_true(has(l, TRANSPORT_TCP, mine, server, 0, 100));
    assert_false(has(l, TRANSPORT_UDP, mine, server, 12, 12));
    assert_false(has(l, TRANSPORT_TCP, server, mine, 12, 12));
    assert_false(has(l, TRANSPORT_TCP, mine, v4(203, 0, 113, 9, 80), 12, 12));
    assert_false(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 50313), server, 12, 12));
    assert_false(
            has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 999), server, 10, 12)); /* the joiner's */
    endpoint_list_free(l);
}

static void the_time_between_two_looks_is_tolerated_and_no_more(void **state)
{
    struct endpoint_list *l = hear(told);
    struct endpoint mine = v4(192, 0, 2, 7, 50312), server = v4(203, 0, 113, 9, 443);
    int64_t first = NOON + 10 * SECOND, last = NOON + 20 * SECOND;

    (void)state;
    assert_true(
            endpoint_list_has(l, TRANSPORT_TCP, &mine, &server, 0, first - ENDPOINT_SLACK_NS));
    assert_false(endpoint_list_has(
            l, TRANSPORT_TCP, &mine, &server, 0, first - ENDPOINT_SLACK_NS - 1));
    assert_true(endpoint_list_has(
            l, TRANSPORT_TCP, &mine, &server, last + ENDPOINT_SLACK_NS, INT64_MAX));
    assert_false(endpoint_list_has(
            l, TRANSPORT_TCP, &mine, &server, last + ENDPOINT_SLACK_NS + 1, INT64_MAX));
    assert_true(endpoint_list_has(l, TRANSPORT_TCP, &mine, &server, INT64_MIN, INT64_MAX));
    endpoint_list_free(l);
}

static void ipv6_stands_in_brackets_and_mapped_ipv4_is_ipv4(void **state)
{
    struct endpoint_list *l = hear(LINE("10", "browser", "first", "tcp",
            "[2001:db8:66::7]:50313", "[2001:db8:66::a]:443") LINE("10", "browser", "first",
            "tcp", "[::ffff:192.0.2.7]:5", "[::ffff:192.0.2.8]:6"));

    (void)state;
    assert_int_equal(l->unread, 0);
    assert_true(has(l, TRANSPORT_TCP, v6(0x66, 7, 50313), v6(0x66, 10, 443), 10, 12));
    assert_false(has(l, TRANSPORT_TCP, v6(0x66, 8, 50313), v6(0x66, 10, 443), 10, 12));
    assert_true(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 5), v4(192, 0, 2, 8, 6), 10, 12));
    endpoint_list_free(l);
}

static void a_udp_socket_without_a_peer_speaks_for_its_local_address(void **state)
{
    struct endpoint_list *l = hear(told);
    struct endpoint any = v4(198, 51, 100, 1, 3478);

    (void)state;
    assert_true(has(l, TRANSPORT_UDP, v4(192, 0, 2, 7, 60001), any, 20, 21));
    assert_false(has(l, TRANSPORT_UDP, v4(192, 0, 2, 7, 60001), any, 40, 41));
    assert_false(has(l, TRANSPORT_UDP, v4(192, 0, 2, 7, 60000), any, 14, 15));
    assert_true(
            has(l, TRANSPORT_UDP, v4(192, 0, 2, 7, 60000), v4(203, 0, 113, 9, 443), 14, 15));
    assert_false(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 60001), any, 20, 21));
    endpoint_list_free(l);
}

static void a_port_that_listens_tells_no_connection(void **state)
{
    struct endpoint_list *l = hear(LINE("10", "browser", "first", "tcp", "127.0.0.1:9222", "*")
                    LINE("10", "browser", "first", "udp", "0.0.0.0:5353", "*"));

    (void)state;
    assert_int_equal(l->endpoints, 2);
    assert_int_equal(l->unread, 0);
    assert_false(
            has(l, TRANSPORT_TCP, v4(127, 0, 0, 1, 9222), v4(127, 0, 0, 1, 40000), 10, 11));
    assert_false(
            has(l, TRANSPORT_UDP, v4(192, 0, 2, 7, 5353), v4(224, 0, 0, 251, 5353), 10, 11));
    assert_false(has(l, TRANSPORT_UDP, v4(0, 0, 0, 0, 5353), v4(192, 0, 2, 1, 1), 10, 11));
    endpoint_list_free(l);
}

/* The same ends, twice: in between they may have been another program's. */
static void each_use_of_an_endpoint_has_its_own_time(void **state)
{
#define USE(first, last)                                                                       \
    LINE(first, "browser", "first", "tcp", "192.0.2.7:1", "192.0.2.8:2")                       \
    LINE(last, "browser", "last", "tcp", "192.0.2.7:1", "192.0.2.8:2")
    struct endpoint_list *l = hear(USE("40", "50") USE("10", "20") USE("15", "22"));
    struct endpoint mine = v4(192, 0, 2, 7, 1), server = v4(192, 0, 2, 8, 2);

    (void)state;
    assert_int_equal(l->endpoints, 1);
    assert_int_equal(l->use_count, 2); /* those that meet are one */
    assert_true(has(l, TRANSPORT_TCP, mine, server, 22, 25));
    assert_false(has(l, TRANSPORT_TCP, mine, server, 25, 35));
    assert_true(has(l, TRANSPORT_TCP, mine, server, 45, 46));
    endpoint_list_free(l);
}

static void a_last_line_without_a_first_stands_for_its_moment(void **state)
{
    struct endpoint_list *l =
            hear(LINE("10", "browser", "last", "tcp", "192.0.2.7:1", "192.0.2.8:2"));

    (void)state;
    assert_true(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 1), v4(192, 0, 2, 8, 2), 5, 30));
    assert_false(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 1), v4(192, 0, 2, 8, 2), 15, 30));
    endpoint_list_free(l);
}

static void a_list_of_the_joiners_says_nothing_of_the_browser(void **state)
{
    struct endpoint_list *l =
            hear(LINE("10", "joiner", "first", "tcp", "192.0.2.7:1", "192.0.2.8:2") "\r\n\n");

    (void)state;
    assert_false(l->browser);
    assert_int_equal(l->lines, 1);
    assert_int_equal(l->endpoints, 0);
    endpoint_list_free(l);
}

static void what_is_no_line_of_it_is_counted(void **state)
{
    static const char *const bad[] = {
            "no JSON\n",
            "[]\n",
            "{}\n",
            LINE("10", "somebody", "first", "tcp", "192.0.2.7:1", "192.0.2.8:2"),
            LINE("10", "browser", "full", "tcp", "192.0.2.7:1", "192.0.2.8:2"),
            LINE("10", "browser", "first", "sctp", "192.0.2.7:1", "192.0.2.8:2"),
            LINE("xx", "browser", "first", "tcp", "192.0.2.7:1", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "192.0.2.7", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "192.0.2.7:65536", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "192.0.2.7:", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "192.0.2.777:1", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "[2001:db8::1:1", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "[2001:db8::1]1", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp", "*", "192.0.2.8:2"),
            LINE("10", "browser", "first", "tcp",
                    "[2001:db8:0000:0000:0000:0000:0000:0000:0000:0000]:1", "192.0.2.8:2"),
            "{\"of\":\"browser\",\"state\":1,\"time\":2,\"local\":3,\"remote\":null}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct endpoint_list *l = hear(bad[i]);

        if (l->lines != 1 || l->unread != 1 || l->use_count != 0)
            fail_msg("%s was read", bad[i]);
        assert_false(l->capped || l->cut);
        endpoint_list_free(l);
    }
}

static void a_line_too_long_is_passed_over(void **state)
{
    struct endpoint_list *l = endpoint_list_new();
    char *text = malloc(ENDPOINT_LINE_MOST + 1);

    (void)state;
    assert_true(l != NULL && text != NULL);
    memset(text, ' ', ENDPOINT_LINE_MOST + 1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
                endpoint_list_push(l, bytes_of(text, ENDPOINT_LINE_MOST / 2 + 1)), STATUS_OK);
    assert_int_equal(endpoint_list_push(l, bytes_text("\n")), STATUS_OK);
    assert_int_equal(endpoint_list_push(l, bytes_text(told)), STATUS_OK);
    assert_int_equal(endpoint_list_seal(l), STATUS_OK);
    assert_int_equal(l->unread, 1);
    assert_int_equal(l->endpoints, 4);
    assert_false(l->cut);
    free(text);
    endpoint_list_free(l);
}

static void a_full_list_says_so(void **state)
{
    struct endpoint_list *l = hear(FULL);

    (void)state;
    assert_true(l->capped);
    assert_int_equal(l->unread, 0);
    assert_false(l->browser);
    endpoint_list_free(l);
}

static void lines_past_the_cap_are_left_out_and_that_is_said(void **state)
{
    struct endpoint_list *l = endpoint_list_new();
    struct buf text;

    (void)state;
    assert_non_null(l);
    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i <= ENDPOINT_LINES_MOST; i++) {
        buf_reset(&text);
        assert_int_equal(buf_print(&text,
                                 "{\"time\":\"2026-01-01T12:00:10Z\",\"of\":\"browser\","
                                 "\"state\":\"first\",\"protocol\":\"tcp\",\"local\":"
                                 "\"192.0.2.7:%u\",\"remote\":\"192.0.2.%u:80\"}\n",
                                 i % 65536, i / 65536),
                STATUS_OK);
        assert_int_equal(l->capped, false);
        assert_int_equal(endpoint_list_push(l, buf_view(&text)), STATUS_OK);
    }
    assert_int_equal(endpoint_list_seal(l), STATUS_OK);
    assert_true(l->capped);
    assert_int_equal(l->endpoints, ENDPOINT_LINES_MOST);
    assert_true(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 65535), v4(192, 0, 2, 3, 80), 10, 10));
    assert_false(has(l, TRANSPORT_TCP, v4(192, 0, 2, 7, 0), v4(192, 0, 2, 4, 80), 10, 10));
    buf_clear(&text);
    endpoint_list_free(l);
}

static void assert_same(const struct endpoint_list *a, const struct endpoint_list *b)
{
    assert_int_equal(a->use_count, b->use_count);
    assert_int_equal(a->lines, b->lines);
    assert_int_equal(a->unread, b->unread);
    assert_int_equal(a->endpoints, b->endpoints);
    for (size_t i = 0; i < a->use_count; i++) {
        assert_true(endpoint_equal(&a->uses[i].local, &b->uses[i].local));
        assert_true(endpoint_equal(&a->uses[i].remote, &b->uses[i].remote));
        assert_int_equal(a->uses[i].first_ns, b->uses[i].first_ns);
        assert_int_equal(a->uses[i].last_ns, b->uses[i].last_ns);
    }
}

static void a_file_split_anywhere_reads_the_same(void **state)
{
    struct endpoint_list *want = hear(told);

    (void)state;
    for (size_t at = 0; at < sizeof(told); at++) {
        struct endpoint_list *l = endpoint_list_new();
        struct bytes text = bytes_text(told);

        assert_non_null(l);
        assert_int_equal(endpoint_list_push(l, bytes_slice(text, 0, at)), STATUS_OK);
        assert_int_equal(endpoint_list_push(l, bytes_slice(text, at, text.n)), STATUS_OK);
        assert_int_equal(endpoint_list_seal(l), STATUS_OK);
        assert_same(want, l);
        endpoint_list_free(l);
    }
    endpoint_list_free(want);
}

static void a_file_cut_anywhere_has_the_lines_before(void **state)
{
    size_t whole = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(told); n++) {
        struct endpoint_list *l = endpoint_list_new();
        char *copy = malloc(n + 1);
        bool torn = n != 0 && told[n - 1] != '\n' && told[n] != '\n';

        assert_true(l != NULL && copy != NULL);
        memcpy(copy, told, n);
        whole += n != 0 && told[n - 1] == '\n';
        assert_int_equal(endpoint_list_push(l, bytes_of(copy, n)), STATUS_OK);
        assert_int_equal(endpoint_list_seal(l), STATUS_OK);
        assert_int_equal(l->cut, torn);
        assert_int_equal(l->unread, torn);
        assert_int_equal(l->lines, whole + (n != 0 && told[n - 1] != '\n'));
        free(copy);
        endpoint_list_free(l);
    }
}

static void every_allocation_can_fail(void **state)
{
    bool happened = true;

    (void)state;
    for (long i = 1; happened; i++) {
        struct endpoint_list *l;
        enum status status;

        oom_fail_at(i);
        l = endpoint_list_new();
        status = l == NULL ? STATUS_NOMEM : endpoint_list_push(l, bytes_text(told));
        if (status == STATUS_OK)
            status = endpoint_list_seal(l);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        endpoint_list_free(l);
    }
}

static void a_file_is_read_whole_and_one_that_is_not_there_is_named(void **state)
{
    char path[] = "/tmp/exhibit-sockets-XXXXXX";
    struct endpoint_list *l = NULL;
    struct fault fault = {0};
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, told, strlen(told)), strlen(told));
    (void)close(fd);
    for (long i = 1; i <= 2; i++) { /* the list, then the piece that is read */
        oom_fail_at(i);
        assert_int_equal(endpoint_list_read(path, &l, &fault), STATUS_NOMEM);
        oom_fail_at(0);
        assert_null(l);
    }
    fault = (struct fault){0};
    assert_int_equal(endpoint_list_read(path, &l, &fault), STATUS_OK);
    assert_int_equal(l->endpoints, 4);
    endpoint_list_free(l);
    (void)unlink(path);
    l = NULL;
    assert_int_equal(endpoint_list_read(path, &l, &fault), STATUS_MISSING);
    assert_null(l);
    assert_non_null(strstr(fault.text, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_endpoint_is_the_browsers_while_it_was_seen),
            cmocka_unit_test(the_time_between_two_looks_is_tolerated_and_no_more),
            cmocka_unit_test(ipv6_stands_in_brackets_and_mapped_ipv4_is_ipv4),
            cmocka_unit_test(a_udp_socket_without_a_peer_speaks_for_its_local_address),
            cmocka_unit_test(a_port_that_listens_tells_no_connection),
            cmocka_unit_test(each_use_of_an_endpoint_has_its_own_time),
            cmocka_unit_test(a_last_line_without_a_first_stands_for_its_moment),
            cmocka_unit_test(a_list_of_the_joiners_says_nothing_of_the_browser),
            cmocka_unit_test(what_is_no_line_of_it_is_counted),
            cmocka_unit_test(a_line_too_long_is_passed_over),
            cmocka_unit_test(a_full_list_says_so),
            cmocka_unit_test(lines_past_the_cap_are_left_out_and_that_is_said),
            cmocka_unit_test(a_file_split_anywhere_reads_the_same),
            cmocka_unit_test(a_file_cut_anywhere_has_the_lines_before),
            cmocka_unit_test(every_allocation_can_fail),
            cmocka_unit_test(a_file_is_read_whole_and_one_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
