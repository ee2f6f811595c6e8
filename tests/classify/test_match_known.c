/* SPDX-License-Identifier: Apache-2.0 */
/* What the matcher remembers from one request to the next must not change what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/sealed_lists.h"

/* Eight rules for one host, more for its parent, none for another. */
#define HOST_RULES                                                                             \
    "||a.example^$script\n||a.example^$image\n||a.example^$font\n||a.example^$media\n"         \
    "||a.example^$ping\n||a.example^$object\n@@||a.example^$script,domain=page.test\n"         \
    "||a.example^$other\n||example^$stylesheet\n"

static void check_lines(const struct lists *lists, const char *url, enum resource_type type,
        uint32_t block, uint32_t exception)
{
    struct match_request request = request_of(url);
    struct match_verdict verdict;

    request.type = type;
    /* What is remembered of a host must not change what is said of it. */
    for (int i = 0; i < 3; i++) {
        match_decide(lists, &request, &verdict);
        assert_int_equal(verdict.outcome, exception != 0 ? MATCH_EXCEPTION
                                          : block != 0   ? MATCH_BLOCK
                                                         : MATCH_NONE);
        assert_int_equal(verdict.block.line, block);
        assert_int_equal(verdict.exception.line, exception);
    }
}

static void a_host_asked_for_again_is_judged_as_before(void **state)
{
    static const char deep[] = "https://a-label-of-more-than-forty-eight-bytes-in-a-row."
                               "a.example/";
    struct lists *many = sealed(HOST_RULES, NULL), *few = sealed("||a.example^$image\n", NULL);
    char url[64];

    (void)state;
    for (int round = 0; round < 2; round++) {
        check_lines(many, "https://a.example/", RESOURCE_SCRIPT, 1, 7);
        check_lines(few, "https://a.example/", RESOURCE_SCRIPT, 0, 0);
        check_lines(few, "https://a.example/", RESOURCE_IMAGE, 1, 0);
        check_lines(many, "https://a.example:8/", RESOURCE_IMAGE, 2, 0);
        check_lines(many, "https://a.example/?", RESOURCE_OTHER, 8, 0);
        check_lines(many, "https://b.example/", RESOURCE_STYLESHEET, 9, 0);
        check_lines(many, "https://b.example/", RESOURCE_IMAGE, 0, 0);
        check_lines(many, deep, RESOURCE_PING, 5, 0);
        check_lines(few, deep, RESOURCE_IMAGE, 1, 0);
        check_lines(many, "https://", RESOURCE_IMAGE, 0, 0);
        lists_free(few);
        few = sealed("||b.example^\n||a.example^$image\n", NULL); /* at the same place, maybe */
        check_lines(few, "https://a.example/", RESOURCE_IMAGE, 2, 0);
        check_lines(few, "https://b.example/", RESOURCE_IMAGE, 1, 0);
        lists_free(few);
        few = sealed("||a.example^$image\n", NULL);
    }
    for (int i = 0; i < 600; i++) {
        bool known = i % 3 == 0;

        (void)snprintf(url, sizeof(url), "https://h%d.%s.example/", i % 200, known ? "a" : "b");
        check_lines(many, url, RESOURCE_FONT, known ? 3 : 0, 0);
    }
    lists_free(many);
    lists_free(few);
}

/* Two URLs that begin alike may have different hosts, tokens and ends. */
static void a_beginning_that_is_known_is_not_taken_for_another(void **state)
{
    struct lists *lists = sealed("||ads.example^\n||other.example^\n://ads.\n/ads.example/*/x\n"
                                 ".example/banner\n||ads.example.org^\nexample#here\n",
            NULL);

    (void)state;
    for (int round = 0; round < 2; round++) {
        check_lines(lists, "https://ads.example/", RESOURCE_IMAGE, 1, 0);
        check_lines(lists, "https://ads.example:80@other.example/", RESOURCE_IMAGE, 2, 0);
        check_lines(lists, "https://ads.example@other.example/", RESOURCE_IMAGE, 2, 0);
        check_lines(lists, "https://ads.example.org/", RESOURCE_IMAGE, 3, 0);
        check_lines(lists, "https://ads.example", RESOURCE_IMAGE, 1, 0);
        check_lines(lists, "HTTPS://Ads.Example?", RESOURCE_IMAGE, 1, 0);
        check_lines(lists, "https://my.example/banner", RESOURCE_IMAGE, 5, 0);
        check_lines(lists, "https://my.example/", RESOURCE_IMAGE, 0, 0);
        check_lines(lists, "https://my.example?banner", RESOURCE_IMAGE, 0, 0);
        check_lines(lists, "https://my.example/a/ads.example/b/x", RESOURCE_IMAGE, 4, 0);
        check_lines(lists, "https://my.example#here", RESOURCE_IMAGE, 7, 0);
        check_lines(lists, "https://my.example:8/banner", RESOURCE_IMAGE, 0, 0);
        check_lines(lists, "https://u:p@ads.example/", RESOURCE_IMAGE, 1, 0);
        check_lines(lists, "https://u:p@my.example/banner", RESOURCE_IMAGE, 5, 0);
    }
    lists_free(lists);
}

/* What is kept of the page from one request to the next is good for that page only. */
static void pages_may_change_between_requests(void **state)
{
    struct lists *lists = sealed("/ads/$domain=page.test\n", NULL);
    struct match_request request = request_of("https://a.example/ads/");
    char host[5000];

    (void)state;
    memset(host, 'a', sizeof(host));
    for (int i = 0; i < 2; i++) {
        request.page_host = BYTES_LITERAL("www.page.test");
        assert_int_equal(decide(lists, &request), MATCH_BLOCK);
        request.page_host = BYTES_LITERAL("www.page.tess");
        assert_int_equal(decide(lists, &request), MATCH_NONE);
        request.page_host = (struct bytes){0};
        assert_int_equal(decide(lists, &request), MATCH_NONE);
        memcpy(host + sizeof(host) - 10, ".page.test", 10);
        request.page_host = (struct bytes){(const uint8_t *)host, sizeof(host)};
        assert_int_equal(decide(lists, &request), MATCH_BLOCK);
    }
    lists_free(lists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_host_asked_for_again_is_judged_as_before),
            cmocka_unit_test(a_beginning_that_is_known_is_not_taken_for_another),
            cmocka_unit_test(pages_may_change_between_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
