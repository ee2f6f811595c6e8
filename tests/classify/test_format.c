/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/format.h"
#include "tests/support/oom.h"

static void every_entry_says_what_it_is_and_compiles(void **state)
{
    struct formats *f = formats_new();

    (void)state;
    assert_non_null(f); /* all patterns compiled */
    for (size_t i = 0; i < format_table_size; i++) {
        const struct format *at = &format_table[i];

        assert_true(at->name != NULL && at->name[0] != '\0');
        /* Under any name only a form that is told from its beginning. */
        assert_true(at->name[0] != '*' || (at->pattern != NULL && at->pattern[0] == '^'));
        assert_true(at->text_en != NULL && at->text_zh != NULL);
        assert_true(at->class_ != CLASS_UNKNOWN);
        assert_true(bytes_is_utf8(bytes_text(at->text_zh)));
    }
    formats_free(f);
}

static void names_and_values_must_both_fit(void **state)
{
    struct formats *f = formats_new();
    const struct format *found;

    (void)state;
    assert_non_null(f);
    found = formats_find(f, bytes_text("BDUSS_BFESS"), bytes_text("anything"));
    assert_true(found != NULL && found->class_ == CLASS_CREDENTIAL);
    assert_null(formats_find(f, bytes_text("xBDUSS"), bytes_text("anything")));
    found = formats_find(f, bytes_text("any"), bytes_text("GA1.2.1391285404.1795294077"));
    assert_true(found != NULL && found->class_ == CLASS_BROWSER_IDENTIFIER);
    assert_null(formats_find(f, bytes_text("any"), bytes_text("1391285404.1795294077")));
    found = formats_find(
            f, bytes_text("cookie2"), bytes_text("8f14e45fceea167a5a36dedd4bea2543"));
    assert_true(found != NULL && found->class_ == CLASS_CREDENTIAL);
    assert_null(formats_find(f, bytes_text("cookie2"), bytes_text("chocolate")));
    assert_null(formats_find(f, bytes_of(NULL, 0), bytes_of(NULL, 0)));
    formats_free(f);
}

static void credentials_come_before_milder_names(void **state)
{
    bool milder = false;

    (void)state;
    for (size_t i = 0; i < format_table_size; i++) {
        milder |= format_table[i].class_ != CLASS_CREDENTIAL;
        if (milder)
            assert_int_not_equal(format_table[i].class_, CLASS_CREDENTIAL);
    }
}

static void every_failed_allocation_is_told(void **state)
{
    struct formats *f;
    long n = 0;

    (void)state;
    formats_free(NULL);
    do {
        oom_fail_at(++n);
        f = formats_new();
        assert_int_equal(f == NULL, oom_happened());
        oom_fail_at(0);
    } while (f == NULL);
    formats_free(f);
    assert_true(n > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_entry_says_what_it_is_and_compiles),
            cmocka_unit_test(names_and_values_must_both_fit),
            cmocka_unit_test(credentials_come_before_milder_names),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
