/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/regex.h"
#include "tests/support/oom.h"

static enum regex_answer ask(const char *source, bool match_case, const char *subject)
{
    struct regex *r = NULL;
    enum status status;
    enum regex_answer answer;

    assert_int_equal(regex_new(bytes_text(source), match_case, &status, &r), PARSE_DONE);
    answer = regex_matches(r, bytes_text(subject));
    regex_free(r);
    return answer;
}

static void expressions_read_as_in_a_browser(void **state)
{
    (void)state;
    assert_int_equal(ask("\\/ads[0-9]{2}\\.", false, "/ADS12.x"), REGEX_YES);
    assert_int_equal(ask("\\/ads[0-9]{2}\\.", true, "/ADS12.x"), REGEX_NO);
    assert_int_equal(ask("^https?:\\/\\/", false, "http://x"), REGEX_YES);
    assert_int_equal(ask("x$", false, "x\n"), REGEX_NO);
    assert_int_equal(ask("[^]", false, "q"), REGEX_YES);
    assert_int_equal(ask("[]", false, "q"), REGEX_NO);
    assert_int_equal(ask("\\u0061b", false, "ab"), REGEX_YES);
    assert_int_equal(ask("(a)\\1", false, "aa"), REGEX_YES);
    assert_int_equal(ask("(?!ads)a", false, "ads"), REGEX_NO);
    assert_int_equal(ask("a", false, ""), REGEX_NO);
    assert_int_equal(ask("^$", false, ""), REGEX_YES);
}

static void what_is_no_expression_is_refused(void **state)
{
    static const char *const sources[] = {"(", "[a", "a{2,1}", "*", "\\", "(?<n>a)(?<n>b)"};
    struct regex *r = NULL;
    enum status status;

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        assert_int_equal(regex_new(bytes_text(sources[i]), false, &status, &r), PARSE_BAD);
        assert_int_equal(status, STATUS_OK);
        assert_null(r);
    }
}

static void deep_nesting_is_refused(void **state)
{
    char source[200];
    struct regex *r = NULL;
    enum status status;

    (void)state;
    memset(source, '(', 50);
    memset(source + 50, ')', 50);
    assert_int_equal(
            regex_new((struct bytes){(const uint8_t *)source, 100}, false, &status, &r),
            PARSE_BAD);
}

static void an_expression_that_runs_away_gives_up(void **state)
{
    char subject[66];

    (void)state;
    memset(subject, 'a', 64);
    memcpy(subject + 64, "!", 2);
    assert_int_equal(ask("^(a|a)+!$", false, subject), REGEX_YES);
    assert_int_equal(ask("^(a|a)+$", false, subject), REGEX_GAVE_UP);
}

static void running_out_of_memory_is_told_from_a_bad_expression(void **state)
{
    long n = 1;

    (void)state;
    for (;; n++) {
        struct regex *r = NULL;
        enum status status = STATUS_OK;
        enum parse verdict;

        oom_fail_at(n);
        verdict = regex_new(BYTES_LITERAL("a(b|c)d"), false, &status, &r);
        if (!oom_happened())
            assert_int_equal(verdict, PARSE_DONE);
        else if (verdict != PARSE_DONE)
            assert_int_equal(status, STATUS_NOMEM);
        regex_free(r);
        if (!oom_happened())
            break;
    }
    oom_fail_at(0);
    assert_true(n > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(expressions_read_as_in_a_browser),
            cmocka_unit_test(what_is_no_expression_is_refused),
            cmocka_unit_test(deep_nesting_is_refused),
            cmocka_unit_test(an_expression_that_runs_away_gives_up),
            cmocka_unit_test(running_out_of_memory_is_told_from_a_bad_expression),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
