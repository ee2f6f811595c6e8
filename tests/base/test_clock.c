/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000000)

static void utc_is_that_of_the_c_library(void **state)
{
    int64_t before = (int64_t)time(NULL) - 1, now = clock_utc_ns() / SECOND;

    (void)state;
    assert_true(now >= before && now <= (int64_t)time(NULL) + 1);
}

static void the_others_never_go_back(void **state)
{
    int64_t steady = clock_steady_ns(), ms = clock_steady_ms(), boot = clock_boot_ns();

    (void)state;
    assert_true(
            steady > 0 && boot >= steady); /* what was slept is in the one, not in the other */
    assert_true(ms >= steady / 1000000);
    for (int i = 0; i < 1000; i++) {
        int64_t next = clock_steady_ns(), booted = clock_boot_ns();

        assert_true(next >= steady && booted >= boot);
        steady = next;
        boot = booted;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(utc_is_that_of_the_c_library),
            cmocka_unit_test(the_others_never_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
