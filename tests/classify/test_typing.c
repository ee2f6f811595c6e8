/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/typing.h"
#include "tests/classify/judged_world.h"
#include "tests/support/oom.h"

#define FROM " | > Referer: https://www.news.test/"
#define TYPED(ms, text) "2 " #ms " GET https://k.keys.test/s?v=1&q=" text " 200 fetch" FROM
#define POSTED(ms, body) "2 " #ms " POST https://k.keys.test/k 200 fetch" FROM " | * " body

static void find(struct judged_world *d)
{
    assert_int_equal(typing_find(&d->w.e, &d->setup, &d->j, &d->out), STATUS_OK);
}

#define FOUND(...)                                                                             \
    found((const char *const[]){__VA_ARGS__},                                                  \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static size_t found(const char *const *lines, size_t n)
{
    struct judged_world d;
    size_t findings;

    judged_make(&d, lines, n);
    find(&d);
    findings = d.out.n;
    judged_clear(&d);
    return findings;
}

static void what_goes_out_while_it_is_typed_is_found(void **state)
{
    struct judged_world d;
    const struct finding *f;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, TYPED(1000, "w"), TYPED(1300, "wa"), TYPED(2100, "wang"),
            TYPED(2500, "wan"), TYPED(3000, "wangyu"));
    find(&d);
    assert_int_equal(d.out.n, 1);
    f = d.out.at[0];
    assert_string_equal(f->kind, "input-recording");
    fact_is(f, "how", "as-you-type");
    fact_is(f, "field", "q");
    fact_is(f, "text", "wangyu");
    fact_counts(f, "samples", 5);
    fact_counts(f, "seconds", 2);
    fact_counts(f, "bytes", 16);
    assert_true(bytes_is(f->page_site, "news.test"));
    assert_true(bytes_is(f->recipient, "k.keys.test"));
    assert_int_equal(f->evidence_count, 5);
    assert_int_equal(f->trace_count, 5);
    assert_string_equal(f->evidence[4].part, "request.path");
    assert_int_equal(f->evidence[4].len, 6);
    assert_string_equal(f->statement_en,
            "k.keys.test, a third party, was sent what was typed while it was being typed: the "
            "field q held 5 values in 2 s, each a few characters longer or shorter than the "
            "one "
            "before, up to \"wangyu\" on a page of news.test.");
    judged_clear(&d);
}

static void han_characters_count_as_characters(void **state)
{
    (void)state;
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "%E5%87%8F"), TYPED(2000, "%E5%87%8F%E8%82%A5"),
                    TYPED(3000, "%E5%87%8F%E8%82%A5%E8%8D%AF%E5%93%81")),
            1);
}

static void a_number_is_known_by_more_of_its_digits(void **state)
{
    (void)state;
    assert_int_equal(FOUND(JUDGED_PAGE, TYPED(1000, "1"), TYPED(1200, "13"), TYPED(1400, "138"),
                             TYPED(1600, "1380"), TYPED(1800, "13800")),
            1);
}

static void posts_json_and_sockets_are_followed(void **state)
{
    (void)state;
    assert_int_equal(FOUND(JUDGED_PAGE, POSTED(1000, "{\"id\":7,\"value\":\"ab\"}"),
                             POSTED(1500, "{\"id\":7,\"value\":\"abc\"}"),
                             POSTED(2000, "{\"id\":7,\"value\":\"abcd\"}")),
            1);
    assert_int_equal(FOUND(JUDGED_PAGE, POSTED(1000, "a=1&email=x"),
                             POSTED(1500, "a=1&email=x%40"), POSTED(2000, "a=1&email=x%40y")),
            1);
    assert_int_equal(
            FOUND(JUDGED_PAGE,
                    "3 500 GET https://k.keys.test/ws 101 plain | > Upgrade: websocket | > "
                    "Origin: https://www.news.test",
                    "3 1000 SEND https://k.keys.test/ws 0 plain | * {\"t\":\"w\"}",
                    "3 1100 SEND https://k.keys.test/ws 0 plain | * {\"t\":\"wa\"}",
                    "3 1200 SEND https://k.keys.test/ws 0 plain | * {\"t\":\"wan\"}"),
            1);
}

static void what_only_looks_like_typing_is_none(void **state)
{
    (void)state;
    /* Two values; too slow; too large a step; another value between; a list that grows. */
    assert_int_equal(FOUND(JUDGED_PAGE, TYPED(1000, "wa"), TYPED(1300, "wan")), 0);
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "wa"), TYPED(1300, "wan"), TYPED(11400, "wang")), 0);
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "wa"), TYPED(1300, "wan"), TYPED(1600, "wanghua")),
            0);
    assert_int_equal(FOUND(JUDGED_PAGE, TYPED(1000, "wa"), TYPED(1300, "x"), TYPED(1600, "wan"),
                             TYPED(1700, "y"), TYPED(1800, "wang")),
            0);
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "a"), TYPED(1300, "a,b"), TYPED(1600, "a,b,c")), 0);
    /* Numbers that by chance go on from each other; how much was typed, but not what. */
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "5"), TYPED(1300, "52"), TYPED(1600, "521")), 0);
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "*"), TYPED(1300, "**"), TYPED(1600, "***")), 0);
    /* A counter; the same value again and again. */
    assert_int_equal(
            FOUND(JUDGED_PAGE, TYPED(1000, "1"), TYPED(1300, "2"), TYPED(1600, "3")), 0);
    assert_int_equal(FOUND(JUDGED_PAGE, TYPED(1000, "abc"), TYPED(1300, "abc"),
                             TYPED(1600, "abc"), TYPED(1900, "abc")),
            0);
}

static void the_site_itself_may_follow_what_is_typed(void **state)
{
    (void)state;
    assert_int_equal(FOUND(JUDGED_PAGE, "2 1000 GET https://s.news.test/s?q=wa 200 fetch" FROM,
                             "2 1300 GET https://s.news.test/s?q=wan 200 fetch" FROM,
                             "2 1600 GET https://s.news.test/s?q=wang 200 fetch" FROM),
            0);
}

static void a_password_is_not_shown(void **state)
{
    struct judged_world d;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, POSTED(1000, "password=ab"), POSTED(1500, "password=abc"),
            POSTED(2000, "password=abcd"));
    find(&d);
    assert_int_equal(d.out.n, 1);
    assert_null(fact_of(d.out.at[0], "text"));
    assert_null(strstr(d.out.at[0]->statement_en, "abcd"));
    judged_clear(&d);
}

/* Declared values at places, as the search finds them. */
struct declared {
    struct subject_value value;
    struct subject subject;
    struct variant variant;
    struct hit hits[4];
};

static void declare(struct judged_world *d, struct declared *s, const size_t *exchanges,
        const bool *responses, size_t n)
{
    *s = (struct declared){
            .value = {.kind = SUBJECT_EMAIL, .number = 1, .label = BYTES_LITERAL("email")}};
    s->subject = (struct subject){&s->value, 1};
    for (size_t i = 0; i < n; i++)
        s->hits[i] = (struct hit){.variant = &s->variant,
                .place = {exchanges[i], responses[i] ? "response.body" : "request.body", 2, 5},
                .response = responses[i],
                .key = BYTES_LITERAL("e"),
                .where = "body"};
    d->j.hits = (struct hits){.at = s->hits, .n = n};
    d->setup.subject = &s->subject;
}

#define MAIL "e=a%40b"
#define THIRD(ms) "2 " #ms " POST https://p.pixel.test/t 200 fetch" FROM " | * " MAIL
#define FORM(ms) "3 " #ms " POST https://www.news.test/login 200 fetch" FROM " | * " MAIL

static void a_value_that_leaves_before_the_form_is_found(void **state)
{
    const size_t at[] = {1, 2};
    const bool responses[] = {false, false};
    struct judged_world d;
    struct declared s;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, THIRD(1000), FORM(2000));
    declare(&d, &s, at, responses, 2);
    find(&d);
    assert_int_equal(d.out.n, 1);
    fact_is(d.out.at[0], "how", "before-submit");
    fact_is(d.out.at[0], "field", "e");
    fact_is(d.out.at[0], "value_label", "email 1");
    fact_is(d.out.at[0], "submitted_later", "c3.s3");
    fact_counts(d.out.at[0], "samples", 1);
    assert_int_equal(d.out.at[0]->trace_count, 1);
    assert_string_equal(d.out.at[0]->statement_en,
            "p.pixel.test, a third party, was sent values of the person (email 1) before any "
            "form with them was sent to the site itself, under e, 1 time(s) on a page of "
            "news.test.");
    judged_clear(&d);
}

static void what_the_site_had_before_needed_no_typing(void **state)
{
    const size_t after_form[] = {1, 2}, after_page[] = {0, 1};
    const bool requests[] = {false, false}, from_page[] = {true, false};
    struct judged_world d;
    struct declared s;

    (void)state;
    JUDGED_MAKE(&d, JUDGED_PAGE, FORM(1000), THIRD(2000));
    declare(&d, &s, after_form, requests, 2);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
    JUDGED_MAKE(&d, JUDGED_PAGE, THIRD(2000));
    declare(&d, &s, after_page, from_page, 2);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
    /* In the address of the page. */
    JUDGED_MAKE(&d, "1 0 GET https://www.news.test/?" MAIL " 200 nav", THIRD(2000));
    declare(&d, &s, after_page, requests, 2);
    find(&d);
    assert_int_equal(d.out.n, 0);
    judged_clear(&d);
}

static void every_failed_allocation_is_told(void **state)
{
    const size_t at[] = {4};
    const bool responses[] = {false};
    enum status status;
    long fail = 0;

    (void)state;
    do {
        struct judged_world d;
        struct declared s;

        JUDGED_MAKE(&d, JUDGED_PAGE, TYPED(1000, "wa"), TYPED(1300, "wan"), TYPED(1600, "wang"),
                THIRD(2000));
        declare(&d, &s, at, responses, 1);
        oom_fail_at(++fail);
        status = typing_find(&d.w.e, &d.setup, &d.j, &d.out);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        judged_clear(&d);
    } while (status == STATUS_NOMEM);
    assert_true(fail > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_goes_out_while_it_is_typed_is_found),
            cmocka_unit_test(han_characters_count_as_characters),
            cmocka_unit_test(a_number_is_known_by_more_of_its_digits),
            cmocka_unit_test(posts_json_and_sockets_are_followed),
            cmocka_unit_test(what_only_looks_like_typing_is_none),
            cmocka_unit_test(the_site_itself_may_follow_what_is_typed),
            cmocka_unit_test(a_password_is_not_shown),
            cmocka_unit_test(a_value_that_leaves_before_the_form_is_found),
            cmocka_unit_test(what_the_site_had_before_needed_no_typing),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
