/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/http/exchange.h"
#include "capture/http/h2_block.h"

static bool feed(struct h2_block *b, struct h2_frame frame, const char *payload, size_t n)
{
    frame.length = (uint32_t)n;
    if (frame.type == H2_CONTINUATION)
        h2_block_continue(b, &frame);
    else
        h2_block_begin(b, &frame);
    assert_int_equal(h2_block_push(b, bytes_of(payload, n)), STATUS_OK);
    return h2_block_done(b);
}

static void padding_and_priority_fall_away(void **state)
{
    struct h2_block b;
    const struct h2_frame headers = {
            .type = H2_HEADERS, .flags = H2_FLAG_PADDED | H2_FLAG_PRIORITY, .stream = 5};
    const struct h2_frame more = {.type = H2_CONTINUATION, .stream = 5};
    const struct h2_frame other = {.type = H2_CONTINUATION, .stream = 7};
    const struct h2_frame last = {
            .type = H2_CONTINUATION, .flags = H2_FLAG_END_HEADERS, .stream = 5};

    (void)state;
    h2_block_init(&b);
    assert_false(feed(&b, headers, "\2\0\0\0\1\0abc\0\0", 11));
    assert_true(h2_block_awaits(&b, &more));
    assert_false(h2_block_awaits(&b, &other));
    assert_false(feed(&b, more, "", 0));
    assert_true(feed(&b, last, "def", 3));
    assert_true(bytes_is(buf_view(&b.bytes), "abcdef"));
    assert_false(b.torn);
    h2_block_clear(&b);
}

static void a_promise_names_its_stream(void **state)
{
    struct h2_block b;
    const struct h2_frame promise = {
            .type = H2_PUSH_PROMISE, .flags = H2_FLAG_END_HEADERS, .stream = 5};

    (void)state;
    h2_block_init(&b);
    assert_true(feed(&b, promise, "\x80\0\0\6xyz", 7));
    assert_int_equal(b.promised, 6);
    assert_true(bytes_is(buf_view(&b.bytes), "xyz"));
    h2_block_clear(&b);
}

static void fields_that_do_not_fit_are_bad(void **state)
{
    static const struct {
        unsigned type, flags;
        const char *payload;
        size_t n;
    } cases[] = {
            {H2_HEADERS, H2_FLAG_PADDED, "", 0},
            {H2_HEADERS, H2_FLAG_PADDED, "\3ab", 3},
            {H2_HEADERS, H2_FLAG_PRIORITY, "abcd", 4},
            {H2_PUSH_PROMISE, 0, "abc", 3},
            {H2_PUSH_PROMISE, H2_FLAG_PADDED, "\2\0\0\0\2a", 6},
    };
    struct h2_block b;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct h2_frame frame = {.type = (uint8_t)cases[i].type,
                .flags = (uint8_t)(cases[i].flags | H2_FLAG_END_HEADERS),
                .stream = 1};

        h2_block_init(&b);
        assert_true(feed(&b, frame, cases[i].payload, cases[i].n));
        assert_true(b.torn);
        assert_non_null(b.bad);
        assert_int_equal(b.bytes.n, 0);
        h2_block_clear(&b);
    }
}

static void nothing_behind_a_hole_is_taken(void **state)
{
    struct h2_block b;
    struct h2_frame headers = {
            .type = H2_HEADERS, .flags = H2_FLAG_PADDED, .stream = 5, .length = 10};
    const struct h2_frame last = {
            .type = H2_CONTINUATION, .flags = H2_FLAG_END_HEADERS, .stream = 5};

    (void)state;
    h2_block_init(&b);
    h2_block_begin(&b, &headers);
    assert_int_equal(h2_block_push(&b, bytes_of("\3abc", 4)), STATUS_OK);
    h2_block_hole(&b, 17);
    assert_int_equal(h2_block_push(&b, bytes_of("xyz", 3)), STATUS_OK);
    assert_false(h2_block_done(&b));
    assert_true(feed(&b, last, "def", 3));
    assert_true(b.torn);
    assert_null(b.bad);
    assert_int_equal(b.gap, 17);
    assert_true(bytes_is(buf_view(&b.bytes), "abc"));

    /* A hole in the padding takes nothing away. */
    headers.flags |= H2_FLAG_END_HEADERS;
    h2_block_begin(&b, &headers);
    assert_int_equal(h2_block_push(&b, bytes_of("\3abcdef", 7)), STATUS_OK);
    h2_block_hole(&b, 18);
    assert_true(h2_block_done(&b));
    assert_false(b.torn);
    assert_true(bytes_is(buf_view(&b.bytes), "abcdef"));
    h2_block_clear(&b);
}

static void a_block_that_breaks_off_keeps_its_front(void **state)
{
    struct h2_block b;
    const struct h2_frame headers = {.type = H2_HEADERS, .stream = 5, .length = 10};

    (void)state;
    h2_block_init(&b);
    h2_block_begin(&b, &headers);
    assert_int_equal(h2_block_push(&b, bytes_of("abc", 3)), STATUS_OK);
    h2_block_break(&b, "reason");
    assert_true(b.torn);
    assert_true(bytes_is(buf_view(&b.bytes), "abc"));
    h2_block_clear(&b);
}

static void too_long_a_block_is_cut_at_the_cap(void **state)
{
    static char zeros[1 << 18];
    struct h2_block b;
    struct h2_frame frame = {.type = H2_HEADERS, .stream = 1};

    (void)state;
    h2_block_init(&b);
    for (int i = 0; i < 6; i++) {
        assert_false(feed(&b, frame, zeros, sizeof(zeros)));
        frame.type = H2_CONTINUATION;
    }
    assert_int_equal(b.bytes.n, EXCHANGE_HEAD_MOST);
    assert_true(b.over && b.torn);
    h2_block_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(padding_and_priority_fall_away),
            cmocka_unit_test(a_promise_names_its_stream),
            cmocka_unit_test(fields_that_do_not_fit_are_bad),
            cmocka_unit_test(nothing_behind_a_hole_is_taken),
            cmocka_unit_test(a_block_that_breaks_off_keeps_its_front),
            cmocka_unit_test(too_long_a_block_is_cut_at_the_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
