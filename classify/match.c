/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/match.h"

#include <string.h>

#include "classify/index.h"
#include "classify/probe.h"

enum {
    KNOWN_HOSTS = 64, /* remembered, each in the place that its hash tells */
    KNOWN_BYTES = 48, /* of the longest */
    KNOWN_RULES = 6,
    STRIDE = 4, /* tokens that are looked up without a branch between them */
};

/* The rules filed under a host and its parents, whatever else they ask of a request. Most
 * requests of a page go to few hosts. */
struct known_host {
    uint64_t index; /* its id; 0: nothing is known */
    size_t n;
    uint8_t name[KNOWN_BYTES];
    size_t rule_count;
    const struct table_entry *rules[KNOWN_RULES]; /* all, unless there are more */
};

/* A request that is asked about, and what is remembered from one to the next. Each thread has
 * one; on the stack, hardening would touch every page of it for each request. */
struct inquiry {
    struct probe probe;
    struct token_walk walk;
    struct token_list tokens; /* of the URL, under which rules may be filed */
    struct known_host known[KNOWN_HOSTS];
};

/* What has been found: the first of each rank, or (with `ids`) all rules in order. */
struct found {
    uint32_t block;
    uint32_t important; /* among those that block */
    uint32_t exception;
    uint32_t *ids;
    size_t n;
    size_t most;
    bool more;
};

/* Would this rule, if it matched, change what has been found? */
static bool wants(const struct found *f, uint32_t id, uint32_t mask)
{
    if (f->ids != NULL)
        return !f->more || id < f->ids[f->n - 1];
    if ((mask & RULESET_EXCEPTION) != 0)
        return id < f->exception;
    return id < f->block || ((mask & RULESET_IMPORTANT) != 0 && id < f->important);
}

/* Keeps the lowest numbers, in order, each once. */
static void insert(struct found *f, uint32_t id)
{
    size_t i = f->n;

    while (i > 0 && f->ids[i - 1] > id)
        i--;
    if (i > 0 && f->ids[i - 1] == id)
        return;
    if (f->n == f->most) {
        f->more = true;
        if (i == f->n)
            return;
        f->n--;
    }
    memmove(f->ids + i + 1, f->ids + i, (f->n - i) * sizeof(*f->ids));
    f->ids[i] = id;
    f->n++;
}

static void take(struct found *f, uint32_t id, uint32_t mask)
{
    uint32_t *rank = (mask & RULESET_EXCEPTION) != 0 ? &f->exception : &f->block;

    if (f->ids != NULL) {
        insert(f, id);
        return;
    }
    if (id < *rank)
        *rank = id;
    if ((mask & (RULESET_IMPORTANT | RULESET_EXCEPTION)) == RULESET_IMPORTANT &&
            id < f->important)
        f->important = id;
}

static bool fits(const struct inquiry *q, const struct table_entry *e, const struct found *f)
{
    return (~e->mask & q->probe.care) == 0 && wants(f, e->rule, e->mask);
}

static void consider(struct inquiry *q, const struct table_entry *e, long at, struct found *f)
{
    if (probe_matches(&q->probe, &q->probe.set->rules[e->rule], at))
        take(f, e->rule, e->mask);
}

/* `||name^`: behind its host a URL ends or goes on with a separator, so the name is enough. */
static bool names_host(
        const struct inquiry *q, const struct table_entry *e, const struct suffix *name)
{
    const struct ruleset_rule *rule = &q->probe.set->rules[e->rule];

    return e->word == table_tag(name->hash) && rule->n == name->text.n + 1 &&
           memcmp(q->probe.set->texts + rule->text, name->text.p, name->text.n) == 0;
}

/* The rest for a rule that names the host. */
static void ask_named(struct inquiry *q, const struct table_entry *e, struct found *f)
{
    if (fits(q, e, f) &&
            ((e->mask & RULESET_EXTRA) == 0 ||
                    probe_allows(&q->probe,
                            &q->probe.set->extras[q->probe.set->rules[e->rule].extra])))
        take(f, e->rule, e->mask);
}

static void learn_host(
        struct inquiry *q, const struct index *index, struct known_host *known, struct found *f)
{
    const struct suffixes *hosts = probe_host_and_parents(&q->probe);

    known->rule_count = 0;
    for (size_t i = index->top_hosts ? 0 : 1; i < hosts->n; i++) {
        const struct suffix *name = &hosts->at[i];
        struct table_range range;

        if (!token_filter_has(&index->hosts.filter, name->hash, 0))
            continue;
        range = table_find(&index->hosts, name->hash);
        for (const struct table_entry *e = range.first; e != range.end; e++) {
            if (!names_host(q, e, name))
                continue;
            if (known->rule_count < KNOWN_RULES)
                known->rules[known->rule_count] = e;
            known->rule_count++;
            ask_named(q, e, f);
        }
    }
}

static bool is_known(
        const struct known_host *known, const struct index *index, struct bytes host)
{
    return known->index == index->id && known->n == host.n &&
           known->rule_count <= KNOWN_RULES && memcmp(known->name, host.p, host.n) == 0;
}

/* Where the host is remembered, or will be. What is needed to learn of it is called for. */
static struct known_host *call_host(struct inquiry *q, const struct index *index)
{
    struct bytes host = probe_host(&q->probe);
    struct known_host *known = &q->known[(token_hash_padded(host) >> 32) % KNOWN_HOSTS];

    if (is_known(known, index, host))
        return known;
    known->index = 0;
    for (size_t i = 0; i < probe_host_and_parents(&q->probe)->n; i++)
        token_filter_call(&index->hosts.filter, q->probe.host.at[i].hash);
    return known;
}

static void ask_hosts(
        struct inquiry *q, const struct index *index, struct known_host *known, struct found *f)
{
    struct bytes host = probe_host(&q->probe);

    if (known->index != 0) {
        for (size_t i = 0; i < known->rule_count; i++)
            ask_named(q, known->rules[i], f);
        return;
    }
    learn_host(q, index, known, f);
    known->index = host.n <= KNOWN_BYTES ? index->id : 0;
    if (known->index != 0)
        memcpy(known->name, host.p, host.n);
    known->n = host.n;
}

/* A token of the URL that may have rules, its number among those taken. */
struct found_token {
    struct table_range range;
    size_t number;
};

/* 0 if the rule's word stands in the URL where it should, as seen from the token at `place`. */
static inline uint32_t word_differs(const uint8_t *place, const struct table_entry *e)
{
    return (token_word(place + e->word_at) ^ e->word) << e->word_unused;
}

/* Has this rule been asked for one of the tokens before the one with number `i`? */
static bool asked_before(const struct inquiry *q, const struct table *table, size_t i,
        const struct table_entry *e)
{
    for (size_t j = 0; j < i; j++) {
        if (table_same_place(table, q->tokens.hashes[j], q->tokens.hashes[i]) &&
                word_differs(q->tokens.places[j], e) == 0)
            return true;
    }
    return false;
}

/* The rest for a rule whose mask fits and whose word stands where it should. */
static void ask_entry(struct inquiry *q, const struct table *table, size_t i,
        const struct table_entry *e, struct found *f)
{
    size_t at = (size_t)(q->tokens.places[i] - q->probe.url.text.p);

    if (!wants(f, e->rule, e->mask))
        return;
    if (e->token_at == TABLE_NO_PLACE) {
        /* Looked for in the whole URL: once, however often a token repeats. */
        if (!asked_before(q, table, i, e))
            consider(q, e, PROBE_ANYWHERE, f);
    } else if (at >= e->token_at) {
        consider(q, e, (long)(at - e->token_at), f);
    }
}

static inline unsigned passes(
        const struct inquiry *q, const uint8_t *place, const struct table_entry *e)
{
    return (word_differs(place, e) | (~e->mask & q->probe.care)) == 0;
}

/* How many rules a token has, and whether one passes, is hard for a processor to foresee, but
 * most have few and few pass: the first four are asked without a branch. */
static void ask_token(struct inquiry *q, const struct table *table,
        const struct found_token *token, struct found *f)
{
    const uint8_t *place = q->tokens.places[token->number];
    const struct table_entry *e = token->range.first;
    size_t count = (size_t)(token->range.end - e);
    unsigned pass = passes(q, place, e) | passes(q, place, e + 1) << 1 |
                    passes(q, place, e + 2) << 2 | passes(q, place, e + 3) << 3;

    for (pass &= (1u << (count < 4 ? count : 4)) - 1; pass != 0; pass &= pass - 1)
        ask_entry(q, table, token->number, e + __builtin_ctz(pass), f);
    for (e += 4; e < token->range.end; e++) {
        if (passes(q, place, e))
            ask_entry(q, table, token->number, e, f);
    }
}

static void ask_pages(struct inquiry *q, const struct index *index, struct found *f)
{
    for (size_t i = 0; i < q->probe.page.n; i++) {
        uint64_t hash = q->probe.page.at[i].hash;
        struct table_range range;

        if (!token_filter_has(&index->pages.filter, hash, 0))
            continue;
        range = table_find(&index->pages, hash);
        for (const struct table_entry *e = range.first; e != range.end; e++) {
            if (e->word == table_tag(hash) && fits(q, e, f))
                consider(q, e, PROBE_ANYWHERE, f);
        }
    }
}

/* The table is larger than a processor's nearest cache: what is needed of it is called for first,
 * for all tokens, so that these waits pass together, and while something else is done. */
static void call_tokens(struct inquiry *q, const struct table *table)
{
    token_take(&q->probe.text, &table->filter, &q->walk, &q->tokens);
    for (size_t i = 0; i < q->tokens.n; i += STRIDE) {
        for (size_t k = i; k < i + STRIDE; k++)
            table_call(table, q->tokens.hashes[k]);
    }
}

static size_t find_tokens(const struct inquiry *q, const struct table *table,
        struct found_token out[TOKEN_TAKE_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < q->tokens.n; i += STRIDE) {
        for (size_t k = i; k < i + STRIDE; k++) {
            struct table_range range = table_find(table, q->tokens.hashes[k]);

            __builtin_prefetch(range.first);
            out[n] = (struct found_token){range, k};
            n += (range.first != range.end) & (k < q->tokens.n);
        }
    }
    return n;
}

static void ask(struct inquiry *q, const struct index *index, struct found *f)
{
    struct found_token tokens[TOKEN_TAKE_MOST];
    struct known_host *known = call_host(q, index);
    size_t n;

    q->walk = (struct token_walk){0};
    call_tokens(q, &index->tokens);
    ask_hosts(q, index, known, f);
    n = find_tokens(q, &index->tokens, tokens);
    ask_pages(q, index, f);
    for (size_t i = 0; i < index->always_n; i++) {
        if (fits(q, &index->always[i], f))
            consider(q, &index->always[i], PROBE_ANYWHERE, f);
    }
    for (;;) {
        for (size_t i = 0; i < n; i++)
            ask_token(q, &index->tokens, &tokens[i], f);
        if (q->walk.done)
            break;
        call_tokens(q, &index->tokens);
        n = find_tokens(q, &index->tokens, tokens);
    }
}

static struct inquiry *inquire(const struct lists *lists, const struct match_request *request)
{
    static _Thread_local struct inquiry inquiry;

    probe_fill(&inquiry.probe, lists_rules(lists), request);
    return &inquiry;
}

static void describe(const struct lists *lists, uint32_t id, struct match_rule *out)
{
    const struct ruleset *set = lists_rules(lists);
    uint32_t mask = set->rules[id].mask;

    out->list = lists_info(lists, set->origins[id].list);
    out->line = set->origins[id].line;
    out->text = lists_rule_text(lists, id);
    out->effect = (mask & RULESET_EXCEPTION) != 0 ? RULE_EXCEPTION : RULE_BLOCK;
    out->important = (mask & RULESET_IMPORTANT) != 0;
}

void match_decide(const struct lists *lists, const struct match_request *request,
        struct match_verdict *out)
{
    const struct index *index = lists_index(lists);
    struct found found = {
            .block = UINT32_MAX, .important = UINT32_MAX, .exception = UINT32_MAX};
    struct inquiry *q;

    out->outcome = MATCH_NONE;
    out->block = out->exception = (struct match_rule){0};
    out->url_cut = request->url.n > MATCH_URL_MOST;
    out->undecided = 0;
    if (index == NULL)
        return;
    q = inquire(lists, request);
    ask(q, index, &found);
    out->undecided = q->probe.undecided;
    if (found.important != UINT32_MAX) {
        out->outcome = MATCH_BLOCK;
        describe(lists, found.important, &out->block);
    } else if (found.block != UINT32_MAX) {
        out->outcome = MATCH_BLOCK;
        describe(lists, found.block, &out->block);
        out->undecided += q->probe.undecided_exceptions;
        if (found.exception != UINT32_MAX) {
            out->outcome = MATCH_EXCEPTION;
            describe(lists, found.exception, &out->exception);
        }
    }
}

size_t match_all(const struct lists *lists, const struct match_request *request,
        struct match_rule *out, size_t most, bool *more)
{
    uint32_t ids[MATCH_ALL_MOST];
    struct found all = {.ids = ids, .most = most < MATCH_ALL_MOST ? most : MATCH_ALL_MOST};

    if (lists_index(lists) != NULL && all.most != 0) {
        ask(inquire(lists, request), lists_index(lists), &all);
        for (size_t i = 0; i < all.n; i++)
            describe(lists, ids[i], &out[i]);
    }
    if (more != NULL)
        *more = all.more;
    return all.n;
}

const char *match_outcome_name(enum match_outcome outcome)
{
    switch (outcome) {
    case MATCH_NONE:
        return "none";
    case MATCH_BLOCK:
        return "block";
    case MATCH_EXCEPTION:
        return "exception";
    }
    return "none";
}
