/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "tests/support/oom.h"

static void it_grows_up_to_its_limit_and_not_past_it(void **state)
{
    struct buf b;
    size_t n = 0;

    (void)state;
    buf_init(&b, 1000);
    assert_null(b.p);
    while (buf_append(&b, BYTES_LITERAL("abc")) == STATUS_OK)
        n += 3;
    assert_int_equal(n, 999);
    assert_int_equal(b.n, 999);
    assert_int_equal(buf_append_u8(&b, 'x'), STATUS_OK);
    assert_int_equal(buf_append_u8(&b, 'x'), STATUS_USAGE);
    assert_int_equal(b.n, 1000);
    for (size_t i = 0; i < 999; i++)
        assert_int_equal(b.p[i], "abc"[i % 3]);
    buf_clear(&b);
    assert_null(b.p);
    assert_int_equal(b.limit, 1000);
    assert_int_equal(buf_text(&b, "again"), STATUS_OK);
    assert_true(bytes_is(buf_view(&b), "again"));
    buf_clear(&b);
}

static void a_print_may_fill_it_to_the_last_byte(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_int_equal(buf_print(&b, "%s", ""), STATUS_OK);
    assert_int_equal(b.n, 0);
    assert_int_equal(buf_print(&b, "%05d", 42), STATUS_OK);
    assert_int_equal(buf_print(&b, "%06d", 42), STATUS_USAGE);
    assert_true(bytes_is(buf_view(&b), "00042"));
    assert_int_equal(buf_print(&b, "%05d", 43), STATUS_OK);
    assert_true(bytes_is(buf_view(&b), "0004200043"));
    assert_int_equal(buf_print(&b, "x"), STATUS_USAGE);
    buf_clear(&b);
}

static void dropping_moves_the_rest_to_the_front(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(buf_text(&b, "front and back"), STATUS_OK);
    buf_drop(&b, 0);
    buf_drop(&b, 10);
    assert_true(bytes_is(buf_view(&b), "back"));
    buf_drop(&b, 5);
    assert_int_equal(b.n, 0);
    buf_drop(&b, 1);
    assert_int_equal(buf_text(&b, "more"), STATUS_OK);
    buf_reset(&b);
    assert_int_equal(b.n, 0);
    assert_non_null(b.p);
    buf_clear(&b);
}

static void appending_nothing_needs_no_memory(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 0);
    assert_int_equal(buf_append(&b, bytes_of(NULL, 0)), STATUS_OK);
    assert_int_equal(buf_text(&b, ""), STATUS_OK);
    assert_null(b.p);
    assert_int_equal(buf_append_u8(&b, 0), STATUS_USAGE);
    buf_clear(&b);
}

static void a_limit_of_all_memory_does_not_overflow(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, SIZE_MAX);
    assert_int_equal(buf_text(&b, "x"), STATUS_OK);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), STATUS_USAGE);
    assert_int_equal(buf_reserve(&b, SIZE_MAX - 1), STATUS_NOMEM);
    assert_true(bytes_is(buf_view(&b), "x"));
    buf_clear(&b);
}

static void a_failing_allocation_changes_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    assert_int_equal(buf_text(&b, "kept"), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        enum status status;

        oom_fail_at(1);
        status = i == 0   ? buf_reserve(&b, 5000)
                 : i == 1 ? buf_print(&b, "%0500d", 1)
                          : buf_append(&b, bytes_of("0123456789012345678901234567890123456789"
                                                    "0123456789012345678901234567890123456789",
                                                   80));
        oom_fail_at(0);
        assert_int_equal(status, STATUS_NOMEM);
        assert_true(bytes_is(buf_view(&b), "kept"));
    }
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(it_grows_up_to_its_limit_and_not_past_it),
            cmocka_unit_test(a_print_may_fill_it_to_the_last_byte),
            cmocka_unit_test(dropping_moves_the_rest_to_the_front),
            cmocka_unit_test(appending_nothing_needs_no_memory),
            cmocka_unit_test(a_limit_of_all_memory_does_not_overflow),
            cmocka_unit_test(a_failing_allocation_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
