/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/probe.h"

#include <string.h>

#include "classify/punycode.h"

enum {
    NAMED = 1,
    NAMED_NOT = 2, /* with `~` */
};

_Static_assert(
        PROBE_PAGE_MOST > RULE_DOMAIN_BYTES * (1 + PUNYCODE_GROWTH), "hosts that lists name");

/* `host` without the public suffix that its registrable domain `site` tells: what stands
 * behind the first dot of the site. Empty when there is none. */
static struct bytes without_suffix(struct bytes host, struct bytes site)
{
    struct bytes suffix = site, label;

    if (site.n > host.n || !bytes_take_until(&suffix, '.', &label))
        return (struct bytes){0};
    return bytes_slice(host, 0, host.n - suffix.n - 1);
}

/* The first whose hash is not below `hash`; their end when there is none. A processor can't
 * foresee a comparison's answer, so no branch depends on one. */
static const struct ruleset_domain *first_domain(
        const struct ruleset_domain *domains, size_t n, uint64_t hash)
{
    while (n > 1) {
        size_t half = n / 2;

        domains += half * (domains[half - 1].hash < hash);
        n -= half;
    }
    return domains + (n == 1 && domains->hash < hash);
}

/* How entries of `list` name one of `hosts`, as NAMED and NAMED_NOT: those of kind `entity`. */
static unsigned names(const struct probe *p, const struct ruleset_domains *list,
        const struct suffixes *hosts, bool entity)
{
    const struct ruleset_domain *domains = p->set->domains + list->first;
    unsigned found = 0;

    for (size_t i = 0; i < hosts->n; i++) {
        const struct ruleset_domain *at = first_domain(domains, list->n, hosts->at[i].hash);

        for (; at != domains + list->n && at->hash == hosts->at[i].hash; at++) {
            if (at->entity == entity &&
                    bytes_equal(ruleset_domain_text(p->set, at), hosts->at[i].text))
                found |= at->negated ? NAMED_NOT : NAMED;
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

const struct suffixes *probe_host_and_parents(struct probe *p)
{
    if (!p->host_ready)
        suffixes_fill(&p->host, probe_host(p));
    p->host_ready = true;
    return &p->host;
}

static bool host_allows(struct probe *p, const struct ruleset_extra *extra)
{
    const struct suffixes *hosts;

    if (extra->to.n == 0 && extra->denyallow.n == 0)
        return true;
    if (!p->host_entity_ready)
        suffixes_fill(&p->host_entity, without_suffix(probe_host(p), p->request->site));
    p->host_entity_ready = true;
    hosts = probe_host_and_parents(p);
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

bool probe_allows(struct probe *p, const struct ruleset_extra *extra)
{
    if (!page_allows(p, &extra->pages) || !host_allows(p, extra))
        return false;
    if (!method_allows(p->request->method, extra))
        return false;
    if ((extra->parties & RULE_SAME_HOST) != 0 &&
            !bytes_equal(probe_host(p), p->request->page_host))
        return false;
    return (extra->parties & RULE_FOREIGN_HOST) == 0 ||
           !bytes_equal(probe_host(p), p->request->page_host);
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

bool probe_matches(struct probe *p, const struct ruleset_rule *rule, long at)
{
    const struct ruleset_extra *extra = NULL;
    struct pattern_url url = p->url;
    struct pattern pattern;

    if ((rule->mask & RULESET_EXTRA) != 0)
        extra = &p->set->extras[rule->extra];
    if (extra != NULL && extra->regex != NULL)
        return probe_allows(p, extra) &&
               regex_allows(p, extra, (rule->mask & RULESET_EXCEPTION) != 0);
    if ((rule->mask & RULESET_MATCH_CASE) != 0)
        url.text = p->raw;
    pattern = ruleset_pattern(p->set, rule->mask, rule->text, rule->n);
    if (at == PROBE_ANYWHERE ? !pattern_matches(&pattern, &url)
                             : !pattern_matches_at(&pattern, &url, (size_t)at))
        return false;
    return extra == NULL || probe_allows(p, extra);
}

/* Keeps what is known of the page's host if the request before had the same. */
static void set_page(struct probe *p, struct bytes host)
{
    if (host.n > PROBE_PAGE_MOST)
        host = bytes_slice(host, host.n - PROBE_PAGE_MOST, host.n);
    if (host.n == p->page_n && (host.n == 0 || memcmp(p->page_host, host.p, host.n) == 0))
        return;
    if (host.n != 0)
        memcpy(p->page_host, host.p, host.n);
    p->page_n = host.n;
    p->page_number++;
    suffixes_fill(&p->page, (struct bytes){p->page_host, host.n});
}

void probe_fill(struct probe *p, const struct ruleset *set, const struct match_request *request)
{
    token_text_init(&p->text, request->url);
    p->set = set;
    p->request = request;
    p->url = (struct pattern_url){{token_text_lower(&p->text), p->text.n}, 0, 0};
    p->raw = (struct bytes){request->url.p, p->text.n};
    p->care = 1u << request->type | (request->third_party ? (uint32_t)RULESET_THIRD_PARTY
                                                          : (uint32_t)RULESET_FIRST_PARTY);
    p->undecided = p->undecided_exceptions = 0;
    p->host_ready = p->host_entity_ready = p->page_entity_ready = false;
    set_page(p, request->page_host);
}
