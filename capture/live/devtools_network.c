/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/siphash.h"
#include "capture/live/devtools_parts.h"

static bool from_network(const char *url)
{
    static const char *const schemes[] = {"http:", "https:", "ws:", "wss:"};

    for (size_t i = 0; url != NULL && i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

/* The identifier of a request is the same in whatever session the browser speaks of it: that
 * of a frame's document moves from the page's to the frame's own. */
static uint64_t request_hash(const struct devtools_said *said)
{
    static const struct siphash_key key = {{1, 2}};
    struct bytes id;

    if (!scan_member(said->params, "requestId", &id))
        id = (struct bytes){0};
    return siphash_bytes(key, id);
}

static struct devtools_request *request_of(struct devtools *d, uint64_t hash)
{
    for (size_t i = 0; i < d->request_count; i++)
        if (d->requests[i].hash == hash)
            return &d->requests[i];
    return NULL;
}

static void request_end(struct devtools *d, uint64_t hash)
{
    struct devtools_request *r = request_of(d, hash);

    if (r != NULL)
        *r = d->requests[--d->request_count];
}

void devtools_network_forget(struct devtools *d, uint64_t session)
{
    size_t n = 0;

    for (size_t i = 0; i < d->request_count; i++)
        if (d->requests[i].session != session)
            d->requests[n++] = d->requests[i];
    d->request_count = n;
}

/* What stays open by its nature is nothing to wait for. */
static bool stays_open(const struct devtools_said *said)
{
    return scan_is(said->params, "type", "EventSource") ||
           scan_is(said->params, "type", "WebSocket");
}

static enum status tell(struct devtools *d, enum devtools_event_kind kind, const char *url,
        bool cached, struct devtools_session *s)
{
    struct devtools_session *tab = devtools_tab_of(d, s);
    struct devtools_event event = {.kind = kind, .url = url, .from_cache = cached};

    event.page = tab == NULL ? NULL : tab->url;
    event.session = tab == NULL ? "" : tab->id;
    return devtools_tell(d, event);
}

static enum status on_request(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    bool nomem = false;
    char *url = scan_text(said->params, "request.url", URL_MOST, &nomem);
    uint64_t hash = request_hash(said);
    struct devtools_request *r = request_of(d, hash);
    enum status status = STATUS_OK;

    if (nomem)
        return devtools_nomem(d);
    if (r != NULL) /* goes on after a redirect */
        r->answered = false;
    if (from_network(url)) {
        if (!stays_open(said) && r == NULL && d->request_count < REQUESTS_MOST)
            d->requests[d->request_count++] = (struct devtools_request){
                    .hash = hash, .session = s == NULL ? 0 : s->serial};
        status = tell(d, DEVTOOLS_REQUEST, url, false, s);
    }
    free(url);
    return status;
}

static enum status on_response(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    struct devtools_request *r = request_of(d, request_hash(said));
    bool nomem = false, cached = r != NULL && r->cached;
    char *url = scan_text(said->params, "response.url", URL_MOST, &nomem);
    enum status status = STATUS_OK;

    if (r != NULL)
        r->answered = true;
    if (nomem)
        return devtools_nomem(d);
    cached = cached || scan_true(said->params, "response.fromDiskCache") ||
             scan_true(said->params, "response.fromServiceWorker") ||
             scan_true(said->params, "response.fromPrefetchCache");
    if (from_network(url))
        status = tell(d, DEVTOOLS_RESPONSE, url, cached, s);
    free(url);
    return status;
}

static enum status on_socket(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    bool nomem = false;
    char *url = scan_text(said->params, "url", URL_MOST, &nomem);
    enum status status = STATUS_OK;

    if (nomem)
        return devtools_nomem(d);
    if (from_network(url))
        status = tell(d, DEVTOOLS_REQUEST, url, false, s);
    free(url);
    return status;
}

enum status devtools_network_event(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s)
{
    struct devtools_request *r;

    /* The browser's own surface is no page's doing. */
    if (s == NULL || !s->inside)
        d->network_ns = clock_steady_ns();
    if (bytes_is(said->method, "Network.requestWillBeSent"))
        return on_request(d, said, s);
    if (bytes_is(said->method, "Network.responseReceived"))
        return on_response(d, said, s);
    if (bytes_is(said->method, "Network.webSocketCreated") ||
            bytes_is(said->method, "Network.webTransportCreated"))
        return on_socket(d, said, s);
    if (bytes_is(said->method, "Network.requestServedFromCache")) {
        r = request_of(d, request_hash(said));
        if (r != NULL)
            r->cached = true;
    }
    if (bytes_is(said->method, "Network.loadingFinished") ||
            bytes_is(said->method, "Network.loadingFailed"))
        request_end(d, request_hash(said));
    return STATUS_OK;
}
