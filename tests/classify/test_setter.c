/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/gather.h"
#include "tests/classify/evidence_world.h"

/* Who set the cookie of this name that the last exchange sent. */
static void assert_set(struct evidence_world *w, const char *name, const char *how, int64_t by,
        int64_t lifetime)
{
    struct arena *arena = arena_new(1 << 20);
    const struct trace *found = NULL;
    struct traces t;

    assert_non_null(arena);
    assert_int_equal(gather_traces(arena, &w->e, &w->a, &t), STATUS_OK);
    for (size_t i = 0; i < t.n; i++) {
        if (t.at[i]->carrier == CARRIER_COOKIE && bytes_is(t.at[i]->name, name))
            found = t.at[i];
    }
    assert_non_null(found);
    assert_string_equal(found->set_how, how);
    assert_int_equal(found->set_by, by);
    assert_int_equal(found->lifetime_s, lifetime);
    arena_free(arena);
    world_clear(w);
}

static void a_response_of_the_site_set_it(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://x.test/ 200 nav | < Set-Cookie: uid=1; Max-Age=5",
            "2 100 GET https://a.t.test/ 200 nav | < Set-Cookie: uid=1; Max-Age=86400; Domain="
            "t.test",
            "3 200 GET https://b.t.test/ 200 img | > Cookie: uid=1");
    assert_set(&w, "uid", "set-cookie", 1, 86400);
}

static void a_response_that_came_later_did_not(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 100 GET https://t.test/ 200 nav | > Cookie: uid=1 | < Set-Cookie: uid=1");
    assert_set(&w, "uid", "unknown", ATTRIBUTION_NONE, -1);
}

static void a_script_made_what_no_response_set(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav | > Cookie: old=1",
            "1 100 GET https://t.test/x 200 img | > Cookie: old=1; uid=1");
    assert_set(&w, "uid", "script", ATTRIBUTION_NONE, -1);
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav | > Cookie: old=1",
            "1 100 GET https://t.test/x 200 img | > Cookie: old=1; uid=1");
    assert_set(&w, "old", "unknown", ATTRIBUTION_NONE, -1);
}

/* What could not be seen must not look like nothing there. */
static void an_unseen_response_in_between_leaves_it_open(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav", "1 50 GET https://in.t.test/api 0 fetch",
            "1 100 GET https://t.test/x 200 img | > Cookie: uid=1");
    assert_set(&w, "uid", "unknown", ATTRIBUTION_NONE, -1);
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav", "1 50 GET https://other.test/api 0 fetch",
            "1 100 GET https://t.test/x 200 img | > Cookie: uid=1",
            "1 150 GET https://t.test/y 0 img");
    assert_set(&w, "uid", "script", ATTRIBUTION_NONE, -1);
}

static void a_document_of_another_host_says_nothing(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://www.t.test/ 200 nav",
            "1 100 GET https://t.test/x 200 img | > Cookie: uid=1");
    assert_set(&w, "uid", "unknown", ATTRIBUTION_NONE, -1);
}

static void the_longest_life_and_its_attributes_belong_together(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w,
            "1 0 GET https://t.test/ 200 nav | < Set-Cookie: uid=1; Max-Age=100; Path=/a",
            "1 100 GET https://t.test/2 200 nav | < Set-Cookie: uid=1; Max-Age=10; Path=/b",
            "1 200 GET https://t.test/x 200 img | > Cookie: uid=1");
    assert_set(&w, "uid", "set-cookie", 0, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_response_of_the_site_set_it),
            cmocka_unit_test(a_response_that_came_later_did_not),
            cmocka_unit_test(a_script_made_what_no_response_set),
            cmocka_unit_test(an_unseen_response_in_between_leaves_it_open),
            cmocka_unit_test(a_document_of_another_host_says_nothing),
            cmocka_unit_test(the_longest_life_and_its_attributes_belong_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
