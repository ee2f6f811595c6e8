/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/structure.h"

static enum structure_kind kind(const char *key, const char *value)
{
    return structure_of(bytes_text(key), bytes_text(value));
}

/* The two numbers that GB 11643-1999 gives as examples. */
static void an_identity_number_says_by_itself_what_it_is(void **state)
{
    (void)state;
    assert_int_equal(kind("", "11010519491231002X"), STRUCTURE_ID_NUMBER);
    assert_int_equal(kind("x", "11010519491231002x"), STRUCTURE_ID_NUMBER);
    assert_int_equal(kind("", "440524188001010014"), STRUCTURE_NONE); /* born in 1880 */
    assert_int_equal(kind("", "110105194912310021"), STRUCTURE_NONE);
    assert_int_equal(kind("", "11010519491231002"), STRUCTURE_NONE);
    assert_int_equal(kind("", "1101051949123100 X"), STRUCTURE_NONE);
    assert_false(structure_inferred(STRUCTURE_ID_NUMBER));
}

/* Provinces, months and days that do not exist, with a check digit that is right. */
static void its_province_and_date_must_exist(void **state)
{
    static const char *const wrong[] = {
            "100105194912310025", "110105194913310029", "110105194902290027"};
    uint8_t text[18];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        memcpy(text, wrong[i], 18);
        for (const char *c = "0123456789X"; *c != '\0'; c++) {
            text[17] = (uint8_t)*c;
            assert_false(structure_id_number(bytes_of(text, 18)));
        }
    }
    memcpy(text, "110105194802290000", 18); /* a leap year */
    text[17] = '0';
    for (const char *c = "0123456789X"; !structure_id_number(bytes_of(text, 18)); c++) {
        assert_true(*c != '\0');
        text[17] = (uint8_t)*c;
    }
}

static void other_kinds_need_a_name_that_says_so(void **state)
{
    static const struct {
        const char *key, *value;
        enum structure_kind kind;
    } cases[] = {{"user_mobile", "13812345678", STRUCTURE_PHONE},
            {"sj", "+86 138 1234 5678", STRUCTURE_PHONE},
            {"tel", "008613812345678", STRUCTURE_PHONE}, {"tel", "12812345678", STRUCTURE_NONE},
            {"tel", "1381234567", STRUCTURE_NONE}, {"t", "13812345678", STRUCTURE_NONE},
            {"", "13812345678", STRUCTURE_NONE},
            {"bankCardNo", "6222021234567890129", STRUCTURE_NONE},
            {"bankCardNo", "4111 1111 1111 1111", STRUCTURE_CARD},
            {"ts", "4111111111111111", STRUCTURE_NONE},
            {"ud[em]", "zhang.san@example.com", STRUCTURE_EMAIL},
            {"email", "zhang.san@example", STRUCTURE_NONE},
            {"email", "@example.com", STRUCTURE_NONE},
            {"email", "a b@example.com", STRUCTURE_NONE},
            {"url", "zhang.san@example.com", STRUCTURE_NONE},
            {"imei", "490154203237518", STRUCTURE_IMEI},
            {"imei", "490154203237517", STRUCTURE_NONE},
            {"wifi_mac", "02:00:5e:10:00:0f", STRUCTURE_MAC},
            {"mac", "02005e10000F", STRUCTURE_MAC}, {"mac", "000000000000", STRUCTURE_NONE},
            {"mac", "02:00-5e:10:00:0f", STRUCTURE_NONE}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (kind(cases[i].key, cases[i].value) != cases[i].kind)
            fail_msg("%s=%s is %s", cases[i].key, cases[i].value,
                    structure_name(kind(cases[i].key, cases[i].value)));
        assert_true(structure_inferred(cases[i].kind) == (cases[i].kind != STRUCTURE_NONE));
    }
}

static void identity_numbers_are_found_in_a_text(void **state)
{
    const struct bytes text = BYTES_LITERAL("{\"a\":\"11010519491231002X\",111010519491231002X,"
                                            "\xe5\x8f\xb7"
                                            "11010519491231002x.");
    struct bytes found;
    size_t at = 0;

    (void)state;
    assert_true(structure_next(text, &at, &found));
    assert_true(bytes_is(found, "11010519491231002X"));
    assert_true(structure_next(text, &at, &found));
    assert_true(bytes_is(found, "11010519491231002x"));
    assert_false(structure_next(text, &at, &found));
    assert_int_equal(at, text.n);
}

static void few_random_numbers_pass(void **state)
{
    uint32_t seed = 7;
    unsigned passed = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t text[18];

        for (size_t k = 0; k < sizeof(text); k++) {
            seed = seed * 1664525 + 1013904223;
            text[k] = (uint8_t)('0' + (seed >> 20) % 10);
        }
        passed += structure_id_number(bytes_of(text, sizeof(text)));
    }
    assert_true(passed < 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_identity_number_says_by_itself_what_it_is),
            cmocka_unit_test(its_province_and_date_must_exist),
            cmocka_unit_test(other_kinds_need_a_name_that_says_so),
            cmocka_unit_test(identity_numbers_are_found_in_a_text),
            cmocka_unit_test(few_random_numbers_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
