/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "classify/punycode.h"
#include "classify/token.h"

void ruleset_init(struct ruleset *set)
{
    *set = (struct ruleset){0};
}

void ruleset_clear(struct ruleset *set)
{
    for (size_t i = 0; i < set->extra_count; i++)
        regex_free(set->extras[i].regex);
    free(set->rules);
    free(set->origins);
    free(set->domains);
    free(set->extras);
    free(set->texts);
    *set = (struct ruleset){0};
}

/* Room for `more` elements behind `n`; the array, moved or not, or NULL with all as it was. */
static void *grow(void *array, size_t n, size_t more, size_t size, size_t *capacity)
{
    size_t wanted = *capacity == 0 ? 64 : *capacity;
    void *moved;

    if (array != NULL && n + more <= *capacity)
        return array;
    while (wanted < n + more)
        wanted *= 2;
    moved = realloc(array, wanted * size);
    if (moved != NULL)
        *capacity = wanted;
    return moved;
}

static bool reserve_texts(struct ruleset *set, size_t more)
{
    uint8_t *texts = grow(set->texts, set->text_count, more, 1, &set->texts_capacity);

    if (texts == NULL)
        return false;
    set->texts = texts;
    return true;
}

/* Copies `text`. Its first `names` bytes are host names: lists write some in Unicode, requests
 * carry them in ASCII. */
static bool add_text(
        struct ruleset *set, struct bytes text, size_t names, bool lower, struct bytes *added)
{
    uint8_t *out;
    size_t n;

    if (!reserve_texts(set, text.n + PUNYCODE_GROWTH * names))
        return false;
    out = set->texts + set->text_count;
    n = punycode_names(bytes_slice(text, 0, names), out);
    if (text.n > names)
        memcpy(out + n, text.p + names, text.n - names);
    n += text.n - names;
    for (size_t i = 0; lower && i < n; i++)
        out[i] = ascii_lower(out[i]);
    *added = (struct bytes){out, n};
    set->text_count += n;
    return true;
}

/* How many bytes of a pattern are its host name: those of `||name/...` before the slash. */
static size_t names_in(const struct rule *rule)
{
    size_t n = 0;

    if (!rule->host_anchor)
        return 0;
    while (n < rule->pattern.n && memchr("/^*:?", rule->pattern.p[n], 5) == NULL)
        n++;
    return n;
}

static int by_hash(const void *a, const void *b)
{
    const struct ruleset_domain *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

static bool add_domains(struct ruleset *set, struct bytes list, struct ruleset_domains *out)
{
    struct ruleset_domains added = {.first = (uint32_t)set->domain_count};
    struct rule_domain entry;

    while (rule_next_domain(&list, &entry)) {
        struct ruleset_domain *domains = grow(
                set->domains, set->domain_count, 1, sizeof(*domains), &set->domains_capacity);
        size_t text = set->text_count;
        struct bytes name;

        if (domains == NULL)
            return false;
        set->domains = domains;
        if (!add_text(set, entry.host, entry.host.n, true, &name))
            return false;
        domains[set->domain_count++] = (struct ruleset_domain){
                .hash = token_hash(name),
                .text = (uint32_t)text,
                .n = (uint16_t)name.n,
                .negated = entry.negated,
                .entity = entry.entity,
        };
        added.positive = added.positive || !entry.negated;
        added.n++;
    }
    if (added.n != 0)
        qsort(set->domains + added.first, added.n, sizeof(*set->domains), by_hash);
    *out = added;
    return true;
}

static bool needs_extra(const struct rule *rule)
{
    return rule->regex || rule->domains.n != 0 || rule->to.n != 0 || rule->denyallow.n != 0 ||
           rule->methods != 0 || rule->methods_not != 0 ||
           (rule->parties & (RULE_SAME_HOST | RULE_FOREIGN_HOST)) != 0;
}

static uint32_t mask_of(const struct rule *rule)
{
    uint32_t mask = rule->types;

    mask |= (rule->parties & RULE_FIRST_PARTY) != 0 ? (uint32_t)RULESET_FIRST_PARTY : 0;
    mask |= (rule->parties & RULE_THIRD_PARTY) != 0 ? (uint32_t)RULESET_THIRD_PARTY : 0;
    mask |= rule->effect == RULE_EXCEPTION ? (uint32_t)RULESET_EXCEPTION : 0;
    mask |= rule->important ? (uint32_t)RULESET_IMPORTANT : 0;
    mask |= rule->host_anchor ? (uint32_t)RULESET_HOST_ANCHOR : 0;
    mask |= rule->left_anchor ? (uint32_t)RULESET_LEFT_ANCHOR : 0;
    mask |= rule->right_anchor ? (uint32_t)RULESET_RIGHT_ANCHOR : 0;
    mask |= rule->regex ? (uint32_t)RULESET_REGEX : 0;
    mask |= rule->match_case ? (uint32_t)RULESET_MATCH_CASE : 0;
    mask |= !rule->regex && bytes_has(rule->pattern, '*') ? (uint32_t)RULESET_STAR : 0;
    mask |= needs_extra(rule) ? (uint32_t)RULESET_EXTRA : 0;
    mask |= rule->bad_filter ? (uint32_t)RULESET_BAD : 0;
    return mask;
}

/* The parts that may fail, behind the ends of the arrays; the caller takes them in or not. */
static enum status add_parts(struct ruleset *set, const struct rule *rule,
        struct ruleset_rule *record, struct ruleset_extra *extra)
{
    struct bytes text;

    record->text = (uint32_t)set->text_count;
    if (!add_text(
                set, rule->pattern, names_in(rule), !rule->match_case && !rule->regex, &text) ||
            !add_domains(set, rule->domains, &extra->pages) ||
            !add_domains(set, rule->to, &extra->to) ||
            !add_domains(set, rule->denyallow, &extra->denyallow))
        return STATUS_NOMEM;
    record->n = (uint16_t)text.n;
    return STATUS_OK;
}

static bool reserve_records(struct ruleset *set)
{
    struct ruleset_rule *rules =
            grow(set->rules, set->n, 1, sizeof(*rules), &set->rules_capacity);
    struct ruleset_origin *origins;
    struct ruleset_extra *extras;

    if (rules == NULL)
        return false;
    set->rules = rules;
    origins = grow(set->origins, set->n, 1, sizeof(*origins), &set->origins_capacity);
    if (origins == NULL)
        return false;
    set->origins = origins;
    extras = grow(set->extras, set->extra_count, 1, sizeof(*extras), &set->extras_capacity);
    if (extras == NULL)
        return false;
    set->extras = extras;
    return true;
}

static bool over_limit(const struct ruleset *set, const struct rule *rule)
{
    size_t text = rule->pattern.n + rule->domains.n + rule->to.n + rule->denyallow.n;

    return set->n == RULESET_MOST || (rule->regex && set->regexes == RULESET_REGEX_MOST) ||
           set->text_count + (1 + PUNYCODE_GROWTH) * text > RULESET_TEXT_MOST;
}

enum status ruleset_add(struct ruleset *set, const struct rule *rule,
        const struct ruleset_origin *origin, enum parse *verdict)
{
    struct ruleset_rule record = {.mask = mask_of(rule)};
    struct ruleset_extra extra = {
            .methods = (uint16_t)rule->methods,
            .methods_not = (uint16_t)rule->methods_not,
            .parties = rule->parties & (RULE_SAME_HOST | RULE_FOREIGN_HOST),
    };
    size_t texts = set->text_count, domains = set->domain_count;
    enum status status = STATUS_OK;

    if (over_limit(set, rule)) {
        *verdict = PARSE_BAD;
        return STATUS_OK;
    }
    if (rule->regex &&
            regex_new(rule->pattern, rule->match_case, &status, &extra.regex) != PARSE_DONE) {
        if (status == STATUS_OK)
            *verdict = PARSE_UNSUPPORTED;
        return status;
    }
    if (!reserve_records(set) || add_parts(set, rule, &record, &extra) != STATUS_OK) {
        set->text_count = texts;
        set->domain_count = domains;
        regex_free(extra.regex);
        return STATUS_NOMEM;
    }
    set->regexes += rule->regex;
    set->bad_filters += rule->bad_filter;
    if ((record.mask & RULESET_EXTRA) != 0) {
        record.extra = (uint32_t)set->extra_count;
        set->extras[set->extra_count++] = extra;
    }
    set->rules[set->n] = record;
    set->origins[set->n++] = *origin;
    *verdict = PARSE_DONE;
    return STATUS_OK;
}

struct pattern ruleset_pattern(
        const struct ruleset *set, uint32_t mask, uint32_t text, uint32_t n)
{
    return (struct pattern){
            .text = {set->texts + text, n},
            .host_anchor = (mask & RULESET_HOST_ANCHOR) != 0,
            .left_anchor = (mask & RULESET_LEFT_ANCHOR) != 0,
            .right_anchor = (mask & RULESET_RIGHT_ANCHOR) != 0,
    };
}

struct bytes ruleset_domain_text(const struct ruleset *set, const struct ruleset_domain *domain)
{
    return (struct bytes){set->texts + domain->text, domain->n};
}

/* Order of domains does not matter to what a rule means: sums do not depend on it. */
static uint64_t identity_of_domains(
        const struct ruleset *set, const struct ruleset_domains *list, uint64_t salt)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < list->n; i++) {
        const struct ruleset_domain *d = &set->domains[list->first + i];

        sum += (d->hash ^ (d->negated ? 1u : 0u) ^ (d->entity ? 2u : 0u)) * salt;
    }
    return sum ^ list->n;
}

struct identity {
    uint64_t hash;
    uint32_t rule;
};

/* The same for two rules that mean the same, badfilter aside. */
static uint64_t identity_of(const struct ruleset *set, const struct ruleset_rule *rule)
{
    uint64_t h = token_hash((struct bytes){set->texts + rule->text, rule->n});

    h ^= (uint64_t)(rule->mask & ~(uint32_t)(RULESET_BAD | RULESET_OFF)) << 16;
    if ((rule->mask & RULESET_EXTRA) != 0) {
        const struct ruleset_extra *e = &set->extras[rule->extra];

        h ^= identity_of_domains(set, &e->pages, UINT64_C(0x9e3779b97f4a7c15));
        h ^= identity_of_domains(set, &e->to, UINT64_C(0xc2b2ae3d27d4eb4f));
        h ^= identity_of_domains(set, &e->denyallow, UINT64_C(0x165667b19e3779f9));
        h ^= (uint64_t)e->methods << 48 ^ (uint64_t)e->methods_not << 32 ^ e->parties;
    }
    return h;
}

static int by_identity(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;

    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static bool same_text(
        const struct ruleset *set, const struct ruleset_rule *a, const struct ruleset_rule *b)
{
    return bytes_equal((struct bytes){set->texts + a->text, a->n},
            (struct bytes){set->texts + b->text, b->n});
}

enum status ruleset_switch_off(struct ruleset *set, size_t *off)
{
    struct identity *bad;
    size_t n = 0, count = 0;

    if (set->bad_filters == 0) {
        *off = 0;
        return STATUS_OK;
    }
    bad = calloc(set->bad_filters, sizeof(*bad));
    if (bad == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < set->n; i++) {
        if ((set->rules[i].mask & RULESET_BAD) != 0)
            bad[n++] = (struct identity){identity_of(set, &set->rules[i]), (uint32_t)i};
    }
    qsort(bad, n, sizeof(*bad), by_identity);
    for (size_t i = 0; i < set->n; i++) {
        struct ruleset_rule *rule = &set->rules[i];
        struct identity key = {identity_of(set, rule), 0};
        const struct identity *hit;

        if ((rule->mask & RULESET_BAD) != 0)
            continue;
        hit = bsearch(&key, bad, n, sizeof(*bad), by_identity);
        if (hit != NULL && same_text(set, rule, &set->rules[hit->rule])) {
            rule->mask |= RULESET_OFF;
            count++;
        }
    }
    free(bad);
    *off = count;
    return STATUS_OK;
}
