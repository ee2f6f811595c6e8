/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture/http/h2_table.h"

static const struct http_setup setup = {.connection = 1};

static struct h2_stream *add(struct h2_table *t, uint32_t id)
{
    struct h2_stream *s = h2_stream_new(&setup, id, NULL);

    assert_non_null(s);
    h2_table_add(t, s);
    return s;
}

static void streams_are_found_until_they_are_finished(void **state)
{
    struct h2_table t;
    struct h2_stream *s;

    (void)state;
    h2_table_init(&t);
    for (uint32_t id = 1; id < 2000; id += 2)
        (void)add(&t, id);
    (void)add(&t, 2);
    assert_int_equal(t.open, 1001);
    assert_int_equal(t.highest, 1999);
    assert_true(t.pushes);
    for (uint32_t id = 1; id < 2000; id += 2)
        assert_int_equal(h2_table_find(&t, id)->id, id);
    assert_null(h2_table_find(&t, 2001));
    assert_false(h2_table_is_closed(&t, 513));
    assert_int_equal(h2_table_finish(&t, h2_table_find(&t, 513)), STATUS_OK);
    assert_int_equal(h2_table_finish(&t, h2_table_find(&t, 1)), STATUS_OK);
    assert_null(h2_table_find(&t, 513));
    assert_true(h2_table_is_closed(&t, 513));
    assert_true(h2_table_is_closed(&t, 1));
    assert_false(h2_table_is_closed(&t, 515));
    assert_false(h2_table_is_closed(&t, 512)); /* the server's numbers are their own */
    assert_int_equal(t.oldest->id, 3);
    /* Taken in the order in which they were finished. */
    s = h2_table_take(&t);
    assert_int_equal(s->id, 513);
    h2_stream_free(s);
    s = h2_table_take(&t);
    assert_int_equal(s->id, 1);
    h2_stream_free(s);
    assert_null(h2_table_take(&t));
    h2_table_clear(&t);
}

static void cancelled_streams_are_counted_once(void **state)
{
    struct h2_table t;
    struct h2_stream *three;

    (void)state;
    h2_table_init(&t);
    (void)add(&t, 1);
    three = add(&t, 3);
    assert_null(h2_table_oldest_cancelled(&t));
    h2_table_cancel(&t, three);
    h2_table_cancel(&t, three);
    assert_int_equal(t.cancelled, 1);
    assert_ptr_equal(h2_table_oldest_cancelled(&t), three);
    assert_int_equal(h2_table_finish(&t, three), STATUS_OK);
    assert_int_equal(t.cancelled, 0);
    h2_table_clear(&t);
}

static void memory_of_finished_streams_stays_bounded(void **state)
{
    struct h2_table t;

    (void)state;
    h2_table_init(&t);
    for (uint32_t id = 1; id < 8 * 4 * H2_CLOSED_MOST; id += 4)
        assert_int_equal(h2_table_finish(&t, add(&t, id)), STATUS_OK);
    assert_true(t.closed[FROM_CLIENT].n <= H2_CLOSED_MOST + 1);
    assert_true(h2_table_is_closed(&t, 1));
    assert_true(h2_table_is_closed(&t, 8 * 4 * H2_CLOSED_MOST - 3));
    assert_false(h2_table_is_closed(&t, 8 * 4 * H2_CLOSED_MOST - 1));
    h2_table_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(streams_are_found_until_they_are_finished),
            cmocka_unit_test(cancelled_streams_are_counted_once),
            cmocka_unit_test(memory_of_finished_streams_stays_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
