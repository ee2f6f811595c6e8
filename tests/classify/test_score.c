/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/kept.h"
#include "classify/score.h"
#include "classify/score_name.h"
#include "tests/support/oom.h"

#define NOW_NS INT64_C(1768000000000000000)
#define DAY_S 86400

static struct trace trace(enum carrier carrier, const char *name, const char *value)
{
    return (struct trace){.carrier = carrier,
            .name = bytes_text(name),
            .value = bytes_text(value),
            .decoded = bytes_text(value),
            .recipient = bytes_text("t.test"),
            .lifetime_s = -1,
            .count = 2,
            .first_ns = NOW_NS};
}

static void score_one(struct trace *t)
{
    struct formats *formats = formats_new();
    int sum = 0;

    assert_non_null(formats);
    assert_int_equal(score_traces(formats, &t, 1), STATUS_OK);
    for (size_t i = 0; i < t->term_count; i++)
        sum += t->terms[i].points;
    assert_int_equal(sum, t->score); /* the terms explain the whole score */
    formats_free(formats);
}

static void assert_class(struct trace t, enum trace_class want)
{
    score_one(&t);
    if (t.class_ != want)
        fail_msg("%.*s: %s, not %s", (int)t.name.n, (const char *)t.name.p,
                trace_class_name(t.class_), trace_class_name(want));
}

static void a_long_lived_unique_cookie_is_an_identifier(void **state)
{
    struct trace t =
            trace(CARRIER_COOKIE, "visitor_id", "8f14e45f-ceea-467a-9a36-dedd4bea2543");

    (void)state;
    t.lifetime_s = 365 * DAY_S;
    score_one(&t);
    assert_int_equal(t.class_, CLASS_BROWSER_IDENTIFIER);
    assert_int_equal(t.bits, 128);
    assert_true(t.score >= SCORE_IDENTIFIER);
    assert_false(t.masked);
}

static void forms_and_names_decide_the_rest(void **state)
{
    (void)state;
    assert_class(trace(CARRIER_QUERY, "t", "1768000000"), CLASS_TECHNICAL);
    assert_class(trace(CARRIER_QUERY, "lang", "de-AT"), CLASS_PREFERENCE);
    assert_class(trace(CARRIER_QUERY, "q", "flu symptoms"), CLASS_SEARCH);
    assert_class(trace(CARRIER_QUERY, "m", "me@example.org"), CLASS_DIRECT);
    assert_class(trace(CARRIER_QUERY, "dl", "https://a.test/"), CLASS_CONTENT);
    assert_class(trace(CARRIER_COOKIE, "csrftoken", "8f14e45fceea167a5a36dedd4bea2543"),
            CLASS_SESSION);
}

static void credentials_are_masked(void **state)
{
    struct trace t = trace(CARRIER_HEADER, "Authorization", "Bearer abcdefgh");

    (void)state;
    score_one(&t);
    assert_int_equal(t.class_, CLASS_CREDENTIAL);
    assert_true(t.masked);
}

static void a_name_with_a_new_value_each_time_loses_points(void **state)
{
    struct formats *formats = formats_new();
    struct trace all[4];
    struct trace *at[4];
    char value[4][16];

    (void)state;
    assert_non_null(formats);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(value[i], sizeof(value[i]), "xk7q2mzp%zu", i);
        all[i] = trace(CARRIER_QUERY, "cb", value[i]);
        all[i].count = 1;
        all[i].number = i + 1;
        at[i] = &all[i];
    }
    assert_int_equal(score_traces(formats, at, 4), STATUS_OK);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(all[i].terms[0].code, "changes");
    formats_free(formats);
}

static void an_identifier_inside_an_encoding_is_derived(void **state)
{
    struct trace t = trace(
            CARRIER_COOKIE, "uid", "{\"id\":\"8f14e45f-ceea-467a-9a36-dedd4bea2543\",\"t\":5}");

    (void)state;
    t.lifetime_s = 365 * DAY_S;
    score_one(&t);
    assert_int_equal(t.class_, CLASS_BROWSER_IDENTIFIER);
    assert_int_equal(t.grade, GRADE_DERIVED);
}

static void names_are_read_by_words_and_their_front_only(void **state)
{
    enum { LONG = 1 << 20 };
    char *name = malloc(LONG);

    (void)state;
    assert_true(score_name_identifier(bytes_text("visitorId")));
    assert_true(score_name_identifier(bytes_text("my-uid2")));
    assert_false(score_name_identifier(bytes_text("fluid")));
    assert_false(score_name_identifier(bytes_text("")));
    assert_true(score_name_session(bytes_text("JSESSIONID")));
    assert_true(score_name_consent(bytes_text("gdpr_consent")));
    assert_non_null(name);
    memset(name, '_', LONG);
    memcpy(name + LONG - 4, "_uid", 4);
    assert_false(score_name_identifier(bytes_of(name, LONG)));
    free(name);
}

static bool has_term(const struct trace *t, const char *code)
{
    for (size_t i = 0; i < t->term_count; i++) {
        if (strcmp(t->terms[i].code, code) == 0)
            return true;
    }
    return false;
}

#define UID "f81d4fae7dec11d0a765"

static void what_the_capture_shows_of_keeping_counts(void **state)
{
    struct trace once = trace(CARRIER_QUERY, "x7", UID), again = once, written = once;
    struct trace nonce = trace(CARRIER_COOKIE, "x7", UID), made = nonce;

    (void)state;
    score_one(&once);
    assert_int_not_equal(once.class_, CLASS_BROWSER_IDENTIFIER);
    again.signs = KEPT_AGAIN;
    score_one(&again);
    assert_int_equal(again.class_, CLASS_BROWSER_IDENTIFIER);
    assert_true(has_term(&again, "again"));
    written.signs = KEPT_AGAIN | KEPT_IN_SCRIPT;
    score_one(&written);
    assert_int_not_equal(written.class_, CLASS_BROWSER_IDENTIFIER);
    assert_false(has_term(&written, "again"));
    nonce.lifetime_s = 90 * DAY_S;
    nonce.signs = KEPT_REPLACED;
    score_one(&nonce);
    assert_int_not_equal(nonce.class_, CLASS_BROWSER_IDENTIFIER);
    made.set_how = "script";
    score_one(&made);
    assert_true(has_term(&made, "made"));
}

static void names_of_sites_and_versions_speak_against_it(void **state)
{
    struct trace t = trace(CARRIER_COOKIE, "build_id", UID);

    (void)state;
    t.lifetime_s = 365 * DAY_S;
    t.signs = KEPT_AGAIN;
    score_one(&t);
    assert_int_not_equal(t.class_, CLASS_BROWSER_IDENTIFIER);
    assert_true(has_term(&t, "constant-name"));
    assert_class(trace(CARRIER_COOKIE, "ab", "exp_211.b|exp_87.a"), CLASS_UNKNOWN);
    assert_class(trace(CARRIER_COOKIE, "since", "2026-01-12T16:52:39Z"), CLASS_TECHNICAL);
}

static void an_identifier_is_one_under_any_name(void **state)
{
    struct formats *formats = formats_new();
    struct trace all[2] = {trace(CARRIER_COOKIE, "uid", UID), trace(CARRIER_QUERY, "z", UID)};
    struct trace *at[2] = {&all[0], &all[1]};

    (void)state;
    assert_non_null(formats);
    all[0].lifetime_s = 365 * DAY_S;
    all[1].recipient = bytes_text("other.test");
    assert_int_equal(score_traces(formats, at, 2), STATUS_OK);
    assert_int_equal(all[1].class_, CLASS_BROWSER_IDENTIFIER);
    assert_true(has_term(&all[1], "elsewhere"));
    formats_free(formats);
}

static void personal_data_are_known_by_structure(void **state)
{
    struct trace id = trace(CARRIER_BODY, "z", "11010519491231002X");
    struct trace phone = trace(CARRIER_BODY, "mobile", "13800138000");

    (void)state;
    score_one(&id);
    assert_int_equal(id.class_, CLASS_DIRECT);
    assert_int_equal(id.grade, GRADE_OBSERVED);
    score_one(&phone);
    assert_int_equal(phone.class_, CLASS_DIRECT);
    assert_int_equal(phone.grade, GRADE_INFERRED);
    phone = trace(CARRIER_BODY, "z", "13800138000");
    score_one(&phone);
    assert_int_not_equal(phone.class_, CLASS_DIRECT);
}

/* Values that ask for much memory are taken apart one after the other, not all at once. */
static void many_packed_values_need_little_memory(void **state)
{
    enum { MANY = 200 };
    struct formats *formats = formats_new();
    static struct trace all[MANY];
    static struct trace *at[MANY];
    uint8_t bomb[4096];
    FILE *file = fopen("tests/fuzz/corpus/value/bomb", "rb");
    size_t n;

    (void)state;
    assert_true(formats != NULL && file != NULL);
    n = fread(bomb, 1, sizeof(bomb), file);
    (void)fclose(file);
    for (size_t i = 0; i < MANY; i++) {
        all[i] = trace(CARRIER_QUERY, "b", "");
        all[i].decoded = bytes_of(bomb, n);
        at[i] = &all[i];
    }
    assert_int_equal(score_traces(formats, at, MANY), STATUS_OK);
    formats_free(formats);
}

static void every_failed_allocation_is_told(void **state)
{
    struct formats *formats = formats_new();
    struct trace t, *at = &t;
    enum status status;
    long n = 0;

    (void)state;
    assert_non_null(formats);
    do {
        t = trace(CARRIER_QUERY, "a", "%7B%22k%22%3A%22v%22%7D");
        oom_fail_at(++n);
        status = score_traces(formats, &at, 1);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
    } while (status == STATUS_NOMEM);
    assert_true(n > 2);
    formats_free(formats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_long_lived_unique_cookie_is_an_identifier),
            cmocka_unit_test(forms_and_names_decide_the_rest),
            cmocka_unit_test(credentials_are_masked),
            cmocka_unit_test(a_name_with_a_new_value_each_time_loses_points),
            cmocka_unit_test(an_identifier_inside_an_encoding_is_derived),
            cmocka_unit_test(names_are_read_by_words_and_their_front_only),
            cmocka_unit_test(what_the_capture_shows_of_keeping_counts),
            cmocka_unit_test(names_of_sites_and_versions_speak_against_it),
            cmocka_unit_test(an_identifier_is_one_under_any_name),
            cmocka_unit_test(personal_data_are_known_by_structure),
            cmocka_unit_test(many_packed_values_need_little_memory),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
