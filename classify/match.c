/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/match.h"

#include <string.h>

#include "classify/index.h"
#include "classify/pattern.h"
#include "classify/ruleset.h"
#include "classify/token.h"

enum {
    SUFFIXES_MOST = 128, /* labels of a host; RFC 1035 allows 127 */
    TOKENS_MOST = 64,    /* looked up at a time */
    NOWHERE = -1,
};

/* The parents of a host, itself last: hashes for tables and domain lists. */
struct suffixes {
    bool ready;
    size_t n;
    struct {
        uint64_t hash;
        struct bytes text;
    } at[SUFFIXES_MOST];
};

/* A token of the URL under which rules are filed. */
struct hit {
    const struct table_entry *entries;
    uint32_t at; /* offset in the URL */
};

/* The request, prepared; one for each call. */
struct probe {
    const struct ruleset *set;
    const struct match_request *request;
    struct token_text text; /* of the URL */
    struct pattern_url url; /* lower-cased */
    struct bytes raw;       /* as it was written, as long as `url` */
    uint32_t care;          /* bits of a rule's mask that count ... */
    uint32_t want;          /* ... and what they must be */
    unsigned undecided;
    bool hits_ready; /* `hits` are those of the whole URL */
    size_t hit_count;
    struct hit hits[TOKENS_MOST];
    struct suffixes host;
    struct suffixes page;
    struct suffixes host_entity; /* of the host without its public suffix */
    struct suffixes page_entity;
};

/* What has been found: the first two ranks, or (with `ids`) all rules in order. */
struct found {
    uint32_t first;
    uint32_t first_important;
    uint32_t *ids;
    size_t n;
    size_t most;
    bool more;
};

static void suffixes_fill(struct suffixes *s, struct bytes host)
{
    size_t n = 0, end = host.n;

    while (end > 0 && n < SUFFIXES_MOST) {
        const uint8_t *dot = memrchr(host.p, '.', end);
        size_t begin = dot == NULL ? 0 : (size_t)(dot - host.p) + 1;

        s->at[n].text = (struct bytes){host.p + begin, host.n - begin};
        s->at[n].hash = token_hash(s->at[n].text);
        n++;
        end = dot == NULL ? 0 : begin - 1;
    }
    s->n = n;
    s->ready = true;
}

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

/* Some entry of `list` that is (or is not) of kind `entity` and negated, and names a parent. */
static bool names(const struct probe *p, const struct ruleset_domains *list,
        const struct suffixes *hosts, bool entity, bool negated)
{
    const struct ruleset_domain *domains = p->set->domains + list->first;

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
            if (domains[low].entity == entity && domains[low].negated == negated &&
                    bytes_equal(ruleset_domain_text(p->set, &domains[low]), hosts->at[i].text))
                return true;
        }
    }
    return false;
}

static bool list_allows(const struct probe *p, const struct ruleset_domains *list,
        const struct suffixes *hosts, const struct suffixes *entities)
{
    if (names(p, list, hosts, false, true) || names(p, list, entities, true, true))
        return false;
    return !list->positive || names(p, list, hosts, false, false) ||
           names(p, list, entities, true, false);
}

static bool page_allows(struct probe *p, const struct ruleset_domains *list)
{
    const struct match_request *r = p->request;

    if (list->n == 0)
        return true;
    if (!p->page.ready)
        suffixes_fill(&p->page, r->page_host);
    if (!p->page_entity.ready)
        suffixes_fill(&p->page_entity, without_suffix(r->page_host, r->page_site));
    return list_allows(p, list, &p->page, &p->page_entity);
}

static bool host_allows(struct probe *p, const struct ruleset_extra *extra)
{
    struct bytes host = host_of(p);

    if (extra->to.n == 0 && extra->denyallow.n == 0)
        return true;
    if (!p->host_entity.ready)
        suffixes_fill(&p->host_entity, without_suffix(host, p->request->site));
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

static bool regex_allows(struct probe *p, const struct ruleset_extra *extra)
{
    switch (regex_matches(extra->regex, p->raw)) {
    case REGEX_YES:
        return true;
    case REGEX_NO:
        return false;
    case REGEX_GAVE_UP:
        p->undecided++;
        return false;
    }
    return false;
}

/* Everything but the mask. `at` is where the pattern must begin in the URL, or NOWHERE. */
static bool rule_matches(struct probe *p, const struct table_entry *e, long at)
{
    const struct ruleset_extra *extra = NULL;
    struct pattern_url url = p->url;
    struct pattern pattern;

    if ((e->mask & RULESET_EXTRA) != 0)
        extra = &p->set->extras[p->set->rules[e->rule].extra];
    if (extra != NULL && extra->regex != NULL)
        return extra_allows(p, extra) && regex_allows(p, extra);
    if ((e->mask & RULESET_MATCH_CASE) != 0)
        url.text = p->raw;
    pattern = ruleset_pattern(p->set, e->mask, e->text, e->n);
    if (at == NOWHERE ? !pattern_matches(&pattern, &url)
                      : !pattern_matches_at(&pattern, &url, (size_t)at))
        return false;
    return extra == NULL || extra_allows(p, extra);
}

static bool wants(const struct found *f, uint32_t id, uint32_t mask)
{
    if (f->ids != NULL)
        return !f->more || id < f->ids[f->n - 1];
    return id < f->first || ((mask & RULESET_IMPORTANT) != 0 && id < f->first_important);
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
    if (f->ids != NULL) {
        insert(f, id);
        return;
    }
    if (id < f->first)
        f->first = id;
    if ((mask & RULESET_IMPORTANT) != 0 && id < f->first_important)
        f->first_important = id;
}

static bool fits(const struct probe *p, const struct table_entry *e, const struct found *f)
{
    return (e->mask & p->care) == p->want && wants(f, e->rule, e->mask);
}

static void consider(struct probe *p, const struct table_entry *e, long at, struct found *f)
{
    if (rule_matches(p, e, at))
        take(f, e->rule, e->mask);
}

/* `||name^`: behind its host a URL ends or goes on with a separator, so the name is enough. */
static bool host_matches(struct probe *p, const struct table_entry *e, struct bytes name)
{
    return e->n == name.n + 1 && memcmp(p->set->texts + e->text, name.p, name.n) == 0 &&
           ((e->mask & RULESET_EXTRA) == 0 ||
                   extra_allows(p, &p->set->extras[p->set->rules[e->rule].extra]));
}

static void ask_hosts(struct probe *p, const struct index *index, struct found *f)
{
    for (size_t i = index->top_hosts ? 0 : 1; i < p->host.n; i++) {
        const struct table_entry *e;

        if (!token_filter_has(&index->hosts.filter, p->host.at[i].hash))
            continue;
        e = table_find(&index->hosts, p->host.at[i].hash);
        for (bool more = e != NULL; more; more = (e++->mask & TABLE_LAST) == 0) {
            if (fits(p, e, f) && host_matches(p, e, p->host.at[i].text))
                take(f, e->rule, e->mask);
        }
    }
}

/* Fills `hits` with the next of the URL's tokens under which rules are filed, from the one
 * numbered `*from` on. */
static void find_hits(struct probe *p, const struct table *table, size_t *from)
{
    struct token tokens[TOKENS_MOST];
    bool whole = *from == 0;
    size_t likely = token_take(&p->text, &table->filter, from, tokens, TOKENS_MOST), n = 0;

    for (size_t i = 0; i < likely; i++)
        table_prefetch(table, tokens[i].hash);
    for (size_t i = 0; i < likely; i++) {
        const struct table_entry *entries = table_find(table, tokens[i].hash);

        if (entries != NULL) {
            __builtin_prefetch(entries);
            p->hits[n++] = (struct hit){entries, tokens[i].at};
        }
    }
    p->hit_count = n;
    p->hits_ready = whole && 2 * *from >= p->text.edge_count;
}

static bool hit_before(const struct probe *p, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (p->hits[k].entries == p->hits[i].entries)
            return true;
    }
    return false;
}

/* Does the rule's word stand in the URL, where its token stands at `at`? */
static bool word_fits(const struct probe *p, const struct table_entry *e, uint32_t at)
{
    uint32_t word;

    if (at < e->token_at)
        return false;
    if (e->word_at == TABLE_NO_PLACE)
        return true;
    at = at - e->token_at + e->word_at;
    if (at >= p->text.n)
        return false;
    memcpy(&word, p->text.lower + at, sizeof(word));
    return word == e->word;
}

static void ask_hits(struct probe *p, struct found *f)
{
    for (size_t i = 0; i < p->hit_count; i++) {
        const struct table_entry *e = p->hits[i].entries;
        uint32_t at = p->hits[i].at;

        for (bool more = true; more; more = (e++->mask & TABLE_LAST) == 0) {
            if (!fits(p, e, f))
                continue;
            if (e->token_at != TABLE_NO_PLACE) {
                if (word_fits(p, e, at))
                    consider(p, e, (long)(at - e->token_at), f);
            } else if (!hit_before(p, i)) {
                /* Looked for in the whole URL: once, however often a token repeats. */
                consider(p, e, NOWHERE, f);
            }
        }
    }
}

static void ask_tokens(struct probe *p, const struct index *index, struct found *f)
{
    size_t from = 0;

    /* Most URLs have few hits, which still stand here when exceptions are asked for. */
    if (p->hits_ready) {
        ask_hits(p, f);
        return;
    }
    while (2 * from < p->text.edge_count) {
        find_hits(p, &index->tokens, &from);
        ask_hits(p, f);
    }
}

static void ask_pages(struct probe *p, const struct index *index, struct found *f)
{
    if (index->pages.n == 0)
        return;
    if (!p->page.ready)
        suffixes_fill(&p->page, p->request->page_host);
    for (size_t i = 0; i < p->page.n; i++) {
        const struct table_entry *e;

        if (!token_filter_has(&index->pages.filter, p->page.at[i].hash))
            continue;
        e = table_find(&index->pages, p->page.at[i].hash);
        for (bool more = e != NULL; more; more = (e++->mask & TABLE_LAST) == 0)
            if (fits(p, e, f))
                consider(p, e, NOWHERE, f);
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

/* Fills all but the suffix lists that few rules need. */
static void probe_init(
        struct probe *p, const struct lists *lists, const struct match_request *request)
{
    token_text_init(&p->text, request->url);
    p->set = lists_rules(lists);
    p->request = request;
    p->url = pattern_url_of((struct bytes){p->text.lower, p->text.n});
    p->raw = bytes_slice(request->url, 0, p->text.n);
    p->care = 1u << request->type | (request->third_party ? (uint32_t)RULESET_THIRD_PARTY
                                                          : (uint32_t)RULESET_FIRST_PARTY);
    p->want = p->care;
    p->undecided = 0;
    p->hits_ready = false;
    p->page.ready = p->host_entity.ready = p->page_entity.ready = false;
    suffixes_fill(&p->host, host_of(p));
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
    struct found blocks = {.first = UINT32_MAX, .first_important = UINT32_MAX};
    struct found exceptions = blocks;
    struct match_verdict verdict = {.outcome = MATCH_NONE};
    /* Tens of kilobytes, of which most calls touch little: on the stack, hardening would touch
     * every page of it for each request. */
    static _Thread_local struct probe probe;

    verdict.url_cut = request->url.n > MATCH_URL_MOST;
    if (index == NULL) {
        *out = verdict;
        return;
    }
    probe_init(&probe, lists, request);
    probe.care |= (uint32_t)RULESET_EXCEPTION;
    ask(&probe, index, &blocks);
    if (blocks.first_important != UINT32_MAX) {
        verdict.outcome = MATCH_BLOCK;
        describe(lists, blocks.first_important, &verdict.block);
    } else if (blocks.first != UINT32_MAX) {
        verdict.outcome = MATCH_BLOCK;
        describe(lists, blocks.first, &verdict.block);
        probe.want |= (uint32_t)RULESET_EXCEPTION;
        ask(&probe, index, &exceptions);
        if (exceptions.first != UINT32_MAX) {
            verdict.outcome = MATCH_EXCEPTION;
            describe(lists, exceptions.first, &verdict.exception);
        }
    }
    verdict.undecided = probe.undecided;
    *out = verdict;
}

size_t match_all(const struct lists *lists, const struct match_request *request,
        struct match_rule *out, size_t most, bool *more)
{
    uint32_t ids[MATCH_ALL_MOST];
    struct found all = {.ids = ids, .most = most < MATCH_ALL_MOST ? most : MATCH_ALL_MOST};
    static _Thread_local struct probe probe; /* see match_decide */

    if (lists_index(lists) != NULL && all.most != 0) {
        probe_init(&probe, lists, request);
        ask(&probe, lists_index(lists), &all);
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
