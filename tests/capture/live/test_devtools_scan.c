/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "capture/live/devtools_scan.h"

static const char message[] =
        "{\"a\":{\"b\":[1,-2.5e+3,true,null,\"x\\n\\u4f60\\ud83d\\ude00\"],\"c\":{}},\"d\":[]}";

static void rejects_every_truncation(void **state)
{
    (void)state;
    assert_true(scan_is_whole(BYTES_LITERAL(message)));
    for (size_t n = 0; n < sizeof(message) - 1; n++) {
        char *exact = malloc(n + (n == 0));

        memcpy(exact, message, n);
        assert_false(scan_is_whole(bytes_of(exact, n)));
        free(exact);
    }
}

static void takes_what_rfc_8259_takes_and_nothing_else(void **state)
{
    static const char *const good[] = {"{}", "[]", " [ 1 , 2 ] ", "0", "-0", "1.0", "1e5",
            "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00ff\"", "true", "false", "null",
            "{\"a\":1,\"a\":2}", "[[],{},\"\",0]"};
    static const char *const bad[] = {"", " ", "{", "}", "[}", "{]", "[1,]", "[,1]", "[1 2]",
            "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{1:2}", "01", "-", "+1",
            ".5", "1.", "1e", "1e+", "0x1", "1a", "nul", "nulls", "truefalse", "\"", "\"\\\"",
            "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\n\"", "\"\t\"", "[1]]", "{} {}", "NaN"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!scan_is_whole(bytes_text(good[i])))
            fail_msg("not taken: %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (scan_is_whole(bytes_text(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

static void finds_members_down_a_path(void **state)
{
    struct bytes all = BYTES_LITERAL(message), value = {0}, key;
    struct scan s;
    double number;
    int64_t whole;

    (void)state;
    assert_true(scan_path(all, "a.c", &value));
    assert_true(bytes_is(value, "{}"));
    assert_true(scan_path(all, "a.b", &value));
    scan_begin(&s, value);
    assert_true(scan_next(&s, &key, &value));
    assert_int_equal(key.n, 0);
    assert_true(scan_integer(value, &whole));
    assert_int_equal(whole, 1);
    assert_true(scan_next(&s, NULL, &value));
    assert_false(scan_integer(value, &whole));
    assert_true(scan_next(&s, NULL, &value) && scan_next(&s, NULL, &value));
    assert_true(scan_next(&s, NULL, &value));
    assert_false(scan_next(&s, NULL, &value));
    assert_true(s.ended && !s.broken);
    assert_false(scan_path(all, "a.x", &value));
    assert_false(scan_path(all, "d.b", &value));
    assert_true(scan_number(BYTES_LITERAL("{\"n\":-2.5e+3}"), "n", &number));
    assert_true(number > -2500.1 && number < -2499.9);
}

static void says_that_a_container_is_broken(void **state)
{
    struct bytes value;
    struct scan s;

    (void)state;
    scan_begin(&s, BYTES_LITERAL("[1 2]"));
    assert_true(scan_next(&s, NULL, &value));
    assert_false(scan_next(&s, NULL, &value));
    assert_true(s.broken);
    scan_begin(&s, BYTES_LITERAL("{\"a\":1"));
    assert_true(scan_next(&s, NULL, &value));
    assert_false(scan_next(&s, NULL, &value));
    assert_true(s.broken);
}

static void undoes_escapes(void **state)
{
    static const struct {
        const char *raw;
        const char *text;
        size_t n;
    } cases[] = {
            {"\"\"", "", 0},
            {"\"a\\u0000b\"", "a\0b", 3},
            {"\"\\u00e9\\u4f60\"", "\xc3\xa9\xe4\xbd\xa0", 5},
            {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
            {"\"\\ud83d\"", "\xef\xbf\xbd", 3}, /* half of a pair */
            {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 6},
            {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
    };
    uint8_t out[64];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(scan_unescape(bytes_text(cases[i].raw), out, &n));
        assert_int_equal(n, cases[i].n);
        assert_memory_equal(out, cases[i].text, n);
    }
    assert_false(scan_unescape(BYTES_LITERAL("7"), out, &n));
    assert_false(scan_unescape(BYTES_LITERAL("\"\\x\""), out, &n));
    assert_false(scan_unescape(BYTES_LITERAL("\"\\\""), out, &n));
}

static void a_text_that_is_too_long_is_none(void **state)
{
    struct bytes object = BYTES_LITERAL("{\"a\":\"1234\",\"b\":7}");
    bool nomem = false;
    char *text = scan_text(object, "a", 4, &nomem);

    (void)state;
    assert_string_equal(text, "1234");
    free(text);
    assert_null(scan_text(object, "a", 3, &nomem));
    assert_null(scan_text(object, "b", 9, &nomem));
    assert_null(scan_text(object, "c", 9, &nomem));
    assert_false(nomem);
}

static void does_not_follow_brackets_without_end(void **state)
{
    static char deep[2 * SCAN_DEPTH + 3];

    (void)state;
    memset(deep, '[', SCAN_DEPTH);
    memset(deep + SCAN_DEPTH, ']', SCAN_DEPTH);
    assert_true(scan_is_whole(bytes_of(deep, 2 * (size_t)SCAN_DEPTH)));
    memset(deep, '[', SCAN_DEPTH + 1);
    memset(deep + SCAN_DEPTH + 1, ']', SCAN_DEPTH + 1);
    assert_false(scan_is_whole(bytes_of(deep, 2 * (size_t)SCAN_DEPTH + 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(rejects_every_truncation),
            cmocka_unit_test(takes_what_rfc_8259_takes_and_nothing_else),
            cmocka_unit_test(finds_members_down_a_path),
            cmocka_unit_test(says_that_a_container_is_broken),
            cmocka_unit_test(undoes_escapes),
            cmocka_unit_test(a_text_that_is_too_long_is_none),
            cmocka_unit_test(does_not_follow_brackets_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
