/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/json_scan.h"

/* All findings as "key=raw " with a letter for the kind, and "!" when it ended broken. */
static void scan_text(struct bytes text, char *out, size_t room)
{
    struct json_scan s;
    struct json_found f;
    size_t n = 0;

    json_scan_init(&s, text);
    out[0] = '\0';
    while (json_scan_next(&s, &f)) {
        assert_ptr_equal(f.raw.p, text.p + f.off);
        n += (size_t)snprintf(out + n, room - n, "%c %.*s=%.*s;", "snw"[f.kind], (int)f.key.n,
                (const char *)f.key.p, (int)f.raw.n, (const char *)f.raw.p);
    }
    if (s.broken)
        (void)snprintf(out + n, room - n, "!");
}

static void assert_scan(const char *text, const char *want)
{
    char got[512];

    scan_text(bytes_text(text), got, sizeof(got));
    assert_string_equal(got, want);
}

static void scalars_come_with_the_key_they_stand_under(void **state)
{
    (void)state;
    assert_scan("{\"a\":\"b\", \"n\" : -12.5e+3,\"t\":true,\"f\":false,\"z\":null}",
            "s a=b;n n=-12.5e+3;w t=true;w f=false;w z=null;");
    assert_scan(
            "{\"ids\":[1,22,\"x\"],\"o\":{\"k\":\"v\"}}", "n ids=1;n ids=22;s ids=x;s k=v;");
    assert_scan("[{\"x\":\"y\"},5]", "s x=y;n =5;");
    assert_scan("[]", "");
    assert_scan("{\"big\":1234567890123456789012}", "n big=1234567890123456789012;");
    assert_scan("{\"q\":\"a\\\"b\\\\\"}", "s q=a\\\"b\\\\;");
}

static void what_stands_before_the_broken_place_is_given(void **state)
{
    (void)state;
    assert_scan("{\"a\":1,\"b\":tru,\"c\":2}", "n a=1;!");
    assert_scan("{\"a\":1,\"b\":0x1f}", "n a=1;!");
    assert_scan("{\"a\":1,\"b\":1.}", "n a=1;!");
    assert_scan("{\"a\":1,\"b\":--1}", "n a=1;!");
    assert_scan("{\"a\":1,#}", "n a=1;!");
    assert_scan("{\"a\":\"b\",\"c\":\"never closed", "s a=b;!");
}

/* 12345 may be the front of 123456: as an identifier it would be another one. */
static void a_number_at_the_cut_is_not_given(void **state)
{
    (void)state;
    assert_scan("{\"id\":12345", "!");
    assert_scan("{\"id\":12345}", "n id=12345;");
}

static void every_truncation_gives_a_prefix_of_the_findings(void **state)
{
    static const char text[] =
            "{\"u\":\"\\u00e9\\\"x\",\"n\":[1,-2.5],\"o\":{\"k\":\"v\",\"w\":null},\"l\":99}";
    char whole[512], part[512];

    (void)state;
    scan_text(bytes_of(text, sizeof(text) - 1), whole, sizeof(whole));
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        uint8_t *copy = malloc(n + (n == 0));
        size_t length;

        assert_non_null(copy);
        memcpy(copy, text, n);
        scan_text(bytes_of(copy, n), part, sizeof(part));
        length = strlen(part);
        if (length != 0 && part[length - 1] == '!')
            length--;
        /* A key whose colon was cut away looks like a member of an array. */
        if (strncmp(part, whole, length) != 0)
            assert_int_equal(text[n - 1], '"');
        free(copy);
    }
}

static void only_objects_and_arrays_look_like_json(void **state)
{
    (void)state;
    assert_true(json_scan_looks(bytes_text(" {\"a\":1}")));
    assert_true(json_scan_looks(bytes_text("[ ]")));
    assert_true(json_scan_looks(bytes_text("[-1]")));
    assert_false(json_scan_looks(bytes_text("")));
    assert_false(json_scan_looks(bytes_text("{")));
    assert_false(json_scan_looks(bytes_text("[x]")));
    assert_false(json_scan_looks(bytes_text("\"a\"")));
    assert_false(json_scan_looks(bytes_of("{\0", 2)));
}

static void nesting_of_any_depth_costs_nothing(void **state)
{
    enum { DEEP = 1 << 20 };
    uint8_t *text = malloc(DEEP);
    struct json_scan s;
    struct json_found f;

    (void)state;
    assert_non_null(text);
    memset(text, '[', DEEP - 2);
    memcpy(text + DEEP - 2, "1]", 2);
    json_scan_init(&s, bytes_of(text, DEEP));
    assert_true(json_scan_next(&s, &f));
    assert_int_equal(f.off, DEEP - 2);
    assert_false(json_scan_next(&s, &f));
    assert_false(s.broken);
    free(text);
}

static void assert_unescaped(const char *raw, const char *want)
{
    uint8_t out[128];
    size_t n = json_unescape(bytes_text(raw), out);

    assert_int_equal(n, strlen(want));
    assert_memory_equal(out, want, n);
}

static void escapes_are_undone_and_broken_ones_kept(void **state)
{
    (void)state;
    assert_unescaped("a\\n\\t\\/\\\\\\\"\\b\\f\\r", "a\n\t/\\\"\b\f\r");
    assert_unescaped("\\u0041\\u00e9\\u738B", "A\xc3\xa9\xe7\x8e\x8b");
    assert_unescaped("\\ud83d\\ude00", "\xf0\x9f\x98\x80");
    assert_unescaped("\\ud83dx", "\xef\xbf\xbdx");
    assert_unescaped("\\ude00", "\xef\xbf\xbd");
    assert_unescaped("\\ud83d\\u0041", "\xef\xbf\xbd"
                                       "A");
    assert_unescaped("\\u12", "\\u12");
    assert_unescaped("\\u12g4", "\\u12g4");
    assert_unescaped("\\x41\\", "\\x41\\");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(scalars_come_with_the_key_they_stand_under),
            cmocka_unit_test(what_stands_before_the_broken_place_is_given),
            cmocka_unit_test(a_number_at_the_cut_is_not_given),
            cmocka_unit_test(every_truncation_gives_a_prefix_of_the_findings),
            cmocka_unit_test(only_objects_and_arrays_look_like_json),
            cmocka_unit_test(nesting_of_any_depth_costs_nothing),
            cmocka_unit_test(escapes_are_undone_and_broken_ones_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
