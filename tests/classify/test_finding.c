/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/finding.h"
#include "tests/support/oom.h"

enum { MOST = 40 };

struct world {
    struct trace traces[MOST];
    struct trace *at[MOST];
    struct place places[MOST][2];
    size_t n;
    struct arena *arena;
    struct findings f;
};

static struct trace *add(struct world *w, const char *name, const char *value, const char *host)
{
    struct trace *t = &w->traces[w->n];

    *t = (struct trace){.number = w->n + 1,
            .carrier = CARRIER_COOKIE,
            .name = bytes_text(name),
            .value = bytes_text(value),
            .decoded = bytes_text(value),
            .recipient = bytes_text(host),
            .recipient_site = bytes_text("t.test"),
            .party = PARTY_THIRD,
            .class_ = CLASS_BROWSER_IDENTIFIER,
            .set_by = ATTRIBUTION_NONE,
            .lifetime_s = -1,
            .count = 1,
            .places = w->places[w->n],
            .place_count = 2};
    w->at[w->n] = t;
    w->n++;
    return t;
}

static void make(struct world *w)
{
    w->arena = arena_new(1 << 20);
    assert_non_null(w->arena);
    assert_int_equal(finding_make(w->arena, w->at, w->n, &w->f), STATUS_OK);
}

static void one_value_at_one_site_is_one_finding(void **state)
{
    struct world w = {0};
    struct trace *t = add(&w, "uid", "12ab", "a.t.test");

    (void)state;
    t->pages[0] = bytes_text("news.test");
    t->page_count = 1;
    t = add(&w, "uid", "12ab", "b.t.test");
    t->pages[0] = bytes_text("shop.test");
    t->page_count = 1;
    t->count = 3;
    t = add(&w, "uid", "12ab", "c.t.test");
    t->carrier = CARRIER_SET_COOKIE;
    t->lifetime_s = 86400 * 400;
    t->verdicts[READING_BROAD] = VERDICT_IDENTIFIABLE;
    t->grounds[READING_BROAD][0] = "CN-1";
    t->ground_count[READING_BROAD] = 1;
    (void)add(&w, "uid", "other", "a.t.test");
    make(&w);
    assert_int_equal(w.f.n, 2);
    assert_int_equal(w.f.at[0]->trace_count, 3);
    assert_int_equal(w.f.at[0]->evidence_count, 6);
    assert_int_equal(w.f.at[0]->verdicts[READING_BROAD], VERDICT_IDENTIFIABLE);
    assert_string_equal(w.f.at[0]->grounds[READING_BROAD][0], "CN-1");
    assert_string_equal(w.f.at[0]->statement_en,
            "a.t.test received the identifier uid = 12ab 4 times on pages of news.test, "
            "shop.test; it was set to live for 400 days.");
    assert_string_equal(
            w.f.at[1]->statement_en, "a.t.test received the identifier uid = other 1 time.");
    assert_int_equal(w.f.at[1]->number, 2);
    arena_free(w.arena);
}

static void what_is_no_tracking_gives_no_finding(void **state)
{
    struct world w = {0};

    (void)state;
    add(&w, "a", "1", "t.test")->party = PARTY_FIRST;
    add(&w, "b", "1", "t.test")->party = PARTY_UNKNOWN;
    add(&w, "c", "1", "t.test")->class_ = CLASS_CREDENTIAL;
    add(&w, "d", "1", "t.test")->class_ = CLASS_PREFERENCE;
    add(&w, "e", "1", "t.test")->carrier = CARRIER_REFERER;
    make(&w);
    assert_int_equal(w.f.n, 0);
    arena_free(w.arena);
}

/* A name of a megabyte must not stop the case; control bytes must not reach the reader. */
static void hostile_names_and_values_are_cut_and_cleaned(void **state)
{
    enum { LONG = 1 << 20 };
    struct world w = {0};
    char *text = malloc(LONG + 1);
    struct trace *t;

    (void)state;
    assert_non_null(text);
    memset(text, 'n', LONG);
    text[LONG] = '\0';
    memcpy(text, "\x1b[2J\xe7\x8e\x8b", 7);
    t = add(&w, text, text, text);
    t->pages[0] = bytes_text(text);
    t->page_count = 1;
    make(&w);
    assert_int_equal(w.f.n, 1);
    assert_true(strlen(w.f.at[0]->statement_en) < 1000);
    assert_null(strchr(w.f.at[0]->statement_en, 0x1b));
    assert_non_null(strstr(w.f.at[0]->statement_en, "\\x1b[2J\xe7\x8e\x8bnnn"));
    assert_non_null(strstr(w.f.at[0]->statement_en, "n\xe2\x80\xa6 = "));
    assert_true(strlen(w.f.at[0]->statement_zh) < 1000);
    arena_free(w.arena);
    free(text);
}

static void a_cut_never_halves_a_character(void **state)
{
    struct world w = {0};

    (void)state;
    (void)add(&w, "n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe7\x8e\x8b\xe7\x8e\x8b",
            "t.test");
    make(&w);
    assert_true(bytes_is_utf8(bytes_text(w.f.at[0]->statement_en)));
    assert_true(bytes_is_utf8(bytes_text(w.f.at[0]->statement_zh)));
    arena_free(w.arena);
}

static void evidence_cites_every_trace_before_any_twice(void **state)
{
    struct world w = {0};

    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        struct trace *t = add(&w, "uid", "12ab", "t.test");

        w.places[i][0] = (struct place){.exchange = i};
        w.places[i][1] = (struct place){.exchange = 1000 + i};
        t->carrier = i % 2 == 0 ? CARRIER_QUERY : CARRIER_COOKIE;
    }
    make(&w);
    assert_int_equal(w.f.n, 1);
    assert_int_equal(w.f.at[0]->evidence_count, FINDING_EVIDENCE_MOST);
    for (size_t i = 0; i < FINDING_EVIDENCE_MOST; i++)
        assert_int_equal(w.f.at[0]->evidence[i].exchange, i);
    arena_free(w.arena);
}

static void every_failed_allocation_is_told(void **state)
{
    struct world w = {0};
    enum status status;
    long at = 0;

    (void)state;
    (void)add(&w, "uid", "12ab", "t.test");
    (void)add(&w, "uid", "34cd", "t.test");
    do {
        w.arena = arena_new(1 << 20);
        assert_non_null(w.arena);
        oom_fail_at(++at);
        status = finding_make(w.arena, w.at, w.n, &w.f);
        assert_int_equal(status == STATUS_NOMEM, oom_happened());
        oom_fail_at(0);
        arena_free(w.arena);
    } while (status == STATUS_NOMEM);
    assert_true(at > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(one_value_at_one_site_is_one_finding),
            cmocka_unit_test(what_is_no_tracking_gives_no_finding),
            cmocka_unit_test(hostile_names_and_values_are_cut_and_cleaned),
            cmocka_unit_test(a_cut_never_halves_a_character),
            cmocka_unit_test(evidence_cites_every_trace_before_any_twice),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
