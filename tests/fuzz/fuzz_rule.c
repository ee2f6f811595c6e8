/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: one line of a list, as classify/rule reads it. Asserts that every part borrows from
 * the line, that domain lists come to an end, and that a refused line leaves the output alone.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/condition.h"
#include "classify/punycode.h"
#include "classify/rule.h"
#include "classify/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct bytes part, struct bytes line)
{
    assert(part.n == 0 || (part.p >= line.p && part.p + part.n <= line.p + line.n));
}

static void check_domains(struct bytes list, struct bytes line)
{
    struct rule_domain domain;
    size_t n = 0;

    check_within(list, line);
    while (list.n != 0) {
        bool more = rule_next_domain(&list, &domain);

        assert(more && domain.host.n != 0 && domain.host.n <= RULE_DOMAIN_BYTES);
        check_within(domain.host, line);
        assert(++n <= RULE_DOMAINS_MOST);
    }
}

static void check_literals(struct bytes source)
{
    uint8_t text[RULE_PATTERN_MOST];
    size_t n = token_regex_literals(source, text), from = 0;
    struct token token;

    assert(n <= source.n);
    while (token_next_of_pattern((struct bytes){text, n}, false, false, &from, &token))
        assert(token.n != 0 && token.at + token.n <= n);
}

static void check_names(struct bytes text)
{
    uint8_t out[RULE_DOMAIN_BYTES * (1 + PUNYCODE_GROWTH)];

    if (text.n <= RULE_DOMAIN_BYTES)
        assert(punycode_names(text, out) <= sizeof(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes line = {data, size};
    struct rule rule, untouched;

    memset(&rule, 0x5a, sizeof(rule));
    memcpy(&untouched, &rule, sizeof(rule));
    (void)rule_line_kind(line);
    if (condition_holds(line))
        assert(size != 0); /* an empty condition holds for nobody */
    check_names(line);
    if (rule_parse(line, &rule) != PARSE_DONE) {
        assert(memcmp(&rule, &untouched, sizeof(rule)) == 0);
        return 0;
    }
    assert(size <= RULE_LINE_MOST && rule.pattern.n <= RULE_PATTERN_MOST);
    assert(rule.types >> RESOURCE_TYPES == 0);
    check_within(rule.pattern, line);
    check_domains(rule.domains, line);
    check_domains(rule.to, line);
    check_domains(rule.denyallow, line);
    if (rule.regex)
        check_literals(rule.pattern);
    return 0;
}
