/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/classify/verdict_world.h"
#include "tests/support/oom.h"

static void u1_joins_what_one_request_carried(void **state)
{
    struct world *w = world_new();
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *mail = add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 0);
    struct trace *apart = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 1);

    (void)state;
    judge(w);
    assert_true(has(uid, "U1"));
    assert_verdicts(uid, A, I, I);
    assert_verdicts(mail, I, I, I);
    assert_true(stands_on(mail, READING_ALONE, "CN-PI-2"));
    assert_false(has(apart, "U1"));
    assert_verdicts(apart, A, U, I);
    world_free(w);
}

static void a_response_does_not_count_as_a_request(void **state)
{
    struct world *w = world_new();
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *mail = add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 0);
    struct trace *set = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 1);
    struct trace *also = add(w, CLASS_DIRECT, "13800138000", "ads.test", 1);

    (void)state;
    mail->places[0].part = "response.headers.3";
    set->carrier = CARRIER_SET_COOKIE;
    judge(w);
    assert_false(has(uid, "U1"));
    assert_false(has(set, "U1"));
    assert_verdicts(also, I, I, I);
    world_free(w);
}

static void u2_finds_the_same_value_with_an_account_elsewhere(void **state)
{
    struct world *w = world_new();
    struct trace *cookie = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *query = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 5);
    struct trace *account = add(w, CLASS_ACCOUNT, "user-77812", "ads.test", 5);
    struct trace *others = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 2);

    (void)state;
    cookie->carrier = CARRIER_COOKIE;
    judge(w);
    assert_true(has(cookie, "U2"));
    assert_true(has(query, "U2"));
    assert_verdicts(cookie, A, I, I);
    assert_verdicts(account, U, I, I);
    assert_false(has(account, "U2"));
    assert_false(has(others, "U2"));
    world_free(w);
}

static void u3_needs_two_owners(void **state)
{
    struct world *w = world_new();
    struct trace *a = add(w, CLASS_BROWSER_IDENTIFIER, UID, "doubleclick.net", 0);
    struct trace *b = add(w, CLASS_BROWSER_IDENTIFIER, UID, "google.com", 1);
    struct trace *c = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "doubleclick.net", 2);
    struct trace *d = add(w, CLASS_UNKNOWN, OTHER_UID, "adnxs.com", 3);

    (void)state;
    judge(w);
    assert_false(has(a, "U3"));
    assert_false(has(b, "U3"));
    assert_true(has(c, "U3"));
    assert_verdicts(c, A, I, I);
    assert_true(stands_on(c, READING_BROAD, "US-CA-UID"));
    assert_false(has(d, "U3"));
    assert_verdicts(d, U, U, U);
    world_free(w);
}

static void u3_tells_owners_apart_by_site_without_a_party_table(void **state)
{
    struct world *w = world_new();
    struct trace *a = add(w, CLASS_BROWSER_IDENTIFIER, UID, "doubleclick.net", 0);

    (void)state;
    (void)add(w, CLASS_BROWSER_IDENTIFIER, UID, "google.com", 1);
    assert_int_equal(verdict_judge(w->legal, NULL, &w->evidence, &w->attributions, w->traced,
                             w->n, w->when_ns),
            STATUS_OK);
    assert_true(has(a, "U3"));
    world_free(w);
}

static void u3_sees_the_identifier_inside_other_values(void **state)
{
    struct world *w = world_new();
    struct trace *a = add(w, CLASS_BROWSER_IDENTIFIER, "v=1&uid=" UID, "ads.test", 0);
    struct trace *b = add(w, CLASS_CONTENT, "{\"u\":\"" UID "\",\"w\":3}", "sync.test", 1);

    (void)state;
    judge(w);
    assert_true(has(a, "U3"));
    assert_false(has(b, "U3"));
    world_free(w);
}

static void u3_is_not_fooled_by_a_lesser_part_of_an_identifier(void **state)
{
    struct world *w = world_new();
    struct trace *a =
            add(w, CLASS_BROWSER_IDENTIFIER, "key=Zx81kQp42m&uid=" UID, "ads.test", 0);

    (void)state;
    (void)add(w, CLASS_TECHNICAL, "Zx81kQp42m", "cdn.test", 1);
    judge(w);
    assert_false(has(a, "U3"));
    world_free(w);
}

static void u3_is_not_fooled_by_a_short_value(void **state)
{
    struct world *w = world_new();
    struct trace *a = add(w, CLASS_BROWSER_IDENTIFIER, "abc12", "ads.test", 0);
    struct trace *b = add(w, CLASS_BROWSER_IDENTIFIER, "abc12", "sync.test", 1);

    (void)state;
    judge(w);
    assert_false(has(a, "U3"));
    assert_false(has(b, "U3"));
    world_free(w);
}

static void u5_says_which_kind_of_lasting_it_is(void **state)
{
    struct world *w = world_new();
    struct trace *year = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *twice = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 0);
    struct trace *once = add(w, CLASS_BROWSER_IDENTIFIER, "zz" UID, "ads.test", 0);

    (void)state;
    year->lifetime_s = YEAR_S;
    also_in(twice, EXCHANGES - 1);
    also_in(once, 1);
    once->lifetime_s = (int64_t)VERDICT_LIFETIME_DAYS * 86400 - 1;
    judge(w);
    assert_true(has(year, "U5") && has(year, "U5-lifetime") && !has(year, "U5-visits"));
    assert_true(has(twice, "U5") && !has(twice, "U5-lifetime") && has(twice, "U5-visits"));
    assert_false(has(once, "U5"));
    assert_true(stands_on(year, READING_BROAD, "US-CA-UID"));
    assert_false(stands_on(twice, READING_BROAD, "US-CA-UID"));
    world_free(w);
}

static void u7_needs_page_sites_of_two_groups(void **state)
{
    struct world *w = world_new();
    struct trace *two = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *family = add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 0);
    struct trace *here = add(w, CLASS_BROWSER_IDENTIFIER, "zz" UID, "ads.test", 0);
    struct trace *there = add(w, CLASS_BROWSER_IDENTIFIER, "zz" UID, "ads.test", 7);

    (void)state;
    two->pages[1] = BYTES_LITERAL("shop.test");
    two->page_count = 2;
    family->pages[0] = BYTES_LITERAL("google.com");
    family->pages[1] = BYTES_LITERAL("youtube.com");
    family->page_count = 2;
    there->pages[0] = BYTES_LITERAL("shop.test");
    judge(w);
    assert_true(has(two, "U7"));
    assert_false(has(family, "U7"));
    assert_true(has(here, "U7"));
    assert_true(has(there, "U7"));
    world_free(w);
}

static void d2_wants_a_session_of_one_site_that_was_seen_whole(void **state)
{
    struct world *w = world_new();
    struct trace *good = add(w, CLASS_SESSION, UID, "news.test", 0);
    struct trace *lasting = add(w, CLASS_SESSION, "b" UID, "news.test", 0);
    struct trace *unknown = add(w, CLASS_SESSION, "c" UID, "news.test", 0);
    struct trace *cut = add(w, CLASS_SESSION, "d" UID, "news.test", 1);
    struct trace *lost = add(w, CLASS_SESSION, "e" UID, "news.test", 2);
    struct trace *wide = add(w, CLASS_SESSION, "f" UID, "news.test", 0);
    struct trace *more = add(w, CLASS_SESSION, "aa" UID, "news.test", 0);
    struct trace *tied = add(w, CLASS_SESSION, "ab" UID, "news.test", 3);

    (void)state;
    (void)add(w, CLASS_ACCOUNT, "user-77812", "news.test", 3);
    for (size_t i = 0; i < w->n; i++)
        w->traces[i].lifetime_s = 0;
    lasting->lifetime_s = 3600;
    unknown->lifetime_s = -1;
    w->exchanges[1].request.whole = false;
    w->of[2].visit = NULL;
    wide->pages[1] = BYTES_LITERAL("shop.test");
    wide->page_count = 2;
    more->count = 2;
    judge(w);
    assert_true(has(good, "D2"));
    assert_verdicts(good, A, A, I);
    assert_verdicts(lasting, A, U, I);
    assert_verdicts(unknown, A, U, I);
    assert_verdicts(cut, A, U, I);
    assert_verdicts(lost, A, U, I);
    assert_verdicts(wide, A, U, I);
    assert_verdicts(more, A, U, I);
    assert_verdicts(tied, A, I, I);
    assert_false(stands_on(good, READING_BROAD, "US-CA-UID"));
    world_free(w);
}

static void d3_wants_one_attribute_of_few_values(void **state)
{
    struct world *w = world_new();
    struct trace *lone = add(w, CLASS_TECHNICAL, "1920x1080", "cdn.test", 0);
    struct trace *chosen = add(w, CLASS_PREFERENCE, "fr", "cdn.test", 1);
    struct trace *beside = add(w, CLASS_TECHNICAL, "fr", "ads.test", 2);
    struct trace *hash = add(w, CLASS_TECHNICAL, UID, "cdn.test", 3);

    (void)state;
    (void)add(w, CLASS_BROWSER_IDENTIFIER, OTHER_UID, "ads.test", 2);
    lone->bits = chosen->bits = beside->bits = 12;
    judge(w);
    assert_true(has(lone, "D3"));
    assert_verdicts(lone, A, A, A);
    assert_verdicts(chosen, A, A, U);
    assert_verdicts(beside, A, U, U);
    assert_false(has(hash, "D3"));
    assert_verdicts(hash, U, U, U);
    world_free(w);
}

static void many_small_attributes_together_are_not_anonymous(void **state)
{
    static const char *const values[] = {"fr", "24", "8", "1", "gb"};
    struct world *w = world_new();

    (void)state;
    for (size_t i = 0; i <= VERDICT_LOW_TOGETHER; i++)
        add(w, CLASS_TECHNICAL, values[i], "cdn.test", 0)->bits = 4;
    judge(w);
    for (size_t i = 0; i < w->n; i++)
        assert_verdicts(&w->traces[i], A, A, U);
    world_free(w);
}

static void facts_noted_before_are_kept_and_count(void **state)
{
    struct world *w = world_new();
    struct trace *hash = add(w, CLASS_DIRECT, UID, "ads.test", 0);
    struct trace *same = add(w, CLASS_UNKNOWN, OTHER_UID, "cdn.test", 1);

    (void)state;
    hash->facts[hash->fact_count++] = "U4";
    same->facts[same->fact_count++] = "X-own";
    same->facts[same->fact_count++] = "D1";
    judge(w);
    assert_verdicts(hash, U, I, I);
    assert_true(stands_on(hash, READING_COMBINED, "CN-DEF"));
    assert_true(has(same, "D1") && has(same, "X-own"));
    assert_verdicts(same, A, A, A);
    world_free(w);
}

static void leaves_traces_alone_when_memory_fails(void **state)
{
    struct world *w = world_new();
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    bool happened = true;

    (void)state;
    (void)add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 0);
    for (long n = 1; happened; n++) {
        enum status status;

        oom_fail_at(n);
        status = verdict_judge(w->legal, w->parties, &w->evidence, &w->attributions, w->traced,
                w->n, w->when_ns);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        assert_int_equal(uid->fact_count, happened ? 0 : 1);
    }
    world_free(w);
}

static void no_traces_are_no_trouble(void **state)
{
    struct world *w = world_new();

    (void)state;
    judge(w);
    world_free(w);
}

/* 40 000 traces of one value: pairwise work would take minutes. */
static void time_grows_with_the_number_of_traces_not_its_square(void **state)
{
    enum { MANY = 40000 };
    struct world *w = world_new();
    struct trace *model = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *traces = calloc(MANY, sizeof(*traces));
    struct trace **list = calloc(MANY, sizeof(*list));
    clock_t start = clock();

    (void)state;
    assert_non_null(traces);
    assert_non_null(list);
    for (size_t i = 0; i < MANY; i++) {
        traces[i] = *model;
        if (i % 2 != 0)
            traces[i].recipient = traces[i].recipient_site = BYTES_LITERAL("sync.test");
        list[i] = &traces[i];
    }
    assert_int_equal(verdict_judge(w->legal, w->parties, &w->evidence, &w->attributions, list,
                             MANY, w->when_ns),
            STATUS_OK);
    assert_true(has(&traces[MANY - 1], "U3"));
    assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
    free(list);
    free(traces);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(u1_joins_what_one_request_carried),
            cmocka_unit_test(a_response_does_not_count_as_a_request),
            cmocka_unit_test(u2_finds_the_same_value_with_an_account_elsewhere),
            cmocka_unit_test(u3_needs_two_owners),
            cmocka_unit_test(u3_tells_owners_apart_by_site_without_a_party_table),
            cmocka_unit_test(u3_sees_the_identifier_inside_other_values),
            cmocka_unit_test(u3_is_not_fooled_by_a_lesser_part_of_an_identifier),
            cmocka_unit_test(u3_is_not_fooled_by_a_short_value),
            cmocka_unit_test(u5_says_which_kind_of_lasting_it_is),
            cmocka_unit_test(u7_needs_page_sites_of_two_groups),
            cmocka_unit_test(d2_wants_a_session_of_one_site_that_was_seen_whole),
            cmocka_unit_test(d3_wants_one_attribute_of_few_values),
            cmocka_unit_test(many_small_attributes_together_are_not_anonymous),
            cmocka_unit_test(facts_noted_before_are_kept_and_count),
            cmocka_unit_test(leaves_traces_alone_when_memory_fails),
            cmocka_unit_test(no_traces_are_no_trouble),
            cmocka_unit_test(time_grows_with_the_number_of_traces_not_its_square),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
