/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

/* RFC 4648 section 10. */
static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

static void the_vectors_of_the_rfc_hold_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        size_t length = strlen(vectors[i][0]), n = 99;
        char text[BASE64_TEXT(6)];
        uint8_t raw[6];

        base64_encode(bytes_text(vectors[i][0]), text);
        assert_string_equal(text, vectors[i][1]);
        assert_true(base64_decode(bytes_text(text), raw, sizeof(raw), &n));
        assert_int_equal(n, length);
        assert_memory_equal(raw, vectors[i][0], length);
        text[strcspn(text, "=")] = '\0'; /* without padding */
        assert_true(base64_decode(bytes_text(text), raw, sizeof(raw), &n));
        assert_int_equal(n, length);
    }
}

static void every_byte_comes_back(void **state)
{
    char text[BASE64_TEXT(256)];
    uint8_t raw[256], back[256];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(255 - i);
    for (size_t length = 0; length <= sizeof(raw); length++) {
        base64_encode(bytes_of(raw, length), text);
        assert_int_equal(strlen(text) + 1, BASE64_TEXT(length));
        assert_true(base64_decode(bytes_text(text), back, sizeof(back), &n));
        assert_int_equal(n, length);
        assert_memory_equal(back, raw, length);
    }
}

static void both_alphabets_are_read(void **state)
{
    uint8_t one[3], other[3];
    size_t n;

    (void)state;
    assert_true(base64_decode(bytes_text("+/+/"), one, 3, &n));
    assert_true(base64_decode(bytes_text("-_-_"), other, 3, &n));
    assert_memory_equal(one, other, 3);
}

static void what_is_none_or_too_much_is_refused(void **state)
{
    static const char *const wrong[] = {
            "Zg==Zg", "Z g=", "Zm9v\n", "Zm9v!", "=A", "Zm\xc3\xa9v"};
    uint8_t raw[8] = {1, 2, 3};
    size_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(base64_decode(bytes_text(wrong[i]), raw, sizeof(raw), &n));
    assert_false(base64_decode(bytes_text("Zm9v"), raw, 2, &n));
    assert_int_equal(n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_vectors_of_the_rfc_hold_both_ways),
            cmocka_unit_test(every_byte_comes_back),
            cmocka_unit_test(both_alphabets_are_read),
            cmocka_unit_test(what_is_none_or_too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
