/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/date.h"

enum { SECONDS_OF_DAY = 86400 };

/* The C library's calendar is the judge. */
static void days_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (int64_t days = -200000; days < 2000000; days += 7) {
        time_t seconds = (time_t)(days * SECONDS_OF_DAY);
        struct tm t;

        assert_non_null(gmtime_r(&seconds, &t));
        assert_true(date_valid(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday));
        assert_int_equal(date_days(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday), days);
    }
}

static void february_is_longer_in_leap_years_only(void **state)
{
    (void)state;
    assert_true(date_valid(2024, 2, 29));
    assert_true(date_valid(2000, 2, 29));
    assert_false(date_valid(1900, 2, 29));
    assert_false(date_valid(2023, 2, 29));
    assert_false(date_valid(2024, 2, 30));
}

static void no_day_lies_outside_its_month(void **state)
{
    (void)state;
    for (int64_t month = -1; month <= 14; month++) {
        assert_false(date_valid(2023, month, 0));
        assert_false(date_valid(2023, month, 32));
        assert_false(date_valid(2023, month, INT64_MIN));
        assert_false(date_valid(2023, month, INT64_MAX));
        assert_int_equal(date_valid(2023, month, 1), month >= 1 && month <= 12);
    }
    assert_false(date_valid(2023, 4, 31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(days_are_those_of_the_c_library),
            cmocka_unit_test(february_is_longer_in_leap_years_only),
            cmocka_unit_test(no_day_lies_outside_its_month),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
