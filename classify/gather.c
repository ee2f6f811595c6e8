/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/gather.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "classify/cookie.h"
#include "classify/fields.h"
#include "classify/gather_map.h"
#include "classify/setter.h"
#include "classify/url.h"
#include "classify/value.h"

enum {
    SEGMENT_BITS = 28,  /* of a path segment that may be an identifier */
    SEGMENTS_MOST = 32, /* of one path */
};

struct gather {
    struct arena *arena;
    const struct evidence *e;
    const struct attributions *a;
    const char *spool;
    struct gather_map map;
};

/* Where a value stands, while its exchange is read. */
struct spot {
    size_t exchange;
    const char *part;
    size_t off;
    int64_t time_ns;
};

static bool add_page(struct trace *t, struct bytes site)
{
    size_t at = 0;

    while (at < t->page_count && bytes_compare(t->pages[at], site) < 0)
        at++;
    if (at < t->page_count && bytes_equal(t->pages[at], site))
        return false;
    if (t->page_count == TRACE_PAGES_MOST)
        return false;
    memmove(t->pages + at + 1, t->pages + at, (t->page_count - at) * sizeof(*t->pages));
    t->pages[at] = site;
    t->page_count++;
    return true;
}

static bool add_place(struct gather *g, struct trace *t, const struct spot *spot, size_t len)
{
    struct place *grown;

    t->count++;
    if (t->place_count == TRACE_PLACES_MOST)
        return true;
    grown = arena_grow(
            g->arena, t->places, t->place_count, &t->place_capacity, sizeof(*t->places));
    if (grown == NULL)
        return false;
    t->places = grown;
    grown[t->place_count++] = (struct place){spot->exchange, spot->part, spot->off, len};
    return true;
}

static void begin_trace(
        struct gather *g, struct trace *t, struct bytes decoded, const struct spot *spot)
{
    const struct attribution *a = &g->a->of[spot->exchange];

    t->decoded = decoded;
    t->recipient_site = a->site;
    t->party = a->party;
    t->set_by = ATTRIBUTION_NONE;
    t->lifetime_s = -1;
    t->first_ns = spot->time_ns;
}

/* One occurrence of a value; `*out` (may be NULL) is its trace, NULL past the cap. */
static bool add(struct gather *g, enum carrier carrier, struct bytes name, struct bytes value,
        struct bytes decoded, const struct spot *spot, struct trace **out)
{
    const struct attribution *a = &g->a->of[spot->exchange];
    struct bytes host = g->e->exchanges[spot->exchange]->host;
    struct trace *t;
    bool fresh;

    if (out != NULL)
        *out = NULL;
    if (value.n > GATHER_VALUE_MOST)
        return true;
    t = gather_map_find(&g->map, carrier, name, value, host, &fresh);
    if (t == NULL)
        return g->map.capped;
    if (fresh)
        begin_trace(g, t, decoded, spot);
    /* The same value can go to one host as first and as third party. */
    if (a->party == PARTY_THIRD || t->party == PARTY_UNKNOWN)
        t->party = a->party;
    if (spot->time_ns > t->last_ns)
        t->last_ns = spot->time_ns;
    if (a->visit != NULL)
        (void)add_page(t, a->visit->site);
    if (out != NULL)
        *out = t;
    return add_place(g, t, spot, value.n);
}

static char *part_name(struct gather *g, const char *what, size_t index)
{
    return arena_print(g->arena, "%s.%zu", what, index);
}

static bool gather_cookies(struct gather *g, struct spot *spot, struct bytes field)
{
    struct bytes rest = field, decoded;
    struct cookie c;

    while (cookie_next(&rest, &c)) {
        spot->off = (size_t)(c.value.p - field.p);
        if (!value_unescape(g->arena, c.value, false, &decoded) ||
                !add(g, CARRIER_COOKIE, c.name, c.value, decoded, spot, NULL))
            return false;
    }
    return true;
}

static bool gather_set_cookie(struct gather *g, struct spot *spot, struct bytes field)
{
    struct set_cookie c;
    struct bytes decoded;
    struct trace *t;

    if (!cookie_parse_set(field, &c))
        return true;
    spot->off = c.value.n == 0 ? 0 : (size_t)(c.value.p - field.p);
    if (!value_unescape(g->arena, c.value, false, &decoded) ||
            !add(g, CARRIER_SET_COOKIE, c.name, c.value, decoded, spot, &t))
        return false;
    if (t != NULL) {
        int64_t lifetime = cookie_lifetime(&c, spot->time_ns / 1000000000);

        /* A cookie that is set again keeps the longest life it was ever given. */
        if (lifetime > t->lifetime_s || t->count == 1)
            t->lifetime_s = lifetime;
        t->attributes = c.attributes;
        t->set_by = (int64_t)t->places[0].exchange;
        t->set_how = "set-cookie";
    }
    return true;
}

/* Sent with every request of a browser, or framing: no traces. */
static bool is_usual(struct bytes name)
{
    static const char *const names[] = {"accept", "accept-encoding", "accept-language",
            "access-control-request-headers", "access-control-request-method",
            "access-control-request-private-network", "alt-used", "cache-control", "connection",
            "content-encoding", "content-length", "content-type", "cookie", "date", "dnt",
            "downlink", "early-data", "ect", "expect", "host", "http2-settings", "if-match",
            "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
            "keep-alive", "origin", "pragma", "priority", "proxy-connection", "purpose",
            "range", "referer", "rtt", "save-data", "sec-ch-ua", "sec-ch-ua-mobile",
            "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
            "sec-fetch-storage-access", "sec-fetch-user", "sec-gpc", "sec-purpose",
            "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol",
            "sec-websocket-version", "service-worker", "te", "trailer", "transfer-encoding",
            "upgrade", "upgrade-insecure-requests", "user-agent", "via"};

    if (name.n == 0 || name.p[0] == ':')
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (bytes_is_nocase(name, names[i]))
            return true;
    }
    return false;
}

static bool gather_header(
        struct gather *g, struct spot *spot, const struct header *h, bool request)
{
    spot->off = 0;
    if (!request) {
        return !bytes_is_nocase(h->name, "set-cookie") || gather_set_cookie(g, spot, h->value);
    }
    if (bytes_is_nocase(h->name, "cookie"))
        return gather_cookies(g, spot, h->value);
    if (bytes_is_nocase(h->name, "if-none-match"))
        return add(g, CARRIER_ETAG, BYTES_LITERAL("if-none-match"), h->value, h->value, spot,
                NULL);
    if (bytes_is_nocase(h->name, "referer"))
        return add(
                g, CARRIER_REFERER, BYTES_LITERAL("referer"), h->value, h->value, spot, NULL);
    return is_usual(h->name) || add(g, CARRIER_HEADER, h->name, h->value, h->value, spot, NULL);
}

static bool gather_headers(struct gather *g, size_t index, bool request)
{
    const struct exchange *x = g->e->exchanges[index];
    const struct message *m = request ? &x->request : &x->response;
    const char *what = request ? "request.headers" : "response.headers";

    for (size_t i = 0; i < m->header_count; i++) {
        struct spot spot = {index, part_name(g, what, i), 0, m->first_ns};

        if (spot.part == NULL || !gather_header(g, &spot, &m->headers[i], request))
            return false;
    }
    return true;
}

static bool gather_path(struct gather *g, size_t index, const struct url *url)
{
    const struct exchange *x = g->e->exchanges[index];
    struct bytes rest = url->path, segment;
    size_t number = 0;

    while (rest.n != 0 && number < SEGMENTS_MOST) {
        struct spot spot = {index, "request.path", 0, x->request.first_ns};
        struct bytes decoded;
        char *name;

        if (!bytes_take_until(&rest, '/', &segment)) {
            segment = rest;
            rest.n = 0;
        }
        number++;
        if (leaf_bits(segment) < SEGMENT_BITS ||
                leaf_kind(segment, spot.time_ns) != LEAF_OPAQUE)
            continue;
        spot.off = (size_t)(segment.p - x->path.p);
        name = arena_print(g->arena, "%zu", number - 1);
        if (name == NULL || !value_unescape(g->arena, segment, false, &decoded) ||
                !add(g, CARRIER_PATH, bytes_text(name), segment, decoded, &spot, NULL))
            return false;
    }
    return true;
}

static bool gather_target(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];
    struct bytes rest, name, value, decoded;
    struct url url;

    url_split(x->path, &url);
    if (!gather_path(g, index, &url))
        return false;
    rest = url.query;
    while (url_parameter(&rest, &name, &value)) {
        struct spot spot = {index, "request.path", 0, x->request.first_ns};

        spot.off = (size_t)(value.p - x->path.p);
        if (!value_unescape(g->arena, value, true, &decoded) ||
                !add(g, CARRIER_QUERY, name, value, decoded, &spot, NULL))
            return false;
    }
    return true;
}

/* Maps a body that was too large for memory. It stays mapped: traces point into it. */
static bool spooled_body(struct gather *g, const struct body *b, struct bytes *out)
{
    char hex[SHA256_TEXT], path[PATH_MAX];
    struct stat about;
    void *map;
    int fd;

    digest_hex(bytes_of(b->sha256, sizeof(b->sha256)), hex);
    if (g->spool == NULL ||
            snprintf(path, sizeof(path), "%s/%s", g->spool, hex) >= (int)sizeof(path))
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1)
        return false;
    map = fstat(fd, &about) == 0 && about.st_size > 0
                  ? mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                  : MAP_FAILED;
    (void)close(fd);
    if (map == MAP_FAILED)
        return false;
    *out = bytes_of(map, (size_t)about.st_size);
    return true;
}

static bool gather_body(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];
    const struct body *b = &x->request.body;
    const struct header *type = message_find(&x->request, "content-type");
    struct bytes data = b->data;
    struct fields fields;

    if (!b->present || b->bytes == 0)
        return true;
    if (b->kept > data.n && b->spooled && !spooled_body(g, b, &data))
        data = b->data;
    if (!fields_read(g->arena, type == NULL ? bytes_of(NULL, 0) : type->value, data,
                GATHER_FIELDS_MOST, &fields))
        return false;
    for (size_t i = 0; i < fields.n; i++) {
        const struct field *f = &fields.at[i];
        struct spot spot = {index, "request.body", f->off, x->request.first_ns};

        if (!add(g, CARRIER_BODY, f->name, f->value, f->decoded, &spot, NULL))
            return false;
    }
    return true;
}

static bool gather_exchange(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];

    if (x->request.seen && (!gather_target(g, index) || !gather_headers(g, index, true) ||
                                   !gather_body(g, index)))
        return false;
    return !x->response.seen || gather_headers(g, index, false);
}

enum status gather_traces(struct arena *arena, const struct evidence *e,
        const struct attributions *a, const char *spool, struct traces *out)
{
    struct gather g = {.arena = arena, .e = e, .a = a, .spool = spool, .map = {.arena = arena}};
    enum status status = STATUS_OK;
    struct traces made = {0};

    for (size_t i = 0; i < e->exchange_count && status == STATUS_OK; i++) {
        if (!gather_exchange(&g, i))
            status = STATUS_NOMEM;
    }
    if (status == STATUS_OK) {
        made.at = gather_map_sorted(&g.map);
        made.n = g.map.used;
        made.capped = g.map.capped;
        status = made.at == NULL ? STATUS_NOMEM : setter_find(e, a, made.at, made.n);
    }
    gather_map_clear(&g.map);
    if (status == STATUS_OK)
        *out = made;
    return status;
}
