/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/classify/declared_world.h"
#include "tests/support/oom.h"

#define RETURNED                                                                               \
    "2 200 GET https://api.knows.test/me 200 fetch" FROM_NEWS " | = {\"em\":\"" EMAIL "\"}"

static void a_value_that_comes_back_from_a_site_never_sent_it_is_from_others(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, PAGE, "1 100 GET https://www.news.test/l?em=" EMAIL " 200 fetch" FROM_NEWS,
            RETURNED);
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", EMAIL);
    (void)add(&d, EMAIL_VALUE, 2, "back", "em", EMAIL);
    find(&d);
    assert_int_equal(d.found.n, 1);
    f = one(&d, "data-from-others");
    fact_is(f, "value_label", "email");
    fact_is(f, "where", "body");
    fact_is(f, "recipient", "api.knows.test");
    fact_is(f, "cookies_sent", "no");
    assert_null(fact_of(f, "earlier_requests_unseen"));
    assert_string_equal(f->evidence[0].part, "response.body");
    assert_non_null(
            strstr(f->statement_en, "No request seen before that gave it to this site."));
    clear(&d);
}

static void a_value_that_was_sent_before_comes_back_as_an_echo(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, PAGE, "3 100 GET https://api.knows.test/l?em=" EMAIL " 200 fetch" FROM_NEWS,
            RETURNED);
    (void)add(&d, EMAIL_VALUE, 1, "query", "em", EMAIL);
    (void)add(&d, EMAIL_VALUE, 2, "back", "em", EMAIL);
    find(&d);
    (void)one(&d, "personal-data-leak");
    assert_int_equal(d.found.n, 1);
    clear(&d);
}

static void earlier_requests_that_could_not_be_read_are_counted(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, PAGE, "3 100 POST https://api.knows.test/l 200 fetch" FROM_NEWS " | * x",
            RETURNED);
    d.w.e.exchanges[1]->request.whole = false;
    d.w.e.connections[5]->decrypted = DECRYPTED_NO;
    d.w.e.connections[5]->tls.server_name = "www.knows.test";
    (void)add(&d, EMAIL_VALUE, 2, "back", "em", EMAIL);
    find(&d);
    f = one(&d, "data-from-others");
    fact_counts(f, "earlier_requests_unseen", 2);
    assert_non_null(strstr(f->statement_en, "2 earlier requests or connections to it could not "
                                            "be read, so whether it was sent is not known"));
    clear(&d);
}

static void a_site_that_knows_its_visitor_returns_nothing_new(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, "1 0 GET https://www.shop.test/me 200 nav | > Cookie: s=1 | = " EMAIL);
    (void)add(&d, EMAIL_VALUE, 0, "back", "", EMAIL);
    finds_nothing(&d);
    /* To a visitor without any mark it says what it says to all. */
    MAKE(&d, "1 0 GET https://www.shop.test/me 200 nav | = " EMAIL);
    (void)add(&d, EMAIL_VALUE, 0, "back", "", EMAIL);
    finds_nothing(&d);
    MAKE(&d, "1 0 GET https://www.shop.test/ 200 nav | < Set-Cookie: v=1",
            "1 100 GET https://www.shop.test/hello 200 nav | > Cookie: v=1 | = " EMAIL);
    (void)add(&d, EMAIL_VALUE, 1, "back", "", EMAIL);
    find(&d);
    (void)one(&d, "data-from-others");
    clear(&d);
}

#define SEARCHED "1 0 GET https://www.searchy.test/s?wd=减肥 200 nav | > Cookie: BAIDUID=" UID
#define BLOG "2 5000 GET https://www.blog.test/ 200 nav"
#define AD                                                                                     \
    "3 5100 GET https://pos.searchy.test/ad?s=1 200 script | > Referer: "                      \
    "https://www.blog.test/ | > Cookie: BAIDUID=" UID " | = document.write('减肥')"

/* The term is sent in one exchange and stands in the answer of another. */
static void search_and_show(
        struct declared_world *d, size_t sent, const char *key, size_t shown)
{
    (void)add(d, SEARCH_VALUE, sent, "query", key, "减肥");
    (void)add(d, SEARCH_VALUE, shown, "back", "", "减肥");
}

static void the_facts_of_a_personalised_response_are_told_apart(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, SEARCHED, BLOG, AD);
    search_and_show(&d, 0, "wd", 2);
    find(&d);
    assert_int_equal(d.found.n, 1);
    f = one(&d, "personalised-response");
    fact_is(f, "term", "减肥");
    fact_is(f, "f1", "absent");
    fact_is(f, "f2", "present");
    fact_is(f, "f3", "present");
    fact_is_list(f, "term_sent_in", "c1.s1");
    fact_is(f, "linked_by", "BAIDUID");
    fact_is_list(f, "linked_request", "c3.s3");
    fact_is_list(f, "effect_in", "c3.s3");
    fact_is(f, "page_has_term", "no");
    assert_int_equal(f->evidence_count, 4);
    assert_true(bytes_is(f->page_site, "blog.test"));
    assert_true(bytes_is(f->recipient_site, "searchy.test"));
    assert_non_null(strstr(f->statement_en, "a request from a page of blog.test"));
    assert_non_null(strstr(
            f->statement_en, "not seen; it received the term as the site that was searched"));
    assert_non_null(strstr(f->statement_en, "seen (BAIDUID)"));
    assert_true(f->trace_count >= 1);
    clear(&d);
}

static void without_an_identifier_the_term_must_have_gone_to_a_third_party(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, "1 0 GET https://www.news.test/s?q=减肥 200 nav",
            "4 50 GET https://t.searchads.test/p?k=减肥 204 img | > Referer: "
            "https://www.news.test/",
            BLOG,
            "3 5100 GET https://pos.searchy.test/ad 200 script | > Referer: "
            "https://www.blog.test/ | = 减肥",
            "2 5150 GET https://www.blog.test/x 200 fetch | > Referer: https://www.blog.test/");
    (void)add(&d, SEARCH_VALUE, 0, "query", "q", "减肥");
    (void)add(&d, SEARCH_VALUE, 1, "query", "k", "减肥");
    (void)add(&d, SEARCH_VALUE, 3, "back", "", "减肥");
    d.w.e.exchanges[1]->request.whole = true;
    find(&d);
    f = one(&d, "personalised-response");
    fact_is(f, "f1", "present");
    fact_is(f, "f2", "absent");
    assert_null(fact_of(f, "linked_by"));
    (void)one(&d, "search-term-leak");
    clear(&d);
    MAKE(&d, "1 0 GET https://www.news.test/s?q=减肥 200 nav", BLOG, AD);
    search_and_show(&d, 0, "q", 2);
    finds_nothing(&d);
}

/* Both requests say "Browser/1"; as an identifier in a parameter it would be on every request. */
static void what_every_request_says_links_nothing(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, "1 0 GET https://www.searchy.test/s?wd=减肥&ua=Browser/1 200 nav", BLOG,
            "3 5100 GET https://pos.searchy.test/ad?ua=Browser/1 200 script | > Referer: "
            "https://www.blog.test/ | = 减肥");
    for (size_t i = 0; i < d.j.trace_count; i++) {
        if (bytes_is(d.j.traces[i]->value, "Browser/1"))
            d.j.traces[i]->class_ = CLASS_BROWSER_IDENTIFIER;
    }
    search_and_show(&d, 0, "wd", 2);
    finds_nothing(&d);
}

static void the_answer_to_a_search_is_no_effect(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, SEARCHED " | = 减肥", BLOG,
            "3 5100 GET https://pos.searchy.test/ad?wd=减肥 200 script | > Referer: "
            "https://www.blog.test/ | > Cookie: BAIDUID=" UID " | = 减肥",
            "4 60 GET https://pos.searchy.test/ad 200 script | > Referer: "
            "https://www.searchy.test/ | > Cookie: BAIDUID=" UID " | = 减肥");
    /* By time: the search, its page's own advertisement, the other page, the one that asks. */
    search_and_show(&d, 0, "wd", 0);
    (void)add(&d, SEARCH_VALUE, 1, "back", "", "减肥");
    search_and_show(&d, 3, "wd", 3);
    find(&d);
    for (size_t i = 0; i < d.found.n; i++)
        assert_string_not_equal(d.found.at[i]->kind, "personalised-response");
    clear(&d);
}

static void more_requests_than_are_listed_do_no_harm(void **state)
{
    enum { MANY = 18 };
    char lines[MANY + 3][256];
    const char *made[MANY + 3];
    struct declared_world d;
    const struct finding *f;

    (void)state;
    for (int i = 0; i < MANY; i++)
        (void)snprintf(lines[i], sizeof(lines[i]),
                "1 %d GET https://www.searchy.test/s?wd=减肥&n=%d 200 nav | > Cookie: "
                "BAIDUID=" UID,
                i * 60, i);
    (void)snprintf(lines[MANY], sizeof(lines[MANY]), BLOG);
    (void)snprintf(lines[MANY + 1], sizeof(lines[MANY]), AD);
    (void)snprintf(lines[MANY + 2], sizeof(lines[MANY]), AD);
    for (int i = 0; i < MANY + 3; i++)
        made[i] = lines[i];
    memset(&d, 0, sizeof(d));
    world_make(&d.w, made, MANY + 3);
    finish(&d);
    for (size_t i = 0; i < MANY; i++)
        (void)add(&d, SEARCH_VALUE, i, "query", "wd", "减肥");
    (void)add(&d, SEARCH_VALUE, MANY + 1, "back", "", "减肥");
    (void)add(&d, SEARCH_VALUE, MANY + 2, "back", "", "减肥");
    find(&d);
    f = one(&d, "personalised-response");
    fact_is_list(f, "effect_in", "c3.s20, c3.s21");
    fact_is(f, "f2", "present");
    clear(&d);
}

static void a_page_that_has_the_term_itself_is_said(void **state)
{
    struct declared_world d;
    const struct finding *f;

    (void)state;
    MAKE(&d, SEARCHED, BLOG " | = 减肥", AD);
    search_and_show(&d, 0, "wd", 1);
    (void)add(&d, SEARCH_VALUE, 2, "back", "", "减肥");
    find(&d);
    f = one(&d, "personalised-response");
    fact_is(f, "page_has_term", "yes");
    assert_non_null(strstr(f->statement_en, "The page itself has the term, too"));
    clear(&d);
}

static void every_failed_allocation_is_said(void **state)
{
    struct declared_world d;

    (void)state;
    MAKE(&d, SEARCHED, BLOG, AD);
    search_and_show(&d, 0, "wd", 2);
    for (long n = 1;; n++) {
        struct findings out = {0};
        enum status status;

        oom_fail_at(n);
        status = declared_mark(&d.w.e, &d.setup, &d.j);
        if (status == STATUS_OK)
            status = declared_find(&d.w.e, &d.setup, &d.j, &out);
        if (!oom_happened()) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NOMEM);
    }
    oom_fail_at(0);
    clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_that_comes_back_from_a_site_never_sent_it_is_from_others),
            cmocka_unit_test(a_value_that_was_sent_before_comes_back_as_an_echo),
            cmocka_unit_test(earlier_requests_that_could_not_be_read_are_counted),
            cmocka_unit_test(a_site_that_knows_its_visitor_returns_nothing_new),
            cmocka_unit_test(the_facts_of_a_personalised_response_are_told_apart),
            cmocka_unit_test(without_an_identifier_the_term_must_have_gone_to_a_third_party),
            cmocka_unit_test(what_every_request_says_links_nothing),
            cmocka_unit_test(the_answer_to_a_search_is_no_effect),
            cmocka_unit_test(more_requests_than_are_listed_do_no_harm),
            cmocka_unit_test(a_page_that_has_the_term_itself_is_said),
            cmocka_unit_test(every_failed_allocation_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
