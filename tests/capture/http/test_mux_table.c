/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture/http/mux_table.h"

static const struct http_setup setup = {.connection = 1};

static struct mux_stream *add(struct mux_table *t, uint32_t id)
{
    struct mux_stream *s = mux_stream_new(&setup, PROTOCOL_H2, id, NULL);

    assert_non_null(s);
    mux_table_add(t, s);
    return s;
}

static void streams_are_found_until_they_are_finished(void **state)
{
    struct mux_table t;
    struct mux_stream *s;

    (void)state;
    mux_table_init(&t, PROTOCOL_H2);
    for (uint32_t id = 1; id < 2000; id += 2)
        (void)add(&t, id);
    (void)add(&t, 2);
    assert_int_equal(t.open, 1001);
    assert_int_equal(t.highest, 1999);
    assert_true(t.pushes);
    for (uint32_t id = 1; id < 2000; id += 2)
        assert_int_equal(mux_table_find(&t, id)->id, id);
    assert_null(mux_table_find(&t, 2001));
    assert_false(mux_table_is_closed(&t, 513));
    assert_int_equal(mux_table_finish(&t, mux_table_find(&t, 513)), STATUS_OK);
    assert_int_equal(mux_table_finish(&t, mux_table_find(&t, 1)), STATUS_OK);
    assert_null(mux_table_find(&t, 513));
    assert_true(mux_table_is_closed(&t, 513));
    assert_true(mux_table_is_closed(&t, 1));
    assert_false(mux_table_is_closed(&t, 515));
    assert_false(mux_table_is_closed(&t, 512)); /* the server's numbers are their own */
    assert_int_equal(t.oldest->id, 3);
    /* Taken in the order in which they were finished. */
    s = mux_table_take(&t);
    assert_int_equal(s->id, 513);
    mux_stream_free(s);
    s = mux_table_take(&t);
    assert_int_equal(s->id, 1);
    mux_stream_free(s);
    assert_null(mux_table_take(&t));
    mux_table_clear(&t);
}

static void cancelled_streams_are_counted_once(void **state)
{
    struct mux_table t;
    struct mux_stream *three;

    (void)state;
    mux_table_init(&t, PROTOCOL_H2);
    (void)add(&t, 1);
    three = add(&t, 3);
    assert_null(mux_table_oldest_cancelled(&t));
    mux_table_cancel(&t, three);
    mux_table_cancel(&t, three);
    assert_int_equal(t.cancelled, 1);
    assert_ptr_equal(mux_table_oldest_cancelled(&t), three);
    assert_int_equal(mux_table_finish(&t, three), STATUS_OK);
    assert_int_equal(t.cancelled, 0);
    mux_table_clear(&t);
}

static void memory_of_finished_streams_stays_bounded(void **state)
{
    struct mux_table t;

    (void)state;
    mux_table_init(&t, PROTOCOL_H2);
    for (uint32_t id = 1; id < 8 * 4 * MUX_CLOSED_MOST; id += 4)
        assert_int_equal(mux_table_finish(&t, add(&t, id)), STATUS_OK);
    assert_true(t.closed[FROM_CLIENT].n <= MUX_CLOSED_MOST + 1);
    assert_true(mux_table_is_closed(&t, 1));
    assert_true(mux_table_is_closed(&t, 8 * 4 * MUX_CLOSED_MOST - 3));
    assert_false(mux_table_is_closed(&t, 8 * 4 * MUX_CLOSED_MOST - 1));
    mux_table_clear(&t);
}

static void http3_counts_its_streams_by_fours(void **state)
{
    struct mux_table t;

    (void)state;
    mux_table_init(&t, PROTOCOL_H3);
    assert_int_equal(mux_table_owner(&t, 0), FROM_CLIENT);
    assert_int_equal(mux_table_owner(&t, 4), FROM_CLIENT);
    assert_int_equal(mux_table_owner(&t, 3), FROM_SERVER);
    for (uint64_t id = 0; id < 400; id += 4)
        mux_table_add(&t, mux_stream_new(&setup, PROTOCOL_H3, id, NULL));
    assert_int_equal(mux_table_find(&t, 0)->x->protocol, PROTOCOL_H3);
    for (uint64_t id = 0; id < 400; id += 8)
        assert_int_equal(mux_table_finish(&t, mux_table_find(&t, id)), STATUS_OK);
    for (uint64_t id = 4; id < 400; id += 8)
        assert_int_equal(mux_table_drop(&t, mux_table_find(&t, id)), STATUS_OK);
    assert_int_equal(t.closed[FROM_CLIENT].n, 1); /* they touch */
    assert_true(mux_table_is_closed(&t, 0) && mux_table_is_closed(&t, 396));
    assert_false(mux_table_is_closed(&t, 400) || mux_table_is_closed(&t, 3));
    assert_int_equal(t.open, 0);
    mux_table_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(streams_are_found_until_they_are_finished),
            cmocka_unit_test(cancelled_streams_are_counted_once),
            cmocka_unit_test(http3_counts_its_streams_by_fours),
            cmocka_unit_test(memory_of_finished_streams_stays_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
