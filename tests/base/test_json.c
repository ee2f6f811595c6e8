/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tests/support/oom.h"

static void assert_text(const struct buf *b, const char *want)
{
    assert_int_equal(b->n, strlen(want));
    assert_memory_equal(b->p, want, b->n);
}

static void members_come_out_in_the_order_written(void **state)
{
    struct buf b;
    struct json j;

    (void)state;
    buf_init(&b, 4096);
    json_init(&j, &b);
    json_object(&j, NULL);
    json_string(&j, "z", "last");
    json_string(&j, "none", NULL);
    json_array(&j, "list");
    json_integer(&j, NULL, INT64_MIN);
    json_unsigned(&j, NULL, UINT64_MAX);
    json_bool(&j, NULL, true);
    json_null(&j, NULL);
    json_object(&j, NULL);
    json_end(&j);
    json_array(&j, NULL);
    json_end(&j);
    json_end(&j);
    json_hex(&j, "raw", BYTES_LITERAL("\x00\xff\x1a"));
    json_raw(&j, "as is", BYTES_LITERAL("[1, 2]"));
    json_end(&j);
    assert_int_equal(j.status, STATUS_OK);
    assert_int_equal(j.depth, 0);
    assert_text(&b,
            "{\"z\":\"last\",\"none\":null,\"list\":[-9223372036854775808,"
            "18446744073709551615,true,null,{},[]],\"raw\":\"00ff1a\",\"as is\":[1, 2]}");
    buf_clear(&b);
}

static void pretty_text_has_one_member_a_line(void **state)
{
    struct buf b;
    struct json j;

    (void)state;
    buf_init(&b, 4096);
    json_init(&j, &b);
    j.pretty = true;
    json_object(&j, NULL);
    json_integer(&j, "a", 1);
    json_array(&j, "b");
    json_integer(&j, NULL, 2);
    json_end(&j);
    json_object(&j, "c");
    json_end(&j);
    json_end(&j);
    assert_text(&b, "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ],\n  \"c\": {}\n}");
    buf_clear(&b);
}

static void any_bytes_are_text(void **state)
{
    static const struct {
        const char *raw;
        size_t n;
        const char *want;
    } cases[] = {
            {"", 0, "\"\""}, {"a\0b", 3, "\"a\\u0000b\""},
            {"\"\\/\n\r\t\b\x1f\x7f", 9, "\"\\\"\\\\/\\n\\r\\t\\u0008\\u001f\\u007f\""},
            {"\xe4\xb8\xad\xf0\x9f\x8d\xaa", 7, "\"\xe4\xb8\xad\xf0\x9f\x8d\xaa\""},
            /* Not UTF-8: ISO 8859-1, all of it, also what looks like UTF-8 within. */
            {"caf\xe9", 4, "\"caf\xc3\xa9\""},
            {"\xe4\xb8\xad\xff", 4, "\"\xc3\xa4\xc2\xb8\xc2\xad\xc3\xbf\""},
            {"\xed\xa0\x80", 3, "\"\xc3\xad\xc2\xa0\xc2\x80\""}, /* a surrogate */
            {"\xc0\x80", 2, "\"\xc3\x80\xc2\x80\""},             /* an overlong NUL */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        struct json j;

        buf_init(&b, 4096);
        json_init(&j, &b);
        json_text(&j, NULL, bytes_of(cases[i].raw, cases[i].n));
        assert_int_equal(j.status, STATUS_OK);
        assert_text(&b, cases[i].want);
        assert_true(bytes_is_utf8(buf_view(&b)));
        buf_clear(&b);
    }
}

static void times_are_utc_with_microseconds(void **state)
{
    static const struct {
        int64_t ns;
        const char *want;
    } cases[] = {
            {0, "1970-01-01T00:00:00.000000Z"},
            {INT64_C(1767323045678901999), "2026-01-02T03:04:05.678901Z"},
            {INT64_C(951782400000000000), "2000-02-29T00:00:00.000000Z"},
            /* Before 1970 the parts of a second still count forward. */
            {-1, "1969-12-31T23:59:59.999999Z"},
            {-1000000000, "1969-12-31T23:59:59.000000Z"},
            {-1500000000, "1969-12-31T23:59:58.500000Z"},
            {INT64_MAX, "2262-04-11T23:47:16.854775Z"},
            {INT64_MIN, "1677-09-21T00:12:43.145224Z"},
    };
    char text[TIME_TEXT];

    (void)state;
    /* No zone of the machine may show. */
    assert_int_equal(setenv("TZ", "Asia/Shanghai", 1), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_time_text(cases[i].ns, text);
        assert_string_equal(text, cases[i].want);
    }
    assert_int_equal(unsetenv("TZ"), 0);
}

static void too_deep_or_one_end_too_many_is_misuse(void **state)
{
    struct buf b;
    struct json j;

    (void)state;
    buf_init(&b, 1 << 16);
    json_init(&j, &b);
    j.pretty = true;
    for (int i = 0; i < JSON_DEPTH; i++)
        json_array(&j, NULL);
    assert_int_equal(j.status, STATUS_OK);
    for (int i = 0; i < JSON_DEPTH; i++)
        json_end(&j);
    assert_int_equal(j.status, STATUS_OK);
    json_end(&j);
    assert_int_equal(j.status, STATUS_USAGE);
    buf_reset(&b);
    json_init(&j, &b);
    for (int i = 0; i <= JSON_DEPTH; i++)
        json_array(&j, NULL);
    assert_int_equal(j.status, STATUS_USAGE);
    buf_clear(&b);
}

static void the_first_failure_stands_and_nothing_follows_it(void **state)
{
    struct buf b;
    struct json j;
    size_t n;

    (void)state;
    buf_init(&b, 10);
    json_init(&j, &b);
    json_array(&j, NULL);
    json_string(&j, NULL, "0123456789");
    assert_int_equal(j.status, STATUS_USAGE);
    n = b.n;
    json_integer(&j, NULL, 1);
    json_end(&j);
    assert_int_equal(b.n, n);
    buf_clear(&b);

    for (long i = 1;; i++) {
        bool failed;

        buf_init(&b, 1 << 16);
        json_init(&j, &b);
        oom_fail_at(i);
        json_array(&j, NULL);
        for (int k = 0; k < 100; k++)
            json_string(&j, NULL, "0123456789");
        json_end(&j);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(j.status, failed ? STATUS_NOMEM : STATUS_OK);
        json_end(&j); /* one too many, later */
        assert_int_equal(j.status, failed ? STATUS_NOMEM : STATUS_USAGE);
        buf_clear(&b);
        if (!failed)
            break;
        assert_true(i < 50);
    }
}

static void a_document_is_read_by_its_members(void **state)
{
    struct json_value *doc = json_parse(
            BYTES_LITERAL(" {\"s\":\"\\u4e2d\",\"n\":-12,\"f\":1.5,\"big\":9007199254740993e3,"
                          "\"t\":true,\"list\":[1,2,3],\"s\":\"second\"} \r\n"),
            NULL);
    const struct json_value *list, *item;
    int64_t number = 99;
    double real = 0;
    int n = 0;

    (void)state;
    assert_non_null(doc);
    assert_true(json_is_object(doc));
    assert_string_equal(json_string_of(json_member(doc, "s")), "\xe4\xb8\xad");
    assert_true(json_integer_of(json_member(doc, "n"), &number));
    assert_int_equal(number, -12);
    assert_false(json_integer_of(json_member(doc, "f"), &number));
    assert_false(json_integer_of(json_member(doc, "big"), &number));
    assert_false(json_integer_of(json_member(doc, "s"), &number));
    assert_int_equal(number, -12);
    assert_true(json_number_of(json_member(doc, "f"), &real));
    assert_true(real == 1.5);
    assert_true(json_is_true(json_member(doc, "t")));
    assert_false(json_is_true(json_member(doc, "n")));
    list = json_member(doc, "list");
    assert_true(json_is_array(list));
    assert_string_equal(json_key(list), "list");
    for (item = json_first(list); item != NULL; item = json_next(item)) {
        assert_true(json_integer_of(item, &number));
        assert_int_equal(number, ++n);
    }
    assert_int_equal(n, 3);
    assert_null(json_member(doc, "S"));
    json_free(doc);
    json_free(NULL);
}

static void what_is_not_there_answers_no(void **state)
{
    int64_t number = 5;
    double real = 5;

    (void)state;
    assert_null(json_member(NULL, "a"));
    assert_null(json_first(NULL));
    assert_null(json_next(NULL));
    assert_null(json_key(NULL));
    assert_null(json_string_of(NULL));
    assert_false(json_integer_of(NULL, &number));
    assert_false(json_number_of(NULL, &real));
    assert_false(json_is_true(NULL) || json_is_array(NULL) || json_is_object(NULL));
}

static void errors_name_line_and_column(void **state)
{
    static const struct {
        const char *text;
        const char *where;
    } cases[] = {
            {"", "line 1, column 1"},
            {"nonsense", "line 1, column 1"},
            {"{\"a\":1,\n \"b\":?}", "line 2, column 6"},
            {"[1,\n2,\n\n  x]", "line 4, column 3"},
            {"{} {}", "line 1, column 3"}, /* a second document */
            {"[1]x", "line 1, column 4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault fault = {.status = STATUS_OK};

        assert_null(json_parse(bytes_text(cases[i].text), &fault));
        assert_int_equal(fault.status, STATUS_INPUT);
        assert_non_null(strstr(fault.text, cases[i].where));
    }
    {
        struct fault fault = {.status = STATUS_OK};

        assert_null(json_parse(bytes_of(NULL, 0), &fault));
        assert_int_equal(fault.status, STATUS_INPUT);
    }
}

static void every_truncation_is_an_error_and_reads_no_further(void **state)
{
    static const char text[] = "{\"a\":[1,2.5e3,\"x\\u00e9\\n\",{\"b\":null}],\"c\":false}";
    struct json_value *doc;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        char *copy = malloc(n == 0 ? 1 : n);

        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_null(json_parse(bytes_of(copy, n), NULL));
        free(copy);
    }
    doc = json_parse(bytes_of(text, sizeof(text) - 1), NULL);
    assert_non_null(doc);
    json_free(doc);
}

static void depth_is_bounded(void **state)
{
    char text[2 * (JSON_DEPTH + 1) + 1];
    struct json_value *doc;
    struct fault fault = {.status = STATUS_OK};

    (void)state;
    memset(text, '[', JSON_DEPTH);
    memset(text + JSON_DEPTH, ']', JSON_DEPTH);
    doc = json_parse(bytes_of(text, 2 * JSON_DEPTH), NULL);
    assert_non_null(doc);
    json_free(doc);
    memset(text, '[', JSON_DEPTH + 1);
    memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    assert_null(json_parse(bytes_of(text, 2 * (JSON_DEPTH + 1)), &fault));
    assert_non_null(strstr(fault.text, "32"));
    /* Brackets within strings are no levels. */
    doc = json_parse(
            BYTES_LITERAL("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]"), NULL);
    assert_non_null(doc);
    json_free(doc);
}

static void what_is_written_is_read_again(void **state)
{
    struct buf b;
    struct json j;
    char text[256];
    struct json_value *doc;

    (void)state;
    for (int i = 0; i < 255; i++)
        text[i] = (char)(i + 1); /* every byte but NUL; as a whole no UTF-8 */
    text[255] = '\0';
    buf_init(&b, 4096);
    json_init(&j, &b);
    json_string(&j, NULL, text);
    doc = json_parse(buf_view(&b), NULL);
    assert_non_null(doc);
    {
        const uint8_t *p = (const uint8_t *)json_string_of(doc);

        for (unsigned i = 1; i <= 255; i++) {
            unsigned c = *p++;

            if (c >= 0x80)
                c = (c & 0x1f) << 6 | (*p++ & 0x3fu);
            assert_int_equal(c, i);
        }
        assert_int_equal(*p, 0);
    }
    json_free(doc);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(members_come_out_in_the_order_written),
            cmocka_unit_test(pretty_text_has_one_member_a_line),
            cmocka_unit_test(any_bytes_are_text),
            cmocka_unit_test(times_are_utc_with_microseconds),
            cmocka_unit_test(too_deep_or_one_end_too_many_is_misuse),
            cmocka_unit_test(the_first_failure_stands_and_nothing_follows_it),
            cmocka_unit_test(a_document_is_read_by_its_members),
            cmocka_unit_test(what_is_not_there_answers_no),
            cmocka_unit_test(errors_name_line_and_column),
            cmocka_unit_test(every_truncation_is_an_error_and_reads_no_further),
            cmocka_unit_test(depth_is_bounded),
            cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
