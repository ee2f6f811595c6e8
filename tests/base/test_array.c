/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/array.h"
#include "tests/support/oom.h"

static void arrays_grow_and_keep_what_they_hold(void **state)
{
    uint32_t *numbers = NULL;
    size_t capacity = 0, moves = 0;

    (void)state;
    for (size_t count = 0; count < 5000; count++) {
        size_t before = capacity;
        uint32_t *grown = array_grow(numbers, count, &capacity, sizeof(*numbers));

        assert_non_null(grown);
        assert_true(capacity > count);
        moves += capacity != before;
        numbers = grown;
        numbers[count] = (uint32_t)count;
    }
    assert_true(moves < 12); /* doubling: none is copied but once on average */
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

static void where_there_is_room_nothing_happens(void **state)
{
    size_t capacity = 0;
    uint64_t *array = array_grow(NULL, 0, &capacity, sizeof(*array));
    size_t first = capacity;

    (void)state;
    assert_non_null(array);
    oom_fail_at(1);
    for (size_t count = 0; count < first; count++)
        assert_ptr_equal(array_grow(array, count, &capacity, sizeof(*array)), array);
    assert_int_equal(capacity, first);
    assert_false(oom_happened());
    oom_fail_at(0);
    free(array);
}

static void without_memory_everything_is_as_it_was(void **state)
{
    size_t capacity = 0, count = 0;
    uint8_t *array = NULL, *grown;

    (void)state;
    oom_fail_at(1);
    assert_null(array_grow(NULL, 0, &capacity, 1));
    assert_true(oom_happened());
    oom_fail_at(0);
    assert_int_equal(capacity, 0);
    array = array_grow(NULL, 0, &capacity, 1);
    assert_non_null(array);
    for (; count < capacity; count++)
        array[count] = (uint8_t)(count + 1);
    oom_fail_at(1);
    assert_null(array_grow(array, count, &capacity, 1));
    assert_true(oom_happened());
    oom_fail_at(0);
    assert_int_equal(capacity, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(array[i], i + 1);
    grown = array_grow(array, count, &capacity, 1); /* it goes on when memory is back */
    assert_non_null(grown);
    assert_true(capacity > count);
    free(grown);
}

static void sizes_that_overflow_are_refused(void **state)
{
    size_t most = SIZE_MAX / 2 + 1, none = 0, some = SIZE_MAX / 64;
    char stands[1] = {7}; /* never handed to realloc: it would not take it */

    (void)state;
    oom_fail_at(1);
    assert_null(array_grow(stands, most, &most, 1)); /* twice as many is no size_t */
    assert_int_equal(most, SIZE_MAX / 2 + 1);
    assert_null(array_grow(NULL, 0, &none, SIZE_MAX / 4)); /* as many bytes are none */
    assert_int_equal(none, 0);
    assert_null(array_grow(stands, some, &some, 64));
    assert_int_equal(some, SIZE_MAX / 64);
    assert_false(oom_happened());
    oom_fail_at(0);
    assert_int_equal(stands[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(arrays_grow_and_keep_what_they_hold),
            cmocka_unit_test(where_there_is_room_nothing_happens),
            cmocka_unit_test(without_memory_everything_is_as_it_was),
            cmocka_unit_test(sizes_that_overflow_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
