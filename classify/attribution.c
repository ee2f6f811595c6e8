/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/attribution.h"

#include <stdlib.h>

#include "classify/browser_visit.h"
#include "classify/mention.h"
#include "classify/redirect.h"
#include "classify/request_view.h"
#include "classify/upgrade.h"
#include "classify/url.h"
#include "classify/value.h"
#include "classify/visit.h"

#define ATTRIBUTION_ARENA_MOST ((size_t)2 << 30)

enum {
    ROUNDS_MOST = 8, /* of inheritance through frames, redirects, connections */
    TIMING_SECONDS = 30,
    TIMING_LOOK_MOST = 512, /* exchanges before one that are looked at */
};

/* Bytes of bodies that are searched for addresses in one capture. */
#define BODIES_LOOKED_MOST (UINT64_C(1) << 30)

/* The top-level site that all attributed exchanges of a connection belong to. */
struct partition {
    struct bytes site;
    size_t exchange; /* the first that said so */
    bool known, impure;
};

struct judge {
    const struct evidence *e;
    const struct sites *sites;
    struct request_view *views;
    struct attribution *of;
    size_t n;
    struct visits visits;
    struct partition *partitions; /* by connection id; 0 is nobody's */
    struct attributions *out;
};

static const char *const basis_names[] = {
        [PAGE_NONE] = "none",
        [PAGE_BROWSER] = "browser",
        [PAGE_DOCUMENT] = "document",
        [PAGE_REDIRECT] = "redirect",
        [PAGE_ORIGIN] = "origin",
        [PAGE_REFERER] = "referer",
        [PAGE_SEC_FETCH] = "sec-fetch",
        [PAGE_CONNECTION] = "connection",
        [PAGE_URL] = "url",
        [PAGE_BODY] = "body",
        [PAGE_TIMING] = "timing",
};

const char *page_basis_name(enum page_basis basis)
{
    return basis_names[basis];
}

const char *party_name(enum party party)
{
    switch (party) {
    case PARTY_FIRST:
        return "first";
    case PARTY_THIRD:
        return "third";
    case PARTY_UNKNOWN:
        break;
    }
    return "unknown";
}

static void set_page(struct attribution *a, const struct visit *visit, enum page_basis basis,
        const char *ground, int64_t ground_exchange)
{
    a->visit = visit;
    a->basis = basis;
    a->ground = ground;
    a->ground_exchange = ground_exchange;
}

/*
 * B1: a header names the site of a page that was visited. Where that site was also loaded in a
 * frame of another page, its name may mean the frame: then the header alone decides nothing.
 */
static bool by_header(struct judge *g, size_t i, struct bytes site, struct bytes url,
        enum page_basis basis, const char *header)
{
    const struct request_view *v = &g->views[i];
    const struct visit *visit = NULL;

    if (site.n == 0 || visits_framed(&g->visits, site, v->start_ns))
        return false;
    if (url.n != 0)
        visit = visits_find_url(&g->visits, site, url, v->start_ns);
    if (visit == NULL)
        visit = visits_find(&g->visits, site, v->start_ns);
    if (visit == NULL)
        return false;
    set_page(&g->of[i], visit, basis, header, (int64_t)visit->exchange);
    return true;
}

/* Browsers cut the Referer to other sites down to the origin (Referrer Policy section 3.7), so
 * that "https://a.test/" does not mean the page at "/". */
static struct bytes page_named(const struct request_view *v)
{
    struct bytes rest = v->referer;
    size_t at;

    if (bytes_equal(v->site, v->referer_site) ||
            !bytes_find(rest, BYTES_LITERAL("://"), 0, &at))
        return v->referer;
    rest = bytes_slice(rest, at + 3, rest.n);
    return rest.n == v->referer_host.n + 1 && rest.p[rest.n - 1] == '/' ? (struct bytes){0}
                                                                        : v->referer;
}

static void judge_headers(struct judge *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct request_view *v = &g->views[i];

        if (g->of[i].visit != NULL || v->navigates)
            continue;
        if (v->maybe_navigates && !v->frame && v->referer.n != 0)
            continue; /* a page or a frame: see visit.c */
        if (!by_header(g, i, v->origin_site, bytes_of(NULL, 0), PAGE_ORIGIN, "origin") &&
                !by_header(g, i, v->referer_site, page_named(v), PAGE_REFERER, "referer"))
            continue; /* other grounds follow */
    }
}

/* A navigation's connection belongs to the site it goes to, not to the page it ends at. */
static struct bytes partition_site(const struct judge *g, size_t i)
{
    return g->views[i].navigates || g->views[i].maybe_navigates ? g->views[i].site
                                                                : g->of[i].visit->site;
}

/* That of an exchange; of one whose connection is not in the evidence, nobody's. */
static struct partition *partition_of(const struct judge *g, size_t i)
{
    uint32_t connection = g->e->exchanges[i]->connection;

    return &g->partitions[connection <= g->e->connection_count ? connection : 0];
}

/* What headers and documents say about connections; inferred edges say nothing new. */
static void find_partitions(struct judge *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct attribution *a = &g->of[i];
        struct partition *p = partition_of(g, i);
        struct bytes site;

        if (a->visit == NULL || p == g->partitions)
            continue;
        site = partition_site(g, i);
        if (!p->known)
            *p = (struct partition){site, i, true, false};
        else if (!bytes_equal(p->site, site) && !p->impure) {
            p->impure = true;
            g->out->impure_connections++;
        }
    }
}

/* B2: browsers share no connection between two top-level sites. */
static bool by_connection(struct judge *g, size_t i)
{
    const struct partition *p = partition_of(g, i);
    const struct visit *visit;

    if (!p->known || p->impure)
        return false;
    visit = visits_find(&g->visits, p->site, g->views[i].start_ns);
    if (visit == NULL)
        return false;
    set_page(&g->of[i], visit, PAGE_CONNECTION, NULL, (int64_t)p->exchange);
    return true;
}

/* A redirect's next hop belongs to the page of the hop before. */
static bool by_redirect(struct judge *g, size_t i)
{
    int64_t from = g->of[i].redirect_from;

    if (from == ATTRIBUTION_NONE || g->of[from].visit == NULL)
        return false;
    set_page(&g->of[i], g->of[from].visit, PAGE_REDIRECT, "location", from);
    return true;
}

/* An attributed document of a frame, or a style sheet, by its host or by its URL. */
struct climb {
    struct bytes key;
    size_t exchange;
    bool mixed; /* those of this key up to this one belong to several sites */
};

struct climbs {
    struct climb *by_host, *by_url;
    size_t n;
};

static int climb_order(const void *a, const void *b)
{
    const struct climb *left = a, *right = b;
    int order = bytes_compare(left->key, right->key);

    if (order != 0)
        return order;
    return (left->exchange > right->exchange) - (left->exchange < right->exchange);
}

static void sort_climbs(const struct judge *g, struct climb *climbs, size_t n)
{
    if (n != 0)
        qsort(climbs, n, sizeof(*climbs), climb_order);
    for (size_t i = 1; i < n; i++) {
        const struct climb *before = &climbs[i - 1];

        if (bytes_equal(before->key, climbs[i].key))
            climbs[i].mixed = before->mixed || !bytes_equal(g->of[before->exchange].visit->site,
                                                       g->of[climbs[i].exchange].visit->site);
    }
}

static void gather_climbs(const struct judge *g, struct climbs *out)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++) {
        bool style = bytes_is(g->views[i].fetch_dest, "style") ||
                     bytes_starts_nocase(
                             g->e->exchanges[i]->response.body.type, BYTES_LITERAL("text/css"));

        if (g->of[i].visit == NULL || (!g->views[i].frame && !style))
            continue;
        out->by_host[n] = (struct climb){g->e->exchanges[i]->host, i, false};
        out->by_url[n++] = (struct climb){g->views[i].url, i, false};
    }
    out->n = n;
    sort_climbs(g, out->by_host, n);
    sort_climbs(g, out->by_url, n);
}

/* The newest of this key before exchange i, if all of them until then are of one site. */
static const struct climb *find_climb(
        const struct climb *climbs, size_t n, struct bytes key, size_t i)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(climbs[middle].key, key);

        if (order < 0 || (order == 0 && climbs[middle].exchange < i))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || climbs[low - 1].mixed || !bytes_equal(climbs[low - 1].key, key))
        return NULL;
    return &climbs[low - 1];
}

/* B3: climbing from the frame or style sheet that the header names, letter for letter or by its
 * host, to its page. A site that was also visited as a page of its own is ambiguous. */
static bool by_climb(struct judge *g, const struct climbs *climbs, size_t i)
{
    const struct request_view *v = &g->views[i];
    bool has_origin = v->origin_host.n != 0;
    struct bytes host = has_origin ? v->origin_host : v->referer_host;
    struct bytes site = has_origin ? v->origin_site : v->referer_site;
    const struct climb *c = NULL;
    bool exact;

    if (host.n == 0 || visits_find(&g->visits, site, v->start_ns) != NULL)
        return false;
    if (v->referer.n != 0)
        c = find_climb(climbs->by_url, climbs->n, v->referer, i);
    exact = c != NULL;
    if (c == NULL)
        c = find_climb(climbs->by_host, climbs->n, host, i);
    if (c == NULL)
        return false;
    if (has_origin && !exact)
        set_page(&g->of[i], g->of[c->exchange].visit, PAGE_ORIGIN, "origin",
                (int64_t)c->exchange);
    else
        set_page(&g->of[i], g->of[c->exchange].visit, PAGE_REFERER, "referer",
                (int64_t)c->exchange);
    return true;
}

static bool may_inherit(const struct judge *g, size_t i)
{
    const struct request_view *v = &g->views[i];

    return g->of[i].visit == NULL && !v->message && !v->navigates &&
           !(v->maybe_navigates && !v->frame);
}

/* Rounds of inheritance until nothing changes: each finding may open the way to another. */
static bool judge_inherited(struct judge *g)
{
    struct climbs climbs = {
            .by_host = calloc(g->n + 1, sizeof(*climbs.by_host)),
            .by_url = calloc(g->n + 1, sizeof(*climbs.by_url)),
    };
    bool ok = climbs.by_host != NULL && climbs.by_url != NULL, changed = ok;

    for (int round = 0; round < ROUNDS_MOST && changed; round++) {
        gather_climbs(g, &climbs);
        changed = false;
        for (size_t i = 0; i < g->n; i++) {
            if (may_inherit(g, i) &&
                    (by_redirect(g, i) || by_connection(g, i) || by_climb(g, &climbs, i)))
                changed = true;
        }
    }
    free(climbs.by_host);
    free(climbs.by_url);
    return ok;
}

/* B4: a parameter holds the URL of a page that was visited, letter for letter. */
static enum status judge_parameters(struct judge *g)
{
    static const char *const names[] = {
            "dl", "url", "u", "ref", "page", "loc", "durl", "ltu", "r", "p"};

    for (size_t i = 0; i < g->n; i++) {
        struct bytes rest, name, value;
        struct url url;

        if (!may_inherit(g, i))
            continue;
        url_split(g->e->exchanges[i]->path, &url);
        rest = url.query;
        while (g->of[i].visit == NULL && url_parameter(&rest, &name, &value)) {
            for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
                const struct visit *visit = NULL;
                struct bytes text, host;

                if (!bytes_is(name, names[k]))
                    continue;
                if (!value_unescape(g->out->arena, value, true, &text) ||
                        !url_host(g->out->arena, text, &host))
                    return STATUS_NOMEM;
                if (url_is_web(text))
                    visit = visits_find_url(
                            &g->visits, site_of(g->sites, host), text, g->views[i].start_ns);
                if (visit != NULL)
                    set_page(&g->of[i], visit, PAGE_URL, names[k], (int64_t)visit->exchange);
            }
        }
    }
    return STATUS_OK;
}

/* B5: the address asked for stands in a body that an attributed response brought before. */
static void judge_bodies(struct judge *g)
{
    uint64_t budget = BODIES_LOOKED_MOST;

    for (size_t i = 0; i < g->n; i++) {
        int64_t found;

        if (!may_inherit(g, i))
            continue;
        found = mention_find(g->e, g->views, g->of, i, &budget);
        if (found != ATTRIBUTION_NONE)
            set_page(&g->of[i], g->of[found].visit, PAGE_BODY, NULL, found);
    }
}

/* Something else than a page may have asked: a header names another document, or the browser
 * itself asked ("none"). Then time says nothing. */
static bool may_time(const struct judge *g, size_t i)
{
    const struct request_view *v = &g->views[i];

    return may_inherit(g, i) && v->user_agent.n != 0 && v->referer.n == 0 && v->origin.n == 0 &&
           !bytes_is(v->fetch_site, "none");
}

/*
 * C: time, when a single site was live: its pages alone had begun, and its exchanges alone
 * went on, in the half minute before. Only for requests of the browser that shows the page.
 */
static void judge_timing(struct judge *g)
{
    const int64_t window = (int64_t)TIMING_SECONDS * 1000000000;
    const struct visit *newest = NULL;   /* the page of the newest attributed exchange */
    int64_t newest_ns = 0, other_ns = 0; /* when; and when the newest of another site was */
    bool other = false;

    for (size_t i = 0; i < g->n; i++) {
        const struct request_view *v = &g->views[i];
        const struct visit *own = g->of[i].visit;

        if (own != NULL) {
            if (newest != NULL && !bytes_equal(newest->site, own->site)) {
                other = true;
                other_ns = newest_ns;
            }
            newest = own;
            newest_ns = v->start_ns;
            continue;
        }
        if (newest == NULL || newest_ns < v->start_ns - window ||
                (other && other_ns >= v->start_ns - window) || !may_time(g, i) ||
                !bytes_equal(g->views[newest->exchange].user_agent, v->user_agent))
            continue;
        set_page(&g->of[i], newest, PAGE_TIMING, NULL, (int64_t)newest->exchange);
    }
}

/* The messages of WebSockets belong to the page of the exchange that opened theirs. */
static void judge_messages(struct judge *g)
{
    for (size_t i = 0; i < g->n; i++) {
        int64_t opened = g->of[i].opened_by;

        if (opened != ATTRIBUTION_NONE && g->of[opened].visit != NULL)
            set_page(&g->of[i], g->of[opened].visit, g->of[opened].basis, g->of[opened].ground,
                    opened);
    }
}

static enum party party_to(struct bytes site, struct bytes own)
{
    if (site.n == 0 || own.n == 0)
        return PARTY_UNKNOWN;
    return bytes_equal(site, own) ? PARTY_FIRST : PARTY_THIRD;
}

static void judge_parties(struct judge *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct attribution *a = &g->of[i];
        const struct request_view *v = &g->views[i];

        a->site = v->site;
        if (a->opened_by != ATTRIBUTION_NONE)
            v = &g->views[a->opened_by];
        a->initiator_site = v->origin_site.n != 0 ? v->origin_site : v->referer_site;
        if (a->visit != NULL)
            a->party = party_to(a->visit->site, a->site);
        a->initiator_party = party_to(a->initiator_site, a->site);
    }
}

/* The pages visited, and what the browser itself says of who caused what. */
static enum status judge_visits(struct judge *g)
{
    struct arena *arena = g->out->arena;
    const struct browser_log *log = g->out->browser;
    const struct browser_match *match = &g->out->match;
    struct visits_told told;

    if (log == NULL)
        return visits_gather(arena, g->e, g->views, g->of, NULL, &g->visits) ? STATUS_OK
                                                                             : STATUS_NOMEM;
    if (browser_match_make(arena, g->e, log, &g->out->match) != STATUS_OK)
        return STATUS_NOMEM;
    browser_visit_link(log, match, g->views, g->of, g->n);
    if (!browser_visit_told(arena, log, match, g->views, g->n, &told) ||
            !visits_gather(arena, g->e, g->views, g->of, &told, &g->visits) ||
            !browser_visit_judge(arena, g->e, g->sites, log, match, &g->visits, g->of))
        return STATUS_NOMEM;
    return STATUS_OK;
}

static enum status judge_all(struct judge *g)
{
    int64_t *from = arena_array(g->out->arena, g->n, sizeof(*from));
    int64_t *opened = arena_array(g->out->arena, g->n, sizeof(*opened));
    enum status status;

    if (from == NULL || opened == NULL || !redirect_link(g->views, g->n, from) ||
            !upgrade_link(g->e, opened))
        return STATUS_NOMEM;
    for (size_t i = 0; i < g->n; i++) {
        g->of[i].redirect_from = from[i];
        g->of[i].opened_by = opened[i];
        g->of[i].ground_exchange = ATTRIBUTION_NONE;
    }
    status = judge_visits(g);
    if (status != STATUS_OK)
        return status;
    judge_headers(g);
    find_partitions(g);
    if (!judge_inherited(g))
        return STATUS_NOMEM;
    status = judge_parameters(g);
    if (status != STATUS_OK)
        return status;
    judge_messages(
            g); /* what they brought may name addresses, and they show that a page lives */
    judge_bodies(g);
    if (!judge_inherited(g)) /* what bodies showed opens the way to redirects and frames */
        return STATUS_NOMEM;
    judge_timing(g);
    judge_messages(g);
    judge_parties(g);
    g->out->visits = g->visits.by_time;
    g->out->visit_count = g->visits.n;
    return STATUS_OK;
}

enum status attribution_judge(const struct evidence *e, const struct sites *sites,
        const struct browser_log *browser, struct attributions *out)
{
    struct attributions made = {.arena = arena_new(ATTRIBUTION_ARENA_MOST), .browser = browser};
    struct judge g = {.e = e, .sites = sites, .n = e->exchange_count, .out = &made};
    enum status status = STATUS_NOMEM;

    if (made.arena == NULL)
        return STATUS_NOMEM;
    made.of = arena_array(made.arena, g.n + 1, sizeof(*made.of));
    g.of = made.of;
    g.views = arena_array(made.arena, g.n + 1, sizeof(*g.views));
    g.partitions = calloc(e->connection_count + 1, sizeof(*g.partitions));
    if (made.of != NULL && g.views != NULL && g.partitions != NULL)
        status = STATUS_OK;
    for (size_t i = 0; i < g.n && status == STATUS_OK; i++) {
        if (!request_view_make(made.arena, sites, e->exchanges[i], &g.views[i]))
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK)
        status = judge_all(&g);
    free(g.partitions);
    made.views = g.views;
    if (status == STATUS_OK)
        *out = made;
    else
        arena_free(made.arena);
    return status;
}

void attribution_clear(struct attributions *a)
{
    arena_free(a->arena);
    *a = (struct attributions){0};
}
