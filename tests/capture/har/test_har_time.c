/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "capture/har/har_time.h"

/* Seconds by date -u -d … +%s. */
static void times_are_read_as_they_are_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } times[] = {
            {"1970-01-01T00:00:00Z", 0},
            {"2026-01-02T03:04:05.678Z", INT64_C(1767323045678000000)},
            {"2026-01-02T11:04:05.678+08:00", INT64_C(1767323045678000000)},
            {"2026-01-01T22:04:05.678-0500", INT64_C(1767323045678000000)},
            {"2026-01-02T03:04:05.678901234", INT64_C(1767323045678901234)},
            {"2024-02-29t00:00:00z", INT64_C(1709164800000000000)},
            {"2000-03-01 12:00:00,5Z", INT64_C(951912000500000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        struct bytes text = bytes_text(times[i].text);
        int64_t ns = -1;

        assert_true(har_time_read(text, &ns));
        assert_int_equal(ns, times[i].ns);
        for (size_t n = 0; n < 19; n++) {
            ns = -7;
            assert_false(har_time_read(bytes_slice(text, 0, n), &ns));
            assert_int_equal(ns, -7);
        }
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {"", "x", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2025-02-29T00:00:00Z",
            "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2262-01-01T00:00:00Z",
            "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+8", "2026-01-01T00:00:00 Z"};
    int64_t ns = -7;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_false(har_time_read(bytes_text(texts[i]), &ns));
    assert_int_equal(ns, -7);
}

static void milliseconds_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(har_time_ms(12.5), 12500000);
    assert_int_equal(har_time_ms(-1), 0);
    assert_int_equal(har_time_ms((double)NAN), 0);
    assert_int_equal(har_time_ms((double)INFINITY), INT64_C(86400000000000));
}

static void dates_are_those_of_http(void **state)
{
    char date[HAR_DATE_TEXT];

    (void)state;
    /* RFC 9110 section 5.6.7 */
    assert_true(har_time_date(INT64_C(784111777000000000), date));
    assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(times_are_read_as_they_are_written),
            cmocka_unit_test(what_is_no_time_is_refused),
            cmocka_unit_test(milliseconds_are_bounded),
            cmocka_unit_test(dates_are_those_of_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
