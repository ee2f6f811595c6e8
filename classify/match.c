/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/match.h"

#include <string.h>

#include "classify/index.h"
#include "classify/pattern.h"
#include "classify/punycode.h"
#include "classify/ruleset.h"
#include "classify/suffix.h"
#include "classify/token.h"

enum {
    /* No list names a host so long: of a longer one the end is as good as the whole. */
    PAGE_MOST = 4096,
    NOWHERE = -1,
    NAMED = 1,
    NAMED_NOT = 2,    /* with `~` */
    KNOWN_HOSTS = 64, /* remembered, each in the place that its hash tells */
    KNOWN_BYTES = 48, /* of the longest */
    KNOWN_RULES = 6,
};

_Static_assert(PAGE_MOST > RULE_DOMAIN_BYTES * (1 + PUNYCODE_GROWTH), "hosts that lists name");

/* The rules filed under a host and its parents, whatever else they ask of a request. Most
 * requests of a page go to few hosts. */
struct known_host {
    uint64_t index; /* its id; 0: nothing is known */
    size_t n;
    uint8_t name[KNOWN_BYTES];
    size_t rule_count;
    const struct table_entry *rules[KNOWN_RULES]; /* all, unless there are more */
};

/*
 * The request, prepared. Each thread has one, for the request that it asks about: it is tens of
 * kilobytes, of which most requests touch little; on the stack, hardening would touch every
 * page of it for each of them.
 */
struct probe {
    const struct ruleset *set;
    const struct match_request *request;
    struct token_text text; /* of the URL */
    struct pattern_url url; /* lower-cased */
    struct bytes raw;       /* as it was written, as long as `url` */
    uint32_t care;          /* bits of a rule's mask that count: all that are set in it */
    unsigned undecided;
    unsigned undecided_exceptions;
    bool host_ready;
    bool host_entity_ready;
    bool page_entity_ready;
    struct token_list tokens; /* of the URL, under which rules may be filed */
    struct suffixes host;
    struct suffixes host_entity; /* of the host without its public suffix */
    struct suffixes page_entity;
    struct suffixes page; /* of `page_host`, which many requests share */
    size_t page_n;
    uint8_t page_host[PAGE_MOST + SUFFIXES_PADDING];
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

static struct bytes host_of(const struct probe *p)
{
    return bytes_slice(p->url.text, p->url.host_begin, p->url.host_end);
}

/* `host` without the public suffix that its registrable domain `site` tells: what stands
 * behind the first dot of the site. Empty when there is none. */
static struct bytes without_suffix(struct bytes host, struct bytes site)
{
    struct bytes suffix = site, label;

    if (site.n > host.n || !bytes_take_until(&suffix, '.', &label))
        return (struct bytes){0};
    return bytes_slice(host, 0, host.n - suffix.n - 1);
}

/* How entries of `list` name one of `hosts`, as NAMED and NAMED_NOT: those of kind `entity`. */
static unsigned names(const struct probe *p, const struct ruleset_domains *list,
        const struct suffixes *hosts, bool entity)
{
    const struct ruleset_domain *domains = p->set->domains + list->first;
    unsigned found = 0;

    for (size_t i = 0; i < hosts->n; i++) {
        size_t low = 0, high = list->n;

        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (domains[middle].hash < hosts->at[i].hash)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < list->n && domains[low].hash == hosts->at[i].hash; low++) {
            if (domains[low].entity == entity &&
                    bytes_equal(ruleset_domain_text(p->set, &domains[low]), hosts->at[i].text))
                found |= domains[low].negated ? NAMED_NOT : NAMED;
        }
    }
    return found;
}

static bool list_allows(const struct probe *p, const struct ruleset_domains *list,
        const struct suffixes *hosts, const struct suffixes *entities)
{
    unsigned found = names(p, list, hosts, false) | names(p, list, entities, true);

    return (found & NAMED_NOT) == 0 && (!list->positive || (found & NAMED) != 0);
}

static bool page_allows(struct probe *p, const struct ruleset_domains *list)
{
    struct bytes host = {p->page_host, p->page_n};

    if (list->n == 0)
        return true;
    if (!p->page_entity_ready)
        suffixes_fill(&p->page_entity, without_suffix(host, p->request->page_site));
    p->page_entity_ready = true;
    return list_allows(p, list, &p->page, &p->page_entity);
}

static const struct suffixes *host_and_parents(struct probe *p)
{
    if (!p->host_ready)
        suffixes_fill(&p->host, host_of(p));
    p->host_ready = true;
    return &p->host;
}

static bool host_allows(struct probe *p, const struct ruleset_extra *extra)
{
    const struct suffixes *hosts;

    if (extra->to.n == 0 && extra->denyallow.n == 0)
        return true;
    if (!p->host_entity_ready)
        suffixes_fill(&p->host_entity, without_suffix(host_of(p), p->request->site));
    p->host_entity_ready = true;
    hosts = host_and_parents(p);
    if (extra->to.n != 0 && !list_allows(p, &extra->to, hosts, &p->host_entity))
        return false;
    return extra->denyallow.n == 0 ||
           !list_allows(p, &extra->denyallow, hosts, &p->host_entity);
}

static bool method_allows(struct bytes method, const struct ruleset_extra *extra)
{
    uint32_t bit;

    if (extra->methods == 0 && extra->methods_not == 0)
        return true;
    bit = rule_method_bit(method);
    /* Without the method nobody can tell whether `~get` holds. */
    if ((extra->methods_not & bit) != 0 || (extra->methods_not != 0 && method.n == 0))
        return false;
    return extra->methods == 0 || (extra->methods & bit) != 0;
}

static bool extra_allows(struct probe *p, const struct ruleset_extra *extra)
{
    if (!page_allows(p, &extra->pages) || !host_allows(p, extra))
        return false;
    if (!method_allows(p->request->method, extra))
        return false;
    if ((extra->parties & RULE_SAME_HOST) != 0 &&
            !bytes_equal(host_of(p), p->request->page_host))
        return false;
    return (extra->parties & RULE_FOREIGN_HOST) == 0 ||
           !bytes_equal(host_of(p), p->request->page_host);
}

static bool regex_allows(struct probe *p, const struct ruleset_extra *extra, bool exception)
{
    switch (regex_matches(extra->regex, p->raw)) {
    case REGEX_YES:
        return true;
    case REGEX_NO:
        return false;
    case REGEX_GAVE_UP:
        p->undecided += !exception;
        p->undecided_exceptions += exception;
        return false;
    }
    return false;
}

/* Everything but the mask. `at` is where the pattern must begin in the URL, or NOWHERE. */
static bool rule_matches(struct probe *p, const struct ruleset_rule *rule, long at)
{
    const struct ruleset_extra *extra = NULL;
    struct pattern_url url = p->url;
    struct pattern pattern;

    if ((rule->mask & RULESET_EXTRA) != 0)
        extra = &p->set->extras[rule->extra];
    if (extra != NULL && extra->regex != NULL)
        return extra_allows(p, extra) &&
               regex_allows(p, extra, (rule->mask & RULESET_EXCEPTION) != 0);
    if ((rule->mask & RULESET_MATCH_CASE) != 0)
        url.text = p->raw;
    pattern = ruleset_pattern(p->set, rule->mask, rule->text, rule->n);
    if (at == NOWHERE ? !pattern_matches(&pattern, &url)
                      : !pattern_matches_at(&pattern, &url, (size_t)at))
        return false;
    return extra == NULL || extra_allows(p, extra);
}

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

static bool fits(const struct probe *p, const struct table_entry *e, const struct found *f)
{
    return (~e->mask & p->care) == 0 && wants(f, e->rule, e->mask);
}

static void consider(struct probe *p, const struct table_entry *e, long at, struct found *f)
{
    if (rule_matches(p, &p->set->rules[e->rule], at))
        take(f, e->rule, e->mask);
}

/* `||name^`: behind its host a URL ends or goes on with a separator, so the name is enough. */
static bool names_host(
        const struct probe *p, const struct table_entry *e, const struct suffix *name)
{
    const struct ruleset_rule *rule = &p->set->rules[e->rule];

    return e->word == table_tag(name->hash) && rule->n == name->text.n + 1 &&
           memcmp(p->set->texts + rule->text, name->text.p, name->text.n) == 0;
}

/* The rest for a rule that names the host. */
static void ask_named(struct probe *p, const struct table_entry *e, struct found *f)
{
    if (fits(p, e, f) &&
            ((e->mask & RULESET_EXTRA) == 0 ||
                    extra_allows(p, &p->set->extras[p->set->rules[e->rule].extra])))
        take(f, e->rule, e->mask);
}

static void learn_host(
        struct probe *p, const struct index *index, struct known_host *known, struct found *f)
{
    const struct suffixes *hosts = host_and_parents(p);

    known->rule_count = 0;
    for (size_t i = index->top_hosts ? 0 : 1; i < hosts->n; i++) {
        const struct suffix *name = &hosts->at[i];
        struct table_range range;

        if (!token_filter_has(&index->hosts.filter, name->hash, 0))
            continue;
        range = table_find(&index->hosts, name->hash);
        for (const struct table_entry *e = range.first; e != range.end; e++) {
            if (!names_host(p, e, name))
                continue;
            if (known->rule_count < KNOWN_RULES)
                known->rules[known->rule_count] = e;
            known->rule_count++;
            ask_named(p, e, f);
        }
    }
}

static void ask_hosts(struct probe *p, const struct index *index, struct found *f)
{
    struct bytes host = host_of(p);
    struct known_host *known = &p->known[(token_hash_padded(host) >> 32) % KNOWN_HOSTS];

    if (known->index == index->id && known->n == host.n && known->rule_count <= KNOWN_RULES &&
            memcmp(known->name, host.p, host.n) == 0) {
        for (size_t i = 0; i < known->rule_count; i++)
            ask_named(p, known->rules[i], f);
        return;
    }
    learn_host(p, index, known, f);
    known->index = host.n <= KNOWN_BYTES ? index->id : 0;
    if (known->index != 0)
        memcpy(known->name, host.p, host.n);
    known->n = host.n;
}

/* 0 if the rule's word stands in the URL where it should, as seen from the token at `place`. */
static inline uint32_t word_differs(const uint8_t *place, const struct table_entry *e)
{
    return (token_word(place + e->word_at) ^ e->word) << e->word_unused;
}

/* Has this rule been asked for one of the tokens before the one with number `i`? */
static bool asked_before(
        const struct probe *p, const struct table *table, size_t i, const struct table_entry *e)
{
    for (size_t j = 0; j < i; j++) {
        if (table_same_place(table, p->tokens.hashes[j], p->tokens.hashes[i]) &&
                word_differs(p->tokens.places[j], e) == 0)
            return true;
    }
    return false;
}

/* The rest for a rule whose mask fits and whose word stands where it should. */
static void ask_entry(struct probe *p, const struct table *table, size_t i,
        const struct table_entry *e, struct found *f)
{
    size_t at = (size_t)(p->tokens.places[i] - p->url.text.p);

    if (!wants(f, e->rule, e->mask))
        return;
    if (e->token_at == TABLE_NO_PLACE) {
        /* Looked for in the whole URL: once, however often a token repeats. */
        if (!asked_before(p, table, i, e))
            consider(p, e, NOWHERE, f);
    } else if (at >= e->token_at) {
        consider(p, e, (long)(at - e->token_at), f);
    }
}

static void ask_token(struct probe *p, const struct table *table, size_t i,
        struct table_range range, struct found *f)
{
    const uint8_t *place = p->tokens.places[i];

    for (const struct table_entry *e = range.first; e != range.end; e++) {
        /* As one question: the answer to each of the two is hard for a processor to foresee,
         * but few rules pass both. */
        if ((word_differs(place, e) | (~e->mask & p->care)) == 0)
            ask_entry(p, table, i, e, f);
    }
}

/* The table is larger than a processor's nearest cache: what is needed of it is called for first,
 * for all tokens, so that these waits pass together. */
static void ask_tokens(struct probe *p, const struct table *table, struct found *f)
{
    struct table_range ranges[TOKEN_TAKE_MOST];
    struct token_walk walk = {0};

    while (!walk.done) {
        token_take(&p->text, &table->filter, &walk, &p->tokens);
        for (size_t i = 0; i < p->tokens.n; i++)
            table_call(table, p->tokens.hashes[i]);
        for (size_t i = 0; i < p->tokens.n; i++) {
            ranges[i] = table_find(table, p->tokens.hashes[i]);
            __builtin_prefetch(ranges[i].first);
        }
        for (size_t i = 0; i < p->tokens.n; i++)
            ask_token(p, table, i, ranges[i], f);
    }
}

static void ask_pages(struct probe *p, const struct index *index, struct found *f)
{
    for (size_t i = 0; i < p->page.n; i++) {
        uint64_t hash = p->page.at[i].hash;
        struct table_range range;

        if (!token_filter_has(&index->pages.filter, hash, 0))
            continue;
        range = table_find(&index->pages, hash);
        for (const struct table_entry *e = range.first; e != range.end; e++) {
            if (e->word == table_tag(hash) && fits(p, e, f))
                consider(p, e, NOWHERE, f);
        }
    }
}

static void ask(struct probe *p, const struct index *index, struct found *f)
{
    ask_tokens(p, &index->tokens, f);
    ask_hosts(p, index, f);
    ask_pages(p, index, f);
    for (size_t i = 0; i < index->always_n; i++) {
        if (fits(p, &index->always[i], f))
            consider(p, &index->always[i], NOWHERE, f);
    }
}

/* Keeps what is known of the page's host if the request before had the same. */
static void set_page(struct probe *p, struct bytes host)
{
    if (host.n > PAGE_MOST)
        host = bytes_slice(host, host.n - PAGE_MOST, host.n);
    if (host.n == p->page_n && (host.n == 0 || memcmp(p->page_host, host.p, host.n) == 0))
        return;
    if (host.n != 0)
        memcpy(p->page_host, host.p, host.n);
    p->page_n = host.n;
    suffixes_fill(&p->page, (struct bytes){p->page_host, host.n});
}

/* Fills all but the suffix lists that few rules need. */
static struct probe *probe_of(const struct lists *lists, const struct match_request *request)
{
    static _Thread_local struct probe probe;
    struct probe *p = &probe;

    token_text_init(&p->text, request->url);
    p->set = lists_rules(lists);
    p->request = request;
    p->url = pattern_url_of_padded((struct bytes){token_text_lower(&p->text), p->text.n});
    p->raw = (struct bytes){request->url.p, p->text.n};
    p->care = 1u << request->type | (request->third_party ? (uint32_t)RULESET_THIRD_PARTY
                                                          : (uint32_t)RULESET_FIRST_PARTY);
    p->undecided = p->undecided_exceptions = 0;
    p->host_ready = p->host_entity_ready = p->page_entity_ready = false;
    set_page(p, request->page_host);
    return p;
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
    struct probe *probe;

    out->outcome = MATCH_NONE;
    out->block = out->exception = (struct match_rule){0};
    out->url_cut = request->url.n > MATCH_URL_MOST;
    out->undecided = 0;
    if (index == NULL)
        return;
    probe = probe_of(lists, request);
    ask(probe, index, &found);
    out->undecided = probe->undecided;
    if (found.important != UINT32_MAX) {
        out->outcome = MATCH_BLOCK;
        describe(lists, found.important, &out->block);
    } else if (found.block != UINT32_MAX) {
        out->outcome = MATCH_BLOCK;
        describe(lists, found.block, &out->block);
        out->undecided += probe->undecided_exceptions;
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
        ask(probe_of(lists, request), lists_index(lists), &all);
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
