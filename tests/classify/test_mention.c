/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/mention.h"
#include "tests/classify/evidence_world.h"

/* One page with this body; then a request that no header explains. */
static void assert_found(const char *body, bool found)
{
    struct evidence_world w;
    char page[2048];

    (void)snprintf(page, sizeof(page), "1 0 GET https://a.test/ 200 nav | = %s", body);
    WORLD_MAKE(&w, page, "2 5 GET https://b.test/ 200 nav",
            "3 100 GET https://t.test/collect?id=12345&v=2 200 img");
    assert_page(&w, 2, found ? "a.test/body" : "-/none");
    world_clear(&w);
}

static void a_whole_address_in_a_body_names_its_page(void **state)
{
    (void)state;
    assert_found("<img src=\"https://t.test/collect?id=12345&v=2\">", true);
    assert_found("<img src='//t.test/collect?id=12345&amp;v=2'>", true);
    assert_found("fetch(base + '/collect?id=12345&v=2')", true);
    assert_found("url(https://T.TEST/collect?id=12345&v=2)", true);
    assert_found("/collect?id=12345&v=2", true);
    assert_found("x /collect?id=12345&v=22 /collect?id=12345&v=2#f", true);
}

static void part_of_another_address_names_nobody(void **state)
{
    (void)state;
    assert_found("<img src=\"https://t.test/collect?id=12345&v=23\">", false);
    assert_found("<img src=\"https://t.test/collect?id=12345\">", false);
    assert_found("<img src=\"https://other.test/collect?id=12345&v=2\">", false);
    assert_found("<img src=\"https://not-t.test/collect?id=12345&v=2\">", false);
    assert_found("<img src=\"/deep/collect?id=12345&v=2\">", false);
    assert_found("", false);
}

static void two_pages_that_mention_it_name_neither(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav | = '/collect?id=12345&v=2'",
            "2 5 GET https://b.test/ 200 nav | = '/collect?id=12345&v=2'",
            "3 100 GET https://t.test/collect?id=12345&v=2 200 img");
    assert_page(&w, 2, "-/none");
    world_clear(&w);
}

static void what_came_later_or_long_before_does_not_count(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav | = '/collect?id=12345&v=2'",
            "2 5 GET https://b.test/ 200 nav",
            "3 40 GET https://t.test/collect?id=12345&v=2 200 img",
            "3 700000 GET https://t.test/collect?id=12345&v=2 200 img");
    assert_page(&w, 2, "-/none");
    assert_page(&w, 3, "-/none");
    world_clear(&w);
}

static void short_paths_and_paths_without_query_are_not_looked_for(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w,
            "1 0 GET https://a.test/ 200 nav | = '/p?a=1' '/a/long/path/without/query.gif'",
            "2 5 GET https://b.test/ 200 nav", "3 100 GET https://t.test/p?a=1 200 img",
            "3 110 GET https://t.test/a/long/path/without/query.gif 200 img");
    assert_page(&w, 2, "-/none");
    assert_page(&w, 3, "-/none");
    world_clear(&w);
}

static void a_used_up_budget_finds_nothing(void **state)
{
    struct evidence_world w;
    uint64_t budget = MENTION_STEP + 30;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav | = '/collect?id=12345&v=2' and more",
            "3 100 GET https://t.test/collect?id=12345&v=2 200 img");
    assert_int_equal(mention_find(&w.e, w.a.views, w.a.of, 1, &budget), ATTRIBUTION_NONE);
    assert_int_equal(budget, 0);
    budget = 1000;
    assert_int_equal(mention_find(&w.e, w.a.views, w.a.of, 1, &budget), 0);
    assert_true(budget < 1000);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_whole_address_in_a_body_names_its_page),
            cmocka_unit_test(part_of_another_address_names_nobody),
            cmocka_unit_test(two_pages_that_mention_it_name_neither),
            cmocka_unit_test(what_came_later_or_long_before_does_not_count),
            cmocka_unit_test(short_paths_and_paths_without_query_are_not_looked_for),
            cmocka_unit_test(a_used_up_budget_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
