/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "classify/match.h"
#include "classify/pattern.h"
#include "classify/rule.h"
#include "tests/support/sealed_lists.h"

enum { ANSWER_MOST = 8192 };

/* One rule on one request. */
static enum match_outcome decide_one(const char *rule, const struct match_request *request)
{
    struct lists *lists = sealed(rule, NULL);
    enum match_outcome outcome = decide(lists, request);

    lists_free(lists);
    return outcome;
}

static struct bytes text_of(const struct json_value *object, const char *key)
{
    return bytes_text(json_string_of(json_member(object, key)));
}

static void the_sample_is_decided_as_the_oracle_did(void **state)
{
    FILE *answers = fopen("tests/oracle/sample_answers.ndjson", "rb");
    struct lists *lists = lists_new();
    struct fault fault = {0};
    static char line[ANSWER_MOST];
    size_t n = 0, counts[3] = {0};

    (void)state;
    assert_non_null(answers);
    assert_non_null(lists);
    assert_int_equal(lists_add(lists, "tests/oracle/sample.txt", &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    for (; fgets(line, sizeof(line), answers) != NULL; n++) {
        struct json_value *answer = json_parse(bytes_text(line), &fault);
        struct match_request request = {0};
        enum match_outcome outcome;

        assert_non_null(answer);
        assert_true(resource_type_find(text_of(answer, "type"), &request.type));
        request.url = text_of(answer, "url");
        request.page_host = text_of(answer, "page_host");
        request.page_site = text_of(answer, "page_site");
        request.site = text_of(answer, "site");
        request.third_party = json_is_true(json_member(answer, "third_party"));
        outcome = decide(lists, &request);
        if (!bytes_is(text_of(answer, "verdict"), match_outcome_name(outcome)))
            fail_msg("ours is %s: %s", match_outcome_name(outcome), line);
        counts[outcome]++;
        json_free(answer);
    }
    (void)fclose(answers);
    lists_free(lists);
    assert_true(n > 600 && counts[MATCH_NONE] > 300 && counts[MATCH_BLOCK] > 150 &&
                counts[MATCH_EXCEPTION] > 5);
}

static void the_first_rule_of_the_first_list_is_named(void **state)
{
    struct lists *lists = sealed("! one\n/ads/$domain=page.test\n||a.example^\n",
            "/ads/x\n@@/ads/y\n@@||a.example/ads/\n@@/ads/\n||a.example^$important,image\n");
    struct match_request request = request_of("https://a.example/ads/x");
    struct match_verdict verdict;

    (void)state;
    match_decide(lists, &request, &verdict);
    assert_int_equal(verdict.outcome, MATCH_EXCEPTION);
    assert_string_equal(verdict.block.list->name, "first");
    assert_int_equal(verdict.block.line, 2);
    assert_true(bytes_is(verdict.block.text, "/ads/$domain=page.test"));
    assert_string_equal(verdict.exception.list->name, "second");
    assert_int_equal(verdict.exception.line, 3);
    assert_int_equal(verdict.exception.effect, RULE_EXCEPTION);
    request.type = RESOURCE_IMAGE;
    match_decide(lists, &request, &verdict);
    assert_int_equal(verdict.outcome, MATCH_BLOCK);
    assert_true(verdict.block.important);
    assert_int_equal(verdict.block.line, 5);
    lists_free(lists);
}

static void all_rules_come_in_order_each_once(void **state)
{
    struct lists *lists = sealed("@@/ads/\n||a.example^\n/x/*/ads\n/[a]ds/"
                                 "\n$script,domain=page.test|www.page.test\n",
            "-nothing-\n||a.example/ads/ads/$important\n*\n||www.a.example^\n");
    struct match_request request = request_of("https://A.example/ads/ads/x/ADS/ads");
    struct match_rule rules[16];
    bool more = true;

    (void)state;
    assert_int_equal(match_all(lists, &request, rules, 16, &more), 7);
    assert_false(more);
    assert_true(bytes_is(rules[0].text, "@@/ads/"));
    assert_true(bytes_is(rules[1].text, "||a.example^"));
    assert_true(bytes_is(rules[2].text, "/x/*/ads"));
    assert_true(bytes_is(rules[3].text, "/[a]ds/"));
    assert_true(bytes_is(rules[4].text, "$script,domain=page.test|www.page.test"));
    assert_true(bytes_is(rules[5].text, "||a.example/ads/ads/$important"));
    assert_true(bytes_is(rules[6].text, "*"));
    for (size_t most = 0; most < 7; most++) {
        assert_int_equal(match_all(lists, &request, rules, most, &more), most);
        assert_true(most == 0 || more);
        if (most != 0)
            assert_true(bytes_is(rules[0].text, "@@/ads/"));
    }
    lists_free(lists);
}

static void popups_are_matched_by_their_own_type_only(void **state)
{
    struct match_request request = request_of("https://a.example/");

    (void)state;
    assert_int_equal(decide_one("||a.example^$popup", &request), MATCH_NONE);
    request.type = RESOURCE_POPUP;
    assert_int_equal(decide_one("||a.example^$popup", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("||a.example^$all", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("||a.example^", &request), MATCH_NONE);
}

static void methods_decide_only_when_known(void **state)
{
    struct match_request request = request_of("https://a.example/");

    (void)state;
    assert_int_equal(decide_one("||a.example^$method=get", &request), MATCH_NONE);
    assert_int_equal(decide_one("||a.example^$method=~get", &request), MATCH_NONE);
    request.method = BYTES_LITERAL("GET");
    assert_int_equal(decide_one("||a.example^$method=get|put", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("||a.example^$method=~get", &request), MATCH_NONE);
    request.method = BYTES_LITERAL("QUERY");
    assert_int_equal(decide_one("||a.example^$method=get", &request), MATCH_NONE);
    assert_int_equal(decide_one("||a.example^$method=~get", &request), MATCH_BLOCK);
}

static void targets_are_told_by_to_and_denyallow(void **state)
{
    struct match_request request = request_of("https://cdn.a.example/x");

    (void)state;
    assert_int_equal(decide_one("/x$to=a.example", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/x$to=b.example", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$to=~a.example", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$to=a.example|~cdn.a.example", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$to=a.*", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/x$to=~a.*", &request), MATCH_NONE);
    assert_int_equal(
            decide_one("/x$domain=page.test,denyallow=b.example", &request), MATCH_BLOCK);
    assert_int_equal(
            decide_one("/x$domain=page.test,denyallow=a.example", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$domain=page.test,denyallow=a.*", &request), MATCH_NONE);
}

static void strict_parties_compare_hosts(void **state)
{
    struct match_request request = request_of("https://www.page.test/x");

    (void)state;
    request.third_party = false;
    assert_int_equal(decide_one("/x$strict1p", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/x$strict3p", &request), MATCH_NONE);
    request.url = bytes_text("https://cdn.page.test/x");
    assert_int_equal(decide_one("/x$strict1p", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$strict3p", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/x$third-party", &request), MATCH_NONE);
}

static void an_unknown_page_fits_no_list_of_pages(void **state)
{
    struct match_request request = request_of("https://a.example/x");

    (void)state;
    request.page_host = request.page_site = (struct bytes){0};
    assert_int_equal(decide_one("/x$domain=page.test", &request), MATCH_NONE);
    assert_int_equal(decide_one("/x$domain=~page.test", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/x$domain=page.*", &request), MATCH_NONE);
}

static void names_in_unicode_fit_requests_in_ascii(void **state)
{
    struct match_request request = request_of("https://www.xn--mller-kva.example/p");

    (void)state;
    assert_int_equal(decide_one("||m\xc3\xbcller.example^", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("||m\xc3\xbcller.example/p", &request), MATCH_BLOCK);
    request.page_host = BYTES_LITERAL("xn--bcher-kva.example");
    assert_int_equal(decide_one("/p$domain=b\xc3\xbc"
                                "cher.example",
                             &request),
            MATCH_BLOCK);
}

static void match_case_holds_for_patterns_too(void **state)
{
    struct match_request request = request_of("https://a.example/CamelCase/x");

    (void)state;
    assert_int_equal(decide_one("/CamelCase/$match-case", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("/camelcase/$match-case", &request), MATCH_NONE);
    assert_int_equal(decide_one("/camelcase/", &request), MATCH_BLOCK);
}

static void limits_are_told_not_hidden(void **state)
{
    char *url = malloc(MATCH_URL_MOST + 64);
    struct match_request request;
    struct match_verdict verdict;
    struct lists *lists = sealed("/(a|a)+$/\n/first/\n/last/\n", NULL);

    (void)state;
    assert_non_null(url);
    memset(url, 'a', MATCH_URL_MOST + 63);
    memcpy(url, "https://x.test/first/", 21);
    memcpy(url + MATCH_URL_MOST, "/last/", 6);
    url[MATCH_URL_MOST + 63] = '\0';
    request = request_of(url);
    match_decide(lists, &request, &verdict);
    assert_true(verdict.url_cut);
    assert_int_equal(verdict.outcome, MATCH_BLOCK);
    lists_free(lists);
    lists = sealed("/^h.*\\/(a|a)+$/\n", NULL);
    memset(url + 21, 'a', 80);
    memcpy(url + 101, "!", 2);
    request = request_of(url);
    match_decide(lists, &request, &verdict);
    assert_false(verdict.url_cut);
    assert_int_equal(verdict.outcome, MATCH_NONE);
    assert_int_equal(verdict.undecided, 1);
    lists_free(lists);
    free(url);
}

static void nothing_matches_before_the_lists_are_sealed(void **state)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};
    struct match_request request = request_of("https://a.example/");
    struct match_rule rule;
    bool more = true;

    (void)state;
    assert_non_null(lists);
    assert_int_equal(
            lists_add_text(lists, "x", BYTES_LITERAL("||a.example^"), &fault), STATUS_OK);
    assert_int_equal(decide(lists, &request), MATCH_NONE);
    assert_int_equal(match_all(lists, &request, &rule, 1, &more), 0);
    assert_false(more);
    lists_free(lists);
}

enum { RULES = 250, LINE_MOST = 80 };

/* Rules made of few parts, so that many match; one a line. */
static size_t make_rules(uint32_t random, char *text)
{
    static const char *const parts[] = {
            "ads", "/", ".", "x", "^", "*", "banner", "-", "com", "?"};
    static const char *const starts[] = {"", "", "|", "||", "||a.example", "||ads.", "||com^"};
    static const char *const ends[] = {"", "", "|", "^", "^$domain=page.test", "$important",
            "/$domain=~www.page.test|page.test", "$domain=b.test|www.page.test"};
    size_t n = 0;

    for (int i = 0; i < RULES; i++) {
        random = random * 1664525 + 1013904223;
        n += (size_t)sprintf(
                text + n, "%s%s", (random >> 29) == 0 ? "@@" : "", starts[(random >> 25) % 7]);
        for (uint32_t k = 0; k < 1 + (random >> 22) % 4; k++)
            n += (size_t)sprintf(text + n, "%s", parts[(random >> (5 * k)) % 10]);
        n += (size_t)sprintf(text + n, "%s\n", ends[(random >> 15) % 8]);
    }
    return n;
}

static bool matches_alone(struct bytes rule, const struct match_request *request)
{
    struct lists *alone = lists_new();
    struct fault fault = {0};
    struct match_rule found;
    size_t n;

    assert_non_null(alone);
    assert_int_equal(lists_add_text(alone, "alone", rule, &fault), STATUS_OK);
    assert_int_equal(lists_seal(alone, &fault), STATUS_OK);
    n = match_all(alone, request, &found, 1, NULL);
    lists_free(alone);
    return n == 1;
}

/* The index may only leave out rules that do not match. A rule alone in a list is found by
 * another token than among many: both must come to the same. */
static void each_rule_matches_among_many_as_it_does_alone(void **state)
{
    static const char *const urls[] = {"https://ads.example/ads/banner.com?x",
            "https://a.example.com/x-ads/banner/", "http://ads.com/",
            "https://x.ads.a.example:8/ads", "https://com/ads.x",
            "https://a.example/ads/ads/ads/banner-x.com/?banner"};
    static char text[RULES * LINE_MOST];
    static struct match_rule rules[MATCH_ALL_MOST];
    size_t hits = 0;

    (void)state;
    for (uint32_t u = 0; u < sizeof(urls) / sizeof(urls[0]); u++) {
        size_t n = make_rules(u + 1, text), next = 0, count;
        struct lists *whole = sealed(text, NULL);
        struct match_request request = request_of(urls[u]);
        struct bytes rest = bytes_of(text, n), line;
        bool more = true;

        count = match_all(whole, &request, rules, MATCH_ALL_MOST, &more);
        assert_false(more);
        for (uint32_t number = 1; bytes_take_line(&rest, &line); number++) {
            bool alone = matches_alone(line, &request);

            if ((next < count && rules[next].line == number) != alone)
                fail_msg("%.*s on %s", (int)line.n, (const char *)line.p, urls[u]);
            next += alone;
        }
        assert_int_equal(next, count);
        hits += count;
        lists_free(whole);
    }
    assert_true(hits > 100);
}

/* By rule and pattern alone, without an index. */
static bool fits_by_the_book(struct bytes line, struct bytes lower_url)
{
    struct pattern_url url = pattern_url_of(lower_url);
    struct pattern pattern;
    struct rule rule;

    assert_int_equal(rule_parse(line, &rule), PARSE_DONE);
    pattern = (struct pattern){.text = rule.pattern,
            .host_anchor = rule.host_anchor,
            .left_anchor = rule.left_anchor,
            .right_anchor = rule.right_anchor};
    return pattern_matches(&pattern, &url);
}

static size_t make_line(uint32_t *random, bool url, char *out)
{
    static const char *const parts[] = {"ads", "x", "ad", "adsadsads", "7", "/", ".", "-", "_",
            "=", "?", "&", "%", ":", "/", ".", "^", "*", "^", "*"};
    static const char *const starts[] = {"", "", "|h://", "||", "||a.b.test", "||ads."};
    static const char *const hosts[] = {"h://ads.a.b.test/", "h://x.ads:7/", "h://ads.ad/"};
    size_t n = 0;

    *random = *random * 1664525 + 1013904223;
    n += (size_t)sprintf(
            out, "%s", url ? hosts[(*random >> 20) % 3] : starts[(*random >> 20) % 6]);
    for (uint32_t k = 0; k < 2 + (*random >> 28) % 7; k++) {
        *random = *random * 1664525 + 1013904223;
        n += (size_t)sprintf(out + n, "%s", parts[(*random >> 16) % (url ? 16 : 20)]);
    }
    if (!url && (*random >> 12) % 8 == 0)
        out[n++] = '|';
    out[n] = '\0';
    return n;
}

/* What the index turns away by tokens, their sides and words may not match. */
static void the_index_finds_what_patterns_match(void **state)
{
    static char text[RULES * (LINE_MOST + 1)], lines[RULES][LINE_MOST];
    static struct match_rule rules[MATCH_ALL_MOST];
    uint32_t random = 7;
    size_t hits = 0;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct lists *lists;
        size_t n = 0;

        for (int i = 0; i < RULES; i++) {
            size_t size;

            do /* one between slashes would be a regular expression */
                size = make_line(&random, false, lines[i]);
            while (strpbrk(lines[i], "adsx") == NULL ||
                    (lines[i][0] == '/' && lines[i][size - 1] == '/'));
            n += (size_t)sprintf(text + n, "%s\n", lines[i]);
        }
        lists = sealed(text, NULL);
        for (int k = 0; k < 100; k++) {
            char url[LINE_MOST];
            struct match_request request;
            size_t have, next = 0;

            (void)make_line(&random, true, url);
            request = request_of(url);
            have = match_all(lists, &request, rules, MATCH_ALL_MOST, NULL);
            for (uint32_t i = 0; i < RULES; i++) {
                bool found = next < have && rules[next].line == i + 1;

                if (found != fits_by_the_book(bytes_text(lines[i]), request.url))
                    fail_msg("%s: %s", lines[i], url);
                next += found;
            }
            assert_int_equal(next, have);
            hits += have;
        }
        lists_free(lists);
    }
    assert_true(hits > 10000);
}

static void a_token_may_stand_in_several_places(void **state)
{
    struct match_request request = request_of("https://a.example/-ads-cc-ads-bb/z");

    (void)state;
    assert_int_equal(decide_one("-ads-bb*z", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("-ads-bb/z", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("-ads-c*z", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("-ads-dd*z", &request), MATCH_NONE);
}

static void addresses_are_hosts_too(void **state)
{
    struct match_request request = request_of("https://[2001:DB8::7]:8443/x");

    (void)state;
    assert_int_equal(decide_one("||[2001:db8::7]^", &request), MATCH_BLOCK);
    assert_int_equal(decide_one("||[2001:db8::8]^", &request), MATCH_NONE);
    assert_int_equal(decide_one("||[2001:db8::7]^x", &request), MATCH_NONE);
    request = request_of("https://[::]/");
    assert_int_equal(decide_one("||[::]^$domain=~localhost", &request), MATCH_BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_sample_is_decided_as_the_oracle_did),
            cmocka_unit_test(the_first_rule_of_the_first_list_is_named),
            cmocka_unit_test(all_rules_come_in_order_each_once),
            cmocka_unit_test(popups_are_matched_by_their_own_type_only),
            cmocka_unit_test(methods_decide_only_when_known),
            cmocka_unit_test(targets_are_told_by_to_and_denyallow),
            cmocka_unit_test(strict_parties_compare_hosts),
            cmocka_unit_test(an_unknown_page_fits_no_list_of_pages),
            cmocka_unit_test(names_in_unicode_fit_requests_in_ascii),
            cmocka_unit_test(match_case_holds_for_patterns_too),
            cmocka_unit_test(limits_are_told_not_hidden),
            cmocka_unit_test(nothing_matches_before_the_lists_are_sealed),
            cmocka_unit_test(the_index_finds_what_patterns_match),
            cmocka_unit_test(a_token_may_stand_in_several_places),
            cmocka_unit_test(addresses_are_hosts_too),
            cmocka_unit_test(each_rule_matches_among_many_as_it_does_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
