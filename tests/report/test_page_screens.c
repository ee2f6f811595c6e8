/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/page_world.h"

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"

static const char lines[] =
        "{\"time\":\"2026-01-02T03:04:05.000001Z\",\"file\":\"screens/0001.png\","
        "\"sha256\":\"aa11\",\"why\":\"mark\",\"url\":\"https://news.test/<script>x</"
        "script>\"}\n"
        "{\"time\":\"2026-01-02T03:04:06.000001Z\",\"file\":\"screens/0002.png\","
        "\"sha256\":\"bb22\",\"why\":\"load\",\"url\":\"https://ads.test/\"}\n"
        "{\"time\":\"<i>\",\"file\":\"screens/<b>.png\",\"sha256\":\"<u>\",\"why\":\"<s>\","
        "\"url\":7}\n";

static const struct page_picture pictures[] = {
        {"screens/0001.png", {(const uint8_t *)PNG, sizeof(PNG) - 1}},
        {"screens/0002.png", {(const uint8_t *)"GIF89a", 6}},
        {"screens/<b>.png", {NULL, 0}},
};

struct world {
    struct page_world w;
    struct page_recording recording;
};

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    page_world_make(&w->w);
    w->recording = (struct page_recording){.session = BYTES_LITERAL("{}"),
            .screens = BYTES_LITERAL(lines),
            .pictures = pictures,
            .picture_count = 3};
    w->w.facts.recording = &w->recording;
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;

    page_world_clear(&w->w);
    free(w);
    return 0;
}

static void pictures_are_shown_with_what_they_are_of(void **state)
{
    struct world *w = *state;
    const char *page = page_world_render(&w->w, LANGUAGE_ENGLISH);

    assert_int_equal(page_world_count(page, "<figure>"), 3);
    assert_int_equal(page_world_count(page, "<img alt=\"taken when a moment was marked\" "
                                            "src=\"data:image/png;base64,iVBORw0KGgo"),
            1);
    assert_non_null(strstr(page, "taken when the page had loaded"));
    assert_non_null(strstr(page, "taken because the person asked for it"));
    assert_non_null(strstr(page, "data/raw/screens/0001.png · SHA-256 "));
    assert_non_null(strstr(page, "aa11"));
    assert_int_equal(page_world_count(page, "href=\"#screens\""), 1);
    page = page_world_render(&w->w, LANGUAGE_CHINESE);
    assert_int_equal(page_world_count(page, "<figure>"), 3);
    assert_null(strstr(page, "taken when"));
    assert_null(strstr(page, "Screenshots"));
}

static void what_is_no_png_is_told_of_and_not_shown(void **state)
{
    struct world *w = *state;
    const char *page = page_world_render(&w->w, LANGUAGE_ENGLISH);

    assert_int_equal(page_world_count(page, "<img"), 1);
    assert_int_equal(page_world_count(page, ">not shown<"), 2);
    assert_non_null(strstr(page, "data/raw/screens/0002.png"));
}

static void a_picture_that_was_not_carried_is_told_of(void **state)
{
    struct world *w = *state;
    const char *page;

    w->recording.picture_count = 0;
    page = page_world_render(&w->w, LANGUAGE_ENGLISH);
    assert_int_equal(page_world_count(page, "<img"), 0);
    assert_int_equal(page_world_count(page, ">not shown<"), 3);
}

static void hostile_texts_are_escaped(void **state)
{
    struct world *w = *state;

    for (size_t l = 0; l < LANGUAGES; l++) {
        const char *page = page_world_render(&w->w, (enum language)l);

        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "<b>"));
        assert_null(strstr(page, "<u>"));
        assert_null(strstr(page, "<i>"));
        assert_null(strstr(page, "<s>"));
        assert_non_null(strstr(page, "screens/&lt;b&gt;.png"));
        assert_non_null(strstr(page, "&lt;u&gt;"));
    }
}

static void a_credential_in_an_address_is_masked(void **state)
{
    struct world *w = *state;

    w->recording.screens = BYTES_LITERAL(
            "{\"file\":\"screens/0001.png\",\"why\":\"load\",\"url\":\"https://news.test/?"
            "token=" PAGE_WORLD_SECRET "\"}\n");
    assert_null(strstr(page_world_render(&w->w, LANGUAGE_ENGLISH), PAGE_WORLD_SECRET));
}

static void names_of_any_length_do_not_cost_the_page(void **state)
{
    struct world *w = *state;
    struct buf text;

    buf_init(&text, 1 << 20);
    assert_int_equal(buf_text(&text, "{\"sha256\":\"aa\",\"file\":\""), STATUS_OK);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(buf_text(&text, "screens/"), STATUS_OK);
    assert_int_equal(buf_text(&text, "\"}\n"), STATUS_OK);
    w->recording.screens = buf_view(&text);
    assert_non_null(
            strstr(page_world_render(&w->w, LANGUAGE_ENGLISH), "[first 80 of 16000 bytes]"));
    buf_clear(&text);
}

static void so_many_are_shown_and_the_rest_is_counted(void **state)
{
    struct world *w = *state;
    struct buf text;
    const char *page;

    buf_init(&text, 1 << 20);
    for (int i = 0; i < 65; i++)
        assert_int_equal(buf_text(&text, "{\"file\":\"screens/0001.png\"}\n"), STATUS_OK);
    w->recording.screens = buf_view(&text);
    page = page_world_render(&w->w, LANGUAGE_ENGLISH);
    assert_int_equal(page_world_count(page, "<figure>"), 60);
    assert_non_null(strstr(page, "Not shown here: 5 further screenshots"));
    buf_clear(&text);
}

static void those_that_a_person_wanted_come_before_those_that_merely_loaded(void **state)
{
    struct world *w = *state;
    struct buf text;
    const char *page;

    buf_init(&text, 1 << 20);
    for (int i = 0; i < 70; i++)
        assert_int_equal(buf_text(&text, "{\"why\":\"load\"}\n"), STATUS_OK);
    assert_int_equal(buf_text(&text, "{\"why\":\"mark\"}\n{\"why\":\"asked\"}\n"), STATUS_OK);
    w->recording.screens = buf_view(&text);
    page = page_world_render(&w->w, LANGUAGE_ENGLISH);
    assert_int_equal(page_world_count(page, "taken when the page had loaded"), 58);
    assert_int_equal(page_world_count(page, "taken when a moment was marked"), 1);
    assert_int_equal(page_world_count(page, "taken because the person asked for it"), 1);
    assert_non_null(strstr(page, "Not shown here: 12 further screenshots"));
    buf_clear(&text);
}

static void lines_that_are_no_json_are_told_of_too(void **state)
{
    struct world *w = *state;
    const char *page;

    w->recording.screens = BYTES_LITERAL("\n{\n[]\n{\"file\":\"screens/00");
    page = page_world_render(&w->w, LANGUAGE_ENGLISH);
    assert_int_equal(page_world_count(page, "<figure>"), 3);
    assert_int_equal(page_world_count(page, "<img"), 0);
}

static void without_screenshots_there_is_no_such_section(void **state)
{
    struct world *w = *state;

    w->recording.screens = bytes_of(NULL, 0);
    assert_null(strstr(page_world_render(&w->w, LANGUAGE_ENGLISH), "#screens"));
}

static void each_failed_allocation_is_told(void **state)
{
    const struct world *w = *state;

    page_world_run_short(&w->w, LANGUAGE_ENGLISH);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(pictures_are_shown_with_what_they_are_of),
            TEST(what_is_no_png_is_told_of_and_not_shown),
            TEST(a_picture_that_was_not_carried_is_told_of),
            TEST(hostile_texts_are_escaped),
            TEST(a_credential_in_an_address_is_masked),
            TEST(names_of_any_length_do_not_cost_the_page),
            TEST(so_many_are_shown_and_the_rest_is_counted),
            TEST(those_that_a_person_wanted_come_before_those_that_merely_loaded),
            TEST(lines_that_are_no_json_are_told_of_too),
            TEST(without_screenshots_there_is_no_such_section),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
