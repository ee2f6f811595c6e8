/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/browser_fate.h"

#include <stdlib.h>

const char *browser_fate_name(enum browser_fate fate)
{
    static const char *const names[BROWSER_FATES] = {
            [FATE_WIRE] = "wire",
            [FATE_HTTP_CACHE] = "http-cache",
            [FATE_MEMORY_CACHE] = "memory-cache",
            [FATE_AHEAD] = "fetched-ahead",
            [FATE_SERVICE_WORKER] = "service-worker",
            [FATE_INLINE] = "inline",
            [FATE_EXTENSION] = "extension",
            [FATE_INTERNAL] = "internal",
            [FATE_REDIRECTED] = "internal-redirect",
            [FATE_NOT_SENT] = "not-sent",
            [FATE_ABORTED] = "aborted",
            [FATE_UNDECIDED] = "undecided",
            [FATE_MISSED] = "missed",
    };

    return names[fate];
}

const char *browser_miss_name(enum browser_miss miss)
{
    static const char *const names[] = {
            [MISS_NOT_FOUND] = "not-in-connection",
            [MISS_UNREAD] = "connection-not-read",
            [MISS_NO_CONNECTION] = "no-connection",
            [MISS_NO_SERVER] = "server-not-told",
    };

    return names[miss];
}

/* By scheme: only http and https travel; FATE_WIRE for those. */
static enum browser_fate fate_of_scheme(struct bytes url)
{
    static const struct {
        const char *scheme;
        enum browser_fate fate;
    } schemes[] = {
            {"http", FATE_WIRE},
            {"https", FATE_WIRE},
            {"data", FATE_INLINE},
            {"blob", FATE_INLINE},
            {"about", FATE_INLINE},
            {"javascript", FATE_INLINE},
            {"filesystem", FATE_INLINE},
            {"chrome-extension", FATE_EXTENSION},
            {"extension", FATE_EXTENSION},
            {"moz-extension", FATE_EXTENSION},
    };
    struct bytes rest = url, scheme;

    if (!bytes_take_until(&rest, ':', &scheme))
        return FATE_INTERNAL;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
        if (bytes_is_nocase(scheme, schemes[i].scheme))
            return schemes[i].fate;
    }
    return FATE_INTERNAL;
}

/* A header was put together and taken back: whether it left is not told. An answer that names
 * no server and no header that was sent came from nobody knows where. */
static enum browser_fate fate_of_rest(const struct browser_request *r)
{
    if (r->answered && (r->server.port != 0 || r->wired))
        return FATE_MISSED;
    if (r->wired)
        return r->failed && r->cancelled ? FATE_UNDECIDED : FATE_MISSED;
    if (r->failed)
        return r->cancelled && !r->blocked ? FATE_ABORTED : FATE_NOT_SENT;
    return FATE_UNDECIDED;
}

enum browser_fate browser_fate_of(const struct browser_request *r, bool left)
{
    enum browser_fate fate = fate_of_scheme(r->url);

    if (fate != FATE_WIRE)
        return fate;
    if (r->inside)
        return FATE_REDIRECTED;
    if (r->from_worker)
        return FATE_SERVICE_WORKER;
    if (r->ahead && (r->from_disk || r->from_memory))
        return FATE_AHEAD;
    if (r->from_memory)
        return r->from_disk ? FATE_HTTP_CACHE : FATE_MEMORY_CACHE;
    if (r->from_disk)
        return FATE_HTTP_CACHE;
    return left ? fate_of_rest(r) : FATE_WIRE;
}

/* What became of the connections to one server. */
struct met {
    struct endpoint server;
    bool unread; /* one of them was not read, or not in full */
};

static int met_order(const void *a, const void *b)
{
    const struct met *left = a, *right = b;

    return endpoint_compare(&left->server, &right->server);
}

/* Sorted, each server once. */
static size_t gather_met(const struct evidence *e, struct met *met)
{
    size_t n = 0;

    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        met[i] = (struct met){
                c->server, c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL};
    }
    if (e->connection_count != 0)
        qsort(met, e->connection_count, sizeof(*met), met_order);
    for (size_t i = 0; i < e->connection_count; i++) {
        if (n == 0 || met_order(&met[n - 1], &met[i]) != 0)
            met[n++] = met[i];
        else
            met[n - 1].unread = met[n - 1].unread || met[i].unread;
    }
    return n;
}

static enum browser_miss miss_of(
        const struct met *met, size_t n, const struct browser_request *r)
{
    const struct met want = {.server = r->server};
    const struct met *found;

    if (r->server.port == 0)
        return MISS_NO_SERVER;
    found = n == 0 ? NULL : bsearch(&want, met, n, sizeof(want), met_order);
    if (found == NULL)
        return MISS_NO_CONNECTION;
    return found->unread ? MISS_UNREAD : MISS_NOT_FOUND;
}

/* Text and binary messages of joined WebSockets, on both sides. */
static void count_messages(
        const struct evidence *e, const struct browser_log *log, struct browser_match *m)
{
    for (size_t i = 0; i < log->request_count; i++) {
        if (m->exchange_of[i] != BROWSER_NONE)
            m->messages[0] += log->requests[i].sent + log->requests[i].received;
    }
    for (size_t i = 0; i < e->exchange_count; i++) {
        struct bytes opcode = bytes_text(e->exchanges[i]->opcode);

        m->messages[1] += e->exchanges[i]->message != 0 &&
                          (bytes_is(opcode, "text") || bytes_is(opcode, "binary"));
    }
}

bool browser_fates(
        const struct evidence *e, const struct browser_log *log, struct browser_match *m)
{
    struct met *met = calloc(e->connection_count + 1, sizeof(*met));
    size_t servers;

    if (met == NULL)
        return false;
    servers = gather_met(e, met);
    for (size_t i = 0; i < log->request_count; i++) {
        enum browser_fate fate = m->exchange_of[i] != BROWSER_NONE
                                         ? FATE_WIRE
                                         : browser_fate_of(&log->requests[i], true);

        m->fate[i] = (uint8_t)fate;
        m->fates[fate]++;
        if (fate == FATE_MISSED)
            m->miss[i] = (uint8_t)miss_of(met, servers, &log->requests[i]);
    }
    for (size_t i = 0; i < e->exchange_count; i++)
        m->only_wire += e->exchanges[i]->message == 0 && m->request_of[i] == BROWSER_NONE;
    count_messages(e, log, m);
    free(met);
    return true;
}
