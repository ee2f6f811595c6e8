/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <time.h>

#include "capture/live/device.h"
#include "tests/capture/live/loopback_world.h"

enum { HEADERS = 14 + 20 + 8 /* Ethernet, IPv4, UDP */ };

struct taken {
    unsigned n, stop_at; /* fails at this one; 0: never */
    size_t longest;
    uint32_t wire;
    int64_t first_ns, last_ns;
    bool in_order, has_nanoseconds;
};

static enum status take(void *context, int64_t time_ns, uint32_t wire_len, struct bytes data)
{
    struct taken *t = context;

    if (t->n++ == 0)
        t->first_ns = time_ns;
    if (t->n == t->stop_at)
        return STATUS_FULL;
    t->in_order = (t->n == 1 || t->in_order) && time_ns >= t->last_ns;
    t->has_nanoseconds = t->has_nanoseconds || time_ns % 1000 != 0;
    t->last_ns = time_ns;
    t->longest = data.n > t->longest ? data.n : t->longest;
    t->wire = wire_len;
    return STATUS_OK;
}

/* Reads until nothing came for a while. */
static void read_all(struct device *d, struct taken *t)
{
    struct pollfd at = {.fd = device_fd(d), .events = POLLIN};
    unsigned n;

    while (poll(&at, 1, 10 * DEVICE_BLOCK_MS) > 0)
        assert_int_equal(device_read(d, 100, take, t, &n, NULL), STATUS_OK);
}

static struct device *opened(const char *filter, uint32_t snaplen)
{
    const struct device_setup setup = {
            .name = "lo", .filter = filter, .snaplen = snaplen, .ring_bytes = 4 << 20};
    struct fault fault = {0};
    struct device *d = NULL;

    if (device_open(&setup, &d, &fault) != STATUS_OK)
        print_message("%s\n", fault.text);
    assert_non_null(d);
    return d;
}

static void every_datagram_is_read_once_in_order_with_nanoseconds(void **state)
{
    struct device *d = opened(NULL, 0);
    struct count kernel, interface;
    struct taken t = {0};
    struct timespec now;

    (void)state;
    assert_int_equal(device_link(d), 1);
    assert_int_equal(device_snaplen(d), DEVICE_SNAPLEN);
    assert_true(loopback_send(200, 100));
    read_all(d, &t);
    assert_int_equal(t.n, 200);
    assert_int_equal(t.longest, HEADERS + 100);
    assert_int_equal(t.wire, HEADERS + 100);
    assert_true(t.in_order && t.has_nanoseconds);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    assert_true(now.tv_sec - t.first_ns / 1000000000 < 60);
    device_drops(d, &kernel, &interface);
    assert_true(kernel.known);
    assert_int_equal(kernel.n, 0);
    device_close(d);
}

static void a_read_takes_no_more_than_it_is_asked_to_and_never_waits(void **state)
{
    struct device *d = opened(NULL, 0);
    struct pollfd at = {.fd = device_fd(d), .events = POLLIN};
    struct taken t = {0};
    unsigned n = 7;

    (void)state;
    assert_int_equal(device_read(d, 10, take, &t, &n, NULL), STATUS_OK);
    assert_int_equal(n, 0);
    assert_true(loopback_send(25, 10));
    assert_int_equal(poll(&at, 1, 1000), 1);
    assert_int_equal(device_read(d, 10, take, &t, &n, NULL), STATUS_OK);
    assert_int_equal(n, 10);
    read_all(d, &t);
    assert_int_equal(t.n, 25);
    device_close(d);
}

static void what_the_taker_says_ends_the_reading(void **state)
{
    struct device *d = opened(NULL, 0);
    struct pollfd at = {.fd = device_fd(d), .events = POLLIN};
    struct taken t = {.stop_at = 4};
    unsigned n;

    (void)state;
    assert_true(loopback_send(9, 10));
    assert_int_equal(poll(&at, 1, 1000), 1);
    assert_int_equal(device_read(d, 100, take, &t, &n, NULL), STATUS_FULL);
    assert_int_equal(n, 3);
    assert_int_equal(t.n, 4);
    device_close(d);
}

static void a_packet_is_cut_at_the_snap_length_and_keeps_its_own(void **state)
{
    struct device *d = opened(NULL, 60);
    struct taken t = {0};

    (void)state;
    assert_true(loopback_send(3, 500));
    read_all(d, &t);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.longest, 60);
    assert_int_equal(t.wire, HEADERS + 500);
    device_close(d);
}

static void a_filter_keeps_out_what_it_does_not_name(void **state)
{
    struct device *d = opened("udp and greater 200", 0);
    struct taken t = {0};

    (void)state;
    assert_true(loopback_send(5, 50));
    assert_true(loopback_send(7, 400));
    read_all(d, &t);
    assert_int_equal(t.n, 7);
    device_close(d);
}

static void a_full_ring_is_counted(void **state)
{
    const struct device_setup setup = {.name = "lo", .ring_bytes = 1 << 18};
    struct device *d = NULL;
    struct count kernel, interface;
    struct taken t = {0};

    (void)state;
    assert_int_equal(device_open(&setup, &d, NULL), STATUS_OK);
    assert_true(loopback_send(4000, 1000));
    read_all(d, &t);
    device_drops(d, &kernel, &interface);
    assert_true(t.n < 4000);
    /* The loopback hands each packet over twice, going out and coming in; libpcap takes one. */
    assert_true(kernel.known && t.n + kernel.n >= 4000 && t.n + kernel.n <= 8000);
    device_close(d);
}

static void an_interface_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    const struct device_setup setup = {.name = "nowhere0", .ring_bytes = 1 << 20};
    struct device *d = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(device_open(&setup, &d, &fault), STATUS_MISSING);
    assert_null(d);
    assert_non_null(strstr(fault.text, "nowhere0: "));
    assert_non_null(strstr(fault.text, "those that exist: lo"));
}

static void a_filter_that_is_none_is_refused_by_name(void **state)
{
    const struct device_setup setup = {
            .name = "lo", .filter = "prot tcp", .ring_bytes = 1 << 20};
    struct device *d = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(device_open(&setup, &d, &fault), STATUS_USAGE);
    assert_null(d);
    assert_non_null(strstr(fault.text, "\"prot tcp\""));
}

static void link_types_are_those_of_files(void **state)
{
    (void)state;
    assert_int_equal(device_link_of(1), 1);     /* Ethernet */
    assert_int_equal(device_link_of(12), 101);  /* DLT_RAW of Linux */
    assert_int_equal(device_link_of(113), 113); /* Linux cooked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_datagram_is_read_once_in_order_with_nanoseconds),
            cmocka_unit_test(a_read_takes_no_more_than_it_is_asked_to_and_never_waits),
            cmocka_unit_test(what_the_taker_says_ends_the_reading),
            cmocka_unit_test(a_packet_is_cut_at_the_snap_length_and_keeps_its_own),
            cmocka_unit_test(a_filter_keeps_out_what_it_does_not_name),
            cmocka_unit_test(a_full_ring_is_counted),
            cmocka_unit_test(an_interface_that_is_not_there_is_answered_with_those_that_are),
            cmocka_unit_test(a_filter_that_is_none_is_refused_by_name),
            cmocka_unit_test(link_types_are_those_of_files),
    };

    if (!loopback_world())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
