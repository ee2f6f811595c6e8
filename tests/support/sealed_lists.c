/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/support/sealed_lists.h"

struct lists *sealed(const char *first, const char *second)
{
    struct lists *lists = lists_new();
    struct fault fault = {0};

    assert_non_null(lists);
    assert_int_equal(lists_add_text(lists, "first", bytes_text(first), &fault), STATUS_OK);
    if (second != NULL)
        assert_int_equal(
                lists_add_text(lists, "second", bytes_text(second), &fault), STATUS_OK);
    assert_int_equal(lists_seal(lists, &fault), STATUS_OK);
    return lists;
}

struct match_request request_of(const char *url)
{
    return (struct match_request){
            .url = bytes_text(url),
            .page_host = BYTES_LITERAL("www.page.test"),
            .page_site = BYTES_LITERAL("page.test"),
            .site = BYTES_LITERAL("a.example"),
            .type = RESOURCE_SCRIPT,
            .third_party = true,
    };
}

enum match_outcome decide(const struct lists *lists, const struct match_request *request)
{
    struct match_verdict verdict;

    match_decide(lists, request, &verdict);
    return verdict.outcome;
}
