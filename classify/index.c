/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/index.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "classify/punycode.h"
#include "classify/token.h"

enum {
    FREQUENCIES = 1 << 16, /* counters, one for all tokens whose token_place is alike */
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

/* Where a rule is filed. */
struct filing {
    uint64_t hash;  /* of its host, or key of its token */
    uint64_t sides; /* see token_sides_of_pattern */
    uint8_t place;  /* enum place */
    struct table_entry entry;
};

/* What building needs; freed when it is done. */
struct plan {
    uint32_t *frequencies;  /* FREQUENCIES of them */
    struct filing *filings; /* one for each rule */
    size_t counts[PLACE_ALWAYS + 1];
};

static uint32_t *frequency_of(const struct plan *plan, uint64_t hash)
{
    return &plan->frequencies[token_place(hash) % FREQUENCIES];
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

/* Of a host name, or of an address in brackets. */
static bool is_host_byte(uint8_t c, bool address)
{
    return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || (address && c == ':');
}

/* `||host^`: the host may then be looked up as a whole. */
static bool is_host_rule(const struct ruleset *set, const struct ruleset_rule *rule)
{
    struct bytes host = {set->texts + rule->text, rule->n};
    bool address;

    if ((rule->mask & RULESET_HOST_ANCHOR) == 0 || host.n < 2 || host.p[host.n - 1] != '^' ||
            (rule->mask & (RULESET_RIGHT_ANCHOR | RULESET_MATCH_CASE)) != 0)
        return false;
    host.n--;
    address = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (address)
        host = bytes_slice(host, 1, host.n - 1);
    for (size_t i = 0; i < host.n; i++) {
        if (!is_host_byte(host.p[i], address))
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
        *frequency_of(plan, token_key(bytes_text(everywhere[i]))) = EVERYWHERE;
    for (size_t i = 0; i < set->n; i++) {
        const struct ruleset_rule *rule = &set->rules[i];

        if (!in_force(rule))
            continue;
        if (is_host_rule(set, rule)) {
            plan->filings[i].place = PLACE_HOSTS;
            plan->filings[i].hash =
                    token_hash((struct bytes){set->texts + rule->text, rule->n - 1u});
            plan->counts[PLACE_HOSTS]++;
            continue;
        }
        tokens_of(set, rule, tokens);
        while (tokens_next(tokens, &token))
            ++*frequency_of(plan, token.hash);
    }
}

/*
 * The four bytes of a pattern that stand at a fixed distance from the token and say most: those
 * outside of it, letters and digits more than others; ends differ more than starts. `^` stands
 * for several bytes, so a word goes up to the next one only.
 */
static void choose_word(struct bytes text, const struct token *token, struct table_entry *entry)
{
    size_t first = token->at, end = token->at, most = 0;

    while (first > 0 && token->at - first < TOKEN_REACH && text.p[first - 1] != '*')
        first--;
    while (end < text.n && end - token->at < TOKEN_REACH - 4 && text.p[end] != '*')
        end++;
    for (size_t at = first; at < end; at++) {
        uint8_t word[4] = {0};
        size_t n = 0, weight = 0;

        for (; n < sizeof(word) && at + n < end && text.p[at + n] != '^'; n++) {
            bool outside = at + n < token->at || at + n >= (size_t)token->at + token->n;

            word[n] = text.p[at + n];
            weight += !outside ? 1 : ascii_is_alnum(word[n]) ? 6 : 3;
        }
        if (weight >= most && n != 0) {
            most = weight;
            entry->word = token_word(word);
            entry->word_at = (int8_t)((int)at - (int)token->at);
            entry->word_unused = (uint8_t)(8 * (sizeof(word) - n));
        }
    }
}

static void choose_place(
        const struct ruleset *set, struct tokens *tokens, struct plan *plan, size_t i)
{
    const struct ruleset_rule *rule = &set->rules[i];
    struct filing *filing = &plan->filings[i];
    struct token token, best = {0};
    uint32_t least = UINT32_MAX;

    filing->place = is_page_rule(set, rule) ? PLACE_PAGES : PLACE_ALWAYS;
    tokens_of(set, rule, tokens);
    while (tokens_next(tokens, &token)) {
        uint32_t frequency = *frequency_of(plan, token.hash);

        /* A host that the rule names is rarer than a token of most URLs. */
        if (frequency >= least || (frequency >= EVERYWHERE && filing->place == PLACE_PAGES))
            continue;
        least = frequency;
        best = token;
        filing->place = PLACE_TOKENS;
    }
    if (filing->place == PLACE_TOKENS) {
        filing->hash = best.hash;
        filing->sides = token_sides_of_pattern(tokens->text, &best);
        choose_word(tokens->text, &best, &filing->entry);
        if (tokens->placed)
            filing->entry.token_at = (uint16_t)best.at;
    }
    plan->counts[filing->place] +=
            filing->place == PLACE_PAGES ? set->extras[rule->extra].pages.n : 1;
}

/* Counts a rule under its hashes, or puts it there when `put`. */
static void file_rule(
        const struct ruleset *set, const struct filing *filing, bool put, struct index *index)
{
    const struct ruleset_rule *rule = &set->rules[filing->entry.rule];
    struct table *table = &index->tokens;
    struct table_entry entry = filing->entry;
    uint64_t hash = filing->hash, sides = filing->sides;
    uint32_t n = 1;

    switch ((enum place)filing->place) {
    case PLACE_NONE:
        return;
    case PLACE_ALWAYS:
        if (put)
            index->always[--index->always_n] = filing->entry;
        return;
    case PLACE_HOSTS:
        table = &index->hosts;
        sides = 1;
        if (!bytes_has((struct bytes){set->texts + rule->text, rule->n}, '.'))
            index->top_hosts = true;
        break;
    case PLACE_PAGES:
        table = &index->pages;
        sides = 1;
        n = set->extras[rule->extra].pages.n;
        break;
    case PLACE_TOKENS:
        break;
    }
    for (uint32_t k = 0; k < n; k++) {
        if (table == &index->pages)
            hash = set->domains[set->extras[rule->extra].pages.first + k].hash;
        if (table != &index->tokens)
            entry.word = table_tag(hash);
        if (put)
            table_put(table, hash, &entry);
        else
            table_count(table, hash, sides);
    }
}

static enum status file_all(
        const struct ruleset *set, const struct plan *plan, struct index *out)
{
    static atomic_uint_fast64_t built;
    struct index made = {.id = atomic_fetch_add(&built, 1) + 1};

    made.always_n = plan->counts[PLACE_ALWAYS];
    made.always = calloc(made.always_n + 1, sizeof(*made.always));
    if (made.always == NULL || !table_init(&made.hosts, plan->counts[PLACE_HOSTS]) ||
            !table_init(&made.tokens, plan->counts[PLACE_TOKENS]) ||
            !table_init(&made.pages, plan->counts[PLACE_PAGES])) {
        index_clear(&made);
        return STATUS_NOMEM;
    }
    for (size_t i = 0; i < set->n; i++)
        file_rule(set, &plan->filings[i], false, &made);
    table_lay_out(&made.hosts);
    table_lay_out(&made.tokens);
    table_lay_out(&made.pages);
    for (size_t i = set->n; i-- > 0;)
        file_rule(set, &plan->filings[i], true, &made);
    made.always_n = plan->counts[PLACE_ALWAYS];
    *out = made;
    return STATUS_OK;
}

enum status index_build(const struct ruleset *set, struct index *out)
{
    struct plan plan = {
            .frequencies = calloc(FREQUENCIES, sizeof(*plan.frequencies)),
            .filings = calloc(set->n + 1, sizeof(*plan.filings)),
    };
    struct tokens *tokens = malloc(sizeof(*tokens));
    enum status status = STATUS_NOMEM;

    if (plan.frequencies != NULL && plan.filings != NULL && tokens != NULL) {
        for (size_t i = 0; i < set->n; i++) {
            plan.filings[i].entry.rule = (uint32_t)i;
            plan.filings[i].entry.mask = set->rules[i].mask;
            plan.filings[i].entry.token_at = TABLE_NO_PLACE;
        }
        count_tokens(set, tokens, &plan);
        for (size_t i = 0; i < set->n; i++) {
            if (plan.filings[i].place == PLACE_NONE && in_force(&set->rules[i]))
                choose_place(set, tokens, &plan, i);
        }
        status = file_all(set, &plan, out);
    }
    free(tokens);
    free(plan.frequencies);
    free(plan.filings);
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
