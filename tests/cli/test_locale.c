/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/locale.h"

static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG"};

static int nothing_is_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        (void)unsetenv(variables[i]);
    return 0;
}

static void put(const char *variable, const char *value)
{
    assert_int_equal(setenv(variable, value, 1), 0);
}

static void without_a_word_it_is_english(void **state)
{
    (void)state;
    assert_int_equal(locale_language(), LANGUAGE_ENGLISH);
    assert_false(locale_is_utf8());
    put("LANG", "de_DE.UTF-8");
    assert_int_equal(locale_language(), LANGUAGE_ENGLISH);
    assert_true(locale_is_utf8());
}

static void what_is_nearer_outweighs(void **state)
{
    (void)state;
    put("LANG", "zh_CN.GB18030");
    assert_int_equal(locale_language(), LANGUAGE_CHINESE);
    assert_false(locale_is_utf8());
    put("LC_CTYPE", "C.utf8"); /* of characters, not of messages */
    assert_int_equal(locale_language(), LANGUAGE_CHINESE);
    assert_true(locale_is_utf8());
    put("LC_MESSAGES", "en_GB.UTF-8");
    assert_int_equal(locale_language(), LANGUAGE_ENGLISH);
    put("LC_ALL", "zh_TW");
    assert_int_equal(locale_language(), LANGUAGE_CHINESE);
    assert_false(locale_is_utf8());
    put("LC_ALL", ""); /* counts as not set */
    assert_int_equal(locale_language(), LANGUAGE_ENGLISH);
}

static void an_argument_is_one_of_two(void **state)
{
    const struct command command = {.name = "test"};
    enum language language = LANGUAGE_ENGLISH;

    (void)state;
    assert_int_equal(locale_take(&command, "zh", &language), SETTINGS_TAKEN);
    assert_int_equal(language, LANGUAGE_CHINESE);
    assert_int_equal(locale_take(&command, "zh_CN", &language), SETTINGS_BAD);
    assert_int_equal(locale_take(&command, "", &language), SETTINGS_BAD);
    assert_int_equal(language, LANGUAGE_CHINESE);
    assert_int_equal(locale_take(&command, "en", &language), SETTINGS_TAKEN);
    assert_int_equal(language, LANGUAGE_ENGLISH);
}

/* A decimal comma in a file would be another file. */
static void numbers_keep_their_point(void **state)
{
    char text[8];

    (void)state;
    put("LC_ALL", "de_DE.UTF-8");
    (void)locale_language();
    (void)snprintf(text, sizeof(text), "%.1f", 1.5);
    assert_string_equal(text, "1.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(without_a_word_it_is_english, nothing_is_set),
            cmocka_unit_test_setup(what_is_nearer_outweighs, nothing_is_set),
            cmocka_unit_test_setup(an_argument_is_one_of_two, nothing_is_set),
            cmocka_unit_test_setup(numbers_keep_their_point, nothing_is_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
