/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/verdict_fact.h"
#include "report/compare_read.h"
#include "tests/support/oom.h"

#define SHA "3bdbd2cf30079cb9e5d7f25454df2ad2335e6714ed2e49afc98323337c750d22"

static const char item_line[] =
        "{\"id\":\"i12\",\"carrier\":\"set-cookie\",\"name\":\"uid\",\"value\":\"a%20b\","
        "\"decoded\":\"a b\",\"value_sha256\":\"" SHA "\",\"recipient\":\"ads.x.test\","
        "\"recipient_site\":\"x.test\",\"party\":\"third\",\"owner\":\"X\","
        "\"set_by\":{\"exchange\":\"c4.s1\",\"how\":\"set-cookie\"},\"lifetime_days\":730,"
        "\"pages\":[\"news.test\"],\"exchanges\":[\"c4.s1\",\"c5.s1\"],\"occurrences\":3,"
        "\"first_time\":\"2026-11-21T20:47:57.178875Z\","
        "\"last_time\":\"2026-11-21T20:47:58.000000Z\",\"class\":\"browser-identifier\","
        "\"facts\":[\"U2\",\"U5\",\"U5-lifetime\",\"nonsense\"],"
        "\"score\":{\"points\":8,\"bits\":128,\"terms\":[{\"points\":3,\"code\":\"known-"
        "format\"}]},"
        "\"verdicts\":{\"alone\":\"anonymous\",\"combined\":\"identifiable\",\"broad\":\"odd\"}"
        ","
        "\"grounds\":{\"alone\":[\"CN-PI-2\"],\"combined\":[],\"broad\":[]}}";

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 24);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void an_item_is_read_as_it_was_written(void **state)
{
    struct compare_item item;
    bool nomem = true;

    (void)state;
    assert_true(compare_read_item(arena, bytes_text(item_line), &item, &nomem));
    assert_false(nomem);
    assert_int_equal(item.number, 12);
    assert_int_equal(item.carrier, CARRIER_SET_COOKIE);
    assert_int_equal(item.class_, CLASS_BROWSER_IDENTIFIER);
    assert_int_equal(item.party, PARTY_THIRD);
    assert_false(item.masked);
    assert_false(item.by_hash);
    assert_true(bytes_is(item.text, "a b"));
    assert_true(bytes_is(item.sha256, SHA));
    assert_true(bytes_is(item.recipient, "ads.x.test"));
    assert_true(bytes_is(item.recipient_site, "x.test"));
    assert_string_equal(item.owner, "X");
    assert_string_equal(item.set_how, "set-cookie");
    assert_true(bytes_is(item.set_by, "c4.s1"));
    assert_int_equal(item.lifetime_days, 730);
    assert_int_equal(item.bits, 128);
    assert_true(item.known_format);
    assert_int_equal(item.page_count, 1);
    assert_int_equal(item.exchange_count, 2);
    assert_true(bytes_is(item.exchanges[1], "c5.s1"));
    assert_int_equal(item.occurrences, 3);
    assert_int_equal(item.first_ns, INT64_C(1795294077178875000));
    assert_int_equal(
            item.facts, FACT_BIT(FACT_U2) | FACT_BIT(FACT_U5) | FACT_BIT(FACT_U5_LIFETIME));
    assert_int_equal(item.verdicts[READING_ALONE], VERDICT_ANONYMOUS);
    assert_int_equal(item.verdicts[READING_COMBINED], VERDICT_IDENTIFIABLE);
    assert_int_equal(item.verdicts[READING_BROAD], VERDICT_UNDETERMINED);
    assert_int_equal(item.ground_count[READING_ALONE], 1);
}

/* The line of a masked item: its value is null. */
static void what_the_line_does_not_hold_is_known_by_digest(void **state)
{
    static const char masked[] =
            "{\"id\":\"i1\",\"carrier\":\"header\",\"name\":\"authorization\",\"value\":null,"
            "\"value_sha256\":\"" SHA
            "\",\"recipient_site\":\"x.test\",\"class\":\"credential\","
            "\"first_time\":\"2026-11-21T20:47:57Z\",\"last_time\":\"2026-11-21T20:47:57Z\"}";
    static const char nul[] =
            "{\"id\":\"i1\",\"carrier\":\"body\",\"name\":\"n\",\"value\":\"ab\\u0000cd\","
            "\"value_sha256\":\"" SHA "\",\"recipient_site\":\"x.test\",\"class\":\"unknown\","
            "\"first_time\":\"2026-11-21T20:47:57Z\",\"last_time\":\"2026-11-21T20:47:57Z\"}";
    struct compare_item item;
    bool nomem;

    (void)state;
    assert_true(compare_read_item(arena, bytes_text(masked), &item, &nomem));
    assert_true(item.masked);
    assert_true(item.by_hash);
    assert_int_equal(item.text.n, 0);
    assert_int_equal(item.lifetime_days, -1);
    assert_true(compare_read_item(arena, bytes_text(nul), &item, &nomem));
    assert_false(item.masked);
    assert_true(item.by_hash);
}

static void every_truncation_of_a_line_is_no_item(void **state)
{
    (void)state;
    for (size_t n = 0; n + 1 < sizeof(item_line); n++) {
        char *copy = malloc(n + (n == 0)); /* so that one byte too far is seen */
        struct compare_item item = {.number = 77};
        struct compare_exchange x;
        bool nomem;

        assert_non_null(copy);
        memcpy(copy, item_line, n);
        assert_false(compare_read_item(arena, bytes_of(copy, n), &item, &nomem));
        assert_false(compare_read_exchange(arena, bytes_of(copy, n), &x, &nomem));
        assert_false(nomem);
        assert_int_equal(item.number, 77);
        free(copy);
    }
}

static void exchanges_keep_their_site_time_and_body(void **state)
{
    static const char line[] =
            "{\"id\":\"c4.s1\",\"time\":\"2026-11-21T20:47:57.172669Z\",\"site\":\"news.test\","
            "\"page_site\":null,\"complete\":true,\"response\":{\"body\":{\"bytes\":43,"
            "\"sha256\":\"" SHA "\",\"type\":\"image/gif\",\"kept\":12}}}";
    struct compare_exchange x;
    bool nomem;

    (void)state;
    assert_true(compare_read_exchange(arena, bytes_text(line), &x, &nomem));
    assert_true(bytes_is(x.id, "c4.s1"));
    assert_true(bytes_is(x.site, "news.test"));
    assert_int_equal(x.page_site.n, 0);
    assert_true(x.complete);
    assert_true(x.body_media);
    assert_int_equal(x.body_bytes, 43);
    assert_int_equal(x.body_kept, 12);
    assert_string_equal(x.body_sha256, SHA);
}

static void times_are_read_and_odd_ones_refused(void **state)
{
    static const char *const bad[] = {"", "2026", "2026-11-21", "2026-11-21T20:47:57",
            "2026-13-21T20:47:57Z", "2026-11-00T20:47:57Z", "2026-11-21T24:47:57Z",
            "2026-11-21T20:47:57+01:00", "2026-11-21 20:47:57Z", "2026-11-21T20:47:57Zx",
            "9999-11-21T20:47:57Z", "0000-11-21T20:47:57Z", "-026-11-21T20:47:57Z"};
    int64_t ns = 5;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(compare_read_time(bytes_text(bad[i]), &ns));
    assert_int_equal(ns, 5);
    assert_true(compare_read_time(BYTES_LITERAL("1970-01-01T00:00:00Z"), &ns));
    assert_int_equal(ns, 0);
    assert_true(compare_read_time(BYTES_LITERAL("1969-12-31T23:59:59.5Z"), &ns));
    assert_int_equal(ns, -500000000);
    assert_true(compare_read_time(BYTES_LITERAL("2026-11-21T20:47:57.1234567899Z"), &ns));
    assert_int_equal(ns, INT64_C(1795294077123456789));
}

static void manifest_lines_have_a_digest_and_a_name(void **state)
{
    struct bytes sha256, name;

    (void)state;
    assert_true(compare_read_manifest(
            BYTES_LITERAL(SHA "  data/findings/items.jsonl"), &sha256, &name));
    assert_true(bytes_is(sha256, SHA));
    assert_true(bytes_is(name, "data/findings/items.jsonl"));
    assert_false(compare_read_manifest(BYTES_LITERAL(SHA), &sha256, &name));
    assert_false(compare_read_manifest(BYTES_LITERAL(SHA "  "), &sha256, &name));
    assert_false(compare_read_manifest(BYTES_LITERAL("x" SHA "  a"), &sha256, &name));
    assert_false(compare_read_manifest((struct bytes){0}, &sha256, &name));
}

static void an_allocation_that_fails_is_told_or_gives_nothing(void **state)
{
    (void)state;
    for (long n = 1; n < 200; n++) {
        struct arena *own = arena_new(1 << 20);
        struct compare_item item;
        bool nomem, read;

        assert_non_null(own);
        oom_fail_at(n);
        read = compare_read_item(own, bytes_text(item_line), &item, &nomem);
        if (!oom_happened()) {
            oom_fail_at(0);
            arena_free(own);
            assert_true(read);
            return;
        }
        oom_fail_at(0);
        assert_false(read);
        arena_free(own);
    }
    fail_msg("allocations did not end");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(an_item_is_read_as_it_was_written),
            TEST(what_the_line_does_not_hold_is_known_by_digest),
            TEST(every_truncation_of_a_line_is_no_item),
            TEST(exchanges_keep_their_site_time_and_body),
            TEST(times_are_read_and_odd_ones_refused),
            TEST(manifest_lines_have_a_digest_and_a_name),
            TEST(an_allocation_that_fails_is_told_or_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
