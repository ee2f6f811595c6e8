/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/page_world.h"

/* On news.test consent was refused between the page and the third party's request. */
struct consented {
    struct page_world w;
    struct sites *sites;
    struct marks marks;
    struct mark mark[3];
};

static int enter(void **state)
{
    struct consented *c = calloc(1, sizeof(*c));
    struct fault fault = {0};

    assert_non_null(c);
    page_world_make(&c->w);
    c->mark[0] = (struct mark){.time_ns = 1100,
            .kind = MARK_CONSENT_SHOWN,
            .text = BYTES_LITERAL("<b>banner"),
            .site = BYTES_LITERAL("news.test")};
    c->mark[1] = (struct mark){
            .time_ns = 2000, .kind = MARK_CONSENT_REFUSED, .site = BYTES_LITERAL("news.test")};
    c->mark[2] = (struct mark){.time_ns = 2500, .kind = MARK_NOTE};
    c->marks = (struct marks){.at = c->mark, .n = 3};
    if (sites_new(NULL, &c->sites, &fault) != STATUS_OK)
        c->sites = NULL;
    c->w.facts.sites = c->sites;
    c->w.facts.marks = &c->marks;
    *state = c;
    return 0;
}

static int leave(void **state)
{
    struct consented *c = *state;

    page_world_clear(&c->w);
    sites_free(c->sites);
    free(c);
    return 0;
}

static void needs_sites(const struct consented *c)
{
    if (c->sites == NULL) {
        print_message("skip: no public suffix list: time lines of consent\n");
        skip();
    }
}

static const char *section(struct consented *c, enum language language)
{
    needs_sites(c);
    return page_world_section(&c->w, language, "consent");
}

static void write_us_privacy(struct consented *c)
{
    c->w.traces[0].name = BYTES_LITERAL("us_privacy");
    c->w.traces[0].value = c->w.traces[0].decoded = BYTES_LITERAL("1YYN");
}

static void the_time_line_is_drawn_with_its_states_and_marks(void **state)
{
    struct consented *c = *state;
    const char *text = section(c, LANGUAGE_ENGLISH);

    assert_int_equal(page_world_count(text, "<svg"), 1);
    assert_int_equal(page_world_count(text, "</svg>"), 1);
    assert_non_null(strstr(text, "class=\"band before\""));
    assert_non_null(strstr(text, "class=\"band refused\""));
    assert_int_equal(page_world_count(text, "<circle class=\"dot third\""), 1);
    assert_int_equal(page_world_count(text, "<line class=\"mark\""), 2);
}

static void the_table_beneath_has_the_same_numbers(void **state)
{
    struct consented *c = *state;
    const char *text = strstr(section(c, LANGUAGE_ENGLISH), "</svg>");

    assert_non_null(text);
    assert_non_null(strstr(text, "no identifier seen in what could be read"));
    text = strstr(text, "refused");
    assert_non_null(text);
    assert_non_null(strstr(text, "ads.test"));
    assert_non_null(strstr(text, "1970-01-01T00:00:00.000003Z"));
}

static void every_mark_is_listed_and_its_text_is_text(void **state)
{
    struct consented *c = *state;
    const char *text;

    for (size_t l = 0; l < LANGUAGES; l++) {
        text = section(c, (enum language)l);
        assert_non_null(strstr(text, "&lt;b&gt;banner"));
        assert_null(strstr(text, "<b>"));
    }
    text = section(c, LANGUAGE_CHINESE);
    assert_non_null(strstr(text, "拒绝同意"));
    assert_non_null(strstr(text, "出现同意提示"));
}

static void many_answers_are_told_by_the_table_alone(void **state)
{
    struct mark many[12];
    struct consented *c = *state;
    const char *text;

    for (size_t i = 0; i < 12; i++)
        many[i] = (struct mark){.time_ns = 1100 + (int64_t)i * 100,
                .kind = i % 2 == 0 ? MARK_CONSENT_ACCEPTED : MARK_CONSENT_REFUSED,
                .site = BYTES_LITERAL("news.test")};
    c->marks = (struct marks){.at = many, .n = 12};
    text = section(c, LANGUAGE_ENGLISH);
    assert_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "Identifiers that went out, by state of consent"));
}

static void a_consent_record_is_read_out(void **state)
{
    struct consented *c = *state;
    const char *text;

    write_us_privacy(c);
    text = section(c, LANGUAGE_ENGLISH);
    assert_non_null(strstr(text, "Consent records and signals that travelled"));
    assert_non_null(strstr(text, "us_privacy"));
    assert_non_null(strstr(text, "A record says what its writer claims"));
}

static void without_marks_one_sentence_tells_how_to_give_them(void **state)
{
    const char *page = page_world_render(*state, LANGUAGE_ENGLISH);

    assert_non_null(strstr(page, "--marks FILE"));
    assert_null(strstr(page, "<svg"));
}

static void each_failed_allocation_is_told(void **state)
{
    struct consented *c = *state;

    needs_sites(c);
    write_us_privacy(c);
    page_world_run_short(&c->w, LANGUAGE_ENGLISH);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
            TEST(the_time_line_is_drawn_with_its_states_and_marks),
            TEST(the_table_beneath_has_the_same_numbers),
            TEST(every_mark_is_listed_and_its_text_is_text),
            TEST(many_answers_are_told_by_the_table_alone),
            TEST(a_consent_record_is_read_out),
            PAGE_WORLD_TEST(without_marks_one_sentence_tells_how_to_give_them),
            TEST(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
