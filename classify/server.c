/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/server.h"

#include <stdlib.h>
#include <string.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* A name that a connection was used for; of one without exchanges, the name its hello asks for. */
struct use {
    const struct endpoint *address;
    size_t connection;
    struct bytes host;
    bool opens; /* stands for the connection itself: each has one */
};

static int by_address(const void *a, const void *b)
{
    const struct use *left = a, *right = b;
    int order = ORDER(left->address->version, right->address->version);

    if (order == 0)
        order = memcmp(left->address->address, right->address->address,
                sizeof(left->address->address));
    if (order == 0)
        order = bytes_compare(left->host, right->host);
    if (order == 0)
        order = ORDER(left->connection, right->connection);
    return order == 0 ? ORDER(left->opens, right->opens) : order;
}

static bool same_address(const struct use *a, const struct use *b)
{
    return a->address->version == b->address->version &&
           memcmp(a->address->address, b->address->address, sizeof(a->address->address)) == 0;
}

static int by_first(const void *a, const void *b)
{
    const struct server *left = a, *right = b;

    return ORDER(left->first, right->first);
}

static size_t take_uses(const struct evidence *e, struct use *uses)
{
    size_t n = 0;

    for (size_t i = 0; i < e->connection_count; i++) {
        const struct connection *c = e->connections[i];

        if (c != NULL && c->server.version != 0)
            uses[n++] = (struct use){&c->server, i,
                    c->exchanges == 0 ? bytes_text(c->tls.server_name) : (struct bytes){0},
                    true};
    }
    for (size_t i = 0; i < e->exchange_count; i++) {
        const struct connection *c = evidence_connection(e, e->exchanges[i]);

        if (c != NULL && c->server.version != 0 && e->exchanges[i]->host.n != 0)
            uses[n++] = (struct use){
                    &c->server, e->exchanges[i]->connection - 1, e->exchanges[i]->host, false};
    }
    return n;
}

/* Uses of one address, sorted by host. */
static bool make_server(
        struct arena *arena, const struct use *uses, size_t n, struct server *out)
{
    size_t most = n < SERVER_HOSTS_MOST ? n : SERVER_HOSTS_MOST;
    char text[ENDPOINT_TEXT];

    *out = (struct server){.address = *uses[0].address, .first = uses[0].connection};
    out->address.port = 0;
    endpoint_address_text(&out->address, text);
    out->text = arena_string(arena, bytes_text(text));
    out->hosts = arena_array(arena, most, sizeof(*out->hosts));
    if (out->text == NULL || out->hosts == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        out->connections += uses[i].opens;
        if (uses[i].connection < out->first)
            out->first = uses[i].connection;
        if (uses[i].host.n == 0 ||
                (out->host_count != 0 &&
                        bytes_equal(out->hosts[out->host_count - 1], uses[i].host)))
            continue;
        if (out->host_count == most)
            out->more_hosts = true;
        else
            out->hosts[out->host_count++] = uses[i].host;
    }
    return true;
}

static bool make_all(struct arena *arena, const struct use *uses, size_t n, struct servers *out)
{
    size_t addresses = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        addresses += i == 0 || !same_address(&uses[i - 1], &uses[i]);
    out->at = arena_array(arena, addresses, sizeof(*out->at));
    if (addresses != 0 && out->at == NULL)
        return false;
    while (at < n) {
        size_t end = at + 1;

        while (end < n && same_address(&uses[at], &uses[end]))
            end++;
        if (!make_server(arena, &uses[at], end - at, &out->at[out->n]))
            return false;
        out->n++;
        at = end;
    }
    if (out->n != 0)
        qsort(out->at, out->n, sizeof(*out->at), by_first);
    return true;
}

enum status servers_gather(struct arena *arena, const struct evidence *e, struct whereabouts *w,
        struct servers *out)
{
    struct use *uses = calloc(e->connection_count + e->exchange_count + 1, sizeof(*uses));
    struct servers made = {0};
    size_t n;
    bool ok;

    if (uses == NULL)
        return STATUS_NOMEM;
    n = take_uses(e, uses);
    if (n != 0)
        qsort(uses, n, sizeof(*uses), by_address);
    ok = make_all(arena, uses, n, &made);
    free(uses);
    if (!ok)
        return STATUS_NOMEM;
    for (size_t i = 0; i < made.n && w != NULL; i++)
        made.at[i].known = whereabouts_find(w, made.at[i].text, &made.at[i].at);
    *out = made;
    return STATUS_OK;
}
