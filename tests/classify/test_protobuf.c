/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/protobuf.h"
#include "tests/classify/noise.h"

#define UUID "0f8fad5b-d9cb-469f-a165-70867728950e"
#define MESSAGE(s) (const uint8_t *)(s), sizeof(s) - 1

/* "path=text" or "path:number" or "path#bytes", a semicolon behind each. */
static void assert_leaves(const uint8_t *data, size_t n, const char *want)
{
    char got[512] = "", number[PROTOBUF_NUMBER_TEXT];
    struct protobuf_found f;
    struct protobuf_scan s;
    size_t at = 0;

    assert_true(protobuf_looks(bytes_of(data, n), true));
    protobuf_init(&s, bytes_of(data, n));
    while (protobuf_next(&s, &f)) {
        at += (size_t)snprintf(
                got + at, sizeof(got) - at, "%.*s", (int)f.path.n, (const char *)f.path.p);
        assert_ptr_equal(f.raw.p, data + f.off);
        protobuf_number_text(&f, number);
        if (f.kind == PROTOBUF_TEXT)
            at += (size_t)snprintf(
                    got + at, sizeof(got) - at, "=%.*s;", (int)f.raw.n, (const char *)f.raw.p);
        else if (f.kind == PROTOBUF_BYTES)
            at += (size_t)snprintf(got + at, sizeof(got) - at, "#%zu;", f.raw.n);
        else
            at += (size_t)snprintf(got + at, sizeof(got) - at, ":%s;", number);
    }
    assert_false(s.broken);
    assert_string_equal(got, want);
}

/* The messages of protobuf.dev, "Encoding". */
static void the_examples_of_the_specification_are_read(void **state)
{
    (void)state;
    assert_leaves(MESSAGE("\x08\x96\x01"), "1:150;");
    assert_leaves(MESSAGE("\x12\x07testing"), "2=testing;");
    assert_leaves(MESSAGE("\x1a\x03\x08\x96\x01"), "3.1:150;");
    assert_leaves(MESSAGE("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "1:-2;");
    assert_leaves(MESSAGE("\x22\x05hello\x28\x01\x28\x02\x28\x03"), "4=hello;5:1;5:2;5:3;");
    /* Packed numbers are a message by chance or bytes. */
    assert_leaves(MESSAGE("\x32\x06\x03\x8e\x02\x9e\xa7\x05"), "6#6;");
}

static void numbers_of_fixed_size_are_read_by_their_bits(void **state)
{
    (void)state;
    assert_leaves(MESSAGE("\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"), "1:1.5;");
    assert_leaves(MESSAGE("\x09\x39\x30\x00\x00\x00\x00\x00\x00"), "1:12345;");
    assert_leaves(MESSAGE("\x0d\x00\x00\xc0\x3f\x15\x07\x00\x00\x00"), "1:1.5;2:7;");
    assert_leaves(
            MESSAGE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "1:9223372036854775807;");
    assert_leaves(
            MESSAGE("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "1:-9223372036854775808;");
}

static void messages_in_messages_have_paths(void **state)
{
    (void)state;
    assert_leaves(MESSAGE("\x1a\x11\x0a\x0d\x12\x0b"
                          "deep string\x10\x05\x08\x01"),
            "3.1.2=deep string;3.2:5;1:1;");
}

/* "\n$" in front of 36 letters is a message, though all of it reads as text. */
static void a_message_of_text_alone_is_still_a_message(void **state)
{
    (void)state;
    assert_leaves(MESSAGE("\x22\x26\x0a\x24" UUID), "4.1=" UUID ";");
    assert_leaves(MESSAGE("\x22\x26\"$" UUID), "4.4=" UUID ";");
    assert_leaves(MESSAGE("\x0a\x08"
                          "01880188"),
            "1=01880188;");
    assert_leaves(MESSAGE("\x0a\x09"
                          "two words"),
            "1=two words;");
    assert_leaves(MESSAGE("\x0a\x00"), "1=;");
}

static void what_is_no_message_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {{"\x08", 1}, {"\x08\x96", 2}, {"\x12\x07testin", 8}, {"\x00\x01", 2},
            {"\x0b\x0c", 2},                 /* a group */
            {"\xc0\xa3\x09\x01", 4},         /* field 19000 is reserved */
            {"\x80\x80\x80\x80\x10\x01", 6}, /* field 2^29 */
            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(protobuf_looks(bytes_of(bad[i].text, bad[i].n), true));
    assert_false(protobuf_looks(bytes_of(NULL, 0), true));
}

static void every_truncation_is_refused_or_a_message_of_fewer_fields(void **state)
{
    static const char whole[] = "\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01";

    (void)state;
    for (size_t n = 1; n < sizeof(whole) - 1; n++) {
        uint8_t *copy = malloc(n);

        assert_non_null(copy);
        memcpy(copy, whole, n);
        assert_int_equal(protobuf_looks(bytes_of(copy, n), true), n == 3 || n == 12);
        free(copy);
    }
}

static void undeclared_messages_must_hold_text(void **state)
{
    (void)state;
    assert_true(protobuf_looks(bytes_of(MESSAGE("\x12\x07testing")), false));
    assert_false(protobuf_looks(bytes_of(MESSAGE("\x08\x96\x01")), false));
    assert_false(protobuf_looks(bytes_of(MESSAGE("\x12\x03"
                                                 "abc")),
            false));
    assert_false(protobuf_looks(bytes_of(MESSAGE("\x12\x07testing\x1a\x02\xff\xff")), false));
    /* Field 2048. */
    assert_false(protobuf_looks(bytes_of(MESSAGE("\x82\x80\x01\x07testing")), false));
}

static void random_bytes_do_not_count_as_a_message(void **state)
{
    (void)state;
    assert_true(noise_taken_for_it(protobuf_looks) < 20);
}

static void nesting_beyond_the_cap_stays_bytes(void **state)
{
    enum { LEVELS = 40 };
    uint8_t text[2 * LEVELS + 2];
    struct protobuf_found f;
    struct protobuf_scan s;

    (void)state;
    for (size_t i = 0; i < LEVELS; i++) {
        text[2 * i] = 0x0a;
        text[2 * i + 1] = (uint8_t)(sizeof(text) - 2 * i - 2);
    }
    text[2 * LEVELS] = 0x08;
    text[2 * LEVELS + 1] = 0x01;
    protobuf_init(&s, bytes_of(text, sizeof(text)));
    assert_true(protobuf_next(&s, &f));
    assert_int_equal(f.kind, PROTOBUF_BYTES);
    assert_int_equal(f.path.n, 2 * PROTOBUF_DEPTH - 1);
    assert_false(protobuf_next(&s, &f));
    assert_false(s.broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_examples_of_the_specification_are_read),
            cmocka_unit_test(numbers_of_fixed_size_are_read_by_their_bits),
            cmocka_unit_test(messages_in_messages_have_paths),
            cmocka_unit_test(a_message_of_text_alone_is_still_a_message),
            cmocka_unit_test(what_is_no_message_is_refused),
            cmocka_unit_test(every_truncation_is_refused_or_a_message_of_fewer_fields),
            cmocka_unit_test(undeclared_messages_must_hold_text),
            cmocka_unit_test(random_bytes_do_not_count_as_a_message),
            cmocka_unit_test(nesting_beyond_the_cap_stays_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
