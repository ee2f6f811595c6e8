/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/pattern.h"
#include "classify/regex.h"

/* A pattern as lists write it. */
static struct pattern pattern_of(const char *text)
{
    struct pattern p = {.text = bytes_text(text)};

    if (bytes_starts(p.text, BYTES_LITERAL("||"))) {
        p.host_anchor = true;
        p.text = bytes_slice(p.text, 2, p.text.n);
    } else if (bytes_starts(p.text, BYTES_LITERAL("|"))) {
        p.left_anchor = true;
        p.text = bytes_slice(p.text, 1, p.text.n);
    }
    if (p.text.n != 0 && p.text.p[p.text.n - 1] == '|') {
        p.right_anchor = true;
        p.text.n--;
    }
    return p;
}

static bool matches(const char *pattern, const char *url)
{
    struct pattern p = pattern_of(pattern);
    struct pattern_url u = pattern_url_of(bytes_text(url));

    return pattern_matches(&p, &u);
}

/* pattern_url_of_padded must say what pattern_url_of says. */
static void check_padded(struct bytes url)
{
    uint8_t *copy = calloc(1, url.n + PATTERN_PADDING);
    struct pattern_url expected = pattern_url_of(url), found;

    assert_non_null(copy);
    if (url.n != 0)
        memcpy(copy, url.p, url.n);
    found = pattern_url_of_padded((struct bytes){copy, url.n});
    assert_ptr_equal(found.text.p, copy);
    assert_int_equal(found.text.n, url.n);
    assert_int_equal(found.host_begin, expected.host_begin);
    assert_int_equal(found.host_end, expected.host_end);
    free(copy);
}

static void hosts_are_found_in_urls(void **state)
{
    static const struct {
        const char *url;
        const char *host;
    } cases[] = {
            {"https://a.example/x", "a.example"},
            {"https://a.example", "a.example"},
            {"https://a.example:8443/x:y@z", "a.example"},
            {"https://u:p@a.example:1/", "a.example"},
            {"https://u@v@a.example?q=@", "a.example"},
            {"https://[2001:db8::7]:443/", "[2001:db8::7]"},
            {"https://[2001:db8::7]/", "[2001:db8::7]"},
            {"wss://a.example#x", "a.example"},
            {"data:text/plain,//x", ""},
            {"about:blank", ""},
            {"", ""},
            {"https://", ""},
            {"https:///x", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pattern_url u = pattern_url_of(bytes_text(cases[i].url));

        assert_true(bytes_is(bytes_slice(u.text, u.host_begin, u.host_end), cases[i].host));
        check_padded(bytes_text(cases[i].url));
    }
}

static void hosts_are_found_alike_with_zeros_behind(void **state)
{
    static const char bytes[] = "a0-.:/?#@]_[/:";
    uint8_t url[100] = "https://";
    uint32_t random = 1;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        size_t n = round % sizeof(url), begin = round % 9;

        for (size_t i = begin; i < n; i++) {
            random = random * 1664525u + 1013904223u;
            /* Mostly letters, so that hosts of all lengths come about. */
            url[i] = (uint8_t)bytes[random >> 30 != 0 && round % 7 != 0
                                            ? 0
                                            : (random >> 20) % (sizeof(bytes) - 1)];
        }
        check_padded((struct bytes){url, n});
        memcpy(url, "https://", 8);
    }
}

static void the_documented_examples_match(void **state)
{
    (void)state;
    assert_true(matches("/banner/*/img^", "http://a.example/banner/foo/img"));
    assert_true(matches("/banner/*/img^", "http://a.example/banner/foo/bar/img?param"));
    assert_true(matches("/banner/*/img^", "http://a.example/banner//img/foo"));
    assert_false(matches("/banner/*/img^", "http://a.example/banner/img"));
    assert_false(matches("/banner/*/img^", "http://a.example/banner/foo/imgraph"));
    assert_false(matches("/banner/*/img^", "http://a.example/banner/foo/img.gif"));
    assert_true(matches("||ads.example^", "http://ads.example/foo.gif"));
    assert_true(matches("||ads.example^", "http://server1.ads.example/foo.gif"));
    assert_true(matches("||ads.example^", "https://ads.example:8000/"));
    assert_false(matches("||ads.example^", "http://ads.example.ua/foo.gif"));
    assert_false(matches("||ads.example^", "http://x.example/redirect/http://ads.example/"));
    assert_true(matches("|http://a.example/|", "http://a.example/"));
    assert_false(matches("|http://a.example/|", "http://a.example/foo.gif"));
    assert_false(matches("|http://a.example/|", "http://x.example/?http://a.example/"));
}

static void separators_take_nothing_at_the_end(void **state)
{
    (void)state;
    assert_true(matches("abc^", "http://a.example/abc"));
    assert_true(matches("abc^^", "http://a.example/abc"));
    assert_true(matches("abc^|", "http://a.example/abc"));
    assert_true(matches("abc^|", "http://a.example/abc/"));
    assert_false(matches("abc^|", "http://a.example/abc//"));
    assert_true(matches("abc^*", "http://a.example/abc"));
    assert_false(matches("abc^d", "http://a.example/abc"));
    assert_false(matches("^^abc", "http://a.example/abc"));
    assert_true(matches("^\xc3^", "http://a.example/\xc3?"));
}

static void parts_between_stars_need_their_order(void **state)
{
    (void)state;
    assert_true(matches("a*b*c|", "http://x.example/a-b-c"));
    assert_false(matches("a*b*c|", "http://x.xxmple/b-a-c"));
    assert_true(matches("a*a|", "http://x.xx/aa"));
    assert_false(matches("a*a|", "http://x.xx/a"));
    assert_true(matches("||x.*/ads", "http://y.x.example/q/ads"));
    assert_false(matches("||x.*/ads", "http://yx.example/q/ads"));
    assert_true(matches("||a*/x|", "http://q.a.b/y/x"));
    assert_true(matches("**", "http://x.example/"));
    assert_true(matches("", "http://x.example/"));
    assert_true(matches("||", "http://x.example/"));
}

static void a_later_label_may_match_where_the_first_does_not(void **state)
{
    (void)state;
    assert_true(matches("||a.example^", "http://a.a.example/"));
    assert_true(matches("||aa|", "http://aab.aa"));
    assert_false(matches("||example/a", "http://b.examples/a"));
    assert_true(matches("||example/a", "http://b.example/a"));
}

static void one_place_is_tried_where_it_is_known(void **state)
{
    struct pattern p = pattern_of("||a.example/x");
    struct pattern_url u = pattern_url_of(BYTES_LITERAL("http://b.a.example/x"));

    (void)state;
    assert_true(pattern_matches_at(&p, &u, 9));
    assert_false(pattern_matches_at(&p, &u, 8));
    assert_false(pattern_matches_at(&p, &u, 20));
    assert_false(pattern_matches_at(&p, &u, 21));
}

/* The same pattern as a regular expression, by the book. */
static size_t as_regex(const struct pattern *p, char *out)
{
    size_t n = 0;

    if (p->host_anchor)
        n += (size_t)sprintf(out, "^[a-z]+://([^/?#]*[.])?");
    if (p->left_anchor)
        out[n++] = '^';
    for (size_t i = 0; i < p->text.n; i++) {
        uint8_t c = p->text.p[i];

        if (c == '*')
            n += (size_t)sprintf(out + n, ".*");
        else if (c == '^')
            n += (size_t)sprintf(out + n, "(?:[^a-z0-9_.%%-]|$)");
        else
            n += (size_t)sprintf(out + n, "[%c]", c);
    }
    if (p->right_anchor)
        out[n++] = '$';
    return n;
}

/* All patterns of up to six bytes over a small alphabet would be too many: a fixed walk. */
static void patterns_agree_with_regular_expressions(void **state)
{
    static const char *const urls[] = {"h://ab.a/", "h://a.b.a/ab", "h://b/a/ba/", "h://a.a.a",
            "h://b.ab/?a=b&ba", "h://ab/ab/ab/aab/", "h://b.b/bbbbbbbbbbb/a.",
            "h://aa.b/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/ab/a", "h://b/.......a......../b/aab/."};
    static const char alphabet[] = "ab/.^*a";
    uint32_t random = 1;
    size_t yes = 0;

    (void)state;
    for (int i = 0; i < 4000; i++) {
        char text[16], source[512];
        struct pattern p;
        struct regex *regex = NULL;
        enum status status;
        size_t n = 0;

        random = random * 1664525 + 1013904223;
        if ((random >> 16) % 3 == 0)
            text[n++] = '|';
        if ((random >> 18) % 4 == 0)
            text[n++] = '|';
        for (uint32_t k = 0; k < 1 + (random >> 20) % 6; k++)
            text[n++] = alphabet[(random >> (3 * k)) % 7];
        if ((random >> 28) % 4 == 0)
            text[n++] = '|';
        text[n] = '\0';
        p = pattern_of(text);
        n = as_regex(&p, source);
        assert_int_equal(
                regex_new((struct bytes){(const uint8_t *)source, n}, true, &status, &regex),
                PARSE_DONE);
        for (size_t k = 0; k < sizeof(urls) / sizeof(urls[0]); k++) {
            struct bytes url = bytes_text(urls[k]);
            struct pattern_url u = pattern_url_of(url);
            bool expected = regex_matches(regex, url) == REGEX_YES;

            if (pattern_matches(&p, &u) != expected)
                fail_msg("%s on %s: expected %d", text, urls[k], expected);
            yes += expected;
        }
        regex_free(regex);
    }
    assert_true(yes > 1000);
}

static void stars_upon_stars_take_bounded_time(void **state)
{
    enum { N = 16000, STARS = 1000 };
    char *url = malloc(N + 1), *pattern = malloc(2 * STARS + 2);

    (void)state;
    assert_non_null(url);
    assert_non_null(pattern);
    memset(url, 'a', N);
    url[N] = '\0';
    for (size_t i = 0; i < STARS; i++)
        memcpy(pattern + 2 * i, "a*", 2);
    memcpy(pattern + 2 * STARS, "b", 2);
    /* A backtracking matcher would still be at it when the sun goes out. */
    assert_false(matches(pattern, url));
    free(url);
    free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(hosts_are_found_in_urls),
            cmocka_unit_test(hosts_are_found_alike_with_zeros_behind),
            cmocka_unit_test(the_documented_examples_match),
            cmocka_unit_test(separators_take_nothing_at_the_end),
            cmocka_unit_test(parts_between_stars_need_their_order),
            cmocka_unit_test(a_later_label_may_match_where_the_first_does_not),
            cmocka_unit_test(one_place_is_tried_where_it_is_known),
            cmocka_unit_test(patterns_agree_with_regular_expressions),
            cmocka_unit_test(stars_upon_stars_take_bounded_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
