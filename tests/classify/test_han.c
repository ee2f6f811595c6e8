/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/han.h"
#include "tests/support/oom.h"

typedef enum status (*turner)(struct arena *arena, struct bytes text, struct bytes *out);

static void turns(turner turn, const char *text, const char *want, size_t n)
{
    struct arena *arena = arena_new(1 << 20);
    struct bytes out = {0};

    assert_non_null(arena);
    assert_int_equal(turn(arena, bytes_text(text), &out), STATUS_OK);
    assert_int_equal(out.n, n);
    if (n != 0)
        assert_memory_equal(out.p, want, n);
    arena_free(arena);
}

#define TURNS(turn, text, want) turns(turn, text, want, sizeof(want) - 1)

static void text_is_composed_and_trimmed_of_any_white_space(void **state)
{
    (void)state;
    TURNS(han_normal, " \xe3\x80\x80王语\xc2\xa0", "王语");
    TURNS(han_normal, "e\xcc\x81t\xc3\xa9", "\xc3\xa9t\xc3\xa9");
    TURNS(han_normal, "", "");
    TURNS(han_normal, "\xe3\x80\x80", "");
    TURNS(han_narrow, "１３８－Ａ", "138-A");
}

static void lower_case_is_of_no_language(void **state)
{
    (void)state;
    TURNS(han_lower, "WANG ÄI王", "wang äi王");
}

/* python3: "减肥".encode("gb18030"), "€𠀀".encode("gb18030"), "减肥".encode("utf-16-le") */
static void charsets_are_those_of_chinese_sites(void **state)
{
    (void)state;
    TURNS(han_gbk, "减肥", "\xbc\xf5\xb7\xca");
    TURNS(han_gbk, "a王", "a\xcd\xf5");
    TURNS(han_gbk, "\xf0\xa0\x80\x80", "\x95\x32\x82\x36");
    TURNS(han_gbk, "", "");
    TURNS(han_utf16, "减肥", "\xcf\x51\xa5\x80");
    TURNS(han_utf16, "\xf0\xa0\x80\x80", "\x40\xd8\x00\xdc");
}

static void is_spelled(const char *name, enum han_umlaut umlaut, const char *want)
{
    struct arena *arena = arena_new(1 << 20);
    struct bytes out = {0};

    assert_non_null(arena);
    assert_int_equal(han_pinyin(arena, bytes_text(name), umlaut, &out), STATUS_OK);
    if (!bytes_is(out, want))
        fail_msg("%s is %.*s", name, (int)out.n, (const char *)out.p);
    arena_free(arena);
}

static void names_are_spelled_with_the_surnames_own_reading(void **state)
{
    (void)state;
    is_spelled("王语", HAN_U, "wang yu");
    is_spelled("曾小贤", HAN_U, "zeng xiao xian");
    is_spelled("吕布", HAN_U, "lu bu");
    is_spelled("吕布", HAN_V, "lv bu");
    is_spelled("吕布", HAN_YU, "lyu bu");
    is_spelled("Wang", HAN_U, "wang");
}

static void what_is_not_utf8_or_too_long_is_refused(void **state)
{
    static uint8_t longer[HAN_TEXT_MOST + 1];
    static const turner all[] = {han_normal, han_narrow, han_lower, han_gbk, han_utf16};
    struct arena *arena = arena_new(1 << 20);
    struct bytes out = {0};

    (void)state;
    assert_non_null(arena);
    memset(longer, 'a', sizeof(longer));
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        assert_int_equal(all[i](arena, bytes_text("\xff"), &out), STATUS_INPUT);
        assert_int_equal(all[i](arena, bytes_text("\xed\xa0\x80"), &out), STATUS_INPUT);
        assert_int_equal(all[i](arena, bytes_of(longer, sizeof(longer)), &out), STATUS_USAGE);
    }
    assert_int_equal(han_pinyin(arena, bytes_text("\xff"), HAN_U, &out), STATUS_INPUT);
    assert_null(out.p);
    arena_free(arena);
}

static void characters_are_taken_one_by_one(void **state)
{
    struct bytes text = bytes_text("a王\xf0\xa0\x80\x80"), bad = bytes_text("\xe7\x8e");
    uint32_t c = 0;

    (void)state;
    assert_int_equal(han_count(text), 2);
    assert_true(han_take(&text, &c));
    assert_int_equal(c, 'a');
    assert_true(han_take(&text, &c));
    assert_int_equal(c, 0x738b);
    assert_true(han_take(&text, &c));
    assert_int_equal(c, 0x20000);
    assert_true(han_is(c));
    assert_false(han_take(&text, &c));
    assert_false(han_take(&bad, &c));
    assert_int_equal(bad.n, 2);
    assert_false(han_is(0x3042)); /* kana */
    assert_false(han_is(UINT32_MAX));
}

static void every_failed_allocation_is_said(void **state)
{
    static const turner all[] = {han_normal, han_lower, han_gbk, han_utf16};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        for (long n = 1;; n++) {
            struct bytes out = {0};
            struct arena *arena;
            enum status status;

            oom_fail_at(n);
            arena = arena_new(1 << 20);
            status = arena == NULL ? STATUS_NOMEM : all[i](arena, bytes_text("王语"), &out);
            if (oom_happened()) {
                assert_int_equal(status, STATUS_NOMEM);
                assert_null(out.p);
            }
            arena_free(arena);
            if (!oom_happened())
                break;
        }
        oom_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(text_is_composed_and_trimmed_of_any_white_space),
            cmocka_unit_test(lower_case_is_of_no_language),
            cmocka_unit_test(charsets_are_those_of_chinese_sites),
            cmocka_unit_test(names_are_spelled_with_the_surnames_own_reading),
            cmocka_unit_test(what_is_not_utf8_or_too_long_is_refused),
            cmocka_unit_test(characters_are_taken_one_by_one),
            cmocka_unit_test(every_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
