/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/cookie.h"

static void assert_bytes(struct bytes got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_true(bytes_is(got, want));
}

static void pairs_come_out_as_browsers_send_them(void **state)
{
    static const char *const want[][2] = {
            {"a", "1"}, {"b", "two words"}, {"c", "\"q\""}, {"", "alone"}, {"d", "e=f"}};
    struct bytes rest = bytes_text("a=1; b=two words;c = \"q\" ;; alone;\td=e=f;  ");
    struct cookie c;

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        assert_true(cookie_next(&rest, &c));
        assert_bytes(c.name, want[i][0]);
        assert_bytes(c.value, want[i][1]);
    }
    assert_false(cookie_next(&rest, &c));
    assert_int_equal(rest.n, 0);
}

static void every_truncation_of_a_field_ends_the_walk(void **state)
{
    static const char field[] = "sid=abc; theme=dark; uid=\"x=y\"";
    struct cookie c;

    (void)state;
    for (size_t n = 0; n < sizeof(field); n++) {
        uint8_t *copy = malloc(n + (n == 0));
        struct bytes rest = bytes_of(copy, n);
        size_t pairs = 0;

        assert_non_null(copy);
        memcpy(copy, field, n);
        while (cookie_next(&rest, &c))
            pairs++;
        assert_int_equal(pairs, n == 0 ? 0 : n <= 9 ? 1 : n <= 21 ? 2 : 3);
        free(copy);
    }
}

static void all_attributes_are_read_and_the_last_of_each_counts(void **state)
{
    struct set_cookie c;

    (void)state;
    assert_true(cookie_parse_set(
            bytes_text("IDE=AH; expires=Wed, 09-Jun-2027 10:18:14 GMT; Path=/x; PATH=/; "
                       "domain=.Doubleclick.NET; secure; HttpOnly; SameSite=None; "
                       "Partitioned; Max-Age=86400; x=y"),
            &c));
    assert_bytes(c.name, "IDE");
    assert_bytes(c.value, "AH");
    assert_bytes(c.path, "/");
    assert_bytes(c.domain, "Doubleclick.NET");
    assert_bytes(c.same_site, "None");
    assert_true(c.secure && c.http_only && c.partitioned && c.has_max_age && c.has_expires);
    assert_int_equal(c.max_age_s, 86400);
    assert_int_equal(c.expires_s, 1812536294);
}

static void a_path_without_a_slash_means_the_default_path(void **state)
{
    struct set_cookie c;

    (void)state;
    assert_true(cookie_parse_set(bytes_text("a=b; Path=/deep; Path=deep"), &c));
    assert_int_equal(c.path.n, 0);
}

static void a_field_without_name_and_value_is_ignored(void **state)
{
    struct set_cookie c = {.max_age_s = 7};

    (void)state;
    assert_false(cookie_parse_set(bytes_text(""), &c));
    assert_false(cookie_parse_set(bytes_text(" = ; Secure"), &c));
    assert_int_equal(c.max_age_s, 7);
    assert_true(cookie_parse_set(bytes_text("alone; Secure"), &c));
    assert_bytes(c.value, "alone");
    assert_int_equal(c.name.n, 0);
}

/* The seconds were computed by python's calendar.timegm. */
static void dates_are_read_the_way_of_rfc_6265(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
            {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
            {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
            {"Sun Nov  6 08:49:37 1994", 784111777},
            {"1994 Nov 6 8:49:37", 784111777},
            {"6 november 94 08:49:37x", 784111777},
            {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
            {"Thu, 29-Feb-2024 23:59:59 GMT", 1709251199},
            {"29 Feb 2000 00:00:00", 951782400},
            {"Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799)},
            {"1 Jan 1601 00:00:00", INT64_C(-11644473600)},
            {"01 Jan 69 00:00:00", 3124224000},
            {"01 Jan 70 00:00:00", 0},
    };
    static const char *const bad[] = {"", "yesterday", "Sun, 06 Nov 1994", "06 Nov 08:49:37",
            "06 1994 08:49:37", "00 Nov 1994 08:49:37", "32 Nov 1994 08:49:37",
            "31 Nov 1994 08:49:37", "29 Feb 2023 00:00:00", "29 Feb 1900 00:00:00",
            "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60",
            "31 Dec 1600 23:59:59", "06 Nov 1994 008:49:37", "6 Nov 12345 08:49:37"};
    int64_t got;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(cookie_date(bytes_text(good[i].text), &got));
        assert_int_equal(got, good[i].seconds);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        got = 42;
        if (cookie_date(bytes_text(bad[i]), &got))
            fail_msg("took %s", bad[i]);
        assert_int_equal(got, 42);
    }
}

static int64_t lifetime(const char *field)
{
    struct set_cookie c;

    assert_true(cookie_parse_set(bytes_text(field), &c));
    return cookie_lifetime(&c, 784111777);
}

static void max_age_goes_before_expires_and_the_past_deletes(void **state)
{
    (void)state;
    assert_int_equal(lifetime("a=b"), 0);
    assert_int_equal(lifetime("a=b; expires=Sun, 06 Nov 1994 08:49:38 GMT"), 1);
    assert_int_equal(lifetime("a=b; expires=Sun, 06 Nov 1994 08:49:37 GMT"), -1);
    assert_int_equal(lifetime("a=b; expires=Sun, 06 Nov 1994 08:49:38 GMT; max-age=60"), 60);
    assert_int_equal(lifetime("a=b; max-age=0"), -1);
    assert_int_equal(lifetime("a=b; max-age=-1"), -1);
    assert_int_equal(lifetime("a=b; max-age=60; max-age=soon"), 60);
    assert_int_equal(lifetime("a=b; max-age=-"), 0);
    assert_int_equal(lifetime("a=b; max-age=+5"), 0);
    assert_int_equal(lifetime("a=b; max-age=99999999999999999999999"), INT64_MAX);
    assert_int_equal(lifetime("a=b; max-age=-99999999999999999999999"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(pairs_come_out_as_browsers_send_them),
            cmocka_unit_test(every_truncation_of_a_field_ends_the_walk),
            cmocka_unit_test(all_attributes_are_read_and_the_last_of_each_counts),
            cmocka_unit_test(a_path_without_a_slash_means_the_default_path),
            cmocka_unit_test(a_field_without_name_and_value_is_ignored),
            cmocka_unit_test(dates_are_read_the_way_of_rfc_6265),
            cmocka_unit_test(max_age_goes_before_expires_and_the_past_deletes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
