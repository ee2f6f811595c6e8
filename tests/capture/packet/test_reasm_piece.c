/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/reasm_piece.h"
#include "tests/support/oom.h"

enum { MOST = 4096, TOTAL = 20000 };

static uint8_t stream_at(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void pieces_stay_sorted_however_they_come(void **state)
{
    static const uint8_t data[10] = {1, 2, 3};
    struct pieces p = {0};
    uint64_t last = 0;

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t off = (i * 263) % 500 * 20;

        assert_non_null(pieces_insert(&p, pieces_find(&p, off), off, 10, data));
    }
    assert_int_equal(p.n, 500);
    assert_int_equal(pieces_find(&p, 0), 0);
    assert_int_equal(pieces_find(&p, 9), 0);
    assert_int_equal(pieces_find(&p, 10), 1);
    assert_int_equal(pieces_find(&p, 499 * 20 + 10), 500);
    assert_null(pieces_get(&p, 500));
    for (unsigned i = 0; i < 400; i++) {
        struct piece *piece = pieces_take(&p);

        assert_true(i == 0 || piece->off == last + 20);
        last = piece->off;
        free(piece);
    }
    assert_non_null(pieces_insert(&p, p.n, 20000, 5, NULL));
    assert_true(pieces_get(&p, 100)->cut);
    while (p.n != 0)
        free(pieces_take(&p));
    assert_int_equal(p.bytes, 0);
    pieces_clear(&p);
}

static void the_last_bytes_are_remembered_exactly(void **state)
{
    static uint8_t stream[TOTAL];
    static const size_t steps[] = {1, 7, 100, 1023, 1024, 3000};
    struct recent r = {0};

    (void)state;
    for (size_t i = 0; i < TOTAL; i++)
        stream[i] = stream_at(i);
    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
        size_t end = 0;

        for (; end + steps[k] <= TOTAL; end += steps[k]) {
            uint64_t at = 0;
            size_t begin = end + steps[k] > MOST ? end + steps[k] - MOST : 0, middle;

            recent_add(&r, end, bytes_of(stream + end, steps[k]), MOST);
            if (end % 13 != 0)
                continue;
            assert_int_equal(r.end - r.begin, end + steps[k] - begin);
            assert_false(recent_differs(
                    &r, begin, bytes_of(stream + begin, end + steps[k] - begin), &at));
            middle = begin + (end + steps[k] - begin) / 2;
            stream[middle] ^= 1;
            assert_true(recent_differs(&r, 0, bytes_of(stream, end + steps[k]), &at));
            assert_int_equal(at, middle);
            stream[middle] ^= 1;
        }
        recent_clear(&r);
    }
}

static void behind_a_hole_memory_begins_anew(void **state)
{
    struct recent r = {0};
    uint64_t at;

    (void)state;
    recent_add(&r, 0, BYTES_LITERAL("abcdef"), MOST);
    recent_add(&r, 10, BYTES_LITERAL("klm"), MOST);
    assert_false(recent_differs(&r, 0, BYTES_LITERAL("XXXXXXXXXXklmno"), &at));
    assert_true(recent_differs(&r, 9, BYTES_LITERAL("jkXm"), &at));
    assert_int_equal(at, 11);
    recent_clear(&r);
}

static void more_than_fits_keeps_the_end(void **state)
{
    static uint8_t stream[TOTAL];
    struct recent r = {0};
    uint64_t at;

    (void)state;
    recent_add(&r, 0, bytes_of(stream, TOTAL), MOST);
    assert_int_equal(r.begin, TOTAL - MOST);
    stream[TOTAL - MOST - 1] = 1;
    assert_false(recent_differs(&r, 0, bytes_of(stream, TOTAL), &at));
    stream[TOTAL - MOST] = 1;
    assert_true(recent_differs(&r, 0, bytes_of(stream, TOTAL), &at));
    recent_clear(&r);
}

static void without_memory_the_set_is_as_it_was(void **state)
{
    struct pieces p = {0};
    struct recent r = {0};
    uint64_t at;

    (void)state;
    for (long n = 1; n <= 2; n++) {
        oom_fail_at(n);
        assert_null(pieces_insert(&p, 0, 0, 1, (const uint8_t *)"x"));
        oom_fail_at(0);
        assert_int_equal(p.n, 0);
        assert_int_equal(p.bytes, 0);
        pieces_clear(&p);
    }
    oom_fail_at(1);
    recent_add(&r, 0, BYTES_LITERAL("abc"), MOST);
    oom_fail_at(0);
    assert_false(recent_differs(&r, 0, BYTES_LITERAL("xyz"), &at));
    recent_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(pieces_stay_sorted_however_they_come),
            cmocka_unit_test(the_last_bytes_are_remembered_exactly),
            cmocka_unit_test(behind_a_hole_memory_begins_anew),
            cmocka_unit_test(more_than_fits_keeps_the_end),
            cmocka_unit_test(without_memory_the_set_is_as_it_was),
    };

    return cmocka_run_group_tests_name("reasm_piece", tests, NULL, NULL);
}
