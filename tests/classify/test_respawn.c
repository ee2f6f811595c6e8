/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/respawn.h"
#include "classify/validator.h"
#include "tests/classify/scored_world.h"
#include "tests/support/oom.h"

#define ID "cd86275c2d83d9230f2a60753b50a469"
#define TAG "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
#define PAGE(c, ms) #c " " #ms " GET https://www.news.test/ 200 nav"
#define NEWS " | > Referer: https://www.news.test/"
#define SET " | < Set-Cookie: uid=" ID "; Max-Age=31536000"
#define BEFORE "2 100 GET https://ads.test/p 200 img" NEWS SET

/* The cookies are cleared ten seconds in. */
static void find(struct scored_world *w)
{
    static struct mark mark = {
            .time_ns = WORLD_START + 10000 * WORLD_MS, .kind = MARK_COOKIES_CLEARED};
    static const struct marks marks = {&mark, 1};

    assert_int_equal(validators_mark(&w->w.e, w->j.traces, w->j.trace_count), STATUS_OK);
    w->setup.marks = &marks;
    assert_int_equal(respawn_find(&w->w.e, &w->setup, &w->j, &w->f), STATUS_OK);
}

static const struct finding *at(const struct scored_world *w, size_t i, const char *via)
{
    assert_true(w->f.n > i);
    assert_string_equal(w->f.at[i]->kind, "identifier-respawn");
    fact_is_list(w->f.at[i], "via", via);
    return w->f.at[i];
}

static const struct finding *only(const struct scored_world *w, const char *via)
{
    assert_int_equal(w->f.n, 1);
    return at(w, 0, via);
}

static void an_old_value_behind_an_identifying_validator_came_by_it(void **state)
{
    struct scored_world w;
    const struct finding *f;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE " | < ETag: \"" TAG "\" | = GIF89a", PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 200 img" NEWS " | > If-None-Match: \"" TAG
            "\"" SET);
    find(&w);
    assert_int_equal(w.f.n, 2);
    fact_is(at(&w, 0, "etag"), "value", TAG);
    f = at(&w, 1, "etag");
    fact_is(f, "name", "uid");
    fact_is(f, "value", ID);
    fact_is(f, "came_back", "set");
    fact_counts(f, "seconds_after_clearing", 10);
    assert_int_equal(f->grade, GRADE_INFERRED);
    assert_int_equal(f->evidence_count, 3);
    assert_string_equal(f->evidence[2].part, "request.headers.4");
    assert_string_equal(f->statement_en,
            "After cookies were cleared, ads.test set the identifier uid = " ID
            " again, which it had before. It can have come back by: a cache validator (ETag).");
    scored_clear(&w);
}

static void a_validator_that_identifies_is_itself_an_identifier_that_stayed(void **state)
{
    struct scored_world w;
    const struct finding *f;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0),
            "2 100 GET https://ads.test/p 200 img" NEWS " | < ETag: \"" TAG "\" | = GIF89a",
            PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 304 img" NEWS " | > If-None-Match: \"" TAG "\"");
    find(&w);
    f = only(&w, "etag");
    fact_is(f, "value", TAG);
    fact_is(f, "came_back", "sent");
    scored_clear(&w);
}

static void a_last_modified_that_is_no_date_is_a_way(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 200 img" NEWS " | > If-Modified-Since: x-" TAG SET);
    find(&w);
    (void)only(&w, "last-modified");
    scored_clear(&w);
}

static void a_script_that_sends_the_old_value_had_it_in_a_store(void **state)
{
    struct scored_world w;
    const struct finding *f;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, PAGE(3, 20000),
            "4 20100 GET https://ads.test/p?visitor=" ID " 200 img" NEWS SET);
    find(&w);
    f = only(&w, "storage");
    fact_is(f, "came_back", "sent");
    assert_int_equal(f->grade, GRADE_OBSERVED);
    scored_clear(&w);
}

static void a_response_kept_for_ever_is_a_store(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE,
            "2 200 GET https://ads.test/id.js 200 script" NEWS
            " | < Cache-Control: public, immutable | = var id='" ID "'",
            PAGE(3, 20000), "4 20100 GET https://ads.test/p?visitor=" ID " 200 img" NEWS);
    find(&w);
    (void)only(&w, "cache, storage");
    scored_clear(&w);
    /* Fetched anew, it is an answer like any other. */
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE,
            "2 200 GET https://ads.test/id.js 200 script" NEWS
            " | < Cache-Control: public, immutable | = var id='" ID "'",
            PAGE(3, 20000), "4 20050 GET https://ads.test/id.js 200 script" NEWS,
            "4 20100 GET https://ads.test/p?visitor=" ID " 200 img" NEWS);
    find(&w);
    (void)only(&w, "storage");
    scored_clear(&w);
}

static void a_permanent_redirect_is_a_store(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE,
            "2 200 GET https://ads.test/go 301 img" NEWS
            " | < Location: https://ads.test/p?visitor=" ID,
            "2 300 GET https://ads.test/p?visitor=" ID " 200 img" NEWS, PAGE(3, 20000),
            "4 20100 GET https://ads.test/p?visitor=" ID " 200 img" NEWS SET);
    find(&w);
    (void)only(&w, "redirect");
    scored_clear(&w);
}

static void a_value_that_another_site_had_first_came_by_it(void **state)
{
    struct scored_world w;
    const struct finding *f;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, PAGE(3, 20000),
            "4 20050 GET https://px.test/p?visitor=" ID " 200 img" NEWS,
            "5 20100 GET https://ads.test/p?visitor=" ID " 200 img" NEWS SET);
    find(&w);
    f = only(&w, "other-site");
    fact_is(f, "came_by", "px.test");
    scored_clear(&w);
}

static void a_value_of_which_nothing_is_seen_is_told_so(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 200 img" NEWS SET);
    find(&w);
    (void)only(&w, "unknown");
    scored_clear(&w);
}

static void a_new_value_or_no_mark_is_no_respawn(void **state)
{
    struct scored_world w;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 200 img" NEWS " | < Set-Cookie: uid=" TAG
            "; Max-Age=31536000",
            "5 20200 GET https://ads.test/p?theme=dark 200 img" NEWS);
    find(&w);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE, "4 20100 GET https://ads.test/p 200 img" NEWS SET);
    assert_int_equal(respawn_find(&w.w.e, &w.setup, &w.j, &w.f), STATUS_OK);
    assert_int_equal(w.f.n, 0);
    scored_clear(&w);
}

static void every_failed_allocation_is_told(void **state)
{
    struct scored_world w;
    enum status status;
    long nth = 0;

    (void)state;
    SCORED_MAKE(&w, PAGE(1, 0), BEFORE " | < ETag: \"" TAG "\" | = GIF89a", PAGE(3, 20000),
            "4 20100 GET https://ads.test/p 200 img" NEWS " | > If-None-Match: \"" TAG
            "\"" SET);
    find(&w);
    do {
        struct arena *kept = w.j.arena;

        w.f = (struct findings){0};
        w.j.arena = arena_new(1 << 20);
        assert_non_null(w.j.arena);
        oom_fail_at(++nth);
        status = respawn_find(&w.w.e, &w.setup, &w.j, &w.f);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        arena_free(w.j.arena);
        w.j.arena = kept;
    } while (status == STATUS_NOMEM);
    assert_true(nth > 3);
    scored_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_old_value_behind_an_identifying_validator_came_by_it),
            cmocka_unit_test(a_validator_that_identifies_is_itself_an_identifier_that_stayed),
            cmocka_unit_test(a_last_modified_that_is_no_date_is_a_way),
            cmocka_unit_test(a_script_that_sends_the_old_value_had_it_in_a_store),
            cmocka_unit_test(a_response_kept_for_ever_is_a_store),
            cmocka_unit_test(a_permanent_redirect_is_a_store),
            cmocka_unit_test(a_value_that_another_site_had_first_came_by_it),
            cmocka_unit_test(a_value_of_which_nothing_is_seen_is_told_so),
            cmocka_unit_test(a_new_value_or_no_mark_is_no_respawn),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
