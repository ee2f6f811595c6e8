/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/browser_visit.h"

#include <stdlib.h>

#include "classify/url.h"

void browser_visit_link(const struct browser_log *log, const struct browser_match *m,
        const struct request_view *views, struct attribution *of, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t from = of[i].redirect_from, request = m->request_of[i];

        if (views[i].message)
            continue;
        if (request != BROWSER_NONE) {
            int64_t hop = log->requests[request].redirect_from;

            from = hop == BROWSER_NONE ? BROWSER_NONE : m->exchange_of[hop];
            of[i].redirect_from = from < (int64_t)i ? from : ATTRIBUTION_NONE;
        } else if (from != ATTRIBUTION_NONE && m->request_of[from] != BROWSER_NONE &&
                   log->requests[m->request_of[from]].next_hop != 0) {
            of[i].redirect_from = ATTRIBUTION_NONE; /* that one led to another */
        }
    }
}

bool browser_visit_told(struct arena *arena, const struct browser_log *log,
        const struct browser_match *m, const struct request_view *views, size_t n,
        struct visits_told *out)
{
    bool *joined = arena_array(arena, n + 1, sizeof(*joined));
    bool *shown = arena_array(arena, n + 1, sizeof(*shown));

    if (joined == NULL || shown == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        int64_t request = m->request_of[i];
        const struct browser_request *r;

        joined[i] = request != BROWSER_NONE;
        if (!joined[i])
            continue;
        r = &log->requests[request];
        shown[i] = r->navigates && r->frame == BROWSER_FRAME_MAIN && r->page != 0 &&
                   log->pages[r->page - 1].request == request &&
                   (log->navigations ? log->pages[r->page - 1].shown : views[i].shows);
    }
    *out = (struct visits_told){joined, shown};
    return true;
}

/* A page of which no document was joined: the one that the headers of an exchange show, of
 * which the browser told nothing because it was listened to later; or one made here. */
static struct visit *visit_without(struct arena *arena, const struct evidence *e,
        const struct sites *sites, const struct browser_page *page, size_t first,
        const struct browser_match *m, struct visits *visits)
{
    const struct exchange *x = e->exchanges[first];
    int64_t begin = x->request.seen ? x->request.first_ns : x->response.first_ns;
    struct visit *made = arena_alloc(arena, sizeof(*made));
    const struct visit *known;

    if (made == NULL || !url_host(arena, page->url, &made->host))
        return NULL;
    made->site = site_of(sites, made->host);
    known = visits_find_url(visits, made->site, page->url, begin);
    if (known != NULL && m->request_of[known->exchange] == BROWSER_NONE)
        return visits->by_time[known->number - 1];
    made->exchange = first;
    made->url = page->url;
    made->start_ns = page->start_ns != 0 && page->start_ns < begin ? page->start_ns : begin;
    made->unseen = true;
    return made;
}

/* By page: the visit of its document, where that was seen. */
static void take_seen(const struct browser_log *log, const struct browser_match *m,
        const struct visits *visits, struct visit **of_page)
{
    for (size_t i = 0; i < visits->n; i++) {
        int64_t request = m->request_of[visits->by_time[i]->exchange];

        if (request != BROWSER_NONE && log->requests[request].page != 0)
            of_page[log->requests[request].page - 1] = visits->by_time[i];
    }
}

static bool take_unseen(struct arena *arena, const struct evidence *e,
        const struct sites *sites, const struct browser_log *log, const struct browser_match *m,
        struct visits *visits, struct visit **of_page)
{
    size_t known = visits->n;

    for (size_t i = 0; i < e->exchange_count; i++) {
        int64_t request = m->request_of[i];
        uint32_t page = request == BROWSER_NONE ? 0 : log->requests[request].page;
        struct visit *visit;

        if (page == 0 || of_page[page - 1] != NULL || !log->pages[page - 1].shown ||
                !url_is_web(log->pages[page - 1].url))
            continue;
        visit = visit_without(arena, e, sites, &log->pages[page - 1], i, m, visits);
        if (visit == NULL)
            return false;
        of_page[page - 1] = visit;
    }
    for (size_t i = 0; i < log->page_count; i++) {
        if (of_page[i] != NULL && of_page[i]->unseen && !visits_add(arena, of_page[i], visits))
            return false;
    }
    return visits->n == known || visits_sort(arena, visits);
}

bool browser_visit_judge(struct arena *arena, const struct evidence *e,
        const struct sites *sites, const struct browser_log *log, const struct browser_match *m,
        struct visits *visits, struct attribution *of)
{
    struct visit **of_page = calloc(log->page_count + 1, sizeof(struct visit *));
    bool ok = of_page != NULL;

    if (ok) {
        take_seen(log, m, visits, of_page);
        ok = take_unseen(arena, e, sites, log, m, visits, of_page);
    }
    for (size_t i = 0; i < e->exchange_count && ok; i++) {
        int64_t request = m->request_of[i];
        uint32_t page = request == BROWSER_NONE ? 0 : log->requests[request].page;

        if (page == 0 || of_page[page - 1] == NULL || of[i].visit != NULL)
            continue;
        of[i].visit = of_page[page - 1];
        of[i].basis = PAGE_BROWSER;
        of[i].ground = NULL;
        of[i].ground_exchange = of_page[page - 1]->exchange == i
                                        ? ATTRIBUTION_NONE
                                        : (int64_t)of_page[page - 1]->exchange;
    }
    free(of_page);
    return ok;
}
