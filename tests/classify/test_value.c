/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/value.h"
#include "tests/support/oom.h"

#define NEAR_NS INT64_C(1768000000000000000) /* 2026-01-09 */

/* All leaves as "key=text;" in order. */
static void assert_leaves(const char *value, const char *want)
{
    struct arena *arena = arena_new(8 << 20);
    struct leaves leaves;
    char got[1024] = "";
    size_t n = 0;

    assert_non_null(arena);
    assert_true(value_leaves(arena, bytes_text(value), &leaves));
    for (size_t i = 0; i < leaves.n; i++)
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%.*s=%.*s;", (int)leaves.at[i].key.n,
                (const char *)leaves.at[i].key.p, (int)leaves.at[i].text.n,
                (const char *)leaves.at[i].text.p);
    assert_string_equal(got, want);
    assert_false(leaves.capped);
    arena_free(arena);
}

static void values_are_taken_apart_layer_by_layer(void **state)
{
    (void)state;
    assert_leaves("", "");
    assert_leaves("plain", "=plain;");
    assert_leaves("%22quoted%22", "=quoted;");
    assert_leaves("a%2525b", "=a%b;");
    assert_leaves("GA1.2.1234567890.1768000000", "=GA1.2;=1234567890;=1768000000;");
    assert_leaves("uid=12ab&t=5", "uid=12ab;t=5;");
    assert_leaves("%7B%22u%22%3A%22x%3A1%22%2C%22n%22%3A7%7D", "u=x;u=1;n=7;");
    assert_leaves("https://a.test/x?y=1&z=2", "=https://a.test/x?y=1&z=2;");
    assert_leaves("me@example.org", "=me@example.org;");
    assert_leaves("1.2.3", "=1.2.3;");
    assert_leaves("two words: here", "=two words: here;");
}

/* Made with python's base64, gzip and zlib. */
static void encoded_values_are_decoded(void **state)
{
    (void)state;
    assert_leaves("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln", "sub=1234567890;");
    assert_leaves("dWlkPTEyMyZsYW5nPWRlLUFUJm9rPTE=", "uid=123;lang=de-AT;ok=1;");
    assert_leaves("H4sIAAAAAAACAyvNTLE1MDQyNjFNTEpOSQUAfLavaw8AAAA=", "uid=012345abcde;");
    assert_leaves("eJwrzUyxNTA0MjYxTUxKTklNAwApXQUE", "uid=012345abcdef;");
    assert_leaves("AAECAwQFBgcICQoLDA0ODw==", "=AAECAwQFBgcICQoLDA0ODw==;");
}

static void caps_are_said(void **state)
{
    enum { LONG = VALUE_BYTES_MOST + 10, MANY = 2 * VALUE_LEAVES_MOST };
    struct arena *arena = arena_new(8 << 20);
    char *text = malloc(LONG);
    struct leaves leaves;

    (void)state;
    assert_true(arena != NULL && text != NULL);
    memset(text, 'x', LONG);
    assert_true(value_leaves(arena, bytes_of(text, LONG), &leaves));
    assert_true(leaves.capped && leaves.n == 1 && leaves.at[0].text.n == VALUE_BYTES_MOST);
    for (size_t i = 0; i < MANY; i++)
        text[i] = i % 2 == 0 ? 'x' : '|';
    assert_true(value_leaves(arena, bytes_of(text, MANY + 2), &leaves));
    assert_true(leaves.capped && leaves.n == VALUE_LEAVES_MOST);
    free(text);
    arena_free(arena);
}

static void packed_values_that_multiply_are_stopped(void **state)
{
    static const char path[] = "tests/fuzz/corpus/value/bomb";
    uint8_t bomb[4096];
    FILE *file = fopen(path, "rb");
    struct arena *arena = arena_new(8 << 20);
    struct leaves leaves;
    size_t n;

    (void)state;
    assert_true(file != NULL && arena != NULL);
    n = fread(bomb, 1, sizeof(bomb), file);
    (void)fclose(file);
    assert_true(n > 0 && n < sizeof(bomb));
    assert_true(value_leaves(arena, bytes_of(bomb, n), &leaves));
    assert_true(leaves.capped);
    assert_true(arena_used(arena) < (size_t)3 << 20);
    arena_free(arena);
}

static void every_failed_allocation_is_told(void **state)
{
    static const char *const values[] = {"%22a%22", "{\"a\":\"\\n\"}",
            "dWlkPTEyMyZsYW5nPWRlLUFUJm9rPTE=", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        long at = 0;
        bool ok;

        do {
            struct arena *arena = arena_new(1 << 20);
            struct leaves leaves;

            assert_non_null(arena);
            oom_fail_at(++at);
            ok = value_leaves(arena, bytes_text(values[i]), &leaves);
            assert_int_equal(ok, !oom_happened());
            oom_fail_at(0);
            arena_free(arena);
        } while (!ok);
        assert_true(at > 1);
    }
}

static void unescape_leaves_text_without_escapes_alone(void **state)
{
    struct arena *arena = arena_new(4096);
    struct bytes out, text = bytes_text("100%+%4");

    (void)state;
    assert_non_null(arena);
    assert_true(value_unescape(arena, text, false, &out));
    assert_ptr_equal(out.p, text.p);
    assert_true(value_unescape(arena, text, true, &out) && bytes_is(out, "100% %4"));
    assert_true(value_unescape(arena, bytes_text("%e7%8E%8b%zz"), false, &out));
    assert_true(bytes_is(out, "\xe7\x8e\x8b%zz"));
    assert_true(value_unescape(arena, bytes_text("%00a"), false, &out));
    assert_int_equal(out.n, 2);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(values_are_taken_apart_layer_by_layer),
            cmocka_unit_test(encoded_values_are_decoded),
            cmocka_unit_test(caps_are_said),
            cmocka_unit_test(packed_values_that_multiply_are_stopped),
            cmocka_unit_test(every_failed_allocation_is_told),
            cmocka_unit_test(unescape_leaves_text_without_escapes_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
