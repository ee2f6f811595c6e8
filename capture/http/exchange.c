/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/exchange.h"

#include <stdlib.h>
#include <string.h>

enum { EXCHANGE_ARENA_MOST = 64 << 20 };

static const char *const protocol_names[] = {
        [PROTOCOL_HTTP10] = "http/1.0",
        [PROTOCOL_HTTP11] = "http/1.1",
        [PROTOCOL_H2] = "h2",
        [PROTOCOL_H3] = "h3",
        [PROTOCOL_WEBSOCKET] = "ws",
};

const char *protocol_name(enum protocol p)
{
    return protocol_names[p];
}

struct exchange *exchange_new(uint32_t connection, uint64_t stream, enum protocol protocol)
{
    struct arena *arena = arena_new(EXCHANGE_ARENA_MOST);
    struct exchange *x = arena == NULL ? NULL : arena_alloc(arena, sizeof(*x));

    if (x == NULL) {
        arena_free(arena);
        return NULL;
    }
    x->arena = arena;
    x->connection = connection;
    x->stream = stream;
    x->protocol = protocol;
    return x;
}

void exchange_free(struct exchange *x)
{
    if (x != NULL)
        arena_free(x->arena);
}

static enum status add_field(struct exchange *x, struct header **list, size_t *count,
        size_t *capacity, struct bytes name, struct bytes value)
{
    struct header *grown, field = {0};

    if (*count == EXCHANGE_HEADERS_MOST)
        return STATUS_USAGE;
    if (!arena_copy(x->arena, name, &field.name) || !arena_copy(x->arena, value, &field.value))
        return STATUS_NOMEM;
    grown = arena_grow(x->arena, *list, *count, capacity, sizeof(**list));
    if (grown == NULL)
        return STATUS_NOMEM;
    *list = grown;
    grown[*count] = field;
    (*count)++;
    return STATUS_OK;
}

enum status exchange_add_header(
        struct exchange *x, struct message *m, struct bytes name, struct bytes value)
{
    return add_field(x, &m->headers, &m->header_count, &m->header_capacity, name, value);
}

enum status exchange_add_trailer(
        struct exchange *x, struct message *m, struct bytes name, struct bytes value)
{
    return add_field(x, &m->trailers, &m->trailer_count, &m->trailer_capacity, name, value);
}

/* Puts `frame` in its place; late segments of a reordered capture come out of order. */
static enum status add_frame(struct exchange *x, struct message *m, uint64_t frame)
{
    size_t at = m->frames_listed;
    uint64_t *grown;

    while (at != 0 && m->frames[at - 1] > frame)
        at--;
    if ((at != 0 && m->frames[at - 1] == frame) || frame == m->last_frame)
        return STATUS_OK;
    m->frame_count++;
    if (frame > m->last_frame)
        m->last_frame = frame;
    if (m->frames_listed == EXCHANGE_FRAMES_MOST)
        return STATUS_OK;
    grown = arena_grow(
            x->arena, m->frames, m->frames_listed, &m->frames_capacity, sizeof(*m->frames));
    if (grown == NULL)
        return STATUS_NOMEM;
    m->frames = grown;
    memmove(grown + at + 1, grown + at, (m->frames_listed - at) * sizeof(*grown));
    grown[at] = frame;
    m->frames_listed++;
    return STATUS_OK;
}

enum status exchange_add_frames(struct exchange *x, struct message *m, const struct item *item)
{
    for (size_t i = 0; i < item->frames.n; i++) {
        if (add_frame(x, m, item->frames.at[i]) != STATUS_OK)
            return STATUS_NOMEM;
    }
    if (item->frames.n != 0) {
        if (!m->seen || item->first_ns < m->first_ns)
            m->first_ns = item->first_ns;
        if (!m->seen || item->last_ns > m->last_ns)
            m->last_ns = item->last_ns;
        m->seen = true;
    }
    return STATUS_OK;
}

void exchange_add_gap(struct exchange *x, uint32_t gap)
{
    size_t at = x->gap_count;

    /* Gaps of the two directions can come out of order. */
    while (at != 0 && x->gaps[at - 1] > gap)
        at--;
    if (gap == 0 || (at != 0 && x->gaps[at - 1] == gap))
        return;
    if (x->gap_count == EXCHANGE_GAPS_MOST) {
        x->gap_count--;
        at = at < x->gap_count ? at : x->gap_count;
    }
    memmove(x->gaps + at + 1, x->gaps + at, (x->gap_count - at) * sizeof(*x->gaps));
    x->gaps[at] = gap;
    x->gap_count++;
}

/* The host inside an authority: no userinfo, no port, IPv6 literals keep their brackets. */
static struct bytes host_of(struct bytes authority)
{
    struct bytes before;
    size_t end;

    while (bytes_take_until(&authority, '@', &before))
        continue;
    if (authority.n != 0 && authority.p[0] == '[') {
        for (end = 1; end < authority.n && authority.p[end] != ']'; end++)
            continue;
        return bytes_slice(authority, 0, end + 1);
    }
    for (end = 0; end < authority.n && authority.p[end] != ':'; end++)
        continue;
    return bytes_slice(authority, 0, end);
}

static bool has_scheme(struct bytes target)
{
    size_t at;

    return target.n != 0 && ascii_is_alpha(target.p[0]) &&
           bytes_find(target, BYTES_LITERAL("://"), 1, &at);
}

/* An absolute-form target names the authority itself; RFC 9112 section 3.2.2 lets it win. */
static void split_absolute(struct exchange *x, struct bytes target)
{
    size_t colon = 0, end;

    if (!bytes_find(target, BYTES_LITERAL("://"), 0, &colon))
        return;
    x->scheme = bytes_slice(target, 0, colon);
    for (end = colon + 3; end < target.n && !bytes_has(BYTES_LITERAL("/?#"), target.p[end]);)
        end++;
    x->authority = bytes_slice(target, colon + 3, end);
    x->path = bytes_slice(target, end, target.n);
}

static void put(uint8_t **at, struct bytes data)
{
    if (data.n == 0)
        return;
    memcpy(*at, data.p, data.n);
    *at += data.n;
}

enum status exchange_set_target(struct exchange *x)
{
    struct bytes path = x->path, host;
    uint8_t *lower, *url, *at;
    size_t n;

    if (bytes_is(x->method, "CONNECT")) {
        if (x->authority.n == 0)
            x->authority = path;
        path = bytes_of(NULL, 0);
    } else if (path.n != 0 && path.p[0] != '/' && has_scheme(path)) {
        split_absolute(x, path);
        path = x->path;
    }
    host = host_of(x->authority);
    lower = arena_alloc(x->arena, host.n);
    if (lower == NULL)
        return STATUS_NOMEM;
    for (size_t i = 0; i < host.n; i++)
        lower[i] = ascii_lower(host.p[i]);
    x->host = bytes_of(lower, host.n);
    if (x->authority.n == 0)
        return STATUS_OK;
    if (bytes_is(x->method, "CONNECT")) {
        x->url = x->authority; /* the authority-form is all there is, section 3.2.3 */
        return STATUS_OK;
    }
    if (bytes_is(path, "*"))
        path = bytes_of(NULL, 0);
    n = x->scheme.n + 3 + x->authority.n + 1 + path.n;
    url = at = arena_alloc(x->arena, n);
    if (url == NULL)
        return STATUS_NOMEM;
    put(&at, x->scheme);
    put(&at, BYTES_LITERAL("://"));
    put(&at, x->authority);
    if (path.n == 0 || path.p[0] != '/')
        put(&at, BYTES_LITERAL("/"));
    put(&at, path);
    x->url = bytes_of(url, (size_t)(at - url));
    return STATUS_OK;
}

enum status exchange_set_server(struct exchange *x, const struct endpoint *server)
{
    bool usual = server->port == (bytes_is(x->scheme, "https") ? 443 : 80);
    char text[ENDPOINT_TEXT + 2];
    struct bytes sent = x->authority;
    enum status status;

    if (x->authority.n != 0 || x->path.n == 0 || x->path.p[0] != '/')
        return STATUS_OK;
    if (!usual)
        endpoint_text(server, text);
    else if (server->version == IPV6) {
        text[0] = '[';
        endpoint_address_text(server, text + 1);
        (void)strcat(text, "]");
    } else {
        endpoint_address_text(server, text);
    }
    if (!arena_copy(x->arena, bytes_text(text), &x->authority))
        return STATUS_NOMEM;
    status = exchange_set_target(x);
    x->authority = sent; /* as sent: nothing */
    return status;
}

bool exchange_is_control(const struct exchange *x)
{
    return x->message != 0 && x->opcode != NULL && strcmp(x->opcode, "text") != 0 &&
           strcmp(x->opcode, "binary") != 0;
}

const struct header *message_find(const struct message *m, const char *name)
{
    return message_find_next(m, name, NULL);
}

const struct header *message_find_next(
        const struct message *m, const char *name, const struct header *after)
{
    size_t i = after == NULL ? 0 : (size_t)(after - m->headers) + 1;

    for (; i < m->header_count; i++) {
        if (bytes_is_nocase(m->headers[i].name, name))
            return &m->headers[i];
    }
    return NULL;
}
