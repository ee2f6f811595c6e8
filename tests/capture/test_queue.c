/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture/queue.h"
#include "tests/support/oom.h"

static void what_goes_in_first_comes_out_first(void **state)
{
    enum { MANY = 1000 };
    static char marks[MANY];
    struct queue q = {0};
    size_t in = 0, out = 0;

    (void)state;
    assert_null(queue_take(&q));
    /* Three in, two out, so that it runs through its array and grows while it moves. */
    while (in < MANY) {
        for (int i = 0; i < 3 && in < MANY; i++)
            assert_int_equal(queue_put(&q, &marks[in++]), STATUS_OK);
        for (int i = 0; i < 2; i++)
            assert_ptr_equal(queue_take(&q), &marks[out++]);
    }
    while (out < MANY)
        assert_ptr_equal(queue_take(&q), &marks[out++]);
    assert_null(queue_take(&q));
    queue_clear(&q);
}

static void a_short_queue_never_grows(void **state)
{
    struct queue q = {0};
    size_t capacity;
    char mark;

    (void)state;
    assert_int_equal(queue_put(&q, &mark), STATUS_OK);
    capacity = q.capacity;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(queue_put(&q, &mark), STATUS_OK);
        assert_non_null(queue_take(&q));
    }
    assert_true(q.capacity <= 2 * capacity);
    queue_clear(&q);
    assert_null(queue_take(&q));
}

static void no_memory_leaves_it_as_it_was(void **state)
{
    struct queue q = {0};
    char mark;

    (void)state;
    oom_fail_at(1);
    assert_int_equal(queue_put(&q, &mark), STATUS_NOMEM);
    oom_fail_at(0);
    assert_null(queue_take(&q));
    assert_int_equal(queue_put(&q, &mark), STATUS_OK);
    while (q.n < q.capacity)
        assert_int_equal(queue_put(&q, &mark), STATUS_OK);
    oom_fail_at(1);
    assert_int_equal(queue_put(&q, &mark), STATUS_NOMEM);
    oom_fail_at(0);
    assert_int_equal(q.n, q.capacity);
    assert_ptr_equal(queue_take(&q), &mark);
    queue_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_goes_in_first_comes_out_first),
            cmocka_unit_test(a_short_queue_never_grows),
            cmocka_unit_test(no_memory_leaves_it_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
