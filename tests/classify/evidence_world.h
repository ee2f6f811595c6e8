/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_EVIDENCE_WORLD_H
#define TESTS_CLASSIFY_EVIDENCE_WORLD_H

/*
 * Evidence out of text, one exchange a line; include cmocka first.
 *
 *     CONNECTION MS METHOD URL STATUS KIND [| > request field] [| < response field]
 *         [| * request body] [| = response body]
 *
 * KIND: nav and frame are documents, css, img, script, fetch what pages load, each with Fetch
 * Metadata; page is a document as plain HTTP has it, with Upgrade-Insecure-Requests; plain has
 * neither. The response comes 50 ms behind the request; STATUS 0: none was seen.
 * METHOD SEND and RECV: a message of the WebSocket that the connection's last exchange opened.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "classify/attribution.h"
#include "classify/evidence.h"

#define WORLD_MS INT64_C(1000000)
#define WORLD_START (INT64_C(1767225600) * 1000 * WORLD_MS) /* 2026-01-01 */

enum { WORLD_CONNECTIONS = 16 };

struct evidence_world {
    struct evidence e;
    struct sites *sites;
    struct attributions a;
};

static inline struct bytes world_copy(struct exchange *x, const char *text)
{
    struct bytes out;

    assert_true(arena_copy(x->arena, bytes_text(text), &out));
    return out;
}

static inline void world_field(struct exchange *x, struct message *m, const char *text)
{
    const char *colon = strchr(text, ':');
    char name[128];

    assert_non_null(colon);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
    assert_int_equal(
            exchange_add_header(x, m, bytes_text(name), bytes_text(colon + 2)), STATUS_OK);
}

static inline void world_kind(struct exchange *x, const char *kind)
{
    static const char *const kinds[][3] = {{"nav", "document", "navigate"},
            {"frame", "iframe", "navigate"}, {"css", "style", "no-cors"},
            {"img", "image", "no-cors"}, {"script", "script", "no-cors"},
            {"fetch", "empty", "cors"}};
    char field[64];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kind, kinds[i][0]) != 0)
            continue;
        (void)snprintf(field, sizeof(field), "Sec-Fetch-Dest: %s", kinds[i][1]);
        world_field(x, &x->request, field);
        (void)snprintf(field, sizeof(field), "Sec-Fetch-Mode: %s", kinds[i][2]);
        world_field(x, &x->request, field);
    }
    if (strcmp(kind, "page") == 0) {
        world_field(x, &x->request, "Upgrade-Insecure-Requests: 1");
        world_field(x, &x->request, "Accept: text/html,*/*");
    }
}

static inline void world_body(struct exchange *x, struct message *m, const char *text)
{
    m->body.present = m->body.whole = true;
    m->body.data = world_copy(x, text);
    m->body.bytes = m->body.kept = m->body.data.n;
}

static inline void world_part(struct exchange *x, const char *part)
{
    switch (part[0]) {
    case '>':
        world_field(x, &x->request, part + 2);
        break;
    case '<':
        world_field(x, &x->response, part + 2);
        if (strncmp(part + 2, "Content-Type: ", 14) == 0)
            x->response.body.type = world_copy(x, part + 16);
        break;
    case '*':
        world_body(x, &x->request, part + 2);
        break;
    case '=':
        world_body(x, &x->response, part + 2);
        break;
    default:
        fail_msg("not a part: %s", part);
    }
}

/* Makes a message of an exchange that was begun like any other. */
static inline void world_message(const struct evidence_world *w, struct exchange *x)
{
    x->protocol = PROTOCOL_WEBSOCKET;
    x->opcode = "text";
    x->message = 1;
    for (size_t i = 0; i < w->e.exchange_count; i++) {
        const struct exchange *other = w->e.exchanges[i];

        if (other->connection != x->connection)
            continue;
        x->stream = other->stream;
        x->message = other->message + 1;
    }
    x->request.header_count = 0;
    x->request.seen = bytes_is(x->method, "SEND");
    x->response.seen = !x->request.seen;
    x->response.first_ns = x->response.last_ns = x->request.first_ns;
    x->response.whole = x->response.seen;
    x->complete = true;
}

static inline void world_add(struct evidence_world *w, const char *line)
{
    char url[512], method[16], kind[16], copy[4096], *part, *rest = copy;
    unsigned connection, status;
    long long ms;
    int length;
    struct exchange *x;

    (void)snprintf(copy, sizeof(copy), "%s", line);
    assert_int_equal(sscanf(copy, "%u %lld %15s %511s %u %15s%n", &connection, &ms, method, url,
                             &status, kind, &length),
            6);
    x = exchange_new(connection, w->e.exchange_count + 1, PROTOCOL_HTTP11);
    assert_non_null(x);
    x->method = world_copy(x, method);
    x->status = status;
    part = strstr(url, "://");
    assert_non_null(part);
    *part = '\0';
    x->scheme = world_copy(x, url);
    part += 3;
    x->path = world_copy(x, strchr(part, '/'));
    *strchr(part, '/') = '\0';
    x->authority = world_copy(x, part);
    assert_int_equal(exchange_set_target(x), STATUS_OK);
    x->request.seen = x->request.head_whole = x->request.whole = true;
    x->response.seen = x->response.head_whole = x->response.whole = status != 0;
    x->request.first_ns = x->request.last_ns = WORLD_START + ms * WORLD_MS;
    x->response.first_ns = x->response.last_ns = WORLD_START + (ms + 50) * WORLD_MS;
    world_field(x, &x->request, "User-Agent: Browser/1");
    world_kind(x, kind);
    if (bytes_is(x->method, "SEND") || bytes_is(x->method, "RECV"))
        world_message(w, x);
    rest += length;
    while ((part = strstr(rest, " | ")) != NULL) {
        char *next = strstr(part + 3, " | ");

        if (next != NULL)
            *next = '\0';
        world_part(x, part + 3);
        if (next == NULL)
            break;
        *next = ' ';
        rest = next;
    }
    assert_int_equal(evidence_add_exchange(&w->e, x), STATUS_OK);
}

static inline struct sites *world_sites(void)
{
    char path[] = "/tmp/exhibit-list-XXXXXX";
    int fd = mkstemp(path);
    struct fault fault = {0};
    struct sites *sites;

    assert_true(fd != -1);
    assert_int_equal(write(fd, "// a list\ntest\ncom\n", 19), 19);
    (void)close(fd);
    assert_int_equal(sites_new(path, &sites, &fault), STATUS_OK);
    (void)unlink(path);
    return sites;
}

/* Builds the evidence and judges whose pages its exchanges belong to. */
static inline void world_make(struct evidence_world *w, const char *const *lines, size_t n)
{
    memset(w, 0, sizeof(*w));
    assert_int_equal(evidence_init(&w->e), STATUS_OK);
    for (size_t i = 0; i < WORLD_CONNECTIONS; i++) {
        struct connection *c = calloc(1, sizeof(*c));

        assert_non_null(c);
        c->id = (uint32_t)i + 1;
        ledger_init(&c->ledger, c->id);
        assert_int_equal(evidence_add_connection(&w->e, c), STATUS_OK);
    }
    for (size_t i = 0; i < n; i++)
        world_add(w, lines[i]);
    assert_int_equal(evidence_seal(&w->e), STATUS_OK);
    w->sites = world_sites();
    assert_int_equal(attribution_judge(&w->e, w->sites, NULL, &w->a), STATUS_OK);
}

#define WORLD_MAKE(w, ...)                                                                     \
    world_make(w, (const char *const[]){__VA_ARGS__},                                          \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static inline void world_clear(struct evidence_world *w)
{
    attribution_clear(&w->a);
    evidence_clear(&w->e);
    sites_free(w->sites);
}

/* "a.test/referer" is the page's site and the basis for exchange i; "-/none" when unknown. */
static inline void assert_page(const struct evidence_world *w, size_t i, const char *want)
{
    const struct attribution *a = &w->a.of[i];
    char got[256];

    if (a->visit == NULL)
        (void)snprintf(got, sizeof(got), "-/%s", page_basis_name(a->basis));
    else
        (void)snprintf(got, sizeof(got), "%.*s/%s", (int)a->visit->site.n,
                (const char *)a->visit->site.p, page_basis_name(a->basis));
    if (strcmp(got, want) != 0)
        fail_msg("exchange %zu: %s, not %s", i, got, want);
}

#endif
