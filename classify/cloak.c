/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/cloak.h"

#include <stdlib.h>
#include <string.h>

#include "classify/alias.h"
#include "classify/finding_part.h"
#include "classify/request_view.h"
#include "classify/tagging.h"

enum {
    URL_MOST = 8 << 10, /* of a request under its other name */
    WEIGHT = 45,        /* above an identifier of a third party: the name hides whose it is */
    KNOWN_MOST = 3,
    COOKIES_NAMED = 32, /* in one finding */
};

struct cloak {
    const struct evidence *e;
    const struct judgement_setup *setup;
    const struct judgement *j;
    struct aliases aliases;
    const struct trace **traces; /* owned: what hosts were sent, by host, then by number */
    size_t trace_count;
    const struct trace **trackers; /* owned: identifiers given to third parties, by site */
    size_t tracker_count;
};

/* One host, and where it truly leads. */
struct guise {
    struct bytes host, page_site;
    const struct lookup *lookup;
    struct bytes canonical, site;
    struct bytes *way; /* in the arena: the aliases up to the canonical name */
    size_t way_count;
    size_t exchange; /* the first one */
    bool signs[TAGGING_SIGNS];
};

static int by_recipient(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient, right->recipient);

    return order == 0 ? (left->number > right->number) - (left->number < right->number) : order;
}

static int by_site(const void *a, const void *b)
{
    const struct trace *left = *(const struct trace *const *)a;
    const struct trace *right = *(const struct trace *const *)b;
    int order = bytes_compare(left->recipient_site, right->recipient_site);

    return order == 0 ? (left->number > right->number) - (left->number < right->number) : order;
}

static int exchange_by_host(const void *a, const void *b, void *of)
{
    const struct evidence *e = of;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int order = bytes_compare(e->exchanges[left]->host, e->exchanges[right]->host);

    return order == 0 ? (left > right) - (left < right) : order;
}

static bool is_telling(const struct trace *t)
{
    switch (t->carrier) {
    case CARRIER_COOKIE:
        return true;
    case CARRIER_QUERY:
    case CARRIER_PATH:
    case CARRIER_BODY:
    case CARRIER_HEADER:
    case CARRIER_ETAG:
    case CARRIER_WEBSOCKET:
    case CARRIER_SET_COOKIE:
        return finding_identifies(t);
    case CARRIER_REFERER:
    case CARRIER_FRAGMENT:
    case CARRIER_TLS:
        break;
    }
    return false;
}

static bool prepare(struct cloak *c)
{
    size_t n = 0, traces = c->j->trace_count;
    const struct lookup *all = lookups_all(c->e->lookups, &n);

    c->traces = calloc(traces + 1, sizeof(const struct trace *));
    c->trackers = calloc(traces + 1, sizeof(const struct trace *));
    if (c->traces == NULL || c->trackers == NULL || !aliases_new(all, n, &c->aliases))
        return false;
    for (size_t i = 0; i < traces; i++) {
        const struct trace *t = c->j->traces[i];

        if (!is_telling(t))
            continue;
        c->traces[c->trace_count++] = t;
        if (t->party == PARTY_THIRD && finding_identifies(t))
            c->trackers[c->tracker_count++] = t;
    }
    if (c->trace_count != 0)
        qsort(c->traces, c->trace_count, sizeof(const struct trace *), by_recipient);
    if (c->tracker_count != 0)
        qsort(c->trackers, c->tracker_count, sizeof(const struct trace *), by_site);
    return true;
}

/* What a list says of the request had it been made under the name behind: NULL, or the rule. */
static enum status listed(
        const struct cloak *c, const struct guise *g, struct match_rule *out, bool *found)
{
    const struct exchange *x = c->e->exchanges[g->exchange];
    const struct request_view *v = &c->j->attributions.views[g->exchange];
    struct match_verdict verdict = c->j->trackers[g->exchange];
    char *url;

    *found = verdict.outcome == MATCH_BLOCK;
    if (!*found && c->setup->lists != NULL) {
        struct match_request request = {.page_host = g->page_site,
                .page_site = g->page_site,
                .site = g->site,
                .method = x->method,
                .type = request_view_type(v, x),
                .third_party = true};

        url = arena_print(c->j->arena, "https://%.*s%.*s", (int)g->canonical.n,
                (const char *)g->canonical.p,
                (int)(x->path.n < URL_MOST ? x->path.n : URL_MOST), (const char *)x->path.p);
        if (url == NULL)
            return STATUS_NOMEM;
        request.url = bytes_text(url);
        match_decide(c->setup->lists, &request, &verdict);
        *found = verdict.outcome == MATCH_BLOCK;
    }
    if (*found)
        *out = verdict.block;
    return STATUS_OK;
}

/* Purposes of the owner table that are tracking; a portal with statistics of its own is not. */
static bool purpose_tracks(const struct party_owner *owner)
{
    static const char *const starts[] = {"advertising", "web analytics", "product analytics",
            "audience measurement", "data management", "retargeting", "session replay",
            "mobile advertising", "video advertising", "marketing automation",
            "app attribution", "visitor identification", "affiliate marketing"};

    if (owner == NULL || owner->purpose == NULL)
        return false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        if (strncmp(owner->purpose, starts[i], strlen(starts[i])) == 0)
            return true;
    }
    return false;
}

/* It was given an identifier under its own name. */
static bool tracker_at(const struct cloak *c, struct bytes site)
{
    size_t low = 0, high = c->tracker_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(c->trackers[middle]->recipient_site, site) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->tracker_count && bytes_equal(c->trackers[low]->recipient_site, site);
}

/* How the site behind is known; none of them: no finding. */
struct known {
    struct bytes by[KNOWN_MOST];
    size_t n;
    struct bytes rule; /* of the list; empty: none */
};

static enum status know(const struct cloak *c, const struct guise *g, struct known *out)
{
    const struct party_owner *owner = parties_find(c->setup->parties, g->canonical);
    struct match_rule rule = {0};
    bool found;
    enum status status = listed(c, g, &rule, &found);

    if (status != STATUS_OK)
        return status;
    if (found)
        out->by[out->n++] = BYTES_LITERAL("list");
    if (purpose_tracks(owner))
        out->by[out->n++] = BYTES_LITERAL("owner-table");
    out->rule = rule.text;
    if (tracker_at(c, g->site))
        out->by[out->n++] = BYTES_LITERAL("identifiers");
    return STATUS_OK;
}

/* The cookies and identifiers that the host was sent or set. */
static bool take_traces(const struct cloak *c, const struct guise *g, struct finding *f)
{
    size_t low = 0, high = c->trace_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(c->traces[middle]->recipient, g->host) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < c->trace_count && bytes_equal(c->traces[low]->recipient, g->host); low++) {
        if (!finding_add_trace(c->j->arena, f, c->traces[low]))
            return false;
    }
    return true;
}

static bool got_any(const struct cloak *c, struct bytes host)
{
    const struct trace key = {.recipient = host}, *wanted = &key;
    size_t low = 0, high = c->trace_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_recipient(&c->traces[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->trace_count && bytes_equal(c->traces[low]->recipient, host);
}

/* What went to the host, or what it set when nothing went yet. */
static bool say_given(struct arena *arena, const struct finding *f, const char *given[2])
{
    unsigned long long cookies = 0, others = 0, set = 0;

    for (size_t i = 0; i < f->trace_count; i++) {
        const struct trace *t = f->traces[i];

        if (t->carrier == CARRIER_SET_COOKIE)
            set += t->count;
        else if (t->carrier == CARRIER_COOKIE)
            cookies += t->count;
        else
            others += t->count;
    }
    if (cookies + others == 0) {
        given[0] = arena_print(
                arena, "set an identifier in a cookie %llu time%s", set, set == 1 ? "" : "s");
        given[1] = arena_print(arena, "以 Cookie 写入标识符 %llu 次", set);
    } else if (others == 0 || cookies == 0) {
        given[0] = arena_print(arena, "was sent %llu %s%s", cookies + others,
                others == 0 ? "cookie value" : "identifier", cookies + others == 1 ? "" : "s");
        given[1] = arena_print(arena, "收到 %llu 个%s", cookies + others,
                others == 0 ? " Cookie 值" : "标识符");
    } else {
        given[0] =
                arena_print(arena, "was sent %llu cookie value%s and %llu other identifier%s",
                        cookies, cookies == 1 ? "" : "s", others, others == 1 ? "" : "s");
        given[1] = arena_print(
                arena, "收到 %llu 个 Cookie 值和 %llu 个其他标识符", cookies, others);
    }
    return given[0] != NULL && given[1] != NULL;
}

static bool say(struct arena *arena, const struct guise *g, struct finding *f)
{
    const char *given[2];

    if (!say_given(arena, f, given))
        return false;
    const struct finding_word words[] = {{g->host, FINDING_NAME_SHOWN},
            {g->page_site, FINDING_NAME_SHOWN}, {g->canonical, FINDING_NAME_SHOWN},
            {g->site, FINDING_NAME_SHOWN}, {bytes_text(given[0]), FINDING_NAME_SHOWN},
            {bytes_text(given[1]), FINDING_NAME_SHOWN}};

    f->statement_en = finding_say(arena,
            "$0 belongs to $1 by its name, but DNS answers that it is an alias of $2, a name "
            "of "
            "$3. On pages of $1 it $4.",
            words);
    f->statement_zh = finding_say(arena,
            "$0 从名称看属于 $1，但 DNS 应答表明它是 $2 的别名，而后者属于 $3。在 $1 的页面上，"
            "它$5。",
            words);
    return f->statement_en != NULL && f->statement_zh != NULL;
}

/* What the site behind was given as if it were the page's: each cookie's name once. */
static bool add_cookies(struct arena *arena, struct finding *f)
{
    struct bytes *names = arena_array(arena, COOKIES_NAMED, sizeof(*names));
    size_t n = 0;

    if (names == NULL)
        return false;
    for (size_t i = 0; i < f->trace_count && n < COOKIES_NAMED; i++) {
        bool named = f->traces[i]->carrier != CARRIER_COOKIE;

        for (size_t k = 0; k < n && !named; k++)
            named = bytes_equal(names[k], f->traces[i]->name);
        if (!named)
            names[n++] = f->traces[i]->name;
    }
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "cookies", .kind = FACT_LIST, .list = names, .list_count = n});
    return true;
}

static bool add_signs(struct arena *arena, const struct guise *g, struct finding *f)
{
    struct bytes *names = arena_array(arena, TAGGING_SIGNS, sizeof(*names));
    size_t n = 0;

    if (names == NULL)
        return false;
    for (size_t i = 0; i < TAGGING_SIGNS; i++) {
        if (g->signs[i])
            names[n++] = bytes_text(tagging_sign_name((enum tagging_sign)i));
    }
    if (n >= TAGGING_LEAST)
        finding_add_fact(f, &(struct finding_fact){.name = "server_side_signs",
                                    .kind = FACT_LIST,
                                    .list = names,
                                    .list_count = n});
    return true;
}

static bool add_facts(
        struct arena *arena, const struct guise *g, const struct known *k, struct finding *f)
{
    struct bytes *by = arena_array(arena, k->n, sizeof(*by));
    uint64_t frame = g->lookup->frames[1] != 0 ? g->lookup->frames[1] : g->lookup->frames[0];

    if (by == NULL)
        return false;
    memcpy(by, k->by, k->n * sizeof(*by));
    finding_add_fact(f, &(struct finding_fact){.name = "host", .text = g->host});
    finding_add_fact(f, &(struct finding_fact){.name = "canonical", .text = g->canonical});
    finding_add_fact(f, &(struct finding_fact){.name = "tracker_site", .text = g->site});
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "known_by", .kind = FACT_LIST, .list = by, .list_count = k->n});
    if (k->rule.n != 0)
        finding_add_fact(f, &(struct finding_fact){.name = "rule", .text = k->rule});
    finding_add_fact(f, &(struct finding_fact){
                                .name = "dns_carrier", .text = bytes_text(g->lookup->carrier)});
    if (frame != 0 && frame <= INT64_MAX)
        finding_add_fact(
                f, &(struct finding_fact){
                           .name = "dns_frame", .kind = FACT_NUMBER, .number = (int64_t)frame});
    finding_add_fact(f, &(struct finding_fact){.name = "chain",
                                .kind = FACT_LIST,
                                .list = g->way,
                                .list_count = g->way_count});
    return add_cookies(arena, f) && add_signs(arena, g, f);
}

/* The names from the host to a step. */
static bool trace_way(
        const struct cloak *c, const struct alias_step *steps, size_t last, struct guise *g)
{
    size_t n = 0;

    for (size_t i = last; i != ALIAS_STEPS_MOST; i = steps[i].from)
        n++;
    g->way = arena_array(c->j->arena, n, sizeof(*g->way));
    if (g->way == NULL)
        return false;
    g->way_count = n;
    for (size_t i = last; i != ALIAS_STEPS_MOST; i = steps[i].from)
        g->way[--n] = steps[i].name;
    return true;
}

/* The first name on the way that belongs to another site and to another organisation, and of
 * which it is known that it tracks: content networks stand between, too. */
static enum status look_behind(const struct cloak *c, struct guise *g, struct known *known)
{
    const struct party_owner *own = parties_find(c->setup->parties, g->host);
    struct alias_step steps[ALIAS_STEPS_MOST];
    size_t n = aliases_follow(&c->aliases, g->host, steps);

    for (size_t i = 0; i < n; i++)
        g->signs[TAGGING_ALIAS] |= tagging_alias(steps[i].name);
    for (size_t i = 0; i < n; i++) {
        struct bytes site = site_of(c->setup->sites, steps[i].name);
        enum status status;

        if (bytes_equal(site, g->page_site) ||
                parties_same_group(own, parties_find(c->setup->parties, steps[i].name)))
            continue;
        g->lookup = steps[i].lookup;
        g->canonical = steps[i].name;
        g->site = site;
        *known = (struct known){0};
        status = know(c, g, known);
        if (status != STATUS_OK)
            return status;
        if (known->n != 0)
            return trace_way(c, steps, i, g) ? STATUS_OK : STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status unmask(const struct cloak *c, struct guise *g, const size_t *exchanges,
        size_t n, struct findings *out)
{
    const struct party_owner *owner;
    struct known known = {0};
    struct finding *f;
    enum status status;

    if (!got_any(c, g->host))
        return STATUS_OK;
    status = look_behind(c, g, &known);
    if (status != STATUS_OK || known.n == 0)
        return status;
    for (size_t i = 0; i < n; i++)
        tagging_signs(c->e, c->e->exchanges[exchanges[i]], g->signs);
    f = finding_new(c->j->arena, "cname-cloaking", out);
    if (f == NULL || !take_traces(c, g, f))
        return STATUS_NOMEM;
    owner = parties_find(c->setup->parties, g->canonical);
    f->page_site = g->page_site;
    f->recipient = g->host;
    f->recipient_site = g->site;
    f->owner = owner == NULL ? NULL : owner->owner_en;
    f->weight = WEIGHT;
    if (!say(c->j->arena, g, f) || !add_facts(c->j->arena, g, &known, f))
        return STATUS_NOMEM;
    finding_take_verdicts(f);
    return finding_take_evidence(c->j->arena, f) ? STATUS_OK : STATUS_NOMEM;
}

/* All exchanges with one host: a guise, unless the host is the page itself. */
static enum status judge_host(
        const struct cloak *c, const size_t *exchanges, size_t n, struct findings *out)
{
    struct guise g = {.host = c->e->exchanges[exchanges[0]]->host};
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const struct attribution *a = &c->j->attributions.of[exchanges[i]];

        if (a->visit != NULL && bytes_equal(a->visit->host, g.host))
            return STATUS_OK;
        if (!any && a->party == PARTY_FIRST && a->visit != NULL) {
            any = true;
            g.exchange = exchanges[i];
            g.page_site = a->visit->site;
        }
    }
    return any ? unmask(c, &g, exchanges, n, out) : STATUS_OK;
}

static enum status judge_hosts(const struct cloak *c, struct findings *out)
{
    size_t n = c->e->exchange_count, begin = 0;
    size_t *sorted = calloc(n + 1, sizeof(*sorted));
    enum status status = sorted == NULL ? STATUS_NOMEM : STATUS_OK;

    for (size_t i = 0; i < n && status == STATUS_OK; i++)
        sorted[i] = i;
    if (status == STATUS_OK && n != 0)
        qsort_r(sorted, n, sizeof(*sorted), exchange_by_host, (void *)(uintptr_t)c->e);
    for (size_t i = 1; i <= n && status == STATUS_OK; i++) {
        if (i < n && bytes_equal(c->e->exchanges[sorted[i]]->host,
                             c->e->exchanges[sorted[begin]]->host))
            continue;
        status = judge_host(c, sorted + begin, i - begin, out);
        begin = i;
    }
    free(sorted);
    return status;
}

enum status cloak_find(const struct evidence *e, const struct judgement_setup *setup,
        struct judgement *j, struct findings *out)
{
    struct cloak c = {.e = e, .setup = setup, .j = j};
    enum status status = STATUS_OK;

    if (e->lookups == NULL)
        return STATUS_OK;
    if (!prepare(&c))
        status = STATUS_NOMEM;
    else if (c.aliases.n != 0)
        status = judge_hosts(&c, out);
    aliases_clear(&c.aliases);
    free(c.traces);
    free(c.trackers);
    return status;
}
