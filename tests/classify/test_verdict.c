/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/classify/verdict_world.h"

static void a_lone_browser_identifier_follows_the_two_courts(void **state)
{
    struct world *w = world_new();
    struct trace *t = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);

    (void)state;
    judge(w);
    assert_verdicts(t, A, U, I);
    assert_true(stands_on(t, READING_ALONE, "CN-CASE-ZHUYE-2"));
    assert_true(stands_on(t, READING_COMBINED, "CN-PI-2"));
    assert_true(stands_on(t, READING_BROAD, "CN-PI-1"));
    assert_true(stands_on(t, READING_BROAD, "CN-PI-4"));
    assert_true(stands_on(t, READING_BROAD, "EU-PD-1"));
    assert_false(stands_on(t, READING_BROAD, "US-CA-UID"));
    assert_int_equal(t->fact_count, 0);
    world_free(w);
}

static void a_short_value_singles_nobody_out_unless_its_format_is_known(void **state)
{
    struct world *w = world_new();
    struct trace *weak = add(w, CLASS_BROWSER_IDENTIFIER, "abc123", "ads.test", 0);
    struct trace *known = add(w, CLASS_BROWSER_IDENTIFIER, "abd124", "ads.test", 1);

    (void)state;
    weak->bits = known->bits = VERDICT_BITS_LEAST - 1;
    known->terms[0].code = VERDICT_KNOWN_FORMAT;
    known->term_count = 1;
    judge(w);
    assert_verdicts(weak, A, U, U);
    assert_verdicts(known, A, U, I);
    world_free(w);
}

static void content_follows_the_identifier_beside_it(void **state)
{
    struct world *w = world_new();
    struct trace *bare = add(w, CLASS_SEARCH, "weight loss", "search.test", 0);
    struct trace *with = add(w, CLASS_SEARCH, "weight loss", "ads.test", 1);
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 1);
    struct trace *tied = add(w, CLASS_CONTENT, "http://news.test/a", "soc.test", 2);
    struct trace *typed = add(w, CLASS_CONTENT, "my name is", "chat.test", 3);

    (void)state;
    (void)add(w, CLASS_ACCOUNT, "user-77812", "soc.test", 2);
    typed->carrier = CARRIER_BODY;
    judge(w);
    assert_verdicts(bare, A, A, U);
    assert_true(stands_on(bare, READING_COMBINED, "CN-PI-2"));
    assert_true(stands_on(bare, READING_BROAD, "EU-PD-3"));
    assert_verdicts(with, A, U, I);
    assert_true(has(with, "U9") && has(uid, "U9"));
    assert_true(stands_on(with, READING_BROAD, "CN-PI-4"));
    assert_verdicts(tied, A, I, I);
    assert_true(has(tied, "U2"));
    assert_verdicts(typed, U, U, U);
    world_free(w);
}

static void content_follows_an_identifier_that_another_request_ties(void **state)
{
    struct world *w = world_new();
    struct trace *read = add(w, CLASS_CONTENT, "http://news.test/a", "ads.test", 0);

    (void)state;
    (void)add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    (void)add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 6);
    (void)add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 6);
    judge(w);
    assert_verdicts(read, A, I, I);
    world_free(w);
}

static void the_other_classes_follow_the_table(void **state)
{
    struct world *w = world_new();
    struct trace *device = add(w, CLASS_DEVICE, "867400020316612", "ads.test", 0);
    struct trace *token = add(w, CLASS_CREDENTIAL, UID, "news.test", 1);
    struct trace *login = add(w, CLASS_CREDENTIAL, OTHER_UID, "news.test", 2);
    struct trace *consent =
            add(w, CLASS_CONSENT_STRING, "CPXxRfAPXxRfAAfKABENB", "ads.test", 3);
    struct trace *here = add(w, CLASS_LOCATION, "31.2304,121.4737", "map.test", 4);
    struct trace *town = add(w, CLASS_LOCATION, "Shanghai", "map.test", 5);

    (void)state;
    login->terms[0].code = VERDICT_KNOWN_FORMAT;
    login->term_count = 1;
    judge(w);
    assert_verdicts(device, A, U, I);
    assert_true(stands_on(device, READING_BROAD, "CN-PI-5"));
    assert_verdicts(token, A, U, I);
    assert_verdicts(login, A, I, I);
    assert_verdicts(consent, A, U, I);
    assert_true(stands_on(consent, READING_BROAD, "EU-PD-4"));
    assert_verdicts(here, A, I, I);
    assert_verdicts(town, A, U, U);
    world_free(w);
}

static void an_older_capture_is_judged_by_the_rules_of_its_time(void **state)
{
    struct world *w = world_new();
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);
    struct trace *mail = add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 1);

    (void)state;
    w->when_ns = NS(S_2018);
    judge(w);
    assert_verdicts(uid, A, U, U);
    assert_verdicts(mail, I, I, U);
    assert_true(stands_on(mail, READING_ALONE, "CN-PI-3"));
    assert_false(stands_on(mail, READING_ALONE, "CN-PI-2"));
    w->when_ns = NS(S_2010);
    judge(w);
    assert_verdicts(uid, U, U, U);
    assert_verdicts(mail, U, U, U);
    world_free(w);
}

static void every_verdict_but_undetermined_has_a_ground_and_all_have_words(void **state)
{
    struct world *w = world_new();

    (void)state;
    for (unsigned c = CLASS_UNKNOWN; c <= CLASS_TECHNICAL; c++) {
        (void)add(w, c, UID, "ads.test", c % 4);
        (void)add(w, c, "fr", "cdn.test", 4 + c % 4);
    }
    judge(w);
    for (size_t i = 0; i < w->n; i++) {
        for (unsigned r = 0; r < READINGS; r++) {
            const struct trace *t = &w->traces[i];
            const char *en = verdict_text(t, r, VERDICT_ENGLISH);
            const char *zh = verdict_text(t, r, VERDICT_CHINESE);

            assert_true(t->verdicts[r] == VERDICT_UNDETERMINED || t->ground_count[r] > 0);
            assert_true(strlen(en) > 20 && strlen(zh) > 20);
            assert_null(strstr(en, "The facts and grounds beside it"));
            for (size_t g = 0; g < t->ground_count[r]; g++)
                assert_non_null(legal_find(w->legal, t->grounds[r][g]));
        }
        for (size_t f = 0; f < w->traces[i].fact_count; f++)
            assert_non_null(verdict_fact_text(w->traces[i].facts[f], VERDICT_CHINESE));
    }
    assert_null(verdict_fact_text("U99", VERDICT_ENGLISH));
    world_free(w);
}

static void words_follow_the_facts(void **state)
{
    struct world *w = world_new();
    struct trace *uid = add(w, CLASS_BROWSER_IDENTIFIER, UID, "ads.test", 0);

    (void)state;
    (void)add(w, CLASS_DIRECT, "wang@example.test", "ads.test", 0);
    uid->lifetime_s = YEAR_S;
    judge(w);
    assert_non_null(strstr(verdict_text(uid, READING_ALONE, VERDICT_ENGLISH), "Zhu Ye"));
    assert_non_null(strstr(
            verdict_text(uid, READING_COMBINED, VERDICT_ENGLISH), "with a direct identifier"));
    assert_non_null(strstr(verdict_text(uid, READING_BROAD, VERDICT_ENGLISH), "30 days"));
    world_free(w);
}

static void judging_twice_says_the_same(void **state)
{
    struct world *w = world_new();
    static struct trace before[TRACES_MOST];

    (void)state;
    for (unsigned c = CLASS_UNKNOWN; c <= CLASS_TECHNICAL; c++)
        (void)add(w, c, c % 2 == 0 ? UID : OTHER_UID, "ads.test", c % EXCHANGES);
    judge(w);
    memcpy(before, w->traces, sizeof(before));
    judge(w);
    for (size_t i = 0; i < w->n; i++) {
        assert_memory_equal(
                before[i].verdicts, w->traces[i].verdicts, sizeof(before[i].verdicts));
        assert_int_equal(before[i].fact_count, w->traces[i].fact_count);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_lone_browser_identifier_follows_the_two_courts),
            cmocka_unit_test(a_short_value_singles_nobody_out_unless_its_format_is_known),
            cmocka_unit_test(content_follows_the_identifier_beside_it),
            cmocka_unit_test(content_follows_an_identifier_that_another_request_ties),
            cmocka_unit_test(the_other_classes_follow_the_table),
            cmocka_unit_test(an_older_capture_is_judged_by_the_rules_of_its_time),
            cmocka_unit_test(every_verdict_but_undetermined_has_a_ground_and_all_have_words),
            cmocka_unit_test(words_follow_the_facts),
            cmocka_unit_test(judging_twice_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
