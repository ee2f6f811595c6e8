/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: classify/legal.c. The bytes are the file cn.json. Tables that are refused say why;
 * of those that are taken every rule is complete, is found by its id, and holds when it says.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "classify/legal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EMPTY(j)                                                                               \
    "{\"schema\":\"exhibit/rules/1\",\"jurisdiction\":\"" j                                    \
    "\",\"version\":\"1\",\"date\":\"2026-01-02\",\"rules\":[]}"

static void check_rule(const struct legal *l, const struct legal_rule *r)
{
    assert(legal_find(l, r->id) == r);
    assert(r->law[0] != '\0' && r->article[0] != '\0' && r->source[0] != '\0');
    assert(r->statement_en[0] != '\0' && r->statement_zh[0] != '\0' && r->basis != NULL);
    assert(strcmp(r->jurisdiction, "cn") == 0);
    assert(r->from_ns < r->end_ns && (r->valid_to == NULL) == (r->end_ns == INT64_MAX));
    assert(legal_valid_at(r, r->from_ns) && !legal_valid_at(r, r->from_ns - 1));
    assert(legal_valid_at(r, r->end_ns - 1) && !legal_valid_at(r, r->end_ns));
    assert(r->readings >> READINGS == 0);
    assert(r->facts >> LEGAL_FACTS == 0 && r->against >> LEGAL_FACTS == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes texts[LEGAL_TABLES] = {
            bytes_of(data, size), BYTES_LITERAL(EMPTY("eu")), BYTES_LITERAL(EMPTY("us"))};
    struct fault fault = {0};
    struct legal *l = legal_new_from(texts, &fault);
    const char *ids[TRACE_GROUNDS_MOST];

    if (l == NULL) {
        assert(fault.status == STATUS_INPUT && fault.text[0] != '\0');
        return 0;
    }
    assert(legal_tables(l)[0].rules == legal_count(l));
    for (size_t i = 0; i < legal_count(l); i++)
        check_rule(l, legal_rule_at(l, i));
    for (unsigned r = 0; r < READINGS; r++)
        for (size_t n = legal_grounds(l, r, UINT64_MAX, false, 0, ids, TRACE_GROUNDS_MOST);
                n != 0; n--)
            assert(legal_valid_at(legal_find(l, ids[n - 1]), 0));
    legal_free(l);
    return 0;
}
