/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "classify/browser_state.h"

/*
 * Tabs, what hangs below them, and the documents they show. The loader of a request names the
 * document that asked; one of a frame belongs to the top-level document that its tab showed
 * when the frame's document was asked for.
 */

static enum browser_target kind_of(struct bytes type)
{
    static const struct {
        const char *name;
        enum browser_target kind;
    } kinds[] = {
            {"page", BROWSER_TARGET_PAGE},
            {"iframe", BROWSER_TARGET_FRAME},
            {"worker", BROWSER_TARGET_WORKER},
            {"service_worker", BROWSER_TARGET_SERVICE},
            {"shared_worker", BROWSER_TARGET_SERVICE},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (bytes_is(type, kinds[i].name))
            return kinds[i].kind;
    }
    return BROWSER_TARGET_OTHER;
}

/* The tab of a page's target; 0 with STATUS_OK: there is no room. */
static enum status tab_of(struct browser_log *log, struct bytes target, uint32_t *tab)
{
    struct browser_state *s = log->state;
    enum status status;

    if (!browser_room((void **)&s->tab, s->tab_count, &s->tab_capacity, sizeof(*s->tab)))
        return STATUS_NOMEM;
    *tab = browser_number(log, &s->tabs, target, s->tab_count, &status);
    if (*tab > s->tab_count)
        s->tab[s->tab_count++] = (struct browser_tab){0};
    return status;
}

/* A service worker serves all tabs of its site: with two, nobody says which one it acts for. */
static enum status service_of(
        struct browser_log *log, struct bytes target, uint32_t tab, uint32_t *number)
{
    struct browser_state *s = log->state;
    enum status status;

    if (!browser_room((void **)&s->service, s->service_count, &s->service_capacity,
                sizeof(*s->service)))
        return STATUS_NOMEM;
    *number = browser_number(log, &s->services, target, s->service_count, &status);
    if (*number > s->service_count)
        s->service[s->service_count++] = tab;
    else if (*number != 0 && s->service[*number - 1] != tab)
        s->service[*number - 1] = 0;
    return status;
}

enum status browser_attach(struct browser_log *log, struct bytes above, struct bytes session,
        const struct json_value *target)
{
    struct browser_state *s = log->state;
    uint32_t number, up = browser_names_find(&s->sessions, above);
    struct browser_session made = {.kind = kind_of(browser_text_of(target, "type"))};
    struct bytes name = browser_text_of(target, "targetId");
    enum status status = STATUS_OK;

    if (up != 0)
        made.tab = s->session[up - 1].tab;
    if (!browser_keep(log, name, BROWSER_URL_MOST, &made.target) ||
            !browser_room((void **)&s->session, s->session_count, &s->session_capacity,
                    sizeof(*s->session)))
        return STATUS_NOMEM;
    if (made.kind == BROWSER_TARGET_PAGE)
        status = tab_of(log, name, &made.tab);
    else if (made.kind == BROWSER_TARGET_SERVICE)
        status = service_of(log, name, made.tab, &made.service);
    else if (made.kind == BROWSER_TARGET_WORKER && up != 0 && s->session[up - 1].page != 0)
        made.page = s->session[up - 1].page;
    else if (made.kind == BROWSER_TARGET_WORKER && made.tab != 0)
        made.page = s->tab[made.tab - 1].page;
    if (status != STATUS_OK)
        return status;
    number = browser_number(log, &s->sessions, session, s->session_count, &status);
    if (number > s->session_count)
        s->session_count++;
    if (number != 0)
        s->session[number - 1] = made;
    return status;
}

static enum status document_of(
        struct browser_log *log, struct bytes loader, struct browser_document **out)
{
    struct browser_state *s = log->state;
    enum status status;
    uint32_t number;

    *out = NULL;
    if (!browser_room((void **)&s->document, s->document_count, &s->document_capacity,
                sizeof(*s->document)))
        return STATUS_NOMEM;
    number = browser_number(log, &s->documents, loader, s->document_count, &status);
    if (number > s->document_count)
        s->document[s->document_count++] = (struct browser_document){0};
    if (number != 0)
        *out = &s->document[number - 1];
    return status;
}

/* The page whose document this is, made if need be. */
static enum status page_of(
        struct browser_log *log, uint32_t tab, struct browser_document *d, struct bytes url)
{
    struct browser_page page = {
            .tab = (uint32_t)log->state->tab_base + tab, .request = BROWSER_NONE};

    if (d == NULL || d->page != 0 || log->page_count == BROWSER_PAGES_MOST)
        return STATUS_OK;
    if (!browser_keep(log, url, BROWSER_URL_MOST, &page.url) ||
            !browser_room((void **)&log->pages, log->page_count, &log->page_capacity,
                    sizeof(*log->pages)))
        return STATUS_NOMEM;
    log->pages[log->page_count++] = page;
    d->page = (uint32_t)log->page_count;
    return STATUS_OK;
}

/* An error of the browser's own, or an empty page. */
static bool is_web(struct bytes url)
{
    return bytes_starts(url, BYTES_LITERAL("http://")) ||
           bytes_starts(url, BYTES_LITERAL("https://")) ||
           bytes_starts(url, BYTES_LITERAL("file://"));
}

enum status browser_navigated(
        struct browser_log *log, uint32_t session, const struct json_value *params)
{
    struct browser_state *s = log->state;
    const struct json_value *frame = json_member(params, "frame");
    const struct browser_session *in = session == 0 ? NULL : &s->session[session - 1];
    struct bytes url = browser_text_of(frame, "url");
    struct browser_document *d;
    enum status status;

    if (in == NULL || in->kind != BROWSER_TARGET_PAGE || in->tab == 0 ||
            json_string_of(json_member(frame, "parentId")) != NULL ||
            !bytes_equal(browser_text_of(frame, "id"), in->target))
        return STATUS_OK;
    status = document_of(log, browser_text_of(frame, "loaderId"), &d);
    if (status == STATUS_OK)
        status = page_of(log, in->tab, d, url);
    if (status != STATUS_OK || d == NULL || d->page == 0)
        return status;
    s->tab[in->tab - 1].page = d->page;
    log->navigations = true;
    if (!is_web(url) || json_string_of(json_member(frame, "unreachableUrl")) != NULL)
        return STATUS_OK;
    log->pages[d->page - 1].shown = true;
    return browser_keep(log, url, BROWSER_URL_MOST, &log->pages[d->page - 1].url)
                   ? STATUS_OK
                   : STATUS_NOMEM;
}

/* A request of a worker names no document. One of a service worker can be for a page that is
 * only being asked for: then nothing is said. */
static void place_worker(const struct browser_state *s, const struct browser_session *in,
        struct browser_request *r)
{
    const struct browser_tab *tab;

    r->frame = BROWSER_FRAME_WORKER;
    r->page = in->page;
    if (in->kind != BROWSER_TARGET_SERVICE || in->service == 0 ||
            s->service[in->service - 1] == 0)
        return;
    tab = &s->tab[s->service[in->service - 1] - 1];
    r->page = tab->newest == tab->page || tab->newest == 0 ? tab->page : 0;
}

static enum status place_main(struct browser_log *log, uint32_t tab, size_t index,
        struct browser_document *d, struct bytes url)
{
    struct browser_request *r = &log->requests[index];
    struct browser_state *s = log->state;
    enum status status = page_of(log, tab, d, r->navigates ? r->url : url);
    struct browser_page *page;

    if (status != STATUS_OK || d == NULL || d->page == 0)
        return status;
    page = &log->pages[d->page - 1];
    r->page = d->page;
    if (!r->navigates) {
        if (s->tab[tab - 1].page == 0) /* attached behind its beginning */
            s->tab[tab - 1].page = d->page;
        page->shown = page->shown || is_web(page->url);
        return STATUS_OK;
    }
    s->tab[tab - 1].newest = d->page;
    page->request = (int64_t)index;
    page->start_ns = page->start_ns == 0 ? r->start_ns : page->start_ns;
    if (!page->shown)
        page->url = r->url;
    return STATUS_OK;
}

enum status browser_place(struct browser_log *log, uint32_t session, size_t index,
        const struct json_value *params)
{
    struct browser_state *s = log->state;
    const struct browser_session *in = session == 0 ? NULL : &s->session[session - 1];
    struct browser_request *r = &log->requests[index];
    struct bytes frame = browser_text_of(params, "frameId");
    struct browser_document *d;
    enum status status;

    if (in == NULL || in->kind == BROWSER_TARGET_OTHER)
        return STATUS_OK;
    if (in->kind == BROWSER_TARGET_WORKER || in->kind == BROWSER_TARGET_SERVICE) {
        place_worker(s, in, r);
        return STATUS_OK;
    }
    if (in->tab == 0)
        return STATUS_OK;
    if (r->socket) { /* of which frame is not told, but of which target */
        r->frame = in->kind == BROWSER_TARGET_FRAME ? BROWSER_FRAME_SUB : BROWSER_FRAME_UNKNOWN;
        r->page = s->tab[in->tab - 1].page;
        return STATUS_OK;
    }
    status = document_of(log, browser_text_of(params, "loaderId"), &d);
    if (status != STATUS_OK || d == NULL || frame.n == 0)
        return status;
    if (in->kind == BROWSER_TARGET_PAGE && bytes_equal(frame, in->target)) {
        r->frame = BROWSER_FRAME_MAIN;
        return place_main(log, in->tab, index, d, browser_text_of(params, "documentURL"));
    }
    r->frame = BROWSER_FRAME_SUB;
    if (d->page == 0)
        d->page = s->tab[in->tab - 1].page;
    r->page = d->page;
    return STATUS_OK;
}
