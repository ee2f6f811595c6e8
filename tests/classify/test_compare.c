/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/compare_part.h"
#include "classify/verdict_fact.h"
#include "tests/support/oom.h"

enum { ITEMS_MOST = 128, ARENA_MOST = 64 << 20 };

#define NEAR_NS (INT64_C(1795291200) * 1000000000) /* 2026-11-21 20:00:00 UTC */

#define HEX_A "cd86275c2d83d9230f2a60753b50a469"
#define HEX_B "31f33903a29d49a8ae3dafd30b051164"
#define HEX_C "975bda1358d0deee8c774ccfed24de0c"

/* Three cases that a test fills; what it does not say of an item is as in `make`. */
struct world {
    struct arena *arena;
    struct legal *legal;
    struct compare_item items[COMPARE_CASES][ITEMS_MOST];
    struct compare_site sites[COMPARE_CASES];
    struct compare_case cases[COMPARE_CASES];
    const struct compare_case *all[COMPARE_CASES];
    struct compare_rows rows;
    struct compare_findings findings;
};

static struct world *w;

static int set_up(void **state)
{
    struct fault fault = {0};

    (void)state;
    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->arena = arena_new(ARENA_MOST);
    w->legal = legal_new(NULL, &fault);
    assert_non_null(w->arena);
    assert_non_null(w->legal);
    for (unsigned r = 0; r < COMPARE_CASES; r++) {
        w->sites[r] = (struct compare_site){.site = BYTES_LITERAL("ads.test"), .exchanges = 3};
        w->cases[r] = (struct compare_case){.name = compare_role_name(r),
                .items = w->items[r],
                .sites = &w->sites[r],
                .site_count = 1,
                .exchanges = 3};
        w->all[r] = &w->cases[r];
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    legal_free(w->legal);
    arena_free(w->arena);
    free(w);
    return 0;
}

static struct compare_item *make(enum compare_role role, const char *name, const char *value)
{
    static struct bytes page = {(const uint8_t *)"news.test", 9};
    static struct bytes exchange = {(const uint8_t *)"c1.s1", 5};
    struct compare_case *c = &w->cases[role];
    struct compare_item *item = &w->items[role][c->item_count++];
    char hex[SHA256_TEXT];

    assert_true(c->item_count <= ITEMS_MOST);
    assert_true(sha256_text(bytes_text(value), hex));
    *item = (struct compare_item){.number = c->item_count,
            .carrier = CARRIER_COOKIE,
            .class_ = CLASS_UNKNOWN,
            .party = PARTY_THIRD,
            .name = bytes_text(name),
            .text = bytes_text(value),
            .recipient = BYTES_LITERAL("px.ads.test"),
            .recipient_site = BYTES_LITERAL("ads.test"),
            .sha256 = bytes_text(arena_string(w->arena, bytes_text(hex))),
            .set_how = "unknown",
            .bits = 128,
            .lifetime_days = -1,
            .occurrences = 2,
            .first_ns = NEAR_NS,
            .last_ns = NEAR_NS,
            .pages = &page,
            .page_count = 1,
            .exchanges = &exchange,
            .exchange_count = 1};
    return item;
}

static void run_profiles(void)
{
    assert_int_equal(compare_profiles(w->arena, w->all, &w->rows), STATUS_OK);
    assert_int_equal(
            compare_profile_findings(w->arena, w->legal, w->all, &w->rows, &w->findings),
            STATUS_OK);
}

static const struct compare_row *only_row(void)
{
    assert_int_equal(w->rows.n, 1);
    return &w->rows.at[0];
}

static const struct compare_finding *only_finding(void)
{
    assert_int_equal(w->findings.n, 1);
    return w->findings.at[0];
}

static struct bytes fact_text(const struct compare_finding *f, const char *name)
{
    for (size_t i = 0; i < f->fact_count; i++)
        if (strcmp(f->facts[i].name, name) == 0)
            return f->facts[i].text;
    return (struct bytes){0};
}

static bool has_rule(const struct compare_finding *f, const char *code)
{
    for (size_t i = 0; i < f->fact_count; i++)
        for (size_t k = 0; strcmp(f->facts[i].name, "rules") == 0 && k < f->facts[i].list_count;
                k++)
            if (bytes_is(f->facts[i].list[k], code))
                return true;
    return false;
}

static void the_same_after_a_restart_and_another_in_the_control_is_an_identifier(void **state)
{
    const struct compare_finding *f;

    (void)state;
    make(COMPARE_A, "u", HEX_A);
    make(COMPARE_B, "u", HEX_B);
    make(COMPARE_A2, "u", HEX_A);
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_PERSISTENT);
    assert_int_equal(only_row()->bits, 128);
    assert_true(only_row()->has_similarity);
    f = only_finding();
    assert_int_equal(f->change, CHANGE_UPGRADED);
    assert_string_equal(f->kind, "tracking-identifier");
    assert_true(bytes_is(fact_text(f, "control"), "differs"));
    assert_true(bytes_is(fact_text(f, "restart"), "same"));
    assert_true(bytes_is(fact_text(f, "control_value"), HEX_B));
    assert_true(has_rule(f, "U5"));
    assert_true(has_rule(f, "U6"));
    assert_int_equal(f->verdicts[READING_BROAD], VERDICT_IDENTIFIABLE);
    assert_int_equal(f->verdicts[READING_ALONE], VERDICT_ANONYMOUS);
    assert_int_equal(f->verdicts[READING_COMBINED], VERDICT_UNDETERMINED);
    for (unsigned r = 0; r < READINGS; r++)
        assert_true(f->ground_count[r] > 0);
}

/* 28 bits: too few for one capture (33), enough where a control differs. */
static void twenty_eight_bits_are_enough_with_a_control_and_fewer_are_not(void **state)
{
    (void)state;
    make(COMPARE_A, "u", "a81f30c")->bits = 28;
    make(COMPARE_B, "u", "04b77d2")->bits = 28;
    make(COMPARE_A2, "u", "a81f30c")->bits = 28;
    make(COMPARE_A, "v", "81f30c")->bits = 24;
    make(COMPARE_B, "v", "4b77d2")->bits = 24;
    make(COMPARE_A2, "v", "81f30c")->bits = 24;
    run_profiles();
    assert_int_equal(w->rows.n, 2);
    assert_int_equal(w->rows.at[0].result, COMPARE_PERSISTENT);
    assert_int_equal(w->rows.at[1].result, COMPARE_SHORT);
    assert_int_equal(only_finding()->verdicts[READING_BROAD], VERDICT_IDENTIFIABLE);
    assert_true(bytes_is(only_finding()->item->name, "u"));
}

static void another_after_the_restart_is_of_a_session(void **state)
{
    struct compare_item *item = make(COMPARE_A, "sid", HEX_A);

    (void)state;
    make(COMPARE_B, "sid", HEX_B);
    make(COMPARE_A2, "sid", HEX_C);
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_SESSION);
    assert_int_equal(w->findings.n, 0); /* it was no finding before, and is none now */
    (void)item;
}

static void without_a_restart_a_value_that_recurs_is_the_profiles_own(void **state)
{
    (void)state;
    w->all[COMPARE_A2] = NULL;
    make(COMPARE_A, "u", HEX_A);
    make(COMPARE_B, "u", HEX_B);
    make(COMPARE_A, "once", HEX_C)->occurrences = 1;
    make(COMPARE_B, "once", HEX_B)->occurrences = 1;
    run_profiles();
    assert_int_equal(w->rows.n, 2);
    assert_int_equal(w->rows.at[0].result, COMPARE_SPECIFIC);
    assert_int_equal(w->rows.at[1].result, COMPARE_SPECIFIC);
    assert_true(bytes_is(only_finding()->item->name, "u"));
    assert_true(bytes_is(fact_text(only_finding(), "restart"), "not-captured"));
    assert_false(has_rule(only_finding(), "U5"));
}

static void a_name_that_changes_in_nearly_every_request_is_a_nonce(void **state)
{
    static const char *const values[] = {
            HEX_A, HEX_B, HEX_C, "aa86275c2d83d9230f2a60753b50a460"};

    (void)state;
    w->all[COMPARE_A2] = NULL;
    for (size_t i = 0; i < 4; i++)
        make(COMPARE_A, "z", values[i])->occurrences = 1;
    make(COMPARE_B, "z", "0f2a60753b50a460aa86275c2d83d923")->occurrences = 1;
    run_profiles();
    assert_int_equal(w->rows.n, 4);
    assert_int_equal(w->rows.counts[COMPARE_SESSION], 4);
    assert_int_equal(w->findings.n, 0);
}

static void an_equal_value_is_no_identifier_any_more(void **state)
{
    struct compare_item *item = make(COMPARE_A, "build", "cd86275c2d83");
    const struct compare_finding *f;

    (void)state;
    item->class_ = CLASS_BROWSER_IDENTIFIER;
    item->verdicts[READING_BROAD] = VERDICT_IDENTIFIABLE;
    make(COMPARE_B, "build", "cd86275c2d83");
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_EQUAL);
    f = only_finding();
    assert_int_equal(f->change, CHANGE_REMOVED);
    assert_true(bytes_is(fact_text(f, "control"), "equal"));
    assert_true(has_rule(f, "D1"));
    assert_int_equal(f->verdicts[READING_BROAD], VERDICT_ANONYMOUS);
    assert_true(f->ground_count[READING_BROAD] > 0);
}

static void a_long_equal_value_may_be_a_fingerprint_and_is_not_called_anonymous(void **state)
{
    struct compare_item *item = make(COMPARE_A, "fp", HEX_A);

    (void)state;
    item->class_ = CLASS_BROWSER_IDENTIFIER;
    make(COMPARE_B, "fp", HEX_A);
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_FINGERPRINT);
    assert_int_equal(only_finding()->change, CHANGE_SUSPECT);
    assert_int_equal(only_finding()->verdicts[READING_BROAD], VERDICT_UNDETERMINED);
    assert_false(has_rule(only_finding(), "D1"));
}

static void a_long_equal_value_that_a_response_brought_is_a_constant(void **state)
{
    struct compare_item *item = make(COMPARE_A, "site", HEX_A);

    (void)state;
    item->class_ = CLASS_BROWSER_IDENTIFIER;
    item->set_how = "response";
    make(COMPARE_B, "site", HEX_A);
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_EQUAL);
    assert_int_equal(only_finding()->change, CHANGE_REMOVED);
}

static void what_is_in_one_case_only_is_not_compared(void **state)
{
    struct compare_item *item = make(COMPARE_A, "u", HEX_A);

    (void)state;
    item->class_ = CLASS_BROWSER_IDENTIFIER;
    make(COMPARE_B, "v", HEX_B);
    run_profiles();
    assert_int_equal(w->rows.n, 2);
    assert_int_equal(w->rows.counts[COMPARE_NOT], 2);
    assert_false(w->rows.at[0].seen[COMPARE_B]);
    assert_false(w->rows.at[1].seen[COMPARE_A]);
    assert_string_equal(w->rows.at[1].why_en, "only in the control profile");
}

static void a_cookie_that_was_set_and_one_that_is_sent_are_one(void **state)
{
    (void)state;
    make(COMPARE_A, "u", HEX_A)->carrier = CARRIER_SET_COOKIE;
    make(COMPARE_B, "u", HEX_B)->carrier = CARRIER_SET_COOKIE;
    make(COMPARE_A2, "u", HEX_A);
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_PERSISTENT);
}

/* The first visit's time is in the cookie; it must not make a site constant look personal, nor
 * hide the random part. */
static void leaves_are_compared_not_whole_values(void **state)
{
    (void)state;
    make(COMPARE_A, "v", "siteconst-7f3a9c21|1795294077");
    make(COMPARE_B, "v", "siteconst-7f3a9c21|1795120190");
    make(COMPARE_A2, "v", "siteconst-7f3a9c21|1795294077");
    make(COMPARE_A, "w", "uid=" HEX_A "&t=1795294077");
    make(COMPARE_B, "w", "uid=" HEX_B "&t=1795120190");
    make(COMPARE_A2, "w", "uid=" HEX_A "&t=1795294077");
    run_profiles();
    assert_int_equal(w->rows.n, 4);
    assert_int_equal(w->rows.counts[COMPARE_PERSISTENT], 1);
    assert_int_equal(w->rows.counts[COMPARE_DIFFERS], 2); /* the times */
    assert_true(bytes_is(only_finding()->item->name, "w"));
    for (size_t i = 0; i < w->rows.n; i++)
        if (w->rows.at[i].result == COMPARE_PERSISTENT)
            assert_true(bytes_is(w->rows.at[i].path, "uid"));
}

static void what_was_looked_at_is_no_identifier(void **state)
{
    (void)state;
    make(COMPARE_A, "q", "cd86275c2d83d923")->class_ = CLASS_SEARCH;
    make(COMPARE_B, "q", "31f33903a29d49a8")->class_ = CLASS_SEARCH;
    make(COMPARE_A2, "q", "cd86275c2d83d923")->class_ = CLASS_SEARCH;
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_DIFFERS);
}

static void credentials_are_compared_by_digest_only(void **state)
{
    struct compare_item *items[3];

    (void)state;
    items[0] = make(COMPARE_A, "token", HEX_A);
    items[1] = make(COMPARE_B, "token", HEX_B);
    items[2] = make(COMPARE_A2, "token", HEX_A);
    for (size_t i = 0; i < 3; i++) {
        items[i]->masked = items[i]->by_hash = true;
        items[i]->text = (struct bytes){0};
        items[i]->class_ = CLASS_CREDENTIAL;
    }
    run_profiles();
    assert_int_equal(only_row()->result, COMPARE_PERSISTENT);
    assert_true(only_row()->by_hash);
    assert_true(bytes_equal(only_row()->text[COMPARE_A], items[0]->sha256));
    assert_false(only_row()->has_similarity);
    assert_null(strstr(only_finding()->statement_en, HEX_A));
    assert_int_equal(fact_text(only_finding(), "value").n, 0);
}

static void very_many_values_of_one_name_are_one_row(void **state)
{
    static char values[100][33];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        for (size_t k = 0; k < 32; k++)
            values[i][k] = "0123456789abcdef"[(i * 7 + k * k * 5 + i * k) % 16];
        values[i][0] = (char)('a' + i / 20);
        values[i][1] = (char)('a' + i % 20);
        make(COMPARE_A, "z", values[i])->occurrences = 1;
    }
    make(COMPARE_B, "z", HEX_B);
    run_profiles();
    assert_int_equal(only_row()->values[COMPARE_A], 100);
}

static void a_term_that_the_control_never_gets_is_the_third_fact(void **state)
{
    static const char text[] =
            "[{\"id\":\"f1\",\"kind\":\"personalised-response\",\"recipient\":\"px.ads.test\","
            "\"recipient_site\":\"ads.test\",\"statement_en\":\"S.\",\"statement_zh\":\"Z。\","
            "\"items\":[],\"facts\":{\"term\":\"x y\"},"
            "\"verdicts\":{\"alone\":\"anonymous\",\"combined\":\"undetermined\",\"broad\":"
            "\"identifiable\"},\"grounds\":{\"broad\":[\"CN-PI-4\"]},\"evidence\":[]}]";
    struct compare_term term = {
            .text = BYTES_LITERAL("x y"), .site = BYTES_LITERAL("ads.test")};
    struct json_value *findings = json_parse(BYTES_LITERAL(text), NULL);

    (void)state;
    assert_non_null(findings);
    w->cases[COMPARE_A].findings = findings;
    w->cases[COMPARE_B].terms = &term;
    w->cases[COMPARE_B].term_count = 1;
    term.looked = 4;
    run_profiles();
    assert_true(bytes_is(fact_text(only_finding(), "control"), "absent"));
    assert_true(has_rule(only_finding(), "U11"));
    assert_int_equal(only_finding()->verdicts[READING_BROAD], VERDICT_IDENTIFIABLE);
    /* What could not be read is not absent. */
    term.unread = 1;
    run_profiles();
    assert_true(bytes_is(fact_text(only_finding(), "control"), "absent-where-read"));
    assert_false(has_rule(only_finding(), "U11"));
    term.looked = 0;
    run_profiles();
    assert_true(bytes_is(fact_text(only_finding(), "control"), "not-seen"));
    term.looked = 3;
    term.hits = 1;
    run_profiles();
    assert_true(bytes_is(fact_text(only_finding(), "control"), "present"));
    json_free(findings);
}

static void run_before_after(void)
{
    w->all[COMPARE_A2] = NULL;
    assert_int_equal(compare_profiles(w->arena, w->all, &w->rows), STATUS_OK);
    assert_int_equal(compare_before_after(w->arena, w->legal, w->all, &w->rows, &w->findings),
            STATUS_OK);
}

static struct compare_item *identifier(
        enum compare_role role, const char *name, const char *value)
{
    struct compare_item *item = make(role, name, value);

    item->class_ = CLASS_BROWSER_IDENTIFIER;
    return item;
}

static void an_identifier_that_is_sent_on_after_the_request_continues(void **state)
{
    (void)state;
    identifier(COMPARE_A, "u", HEX_A);
    identifier(COMPARE_B, "u", HEX_A);
    run_before_after();
    assert_int_equal(only_finding()->change, CHANGE_CONTINUES);
    assert_string_equal(only_finding()->kind, "erasure-not-effective");
    assert_int_equal(only_row()->result, COMPARE_CONTINUES);
}

static void endings_say_what_became_of_the_name(void **state)
{
    (void)state;
    identifier(COMPARE_A, "u", HEX_A);
    identifier(COMPARE_B, "u", HEX_B);
    run_before_after();
    assert_int_equal(only_finding()->change, CHANGE_ENDED);
    assert_true(bytes_is(fact_text(only_finding(), "after"), "renewed"));
    w->cases[COMPARE_B].item_count = 0;
    run_before_after();
    assert_true(bytes_is(fact_text(only_finding(), "after"), "ended"));
    w->cases[COMPARE_B].site_count = 0;
    run_before_after();
    assert_true(bytes_is(fact_text(only_finding(), "after"), "recipient-not-seen"));
}

static void a_value_set_again_before_it_was_sent_came_back(void **state)
{
    struct compare_item *set, *etag;

    (void)state;
    identifier(COMPARE_A, "u", HEX_A);
    etag = identifier(COMPARE_B, "if-none-match", HEX_A);
    etag->carrier = CARRIER_ETAG;
    etag->first_ns = NEAR_NS + 1;
    set = identifier(COMPARE_B, "u", HEX_A);
    set->carrier = CARRIER_SET_COOKIE;
    set->first_ns = NEAR_NS + 2;
    identifier(COMPARE_B, "u", HEX_A)->first_ns = NEAR_NS + 3;
    run_before_after();
    assert_int_equal(only_finding()->change, CHANGE_RETURNED);
    assert_string_equal(only_finding()->kind, "identifier-respawn");
    assert_true(has_rule(only_finding(), "U8"));
    assert_true(bytes_is(fact_text(only_finding(), "set_again_by"), "px.ads.test"));
    for (size_t i = 0; i < only_finding()->fact_count; i++)
        if (strcmp(only_finding()->facts[i].name, "via") == 0)
            assert_true(bytes_is(only_finding()->facts[i].list[0], "etag"));
    /* The browser may have sent it in what could not be read. */
    w->sites[COMPARE_B].incomplete = 1;
    run_before_after();
    assert_int_equal(only_finding()->change, CHANGE_CONTINUES);
}

static void every_allocation_may_fail(void **state)
{
    enum status status = STATUS_NOMEM;

    (void)state;
    identifier(COMPARE_A, "u", HEX_A);
    identifier(COMPARE_B, "u", HEX_B);
    identifier(COMPARE_A2, "u", HEX_A);
    for (long n = 1; n < 1000; n++) {
        struct compare_rows rows = {0};
        struct compare_findings findings = {0};

        oom_fail_at(n);
        status = compare_profiles(w->arena, w->all, &rows);
        if (status == STATUS_OK)
            status = compare_profile_findings(w->arena, w->legal, w->all, &rows, &findings);
        if (!oom_happened())
            break;
        assert_int_equal(status, STATUS_NOMEM);
    }
    oom_fail_at(0);
    assert_int_equal(status, STATUS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(the_same_after_a_restart_and_another_in_the_control_is_an_identifier),
            TEST(twenty_eight_bits_are_enough_with_a_control_and_fewer_are_not),
            TEST(another_after_the_restart_is_of_a_session),
            TEST(without_a_restart_a_value_that_recurs_is_the_profiles_own),
            TEST(a_name_that_changes_in_nearly_every_request_is_a_nonce),
            TEST(an_equal_value_is_no_identifier_any_more),
            TEST(a_long_equal_value_may_be_a_fingerprint_and_is_not_called_anonymous),
            TEST(a_long_equal_value_that_a_response_brought_is_a_constant),
            TEST(what_is_in_one_case_only_is_not_compared),
            TEST(a_cookie_that_was_set_and_one_that_is_sent_are_one),
            TEST(leaves_are_compared_not_whole_values),
            TEST(what_was_looked_at_is_no_identifier),
            TEST(credentials_are_compared_by_digest_only),
            TEST(very_many_values_of_one_name_are_one_row),
            TEST(a_term_that_the_control_never_gets_is_the_third_fact),
            TEST(an_identifier_that_is_sent_on_after_the_request_continues),
            TEST(endings_say_what_became_of_the_name),
            TEST(a_value_set_again_before_it_was_sent_came_back),
            TEST(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
