/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "tests/classify/evidence_world.h"
#include "tests/support/oom.h"

static void a_navigation_is_its_own_page(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://news.test/a 200 nav", "2 100 GET http://old.test/ 200 page",
            "3 200 GET https://file.test/x 200 nav | < Content-Disposition: attachment",
            "4 300 GET https://gone.test/ 204 nav");
    assert_page(&w, 0, "news.test/document");
    assert_page(&w, 1, "old.test/document");
    assert_page(&w, 2, "-/none");
    assert_page(&w, 3, "-/none");
    assert_int_equal(w.a.visit_count, 2);
    assert_int_equal(w.a.visits[1]->number, 2);
    world_clear(&w);
}

static void headers_name_the_page_and_origin_goes_first(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://news.test/a 200 nav", "2 10 GET https://shop.test/ 200 nav",
            "3 100 GET https://t.test/p 200 img | > Referer: https://news.test/",
            "4 110 GET https://t.test/q 200 fetch | > Origin: https://shop.test",
            "5 120 GET https://t.test/f 200 fetch | > Origin: https://shop.test | > Referer: "
            "https://cdn.test/x.css",
            "6 130 GET https://t.test/r 200 img | > Referer: https://elsewhere.test/");
    assert_page(&w, 2, "news.test/referer");
    assert_page(&w, 3, "shop.test/origin");
    assert_page(&w, 4, "shop.test/origin");
    assert_page(&w, 5, "-/none");
    assert_int_equal(w.a.of[2].party, PARTY_THIRD);
    assert_int_equal(w.a.of[0].party, PARTY_FIRST);
    assert_int_equal(w.a.of[5].party, PARTY_UNKNOWN);
    assert_int_equal(w.a.of[5].initiator_party, PARTY_THIRD);
    world_clear(&w);
}

static void a_site_named_before_it_was_visited_is_no_ground(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "3 0 GET https://t.test/p 200 img | > Referer: https://news.test/",
            "1 100 GET https://news.test/a 200 nav");
    assert_page(&w, 0, "-/none");
    world_clear(&w);
}

/* A site that was framed in one page and visited as another: its name may mean either. */
static void a_framed_site_that_was_also_visited_is_ambiguous(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://news.test/ 200 nav",
            "2 10 GET https://video.test/embed 200 frame | > Sec-Fetch-Site: cross-site | > "
            "Referer: https://news.test/",
            "3 20 GET https://video.test/watch 200 nav",
            "4 30 GET https://t.test/p 200 img | > Referer: https://video.test/",
            "3 40 GET https://video.test/x 200 img | > Referer: https://video.test/watch");
    assert_page(&w, 1, "news.test/referer");
    assert_page(&w, 2, "video.test/document");
    assert_page(&w, 3, "-/none");
    assert_page(&w, 4, "video.test/connection");
    world_clear(&w);
}

static void requests_of_a_frame_climb_to_its_page(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://news.test/ 200 nav",
            "2 10 GET https://ads.test/frame?x 200 frame | > Referer: https://news.test/",
            "3 20 GET https://t.test/p 200 img | > Referer: https://ads.test/",
            "4 30 GET https://in.test/f 200 frame | > Referer: https://ads.test/",
            "5 40 GET https://deep.test/p 200 fetch | > Origin: https://in.test",
            "6 50 GET https://fonts.test/s 200 css | > Referer: https://news.test/",
            "7 60 GET https://files.test/f 200 img | > Referer: https://fonts.test/s");
    for (size_t i = 1; i < 4; i++)
        assert_page(&w, i, "news.test/referer");
    assert_page(&w, 4, "news.test/origin");
    assert_page(&w, 6, "news.test/referer");
    assert_int_equal(w.a.of[4].ground_exchange, 3);
    world_clear(&w);
}

/* Two tabs that load the same frame at once: the name of the frame tells nothing. */
static void a_frame_in_two_pages_names_neither(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 5 GET https://b.test/ 200 nav",
            "3 10 GET https://ads.test/f 200 frame | > Referer: https://a.test/",
            "9 12 GET https://t.test/early 200 img | > Referer: https://ads.test/f",
            "4 15 GET https://ads.test/f 200 frame | > Referer: https://b.test/",
            "5 20 GET https://t.test/p 200 img | > Referer: https://ads.test/f",
            "6 25 GET https://t.test/q 200 img | > Referer: https://ads.test/");
    assert_page(&w, 3, "a.test/referer"); /* only one was there by then */
    assert_page(&w, 5, "-/none");
    assert_page(&w, 6, "-/none");
    world_clear(&w);
}

static void a_connection_belongs_to_one_page_unless_two_are_on_it(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 5 GET https://b.test/ 200 nav",
            "3 10 GET https://t.test/1 200 img | > Referer: https://a.test/",
            "3 20 GET https://t.test/2 200 img", "4 30 GET https://u.test/1 200 img",
            "4 40 GET https://u.test/2 200 img | > Referer: https://a.test/",
            "4 50 GET https://u.test/3 200 img | > Referer: https://b.test/");
    assert_page(&w, 3, "a.test/connection");
    assert_int_equal(w.a.of[3].ground_exchange, 2);
    assert_page(&w, 4, "-/none");
    assert_int_equal(w.a.impure_connections, 1);
    world_clear(&w);
}

static void a_connection_that_is_not_in_the_evidence_does_no_harm(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "99 0 GET https://a.test/ 200 nav", "99 10 GET https://t.test/1 200 img");
    assert_page(&w, 0, "a.test/document");
    world_clear(&w);
}

static void redirects_are_followed_by_location_alone(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://go.test/ 302 nav | < Location: HTTPS://News.test:443",
            "2 60 GET https://news.test/ 200 nav", "9 61 GET https://other.test/ 200 nav",
            "3 100 GET https://t.test/s 302 img | > Referer: https://news.test/ | < Location: "
            "//u.test/m?a b",
            "4 170 GET https://u.test/m?a%20b 302 img | > Referer: https://news.test/ | < "
            "Location: https://v.test/e",
            "5 240 GET https://v.test/e 200 img");
    assert_page(&w, 0, "news.test/redirect");
    assert_page(&w, 1, "news.test/document");
    assert_page(&w, 5, "news.test/redirect");
    assert_int_equal(w.a.of[4].redirect_from, 3);
    assert_int_equal(w.a.of[5].redirect_from, 4);
    assert_int_equal(w.a.visits[0]->start_ns, WORLD_START);
    world_clear(&w);
}

/* A tracker's image that redirects to the address of a page did not open that page. */
static void an_image_is_no_hop_of_a_navigation(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav",
            "2 10 GET https://t.test/i 302 img | > Referer: https://a.test/ | < Location: "
            "https://b.test/",
            "3 80 GET https://b.test/ 200 nav");
    assert_page(&w, 1, "a.test/referer");
    assert_int_equal(w.a.of[2].redirect_from, ATTRIBUTION_NONE);
    world_clear(&w);
}

static void time_counts_only_while_one_site_was_live(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 1000 GET https://t.test/1 200 img",
            "3 2000 GET https://t.test/2 200 img | > Referer: https://gone.test/",
            "4 3000 GET https://t.test/3 200 fetch | > Origin: https://gone.test",
            "5 4000 GET https://t.test/4 200 fetch | > Sec-Fetch-Site: none",
            "6 5000 GET https://b.test/ 200 nav", "7 6000 GET https://t.test/5 200 img",
            "6 29000 GET https://b.test/x 200 img | > Referer: https://b.test/",
            "8 30500 GET https://t.test/6 200 img", "9 70000 GET https://t.test/7 200 img");
    assert_page(&w, 1, "a.test/timing");
    assert_page(&w, 2, "-/none");
    assert_page(&w, 3, "-/none");
    assert_page(&w, 4, "-/none");
    assert_page(&w, 6, "-/none");
    assert_page(&w, 8, "b.test/timing");
    assert_page(&w, 9, "-/none");
    world_clear(&w);
}

static void the_pages_url_in_a_parameter_is_a_ground(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/x 200 nav", "2 5 GET https://b.test/ 200 nav",
            "3 10 GET https://t.test/c?dl=https%3A%2F%2Fa.test%2Fx&v=1 200 fetch",
            "4 20 GET https://t.test/c?dl=https%3A%2F%2Fa.test%2Fy&v=1 200 fetch");
    assert_page(&w, 2, "a.test/url");
    assert_page(&w, 3, "-/none");
    world_clear(&w);
}

static void headers_that_lie_cannot_make_the_judge_slow(void **state)
{
    enum { MANY = 20000 };
    static char lines[MANY][160];
    static const char *at[MANY];
    struct evidence_world w;
    clock_t begin = clock();

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(lines[i], sizeof(lines[i]),
                i % 2 == 0
                        ? "1 %zu GET https://ads.test/f 302 frame | > Referer: "
                          "https://a.test/ | < Location: https://ads.test/f"
                        : "2 %zu GET https://t.test/long/enough/path?a=1 200 img | > Referer: "
                          "https://ads.test/f",
                i / 4);
        at[i] = lines[i];
    }
    at[0] = "3 0 GET https://a.test/ 200 nav";
    world_make(&w, at, MANY);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 20);
    world_clear(&w);
}

static void messages_belong_to_the_page_of_their_upgrade(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 100 GET https://b.test/ 200 nav",
            "3 200 GET https://t.test/live 101 plain | > Origin: https://a.test"
            " | > Upgrade: websocket",
            "3 300 SEND https://t.test/live 0 plain | * hello",
            "3 400 RECV https://t.test/live 0 plain | = /r.gif?who=0123456789",
            "4 500 GET https://u.test/r.gif?who=0123456789 200 img",
            "5 600 SEND https://v.test/live 0 plain | * hello");
    assert_page(&w, 2, "a.test/origin");
    assert_page(&w, 3, "a.test/origin");
    assert_int_equal(w.a.of[3].opened_by, 2);
    assert_int_equal(w.a.of[3].ground_exchange, 2);
    assert_int_equal(w.a.of[3].party, PARTY_THIRD);
    assert_true(bytes_is(w.a.of[3].initiator_site, "a.test"));
    assert_page(&w, 4, "a.test/origin");
    /* What a message brings may name an address. */
    assert_page(&w, 5, "a.test/body");
    /* A message whose upgrade was not seen has no page. */
    assert_page(&w, 6, "-/none");
    assert_int_equal(w.a.of[6].opened_by, ATTRIBUTION_NONE);
    assert_int_equal(w.a.visit_count, 2);
    world_clear(&w);
}

static void a_redirect_never_leads_to_a_message(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav",
            "2 100 GET https://b.test/live 101 plain | > Upgrade: websocket",
            "3 150 GET https://c.test/ 302 plain | < Location: https://b.test/live",
            "2 300 SEND https://b.test/live 0 plain | * x");
    assert_int_equal(w.a.of[3].redirect_from, ATTRIBUTION_NONE);
    world_clear(&w);
}

/* HTTP/3 has no rules of its own: without Referer (Referrer-Policy) time and connection count. */
static void an_http3_request_without_referer_is_attributed_like_others(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav", "2 100 GET https://t.test/p 200 img",
            "3 200 GET https://u.test/q 200 img | > Referer: https://a.test/",
            "3 300 GET https://u.test/r 200 img");
    for (size_t i = 1; i < 4; i++)
        w.e.exchanges[i]->protocol = PROTOCOL_H3;
    attribution_clear(&w.a);
    assert_int_equal(attribution_judge(&w.e, w.sites, NULL, &w.a), STATUS_OK);
    assert_page(&w, 1, "a.test/timing");
    assert_page(&w, 2, "a.test/referer");
    assert_page(&w, 3, "a.test/connection");
    world_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    struct evidence_world w;
    enum status status;
    long at = 0;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/x 302 nav | < Location: /y",
            "1 60 GET https://a.test/y 200 nav",
            "3 70 GET https://t.test/c?dl=https%3A%2F%2Fa.test%2Fy&v=1 200 fetch");
    attribution_clear(&w.a);
    do {
        oom_fail_at(++at);
        status = attribution_judge(&w.e, w.sites, NULL, &w.a);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status == STATUS_NOMEM);
    assert_true(at > 4);
    assert_page(&w, 2, "a.test/url");
    world_clear(&w);
}

static void every_basis_has_its_name(void **state)
{
    (void)state;
    for (int b = PAGE_NONE; b <= PAGE_TIMING; b++)
        assert_non_null(page_basis_name((enum page_basis)b));
    assert_string_equal(page_basis_name(PAGE_SEC_FETCH), "sec-fetch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_navigation_is_its_own_page),
            cmocka_unit_test(headers_name_the_page_and_origin_goes_first),
            cmocka_unit_test(a_site_named_before_it_was_visited_is_no_ground),
            cmocka_unit_test(a_framed_site_that_was_also_visited_is_ambiguous),
            cmocka_unit_test(requests_of_a_frame_climb_to_its_page),
            cmocka_unit_test(a_frame_in_two_pages_names_neither),
            cmocka_unit_test(a_connection_belongs_to_one_page_unless_two_are_on_it),
            cmocka_unit_test(a_connection_that_is_not_in_the_evidence_does_no_harm),
            cmocka_unit_test(redirects_are_followed_by_location_alone),
            cmocka_unit_test(an_image_is_no_hop_of_a_navigation),
            cmocka_unit_test(time_counts_only_while_one_site_was_live),
            cmocka_unit_test(the_pages_url_in_a_parameter_is_a_ground),
            cmocka_unit_test(headers_that_lie_cannot_make_the_judge_slow),
            cmocka_unit_test(messages_belong_to_the_page_of_their_upgrade),
            cmocka_unit_test(a_redirect_never_leads_to_a_message),
            cmocka_unit_test(an_http3_request_without_referer_is_attributed_like_others),
            cmocka_unit_test(every_failed_allocation_is_told),
            cmocka_unit_test(every_basis_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
