/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_RULESET_H
#define CLASSIFY_RULESET_H

/*
 * All rules of all lists in the form in which they are matched: one small record a rule, in
 * the order of lists and lines, so that the number of a rule is also its rank. Texts, domain
 * lists and regular expressions stand beside, since few rules have them or few matches need
 * them. Used by list (which fills it) and match (which asks it); nobody else needs it.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "classify/pattern.h"
#include "classify/regex.h"
#include "classify/rule.h"

enum {
    RULESET_MOST = 2000000,      /* rules */
    RULESET_REGEX_MOST = 4096,   /* regular expressions: each costs compiled code */
    RULESET_TEXT_MOST = 1 << 29, /* bytes of patterns and domain names */
};

/* Bits of ruleset_rule.mask: the types stand in the lowest RESOURCE_TYPES bits. */
enum {
    RULESET_FIRST_PARTY = 1 << RESOURCE_TYPES,
    RULESET_THIRD_PARTY = RULESET_FIRST_PARTY << 1,
    RULESET_EXCEPTION = RULESET_FIRST_PARTY << 2,
    RULESET_IMPORTANT = RULESET_FIRST_PARTY << 3,
    RULESET_HOST_ANCHOR = RULESET_FIRST_PARTY << 4,
    RULESET_LEFT_ANCHOR = RULESET_FIRST_PARTY << 5,
    RULESET_RIGHT_ANCHOR = RULESET_FIRST_PARTY << 6,
    RULESET_REGEX = RULESET_FIRST_PARTY << 7,
    RULESET_MATCH_CASE = RULESET_FIRST_PARTY << 8,
    RULESET_STAR = RULESET_FIRST_PARTY << 9,   /* the pattern has a `*` inside */
    RULESET_EXTRA = RULESET_FIRST_PARTY << 10, /* has a ruleset_extra */
    RULESET_BAD = RULESET_FIRST_PARTY << 11,   /* a badfilter: never matches itself */
    RULESET_OFF = RULESET_FIRST_PARTY << 12,   /* switched off by a badfilter */
};

struct ruleset_rule {
    uint32_t mask;
    uint32_t text;  /* offset of the pattern in the texts */
    uint32_t n;     /* its bytes */
    uint32_t extra; /* index, when RULESET_EXTRA */
};

/* Where a rule stands. */
struct ruleset_origin {
    uint32_t list;
    uint32_t line; /* from 1 */
    uint32_t at;   /* offset of its text in the list file */
    uint32_t n;    /* bytes */
};

struct ruleset_domain {
    uint64_t hash; /* token_hash of the host */
    uint32_t text;
    uint16_t n;
    bool negated;
    bool entity;
};

/* Entries [first, first + n) of ruleset.domains, ordered by hash; n is 0 when there is none. */
struct ruleset_domains {
    uint32_t first;
    uint32_t n;
    bool positive; /* some entry is not negated */
};

struct ruleset_extra {
    struct ruleset_domains pages;
    struct ruleset_domains to;
    struct ruleset_domains denyallow;
    uint16_t methods;
    uint16_t methods_not;
    uint32_t parties;    /* RULE_SAME_HOST, RULE_FOREIGN_HOST */
    struct regex *regex; /* owned; NULL unless RULESET_REGEX */
};

struct ruleset {
    struct ruleset_rule *rules; /* all arrays are owned */
    struct ruleset_origin *origins;
    struct ruleset_domain *domains;
    struct ruleset_extra *extras;
    uint8_t *texts;
    size_t n, rules_capacity, origins_capacity;
    size_t domain_count, domains_capacity;
    size_t extra_count, extras_capacity;
    size_t text_count, texts_capacity;
    size_t regexes;
    size_t bad_filters;
};

void ruleset_init(struct ruleset *set);
void ruleset_clear(struct ruleset *set);

/*
 * Adds a rule that blocks or excepts. `*verdict` is PARSE_DONE when it was taken,
 * PARSE_UNSUPPORTED when its regular expression can't be compiled, PARSE_BAD when a limit above
 * is reached. STATUS_NOMEM leaves the set as it was, and `verdict` untouched.
 */
MUST_USE enum status ruleset_add(struct ruleset *set, const struct rule *rule,
        const struct ruleset_origin *origin, enum parse *verdict);

/* Marks the rules that a badfilter switches off; their number goes to `off`. */
MUST_USE enum status ruleset_switch_off(struct ruleset *set, size_t *off);

/* The pattern that a rule's mask, text and n describe. */
struct pattern ruleset_pattern(
        const struct ruleset *set, uint32_t mask, uint32_t text, uint32_t n);
struct bytes ruleset_domain_text(
        const struct ruleset *set, const struct ruleset_domain *domain);

#endif
