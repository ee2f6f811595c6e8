/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/env/environment.h"
#include "tests/support/oom.h"

enum { MEMORY = 16 << 20 };

#define HEAD "{\"schema\":\"exhibit/environment/1\",\"probes\":["
#define ONE(id, changes, facts)                                                                \
    "{\"id\":\"" id "\",\"title_en\":\"T " id "\",\"title_zh\":\"题\",\"changes\":" changes    \
    ",\"facts\":" facts "}"

static const char before[] =
        HEAD ONE("same", "false", "{\"a\":[1,{\"b\":\"]}\"}]}") "," ONE("hosts", "false",
                "{\"n\":1,\"t\":false,\"list\":[\"x\",\"y\",\"y\"]}") "," ONE("uptime", "true",
                "{\"seconds\":9007199254740993}") "," ONE("gone", "false", "{}") "]}";

static const char after[] = "{ \"schema\" : \"exhibit/environment/1\" , \"probes\" : [ " ONE(
        "uptime", "true", "{\"seconds\":9007199254740992}") ",\n" ONE("same", "false",
        "{ \"a\" : [ 1 , { \"b\" : \"]}\" } ] }") "," ONE("hosts", "false",
        "{\"n\":1,\"t\":null,\"list\":[\"y\",\"z\"],\"new\":\"\\\"q\"}") "," ONE("come",
        "false", "{\"k\":1}") "]}";

static struct environment_change *compare(
        struct arena *arena, const char *a, const char *b, size_t *n)
{
    struct environment_change *out = NULL;
    struct fault fault = {0};

    assert_int_equal(environment_compare(arena, bytes_text(a), bytes_text(b), &out, n, &fault),
            STATUS_OK);
    return out;
}

static void only_what_differs_is_told_in_order(void **state)
{
    struct arena *arena = arena_new(MEMORY);
    size_t n = 0;
    struct environment_change *c = compare(arena, before, after, &n);

    (void)state;
    assert_int_equal(n, 4);
    assert_string_equal(c[0].id, "hosts");
    assert_string_equal(c[0].title_en, "T hosts");
    assert_string_equal(c[0].title_zh, "题");
    assert_false(c[0].expected);
    /* Numbers that a double cannot tell apart still differ. */
    assert_string_equal(c[1].id, "uptime");
    assert_true(c[1].expected);
    assert_true(bytes_is(c[1].before, "{\"seconds\":9007199254740993}"));
    assert_string_equal(c[2].id, "gone");
    assert_true(bytes_is(c[2].before, "{}") && c[2].after.n == 0);
    assert_string_equal(c[3].id, "come");
    assert_true(c[3].before.n == 0 && bytes_is(c[3].after, "{\"k\":1}"));
    arena_free(arena);
}

static void members_are_told_apart_and_lists_by_what_only_one_has(void **state)
{
    struct arena *arena = arena_new(MEMORY);
    struct environment_difference *d;
    size_t n = 0;
    struct environment_change *c = compare(arena, before, after, &n);

    (void)state;
    assert_int_equal(environment_differences(arena, &c[0], &d, &n), STATUS_OK);
    assert_int_equal(n, 3);
    /* false and null are two things. */
    assert_true(bytes_is(d[0].key, "t") && bytes_is(d[0].before, "false") &&
                bytes_is(d[0].after, "null"));
    assert_true(bytes_is(d[1].key, "list") && bytes_is(d[1].before, "[\"x\",\"y\"]") &&
                bytes_is(d[1].after, "[\"z\"]"));
    assert_true(bytes_is(d[2].key, "new") && d[2].before.n == 0 &&
                bytes_is(d[2].after, "\"\\\"q\""));
    assert_int_equal(environment_differences(arena, &c[3], &d, &n), STATUS_OK);
    assert_int_equal(n, 1);
    assert_true(bytes_is(d[0].after, "1"));
    arena_free(arena);
}

static void a_look_does_not_differ_from_itself(void **state)
{
    struct arena *arena = arena_new(MEMORY);
    size_t n = 7;

    (void)state;
    (void)compare(arena, before, before, &n);
    assert_int_equal(n, 0);
    arena_free(arena);
}

static void what_is_no_such_file_is_refused(void **state)
{
    static const char *const bad[] = {"", "[]", "{}", "{\"schema\":\"exhibit/environment/2\"}",
            "{\"schema\":\"exhibit/environment/1\",\"probes\":{}}"};
    struct arena *arena = arena_new(MEMORY);
    struct environment_change *out = NULL;
    size_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct fault fault = {0};

        assert_int_equal(environment_compare(arena, bytes_text(bad[i]), bytes_text(before),
                                 &out, &n, &fault),
                STATUS_INPUT);
        assert_true(fault.text[0] != '\0');
    }
    arena_free(arena);
    for (size_t cut = 0; cut + 1 < sizeof(before); cut++) {
        char *copy = malloc(cut + 1);

        arena = arena_new(MEMORY);
        assert_non_null(copy);
        memcpy(copy, before, cut);
        assert_int_equal(environment_compare(
                                 arena, bytes_of(copy, cut), bytes_text(after), &out, &n, NULL),
                STATUS_INPUT);
        free(copy);
        arena_free(arena);
    }
    assert_true(out == NULL && n == 7);
}

static void too_many_probes_are_not_silently_left_out(void **state)
{
    struct arena *arena = arena_new(MEMORY);
    struct environment_change *out = NULL;
    struct fault fault = {0};
    struct buf text;
    size_t n = 7;

    (void)state;
    buf_init(&text, MEMORY);
    assert_int_equal(buf_text(&text, HEAD "{}"), STATUS_OK);
    for (int i = 0; i < 300; i++)
        assert_int_equal(buf_print(&text, ",{\"id\":\"p%d\"}", i), STATUS_OK);
    assert_int_equal(buf_text(&text, "]}"), STATUS_OK);
    assert_int_equal(
            environment_compare(arena, buf_view(&text), bytes_text(before), &out, &n, &fault),
            STATUS_INPUT);
    assert_non_null(strstr(fault.text, "256"));
    buf_clear(&text);
    arena_free(arena);
}

static void failed_memory_is_told_at_every_step(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct arena *arena = arena_new(MEMORY);
        struct environment_change *out = NULL;
        struct environment_difference *d = NULL;
        size_t count = 7, members;
        enum status status;

        assert_non_null(arena);
        oom_fail_at(n);
        status = environment_compare(
                arena, bytes_text(before), bytes_text(after), &out, &count, NULL);
        if (status == STATUS_OK)
            status = environment_differences(arena, &out[0], &d, &members);
        if (!oom_happened()) {
            oom_fail_at(0);
            assert_int_equal(status, STATUS_OK);
            arena_free(arena);
            return;
        }
        oom_fail_at(0);
        assert_int_equal(status, STATUS_NOMEM);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(only_what_differs_is_told_in_order),
            cmocka_unit_test(members_are_told_apart_and_lists_by_what_only_one_has),
            cmocka_unit_test(a_look_does_not_differ_from_itself),
            cmocka_unit_test(what_is_no_such_file_is_refused),
            cmocka_unit_test(too_many_probes_are_not_silently_left_out),
            cmocka_unit_test(failed_memory_is_told_at_every_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
