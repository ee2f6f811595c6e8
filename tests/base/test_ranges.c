/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/ranges.h"
#include "tests/support/oom.h"

enum { UNIVERSE = 200 };

static void assert_well_formed(const struct ranges *r)
{
    for (size_t i = 0; i < r->n; i++) {
        assert_true(r->at[i].begin < r->at[i].end);
        if (i != 0)
            assert_true(r->at[i - 1].end < r->at[i].begin); /* apart, not even touching */
    }
}

/* One range: what ranges_hole must say, read off a bitmap. */
static bool hole_in(const bool *map, uint64_t begin, uint64_t end, struct range *hole)
{
    uint64_t i = begin;

    while (i < end && map[i])
        i++;
    if (i >= end)
        return false;
    hole->begin = i;
    while (i < end && !map[i])
        i++;
    hole->end = i;
    return true;
}

static void it_agrees_with_a_bitmap(void **state)
{
    uint32_t seed = 20261121;

    (void)state;
    for (int round = 0; round < 200; round++) {
        bool map[UNIVERSE] = {false};
        struct ranges r;

        ranges_init(&r);
        for (int step = 0; step < 40; step++) {
            uint64_t begin, end, total = 0;
            struct range got = {7, 7}, want = {7, 7};
            bool hole;

            seed = seed * 1664525 + 1013904223;
            begin = (seed >> 8) % UNIVERSE;
            end = begin + (seed >> 20) % 12;
            if (end > UNIVERSE)
                end = UNIVERSE;
            assert_int_equal(ranges_add(&r, begin, end), STATUS_OK);
            for (uint64_t i = begin; i < end; i++)
                map[i] = true;
            assert_well_formed(&r);
            for (int i = 0; i < UNIVERSE; i++)
                total += map[i];
            assert_int_equal(ranges_total(&r), total);
            seed = seed * 1664525 + 1013904223;
            begin = (seed >> 8) % UNIVERSE;
            end = begin + (seed >> 16) % (UNIVERSE + 1 - begin);
            hole = hole_in(map, begin, end, &want);
            assert_int_equal(ranges_hole(&r, begin, end, &got), hole);
            assert_int_equal(got.begin, want.begin);
            assert_int_equal(got.end, want.end);
            assert_int_equal(ranges_cover(&r, begin, end), !hole);
        }
        ranges_clear(&r);
    }
}

static void what_touches_is_joined(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    assert_int_equal(ranges_add(&r, 10, 20), STATUS_OK);
    assert_int_equal(ranges_add(&r, 30, 40), STATUS_OK);
    assert_int_equal(ranges_add(&r, 20, 30), STATUS_OK);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.at[0].begin, 10);
    assert_int_equal(r.at[0].end, 40);
    assert_int_equal(ranges_add(&r, 5, 5), STATUS_OK); /* nothing */
    assert_int_equal(ranges_add(&r, 9, 3), STATUS_OK);
    assert_int_equal(r.n, 1);
    ranges_clear(&r);
    assert_int_equal(ranges_total(&r), 0);
}

static void the_ends_of_the_offsets_are_ordinary(void **state)
{
    struct ranges r;
    struct range hole;

    (void)state;
    ranges_init(&r);
    assert_true(ranges_cover(&r, 5, 5));
    assert_false(ranges_cover(&r, 0, 1));
    assert_int_equal(ranges_add(&r, UINT64_MAX - 1, UINT64_MAX), STATUS_OK);
    assert_int_equal(ranges_add(&r, 0, 1), STATUS_OK);
    assert_true(ranges_hole(&r, 0, UINT64_MAX, &hole));
    assert_int_equal(hole.begin, 1);
    assert_true(hole.end == UINT64_MAX - 1);
    assert_int_equal(ranges_add(&r, 0, UINT64_MAX), STATUS_OK);
    assert_int_equal(r.n, 1);
    assert_true(ranges_total(&r) == UINT64_MAX);
    ranges_clear(&r);
}

static void a_failing_allocation_leaves_the_set(void **state)
{
    struct ranges r;

    (void)state;
    ranges_init(&r);
    for (uint64_t i = 0; i < 100; i++) {
        size_t n = r.n;
        enum status status;
        bool failed;

        oom_fail_at(1);
        status = ranges_add(&r, 10 * i, 10 * i + 5);
        failed = oom_happened();
        oom_fail_at(0);
        if (failed) {
            assert_int_equal(status, STATUS_NOMEM);
            assert_int_equal(r.n, n);
            assert_false(ranges_cover(&r, 10 * i, 10 * i + 5));
            status = ranges_add(&r, 10 * i, 10 * i + 5);
        }
        assert_int_equal(status, STATUS_OK);
    }
    assert_int_equal(r.n, 100);
    assert_int_equal(ranges_total(&r), 500);
    ranges_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(it_agrees_with_a_bitmap),
            cmocka_unit_test(what_touches_is_joined),
            cmocka_unit_test(the_ends_of_the_offsets_are_ordinary),
            cmocka_unit_test(a_failing_allocation_leaves_the_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
