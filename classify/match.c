/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/match.h"

#include <string.h>

#include "classify/index.h"
#include "classify/probe.h"

enum {
    KNOWN_HOSTS = 64, /* remembered, each in the place that its hash tells */
    KNOWN_BYTES = 64, /* up to the one behind the host */
    KNOWN_RULES = 6,
    KNOWN_TOKENS = 8,
};

/* What was found out of a URL's beginning, up to the byte behind its host, which ends it for
 * certain: most requests of a page go to few hosts. */
struct known_host {
    uint64_t index; /* its id; 0: nothing is known */
    size_t n;
    uint8_t begins[KNOWN_BYTES]; /* n bytes, lower-cased */
    size_t host_begin;
    size_t rule_count, token_count;
    /* Those filed under the host and its parents, whatever else they ask of a request. */
    const struct table_entry *rules[KNOWN_RULES];
    uint64_t hashes[KNOWN_TOKENS]; /* tokens under which rules may be filed ... */
    uint8_t places[KNOWN_TOKENS];  /* ... and where they stand */
};

/* A request that is asked about, and what is remembered from one to the next. Each thread has
 * one; on the stack, hardening would touch every page of it for each request. */
struct inquiry {
    struct probe probe;
    struct token_walk walk;
    struct token_list tokens; /* of the URL, under which rules may be filed */
    struct known_host *host;  /* one of `known`: that of the URL, if host_known */
    bool host_known;
    uint64_t page_index, page_number; /* whose `page_rules` is */
    size_t page_rule_count;
    struct page_rules {
        struct table_range range;
        uint32_t tag;
    } page_rules[SUFFIXES_MOST]; /* filed under the page's host and parents */
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

static void ask_host_rules(struct inquiry *q, const struct index *index, struct found *f)
{
    const struct suffixes *hosts = probe_host_and_parents(&q->probe);
    struct known_host *known = q->host;

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

/* Is the host all of the URL up to a byte that ends it, whatever follows? */
static bool host_ends(const struct pattern_url *url)
{
    return url->host_end < url->text.n && url->host_end < KNOWN_BYTES &&
           memchr("/?#", url->text.p[url->host_end], 3) != NULL;
}

/* Keeps what was found out, if there is room for all of it. The first tokens have been taken. */
static void remember(struct inquiry *q, const struct index *index)
{
    const struct pattern_url *url = &q->probe.url;
    struct known_host *known = q->host;
    size_t n = 0;

    if (known->rule_count > KNOWN_RULES || !host_ends(url))
        return;
    for (; n < q->tokens.n && q->tokens.places[n] < url->text.p + url->host_end; n++) {
        if (n == KNOWN_TOKENS)
            return;
        known->hashes[n] = q->tokens.hashes[n];
        known->places[n] = (uint8_t)(q->tokens.places[n] - url->text.p);
    }
    known->token_count = n;
    known->host_begin = url->host_begin;
    known->n = url->host_end + 1;
    memcpy(known->begins, url->text.p, known->n);
    known->index = index->id;
}

static void ask_hosts(struct inquiry *q, const struct index *index, struct found *f)
{
    if (q->host_known) {
        for (size_t i = 0; i < q->host->rule_count; i++)
            ask_named(q, q->host->rules[i], f);
        return;
    }
    ask_host_rules(q, index, f);
    remember(q, index);
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

    _Static_assert(TABLE_PADDING == 4, "as many can be read at once");
    for (pass &= (1u << (count < TABLE_PADDING ? count : TABLE_PADDING)) - 1; pass != 0;
            pass &= pass - 1)
        ask_entry(q, table, token->number, e + __builtin_ctz(pass), f);
    for (e += TABLE_PADDING; e < token->range.end; e++) {
        if (passes(q, place, e))
            ask_entry(q, table, token->number, e, f);
    }
}

static void find_page_rules(struct inquiry *q, const struct index *index)
{
    q->page_rule_count = 0;
    for (size_t i = 0; i < q->probe.page.n; i++) {
        uint64_t hash = q->probe.page.at[i].hash;

        if (token_filter_has(&index->pages.filter, hash, 0))
            q->page_rules[q->page_rule_count++] =
                    (struct page_rules){table_find(&index->pages, hash), table_tag(hash)};
    }
    q->page_index = index->id;
    q->page_number = q->probe.page_number;
}

static void ask_pages(struct inquiry *q, const struct index *index, struct found *f)
{
    if (q->page_index != index->id || q->page_number != q->probe.page_number)
        find_page_rules(q, index);
    for (size_t i = 0; i < q->page_rule_count; i++) {
        const struct page_rules *rules = &q->page_rules[i];

        for (const struct table_entry *e = rules->range.first; e != rules->range.end; e++) {
            if (e->word == rules->tag && fits(q, e, f))
                consider(q, e, PROBE_ANYWHERE, f);
        }
    }
}

/* The table is larger than a processor's nearest cache: what is needed of it is called for first,
 * for all tokens, so that these waits pass together, and while something else is done. */
static void call_tokens(struct inquiry *q, const struct table *table)
{
    token_take(&q->probe.text, &table->filter, &q->walk, &q->tokens);
    for (size_t i = 0; i < q->tokens.n; i++)
        table_call(table, q->tokens.hashes[i]);
}

static size_t find_tokens(const struct inquiry *q, const struct table *table,
        struct found_token out[TOKEN_TAKE_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < q->tokens.n; i++) {
        struct table_range range = table_find(table, q->tokens.hashes[i]);

        __builtin_prefetch(range.first);
        out[n] = (struct found_token){range, i};
        n += range.first != range.end;
    }
    return n;
}

static void ask(struct inquiry *q, const struct index *index, struct found *f)
{
    struct found_token tokens[TOKEN_TAKE_MOST];
    size_t n;

    call_tokens(q, &index->tokens);
    ask_hosts(q, index, f);
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
        q->tokens.n = 0;
        call_tokens(q, &index->tokens);
        n = find_tokens(q, &index->tokens, tokens);
    }
}

/* Where the beginning of this URL is remembered, or will be. */
static struct known_host *known_place(struct inquiry *q, struct bytes url)
{
    uint64_t hash = token_mix(wide_load_eight(url.p + 8), wide_load_eight(url.p + 16));

    return &q->known[(hash >> 32) % KNOWN_HOSTS];
}

static void recall_host(struct inquiry *q, struct bytes url)
{
    const struct known_host *known = q->host;

    q->probe.url = (struct pattern_url){url, known->host_begin, known->n - 1};
    for (size_t i = 0; i < known->token_count; i++) {
        q->tokens.hashes[i] = known->hashes[i];
        q->tokens.places[i] = url.p + known->places[i];
    }
    q->tokens.n = known->token_count;
    q->walk = (struct token_walk){.at = known->n - 1};
}

/* What is needed to look for the host's rules is called for. */
static void find_host(struct inquiry *q, const struct index *index, struct bytes url)
{
    const struct suffixes *hosts;

    q->probe.url = pattern_url_of_padded(url);
    q->host->index = 0;
    hosts = probe_host_and_parents(&q->probe);
    for (size_t i = 0; i < hosts->n; i++)
        token_filter_call(&index->hosts.filter, hosts->at[i].hash);
    q->tokens.n = 0;
    q->walk = (struct token_walk){0};
}

static struct inquiry *inquire(const struct lists *lists, const struct index *index,
        const struct match_request *request)
{
    static _Thread_local struct inquiry inquiry;
    struct inquiry *q = &inquiry;
    struct bytes url;

    probe_fill(&q->probe, lists_rules(lists), request);
    url = q->probe.url.text;
    q->host = known_place(q, url);
    q->host_known = q->host->index == index->id && q->host->n <= url.n &&
                    memcmp(q->host->begins, url.p, q->host->n) == 0;
    if (q->host_known)
        recall_host(q, url);
    else
        find_host(q, index, url);
    return q;
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
    q = inquire(lists, index, request);
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
    const struct index *index = lists_index(lists);
    uint32_t ids[MATCH_ALL_MOST];
    struct found all = {.ids = ids, .most = most < MATCH_ALL_MOST ? most : MATCH_ALL_MOST};

    if (index != NULL && all.most != 0) {
        ask(inquire(lists, index, request), index, &all);
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
