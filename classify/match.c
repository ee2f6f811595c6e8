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
    NAMED_NOT = 2, /* with `~` */
};

_Static_assert(PAGE_MOST > RULE_DOMAIN_BYTES * (1 + PUNYCODE_GROWTH), "hosts that lists name");

/* A token of the URL under which rules are filed. */
struct hit {
    const struct table_entry *entries;
    uint32_t at; /* offset in the URL */
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
    bool host_entity_ready;
    bool page_entity_ready;
    size_t hit_count;
    struct hit hits[TOKEN_TAKE_MOST];
    struct suffixes host;
    struct suffixes host_entity; /* of the host without its public suffix */
    struct suffixes page_entity;
    struct suffixes page; /* of `page_host`, which many requests share */
    size_t page_n;
    uint8_t page_host[PAGE_MOST + SUFFIXES_PADDING];
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

static bool host_allows(struct probe *p, const struct ruleset_extra *extra)
{
    if (extra->to.n == 0 && extra->denyallow.n == 0)
        return true;
    if (!p->host_entity_ready)
        suffixes_fill(&p->host_entity, without_suffix(host_of(p), p->request->site));
    p->host_entity_ready = true;
    if (extra->to.n != 0 && !list_allows(p, &extra->to, &p->host, &p->host_entity))
        return false;
    return extra->denyallow.n == 0 ||
           !list_allows(p, &extra->denyallow, &p->host, &p->host_entity);
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
static bool host_matches(
        struct probe *p, const struct ruleset_rule *rule, const struct suffix *name)
{
    return rule->n == name->text.n + 1 &&
           memcmp(p->set->texts + rule->text, name->text.p, name->text.n) == 0 &&
           ((rule->mask & RULESET_EXTRA) == 0 || extra_allows(p, &p->set->extras[rule->extra]));
}

static void ask_hosts(struct probe *p, const struct index *index, struct found *f)
{
    for (size_t i = index->top_hosts ? 0 : 1; i < p->host.n; i++) {
        const struct suffix *name = &p->host.at[i];
        const struct table_entry *e;

        if (!token_filter_has(&index->hosts.filter, name->hash, 0))
            continue;
        e = table_find(&index->hosts, name->hash);
        for (bool more = e != NULL; more; more = (e++->mask & TABLE_LAST) == 0) {
            if (fits(p, e, f) && host_matches(p, &p->set->rules[e->rule], name))
                take(f, e->rule, e->mask);
        }
    }
}

/* Fills `hits` with the next of the URL's tokens under which rules are filed. */
static void find_hits(struct probe *p, const struct table *table, struct token_walk *walk)
{
    struct token tokens[TOKEN_TAKE_MOST];
    size_t likely = token_take(&p->text, &table->filter, walk, tokens), n = 0;

    for (size_t i = 0; i < likely; i++)
        table_prefetch(table, tokens[i].hash);
    for (size_t i = 0; i < likely; i++) {
        const struct table_entry *entries = table_find(table, tokens[i].hash);

        __builtin_prefetch(entries);
        p->hits[n] = (struct hit){entries, tokens[i].at};
        n += entries != NULL;
    }
    p->hit_count = n;
}

/* 0 if the rule's word stands in the URL where it should, as seen from the token of `hit`. */
static inline uint32_t word_differs(
        const struct probe *p, const struct hit *hit, const struct table_entry *e)
{
    const uint8_t *at = token_text_lower(&p->text) + hit->at + e->word_at;

    return (token_word(at) ^ e->word) << e->word_unused;
}

static bool asked_before(
        const struct probe *p, const struct hit *hit, const struct table_entry *e)
{
    for (const struct hit *other = p->hits; other != hit; other++) {
        if (other->entries == hit->entries && word_differs(p, other, e) == 0)
            return true;
    }
    return false;
}

/* The rest for a rule whose mask fits and whose word stands where it should. */
static void ask_entry(
        struct probe *p, const struct hit *hit, const struct table_entry *e, struct found *f)
{
    if (!wants(f, e->rule, e->mask))
        return;
    if (e->token_at == TABLE_NO_PLACE) {
        /* Looked for in the whole URL: once, however often a token repeats. */
        if (!asked_before(p, hit, e))
            consider(p, e, NOWHERE, f);
    } else if (hit->at >= e->token_at) {
        consider(p, e, (long)(hit->at - e->token_at), f);
    }
}

static void ask_hits(struct probe *p, struct found *f)
{
    for (size_t i = 0; i < p->hit_count; i++) {
        const struct hit *hit = &p->hits[i];
        const struct table_entry *e = hit->entries;

        for (bool more = true; more; more = (e++->mask & TABLE_LAST) == 0) {
            /* As one question: the answer to each of the two is hard for a processor to
             * foresee, but few rules pass both. */
            if ((word_differs(p, hit, e) | (~e->mask & p->care)) == 0)
                ask_entry(p, hit, e, f);
        }
    }
}

static void ask_tokens(struct probe *p, const struct index *index, struct found *f)
{
    struct token_walk walk = {0};

    while (!walk.done) {
        find_hits(p, &index->tokens, &walk);
        ask_hits(p, f);
    }
}

static void ask_pages(struct probe *p, const struct index *index, struct found *f)
{
    for (size_t i = 0; i < p->page.n; i++) {
        const struct table_entry *e;

        if (!token_filter_has(&index->pages.filter, p->page.at[i].hash, 0))
            continue;
        e = table_find(&index->pages, p->page.at[i].hash);
        for (bool more = e != NULL; more; more = (e++->mask & TABLE_LAST) == 0) {
            if (fits(p, e, f))
                consider(p, e, NOWHERE, f);
        }
    }
}

static void ask(struct probe *p, const struct index *index, struct found *f)
{
    for (size_t i = 0; i < p->host.n; i++)
        table_prefetch_filter(&index->hosts, p->host.at[i].hash);
    ask_tokens(p, index, f);
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
    p->url = pattern_url_of((struct bytes){token_text_lower(&p->text), p->text.n});
    p->raw = (struct bytes){request->url.p, p->text.n};
    p->care = 1u << request->type | (request->third_party ? (uint32_t)RULESET_THIRD_PARTY
                                                          : (uint32_t)RULESET_FIRST_PARTY);
    p->undecided = p->undecided_exceptions = 0;
    p->host_entity_ready = p->page_entity_ready = false;
    suffixes_fill(&p->host, host_of(p));
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
    struct match_verdict verdict = {.outcome = MATCH_NONE};
    struct probe *probe;

    verdict.url_cut = request->url.n > MATCH_URL_MOST;
    if (index == NULL) {
        *out = verdict;
        return;
    }
    probe = probe_of(lists, request);
    ask(probe, index, &found);
    verdict.undecided = probe->undecided;
    if (found.important != UINT32_MAX) {
        verdict.outcome = MATCH_BLOCK;
        describe(lists, found.important, &verdict.block);
    } else if (found.block != UINT32_MAX) {
        verdict.outcome = MATCH_BLOCK;
        describe(lists, found.block, &verdict.block);
        verdict.undecided += probe->undecided_exceptions;
        if (found.exception != UINT32_MAX) {
            verdict.outcome = MATCH_EXCEPTION;
            describe(lists, found.exception, &verdict.exception);
        }
    }
    *out = verdict;
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
