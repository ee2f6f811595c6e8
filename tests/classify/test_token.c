/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/token.h"

static uint64_t all_bits[1] = {UINT64_MAX};
static const struct token_filter everything = {all_bits, 63};

/* The tokens of `raw` by the definition, compared with what token_take gives. */
static size_t check_tokens(struct bytes raw)
{
    struct token_text *t = malloc(sizeof(*t));
    struct token out[5];
    size_t from = 0, have = 0, next = 0, count = 0;

    assert_non_null(t);
    memset(t, 0xa5, sizeof(*t));
    token_text_init(t, raw);
    assert_int_equal(t->n, raw.n);
    for (size_t i = 0; i < raw.n;) {
        size_t begin = i;

        assert_int_equal(t->lower[i], ascii_lower(raw.p[i]));
        while (i < raw.n && ascii_is_alnum(raw.p[i]))
            i++;
        if (i == begin) {
            i++;
            continue;
        }
        if (next == have) {
            have = token_take(t, &everything, &from, out, 5);
            next = 0;
            assert_true(have > 0);
        }
        assert_int_equal(out[next].at, begin);
        assert_int_equal(out[next].n, i - begin);
        assert_true(out[next].hash == token_hash((struct bytes){t->lower + begin, i - begin}));
        next++;
        count++;
    }
    assert_int_equal(next, have);
    assert_int_equal(token_take(t, &everything, &from, out, 5), 0);
    assert_true(2 * from == t->edge_count);
    free(t);
    return count;
}

static void tokens_are_runs_of_letters_and_digits(void **state)
{
    (void)state;
    assert_int_equal(check_tokens(BYTES_LITERAL("")), 0);
    assert_int_equal(check_tokens(BYTES_LITERAL("a")), 1);
    assert_int_equal(check_tokens(BYTES_LITERAL("--")), 0);
    assert_int_equal(check_tokens(BYTES_LITERAL("HTTPS://Ads.Example/x%2Fy?Z=@[`{")), 6);
    assert_int_equal(check_tokens(BYTES_LITERAL("\xc3\xa9t\xc3\xa9 \xff\x80z9")), 2);
}

static void tokens_of_any_length_meet_words_anywhere(void **state)
{
    uint8_t text[300];

    (void)state;
    for (size_t n = 0; n < 200; n++) {
        for (size_t gap = 1; gap < 130; gap += 3) {
            memset(text, 'K', n);
            for (size_t i = gap - 1; i < n; i += gap)
                text[i] = '/';
            (void)check_tokens((struct bytes){text, n});
        }
    }
}

static void a_text_at_the_limit_is_read_whole_and_a_longer_one_cut(void **state)
{
    uint8_t *text = malloc(TOKEN_TEXT_MOST + 1);
    struct token_text *t = malloc(sizeof(*t));

    (void)state;
    assert_non_null(text);
    assert_non_null(t);
    memset(text, 'a', TOKEN_TEXT_MOST + 1);
    assert_int_equal(check_tokens((struct bytes){text, TOKEN_TEXT_MOST}), 1);
    for (size_t i = 0; i < TOKEN_TEXT_MOST; i += 2)
        text[i] = '/';
    assert_int_equal(check_tokens((struct bytes){text, TOKEN_TEXT_MOST}), TOKEN_TEXT_MOST / 2);
    token_text_init(t, (struct bytes){text, TOKEN_TEXT_MOST + 1});
    assert_int_equal(t->n, TOKEN_TEXT_MOST);
    free(text);
    free(t);
}

static void a_filter_keeps_what_is_in_it(void **state)
{
    struct token_text *t = malloc(sizeof(*t));
    uint64_t bits[64] = {0};
    struct token_filter filter = {bits, 64 * 64 - 1};
    struct token out[8];
    size_t from = 0;

    (void)state;
    assert_non_null(t);
    token_filter_add(&filter, token_hash(BYTES_LITERAL("beta")));
    token_text_init(t, BYTES_LITERAL("/alpha/BETA/gamma/beta"));
    assert_int_equal(token_take(t, &filter, &from, out, 8), 2);
    assert_int_equal(out[0].at, 7);
    assert_int_equal(out[1].at, 18);
    free(t);
}

/* Tokens of a pattern, joined by blanks. */
static void check_pattern(const char *pattern, bool left, bool right, const char *expected)
{
    char found[256] = "";
    struct token token;
    size_t from = 0;

    while (token_next_of_pattern(bytes_text(pattern), left, right, &from, &token)) {
        if (found[0] != '\0')
            strcat(found, " ");
        strncat(found, pattern + token.at, token.n);
    }
    assert_string_equal(found, expected);
}

static void only_closed_tokens_of_a_pattern_count(void **state)
{
    (void)state;
    check_pattern("/ads/banner", false, false, "ads");
    check_pattern("/ads/banner", false, true, "ads banner");
    check_pattern("ads.example^", true, false, "ads example");
    check_pattern("ads.example^", false, false, "example");
    check_pattern("a*b/c*d^e*/f", true, true, "f");
    check_pattern("/aa-b_cc%2fd/", false, false, "aa b cc 2fd");
    check_pattern("", true, true, "");
    check_pattern("x", false, false, "");
    check_pattern("/x*", false, false, "");
}

static void check_regex(const char *source, const char *expected)
{
    uint8_t text[512];
    size_t n = token_regex_literals(bytes_text(source), text);

    assert_true(n <= strlen(source));
    text[n] = '\0';
    check_pattern((const char *)text, false, false, expected);
}

static void literals_of_expressions_are_those_every_match_has(void **state)
{
    (void)state;
    check_regex("(https?:\\/\\/)104\\.154\\..{100,}", "154");
    check_regex("\\/[0-9a-f]{32}\\/invoke\\.js", "invoke");
    check_regex("^https:\\/\\/CDN\\.example\\.test\\/[a-z]", "cdn example test");
    check_regex("\\/ads?\\/", "");
    check_regex("\\/ads\\/|\\/banner\\/", "");
    check_regex("\\/(ads|x)\\/(a(b)[)])?y\\/zz\\/", "zz");
    check_regex("\\/a{2}\\/bb\\/", "bb");
    check_regex("(?i)\\/ads\\/", "");
    check_regex("(?!x)\\/ads\\/", "ads");
    check_regex("\\Q/ads/\\E", "");
    check_regex("\\b\\/ads\\/\\d+\\/x", "ads");
    check_regex("\\/ads\\/[", "ads");
    check_regex("\\/ads\\/(", "ads");
    check_regex("\\/ads\\/\\", "");
    check_regex("\\/a\\*b\\/", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(tokens_are_runs_of_letters_and_digits),
            cmocka_unit_test(tokens_of_any_length_meet_words_anywhere),
            cmocka_unit_test(a_text_at_the_limit_is_read_whole_and_a_longer_one_cut),
            cmocka_unit_test(a_filter_keeps_what_is_in_it),
            cmocka_unit_test(only_closed_tokens_of_a_pattern_count),
            cmocka_unit_test(literals_of_expressions_are_those_every_match_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
