/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/bounce.h"
#include "classify/sharing.h"
#include "tests/classify/scored_world.h"
#include "tests/support/oom.h"

#define ID "cd86275c2d83d9230f2a60753b50a469"
#define START "1 0 GET https://www.news.test/ 200 nav"
#define FROM_NEWS " | > Referer: https://www.news.test/ | > Sec-Fetch-Site: cross-site"
#define HOP                                                                                    \
    "2 5000 GET https://go.track.test/r?to=shop 302 nav" FROM_NEWS " | > Cookie: uid=" ID      \
    " | < Location: https://www.shop.test/item"
#define SHOP "3 5100 GET https://www.shop.test/item 200 nav" FROM_NEWS

static void find(struct scored_world *w)
{
    bool capped = false;

    assert_int_equal(sharing_find(w->j.arena, &w->w.e, &w->j.attributions, w->j.traces,
                             w->j.trace_count, &w->f, &capped),
            STATUS_OK);
    assert_int_equal(bounce_find(&w->w.e, &w->setup, &w->j, &w->f), STATUS_OK);
}

static void a_redirect_through_a_site_that_knows_the_browser_is_a_bounce(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START, HOP, SHOP);
    find(&w);
    assert_int_equal(w.f.n, 1);
    assert_string_equal(w.f.at[0]->kind, "identifier-sharing");
    assert_int_equal(w.f.at[0]->grade, GRADE_OBSERVED);
    fact_is_list(w.f.at[0], "mechanism", "bounce");
    fact_is(w.f.at[0], "from_site", "news.test");
    fact_is(w.f.at[0], "to_site", "track.test");
    fact_is(w.f.at[0], "next_site", "shop.test");
    fact_is(w.f.at[0], "name", "uid");
    fact_is(w.f.at[0], "value", ID);
    fact_is_list(w.f.at[0], "encoding", "");
    fact_counts(w.f.at[0], "times_sent", 1);
    assert_string_equal(w.f.at[0]->statement_en,
            "On its way from news.test to shop.test this browser was led through track.test, "
            "whose cookie uid told it by the identifier " ID ".");
    scored_clear(&w);
}

static void a_page_left_at_once_is_a_bounce_by_inference(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://go.track.test/r?to=shop 200 nav" FROM_NEWS
            " | < Set-Cookie: uid=" ID "; Max-Age=31536000",
            "3 7000 GET https://www.shop.test/item 200 nav | > Referer: "
            "https://go.track.test/");
    find(&w);
    assert_int_equal(w.f.n, 1);
    assert_int_equal(w.f.at[0]->grade, GRADE_INFERRED);
    fact_is_list(w.f.at[0], "mechanism", "bounce");
    fact_is(w.f.at[0], "to_site", "track.test");
    scored_clear(&w);
}

static void a_page_that_a_person_leaves_is_none(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://go.track.test/r?to=shop 200 nav" FROM_NEWS
            " | > Cookie: uid=" ID,
            "3 7000 GET https://www.shop.test/item 200 nav | > Referer: https://go.track.test/"
            " | > Sec-Fetch-User: ?1",
            "4 30000 GET https://www.far.test/item 200 nav | > Referer: "
            "https://go.track.test/");
    find(&w);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
}

static void a_redirect_that_knows_nobody_or_stays_at_home_is_none(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://go.track.test/r?to=shop 302 nav" FROM_NEWS
            " | > Cookie: theme=dark | < Location: https://www.shop.test/item",
            SHOP,
            "4 9000 GET https://go.news.test/x 302 nav | > Referer: https://www.news.test/"
            " | > Cookie: uid=" ID " | < Location: https://www.far.test/",
            "5 9100 GET https://www.far.test/ 200 nav | > Referer: https://www.news.test/");
    find(&w);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
}

static void what_sharing_told_is_not_told_twice(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://go.track.test/r?to=shop 302 nav" FROM_NEWS
            " | > Cookie: uid=" ID " | < Location: https://www.shop.test/item?tuid=" ID,
            "3 5100 GET https://www.shop.test/item?tuid=" ID " 200 nav" FROM_NEWS);
    find(&w);
    assert_int_equal(w.f.n, 1);
    fact_is_list(w.f.at[0], "mechanism", "redirect, bounce, link-decoration");
    fact_is(w.f.at[0], "from_site", "track.test");
    fact_is(w.f.at[0], "to_site", "shop.test");
    scored_clear(&w);
}

static void a_click_identifier_is_known_by_its_name(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://www.shop.test/?epik=8213399177041827 200 nav" FROM_NEWS,
            "3 9000 GET https://www.far.test/?gclid=Cj0KCQiA3uGqBhDdARIsAFeJ5r0 200 nav");
    find(&w);
    assert_int_equal(w.f.n, 2);
    assert_int_equal(w.f.at[0]->grade, GRADE_INFERRED);
    fact_is_list(w.f.at[0], "mechanism", "link-decoration");
    fact_is(w.f.at[0], "name", "epik");
    fact_is(w.f.at[0], "from_site", "news.test");
    fact_is(w.f.at[0], "to_site", "shop.test");
    fact_is(w.f.at[0], "decoration_of", "Pinterest");
    assert_string_equal(w.f.at[0]->statement_en,
            "The address that brought this browser from news.test to www.shop.test carried "
            "epik = 8213399177041827. A parameter of this name is known as a Pinterest click "
            "identifier (Pinterest).");
    fact_is(w.f.at[1], "from_site", "unknown");
    scored_clear(&w);
}

static void an_identifier_of_no_known_name_is_observed(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(
            &w, START, "2 5000 GET https://www.shop.test/?visitor_id=" ID " 200 nav" FROM_NEWS);
    find(&w);
    assert_int_equal(w.f.n, 1);
    assert_int_equal(w.f.at[0]->grade, GRADE_OBSERVED);
    fact_is_list(w.f.at[0], "mechanism", "link-decoration");
    assert_null(fact_of(w.f.at[0], "decoration_of"));
    scored_clear(&w);
}

static void a_campaign_mark_or_a_link_at_home_is_no_decoration(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, START,
            "2 5000 GET https://www.shop.test/?gad_source=1&utm_source=news 200 nav" FROM_NEWS,
            "3 6000 GET https://m.shop.test/?gclid=Cj0KCQiA3uGqBhDdARIsAFeJ5r0 200 nav"
            " | > Referer: https://www.shop.test/",
            "4 7000 GET https://px.test/i?fbclid=IwAR1zYx8mQp3vBtK7nS2dFgH5jL9aWcE4rU6oT0 200 "
            "img"
            " | > Referer: https://www.shop.test/");
    find(&w);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
}

static void the_table_is_sorted_and_whole(void **state)
{
    (void)state;
    assert_true(decoration_table_size >= 60);
    for (size_t i = 0; i < decoration_table_size; i++) {
        const struct decoration *d = &decoration_table[i];

        assert_true(d->name[0] != '\0' && d->owner[0] != '\0');
        assert_true(d->text_en[0] != '\0' && d->text_zh[0] != '\0');
        assert_true(bytes_is_utf8(bytes_text(d->text_zh)));
        assert_true(i == 0 || strcmp(decoration_table[i - 1].name, d->name) < 0);
    }
}

static void every_failed_allocation_is_told(void **state)
{
    struct scored_world w;
    enum status status;
    long at = 0;

    (void)state;
    SCORED_MAKE(&w, START, HOP, SHOP,
            "4 9000 GET https://www.far.test/?gclid=Cj0KCQiA3uGqBhDdARIsAFeJ5r0 200 nav");
    do {
        struct arena *kept = w.j.arena;

        w.f = (struct findings){0};
        w.j.arena = arena_new(1 << 20);
        assert_non_null(w.j.arena);
        oom_fail_at(++at);
        status = bounce_find(&w.w.e, &w.setup, &w.j, &w.f);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        assert_true(status != STATUS_OK || w.f.n == 2);
        arena_free(w.j.arena);
        w.j.arena = kept;
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
    scored_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_redirect_through_a_site_that_knows_the_browser_is_a_bounce),
            cmocka_unit_test(a_page_left_at_once_is_a_bounce_by_inference),
            cmocka_unit_test(a_page_that_a_person_leaves_is_none),
            cmocka_unit_test(a_redirect_that_knows_nobody_or_stays_at_home_is_none),
            cmocka_unit_test(what_sharing_told_is_not_told_twice),
            cmocka_unit_test(a_click_identifier_is_known_by_its_name),
            cmocka_unit_test(an_identifier_of_no_known_name_is_observed),
            cmocka_unit_test(a_campaign_mark_or_a_link_at_home_is_no_decoration),
            cmocka_unit_test(the_table_is_sorted_and_whole),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
