/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "report/environment_read.h"
#include "tests/support/oom.h"
#include "tests/support/page_world.h"

#define HEAD                                                                                   \
    "{\"schema\":\"exhibit/environment/"                                                       \
    "1\",\"time\":\"2026-01-02T03:04:05.000000Z\",\"probes\":["
#define ONE(id, title, state, reason, changes, facts)                                          \
    "{\"id\":\"" id "\",\"group\":\"g\",\"title_en\":\"" title "\",\"title_zh\":\"标题\","   \
    "\"state\":\"" state "\",\"reason_en\":\"" reason                                          \
    "\",\"reason_zh\":\"缘由\",\"changes\":" changes ",\"facts\":" facts "}"

static const char before[] = HEAD ONE("hosts", "Hosts file", "attention",
        "<script>alert(1)</script>", "false",
        "{\"n\":1,\"list\":[\"a\",\"b\"]}") "," ONE("up", "Uptime", "ok", "Long.", "true",
        "{\"seconds\":5}") "," ONE("odd", "Odd", "never heard of", "Why.", "false", "{}") "]}";
static const char after[] = HEAD ONE("hosts", "Hosts file", "attention", "x", "false",
        "{\"n\":1,\"list\":[\"a\",\"<b>c\"]}") "," ONE("up", "Uptime", "ok", "Long.", "true",
        "{\"seconds\":6}") "," ONE("odd", "Odd", "ok", "Why.", "false", "{}") "]}";

static struct page_world world;

static const char *render(const char *first, const char *second, enum language language)
{
    world.facts.environment_before = bytes_text(first);
    world.facts.environment_after = bytes_text(second);
    return page_world_render(&world, language);
}

static int make(void **state)
{
    (void)state;
    page_world_make(&world);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    page_world_clear(&world);
    return 0;
}

static void without_a_look_there_is_no_section(void **state)
{
    const char *page = render("", "", LANGUAGE_ENGLISH);

    (void)state;
    assert_null(strstr(page, "id=\"machine\""));
    assert_null(strstr(page, "#machine"));
}

static void points_and_differences_are_told_in_both_languages(void **state)
{
    const char *page = render(before, after, LANGUAGE_ENGLISH);

    (void)state;
    assert_non_null(strstr(page, "<a href=\"#machine\">The machine</a>"));
    assert_non_null(strstr(page, "Looked at 2026-01-02T03:04:05.000000Z. In order: 1; to look "
                                 "at, or not to be told: 2."));
    assert_non_null(strstr(page, "<strong>to look at</strong>"));
    assert_non_null(strstr(page, "could not be told")); /* the state that we do not know */
    assert_null(strstr(page, "<script>"));
    assert_non_null(strstr(page, "&lt;script&gt;alert"));
    assert_non_null(strstr(page, "What was not expected to differ, and does"));
    assert_non_null(strstr(page, "<code>[&quot;b&quot;]</code>"));
    assert_non_null(strstr(page, "&lt;b&gt;c"));
    assert_null(strstr(page, "<b>c"));
    assert_non_null(strstr(page, "Points that were expected to differ: 1"));
    page = render(before, after, LANGUAGE_CHINESE);
    assert_non_null(strstr(page, "<a href=\"#machine\">机器</a>"));
    assert_non_null(strstr(page, "缘由"));
    assert_non_null(strstr(page, "预期不变而有变化的事项"));
    assert_null(strstr(page, "Hosts file"));
}

static void one_look_or_a_broken_one_is_said_to_be_so(void **state)
{

    (void)state;
    assert_non_null(strstr(render(before, "", LANGUAGE_ENGLISH), "not looked at again"));
    assert_non_null(
            strstr(render("", after, LANGUAGE_ENGLISH), "not looked at before the rec"));
    assert_non_null(strstr(render("{", after, LANGUAGE_ENGLISH), "could not be read"));
    assert_non_null(strstr((const char *)world.page.p, "could not be compared"));
    assert_non_null(
            strstr(render(before, before, LANGUAGE_ENGLISH), "Nothing differs that was"));
}

static void the_reader_tells_what_is_no_such_file_and_failed_memory(void **state)
{
    (void)state;
    for (size_t n = 0; n + 1 < sizeof(before); n++) {
        struct arena *arena = arena_new(1 << 20);
        struct environment_read r = {.n = 99};

        assert_int_equal(environment_read(arena, bytes_of(before, n), &r, NULL), STATUS_INPUT);
        assert_int_equal(r.n, 99);
        arena_free(arena);
    }
    for (long i = 1;; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct environment_read r = {.n = 99};
        enum status status;

        oom_fail_at(i);
        status = environment_read(arena, bytes_text(before), &r, NULL);
        if (!oom_happened()) {
            oom_fail_at(0);
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(r.n, 3);
            arena_free(arena);
            return;
        }
        oom_fail_at(0);
        assert_int_equal(status, STATUS_NOMEM);
        arena_free(arena);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(without_a_look_there_is_no_section),
            TEST(points_and_differences_are_told_in_both_languages),
            TEST(one_look_or_a_broken_one_is_said_to_be_so),
            cmocka_unit_test(the_reader_tells_what_is_no_such_file_and_failed_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
