/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/visit.h"

#include <stdlib.h>
#include <string.h>

enum { URL_LOOK_MOST = 64 /* visits of one site that are compared by URL */ };

/* The start of a redirect chain. Links point back in time, so the walk ends. */
static size_t chain_start(const struct attribution *of, size_t i)
{
    while (of[i].redirect_from != ATTRIBUTION_NONE)
        i = (size_t)of[i].redirect_from;
    return i;
}

/*
 * Without Fetch Metadata (plain HTTP) a frame's document looks like a page's. One that names
 * no Referer was typed or opened; one whose Referer is of the same site is a page of that site
 * or a frame in it, which makes no difference to the site. Any other could be either: unknown.
 */
static bool is_navigation(const struct request_view *v)
{
    if (v->navigates)
        return true;
    return v->maybe_navigates && (v->referer.n == 0 || bytes_equal(v->referer_site, v->site));
}

bool visits_add(struct arena *arena, struct visit *visit, struct visits *v)
{
    struct visit **grown =
            arena_grow(arena, v->by_time, v->n, &v->capacity, sizeof(struct visit *));

    if (grown == NULL)
        return false;
    v->by_time = grown;
    v->by_time[v->n++] = visit;
    return true;
}

static bool add_visit(struct arena *arena, const struct evidence *e,
        const struct request_view *views, struct attribution *of,
        const struct visits_told *told, size_t i, struct visits *v)
{
    struct visit *visit = arena_alloc(arena, sizeof(*visit));

    if (visit == NULL || !visits_add(arena, visit, v))
        return false;
    visit->exchange = i;
    visit->url = e->exchanges[i]->url;
    visit->host = e->exchanges[i]->host;
    visit->site = views[i].site;
    visit->start_ns = views[chain_start(of, i)].start_ns;
    for (int64_t at = (int64_t)i; at != ATTRIBUTION_NONE; at = of[at].redirect_from) {
        bool browser = told != NULL && told->joined[at];

        of[at].visit = visit;
        of[at].basis = browser            ? PAGE_BROWSER
                       : at == (int64_t)i ? PAGE_DOCUMENT
                                          : PAGE_REDIRECT;
        of[at].ground = at == (int64_t)i || browser ? NULL : "location";
        of[at].ground_exchange = at == (int64_t)i ? ATTRIBUTION_NONE : (int64_t)i;
        of[at].leads = true;
    }
    return true;
}

static bool add_framed(
        struct arena *arena, struct visits *v, struct bytes site, int64_t since_ns)
{
    struct framed *grown = arena_grow(
            arena, v->framed, v->framed_count, &v->framed_capacity, sizeof(*v->framed));

    if (grown == NULL)
        return false;
    v->framed = grown;
    v->framed[v->framed_count++] = (struct framed){site, since_ns};
    return true;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int visit_by_time(const void *a, const void *b)
{
    const struct visit *left = *(struct visit *const *)a, *right = *(struct visit *const *)b;
    int order = ORDER(left->start_ns, right->start_ns);

    return order == 0 ? ORDER(left->exchange, right->exchange) : order;
}

static int visit_by_site(const void *a, const void *b)
{
    const struct visit *left = *(struct visit *const *)a, *right = *(struct visit *const *)b;
    int order = bytes_compare(left->site, right->site);

    return order == 0 ? visit_by_time(a, b) : order;
}

static int framed_by_site(const void *a, const void *b)
{
    const struct framed *left = a, *right = b;
    int order = bytes_compare(left->site, right->site);

    return order == 0 ? ORDER(left->since_ns, right->since_ns) : order;
}

bool visits_sort(struct arena *arena, struct visits *v)
{
    v->by_site = arena_array(arena, v->n + 1, sizeof(struct visit *));
    if (v->by_site == NULL)
        return false;
    if (v->n != 0) {
        qsort(v->by_time, v->n, sizeof(struct visit *), visit_by_time);
        memcpy(v->by_site, v->by_time, v->n * sizeof(struct visit *));
        qsort(v->by_site, v->n, sizeof(struct visit *), visit_by_site);
    }
    for (size_t i = 0; i < v->n; i++)
        v->by_time[i]->number = i + 1;
    return true;
}

bool visits_gather(struct arena *arena, const struct evidence *e,
        const struct request_view *views, struct attribution *of,
        const struct visits_told *told, struct visits *out)
{
    struct visits v = {0};

    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct request_view *view = &views[i];
        bool cross = bytes_is(view->fetch_site, "cross-site") ||
                     (view->referer.n != 0 && !bytes_equal(view->referer_site, view->site));
        bool shown = told != NULL && told->joined[i] ? told->shown[i]
                                                     : is_navigation(view) && view->shows;

        if (shown && !add_visit(arena, e, views, of, told, i, &v))
            return false;
        if (cross && (view->frame || (view->maybe_navigates && !is_navigation(view))) &&
                !add_framed(arena, &v, view->site, view->start_ns))
            return false;
    }
    if (!visits_sort(arena, &v))
        return false;
    if (v.framed_count != 0)
        qsort(v.framed, v.framed_count, sizeof(*v.framed), framed_by_site);
    *out = v;
    return true;
}

/* How many visits stand before (site, when], in the order by site. */
static size_t upper(const struct visits *v, struct bytes site, int64_t when_ns)
{
    size_t low = 0, high = v->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(v->by_site[middle]->site, site);

        if (order < 0 || (order == 0 && v->by_site[middle]->start_ns <= when_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct visit *visits_find(const struct visits *v, struct bytes site, int64_t when_ns)
{
    size_t at = site.n == 0 ? 0 : upper(v, site, when_ns);

    if (at == 0 || !bytes_equal(v->by_site[at - 1]->site, site))
        return NULL;
    return v->by_site[at - 1];
}

static struct bytes no_fragment(struct bytes url)
{
    struct bytes rest = url, front;

    return bytes_take_until(&rest, '#', &front) ? front : url;
}

const struct visit *visits_find_url(
        const struct visits *v, struct bytes site, struct bytes url, int64_t when_ns)
{
    size_t at = upper(v, site, when_ns);

    url = no_fragment(url);
    for (size_t i = 0; i < URL_LOOK_MOST && at > i; i++) {
        const struct visit *visit = v->by_site[at - 1 - i];

        if (!bytes_equal(visit->site, site))
            break;
        if (bytes_equal(no_fragment(visit->url), url))
            return visit;
    }
    return NULL;
}

bool visits_framed(const struct visits *v, struct bytes site, int64_t when_ns)
{
    size_t low = 0, high = v->framed_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(v->framed[middle].site, site) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->framed_count && bytes_equal(v->framed[low].site, site) &&
           v->framed[low].since_ns <= when_ns;
}
