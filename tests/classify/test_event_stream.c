/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "classify/event_stream.h"

/* One letter a line (data, event, id, retry, other, End), its value, a bar. */
static void assert_lines(const char *text, const char *want)
{
    struct event_stream_line line;
    struct event_stream s;
    char got[256] = "";
    size_t at = 0;

    event_stream_init(&s, bytes_text(text));
    while (event_stream_next(&s, &line)) {
        assert_memory_equal(text + line.off, line.value.p, line.value.n);
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%c%.*s|", "deiroE"[line.kind],
                (int)line.value.n, (const char *)line.value.p);
    }
    assert_string_equal(got, want);
}

/* The examples of WHATWG HTML section 9.2.6. */
static void the_examples_of_the_standard_are_read(void **state)
{
    (void)state;
    assert_lines("data: YHOO\ndata: +2\ndata: 10\n\n", "dYHOO|d+2|d10|E|");
    assert_lines(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  "
                 "third event\n",
            "otest stream|E|dfirst event|i1|E|dsecond event|i|E|d third event|");
    assert_lines("data\n\ndata\ndata\n\ndata:", "d|E|d|d|E|d|");
    assert_lines("data:test\n\ndata: test\n\n", "dtest|E|dtest|E|");
}

static void lines_end_in_any_of_three_ways(void **state)
{
    (void)state;
    assert_lines("data:a\r\nevent:b\rretry:5\n\r\n\r\r", "da|eb|r5|E|E|E|");
}

static void a_mark_of_byte_order_is_skipped_once(void **state)
{
    (void)state;
    assert_lines("\xef\xbb\xbf"
                 "data:a",
            "da|");
    assert_lines("\xef\xbb\xbf\xef\xbb\xbf"
                 "data:a",
            "oa|");
}

static void every_truncation_gives_a_front_of_the_same_lines(void **state)
{
    static const char whole[] = "id: 7\r\ndata: {\"a\":1}\r\n\r\n";
    struct event_stream_line line, same;
    struct event_stream s, t;

    (void)state;
    for (size_t n = 0; n < sizeof(whole); n++) {
        event_stream_init(&s, bytes_of(whole, n));
        event_stream_init(&t, bytes_of(whole, sizeof(whole) - 1));
        while (event_stream_next(&s, &line)) {
            if (s.at == n)
                break; /* the line that is cut */
            assert_true(event_stream_next(&t, &same));
            assert_int_equal(line.kind, same.kind);
            assert_true(bytes_equal(line.value, same.value));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_examples_of_the_standard_are_read),
            cmocka_unit_test(lines_end_in_any_of_three_ways),
            cmocka_unit_test(a_mark_of_byte_order_is_skipped_once),
            cmocka_unit_test(every_truncation_gives_a_front_of_the_same_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
