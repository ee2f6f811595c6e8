/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/visit.h"
#include "tests/classify/evidence_world.h"

/* Gathers again what attribution_judge gathered, to ask it. */
static struct visits gather(struct evidence_world *w)
{
    struct visits v;

    assert_true(visits_gather(w->a.arena, &w->e, w->a.views, w->a.of, NULL, &v));
    return v;
}

static int64_t at(long ms)
{
    return WORLD_START + ms * WORLD_MS;
}

static void the_latest_visit_that_had_begun_is_found(void **state)
{
    struct evidence_world w;
    struct visits v;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/1 200 nav", "2 100 GET https://b.test/ 200 nav",
            "3 200 GET https://www.a.test/2 200 nav", "4 300 GET https://a.test/1 200 nav");
    v = gather(&w);
    assert_int_equal(v.n, 4);
    assert_null(visits_find(&v, bytes_text("a.test"), at(-1)));
    assert_int_equal(visits_find(&v, bytes_text("a.test"), at(0))->exchange, 0);
    assert_int_equal(visits_find(&v, bytes_text("a.test"), at(199))->exchange, 0);
    assert_int_equal(visits_find(&v, bytes_text("a.test"), at(200))->exchange, 2);
    assert_int_equal(visits_find(&v, bytes_text("b.test"), at(999))->exchange, 1);
    assert_null(visits_find(&v, bytes_text("c.test"), at(999)));
    assert_null(visits_find(&v, bytes_of(NULL, 0), at(999)));
    assert_int_equal(
            visits_find_url(&v, bytes_text("a.test"), bytes_text("https://a.test/1#x"), at(250))
                    ->exchange,
            0);
    assert_int_equal(
            visits_find_url(&v, bytes_text("a.test"), bytes_text("https://a.test/1"), at(300))
                    ->exchange,
            3);
    assert_null(
            visits_find_url(&v, bytes_text("a.test"), bytes_text("https://a.test/3"), at(300)));
    world_clear(&w);
}

static void a_site_is_framed_from_when_it_was_first_embedded_elsewhere(void **state)
{
    struct evidence_world w;
    struct visits v;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav",
            "2 100 GET https://f.test/ 200 frame | > Referer: https://a.test/",
            "3 200 GET https://a.test/inner 200 frame | > Referer: https://a.test/",
            "4 300 GET https://g.test/ 200 frame | > Sec-Fetch-Site: cross-site");
    v = gather(&w);
    assert_false(visits_framed(&v, bytes_text("f.test"), at(99)));
    assert_true(visits_framed(&v, bytes_text("f.test"), at(100)));
    assert_true(visits_framed(&v, bytes_text("g.test"), at(300)));
    assert_false(visits_framed(&v, bytes_text("a.test"), at(999)));
    world_clear(&w);
}

/* Over plain HTTP a document with a Referer of another site may be a page or a frame. */
static void a_plain_document_from_elsewhere_may_be_a_frame(void **state)
{
    struct evidence_world w;
    struct visits v;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET http://a.test/ 200 page",
            "1 100 GET http://a.test/2 200 page | > Referer: http://a.test/",
            "2 200 GET http://f.test/ 200 page | > Referer: http://a.test/",
            "3 300 GET http://f.test/x.gif 200 plain | > Referer: http://f.test/");
    v = gather(&w);
    assert_int_equal(v.n, 2);
    assert_true(visits_framed(&v, bytes_text("f.test"), at(200)));
    assert_page(&w, 2, "-/none");
    assert_page(&w, 3, "-/none");
    world_clear(&w);
}

static void prefetches_are_no_visits(void **state)
{
    struct evidence_world w;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://a.test/ 200 nav | > Sec-Purpose: prefetch");
    assert_int_equal(w.a.visit_count, 0);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_latest_visit_that_had_begun_is_found),
            cmocka_unit_test(a_site_is_framed_from_when_it_was_first_embedded_elsewhere),
            cmocka_unit_test(a_plain_document_from_elsewhere_may_be_a_frame),
            cmocka_unit_test(prefetches_are_no_visits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
