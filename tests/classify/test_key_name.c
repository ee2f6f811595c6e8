/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/key_name.h"

static bool says(const char *key, enum key_sense sense)
{
    return key_name_says(bytes_text(key), sense);
}

static void names_are_read_word_by_word(void **state)
{
    (void)state;
    assert_true(says("name", KEY_NAME) && says("realName", KEY_NAME) && says("XM", KEY_NAME));
    assert_true(says("user_mobile", KEY_PHONE) && says("Mobile", KEY_PHONE));
    assert_true(says("ud[em]", KEY_EMAIL) && says("ud%5Bem%5D", KEY_EMAIL));
    assert_true(says("id_card", KEY_ID_NUMBER) && says("idCard", KEY_ID_NUMBER));
    assert_true(says("user.wd", KEY_SEARCH) && says("q", KEY_SEARCH) && says("kw", KEY_SEARCH));
    assert_true(says("lng", KEY_LONGITUDE) && says("user_latitude", KEY_LATITUDE));
    assert_false(says("lng", KEY_LATITUDE));
    assert_false(says("filename2", KEY_NAME) || says("uniq", KEY_SEARCH) || says("", KEY_NAME));
    assert_false(says("emx", KEY_EMAIL) || says("[]", KEY_EMAIL) || says(" ", KEY_EMAIL));
}

static void of_a_long_name_the_end_counts(void **state)
{
    char key[400];

    (void)state;
    memset(key, 'x', sizeof(key));
    memcpy(key + sizeof(key) - 8, ".mobile", 8);
    assert_true(says(key, KEY_PHONE));
    assert_false(says(key, KEY_EMAIL));
}

static void assert_before(const char *text, const char *value, const char *name)
{
    const char *at = strstr(text, value);
    struct bytes got;

    assert_non_null(at);
    got = key_name_before(bytes_text(text), (size_t)(at - text));
    if (!bytes_is(got, name))
        fail_msg("%s: %.*s", text, (int)got.n, (const char *)got.p);
}

static void the_name_in_front_of_a_value_is_found_in_any_form(void **state)
{
    (void)state;
    assert_before("/s?a=1&wd=VALUE&b=2", "VALUE", "wd");
    assert_before("uid=1; name=my VALUE", "VALUE", "name");
    assert_before("{\"a\":1,\"tel\" : \"VALUE\"}", "VALUE", "tel");
    assert_before("{\"a\":{\"ks\":[\"x\",\"VALUE\"]}}", "VALUE", "ks");
    assert_before("{\\\"tel\\\":\\\"VALUE\\\"}", "VALUE", "tel");
    assert_before("{tel:'VALUE'}", "VALUE", "tel");
    assert_before("{\"u\":\"https://x.test/VALUE\"}", "VALUE", "u");
    assert_before("{\"u\":\"https://x.test/?q=VALUE\"}", "VALUE", "q");
    assert_before("<p><phone>VALUE</phone>", "VALUE", "phone");
    assert_before("<meta name=\"author\" content=\"VALUE\">", "VALUE", "content");
    assert_before("X-User: VALUE", "VALUE", "X-User");
    assert_before("/s/VALUE", "VALUE", "");
    assert_before("a=1&VALUE", "VALUE", "");
    assert_before("VALUE", "VALUE", "");
    assert_before("=VALUE", "VALUE", "");
}

static void only_so_far_back_is_looked(void **state)
{
    char text[KEY_BACK_MOST + 10];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "a=", 2);
    assert_int_equal(key_name_before(bytes_of(text, sizeof(text)), KEY_BACK_MOST).n, 1);
    assert_int_equal(key_name_before(bytes_of(text, sizeof(text)), KEY_BACK_MOST + 9).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_are_read_word_by_word),
            cmocka_unit_test(of_a_long_name_the_end_counts),
            cmocka_unit_test(the_name_in_front_of_a_value_is_found_in_any_form),
            cmocka_unit_test(only_so_far_back_is_looked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
