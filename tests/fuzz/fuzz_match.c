/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: a whole list and one request against it. The input is the URL, the page's host and
 * the list, each on lines of their own. Asserts that the verdict and the list of all rules say
 * the same, that rules come in order, and that asking twice gives the same answer.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct match_rule *rules, size_t n)
{
    for (size_t i = 1; i < n; i++)
        assert(rules[i - 1].line < rules[i].line);
}

/* The verdict that the rules found by match_all call for. */
static void check_verdict(
        const struct match_rule *rules, size_t n, const struct match_verdict *verdict)
{
    const struct match_rule *block = NULL, *exception = NULL;

    for (size_t i = 0; i < n; i++) {
        if (rules[i].effect == RULE_EXCEPTION)
            exception = exception == NULL ? &rules[i] : exception;
        else if (block == NULL || (rules[i].important && !block->important))
            block = &rules[i];
    }
    if (block == NULL) {
        assert(verdict->outcome == MATCH_NONE);
        return;
    }
    assert(verdict->block.line == block->line);
    if (exception == NULL || block->important) {
        assert(verdict->outcome == MATCH_BLOCK);
        return;
    }
    assert(verdict->outcome == MATCH_EXCEPTION && verdict->exception.line == exception->line);
}

static void check_request(const struct lists *lists, const struct match_request *request)
{
    struct match_rule rules[MATCH_ALL_MOST], few[3];
    struct match_verdict verdict, again;
    bool more = false;
    size_t n = match_all(lists, request, rules, MATCH_ALL_MOST, &more);
    size_t first = match_all(lists, request, few, 3, NULL);

    match_decide(lists, request, &verdict);
    match_decide(lists, request, &again);
    assert(verdict.outcome == again.outcome && verdict.block.line == again.block.line);
    check_order(rules, n);
    assert(first == (n < 3 ? n : 3));
    for (size_t i = 0; i < first; i++)
        assert(few[i].line == rules[i].line);
    /* A regular expression that gave up may do so in one of two runs. */
    if (!more && verdict.undecided == 0)
        check_verdict(rules, n, &verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};
    struct match_request request = {.method = BYTES_LITERAL("GET")};
    struct lists *lists;

    if (!bytes_take_line(&rest, &request.url) || !bytes_take_line(&rest, &request.page_host))
        return 0;
    request.page_site = request.page_host;
    request.site = request.page_host;
    lists = lists_new();
    if (lists == NULL)
        return 0;
    if (lists_add_text(lists, "fuzz", rest, NULL) == STATUS_OK &&
            lists_seal(lists, NULL) == STATUS_OK) {
        for (unsigned i = 0; i < RESOURCE_TYPES; i += 4) {
            request.type = (enum resource_type)i;
            request.third_party = i % 8 == 0;
            check_request(lists, &request);
        }
    }
    lists_free(lists);
    return 0;
}
