/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
            cmocka_unit_test(many_packed_values_need_little_memory),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
