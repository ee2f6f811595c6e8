/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "classify/wide.h"

/* All functions on these sixteen bytes, compared with the definition and with each other. */
static void check(const uint8_t *p, uint8_t c)
{
    uint8_t lower[WIDE], portable[WIDE];
    uint32_t equal = 0, tokens = 0, names = 0;

    for (size_t i = 0; i < WIDE; i++) {
        bool name = ascii_is_alnum(p[i]) && ascii_lower(p[i]) == p[i];

        equal |= (uint32_t)(p[i] == c) << i;
        tokens |= (uint32_t)ascii_is_alnum(p[i]) << i;
        names |= (uint32_t)(name || p[i] == '.' || p[i] == '-') << i;
    }
    assert_int_equal(wide_equal(p, c), equal);
    assert_int_equal(wide_equal_portable(p, c), equal);
    assert_int_equal(wide_names(p), names);
    assert_int_equal(wide_names_portable(p), names);
    assert_int_equal(wide_lower(p, lower), tokens);
    assert_int_equal(wide_lower_portable(p, portable), tokens);
    for (size_t i = 0; i < WIDE; i++) {
        assert_int_equal(lower[i], ascii_lower(p[i]));
        assert_int_equal(portable[i], ascii_lower(p[i]));
    }
}

static void every_byte_is_judged_at_every_place(void **state)
{
    (void)state;
    for (unsigned around = 0; around < 256; around += 51) {
        for (unsigned c = 0; c < 256; c++) {
            for (size_t at = 0; at < WIDE; at++) {
                uint8_t p[WIDE];

                memset(p, (int)around, sizeof(p));
                p[at] = (uint8_t)c;
                check(p, (uint8_t)c);
                check(p, (uint8_t)around);
            }
        }
    }
}

static void neighbours_do_not_disturb_each_other(void **state)
{
    uint32_t random = 7;
    uint8_t p[WIDE];

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        for (size_t i = 0; i < WIDE; i++) {
            random = random * 1664525u + 1013904223u;
            p[i] = (uint8_t)(random >> 24);
        }
        check(p, p[round % WIDE]);
    }
}

static void sixty_four_bytes_are_four_times_sixteen(void **state)
{
    uint8_t p[4 * WIDE], lower[4 * WIDE];

    (void)state;
    for (size_t at = 0; at < sizeof(p); at++) {
        memset(p, '/', sizeof(p));
        p[at] = 'K';
        assert_true(wide_equal_four(p, 'K') == UINT64_C(1) << at);
        assert_true(wide_lower_four(p, lower) == UINT64_C(1) << at);
        assert_int_equal(lower[at], 'k');
        assert_true(wide_names_four(lower) == UINT64_C(1) << at);
        assert_true(wide_lower_four(p, p) == UINT64_C(1) << at); /* in place, too */
        assert_memory_equal(p, lower, sizeof(p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_byte_is_judged_at_every_place),
            cmocka_unit_test(neighbours_do_not_disturb_each_other),
            cmocka_unit_test(sixty_four_bytes_are_four_times_sixteen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
