/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/lines.h"

/* All lines that are not skipped, each as "number:text;". */
static void check(const char *file, const char *expected)
{
    struct lines *lines = malloc(sizeof(*lines));
    struct bytes whole = bytes_text(file);
    struct line line;
    char got[1024];
    size_t n = 0;

    assert_non_null(lines);
    lines_init(lines, whole);
    while (lines_next(lines, &line)) {
        assert_true(line.at + line.n <= whole.n);
        if (line.skipped || line.kind == RULE_LINE_EMPTY || line.kind == RULE_LINE_DIRECTIVE)
            continue;
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%u:%.*s;", line.number,
                (int)line.text.n, (const char *)line.text.p);
    }
    got[n] = '\0';
    assert_string_equal(got, expected);
    free(lines);
}

static void lines_are_trimmed_and_numbered(void **state)
{
    (void)state;
    check("", "");
    check("\n\n", "");
    check("||a^", "1:||a^;");
    check("||a^\r\n  ||b^ \n\t||c^\t\r\n", "1:||a^;2:||b^;3:||c^;");
    check("\xef\xbb\xbf! x\n||a^", "1:! x;2:||a^;");
}

static void conditions_leave_lines_out(void **state)
{
    (void)state;
    check("!#if x\na\n!#else\nb\n!#endif\nc", "4:b;6:c;");
    check("!#if !x\na\n!#else\nb\n!#endif\nc", "2:a;6:c;");
    check("!#if x\n!#if !y\na\n!#endif\nb\n!#endif\nc", "7:c;");
    check("!#if !x\n!#if y\na\n!#else\nb\n!#endif\nc\n!#endif", "5:b;7:c;");
    check("!#endif\n!#else\na", "3:a;");
    check("!#if x\na", "");
}

static void conditions_nested_too_deep_leave_out(void **state)
{
    char file[2048];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i <= LINES_NESTING; i++)
        n += (size_t)sprintf(file + n, "!#if !x\n");
    n += (size_t)sprintf(file + n, "a\n!#else\nb\n!#endif\nc\n");
    for (size_t i = 0; i < LINES_NESTING; i++)
        n += (size_t)sprintf(file + n, "!#endif\n");
    (void)sprintf(file + n, "d\n");
    check(file, "38:c;71:d;");
}

static void continued_lines_are_joined(void **state)
{
    (void)state;
    check("||a^$script, \\\n    domain=x|y\n||b^", "1:||a^$script,domain=x|y;3:||b^;");
    check("a \\\n    b \\\n    c\nd", "1:abc;4:d;");
    check("a \\\n   b\n", "1:a;2:b;");
    check("a \\\n     b\n", "1:a;2:b;");
    check("a \\", "1:a;");
    check("a\\\n    b", "1:a\\;2:b;");
    check("a \\\n", "1:a;");
}

static void a_joined_line_knows_all_its_bytes(void **state)
{
    static const char file[] = "! x\n  ||a^$script, \\\r\n    domain=x  \n||b^";
    struct lines *lines = malloc(sizeof(*lines));
    struct line line;

    (void)state;
    assert_non_null(lines);
    lines_init(lines, bytes_text(file));
    assert_true(lines_next(lines, &line));
    assert_true(lines_next(lines, &line));
    assert_int_equal(line.at, 6);
    assert_int_equal(line.n, strlen("||a^$script, \\\r\n    domain=x"));
    assert_true(bytes_is(line.text, "||a^$script,domain=x"));
    free(lines);
}

static void long_lines_are_marked(void **state)
{
    char *file = malloc(3 * RULE_LINE_MOST);
    struct lines *lines = malloc(sizeof(*lines));
    struct line line;

    (void)state;
    assert_non_null(file);
    assert_non_null(lines);
    memset(file, 'a', 3 * RULE_LINE_MOST);
    file[RULE_LINE_MOST] = '\n';
    /* Two that are short enough, joined to one that is not. */
    memcpy(file + 2 * RULE_LINE_MOST - 10, " \\\n    ", 7);
    lines_init(lines, (struct bytes){(const uint8_t *)file, 3 * RULE_LINE_MOST});
    assert_true(lines_next(lines, &line));
    assert_false(line.too_long);
    assert_int_equal(line.text.n, RULE_LINE_MOST);
    assert_true(lines_next(lines, &line));
    assert_true(line.too_long);
    assert_true(line.text.n <= RULE_LINE_MOST);
    assert_false(lines_next(lines, &line));
    free(file);
    free(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lines_are_trimmed_and_numbered),
            cmocka_unit_test(conditions_leave_lines_out),
            cmocka_unit_test(conditions_nested_too_deep_leave_out),
            cmocka_unit_test(continued_lines_are_joined),
            cmocka_unit_test(a_joined_line_knows_all_its_bytes),
            cmocka_unit_test(long_lines_are_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
