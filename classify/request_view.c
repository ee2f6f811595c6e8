/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/request_view.h"

#include "classify/url.h"

static struct bytes value_of(const struct message *m, const char *name)
{
    const struct header *h = message_find(m, name);

    return h == NULL ? bytes_of(NULL, 0) : bytes_trim(h->value);
}

static struct bytes without_fragment(struct bytes url)
{
    struct bytes rest = url, front;

    return bytes_take_until(&rest, '#', &front) ? front : url;
}

static bool is_redirect(const struct exchange *x)
{
    return x->status == 301 || x->status == 302 || x->status == 303 || x->status == 307 ||
           x->status == 308;
}

static bool take_source(struct arena *arena, const struct sites *sites,
        const struct exchange *x, struct request_view *v)
{
    v->referer = value_of(&x->request, "referer");
    v->origin = value_of(&x->request, "origin");
    if (bytes_is(v->origin, "null"))
        v->origin.n = 0;
    if (!url_host(arena, v->referer, &v->referer_host) ||
            !url_host(arena, v->origin, &v->origin_host))
        return false;
    v->referer_site = site_of(sites, v->referer_host);
    v->origin_site = site_of(sites, v->origin_host);
    return true;
}

static bool looks_html(const struct exchange *x)
{
    struct bytes type = x->response.body.type;

    if (type.n == 0)
        return true;
    return bytes_starts_nocase(type, BYTES_LITERAL("text/html")) ||
           bytes_starts_nocase(type, BYTES_LITERAL("application/xhtml+xml"));
}

/* What is being fetched: by Fetch Metadata, or by what browsers send with documents only. */
static void take_purpose(const struct exchange *x, struct request_view *v)
{
    struct bytes accept = value_of(&x->request, "accept");
    struct bytes purpose = value_of(&x->request, "sec-purpose");
    bool insecure = value_of(&x->request, "upgrade-insecure-requests").n != 0;
    size_t at;

    v->fetch_site = value_of(&x->request, "sec-fetch-site");
    v->fetch_mode = value_of(&x->request, "sec-fetch-mode");
    v->fetch_dest = value_of(&x->request, "sec-fetch-dest");
    v->user_agent = value_of(&x->request, "user-agent");
    v->has_fetch = v->fetch_site.n != 0 || v->fetch_mode.n != 0 || v->fetch_dest.n != 0;
    v->html = looks_html(x);
    v->shows = x->status != 0 && !is_redirect(x) && x->status != 204 && x->status != 205 &&
               !bytes_starts_nocase(value_of(&x->response, "content-disposition"),
                       BYTES_LITERAL("attachment"));
    if (bytes_find(purpose, BYTES_LITERAL("prefetch"), 0, &at))
        return;
    v->frame = bytes_is(v->fetch_dest, "iframe") || bytes_is(v->fetch_dest, "frame") ||
               bytes_is(v->fetch_dest, "fencedframe");
    v->navigates = bytes_is(v->fetch_mode, "navigate") && bytes_is(v->fetch_dest, "document");
    v->maybe_navigates = !v->has_fetch && insecure &&
                         bytes_starts_nocase(accept, BYTES_LITERAL("text/html")) &&
                         (v->html || is_redirect(x));
}

static bool is_usual_port(const struct url *u)
{
    return u->port.n == 0 || (bytes_is_nocase(u->scheme, "https") ? bytes_is(u->port, "443")
                                                                  : bytes_is(u->port, "80"));
}

/* The URL a browser asks for when it follows an absolute one: scheme and host in lower case,
 * no usual port, a path, no fragment, blanks and what is not ASCII escaped (WHATWG URL). */
static bool as_asked_for(struct arena *arena, struct bytes *url)
{
    static const char hex[] = "0123456789ABCDEF";
    struct url u;
    struct bytes tail;
    uint8_t *p;
    size_t n = 0;

    url_split(without_fragment(*url), &u);
    if (!u.has_authority || u.host.n == 0)
        return true;
    tail = bytes_slice(*url, (size_t)(u.authority.p - url->p) + u.authority.n, url->n);
    tail = without_fragment(tail);
    p = arena_alloc(arena, u.scheme.n + u.host.n + u.port.n + 3 * tail.n + 8);
    if (p == NULL)
        return false;
    for (size_t i = 0; i < u.scheme.n; i++)
        p[n++] = ascii_lower(u.scheme.p[i]);
    p[n++] = ':';
    p[n++] = '/';
    p[n++] = '/';
    for (size_t i = 0; i < u.host.n; i++)
        p[n++] = ascii_lower(u.host.p[i]);
    if (!is_usual_port(&u)) {
        p[n++] = ':';
        for (size_t i = 0; i < u.port.n; i++)
            p[n++] = u.port.p[i];
    }
    if (tail.n == 0 || tail.p[0] == '?')
        p[n++] = '/';
    for (size_t i = 0; i < tail.n; i++) {
        uint8_t c = tail.p[i];

        if (c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>') {
            p[n++] = c;
            continue;
        }
        p[n++] = '%';
        p[n++] = (uint8_t)hex[c >> 4];
        p[n++] = (uint8_t)hex[c & 0xf];
    }
    *url = bytes_of(p, n);
    return true;
}

bool request_view_make(struct arena *arena, const struct sites *sites, const struct exchange *x,
        struct request_view *out)
{
    struct request_view v = {0};
    struct bytes location;

    v.start_ns = x->request.seen ? x->request.first_ns : x->response.first_ns;
    v.end_ns = x->response.seen ? x->response.first_ns : x->request.last_ns;
    v.site = site_of(sites, x->host);
    v.message = x->message != 0;
    if (v.message) {
        *out = v;
        return true;
    }
    v.url = without_fragment(x->url);
    if (!take_source(arena, sites, x, &v))
        return false;
    take_purpose(x, &v);
    location = value_of(&x->response, "location");
    if (is_redirect(x) && location.n != 0 && x->url.n != 0) {
        if (!url_resolve(arena, x->url, location, &v.location) ||
                !as_asked_for(arena, &v.location))
            return false;
    }
    *out = v;
    return true;
}

struct typed {
    const char *name;
    enum resource_type type;
};

static const struct typed by_dest[] = {
        {"document", RESOURCE_DOCUMENT},
        {"iframe", RESOURCE_SUBDOCUMENT},
        {"frame", RESOURCE_SUBDOCUMENT},
        {"fencedframe", RESOURCE_SUBDOCUMENT},
        {"image", RESOURCE_IMAGE},
        {"script", RESOURCE_SCRIPT},
        {"worker", RESOURCE_SCRIPT},
        {"sharedworker", RESOURCE_SCRIPT},
        {"serviceworker", RESOURCE_SCRIPT},
        {"style", RESOURCE_STYLESHEET},
        {"font", RESOURCE_FONT},
        {"video", RESOURCE_MEDIA},
        {"audio", RESOURCE_MEDIA},
        {"track", RESOURCE_MEDIA},
        {"object", RESOURCE_OBJECT},
        {"embed", RESOURCE_OBJECT},
};

static const struct typed by_type[] = {
        {"text/html", RESOURCE_SUBDOCUMENT},
        {"image/", RESOURCE_IMAGE},
        {"text/javascript", RESOURCE_SCRIPT},
        {"application/javascript", RESOURCE_SCRIPT},
        {"application/x-javascript", RESOURCE_SCRIPT},
        {"text/css", RESOURCE_STYLESHEET},
        {"font/", RESOURCE_FONT},
        {"application/font", RESOURCE_FONT},
        {"video/", RESOURCE_MEDIA},
        {"audio/", RESOURCE_MEDIA},
        {"application/json", RESOURCE_XHR},
};

enum resource_type request_view_type(const struct request_view *v, const struct exchange *x)
{
    struct bytes type = x->response.body.type;

    /* Over HTTP/2 and HTTP/3 the upgrade is an extended CONNECT, RFC 8441. */
    if (v->message || bytes_is_nocase(value_of(&x->request, "upgrade"), "websocket") ||
            bytes_is_nocase(value_of(&x->request, ":protocol"), "websocket"))
        return RESOURCE_WEBSOCKET;
    if (message_find(&x->request, "ping-to") != NULL)
        return RESOURCE_PING;
    for (size_t i = 0; i < sizeof(by_dest) / sizeof(*by_dest); i++) {
        if (bytes_is(v->fetch_dest, by_dest[i].name))
            return by_dest[i].type;
    }
    /* A beacon and a fetch with keepalive cannot be told apart; lists know both as ping. */
    if (bytes_is(v->fetch_dest, "empty")) {
        bool beacon = bytes_is(x->method, "POST") && bytes_is(v->fetch_mode, "no-cors");

        return beacon ? RESOURCE_PING : RESOURCE_XHR;
    }
    if (v->has_fetch)
        return RESOURCE_OTHER;
    if (v->navigates || v->maybe_navigates)
        return RESOURCE_DOCUMENT;
    for (size_t i = 0; i < sizeof(by_type) / sizeof(*by_type); i++) {
        if (bytes_starts_nocase(type, bytes_text(by_type[i].name)))
            return by_type[i].type;
    }
    return RESOURCE_OTHER;
}
