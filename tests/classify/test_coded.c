/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "classify/coded.h"

/* All stretches of a text: "hex 1-9|base64 1-10=2". The text is copied to its exact size. */
static const char *stretches(const char *text, size_t least)
{
    static const char *const names[] = {"hex", "base64", "base32"};
    static char out[512];
    size_t n = strlen(text), at = 0;
    uint8_t *copy = malloc(n + 1);
    struct coded_scan scan;
    struct coded c;

    assert_non_null(copy);
    memcpy(copy, text, n);
    out[0] = '\0';
    coded_begin(&scan, bytes_of(copy, n), least);
    while (coded_next(&scan, &c)) {
        assert_true(c.begin < c.end && c.end <= c.padded_end && c.padded_end <= n);
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s %zu-%zu", at == 0 ? "" : "|",
                names[c.as], c.begin, c.end);
        if (c.padded_end != c.end)
            at += (size_t)snprintf(out + at, sizeof(out) - at, "=%zu", c.padded_end - c.end);
        if (c.whole)
            at += (size_t)snprintf(out + at, sizeof(out) - at, "*");
    }
    free(copy);
    return out;
}

static void stretches_are_as_long_as_their_alphabet_goes(void **state)
{
    (void)state;
    assert_string_equal(stretches("", 8), "");
    assert_string_equal(stretches("x=zzzzzzz&y", 8), "");
    assert_string_equal(stretches("x=Zzzzzzzz&y", 8), "base64 2-10*");
    assert_string_equal(stretches("x=Zzzzzzzz==", 8), "base64 2-10=2*");
    assert_string_equal(stretches("a=Zzzzzzzz===", 8), "base64 2-10=2*");
    assert_string_equal(stretches("a=0011223344", 8), "hex 2-12*|base64 2-12*");
    assert_string_equal(stretches("001122334,Zxxxxxxxx", 8), ""); /* lengths that none has */
    assert_string_equal(stretches("ZZ0011223344", 8), "hex 2-12|base64 0-12*");
}

static void each_alphabet_reads_a_stretch_its_own_way(void **state)
{
    (void)state;
    assert_string_equal(
            stretches("/Abcdefgh/Zyxwvuts/", 8), "base64 0-19*|base64 1-9|base64 10-18");
    assert_string_equal(stretches("uid_Zyxwvuts", 8), "base64 4-12|base64 0-12*");
    assert_string_equal(stretches("Ab-cd+ef/gh_xy.", 8), "base64 3-11");
    assert_string_equal(stretches("Zbcd+fgh-jkl", 8), "base64 0-8");
}

static void base32_is_of_one_case(void **state)
{
    (void)state;
    assert_string_equal(stretches("GEZTQMJSGM======", 8), "base64 0-10=2*|base32 0-10=6*");
    assert_string_equal(stretches("geztqmjsgm", 8), "base64 0-10*|base32 0-10*");
    assert_string_equal(stretches("GEZTqmjsgm", 8), "base64 0-10*");
    assert_string_equal(stretches("GEZTQMJSG", 8), "");
    assert_string_equal(stretches("GEZTQMJSGMZTQMJSGEZTG", 8), "base32 0-21*");
}

static void digits_spell_bytes(void **state)
{
    uint8_t out[16];

    (void)state;
    assert_int_equal(coded_read(CODED_HEX, BYTES_LITERAL("00aFFf7e"), out), 4);
    assert_memory_equal(out, "\x00\xaf\xff\x7e", 4);
    assert_int_equal(coded_read(CODED_HEX, BYTES_LITERAL("0g"), out), 0);
    /* RFC 4648 section 10 */
    assert_int_equal(coded_read(CODED_BASE64, BYTES_LITERAL("Zm9vYmE"), out), 5);
    assert_memory_equal(out, "fooba", 5);
    assert_int_equal(coded_read(CODED_BASE32, BYTES_LITERAL("MZXW6YTBOI"), out), 6);
    assert_memory_equal(out, "foobar", 6);
    assert_int_equal(coded_read(CODED_BASE32, BYTES_LITERAL("mzxw6ytboi"), out), 6);
    assert_memory_equal(out, "foobar", 6);
    assert_int_equal(coded_read(CODED_BASE64, BYTES_LITERAL("-_+/"), out), 3);
    assert_memory_equal(out, "\xfb\xff\xbf", 3);
    assert_int_equal(coded_read(CODED_BASE64, BYTES_LITERAL("ab.d"), out), 0);
    assert_int_equal(coded_read(CODED_BASE32, BYTES_LITERAL("ab1d"), out), 0);
    assert_int_equal(coded_read(CODED_BASE64, bytes_of(NULL, 0), out), 0);
}

static void every_byte_of_the_alphabets_spells_its_place(void **state)
{
    static const char all[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digits[4] = {'A', 'A', 'A', 0}, out[4];

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        digits[3] = (uint8_t)all[i];
        assert_int_equal(coded_read(CODED_BASE64, bytes_of(digits, 4), out), 3);
        assert_int_equal(out[2], i);
    }
    for (unsigned c = 0; c < 256; c++) {
        digits[3] = (uint8_t)c;
        assert_true((coded_read(CODED_BASE64, bytes_of(digits, 4), out) == 3) ==
                    (ascii_base64_value((uint8_t)c) >= 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(stretches_are_as_long_as_their_alphabet_goes),
            cmocka_unit_test(each_alphabet_reads_a_stretch_its_own_way),
            cmocka_unit_test(base32_is_of_one_case),
            cmocka_unit_test(digits_spell_bytes),
            cmocka_unit_test(every_byte_of_the_alphabets_spells_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
