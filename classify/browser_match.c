/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/browser_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "classify/browser_fate.h"

/* How far the two clocks of one machine and the way through it may be apart. */
#define NEAR_NS INT64_C(50000000)
#define SLACK_NS INT64_C(2000000000)
/* How long a request may take that is not told to have ended. */
#define AHEAD_NS INT64_C(300000000000)
#define OPEN_NS INT64_C(600000000000)

/* What two sides must have in common in one pass, besides method and address. */
enum {
    BY_TOLD = 1,        /* cookies, key of a WebSocket */
    BY_BODY = 2,        /* SHA-256 of what was sent */
    BY_STATUS = 4,      /* as it travelled */
    BY_SERVER = 8,      /* address and port */
    BY_CONNECTION = 16, /* the connection that others of the same number were joined with */
    BY_NEAR = 32,       /* sent when the packet was seen, within NEAR_NS */
    BY_AHEAD = 128,     /* seen up to AHEAD_NS before it was asked for */
    BY_ALONE = 64,      /* nothing else is alike on either side */
};

/* From what can hardly be wrong to what still says enough: each takes what the ones before
 * left over. */
static const unsigned passes[] = {
        BY_TOLD | BY_BODY | BY_STATUS | BY_SERVER | BY_ALONE,
        BY_TOLD | BY_BODY | BY_STATUS | BY_SERVER | BY_CONNECTION | BY_NEAR,
        BY_TOLD | BY_BODY | BY_STATUS | BY_SERVER | BY_CONNECTION,
        BY_TOLD | BY_BODY | BY_STATUS | BY_SERVER | BY_NEAR,
        BY_TOLD | BY_STATUS | BY_SERVER | BY_NEAR,
        BY_TOLD | BY_STATUS | BY_SERVER,
        BY_TOLD | BY_BODY | BY_STATUS, /* WebSockets are told without their server */
        BY_TOLD | BY_STATUS,
        BY_STATUS | BY_SERVER,
        BY_STATUS,
        0,
};

struct entry {
    uint64_t key;
    int64_t when, from, to; /* of a request: when it can have been seen on the wire */
    size_t index;
};

struct joiner {
    const struct evidence *e;
    const struct browser_log *log;
    struct browser_match *out;
    struct siphash_key key;
    uint64_t *x_address, *r_address; /* digests of method and address; 0: not to be joined */
    uint64_t *x_told;
    uint32_t *connection; /* by request: 1 + id of the exchange's connection; 0: not known */
    struct learned *learned;
    size_t learned_count;
    struct entry *xs, *rs;
};

/* The browser's number of a connection, and the one of the packets. */
struct learned {
    uint64_t number;
    struct endpoint server;
    uint32_t connection;
    bool mixed;
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static bool is_upgrade(const struct exchange *x)
{
    const struct header *up = message_find(&x->request, "upgrade");
    const struct header *protocol = message_find(&x->request, ":protocol");

    return (up != NULL && bytes_is_nocase(bytes_trim(up->value), "websocket")) ||
           (protocol != NULL && bytes_is_nocase(protocol->value, "websocket"));
}

static struct bytes without_fragment(struct bytes url)
{
    struct bytes rest = url, front;

    return bytes_take_until(&rest, '#', &front) ? front : url;
}

static uint64_t address_digest(
        const struct joiner *g, struct bytes method, struct bytes url, bool socket)
{
    const uint64_t parts[] = {
            siphash_bytes(g->key, method), siphash_bytes(g->key, url), socket};
    uint64_t digest = siphash_words(g->key, parts, sizeof(parts) / sizeof(*parts));

    return digest == 0 ? 1 : digest;
}

static uint64_t told_by(const struct exchange *x)
{
    const struct header *h = message_find(&x->request, "cookie");
    uint64_t told = 0;

    for (; h != NULL; h = message_find_next(&x->request, "cookie", h)) {
        if (told != 0)
            told = browser_told(told, BYTES_LITERAL("; "));
        told = browser_told(told, h->value);
    }
    h = message_find(&x->request, "sec-websocket-key");
    return h == NULL ? told : browser_told(told, h->value);
}

static void describe_exchanges(struct joiner *g)
{
    for (size_t i = 0; i < g->e->exchange_count; i++) {
        const struct exchange *x = g->e->exchanges[i];
        bool socket;

        if (x->message != 0 || !x->request.seen || x->url.n == 0)
            continue;
        socket = is_upgrade(x);
        g->x_address[i] = address_digest(g, socket ? BYTES_LITERAL("GET") : x->method,
                bytes_slice(without_fragment(x->url), 0, BROWSER_URL_MOST), socket);
        g->x_told[i] = told_by(x);
    }
}

static void describe_requests(struct joiner *g)
{
    for (size_t i = 0; i < g->log->request_count; i++) {
        const struct browser_request *r = &g->log->requests[i];

        if (browser_fate_of(r, false) == FATE_WIRE)
            g->r_address[i] = address_digest(g, r->method, r->url, r->socket);
    }
}

static uint64_t server_digest(const struct joiner *g, const struct endpoint *e)
{
    uint8_t bytes[sizeof(e->address) + 3];

    memcpy(bytes, e->address, sizeof(e->address));
    bytes[sizeof(e->address)] = e->version;
    bytes[sizeof(e->address) + 1] = (uint8_t)(e->port >> 8);
    bytes[sizeof(e->address) + 2] = (uint8_t)e->port;
    return siphash_bytes(g->key, bytes_of(bytes, sizeof(bytes)));
}

static int learned_order(const void *a, const void *b)
{
    const struct learned *left = a, *right = b;
    int order = ORDER(left->number, right->number);

    return order == 0 ? endpoint_compare(&left->server, &right->server) : order;
}

/* The connection that those of one number were joined with, where all of them agree. */
static void learn(struct joiner *g)
{
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < g->log->request_count; i++) {
        int64_t x = g->out->exchange_of[i];
        const struct browser_request *r = &g->log->requests[i];

        if (x != BROWSER_NONE && r->connection != 0)
            g->learned[n++] = (struct learned){
                    r->connection, r->server, g->e->exchanges[x]->connection, false};
    }
    if (n != 0)
        qsort(g->learned, n, sizeof(*g->learned), learned_order);
    for (size_t i = 0; i < n; i++) {
        struct learned *last = kept == 0 ? NULL : &g->learned[kept - 1];

        if (last == NULL || learned_order(last, &g->learned[i]) != 0)
            g->learned[kept++] = g->learned[i];
        else
            last->mixed = last->mixed || last->connection != g->learned[i].connection;
    }
    g->learned_count = kept;
    for (size_t i = 0; i < g->log->request_count; i++) {
        const struct browser_request *r = &g->log->requests[i];
        const struct learned want = {.number = r->connection, .server = r->server};
        const struct learned *found =
                kept == 0 || r->connection == 0
                        ? NULL
                        : bsearch(&want, g->learned, kept, sizeof(want), learned_order);

        g->connection[i] = found == NULL || found->mixed ? 0 : found->connection + 1;
    }
}

static uint64_t body_digest(const struct joiner *g, bool has, const uint8_t sha256[32])
{
    return has ? siphash_bytes(g->key, bytes_of(sha256, 32)) : 0;
}

static void set_window(
        const struct browser_request *r, unsigned by, int64_t sent, struct entry *out)
{
    if ((by & BY_NEAR) != 0) {
        out->from = sent - NEAR_NS;
        out->to = sent + NEAR_NS;
    } else if ((by & BY_AHEAD) != 0) {
        out->from = r->start_ns - AHEAD_NS;
        out->to = r->start_ns + SLACK_NS;
    } else {
        out->from = r->start_ns - SLACK_NS;
        out->to = r->end_ns != 0 ? r->end_ns + SLACK_NS : r->start_ns + OPEN_NS;
    }
}

static bool request_entry(const struct joiner *g, size_t i, unsigned by, struct entry *out)
{
    const struct browser_request *r = &g->log->requests[i];
    uint64_t parts[6] = {g->r_address[i]};
    int64_t sent = r->sent_ns == 0 ? r->start_ns : r->sent_ns;

    if (parts[0] == 0 || g->out->exchange_of[i] != BROWSER_NONE ||
            ((by & BY_NEAR) != 0 && r->sent_ns == 0) || ((by & BY_TOLD) != 0 && !r->has_told) ||
            ((by & BY_SERVER) != 0 && r->server.port == 0) ||
            ((by & BY_CONNECTION) != 0 && g->connection[i] == 0))
        return false;
    parts[1] = (by & BY_TOLD) == 0 ? 0 : r->told;
    parts[2] = (by & BY_BODY) == 0 ? 0 : body_digest(g, r->has_body, r->body);
    parts[3] = (by & BY_STATUS) == 0 ? 0 : r->status;
    parts[4] = (by & BY_SERVER) == 0 ? 0 : server_digest(g, &r->server);
    parts[5] = (by & BY_CONNECTION) == 0 ? 0 : g->connection[i];
    *out = (struct entry){.key = siphash_words(g->key, parts, 6), .when = sent, .index = i};
    set_window(r, by, sent, out);
    return r->start_ns != 0 || (by & BY_ALONE) != 0;
}

static bool exchange_entry(const struct joiner *g, size_t i, unsigned by, struct entry *out)
{
    const struct exchange *x = g->e->exchanges[i];
    const struct connection *c = evidence_connection(g->e, x);
    uint64_t parts[6] = {g->x_address[i]};

    if (parts[0] == 0 || g->out->request_of[i] != BROWSER_NONE ||
            ((by & BY_SERVER) != 0 && c == NULL))
        return false;
    parts[1] = (by & BY_TOLD) == 0 ? 0 : g->x_told[i];
    parts[2] = (by & BY_BODY) == 0
                       ? 0
                       : body_digest(g, x->request.body.present && x->request.body.bytes != 0,
                                 x->request.body.sha256);
    parts[3] = (by & BY_STATUS) == 0 ? 0 : x->status;
    parts[4] = (by & BY_SERVER) == 0 ? 0 : server_digest(g, &c->server);
    parts[5] = (by & BY_CONNECTION) == 0 ? 0 : x->connection + 1;
    *out = (struct entry){
            .key = siphash_words(g->key, parts, 6), .when = x->request.first_ns, .index = i};
    return true;
}

static int entry_order(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = ORDER(left->key, right->key);

    if (order == 0)
        order = ORDER(left->when, right->when);
    return order == 0 ? ORDER(left->index, right->index) : order;
}

/* Digests can meet: what is joined is looked at. */
static bool alike(const struct joiner *g, size_t request, size_t exchange)
{
    const struct browser_request *r = &g->log->requests[request];
    const struct exchange *x = g->e->exchanges[exchange];

    return bytes_equal(r->url, bytes_slice(without_fragment(x->url), 0, BROWSER_URL_MOST)) &&
           (r->socket || bytes_equal(r->method, x->method));
}

static void join(struct joiner *g, size_t request, size_t exchange)
{
    if (!alike(g, request, exchange))
        return;
    g->out->exchange_of[request] = (int64_t)exchange;
    g->out->request_of[exchange] = (int64_t)request;
}

/* Those of one key, both sides by time: the earliest that fits is taken, as both went on. */
static void join_group(struct joiner *g, unsigned by, const struct entry *rs, size_t rn,
        const struct entry *xs, size_t xn)
{
    size_t r = 0, x = 0;

    if ((by & BY_ALONE) != 0) {
        if (rn == 1 && xn == 1)
            join(g, rs->index, xs->index);
        return;
    }
    while (r < rn && x < xn) {
        if (xs[x].when < rs[r].from)
            x++;
        else if (xs[x].when > rs[r].to)
            r++;
        else
            join(g, rs[r++].index, xs[x++].index);
    }
}

static size_t group_end(const struct entry *at, size_t begin, size_t n)
{
    size_t end = begin;

    while (end < n && at[end].key == at[begin].key)
        end++;
    return end;
}

static void run_pass(struct joiner *g, unsigned by)
{
    size_t rn = 0, xn = 0, r = 0, x = 0;

    for (size_t i = 0; i < g->log->request_count; i++)
        rn += request_entry(g, i, by, &g->rs[rn]);
    for (size_t i = 0; i < g->e->exchange_count && rn != 0; i++)
        xn += exchange_entry(g, i, by, &g->xs[xn]);
    if (rn == 0 || xn == 0)
        return;
    qsort(g->rs, rn, sizeof(*g->rs), entry_order);
    qsort(g->xs, xn, sizeof(*g->xs), entry_order);
    while (r < rn && x < xn) {
        if (g->rs[r].key < g->xs[x].key) {
            r = group_end(g->rs, r, rn);
        } else if (g->rs[r].key > g->xs[x].key) {
            x = group_end(g->xs, x, xn);
        } else {
            size_t r_end = group_end(g->rs, r, rn), x_end = group_end(g->xs, x, xn);

            join_group(g, by, g->rs + r, r_end - r, g->xs + x, x_end - x);
            r = r_end;
            x = x_end;
        }
    }
}

/*
 * What was fetched because of early hints, or ahead of its use, is told only when it is used,
 * as answered by the cache: the exchange that brought it is the newest like it from before.
 */
static void run_ahead(struct joiner *g)
{
    for (size_t i = 0; i < g->log->request_count; i++) {
        const struct browser_request *r = &g->log->requests[i];

        g->r_address[i] = browser_fate_of(r, false) == FATE_AHEAD
                                  ? address_digest(g, r->method, r->url, false)
                                  : 0;
    }
    run_pass(g, BY_AHEAD);
}

static bool allocate(struct joiner *g, struct arena *arena)
{
    size_t xn = g->e->exchange_count, rn = g->log->request_count;
    struct browser_match *m = g->out;

    m->request_of = arena_array(arena, xn + 1, sizeof(*m->request_of));
    m->exchange_of = arena_array(arena, rn + 1, sizeof(*m->exchange_of));
    m->fate = arena_array(arena, rn + 1, sizeof(*m->fate));
    m->miss = arena_array(arena, rn + 1, sizeof(*m->miss));
    g->x_address = calloc(xn + 1, sizeof(*g->x_address));
    g->x_told = calloc(xn + 1, sizeof(*g->x_told));
    g->xs = calloc(xn + 1, sizeof(*g->xs));
    g->r_address = calloc(rn + 1, sizeof(*g->r_address));
    g->connection = calloc(rn + 1, sizeof(*g->connection));
    g->learned = calloc(rn + 1, sizeof(*g->learned));
    g->rs = calloc(rn + 1, sizeof(*g->rs));
    return m->request_of != NULL && m->exchange_of != NULL && m->fate != NULL &&
           m->miss != NULL && g->x_address != NULL && g->x_told != NULL && g->xs != NULL &&
           g->r_address != NULL && g->connection != NULL && g->learned != NULL && g->rs != NULL;
}

enum status browser_match_make(struct arena *arena, const struct evidence *e,
        const struct browser_log *log, struct browser_match *out)
{
    struct browser_match made = {0};
    struct joiner g = {.e = e, .log = log, .out = &made, .key = siphash_key_draw()};
    bool ok = allocate(&g, arena);

    if (ok) {
        for (size_t i = 0; i < e->exchange_count; i++)
            made.request_of[i] = BROWSER_NONE;
        for (size_t i = 0; i < log->request_count; i++)
            made.exchange_of[i] = BROWSER_NONE;
        describe_exchanges(&g);
        describe_requests(&g);
        for (size_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
            if ((passes[i] & BY_CONNECTION) != 0)
                learn(&g);
            run_pass(&g, passes[i]);
        }
        run_ahead(&g);
        ok = browser_fates(e, log, &made);
    }
    free(g.x_address);
    free(g.x_told);
    free(g.xs);
    free(g.r_address);
    free(g.connection);
    free(g.learned);
    free(g.rs);
    if (ok)
        *out = made;
    return ok ? STATUS_OK : STATUS_NOMEM;
}
