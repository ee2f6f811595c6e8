/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/marks.h"
#include "tests/support/oom.h"

#define LINE "{\"time\": \"2026-01-02T03:04:05Z\", \"kind\": \"consent-refused\"}"
#define S_2026 INT64_C(1767323045) /* 2026-01-02T03:04:05Z, by date -d */
#define NS INT64_C(1000000000)

static enum status read_text(
        struct arena *arena, const char *text, struct marks *out, struct fault *fault)
{
    return marks_read(arena, bytes_text(text), "marks.jsonl", out, fault);
}

static void refused(const char *text, const char *why)
{
    struct arena *arena = arena_new(1 << 20);
    struct marks marks = {.n = 77};
    struct fault fault = {0};

    assert_int_equal(read_text(arena, text, &marks, &fault), STATUS_INPUT);
    assert_int_equal(marks.n, 77);
    if (strstr(fault.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fault.text, why);
    arena_free(arena);
}

static void is_time(const char *text, int64_t want)
{
    int64_t ns = -1;

    if (!marks_time(bytes_text(text), &ns))
        fail_msg("no time: %s", text);
    assert_int_equal(ns, want);
}

static void is_no_time(const char *text)
{
    int64_t ns = -1;

    if (marks_time(bytes_text(text), &ns))
        fail_msg("a time: %s", text);
    assert_int_equal(ns, -1);
}

static void times_are_those_of_rfc_3339(void **state)
{
    (void)state;
    /* Section 5.8's examples; the seconds by date -u -d. */
    is_time("1985-04-12T23:20:50.52Z", 482196050 * NS + 520000000);
    is_time("1996-12-19T16:39:57-08:00", 851042397 * NS);
    is_time("1996-12-20T00:39:57Z", 851042397 * NS);
    is_time("1990-12-31T23:59:60Z", 662688000 * NS);
    is_time("1990-12-31T15:59:60-08:00", 662688000 * NS);
    is_time("1970-01-01t00:00:00z", 0);
    is_time("2024-02-29 12:00:00+05:30", 1709188200 * NS);
    is_time("2000-02-29T00:00:00.1234567899Z", 951782400 * NS + 123456789);
    is_time("2261-12-31T23:59:59Z", INT64_C(9214646399) * NS);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    is_no_time("");
    is_no_time("2026-01-02");
    is_no_time("2026-01-02T03:04:05"); /* no offset: whose clock? */
    is_no_time("2026-13-02T03:04:05Z");
    is_no_time("2026-00-02T03:04:05Z");
    is_no_time("2026-02-29T03:04:05Z");
    is_no_time("2100-02-29T03:04:05Z");
    is_no_time("2026-04-31T03:04:05Z");
    is_no_time("2026-01-02T24:04:05Z");
    is_no_time("2026-01-02T03:60:05Z");
    is_no_time("2026-01-02T03:04:61Z");
    is_no_time("2026-01-02T03:04:05.Z");
    is_no_time("2026-01-02T03:04:05+24:00");
    is_no_time("2026-01-02T03:04:05+0800");
    is_no_time("2026-01-02T03:04:05Z ");
    is_no_time("+026-01-02T03:04:05Z");
    is_no_time("1969-12-31T23:59:59Z");
    is_no_time("2262-01-01T00:00:00Z");
}

static void no_truncation_of_a_time_is_another_time(void **state)
{
    static const char text[] = "2026-01-02T03:04:05.25+08:00";
    int64_t ns;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        uint8_t *copy = malloc(n + 1);

        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_false(marks_time(bytes_of(copy, n), &ns));
        free(copy);
    }
}

static void marks_are_put_in_order_of_time_then_line(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct marks marks;

    (void)state;
    assert_int_equal(
            read_text(arena,
                    "\xef\xbb\xbf{\"time\":\"2026-01-02T03:04:06Z\",\"kind\":\"note\","
                    "\"text\":\"zweite \\u597d\"}\r\n"
                    "\n"
                    "{\"time\":\"2026-01-02T11:04:05+08:00\",\"kind\":\"consent-shown\","
                    "\"site\":\" News.CN \",\"more\":[1,{}]}\n"
                    "{\"time\":\"2026-01-02T03:04:06.0Z\",\"kind\":\"end\","
                    "\"site\":\"https://www.News.cn/a?b\"}",
                    &marks, NULL),
            STATUS_OK);
    assert_int_equal(marks.n, 3);
    assert_int_equal(marks.at[0].kind, MARK_CONSENT_SHOWN);
    assert_int_equal(marks.at[0].time_ns, S_2026 * NS);
    assert_int_equal(marks.at[0].line, 3);
    assert_true(bytes_is(marks.at[0].site, "news.cn"));
    assert_int_equal(marks.at[1].kind, MARK_NOTE);
    assert_true(bytes_is(marks.at[1].text, "zweite \xe5\xa5\xbd"));
    assert_int_equal(marks.at[1].line, 1);
    assert_int_equal(marks.at[2].kind, MARK_END);
    assert_true(bytes_is(marks.at[2].site, "www.news.cn"));
    arena_free(arena);
}

static void every_kind_of_the_contract_is_read(void **state)
{
    (void)state;
    for (unsigned k = 0; k < MARK_KINDS; k++) {
        struct arena *arena = arena_new(1 << 20);
        struct marks marks;
        char text[128];

        (void)snprintf(text, sizeof(text),
                "{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"%s\"}",
                mark_kind_name((enum mark_kind)k));
        assert_int_equal(read_text(arena, text, &marks, NULL), STATUS_OK);
        assert_int_equal(marks.at[0].kind, k);
        arena_free(arena);
    }
}

static void an_empty_file_has_no_marks(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct marks marks;

    (void)state;
    assert_int_equal(read_text(arena, "", &marks, NULL), STATUS_OK);
    assert_int_equal(marks.n, 0);
    assert_int_equal(read_text(arena, "\r\n \t\n", &marks, NULL), STATUS_OK);
    assert_int_equal(marks.n, 0);
    arena_free(arena);
}

static void a_wrong_line_is_named_with_what_is_wrong(void **state)
{
    (void)state;
    refused(LINE "\n{\"time\": oops}", "marks.jsonl: line 2: not JSON");
    refused("[1]", "line 1: not a JSON object");
    refused(LINE "," LINE, "not JSON");
    refused("{\"kind\":\"note\"}", "it has no \"time\"");
    refused("{\"time\":12,\"kind\":\"note\"}", "it has no \"time\"");
    refused("{\"time\":\"yesterday\",\"kind\":\"note\"}", "no time as in RFC 3339");
    refused("{\"time\":\"2026-01-02T03:04:05Z\"}", "\"kind\" is none of");
    refused("{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"consented\"}", "is none of");
    refused("{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"note\",\"text\":1}", "be strings");
    refused("{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"note\",\"site\":\"\"}", "no site");
    refused("{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"note\",\"site\":\"a b\"}",
            "no site");
    refused("{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"note\",\"text\":\"a\\u0000b\"}",
            "NUL");
}

static void a_text_that_is_too_long_is_refused(void **state)
{
    char *text = malloc(MARKS_TEXT_MOST + 200);
    int head = snprintf(
            text, 100, "{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"note\",\"text\":\"");

    (void)state;
    memset(text + head, 'a', MARKS_TEXT_MOST + 1);
    strcpy(text + head + MARKS_TEXT_MOST + 1, "\"}");
    refused(text, "too long");
    free(text);
}

static void too_many_marks_are_refused(void **state)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    size_t line = strlen(LINE "\n"), n = MARKS_MOST + 1;
    char *text = malloc(line * n + 1);
    struct fault fault = {0};
    struct marks marks;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * line, LINE "\n", line);
    assert_int_equal(
            marks_read(arena, bytes_of(text, line * n), "m", &marks, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "line 65537: there are too many marks"));
    assert_int_equal(
            marks_read(arena, bytes_of(text, line * (n - 1)), "m", &marks, NULL), STATUS_OK);
    assert_int_equal(marks.n, MARKS_MOST);
    free(text);
    arena_free(arena);
}

static void every_truncation_is_refused_or_shorter(void **state)
{
    static const char text[] = LINE "\n" LINE;

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        struct arena *arena = arena_new(1 << 20);
        uint8_t *copy = malloc(n + 1);
        struct marks marks = {0};
        struct fault fault = {0};
        bool whole = n == 0 || n == strlen(LINE) || n == strlen(LINE) + 1;

        memcpy(copy, text, n);
        assert_int_equal(marks_read(arena, bytes_of(copy, n), "m", &marks, &fault),
                whole ? STATUS_OK : STATUS_INPUT);
        assert_int_equal(marks.n, whole && n != 0);
        free(copy);
        arena_free(arena);
    }
}

static void each_failed_allocation_is_said(void **state)
{
    bool failed = true;

    (void)state;
    for (long n = 1; failed; n++) {
        struct marks marks = {.n = 5};
        struct fault fault = {0};
        struct arena *arena;
        enum status status;

        oom_fail_at(n);
        arena = arena_new(1 << 20);
        status = arena == NULL ? STATUS_NOMEM
                               : read_text(arena,
                                         "{\"time\":\"2026-01-02T03:04:05Z\",\"kind\":\"end\","
                                         "\"text\":\"t\",\"site\":\"http://a.test/\"}",
                                         &marks, &fault);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        assert_int_equal(marks.n, failed ? 5 : 1);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(times_are_those_of_rfc_3339),
            cmocka_unit_test(what_is_no_time_is_refused),
            cmocka_unit_test(no_truncation_of_a_time_is_another_time),
            cmocka_unit_test(marks_are_put_in_order_of_time_then_line),
            cmocka_unit_test(every_kind_of_the_contract_is_read),
            cmocka_unit_test(an_empty_file_has_no_marks),
            cmocka_unit_test(a_wrong_line_is_named_with_what_is_wrong),
            cmocka_unit_test(a_text_that_is_too_long_is_refused),
            cmocka_unit_test(too_many_marks_are_refused),
            cmocka_unit_test(every_truncation_is_refused_or_shorter),
            cmocka_unit_test(each_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
