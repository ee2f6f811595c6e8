/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classify/redirect.h"
#include "tests/support/oom.h"

#define S INT64_C(1000000000)

static struct request_view view(const char *url, const char *location, int64_t when_ns)
{
    return (struct request_view){.url = bytes_text(url),
            .location = bytes_text(location),
            .start_ns = when_ns,
            .end_ns = when_ns + 1};
}

static void a_location_leads_to_the_next_request_of_that_url(void **state)
{
    struct request_view v[] = {view("a", "b", 0), view("b", "c", 10), view("x", "", 15),
            view("c", "", 20), view("c", "", 30)};
    int64_t from[5];

    (void)state;
    assert_true(redirect_link(v, 5, from));
    assert_int_equal(from[0], -1);
    assert_int_equal(from[1], 0);
    assert_int_equal(from[2], -1);
    assert_int_equal(from[3], 1);
    assert_int_equal(from[4], -1); /* each redirect is followed once */
}

static void the_same_referer_is_preferred_and_then_the_latest(void **state)
{
    struct request_view v[] = {view("1", "t", 0), view("2", "t", 1 * S), view("3", "t", 2 * S),
            view("t", "", 3 * S), view("t", "", 4 * S)};
    int64_t from[5];

    (void)state;
    v[0].referer = v[3].referer = bytes_text("https://page.test/");
    assert_true(redirect_link(v, 5, from));
    assert_int_equal(from[3], 0);
    assert_int_equal(from[4], 2);
}

static void a_request_long_after_or_before_is_no_hop(void **state)
{
    struct request_view v[] = {view("0", "t", 0), view("t", "", REDIRECT_SECONDS * S + 2),
            view("u", "", 100 * S), view("5", "u", 101 * S)};
    int64_t from[4];

    (void)state;
    assert_true(redirect_link(v, 4, from));
    assert_int_equal(from[1], -1);
    assert_int_equal(from[2], -1);
    v[1].start_ns--;
    assert_true(redirect_link(v, 4, from));
    assert_int_equal(from[1], 0);
}

/* A clock without resolution puts everything at one time: two pages that redirect to each
 * other must not become a ring. */
static void links_never_make_a_ring(void **state)
{
    struct request_view v[] = {view("b", "a", 0), view("a", "b", 0), view("b", "a", 0),
            view("a", "a", 0), view("a", "a", 0)};
    int64_t from[5];

    (void)state;
    for (size_t i = 0; i < 5; i++)
        v[i].end_ns = 0;
    assert_true(redirect_link(v, 5, from));
    for (int64_t i = 0; i < 5; i++)
        assert_true(from[i] < i);
    assert_true(from[1] == 0 && from[2] == 1);
}

static void other_browsers_and_other_purposes_are_no_hops(void **state)
{
    struct request_view v[] = {view("a", "b", 0), view("b", "", 10)};
    int64_t from[2];

    (void)state;
    v[0].user_agent = bytes_text("one");
    v[1].user_agent = bytes_text("two");
    assert_true(redirect_link(v, 2, from));
    assert_int_equal(from[1], -1);
    v[1].user_agent = v[0].user_agent;
    v[0].has_fetch = v[1].has_fetch = true;
    v[0].fetch_dest = bytes_text("image");
    v[1].fetch_dest = bytes_text("document");
    assert_true(redirect_link(v, 2, from));
    assert_int_equal(from[1], -1);
    v[1].fetch_dest = bytes_text("image");
    assert_true(redirect_link(v, 2, from));
    assert_int_equal(from[1], 0);
    /* From plain HTTP, which has no Fetch Metadata, to a page. */
    v[0].has_fetch = false;
    v[1].navigates = true;
    assert_true(redirect_link(v, 2, from));
    assert_int_equal(from[1], -1);
    v[0].maybe_navigates = true;
    assert_true(redirect_link(v, 2, from));
    assert_int_equal(from[1], 0);
}

static void a_page_that_redirects_to_itself_costs_no_squared_time(void **state)
{
    enum { MANY = 200000 };
    struct request_view *v = calloc(MANY, sizeof(*v));
    int64_t *from = calloc(MANY, sizeof(*from));
    clock_t begin = clock();

    (void)state;
    assert_true(v != NULL && from != NULL);
    for (size_t i = 0; i < MANY; i++)
        v[i] = view("self", "self", (int64_t)i);
    assert_true(redirect_link(v, MANY, from));
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 15);
    free(v);
    free(from);
}

static void no_memory_is_told_and_nothing_is_fine(void **state)
{
    struct request_view v[] = {view("a", "b", 0)};
    int64_t from[1];

    (void)state;
    oom_fail_at(1);
    assert_false(redirect_link(v, 1, from));
    oom_fail_at(0);
    assert_true(redirect_link(v, 0, from));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_location_leads_to_the_next_request_of_that_url),
            cmocka_unit_test(the_same_referer_is_preferred_and_then_the_latest),
            cmocka_unit_test(a_request_long_after_or_before_is_no_hop),
            cmocka_unit_test(links_never_make_a_ring),
            cmocka_unit_test(other_browsers_and_other_purposes_are_no_hops),
            cmocka_unit_test(a_page_that_redirects_to_itself_costs_no_squared_time),
            cmocka_unit_test(no_memory_is_told_and_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
