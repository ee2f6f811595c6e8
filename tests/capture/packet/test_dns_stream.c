/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/packet/dns_stream.h"
#include "tests/support/oom.h"

static const uint8_t two[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd'};

static void push(struct dns_stream *s, enum direction dir, const uint8_t *p, size_t n)
{
    static const uint64_t frames[] = {8, 9};
    const struct item item = {.kind = ITEM_BYTES,
            .dir = dir,
            .len = n,
            .data = bytes_of(p, n),
            .frames = {frames, 2},
            .last_ns = 77};

    assert_int_equal(dns_stream_push(s, &item), STATUS_OK);
}

/* All messages that are there now, with a bar behind each. */
static void take(struct dns_stream *s, char *out)
{
    struct item m;

    while (dns_stream_next(s, &m)) {
        assert_int_equal(m.kind, ITEM_BYTES);
        assert_int_equal(m.last_ns, 77);
        assert_true(m.frames.n == 1 && m.frames.at[0] == 9);
        (void)strncat(out, (const char *)m.data.p, m.data.n);
        (void)strcat(out, "|");
    }
}

static void split_anywhere_gives_the_same_messages(void **state)
{
    (void)state;
    for (size_t at = 0; at <= sizeof(two); at++) {
        struct dns_stream *s = dns_stream_new();
        char got[32] = "";

        assert_non_null(s);
        push(s, FROM_SERVER, two, at);
        take(s, got);
        push(s, FROM_SERVER, two + at, sizeof(two) - at);
        take(s, got);
        assert_string_equal(got, "abc||d|");
        dns_stream_free(s);
    }
}

static void directions_do_not_mix(void **state)
{
    struct dns_stream *s = dns_stream_new();
    char got[32] = "";

    (void)state;
    assert_non_null(s);
    push(s, FROM_SERVER, two, 4);
    push(s, FROM_CLIENT, two + 7, 3);
    take(s, got);
    assert_string_equal(got, "d|");
    dns_stream_free(s);
}

static void behind_a_hole_there_is_no_more(void **state)
{
    struct dns_stream *s = dns_stream_new();
    const struct item conflict = {.kind = ITEM_GAP, .dir = FROM_CLIENT};
    const struct item hole = {.kind = ITEM_GAP, .dir = FROM_CLIENT, .len = 1};
    char got[32] = "";

    (void)state;
    assert_non_null(s);
    assert_int_equal(dns_stream_push(s, &conflict), STATUS_OK);
    push(s, FROM_CLIENT, two, sizeof(two));
    assert_int_equal(dns_stream_push(s, &hole), STATUS_OK);
    push(s, FROM_CLIENT, two, sizeof(two));
    push(s, FROM_SERVER, two + 7, 3);
    take(s, got);
    assert_string_equal(got, "abc||d|d|");
    dns_stream_free(s);
}

static void what_gave_no_message_is_told_as_a_gap(void **state)
{
    struct dns_stream *s = dns_stream_new();
    const struct item hole = {.kind = ITEM_GAP, .dir = FROM_CLIENT, .len = 1, .why = GAP_LOST};
    struct gap gap = {.len = 99};
    char got[32] = "";

    (void)state;
    assert_non_null(s);
    push(s, FROM_CLIENT, two, 7);
    take(s, got);
    assert_false(dns_stream_unread(s, FROM_CLIENT, &gap));
    assert_int_equal(gap.len, 99);
    push(s, FROM_CLIENT, two + 7, 2);
    assert_true(dns_stream_unread(s, FROM_CLIENT, &gap));
    assert_true(gap.why == GAP_CUT && gap.len == 2);
    assert_int_equal(dns_stream_push(s, &hole), STATUS_OK);
    push(s, FROM_CLIENT, two, 5);
    take(s, got);
    assert_true(dns_stream_unread(s, FROM_CLIENT, &gap));
    assert_true(gap.why == GAP_LOST && gap.len == 7 && gap.dir == FROM_CLIENT);
    assert_int_equal(gap.last_packet, 9);
    assert_false(dns_stream_unread(s, FROM_SERVER, &gap));
    assert_string_equal(got, "abc||");
    dns_stream_free(s);
}

static void what_nobody_takes_is_bounded(void **state)
{
    struct dns_stream *s = dns_stream_new();
    static uint8_t zeros[1 << 16];
    struct item m;
    size_t n = 0;

    (void)state;
    assert_non_null(s);
    for (int i = 0; i < 64; i++)
        push(s, FROM_CLIENT, zeros, sizeof(zeros));
    while (dns_stream_next(s, &m))
        n++;
    assert_true(n > 0 && n < (size_t)64 * sizeof(zeros) / 2 / 2);
    dns_stream_free(s);
}

static void every_failed_allocation_is_told(void **state)
{
    const struct item item = {.kind = ITEM_BYTES, .len = 10, .data = {two, 10}};
    struct dns_stream *s;

    (void)state;
    oom_fail_at(1);
    assert_null(dns_stream_new());
    oom_fail_at(0);
    s = dns_stream_new();
    assert_non_null(s);
    oom_fail_at(1);
    assert_int_equal(dns_stream_push(s, &item), STATUS_NOMEM);
    oom_fail_at(0);
    dns_stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(split_anywhere_gives_the_same_messages),
            cmocka_unit_test(directions_do_not_mix),
            cmocka_unit_test(behind_a_hole_there_is_no_more),
            cmocka_unit_test(what_gave_no_message_is_told_as_a_gap),
            cmocka_unit_test(what_nobody_takes_is_bounded),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
