/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/index.h"

#include <stdlib.h>
#include <string.h>

#include "classify/punycode.h"
#include "classify/token.h"

enum {
    FREQUENCIES = 1 << 16, /* counters, one for all tokens whose hash ends alike */
    EVERYWHERE = 1 << 24,
    PATTERN_BYTES = RULE_PATTERN_MOST * (1 + PUNYCODE_GROWTH),
};

/* Tokens that stand in most URLs: worse than any other, however few rules have them. */
static const char *const everywhere[] = {"https", "http", "www", "com", "net", "org", "js",
        "css", "png", "jpg", "gif", "svg", "php", "html", "images", "image", "img", "static",
        "assets", "cdn", "api", "min", "id", "2f", "0", "1", "2", "3", "4", "5", "6", "7", "8",
        "9", "20", "a", "b", "c", "d", "e", "g", "h", "i", "l", "r", "s", "t", "u", "v", "w",
        "x", "content", "media", "page", "type", "url", "google", "amazonaws", "facebook",
        "en"};

enum place { PLACE_NONE, PLACE_HOSTS, PLACE_TOKENS, PLACE_PAGES, PLACE_ALWAYS };

/* What building needs; freed when it is done. */
struct plan {
    uint32_t *frequencies; /* FREQUENCIES of them */
    uint8_t *places;       /* enum place of each rule */
    uint64_t *hashes;      /* of its host or token */
    uint16_t *token_at;    /* where the token stands in the pattern, or TABLE_NO_PLACE */
    size_t counts[PLACE_ALWAYS + 1];
};

static uint32_t *frequency_of(const struct plan *plan, uint64_t hash)
{
    return &plan->frequencies[hash % FREQUENCIES];
}

/* The tokens of one rule come out of this one after the other. */
struct tokens {
    struct bytes text;
    bool closed_left;
    bool closed_right;
    bool placed; /* an offset in `text` is one in the pattern, and the pattern has no `*` */
    size_t from;
    uint8_t copy[PATTERN_BYTES];
};

static void tokens_of(
        const struct ruleset *set, const struct ruleset_rule *rule, struct tokens *out)
{
    struct pattern p = ruleset_pattern(set, rule->mask, rule->text, rule->n);

    out->text = p.text;
    out->from = 0;
    out->closed_left = p.host_anchor || p.left_anchor;
    out->closed_right = p.right_anchor;
    out->placed = (rule->mask & (RULESET_STAR | RULESET_REGEX)) == 0;
    if ((rule->mask & RULESET_REGEX) != 0) {
        out->text = (struct bytes){out->copy, token_regex_literals(p.text, out->copy)};
        out->closed_left = out->closed_right = false;
    } else if ((rule->mask & RULESET_MATCH_CASE) != 0) {
        for (size_t i = 0; i < p.text.n; i++)
            out->copy[i] = ascii_lower(p.text.p[i]);
        out->text.p = out->copy;
    }
}

static bool tokens_next(struct tokens *t, struct token *out)
{
    return token_next_of_pattern(t->text, t->closed_left, t->closed_right, &t->from, out);
}

/* `||host^`: the host may then be looked up as a whole. */
static bool is_host_rule(const struct ruleset *set, const struct ruleset_rule *rule)
{
    const uint8_t *p = set->texts + rule->text;

    if ((rule->mask & RULESET_HOST_ANCHOR) == 0 || rule->n < 2 || p[rule->n - 1] != '^' ||
            (rule->mask & (RULESET_RIGHT_ANCHOR | RULESET_MATCH_CASE)) != 0)
        return false;
    for (size_t i = 0; i + 1 < rule->n; i++) {
        if (!ascii_is_alnum(p[i]) && p[i] != '-' && p[i] != '.' && p[i] != '_')
            return false;
    }
    return true;
}

static bool is_page_rule(const struct ruleset *set, const struct ruleset_rule *rule)
{
    const struct ruleset_extra *extra;

    if ((rule->mask & RULESET_EXTRA) == 0)
        return false;
    extra = &set->extras[rule->extra];
    for (uint32_t i = 0; i < extra->pages.n; i++) {
        const struct ruleset_domain *d = &set->domains[extra->pages.first + i];

        if (d->negated || d->entity)
            return false;
    }
    return extra->pages.n != 0;
}

static bool in_force(const struct ruleset_rule *rule)
{
    return (rule->mask & (RULESET_BAD | RULESET_OFF)) == 0;
}

static void count_tokens(const struct ruleset *set, struct tokens *tokens, struct plan *plan)
{
    struct token token;

    for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
        *frequency_of(plan, token_hash(bytes_text(everywhere[i]))) = EVERYWHERE;
    for (size_t i = 0; i < set->n; i++) {
        const struct ruleset_rule *rule = &set->rules[i];

        if (!in_force(rule))
            continue;
        if (is_host_rule(set, rule)) {
            plan->places[i] = PLACE_HOSTS;
            plan->hashes[i] = token_hash((struct bytes){set->texts + rule->text, rule->n - 1u});
            plan->counts[PLACE_HOSTS]++;
            continue;
        }
        tokens_of(set, rule, tokens);
        while (tokens_next(tokens, &token))
            ++*frequency_of(plan, token.hash);
    }
}

static void choose_place(
        const struct ruleset *set, struct tokens *tokens, struct plan *plan, size_t i)
{
    const struct ruleset_rule *rule = &set->rules[i];
    struct token token;
    uint32_t least = UINT32_MAX;

    plan->places[i] = is_page_rule(set, rule) ? PLACE_PAGES : PLACE_ALWAYS;
    plan->token_at[i] = TABLE_NO_PLACE;
    tokens_of(set, rule, tokens);
    while (tokens_next(tokens, &token)) {
        uint32_t frequency = *frequency_of(plan, token.hash);

        /* A host that the rule names is rarer than a token of most URLs. */
        if (frequency >= least || (frequency >= EVERYWHERE && plan->places[i] == PLACE_PAGES))
            continue;
        least = frequency;
        plan->places[i] = PLACE_TOKENS;
        plan->hashes[i] = token.hash;
        plan->token_at[i] = tokens->placed ? (uint16_t)token.at : (uint16_t)TABLE_NO_PLACE;
    }
    plan->counts[plan->places[i]] +=
            plan->places[i] == PLACE_PAGES ? set->extras[rule->extra].pages.n : 1;
}

/* The last four bytes of the pattern that stand for themselves: ends differ more than starts. */
static void choose_word(
        const struct ruleset *set, const struct ruleset_rule *rule, struct table_entry *entry)
{
    const uint8_t *text = set->texts + rule->text;

    for (size_t at = rule->n; at-- > 0;) {
        if (at + 4 <= rule->n && memchr(text + at, '^', 4) == NULL) {
            memcpy(&entry->word, text + at, 4);
            entry->word_at = (uint16_t)at;
            return;
        }
    }
}

static struct table_entry entry_of(const struct ruleset *set, const struct plan *plan, size_t i)
{
    const struct ruleset_rule *rule = &set->rules[i];
    struct table_entry entry = {
            .rule = (uint32_t)i,
            .mask = rule->mask,
            .text = rule->text,
            .n = (uint16_t)rule->n,
            .word_at = TABLE_NO_PLACE,
            .token_at = TABLE_NO_PLACE,
    };

    if (plan->places[i] == PLACE_TOKENS)
        entry.token_at = plan->token_at[i];
    if (entry.token_at != TABLE_NO_PLACE && (rule->mask & RULESET_MATCH_CASE) == 0)
        choose_word(set, rule, &entry);
    return entry;
}

/* Counts a rule under its hashes, or puts it there when `entry` is given. */
static void file_rule(const struct ruleset *set, const struct plan *plan, size_t i,
        const struct table_entry *entry, struct index *index)
{
    const struct ruleset_rule *rule = &set->rules[i];
    struct table *table = &index->tokens;
    uint64_t hash = plan->hashes[i];
    uint32_t n = 1;

    switch ((enum place)plan->places[i]) {
    case PLACE_NONE:
        return;
    case PLACE_ALWAYS:
        if (entry != NULL)
            index->always[--index->always_n] = *entry;
        return;
    case PLACE_HOSTS:
        table = &index->hosts;
        if (!bytes_has((struct bytes){set->texts + rule->text, rule->n}, '.'))
            index->top_hosts = true;
        break;
    case PLACE_PAGES:
        table = &index->pages;
        n = set->extras[rule->extra].pages.n;
        break;
    case PLACE_TOKENS:
        break;
    }
    for (uint32_t k = 0; k < n; k++) {
        if (table == &index->pages)
            hash = set->domains[set->extras[rule->extra].pages.first + k].hash;
        if (entry == NULL)
            table_count(table, hash);
        else
            table_put(table, hash, entry);
    }
}

static enum status file_all(
        const struct ruleset *set, const struct plan *plan, struct index *out)
{
    struct index made = {0};

    made.always_n = plan->counts[PLACE_ALWAYS];
    made.always = calloc(made.always_n + 1, sizeof(*made.always));
    if (made.always == NULL || !table_init(&made.hosts, plan->counts[PLACE_HOSTS]) ||
            !table_init(&made.tokens, plan->counts[PLACE_TOKENS]) ||
            !table_init(&made.pages, plan->counts[PLACE_PAGES])) {
        index_clear(&made);
        return STATUS_NOMEM;
    }
    for (size_t i = 0; i < set->n; i++)
        file_rule(set, plan, i, NULL, &made);
    table_lay_out(&made.hosts);
    table_lay_out(&made.tokens);
    table_lay_out(&made.pages);
    for (size_t i = set->n; i-- > 0;) {
        struct table_entry entry = entry_of(set, plan, i);

        file_rule(set, plan, i, &entry, &made);
    }
    made.always_n = plan->counts[PLACE_ALWAYS];
    *out = made;
    return STATUS_OK;
}

enum status index_build(const struct ruleset *set, struct index *out)
{
    struct plan plan = {
            .frequencies = calloc(FREQUENCIES, sizeof(*plan.frequencies)),
            .places = calloc(set->n + 1, sizeof(*plan.places)),
            .hashes = calloc(set->n + 1, sizeof(*plan.hashes)),
            .token_at = calloc(set->n + 1, sizeof(*plan.token_at)),
    };
    struct tokens *tokens = malloc(sizeof(*tokens));
    enum status status = STATUS_NOMEM;

    if (plan.frequencies != NULL && plan.places != NULL && plan.hashes != NULL &&
            plan.token_at != NULL && tokens != NULL) {
        count_tokens(set, tokens, &plan);
        for (size_t i = 0; i < set->n; i++) {
            if (plan.places[i] == PLACE_NONE && in_force(&set->rules[i]))
                choose_place(set, tokens, &plan, i);
        }
        status = file_all(set, &plan, out);
    }
    free(tokens);
    free(plan.frequencies);
    free(plan.places);
    free(plan.hashes);
    free(plan.token_at);
    return status;
}

void index_clear(struct index *index)
{
    table_clear(&index->hosts);
    table_clear(&index->tokens);
    table_clear(&index->pages);
    free(index->always);
    *index = (struct index){0};
}
