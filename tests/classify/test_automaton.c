/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/automaton.h"
#include "tests/support/oom.h"

enum { MATCHES_MOST = 4096 };

static struct automaton *made(const struct bytes *patterns, size_t n)
{
    struct automaton *a = NULL;

    assert_int_equal(automaton_new(patterns, n, &a), STATUS_OK);
    return a;
}

static void drain(struct automaton_scan *s, struct automaton_match *out, size_t *n)
{
    while (automaton_next(s, &out[*n])) {
        (*n)++;
        assert_true(*n < MATCHES_MOST);
    }
}

static size_t matches_in(
        const struct automaton *a, struct bytes text, struct automaton_match *out)
{
    struct automaton_scan s;
    size_t n = 0;

    automaton_begin(&s, a);
    automaton_push(&s, text);
    drain(&s, out, &n);
    return n;
}

static void the_example_of_the_paper_is_told_in_its_order(void **state)
{
    const struct bytes patterns[] = {BYTES_LITERAL("he"), BYTES_LITERAL("she"),
            BYTES_LITERAL("his"), BYTES_LITERAL("hers")};
    struct automaton *a = made(patterns, 4);
    struct automaton_match m[8];

    (void)state;
    assert_int_equal(matches_in(a, BYTES_LITERAL("ushers"), m), 3);
    assert_true(m[0].pattern == 1 && m[0].end == 4);
    assert_true(m[1].pattern == 0 && m[1].end == 4);
    assert_true(m[2].pattern == 3 && m[2].end == 6);
    automaton_free(a);
    automaton_free(NULL);
}

static void letters_match_in_both_cases_and_other_bytes_only_themselves(void **state)
{
    const struct bytes patterns[] = {
            BYTES_LITERAL("aB[z\xc9"), BYTES_LITERAL("Ab[Z\xc9"), BYTES_LITERAL("")};
    struct automaton *a = made(patterns, 3);
    struct automaton_match m[8];

    (void)state;
    assert_int_equal(matches_in(a, BYTES_LITERAL("xxAB[Z\xc9xx"), m), 2);
    assert_true(m[0].pattern == 0 && m[1].pattern == 1 && m[1].end == 7);
    assert_int_equal(matches_in(a, BYTES_LITERAL("xxAB{Z\xc9xx"), m), 0);
    assert_int_equal(matches_in(a, BYTES_LITERAL("xxAB[Z\xe9xx"), m), 0);
    automaton_free(a);
}

static void without_patterns_nothing_matches(void **state)
{
    struct automaton *a = made(NULL, 0);
    struct automaton_match m[1];

    (void)state;
    assert_int_equal(matches_in(a, BYTES_LITERAL("anything at all"), m), 0);
    assert_int_equal(matches_in(a, bytes_of(NULL, 0), m), 0);
    automaton_free(a);
}

/* By hand, in the order that the header promises. */
static size_t naive(
        const struct bytes *patterns, size_t n, struct bytes text, struct automaton_match *out)
{
    size_t count = 0;

    for (size_t end = 1; end <= text.n; end++) {
        for (size_t length = end; length > 0; length--) {
            for (size_t i = 0; i < n; i++) {
                struct bytes here = bytes_slice(text, end - length, end);

                if (patterns[i].n == length && bytes_equal_nocase(patterns[i], here))
                    out[count++] = (struct automaton_match){i, end};
            }
        }
    }
    return count;
}

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void random_texts_give_what_a_naive_search_gives_split_anywhere(void **state)
{
    static struct automaton_match want[MATCHES_MOST], got[MATCHES_MOST];
    uint32_t seed = 20;

    (void)state;
    for (int round = 0; round < 400; round++) {
        uint8_t letters[40], text[60];
        struct bytes patterns[12];
        size_t n = 1 + draw(&seed) % 12, spread = 1 + draw(&seed) % 4, count;
        struct automaton *a;

        for (size_t i = 0; i < sizeof(letters); i++)
            letters[i] = (uint8_t)("aAbB"[draw(&seed) % spread]);
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (uint8_t)("abAB"[draw(&seed) % spread]);
        for (size_t i = 0; i < n; i++) {
            size_t at = draw(&seed) % 30;

            patterns[i] = bytes_of(letters + at, draw(&seed) % 9 + (round % 3 != 0));
        }
        a = made(patterns, n);
        count = naive(patterns, n, bytes_of(text, sizeof(text)), want);
        for (size_t split = 0; split <= sizeof(text); split += 1 + draw(&seed) % 7) {
            struct automaton_scan s;
            size_t found = 0;

            automaton_begin(&s, a);
            automaton_push(&s, bytes_of(text, split));
            drain(&s, got, &found);
            automaton_push(&s, bytes_of(text + split, sizeof(text) - split));
            drain(&s, got, &found);
            assert_int_equal(found, count);
            for (size_t i = 0; i < count; i++)
                assert_true(got[i].pattern == want[i].pattern && got[i].end == want[i].end);
        }
        automaton_free(a);
    }
}

static void a_text_that_nearly_matches_everywhere_costs_no_more_than_its_length(void **state)
{
    enum { LONG = 1000, TEXT = 1 << 20 };
    static uint8_t pattern[LONG], text[TEXT];
    const struct bytes patterns[] = {bytes_of(pattern, LONG)};
    struct automaton *a;
    struct automaton_match m[1];

    (void)state;
    memset(pattern, 'a', LONG);
    pattern[LONG - 1] = 'b';
    memset(text, 'a', TEXT);
    a = made(patterns, 1);
    assert_int_equal(matches_in(a, bytes_of(text, TEXT), m), 0);
    automaton_free(a);
}

static void too_many_states_are_refused(void **state)
{
    enum { EACH = 1 << 16, MANY = 1 + AUTOMATON_STATES_MOST / EACH };
    struct bytes patterns[MANY + 1];
    struct automaton *a = NULL;
    uint8_t *all = malloc((size_t)EACH * MANY);

    (void)state;
    assert_non_null(all);
    memset(all, 'x', (size_t)EACH * MANY);
    for (size_t i = 0; i < MANY; i++) {
        all[i * EACH] = (uint8_t)(i / 200 + 1);
        all[i * EACH + 1] = (uint8_t)(i % 200 + 1);
        patterns[i] = bytes_of(all + i * EACH, EACH);
    }
    assert_int_equal(automaton_new(patterns, MANY, &a), STATUS_USAGE);
    assert_null(a);
    assert_int_equal(automaton_new(patterns, 2, &a), STATUS_OK);
    automaton_free(a);
    free(all);
}

static void every_allocation_may_fail(void **state)
{
    static char text[2000];
    const struct bytes patterns[] = {bytes_of(text, sizeof(text)), BYTES_LITERAL("b")};
    long failed = 0;

    (void)state;
    memset(text, 'c', sizeof(text));
    for (long nth = 1;; nth++) {
        struct automaton *a = NULL;
        enum status status;
        bool happened;

        oom_fail_at(nth);
        status = automaton_new(patterns, 2, &a);
        happened = oom_happened();
        oom_fail_at(0);
        if (!happened) {
            assert_int_equal(status, STATUS_OK);
            automaton_free(a);
            break;
        }
        failed++;
        assert_int_equal(status, STATUS_NOMEM);
        assert_null(a);
    }
    assert_true(failed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_example_of_the_paper_is_told_in_its_order),
            cmocka_unit_test(letters_match_in_both_cases_and_other_bytes_only_themselves),
            cmocka_unit_test(without_patterns_nothing_matches),
            cmocka_unit_test(random_texts_give_what_a_naive_search_gives_split_anywhere),
            cmocka_unit_test(
                    a_text_that_nearly_matches_everywhere_costs_no_more_than_its_length),
            cmocka_unit_test(too_many_states_are_refused),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
