/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oom.h"
#include "tests/support/page_world.h"

/* On news.test consent was refused between the page and the third party's request. */
struct consented {
    struct page_world w;
    struct sites *sites;
    struct marks marks;
    struct mark mark[3];
};

static void consented_make(struct consented *c)
{
    struct fault fault = {0};

    if (sites_new(NULL, &c->sites, &fault) != STATUS_OK) {
        print_message("skip: no public suffix list: time lines of consent\n");
        skip();
    }
    page_world_make(&c->w);
    c->mark[0] = (struct mark){.time_ns = 1100,
            .kind = MARK_CONSENT_SHOWN,
            .text = BYTES_LITERAL("<b>banner"),
            .site = BYTES_LITERAL("news.test")};
    c->mark[1] = (struct mark){
            .time_ns = 2000, .kind = MARK_CONSENT_REFUSED, .site = BYTES_LITERAL("news.test")};
    c->mark[2] = (struct mark){.time_ns = 2500, .kind = MARK_NOTE};
    c->marks = (struct marks){.at = c->mark, .n = 3};
    c->w.facts.sites = c->sites;
    c->w.facts.marks = &c->marks;
}

static void consented_clear(struct consented *c)
{
    page_world_clear(&c->w);
    sites_free(c->sites);
}

static const char *section(struct consented *c, enum language language, struct buf *out)
{
    char *page = strstr(
            (char *)(uintptr_t)page_world_render(&c->w, language, out), "id=\"consent\"");
    char *end;

    assert_non_null(page);
    end = strstr(page, "</section>");
    assert_non_null(end);
    *end = '\0';
    return page;
}

static void the_time_line_is_drawn_with_its_states_and_marks(void **state)
{
    struct consented c;
    struct buf out;
    const char *text;

    (void)state;
    consented_make(&c);
    text = section(&c, LANGUAGE_ENGLISH, &out);
    assert_int_equal(page_world_count(text, "<svg"), 1);
    assert_int_equal(page_world_count(text, "</svg>"), 1);
    assert_non_null(strstr(text, "class=\"band before\""));
    assert_non_null(strstr(text, "class=\"band refused\""));
    assert_int_equal(page_world_count(text, "<circle class=\"dot third\""), 1);
    assert_int_equal(page_world_count(text, "<line class=\"mark\""), 2);
    buf_clear(&out);
    consented_clear(&c);
}

static void the_table_beneath_has_the_same_numbers(void **state)
{
    struct consented c;
    struct buf out;
    const char *text;

    (void)state;
    consented_make(&c);
    text = strstr(section(&c, LANGUAGE_ENGLISH, &out), "</svg>");
    assert_non_null(text);
    assert_non_null(strstr(text, "no identifier seen in what could be read"));
    text = strstr(text, "refused");
    assert_non_null(text);
    assert_non_null(strstr(text, "ads.test"));
    assert_non_null(strstr(text, "1970-01-01T00:00:00.000003Z"));
    buf_clear(&out);
    consented_clear(&c);
}

static void every_mark_is_listed_and_its_text_is_text(void **state)
{
    struct consented c;
    struct buf out;
    const char *text;

    (void)state;
    consented_make(&c);
    for (size_t l = 0; l < LANGUAGES; l++) {
        text = section(&c, (enum language)l, &out);
        assert_non_null(strstr(text, "&lt;b&gt;banner"));
        assert_null(strstr(text, "<b>"));
        buf_clear(&out);
    }
    text = section(&c, LANGUAGE_CHINESE, &out);
    assert_non_null(strstr(text, "拒绝同意"));
    assert_non_null(strstr(text, "出现同意提示"));
    buf_clear(&out);
    consented_clear(&c);
}

static void many_answers_are_told_by_the_table_alone(void **state)
{
    struct mark many[12];
    struct consented c;
    struct buf out;
    const char *text;

    (void)state;
    consented_make(&c);
    for (size_t i = 0; i < 12; i++)
        many[i] = (struct mark){.time_ns = 1100 + (int64_t)i * 100,
                .kind = i % 2 == 0 ? MARK_CONSENT_ACCEPTED : MARK_CONSENT_REFUSED,
                .site = BYTES_LITERAL("news.test")};
    c.marks = (struct marks){.at = many, .n = 12};
    text = section(&c, LANGUAGE_ENGLISH, &out);
    assert_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "Identifiers that went out, by state of consent"));
    buf_clear(&out);
    consented_clear(&c);
}

static void a_consent_record_is_read_out(void **state)
{
    struct consented c;
    struct buf out;
    const char *text;

    (void)state;
    consented_make(&c);
    c.w.traces[0].name = BYTES_LITERAL("us_privacy");
    c.w.traces[0].value = c.w.traces[0].decoded = BYTES_LITERAL("1YYN");
    text = section(&c, LANGUAGE_ENGLISH, &out);
    assert_non_null(strstr(text, "Consent records and signals that travelled"));
    assert_non_null(strstr(text, "us_privacy"));
    assert_non_null(strstr(text, "A record says what its writer claims"));
    buf_clear(&out);
    consented_clear(&c);
}

static void without_marks_one_sentence_tells_how_to_give_them(void **state)
{
    struct page_world w;
    struct buf out;

    (void)state;
    page_world_make(&w);
    assert_non_null(strstr(page_world_render(&w, LANGUAGE_ENGLISH, &out), "--marks FILE"));
    assert_null(strstr((const char *)out.p, "<svg"));
    buf_clear(&out);
    page_world_clear(&w);
}

static void each_failed_allocation_is_told(void **state)
{
    struct consented c;
    bool happened = true;

    (void)state;
    consented_make(&c);
    c.w.traces[0].name = BYTES_LITERAL("us_privacy");
    c.w.traces[0].value = c.w.traces[0].decoded = BYTES_LITERAL("1YYN");
    for (long i = 1; happened; i++) {
        struct buf out;
        enum status status;

        buf_init(&out, PAGE_WORLD_MOST);
        oom_fail_at(i);
        status = page_render(LANGUAGE_ENGLISH, &c.w.evidence, &c.w.judgement, &c.w.facts, &out);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        buf_clear(&out);
    }
    consented_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_time_line_is_drawn_with_its_states_and_marks),
            cmocka_unit_test(the_table_beneath_has_the_same_numbers),
            cmocka_unit_test(every_mark_is_listed_and_its_text_is_text),
            cmocka_unit_test(many_answers_are_told_by_the_table_alone),
            cmocka_unit_test(a_consent_record_is_read_out),
            cmocka_unit_test(without_marks_one_sentence_tells_how_to_give_them),
            cmocka_unit_test(each_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
