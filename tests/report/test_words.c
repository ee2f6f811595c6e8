/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/words.h"

/* A catalogue of "apple" -> "Apfel" and "pear" -> "Birne", little-endian, made by hand after
 * the GNU gettext manual, "The Format of GNU MO Files". */
static const uint8_t fruit[] = {0xde, 0x12, 0x04, 0x95, 0, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 44,
        0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 5, 0, 0, 0, 60, 0, 0, 0, 4, 0, 0, 0, 66, 0, 0, 0, 5,
        0, 0, 0, 71, 0, 0, 0, 5, 0, 0, 0, 77, 0, 0, 0, 'a', 'p', 'p', 'l', 'e', 0, 'p', 'e',
        'a', 'r', 0, 'A', 'p', 'f', 'e', 'l', 0, 'B', 'i', 'r', 'n', 'e', 0};

static void a_catalogue_answers_what_it_holds(void **state)
{
    struct bytes mo = bytes_of(fruit, sizeof(fruit));

    (void)state;
    assert_string_equal(words_find(mo, "apple"), "Apfel");
    assert_string_equal(words_find(mo, "pear"), "Birne");
    assert_null(words_find(mo, "plum"));
    assert_null(words_find(mo, "a"));
    assert_null(words_find(mo, "zebra"));
    assert_null(words_find(mo, ""));
}

static void a_big_endian_catalogue_reads_the_same(void **state)
{
    uint8_t copy[sizeof(fruit)];

    (void)state;
    memcpy(copy, fruit, sizeof(fruit));
    for (size_t i = 0; i < 60; i += 4) {
        for (size_t k = 0; k < 4; k++)
            copy[i + k] = fruit[i + 3 - k];
    }
    assert_string_equal(words_find(bytes_of(copy, sizeof(copy)), "pear"), "Birne");
}

static void every_truncation_gives_no_answer_or_the_right_one(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(fruit); n++) {
        uint8_t *copy = malloc(n + (n == 0)); /* so that one byte too far is seen */
        const char *found;

        assert_non_null(copy);
        memcpy(copy, fruit, n);
        found = words_find(bytes_of(copy, n), "pear");
        assert_null(found);
        found = words_find(bytes_of(copy, n), "apple");
        if (n > 76)
            assert_string_equal(found, "Apfel");
        else
            assert_null(found);
        free(copy);
    }
}

static void every_changed_byte_is_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(fruit); i++) {
        for (unsigned c = 0; c < 256; c += 17) {
            uint8_t *copy = malloc(sizeof(fruit));

            assert_non_null(copy);
            memcpy(copy, fruit, sizeof(fruit));
            copy[i] = (uint8_t)c;
            (void)words_find(bytes_of(copy, sizeof(fruit)), "apple");
            (void)words_find(bytes_of(copy, sizeof(fruit)), "pear");
            free(copy);
        }
    }
}

static void english_is_the_key_itself(void **state)
{
    static const char text[] = "Summary";

    (void)state;
    assert_ptr_equal(words_get(LANGUAGE_ENGLISH, text), text);
    assert_string_equal(language_code(LANGUAGE_ENGLISH), "en");
    assert_string_equal(language_tag(LANGUAGE_CHINESE), "zh-CN");
}

static void chinese_is_there_whatever_the_locale(void **state)
{
    (void)state;
    assert_string_equal(words_get(LANGUAGE_CHINESE, "Summary"), "摘要");
    assert_string_equal(
            words_get(LANGUAGE_CHINESE, "a text nobody marked"), "a text nobody marked");
}

static void plurals_follow_the_number(void **state)
{
    (void)state;
    assert_string_equal(
            words_plural(LANGUAGE_ENGLISH, "%llu packet", "%llu packets", 1), "%llu packet");
    assert_string_equal(
            words_plural(LANGUAGE_ENGLISH, "%llu packet", "%llu packets", 2), "%llu packets");
    assert_string_equal(
            words_plural(LANGUAGE_CHINESE, "%llu packet", "%llu packets", 2), "%llu 个数据包");
}

static int run(const char *command)
{
    return system(command); /* NOLINT: gettext's own programs are what is asked */
}

static void every_marked_text_is_translated_and_keeps_its_format(void **state)
{
    (void)state;
    if (run("command -v xgettext msgcmp msgfmt >/dev/null 2>&1") != 0) {
        print_message("gettext is not installed: the catalogue is not compared\n");
        skip();
    }
    assert_int_equal(run("pot=$(mktemp) && sh report/po/extract.sh \"$pot\" &&"
                         " msgcmp --use-untranslated report/po/zh_CN.po \"$pot\" >/dev/null &&"
                         " msgcmp report/po/zh_CN.po \"$pot\"; s=$?; rm -f \"$pot\"; exit $s"),
            0);
    assert_int_equal(run("msgfmt -c -o /dev/null report/po/zh_CN.po"), 0);
}

/* Reports state facts and grounds; they never judge (doc/ARCHITECTURE.md). */
static void no_text_of_a_report_judges(void **state)
{
    static const char *const never[] = {
            "违法", "侵权", "非法", "illegal", "infring", "unlawful"};
    FILE *po = fopen("report/po/zh_CN.po", "r");
    char line[8192];

    (void)state;
    assert_non_null(po);
    while (fgets(line, sizeof(line), po) != NULL) {
        for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
            assert_null(strstr(line, never[i]));
    }
    (void)fclose(po);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_catalogue_answers_what_it_holds),
            cmocka_unit_test(a_big_endian_catalogue_reads_the_same),
            cmocka_unit_test(every_truncation_gives_no_answer_or_the_right_one),
            cmocka_unit_test(every_changed_byte_is_survived),
            cmocka_unit_test(english_is_the_key_itself),
            cmocka_unit_test(chinese_is_there_whatever_the_locale),
            cmocka_unit_test(plurals_follow_the_number),
            cmocka_unit_test(every_marked_text_is_translated_and_keeps_its_format),
            cmocka_unit_test(no_text_of_a_report_judges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
