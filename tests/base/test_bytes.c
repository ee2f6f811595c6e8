/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"

static void take_moves_only_when_it_fits(void **state)
{
    static const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7};
    struct bytes b = {raw, sizeof(raw)}, out = {0};
    uint32_t word = 99;
    uint64_t longer = 99;

    (void)state;
    assert_true(bytes_take_u32(&b, &word));
    assert_int_equal(word, 0x01020304);
    assert_false(bytes_take_u32(&b, &word));
    assert_int_equal(word, 0x01020304);
    assert_false(bytes_take_u64(&b, &longer));
    assert_int_equal(longer, 99);
    assert_int_equal(b.n, 3);
    assert_true(bytes_take_u24(&b, &word));
    assert_int_equal(word, 0x050607);
    assert_false(bytes_take(&b, 1, &out));
    assert_null(out.p);
    assert_true(bytes_take(&b, 0, &out));
}

static void a_vector_that_does_not_fit_leaves_its_length_unread(void **state)
{
    static const uint8_t raw[] = {0, 3, 'a', 'b'};
    struct bytes b = {raw, sizeof(raw)}, out = {0};

    (void)state;
    assert_false(bytes_take_vec16(&b, &out));
    assert_int_equal(b.n, sizeof(raw));
    assert_true(bytes_take_vec8(&b, &out));
    assert_int_equal(out.n, 0);
    assert_true(bytes_take_vec8(&b, &out) == false);
}

static void lines_lose_their_end_only(void **state)
{
    struct bytes b = BYTES_LITERAL("one\r\ntwo\nthree\r"), line;

    (void)state;
    assert_true(bytes_take_line(&b, &line));
    assert_true(bytes_is(line, "one"));
    assert_true(bytes_take_line(&b, &line));
    assert_true(bytes_is(line, "two"));
    assert_false(bytes_take_line(&b, &line));
    assert_true(bytes_is(b, "three\r"));
}

static void numbers_stop_at_overflow(void **state)
{
    uint64_t n = 7;

    (void)state;
    assert_true(bytes_decimal(BYTES_LITERAL("18446744073709551615"), &n));
    assert_true(n == UINT64_MAX);
    n = 7;
    assert_false(bytes_decimal(BYTES_LITERAL("18446744073709551616"), &n));
    assert_false(bytes_decimal(BYTES_LITERAL("+1"), &n));
    assert_false(bytes_decimal(BYTES_LITERAL(""), &n));
    assert_false(bytes_hex(BYTES_LITERAL("12345678123456781"), &n));
    assert_int_equal(n, 7);
    assert_true(bytes_hex(BYTES_LITERAL("fFff"), &n));
    assert_int_equal(n, 0xffff);
}

static void utf8_is_judged_as_rfc3629_does(void **state)
{
    (void)state;
    assert_true(bytes_is_utf8(BYTES_LITERAL("\xe5\x87\x8f\xe8\x82\xa5")));
    assert_true(bytes_is_utf8(BYTES_LITERAL("\xf0\x9f\x98\x80")));
    assert_false(bytes_is_utf8(BYTES_LITERAL("\xbc\xf5")));         /* GBK */
    assert_false(bytes_is_utf8(BYTES_LITERAL("\xc0\x80")));         /* overlong */
    assert_false(bytes_is_utf8(BYTES_LITERAL("\xe0\x80\x80")));     /* overlong */
    assert_false(bytes_is_utf8(BYTES_LITERAL("\xed\xa0\x80")));     /* surrogate */
    assert_false(bytes_is_utf8(BYTES_LITERAL("\xf4\x90\x80\x80"))); /* past U+10FFFF */
    assert_false(bytes_is_utf8(BYTES_LITERAL("ab\xe5\x87")));       /* cut */
}

static void searching_and_slicing_stay_inside(void **state)
{
    struct bytes b = BYTES_LITERAL("abcabc");
    size_t at = 42;

    (void)state;
    assert_true(bytes_find(b, BYTES_LITERAL("bc"), 2, &at));
    assert_int_equal(at, 4);
    assert_false(bytes_find(b, BYTES_LITERAL("cd"), 0, &at));
    assert_false(bytes_find(b, BYTES_LITERAL(""), 0, &at));
    assert_false(bytes_find(b, BYTES_LITERAL("a"), 100, &at));
    assert_int_equal(bytes_slice(b, 4, 99).n, 2);
    assert_int_equal(bytes_slice(b, 9, 99).n, 0);
    assert_true(bytes_is(bytes_trim(BYTES_LITERAL(" \t x \t")), "x"));
    assert_true(bytes_compare(BYTES_LITERAL("ab"), BYTES_LITERAL("abc")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(take_moves_only_when_it_fits),
            cmocka_unit_test(a_vector_that_does_not_fit_leaves_its_length_unread),
            cmocka_unit_test(lines_lose_their_end_only),
            cmocka_unit_test(numbers_stop_at_overflow),
            cmocka_unit_test(utf8_is_judged_as_rfc3629_does),
            cmocka_unit_test(searching_and_slicing_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
