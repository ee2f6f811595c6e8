/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "capture/har/har_part.h"
#include "capture/har/har_time.h"

enum { ADDRESS_TEXT = 64, PORT_MOST = 65535, NUMBER_TEXT = 24 };

enum status har_lack(struct connection *c, struct exchange *x, enum direction dir,
        enum gap_cause why, uint64_t len, const char *detail)
{
    const struct gap gap = {.why = why,
            .layer = LAYER_HTTP,
            .dir = dir,
            .stream = x->stream,
            .len = len,
            .detail = detail};
    uint32_t id = ledger_file(&c->ledger, &gap);

    exchange_add_gap(x, id);
    x->complete = false;
    return id == 0 ? STATUS_NOMEM : STATUS_OK;
}

enum status har_queue(struct har_maker *m, struct exchange *x)
{
    struct exchange **grown =
            array_grow(m->queue, m->made, &m->capacity, sizeof(struct exchange *));

    if (grown == NULL) {
        exchange_free(x);
        return STATUS_NOMEM;
    }
    m->queue = grown;
    m->queue[m->made++] = x;
    return STATUS_OK;
}

/* A URL's parts that travel. A user and password before '@' and what follows '#' do not. */
struct target {
    struct bytes scheme, authority, path;
    bool secure;
    uint16_t port;
};

static bool read_port(struct bytes authority, uint16_t usual, uint16_t *port)
{
    size_t colon = authority.n;
    uint64_t n;

    while (colon != 0 && ascii_is_digit(authority.p[colon - 1]))
        colon--;
    *port = usual;
    if (colon == 0 || authority.p[colon - 1] != ':')
        return true;
    if (colon == authority.n ||
            !bytes_decimal(bytes_slice(authority, colon, authority.n), &n) || n > PORT_MOST)
        return false;
    *port = (uint16_t)n;
    return true;
}

/* ws: and wss: are http: and https: until the protocol is changed, RFC 6455 section 4.1. */
static bool read_target(struct bytes url, struct target *out)
{
    struct bytes scheme, before;
    struct target t = {0};
    size_t end, at;

    if (!bytes_take_until(&url, ':', &scheme) || !bytes_starts(url, BYTES_LITERAL("//")) ||
            !bytes_skip(&url, 2))
        return false;
    t.secure = bytes_is_nocase(scheme, "https") || bytes_is_nocase(scheme, "wss");
    if (!t.secure && !bytes_is_nocase(scheme, "http") && !bytes_is_nocase(scheme, "ws"))
        return false;
    t.scheme = t.secure ? BYTES_LITERAL("https") : BYTES_LITERAL("http");
    if (bytes_find(url, BYTES_LITERAL("#"), 0, &at))
        url = bytes_slice(url, 0, at);
    for (end = 0; end < url.n && !bytes_has(BYTES_LITERAL("/?"), url.p[end]);)
        end++;
    t.authority = bytes_slice(url, 0, end);
    while (bytes_take_until(&t.authority, '@', &before))
        continue;
    t.path = bytes_slice(url, end, url.n);
    if (t.authority.n == 0 || !read_port(t.authority, t.secure ? 443 : 80, &t.port))
        return false;
    *out = t;
    return true;
}

/* Schemes of URLs that no server is asked for. */
static bool is_local(struct bytes url)
{
    static const char *const schemes[] = {"data:", "blob:", "about:", "file:", "filesystem:",
            "javascript:", "chrome:", "chrome-extension:", "chrome-untrusted:", "devtools:",
            "edge:", "moz-extension:", "resource:", "safari-web-extension:", "view-source:"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        if (bytes_starts_nocase(url, bytes_text(schemes[i])))
            return true;
    }
    return false;
}

static bool read_address(const char *text, uint16_t port, struct endpoint *out)
{
    struct endpoint e = {.port = port};
    char copy[ADDRESS_TEXT];
    size_t n;

    while (text != NULL && *text == '[')
        text++;
    n = text == NULL ? 0 : strcspn(text, "]%");
    *out = e;
    if (n == 0 || n >= sizeof(copy))
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (!endpoint_read_address(copy, &e))
        return false;
    *out = e;
    return true;
}

/* "h2", "HTTP/2.0", "http/2", "h3", "h3-29", "HTTP/1.1", "" */
static enum protocol read_protocol(const struct json_value *of, bool *known)
{
    struct bytes text = bytes_text(json_string_of(json_member(of, "httpVersion")));

    *known = true;
    if (bytes_starts_nocase(text, BYTES_LITERAL("h2")) ||
            bytes_starts_nocase(text, BYTES_LITERAL("http/2")))
        return PROTOCOL_H2;
    if (bytes_starts_nocase(text, BYTES_LITERAL("h3")) ||
            bytes_starts_nocase(text, BYTES_LITERAL("http/3")) ||
            bytes_starts_nocase(text, BYTES_LITERAL("http/2+quic")))
        return PROTOCOL_H3;
    if (bytes_is_nocase(text, "http/1.0"))
        return PROTOCOL_HTTP10;
    *known = bytes_is_nocase(text, "http/1.1");
    return PROTOCOL_HTTP11;
}

static double number_of(const struct json_value *object, const char *key)
{
    double n = 0;

    return json_number_of(json_member(object, key), &n) ? n : 0;
}

/* False when no time can be read; it then stands for 1970. */
static bool read_times(const struct json_value *entry, struct exchange *x)
{
    const struct json_value *timings = json_member(entry, "timings");
    const char *text = json_string_of(json_member(entry, "startedDateTime"));
    int64_t begin = 0;
    int64_t all = har_time_ms(number_of(entry, "time"));
    int64_t receive = har_time_ms(number_of(timings, "receive"));
    bool known = har_time_read(bytes_text(text), &begin);

    x->request.first_ns = x->request.last_ns = begin;
    x->response.first_ns = begin + all - (receive < all ? receive : all);
    x->response.last_ns = begin + all;
    return known;
}

/* Chrome says "disk", "memory" or "prefetch"; Firefox fills `cache` when it answered from it. */
static bool is_cached(const struct json_value *entry, const struct har_maker *m)
{
    const char *from = json_string_of(json_member(entry, "_fromCache"));
    const struct json_value *cache = json_member(entry, "cache");

    return (from != NULL && strcmp(from, "prefetch") != 0) ||
           (strncmp(m->facts.program, "Firefox", 7) == 0 &&
                   json_is_object(json_member(cache, "afterRequest")));
}

/* Blocked by the browser or an extension, or it failed before there was a server. */
static bool is_blocked(const struct json_value *entry, int64_t status)
{
    const struct json_value *response = json_member(entry, "response");
    const char *error = json_string_of(json_member(response, "_error"));
    const char *text = json_string_of(json_member(response, "statusText"));
    const char *server = json_string_of(json_member(entry, "serverIPAddress"));

    if (status > 0)
        return false;
    if ((error != NULL && strstr(error, "BLOCKED") != NULL) ||
            (text != NULL && strstr(text, "(blocked") != NULL))
        return true;
    return server == NULL || server[0] == '\0';
}

/* How the file tells its connections apart: a number, as text or not. */
static struct bytes connection_number(const struct json_value *entry, char room[NUMBER_TEXT])
{
    static const char *const keys[] = {"_connectionId", "connection"};
    int64_t n;

    for (size_t i = 0; i < 2; i++) {
        const struct json_value *v = json_member(entry, keys[i]);
        const char *text = json_string_of(v);

        if (text != NULL && text[0] != '\0')
            return bytes_text(text);
        if (json_integer_of(v, &n)) {
            (void)snprintf(room, NUMBER_TEXT, "%lld", (long long)n);
            return bytes_text(room);
        }
    }
    return bytes_of(NULL, 0);
}

static enum status find_connection(struct har_maker *m, const struct json_value *entry,
        const struct target *target, enum protocol protocol, struct connection **out)
{
    char room[NUMBER_TEXT];
    struct har_connection_key key = {.number = connection_number(entry, room),
            .host = target->authority,
            .secure = target->secure,
            .datagrams = protocol == PROTOCOL_H3};

    (void)read_address(
            json_string_of(json_member(entry, "serverIPAddress")), target->port, &key.server);
    return har_connections_find(m->connections, &key, out);
}

static bool fill_target(struct exchange *x, const struct target *t)
{
    x->secure = t->secure;
    x->scheme = t->scheme;
    return arena_copy(x->arena, t->authority, &x->authority) &&
           arena_copy(x->arena, t->path.n == 0 ? BYTES_LITERAL("/") : t->path, &x->path) &&
           exchange_set_target(x) == STATUS_OK;
}

static void count_in(struct connection *c, const struct exchange *x)
{
    if (c->exchanges == 0 || x->request.first_ns < c->first_ns)
        c->first_ns = x->request.first_ns;
    if (c->exchanges == 0 || x->response.last_ns > c->last_ns)
        c->last_ns = x->response.last_ns;
    c->exchanges++;
    if (c->protocol == NULL)
        c->protocol = protocol_name(x->protocol);
}

static enum status fill(struct har_maker *m, struct connection *c, struct exchange *x,
        const struct json_value *entry, int64_t status_code)
{
    const struct json_value *request = json_member(entry, "request");
    const struct json_value *response = json_member(entry, "response");
    struct bytes method = bytes_text(json_string_of(json_member(request, "method")));
    struct bytes reason = bytes_text(json_string_of(json_member(response, "statusText")));
    bool timed = read_times(entry, x);
    enum status status;

    count_in(c, x);
    x->complete = true;
    x->request.seen = true;
    if (!arena_copy(x->arena, method, &x->method))
        return STATUS_NOMEM;
    status = timed ? STATUS_OK
                   : har_lack(c, x, FROM_CLIENT, GAP_BAD, 0,
                             "the file gives no time for this request that can be read");
    if (status == STATUS_OK)
        status = har_request(m, c, x, request);
    if (status != STATUS_OK || status_code < 100 || status_code > 999) {
        x->complete = false;
        return status;
    }
    x->status = (uint32_t)status_code;
    x->response.seen = true;
    if (!arena_copy(x->arena, reason, &x->reason))
        return STATUS_NOMEM;
    status = har_response(m, c, x, response);
    x->complete = x->complete && x->request.whole && x->response.whole;
    return status;
}

/* The entry is one that travelled. */
static enum status make(struct har_maker *m, const struct json_value *entry,
        const struct target *target, int64_t status_code)
{
    const struct json_value *request = json_member(entry, "request");
    bool known;
    enum protocol protocol = read_protocol(request, &known);
    struct connection *c = NULL;
    struct exchange *x;
    enum status status;

    if (!known)
        protocol = read_protocol(json_member(entry, "response"), &known);
    status = find_connection(m, entry, target, protocol, &c);
    if (status != STATUS_OK)
        return status;
    if (c == NULL) {
        m->connections_left_out++;
        return STATUS_OK;
    }
    x = exchange_new(c->id, c->exchanges + 1, protocol);
    if (x == NULL)
        return STATUS_NOMEM;
    status = fill_target(x, target) ? fill(m, c, x, entry, status_code) : STATUS_NOMEM;
    if (status != STATUS_OK) {
        exchange_free(x);
        return status;
    }
    status = har_queue(m, x);
    if (status == STATUS_OK)
        status = har_sockets(m, c, x, json_member(entry, "_webSocketMessages"));
    return status;
}

enum status har_entry(struct har_maker *m, const struct json_value *entry)
{
    const struct json_value *request = json_member(entry, "request");
    const struct json_value *response = json_member(entry, "response");
    struct bytes url = bytes_text(json_string_of(json_member(request, "url")));
    struct bytes method = bytes_text(json_string_of(json_member(request, "method")));
    struct target target;
    int64_t status;

    if (!json_integer_of(json_member(response, "status"), &status))
        status = 0;
    if (is_local(url))
        m->facts.local++;
    else if (!read_target(url, &target) || method.n == 0)
        m->facts.unread++;
    else if (is_cached(entry, m))
        m->facts.cached++;
    else if (json_is_true(json_member(response, "_fetchedViaServiceWorker")))
        m->facts.worker++;
    else if (is_blocked(entry, status))
        m->facts.blocked++;
    else
        return make(m, entry, &target, status);
    return STATUS_OK;
}
