/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/subject.h"
#include "tests/support/oom.h"

#define WHOLE                                                                                  \
    "{\"other\": [{\"label\": \"plate\", \"value\": \" \\u4eacA12345\"}],"                     \
    " \"name\": [\"王语\", \"Wang Yu\", \"王语\"], \"email\": [\"a@b.test\"],"             \
    " \"phone\": [\"+86 13812345678\"], \"id_number\": [\"11010519491231002X\"],"              \
    " \"address\": [\"x\"], \"account\": [\"wy\"], \"search\": [\"减肥\"],"                  \
    " \"device\": [\"aa:bb:cc:dd:ee:ff\"],"                                                    \
    " \"location\": [[31.2304, 121.4737], [-0.5, 180], [0, -7e-3]]}"

static enum status reads(
        struct arena *arena, const char *text, struct subject *out, struct fault *fault)
{
    return subject_read(arena, bytes_text(text), "subject.json", out, fault);
}

static void values_come_by_kind_then_by_their_order(void **state)
{
    static const char *const want[] = {"name 1 王语", "name 2 Wang Yu", "email 1 a@b.test",
            "phone 1 +86 13812345678", "id_number 1 11010519491231002X", "address 1 x",
            "account 1 wy", "search 1 减肥", "device 1 aa:bb:cc:dd:ee:ff",
            "location 1 31.2304,121.4737", "location 2 -0.5,180", "location 3 0,-0.007",
            "other 1 京A12345"};
    struct arena *arena = arena_new(1 << 20);
    struct fault fault = {0};
    struct subject s = {0};

    (void)state;
    assert_int_equal(reads(arena, WHOLE, &s, &fault), STATUS_OK);
    assert_int_equal(s.n, sizeof(want) / sizeof(*want));
    for (size_t i = 0; i < s.n; i++) {
        char *got = arena_print(arena, "%s %zu %.*s", subject_kind_name(s.at[i].kind),
                s.at[i].number, (int)s.at[i].text.n, (const char *)s.at[i].text.p);

        assert_string_equal(got, want[i]);
        if (s.at[i].kind != SUBJECT_OTHER)
            assert_true(bytes_is(s.at[i].label, subject_kind_name(s.at[i].kind)));
    }
    assert_true(bytes_is(s.at[12].label, "plate"));
    assert_true(s.at[9].latitude > 31.2303 && s.at[9].latitude < 31.2305);
    assert_true(s.at[9].longitude > 121.4736 && s.at[9].longitude < 121.4738);
    arena_free(arena);
}

static void nothing_declared_is_a_subject_too(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct subject s = {.n = 7};

    (void)state;
    assert_int_equal(reads(arena, "\xef\xbb\xbf{\"name\": []}\n", &s, NULL), STATUS_OK);
    assert_int_equal(s.n, 0);
    arena_free(arena);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const cases[][2] = {
            {"", "not JSON"},
            {"{\"name\": [\"a\"]} x", "not JSON"},
            {"[]", "must be a JSON object"},
            {"{\"nmae\": []}", "unknown key \"nmae\""},
            {"{\"Name\": []}", "unknown key"},
            {"{\"name\": \"a\"}", "\"name\" must be a list"},
            {"{\"name\": null}", "must be a list"},
            {"{\"name\": [\"a\"], \"name\": [\"b\"]}", "twice"},
            {"{\"name\": [\"a\", 7]}", "\"name\", value 2: must be a text"},
            {"{\"name\": [\"\"]}", "empty"},
            {"{\"name\": [\" \\u3000\"]}", "empty"},
            {"{\"name\": [\"a\\nb\"]}", "control character"},
            {"{\"name\": [\"a\\u0000b\"]}", "NUL"},
            {"{\"name\": [\"\xff\"]}", "not UTF-8"},
            {"{\"other\": [\"a\"]}", "\"other\", value 1: must be {"},
            {"{\"other\": [{\"label\": \"a\"}]}", "needs a \"label\" and a \"value\""},
            {"{\"other\": [{\"label\": \"a\", \"value\": 1}]}", "must be texts"},
            {"{\"other\": [{\"label\": \"a\", \"value\": \"b\", \"x\": \"c\"}]}",
                    "nothing else"},
            {"{\"location\": [31.2, 121.4]}", "must be [latitude, longitude]"},
            {"{\"location\": [[31.2]]}", "must be [latitude, longitude]"},
            {"{\"location\": [[31.2, 121.4, 7]]}", "must be [latitude, longitude]"},
            {"{\"location\": [[\"31\", 121]]}", "must be [latitude, longitude]"},
            {"{\"location\": [[121.4737, 31.2304]]}", "no place on Earth"},
            {"{\"location\": [[0, 1e999]]}", "no place on Earth"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct fault fault = {0};
        struct subject s = {.n = 7};

        assert_int_equal(reads(arena, cases[i][0], &s, &fault), STATUS_INPUT);
        assert_int_equal(s.n, 7);
        assert_ptr_equal(strstr(fault.text, "subject.json: "), fault.text);
        if (strstr(fault.text, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], fault.text);
        arena_free(arena);
    }
}

static void an_escaped_backslash_is_no_escape(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct subject s = {0};

    (void)state;
    assert_int_equal(reads(arena, "{\"name\": [\"a\\\\u0000\"]}", &s, NULL), STATUS_OK);
    assert_true(bytes_is(s.at[0].text, "a\\u0000"));
    arena_free(arena);
}

static void long_texts_and_long_lists_are_refused(void **state)
{
    enum { MANY = SUBJECT_VALUES_MOST + 1, ROOM = MANY * 12 + 64 };
    struct arena *arena = arena_new(64 << 20);
    char *text = malloc(ROOM), *to;
    struct fault fault = {0}, many = {0};
    struct subject s = {0};

    (void)state;
    assert_non_null(text);
    to = stpcpy(text, "{\"name\": [\"");
    memset(to, 'a', SUBJECT_TEXT_MOST + 1);
    (void)stpcpy(to + SUBJECT_TEXT_MOST + 1, "\"]}");
    assert_int_equal(reads(arena, text, &s, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, "longer than 1024"));
    (void)stpcpy(to + SUBJECT_TEXT_MOST, "\"]}");
    assert_int_equal(reads(arena, text, &s, NULL), STATUS_OK);
    to = stpcpy(text, "{\"name\": [");
    for (int i = 0; i < MANY; i++)
        to += snprintf(to, 12, "%s\"%d\"", i == 0 ? "" : ",", i);
    (void)stpcpy(to, "]}");
    assert_int_equal(reads(arena, text, &s, &many), STATUS_INPUT);
    assert_non_null(strstr(many.text, "more than 4096 values"));
    free(text);
    text = calloc(1, SUBJECT_BYTES_MOST + 1);
    assert_non_null(text);
    memset(text, ' ', SUBJECT_BYTES_MOST + 1);
    assert_int_equal(subject_read(arena, bytes_of(text, SUBJECT_BYTES_MOST + 1), "p", &s, NULL),
            STATUS_INPUT);
    free(text);
    arena_free(arena);
}

static void every_truncation_is_refused(void **state)
{
    size_t n = sizeof(WHOLE) - 1;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct arena *arena = arena_new(1 << 20);
        char *copy = malloc(i + 1);
        struct subject s = {.n = 7};
        struct fault fault = {0};

        assert_non_null(copy);
        memcpy(copy, WHOLE, i);
        assert_int_equal(subject_read(arena, bytes_of(copy, i), "p", &s, &fault), STATUS_INPUT);
        assert_int_equal(s.n, 7);
        free(copy);
        arena_free(arena);
    }
}

static void every_failed_allocation_is_said(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct fault fault = {0};
        struct subject s = {0};
        struct arena *arena;
        enum status status;

        oom_fail_at(n);
        arena = arena_new(1 << 20);
        status = arena == NULL ? STATUS_NOMEM : reads(arena, WHOLE, &s, &fault);
        if (oom_happened()) {
            assert_int_equal(status, STATUS_NOMEM);
            assert_int_equal(s.n, 0);
        }
        arena_free(arena);
        if (!oom_happened()) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
    }
    oom_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(values_come_by_kind_then_by_their_order),
            cmocka_unit_test(nothing_declared_is_a_subject_too),
            cmocka_unit_test(what_is_wrong_is_said),
            cmocka_unit_test(an_escaped_backslash_is_no_escape),
            cmocka_unit_test(long_texts_and_long_lists_are_refused),
            cmocka_unit_test(every_truncation_is_refused),
            cmocka_unit_test(every_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
