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
static const struct token_filter everything = {all_bits, 0};

/* The tokens of `raw` by the definition, compared with what token_take gives. */
static size_t check_tokens(struct bytes raw)
{
    struct token_text *t = malloc(sizeof(*t));
    struct token_list out = {0};
    struct token_walk walk = {0};
    size_t next = 0, count = 0;
    const uint8_t *lower;

    assert_non_null(t);
    memset(t, 0xa5, sizeof(*t));
    token_text_init(t, raw);
    assert_int_equal(t->n, raw.n);
    lower = token_text_lower(t);
    for (size_t i = 0; i < raw.n;) {
        size_t begin = i;

        assert_int_equal(lower[i], ascii_lower(raw.p[i]));
        while (i < raw.n && ascii_is_alnum(raw.p[i]))
            i++;
        if (i == begin) {
            i++;
            continue;
        }
        while (next == out.n) {
            assert_false(walk.done);
            out.n = 0;
            token_take(t, &everything, &walk, &out);
            assert_true(out.n <= TOKEN_TAKE_MOST);
            next = 0;
        }
        assert_ptr_equal(out.places[next], lower + begin);
        assert_true(out.hashes[next] == token_key((struct bytes){lower + begin, i - begin}));
        next++;
        count++;
    }
    assert_int_equal(next, out.n);
    while (!walk.done) {
        out.n = 0;
        token_take(t, &everything, &walk, &out);
        assert_int_equal(out.n, 0);
    }
    for (size_t i = 1; i <= TOKEN_REACH; i++)
        assert_true(lower[-(ptrdiff_t)i] == 0 && lower[raw.n + i - 1] == 0);
    free(t);
    return count;
}

static void names_hash_alike_with_bytes_behind_them(void **state)
{
    static const char text[] = "www.shop.example.test--------";

    (void)state;
    for (size_t n = 0; n < 21; n++) {
        struct bytes padded = {(const uint8_t *)text, n};
        uint8_t *copy = malloc(n == 0 ? 1 : n);

        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_true(token_hash_padded(padded) == token_hash((struct bytes){copy, n}));
        assert_true(n == 0 || token_key(padded) == token_key((struct bytes){copy, n}));
        free(copy);
    }
    assert_true(token_key(BYTES_LITERAL("abcdefg")) != token_key(BYTES_LITERAL("abcdefgh")));
    assert_true(token_key(BYTES_LITERAL("abcdefgh")) == token_key(BYTES_LITERAL("abcdefghij")));
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
    uint64_t words[64] = {0};
    struct token_filter filter = {words, 63};
    struct token_list out = {0};
    struct token_walk walk = {0};

    (void)state;
    assert_non_null(t);
    token_filter_add(&filter, token_key(BYTES_LITERAL("beta")), UINT64_MAX);
    token_text_init(t, BYTES_LITERAL("/alpha/BETA/gamma/beta"));
    token_take(t, &filter, &walk, &out);
    assert_int_equal(out.n, 2);
    assert_true(walk.done);
    assert_ptr_equal(out.places[0], token_text_lower(t) + 7);
    assert_ptr_equal(out.places[1], token_text_lower(t) + 18);
    /* What is there already stays. */
    walk = (struct token_walk){.at = 11};
    token_take(t, &filter, &walk, &out);
    assert_int_equal(out.n, 3);
    assert_ptr_equal(out.places[1], token_text_lower(t) + 18);
    assert_ptr_equal(out.places[2], token_text_lower(t) + 18);
    free(t);
}

/* How many tokens of `url` a filter lets through that has the first token of `pattern`. */
static size_t sides_let_through(const char *pattern, const char *url)
{
    struct token_text *t = malloc(sizeof(*t));
    uint64_t words[1] = {0};
    struct token_filter filter = {words, 0};
    struct token token;
    struct token_list out = {0};
    struct token_walk walk = {0};
    size_t from = 0, n;

    assert_non_null(t);
    assert_true(token_next_of_pattern(bytes_text(pattern), true, true, &from, &token));
    token_filter_add(&filter, token.hash, token_sides_of_pattern(bytes_text(pattern), &token));
    token_text_init(t, bytes_text(url));
    token_take(t, &filter, &walk, &out);
    n = out.n;
    /* Other tokens may get through by chance: one word holds all. */
    for (size_t i = n; i-- > 0;)
        n -= out.hashes[i] != token.hash;
    free(t);
    return n;
}

static void a_filter_tells_apart_what_stands_next_to_tokens(void **state)
{
    (void)state;
    assert_int_equal(sides_let_through("/ads/", "/ads/ads-ads.ads/"), 1);
    assert_int_equal(sides_let_through("-ads.", "/ads/ads-ads.ads/"), 1);
    assert_int_equal(sides_let_through("^ads^", "/ads?ads&ads=ads:ads-ads.ads_ads%"), 4);
    assert_int_equal(sides_let_through("ads", "ads"), 1);
    assert_int_equal(sides_let_through("ads-", "ads-/ads-.ads-@ads--ads-=ads-"), 4);
    assert_int_equal(sides_let_through("/ads^", "/ads"), 1);
    assert_int_equal(sides_let_through("/ads", "/ads/ads/ads"), 1);
    assert_int_equal(sides_let_through("/adserver*", "/adserver/adserver2-/-adserver"), 2);
    assert_int_equal(sides_let_through("/adserver", "/adserver/adserver2-/adserver?"), 3);
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

static void a_long_token_counts_whatever_prolongs_it_behind(void **state)
{
    (void)state;
    check_pattern("/tracker", false, false, "");
    check_pattern("/trackers", false, false, "trackers");
    check_pattern("/trackers*", false, false, "trackers");
    check_pattern("=trackers1*page=", false, false, "trackers1");
    check_pattern("*trackers", false, false, "");
    check_pattern("trackers", false, false, "");
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
            cmocka_unit_test(a_filter_tells_apart_what_stands_next_to_tokens),
            cmocka_unit_test(names_hash_alike_with_bytes_behind_them),
            cmocka_unit_test(only_closed_tokens_of_a_pattern_count),
            cmocka_unit_test(a_long_token_counts_whatever_prolongs_it_behind),
            cmocka_unit_test(literals_of_expressions_are_those_every_match_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
