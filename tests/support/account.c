/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/account.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/packet/flow.h"

static void add_bytes(struct digest *d, struct bytes b)
{
    uint64_t n = b.n;

    digest_add(d, bytes_of(&n, sizeof(n)));
    digest_add(d, b);
}

static void add_number(struct digest *d, uint64_t n)
{
    digest_add(d, bytes_of(&n, sizeof(n)));
}

static void add_message(struct digest *d, const struct message *m)
{
    add_number(d, m->seen);
    add_number(d, m->header_count);
    for (size_t i = 0; i < m->header_count; i++) {
        add_bytes(d, m->headers[i].name);
        add_bytes(d, m->headers[i].value);
    }
    add_number(d, m->trailer_count);
    for (size_t i = 0; i < m->trailer_count; i++) {
        add_bytes(d, m->trailers[i].name);
        add_bytes(d, m->trailers[i].value);
    }
    add_number(d, m->body.present);
    add_number(d, m->body.bytes);
    add_number(d, m->body.wire_bytes);
    digest_add(d, bytes_of(m->body.sha256, sizeof(m->body.sha256)));
}

static void digest_exchange(
        struct digest *d, const struct exchange *x, struct account_exchange *out)
{
    uint8_t sum[DIGEST_MOST];

    add_number(d, x->protocol);
    /* In HTTP/1 the number is a place, which moves when an earlier one was lost. */
    add_number(
            d, x->protocol >= PROTOCOL_H2 && x->protocol != PROTOCOL_WEBSOCKET ? x->stream : 0);
    add_bytes(d, x->method);
    add_bytes(d, x->url);
    add_bytes(d, x->path);
    add_bytes(d, x->authority);
    add_number(d, x->status);
    add_bytes(d, x->reason);
    add_number(d, x->pushed);
    for (size_t i = 0; i < 4; i++)
        add_number(d, x->interim[i]);
    add_message(d, &x->request);
    add_message(d, &x->response);
    digest_finish(d, sum);
    memcpy(out->content, sum, sizeof(out->content));
}

static void *grown(void *p, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return p;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    p = realloc(p, *capacity * size);
    assert_non_null(p);
    return p;
}

static void pair_text(const struct endpoint *a, const struct endpoint *b,
        enum transport transport, char out[PAIR_TEXT])
{
    char one[ENDPOINT_TEXT], other[ENDPOINT_TEXT];
    bool order = endpoint_compare(a, b) < 0;

    endpoint_text(order ? a : b, one);
    endpoint_text(order ? b : a, other);
    (void)snprintf(
            out, PAIR_TEXT, "%s %s %s", transport == TRANSPORT_TCP ? "tcp" : "udp", one, other);
}

void account_pair_of(const struct packet *packet, char out[PAIR_TEXT])
{
    struct ledger ledger;
    struct segment segment;
    struct unwrap *unwrap;
    bool found = false;

    ledger_init(&ledger, 0);
    unwrap = unwrap_new(&ledger, false);
    assert_non_null(unwrap);
    out[0] = '\0';
    if (unwrap_frame(unwrap, packet, &segment, &found) == STATUS_OK && found)
        pair_text(&segment.src, &segment.dst, segment.transport, out);
    unwrap_free(unwrap);
    ledger_clear(&ledger);
}

size_t account_find(const struct account *a, const char *text)
{
    for (size_t i = 0; i < a->pair_count; i++) {
        if (strcmp(a->pairs[i].text, text) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void take_connection(struct account *a, struct connection *c)
{
    char text[PAIR_TEXT];
    size_t pair;

    pair_text(&c->client, &c->server, c->transport, text);
    pair = account_find(a, text);
    if (pair == SIZE_MAX) {
        a->pairs = grown(a->pairs, a->pair_count, &a->pair_capacity, sizeof(*a->pairs));
        pair = a->pair_count++;
        a->pairs[pair] = (struct account_pair){0};
        (void)snprintf(a->pairs[pair].text, sizeof(a->pairs[pair].text), "%s", text);
    }
    a->pairs[pair].connections++;
    a->pairs[pair].gaps += c->ledger.n;
    if (c->continues != 0)
        a->pairs[pair].continues = c->continues;
    while (c->id >= a->connection_most) {
        size_t before = a->connection_most;

        a->pair_of = grown(a->pair_of, before, &a->connection_most, sizeof(*a->pair_of));
        memset(a->pair_of + before, 0, (a->connection_most - before) * sizeof(*a->pair_of));
    }
    a->pair_of[c->id] = pair;
    ledger_clear(&c->ledger);
    arena_free(c->arena);
    free(c);
}

static void take_results(struct capture *c, struct digest *d, struct account *a)
{
    struct connection *connection;
    struct exchange *x;

    while (capture_next_exchange(c, &x)) {
        struct account_exchange *out;

        a->exchanges = grown(a->exchanges, a->n, &a->capacity, sizeof(*a->exchanges));
        out = &a->exchanges[a->n++];
        *out = (struct account_exchange){
                .connection = x->connection, .complete = x->complete, .gaps = x->gap_count};
        digest_exchange(d, x, out);
        (void)snprintf(out->text, sizeof(out->text),
                "%s c%" PRIu32 ".s%" PRIu64 " %.*s %.*s %" PRIu32 " body %" PRIu64,
                protocol_name(x->protocol), x->connection, x->stream, (int)x->method.n,
                (const char *)x->method.p, (int)(x->url.n > 90 ? 90 : x->url.n),
                (const char *)x->url.p, x->status, x->response.body.bytes);
        exchange_free(x);
    }
    while (capture_next_connection(c, &connection))
        take_connection(a, connection);
}

static int by_content(const void *left, const void *right)
{
    const struct account_exchange *a = left, *b = right;

    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return memcmp(a->content, b->content, sizeof(a->content));
}

void account_read(
        const struct packet *packets, size_t n, const struct keylog *keys, struct account *out)
{
    struct lookups *lookups = lookups_new();
    struct digest *digest = digest_new(DIGEST_SHA256);
    struct fault fault = {0};
    struct capture *capture;
    struct ledger ledger;

    *out = (struct account){0};
    ledger_init(&ledger, 0);
    assert_true(lookups != NULL && digest != NULL);
    assert_int_equal(capture_new(
                             &(struct capture_setup){
                                     .keys = keys, .ledger = &ledger, .lookups = lookups},
                             &capture, &fault),
            STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(capture_push(capture, &packets[i], &fault), STATUS_OK);
        take_results(capture, digest, out);
    }
    assert_int_equal(capture_close(capture, &fault), STATUS_OK);
    take_results(capture, digest, out);
    for (size_t i = 0; i < out->n; i++)
        out->exchanges[i].pair = out->pair_of[out->exchanges[i].connection];
    for (size_t i = 0; i < out->pair_count; i++)
        out->pairs[i].group =
                out->pairs[i].continues == 0 ? i : out->pair_of[out->pairs[i].continues];
    if (out->n != 0)
        qsort(out->exchanges, out->n, sizeof(*out->exchanges), by_content);
    out->gaps = ledger.n;
    capture_free(capture);
    digest_free(digest);
    lookups_free(lookups);
    ledger_clear(&ledger);
}

void account_clear(struct account *a)
{
    free(a->exchanges);
    free(a->pairs);
    free(a->pair_of);
    *a = (struct account){0};
}
