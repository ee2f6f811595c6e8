/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdalign.h>
#include <string.h>

#include "base/arena.h"
#include "tests/support/oom.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(1 << 20);
    uint8_t *before = NULL;

    (void)state;
    assert_non_null(a);
    for (size_t n = 0; n < 3000; n += 7) {
        uint8_t *p = arena_alloc(a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_ptr_not_equal(p, before);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n); /* the next one must not see this */
        before = p;
    }
    arena_free(a);
    arena_free(NULL);
}

static void the_limit_holds_to_the_byte(void **state)
{
    struct arena *a = arena_new(1024);

    (void)state;
    assert_null(arena_alloc(a, 1025));
    assert_int_equal(arena_used(a), 0);
    assert_non_null(arena_alloc(a, 1000));
    assert_non_null(arena_alloc(a, 16));
    assert_int_equal(arena_used(a), 1024);
    assert_null(arena_alloc(a, 1));
    assert_null(arena_alloc(a, 0)); /* even nothing needs an address of its own */
    assert_int_equal(arena_used(a), 1024);
    arena_free(a);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct arena *a = arena_new(SIZE_MAX);
    struct bytes huge = {(const uint8_t *)"x", SIZE_MAX};

    (void)state;
    assert_null(arena_array(a, SIZE_MAX / 2, 4));
    assert_null(arena_array(a, SIZE_MAX, 1));
    assert_null(arena_alloc(a, SIZE_MAX - 8));
    assert_null(arena_string(a, huge));
    assert_int_equal(arena_used(a), 0);
    arena_free(a);
}

static void copies_strings_and_prints(void **state)
{
    struct arena *a = arena_new(1 << 16);
    char source[] = "some text";
    struct bytes copy = {0};

    (void)state;
    assert_true(arena_copy(a, bytes_text(source), &copy));
    source[0] = 'X';
    assert_true(bytes_is(copy, "some text"));
    assert_string_equal(arena_string(a, bytes_slice(copy, 5, 9)), "text");
    assert_string_equal(arena_string(a, bytes_of(NULL, 0)), "");
    assert_string_equal(arena_print(a, "%s-%d", "n", 7), "n-7");
    assert_true(arena_copy(a, bytes_of(NULL, 0), &copy));
    assert_int_equal(copy.n, 0);
    arena_free(a);
}

static void what_does_not_fit_leaves_the_output_alone(void **state)
{
    struct arena *a = arena_new(16);
    struct bytes out = {NULL, 77};

    (void)state;
    assert_false(arena_copy(a, BYTES_LITERAL("more than sixteen bytes"), &out));
    assert_int_equal(out.n, 77);
    assert_null(arena_print(a, "%040d", 1));
    arena_free(a);
}

static void arrays_grow_and_keep_what_they_hold(void **state)
{
    struct arena *a = arena_new(1 << 16);
    uint32_t *numbers = NULL;
    size_t capacity = 0, count = 0;

    (void)state;
    for (;;) {
        size_t before = capacity;
        uint32_t *grown = arena_grow(a, numbers, count, &capacity, sizeof(*numbers));

        if (grown == NULL) {
            assert_int_equal(capacity, before);
            break;
        }
        numbers = grown;
        numbers[count] = (uint32_t)count;
        count++;
    }
    assert_true(count > 1000);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], i);
    arena_free(a);
}

static void each_failing_allocation_gives_null(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct arena *a;
        void *first = NULL, *second = NULL;
        bool failed;

        oom_fail_at(n);
        a = arena_new(1 << 20);
        if (a != NULL) {
            first = arena_alloc(a, 100);
            second = arena_alloc(a, 100000);
        }
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(a == NULL || first == NULL || second == NULL, failed);
        if (a != NULL)
            assert_non_null(arena_alloc(a, 100000)); /* it goes on when memory is back */
        arena_free(a);
        if (!failed)
            break;
        assert_true(n < 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
            cmocka_unit_test(the_limit_holds_to_the_byte),
            cmocka_unit_test(sizes_that_overflow_are_refused),
            cmocka_unit_test(copies_strings_and_prints),
            cmocka_unit_test(what_does_not_fit_leaves_the_output_alone),
            cmocka_unit_test(arrays_grow_and_keep_what_they_hold),
            cmocka_unit_test(each_failing_allocation_gives_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
