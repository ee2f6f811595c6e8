/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/gather.h"

#include <stdio.h>
#include <string.h>

#include "classify/cookie.h"
#include "classify/decode.h"
#include "classify/delivery.h"
#include "classify/fields.h"
#include "classify/gather_map.h"
#include "classify/setter.h"
#include "classify/url.h"
#include "classify/value.h"

enum {
    SEGMENT_BITS = 28,  /* of a path segment that may be an identifier */
    SEGMENTS_MOST = 32, /* of one path */
    PARTS_MOST = 64,    /* names of parts that are made once */
};

#define SCRATCH_MOST ((size_t)128 << 20)

struct gather {
    struct arena *arena;
    const struct evidence *e;
    const struct attributions *a;
    const char *parts[2][PARTS_MOST]; /* "response.headers.3", "request.headers.3", … */
    struct gather_map map;
    uint64_t opaque; /* see struct traces */
};

enum decode {
    DECODE_NOT,
    DECODE_PERCENT,
    DECODE_FORM, /* likewise, and "+" is a space */
    DECODE_DONE, /* it was decoded already */
};

/* A value that was met. */
struct offer {
    enum carrier carrier;
    struct bytes name, value;
    enum decode decode;
    struct bytes decoded; /* DECODE_DONE */
    bool fleeting;        /* the views are about to go: what is new must be copied */
};

/* Where a value stands, while its exchange is read. */
struct spot {
    size_t exchange;
    const char *part;
    size_t off;
    int64_t time_ns;
    const char *inside; /* NULL, or the coding of a whole body that the value stands in ... */
    size_t len;         /* ... whose bytes it stands for */
};

static void add_page(struct trace *t, struct bytes site)
{
    size_t at = 0;

    while (at < t->page_count && bytes_compare(t->pages[at], site) < 0)
        at++;
    if ((at < t->page_count && bytes_equal(t->pages[at], site)) ||
            t->page_count == TRACE_PAGES_MOST)
        return;
    memmove(t->pages + at + 1, t->pages + at, (t->page_count - at) * sizeof(*t->pages));
    t->pages[at] = site;
    t->page_count++;
}

static bool add_place(struct gather *g, struct trace *t, const struct spot *spot, size_t len)
{
    struct place *grown;

    t->count++;
    if (t->place_count == TRACE_PLACES_MOST ||
            (t->place_count != 0 && gather_map_full(&g->map)))
        return true;
    grown = arena_grow(
            g->arena, t->places, t->place_count, &t->place_capacity, sizeof(*t->places));
    if (grown == NULL)
        return false;
    t->places = grown;
    grown[t->place_count++] = (struct place){spot->exchange, spot->part, spot->off, len};
    return true;
}

static bool take_decoded(struct gather *g, struct trace *t, const struct offer *o)
{
    switch (o->decode) {
    case DECODE_PERCENT:
    case DECODE_FORM:
        return value_unescape(g->arena, t->value, o->decode == DECODE_FORM, &t->decoded);
    case DECODE_DONE:
        if (!bytes_equal(o->decoded, o->value))
            return arena_copy(g->arena, o->decoded, &t->decoded);
        break;
    case DECODE_NOT:
        break;
    }
    t->decoded = t->value;
    return true;
}

static bool begin_trace(
        struct gather *g, struct trace *t, const struct offer *o, const struct spot *spot)
{
    const struct attribution *a = &g->a->of[spot->exchange];

    if (o->fleeting && (!arena_copy(g->arena, o->name, &t->name) ||
                               !arena_copy(g->arena, o->value, &t->value)))
        return false;
    t->recipient_site = a->site;
    t->party = a->party;
    t->set_by = ATTRIBUTION_NONE;
    t->lifetime_s = -1;
    t->first_ns = t->last_ns = spot->time_ns;
    return take_decoded(g, t, o);
}

/* One occurrence of a value; `*out` (may be NULL) is its trace, NULL past the cap. */
static bool add(
        struct gather *g, const struct offer *o, const struct spot *spot, struct trace **out)
{
    const struct attribution *a = &g->a->of[spot->exchange];
    struct bytes host = g->e->exchanges[spot->exchange]->host;
    struct trace *t;
    bool fresh;

    if (out != NULL)
        *out = NULL;
    if (o->value.n > GATHER_VALUE_MOST)
        return true;
    t = gather_map_find(&g->map, o->carrier, o->name, o->value, host, &fresh);
    if (t == NULL)
        return gather_map_full(&g->map);
    if (fresh && !begin_trace(g, t, o, spot))
        return false;
    /* The same value can go to one host as first and as third party. */
    if (a->party == PARTY_THIRD || t->party == PARTY_UNKNOWN)
        t->party = a->party;
    /* Exchanges come by the time of their request: a response may be earlier than another's. */
    if (spot->time_ns < t->first_ns)
        t->first_ns = spot->time_ns;
    if (spot->time_ns > t->last_ns)
        t->last_ns = spot->time_ns;
    if (a->visit != NULL)
        add_page(t, a->visit->site);
    if (out != NULL)
        *out = t;
    if (fresh)
        t->inside = spot->inside;
    return add_place(g, t, spot, spot->inside != NULL ? spot->len : o->value.n);
}

/* "request.headers.5". NULL: no memory. */
static const char *part_name(struct gather *g, bool request, size_t index)
{
    const char *made = index < PARTS_MOST ? g->parts[request][index] : NULL;

    if (made == NULL)
        made = arena_print(g->arena, "%s.headers.%zu", request ? "request" : "response", index);
    if (index < PARTS_MOST)
        g->parts[request][index] = made;
    return made;
}

static bool gather_cookies(struct gather *g, struct spot *spot, struct bytes field)
{
    struct bytes rest = field;
    struct cookie c;

    while (cookie_next(&rest, &c)) {
        const struct offer o = {CARRIER_COOKIE, c.name, c.value, .decode = DECODE_PERCENT};

        spot->off = (size_t)(c.value.p - field.p);
        if (!add(g, &o, spot, NULL))
            return false;
    }
    return true;
}

static bool gather_set_cookie(struct gather *g, struct spot *spot, struct bytes field)
{
    struct offer o = {.carrier = CARRIER_SET_COOKIE, .decode = DECODE_PERCENT};
    struct set_cookie c;
    int64_t lifetime;
    struct trace *t;

    if (!cookie_parse_set(field, &c))
        return true;
    o.name = c.name;
    o.value = c.value;
    spot->off = (size_t)(c.value.p - field.p);
    if (!add(g, &o, spot, &t))
        return false;
    if (t == NULL)
        return true;
    lifetime = cookie_lifetime(&c, spot->time_ns / 1000000000);
    /* A cookie that is set again keeps the longest life it was ever given. */
    if (lifetime > t->lifetime_s || t->count == 1) {
        t->lifetime_s = lifetime;
        t->attributes = c.attributes;
    }
    t->set_by = (int64_t)t->places[0].exchange;
    t->set_how = "set-cookie";
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
    struct offer o = {.name = h->name, .value = h->value};

    if (!request)
        return !bytes_is_nocase(h->name, "set-cookie") || gather_set_cookie(g, spot, h->value);
    if (bytes_is_nocase(h->name, "cookie"))
        return gather_cookies(g, spot, h->value);
    if (bytes_is_nocase(h->name, "if-none-match")) {
        o.carrier = CARRIER_ETAG;
        o.name = BYTES_LITERAL("if-none-match");
    } else if (bytes_is_nocase(h->name, "referer")) {
        o.carrier = CARRIER_REFERER;
        o.name = BYTES_LITERAL("referer");
    } else if (!is_usual(h->name)) {
        o.carrier = CARRIER_HEADER;
    } else {
        return true;
    }
    return add(g, &o, spot, NULL);
}

static bool gather_headers(struct gather *g, size_t index, bool request)
{
    const struct exchange *x = g->e->exchanges[index];
    const struct message *m = request ? &x->request : &x->response;

    for (size_t i = 0; i < m->header_count; i++) {
        struct spot spot = {index, part_name(g, request, i), 0, m->first_ns, NULL, 0};

        if (spot.part == NULL || !gather_header(g, &spot, &m->headers[i], request))
            return false;
    }
    return true;
}

static bool gather_path(struct gather *g, size_t index, struct bytes path)
{
    const struct exchange *x = g->e->exchanges[index];
    struct bytes rest = path, segment;
    size_t number = 0;

    while (rest.n != 0 && number < SEGMENTS_MOST) {
        struct offer o = {.carrier = CARRIER_PATH, .decode = DECODE_PERCENT};
        struct spot spot = {index, "request.path", 0, x->request.first_ns, NULL, 0};
        char name[24];

        if (!bytes_take_until(&rest, '/', &segment)) {
            segment = rest;
            rest.n = 0;
        }
        number++;
        if (leaf_bits(segment) < SEGMENT_BITS ||
                leaf_kind(segment, spot.time_ns) != LEAF_OPAQUE)
            continue;
        (void)snprintf(name, sizeof(name), "%zu", number - 1);
        spot.off = (size_t)(segment.p - x->path.p);
        o.name = bytes_text(name);
        o.value = segment;
        o.fleeting = true;
        if (!add(g, &o, &spot, NULL))
            return false;
    }
    g->map.capped |= rest.n != 0;
    return true;
}

static bool gather_target(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];
    struct bytes rest, path, name, value;
    struct url url;

    /* "//a/b" in a request is a path, though as a reference it would name a host. */
    rest = x->path;
    if (x->path.n != 0 && x->path.p[0] == '/') {
        if (!bytes_take_until(&rest, '?', &path)) {
            path = rest;
            rest.n = 0;
        }
    } else {
        url_split(x->path, &url);
        path = url.path;
        rest = url.query;
    }
    if (!gather_path(g, index, path))
        return false;
    while (url_parameter(&rest, &name, &value)) {
        const struct offer o = {CARRIER_QUERY, name, value, .decode = DECODE_FORM};
        const struct spot spot = {index, "request.path", (size_t)(value.p - x->path.p),
                x->request.first_ns, NULL, 0};

        if (!add(g, &o, &spot, NULL))
            return false;
    }
    return true;
}

/* What a client gave to a WebSocket is a carrier of its own. */
static enum carrier body_carrier(const struct exchange *x)
{
    return x->message != 0 ? CARRIER_WEBSOCKET : CARRIER_BODY;
}

static bool add_fields(
        struct gather *g, size_t index, const struct fields *fields, const char *inside)
{
    const struct exchange *x = g->e->exchanges[index];

    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->at[i];
        const struct spot spot = {index, "request.body", inside == NULL ? f->off : 0,
                x->request.first_ns, inside, (size_t)x->request.body.kept};
        const struct offer o = {
                body_carrier(x), f->name, f->value, DECODE_DONE, f->decoded, .fleeting = true};

        if (!add(g, &o, &spot, NULL))
            return false;
    }
    g->map.capped |= fields->capped;
    return true;
}

/* A message of text in no form we know is one value, as long as it is one that could be kept. */
static bool add_text(struct gather *g, size_t index, struct bytes body)
{
    const struct exchange *x = g->e->exchanges[index];
    const struct spot spot = {index, "request.body", 0, x->request.first_ns, NULL, 0};
    const struct offer o = {.carrier = CARRIER_WEBSOCKET, .value = body, .fleeting = true};

    return add(g, &o, &spot, NULL);
}

static bool is_text_message(const struct exchange *x, struct bytes body)
{
    return x->message != 0 && x->opcode != NULL && strcmp(x->opcode, "text") == 0 &&
           body.n <= GATHER_TEXT_MOST && bytes_is_utf8(body);
}

/* Scripts compress what they send without a word of it in the headers. */
static bool unpack_body(struct arena *arena, struct bytes *body, const char **inside)
{
    const struct unpack_limits limits = {GATHER_BODY_MOST, GATHER_RATIO_MOST};
    enum unpack_kind kind;
    struct bytes out;
    enum parse how;

    if (!decode_packed(*body, &kind))
        return true;
    if (!decode_unpack(arena, kind, *body, limits, &out, &how))
        return false;
    if (how == PARSE_DONE && out.n != 0) {
        *body = out;
        *inside = kind == UNPACK_GZIP ? "gzip" : kind == UNPACK_ZLIB ? "zlib" : "zstd";
    }
    return true;
}

static bool gather_body(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];
    const struct header *type = message_find(&x->request, "content-type");
    const char *inside = NULL;
    struct arena *scratch;
    struct fields fields;
    struct bytes body, read;
    bool ok;

    if (!x->request.body.present || x->request.body.bytes == 0)
        return true;
    body = evidence_body(g->e, &x->request.body);
    g->map.capped |= body.n > GATHER_BODY_MOST;
    scratch = arena_new(SCRATCH_MOST);
    read = bytes_slice(body, 0, GATHER_BODY_MOST);
    ok = scratch != NULL && unpack_body(scratch, &read, &inside) &&
         fields_read(scratch, type == NULL ? bytes_of(NULL, 0) : type->value, read,
                 GATHER_FIELDS_MOST, &fields) &&
         add_fields(g, index, &fields, inside);
    if (ok && fields.form == FIELDS_NONE && is_text_message(x, body))
        ok = add_text(g, index, body);
    else if (ok)
        g->opaque += fields.form == FIELDS_NONE || fields.unread != NULL;
    arena_free(scratch);
    return ok;
}

/* A message has no address of its own: the URL is that of the exchange that opened its WebSocket,
 * and was gathered there. */
static bool gather_exchange(struct gather *g, size_t index)
{
    const struct exchange *x = g->e->exchanges[index];

    if (x->message != 0)
        return !x->request.seen || exchange_is_control(x) || gather_body(g, index);
    if (x->request.seen && (!gather_target(g, index) || !gather_headers(g, index, true) ||
                                   !gather_body(g, index)))
        return false;
    return !x->response.seen || gather_headers(g, index, false);
}

enum status gather_traces(struct arena *arena, const struct evidence *e,
        const struct attributions *a, struct traces *out)
{
    struct gather g = {.arena = arena, .e = e, .a = a, .map = {.arena = arena}};
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
        made.opaque = g.opaque;
        status = made.at == NULL ? STATUS_NOMEM : setter_find(e, a, made.at, made.n);
    }
    if (status == STATUS_OK)
        status = delivery_find(e, made.at, made.n, &made.capped);
    gather_map_clear(&g.map);
    if (status == STATUS_OK)
        *out = made;
    return status;
}
