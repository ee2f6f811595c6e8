/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/msgpack.h"
#include "tests/classify/noise.h"

#define PACKED(s) (const uint8_t *)(s), sizeof(s) - 1

/* "key=value;" for each scalar that is no key; bytes as "#length". */
static void assert_scalars(const uint8_t *data, size_t n, const char *want)
{
    char got[512] = "", number[MSGPACK_NUMBER_TEXT];
    struct msgpack_found f;
    struct msgpack_scan s;
    size_t at = 0;

    assert_true(msgpack_looks(bytes_of(data, n), true));
    msgpack_init(&s, bytes_of(data, n));
    while (msgpack_next(&s, &f)) {
        assert_ptr_equal(f.raw.p, data + f.off);
        if (f.is_key)
            continue;
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%.*s",
                f.key_is_number ? 0 : (int)f.key.n, (const char *)f.key.p);
        msgpack_number_text(&f, number);
        if (f.kind == MSGPACK_TEXT)
            at += (size_t)snprintf(
                    got + at, sizeof(got) - at, "=%.*s;", (int)f.raw.n, (const char *)f.raw.p);
        else if (f.kind == MSGPACK_BYTES)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "#%zu;", f.raw.n);
        else
            at += (size_t)snprintf(got + at, sizeof(got) - at, ":%s;", number);
    }
    assert_false(s.broken);
    assert_string_equal(got, want);
}

/* {"compact":true,"schema":0} is the example of msgpack.org. */
static void the_example_of_the_specification_is_read(void **state)
{
    (void)state;
    assert_scalars(PACKED("\x82\xa7"
                          "compact\xc3\xa6schema\x00"),
            "compact:true;schema:0;");
}

static void numbers_of_every_size_are_read(void **state)
{
    (void)state;
    assert_scalars(PACKED("\x93\x7f\xe0\xff"), ":127;:-32;:-1;");
    assert_scalars(PACKED("\xcc\xff\xcd\x01\x00\xce\x00\x01\x00\x00"), ":255;:256;:65536;");
    assert_scalars(PACKED("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), ":18446744073709551615;");
    assert_scalars(PACKED("\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd0\x7f"),
            ":-128;:-32768;:-2147483648;:127;");
    assert_scalars(PACKED("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), ":-9223372036854775808;");
    assert_scalars(
            PACKED("\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xca\x3f\xc0\x00\x00"), ":1.5;:1.5;");
    assert_scalars(PACKED("\xc0\xc2\xc3"), ":null;:false;:true;");
}

static void strings_and_bytes_of_every_size_are_read(void **state)
{
    (void)state;
    assert_scalars(PACKED("\xa0\xa2hi\xd9\x02hi\xda\x00\x02hi\xdb\x00\x00\x00\x02hi"),
            "=;=hi;=hi;=hi;=hi;");
    assert_scalars(PACKED("\xc4\x01\x00\xc5\x00\x01\x00\xc6\x00\x00\x00\x01\x00"), "#1;#1;#1;");
    assert_scalars(PACKED("\xd4\x01\x00\xd6\xff\x00\x00\x00\x01\xc7\x01\x05\x00"), "#2;#5;#2;");
    assert_scalars(PACKED("\xa2\xff\xfe"), "#2;");
}

static void members_stand_under_the_key_of_their_container(void **state)
{
    (void)state;
    assert_scalars(PACKED("\x82\xa1"
                          "a\x93\x01\x81\xa1"
                          "b\xa1x\x02\xa1"
                          "c\x80"),
            "a:1;b=x;a:2;");
    assert_scalars(PACKED("\xde\x00\x01\xa1"
                          "a\xdc\x00\x01\xdd\x00\x00\x00\x01\xa1z"),
            "a=z;");
    assert_scalars(PACKED("\xdf\x00\x00\x00\x01\x05\xa1z"), "=z;");
    assert_scalars(PACKED("\x90\x80"), "");
}

static void what_is_not_messagepack_is_refused(void **state)
{
    (void)state;
    assert_false(msgpack_looks(bytes_of(NULL, 0), true));
    assert_false(msgpack_looks(bytes_of(PACKED("\xc1")), true));
    assert_false(msgpack_looks(bytes_of(PACKED("\x92\x01")), true));
    assert_false(msgpack_looks(bytes_of(PACKED("\x81\x80\x01")), true)); /* a map as key */
    assert_false(msgpack_looks(bytes_of(PACKED("\xdd\xff\xff\xff\xff\x01")), true));
    assert_false(msgpack_looks(bytes_of(PACKED("\xdb\xff\xff\xff\xff"
                                               "a")),
            true));
}

static void every_truncation_is_refused(void **state)
{
    static const char whole[] = "\x82\xa7"
                                "compact\xc3\xa6schema\x92\xcd\x01\x00\xd9\x03"
                                "abc";

    (void)state;
    for (size_t n = 0; n < sizeof(whole); n++) {
        uint8_t *copy = malloc(n + 1);

        assert_non_null(copy);
        memcpy(copy, whole, n);
        copy = realloc(copy, n == 0 ? 1 : n);
        assert_non_null(copy);
        assert_int_equal(msgpack_looks(bytes_of(copy, n), true), n == sizeof(whole) - 1);
        free(copy);
    }
}

static void undeclared_text_must_be_a_container_with_readable_strings(void **state)
{
    (void)state;
    assert_true(msgpack_looks(bytes_of(PACKED("\x82\xa7"
                                              "compact\xc3\xa6schema\x00")),
            false));
    assert_false(msgpack_looks(bytes_of(PACKED("\xa7"
                                               "compact")),
            false));
    assert_false(msgpack_looks(bytes_of(PACKED("\x92\x01\x02")), false));
    assert_false(msgpack_looks(bytes_of(PACKED("\x81\x05\xa7"
                                               "compact")),
            false));
    assert_false(msgpack_looks(bytes_of(PACKED("\x82\xa7"
                                               "compact\xc4\x01\x01\xa1s\x00")),
            false));
}

static void random_bytes_do_not_count_as_messagepack(void **state)
{
    (void)state;
    assert_true(noise_taken_for_it(msgpack_looks) < 20);
}

static void nesting_beyond_the_cap_is_refused(void **state)
{
    uint8_t text[MSGPACK_DEPTH + 2];

    (void)state;
    memset(text, 0x91, sizeof(text));
    text[MSGPACK_DEPTH] = 0x01;
    assert_true(msgpack_looks(bytes_of(text, MSGPACK_DEPTH + 1), true));
    text[MSGPACK_DEPTH] = 0x91;
    text[MSGPACK_DEPTH + 1] = 0x01;
    assert_false(msgpack_looks(bytes_of(text, MSGPACK_DEPTH + 2), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_example_of_the_specification_is_read),
            cmocka_unit_test(numbers_of_every_size_are_read),
            cmocka_unit_test(strings_and_bytes_of_every_size_are_read),
            cmocka_unit_test(members_stand_under_the_key_of_their_container),
            cmocka_unit_test(what_is_not_messagepack_is_refused),
            cmocka_unit_test(every_truncation_is_refused),
            cmocka_unit_test(undeclared_text_must_be_a_container_with_readable_strings),
            cmocka_unit_test(random_bytes_do_not_count_as_messagepack),
            cmocka_unit_test(nesting_beyond_the_cap_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
