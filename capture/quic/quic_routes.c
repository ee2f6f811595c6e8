/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "capture/quic/quic_packet.h"

enum {
    BUCKETS_FIRST = 256,
    LONG_HEADER = 0x80,
    LONG_ID_AT = 5, /* of a long header: first byte, version, then the ID with its length */
    SHORT_ID_AT = 1,
};

struct route {
    struct route *chain, **chain_at; /* in its bucket, the newest first */
    struct route *older, *newer;     /* of all */
    struct route *kin, **kin_at;     /* of its owner */
    struct owner *owner;
    enum direction to;
    uint8_t length;
    uint8_t id[QUIC_ID_MOST];
};

struct owner {
    void *given;
    struct route *routes;
    struct owner *chain;
};

struct quic_routes {
    struct siphash_key seed;
    struct route **ids;    /* owned: heads of buckets by ID */
    struct owner **owners; /* owned: likewise by owner */
    size_t bucket_count;   /* of either; a power of two */
    size_t n;
    struct route *oldest, *newest;
    size_t in_use[QUIC_ID_MOST + 1]; /* routes by the length of their ID */
};

struct quic_routes *quic_routes_new(void)
{
    struct quic_routes *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return NULL;
    r->ids = calloc(BUCKETS_FIRST, sizeof(struct route *));
    r->owners = calloc(BUCKETS_FIRST, sizeof(struct owner *));
    if (r->ids == NULL || r->owners == NULL) {
        quic_routes_free(r);
        return NULL;
    }
    r->bucket_count = BUCKETS_FIRST;
    r->seed = siphash_key_draw();
    return r;
}

static struct route **bucket_of(const struct quic_routes *r, struct bytes id)
{
    return &r->ids[siphash_bytes(r->seed, id) & (r->bucket_count - 1)];
}

static struct owner **owner_bucket(const struct quic_routes *r, const void *given)
{
    uint64_t word = (uintptr_t)given;

    return &r->owners[siphash_words(r->seed, &word, 1) & (r->bucket_count - 1)];
}

static void chain_in(struct quic_routes *r, struct route *route)
{
    struct route **at = bucket_of(r, bytes_of(route->id, route->length));

    route->chain = *at;
    route->chain_at = at;
    if (*at != NULL)
        (*at)->chain_at = &route->chain;
    *at = route;
}

/* Twice the buckets, when memory allows; longer chains otherwise, nothing worse. */
static void grow(struct quic_routes *r)
{
    size_t old = r->bucket_count, count = old * 2;
    struct owner **owners, **was = r->owners;
    struct route **ids;

    if (r->n < old)
        return;
    ids = calloc(count, sizeof(struct route *));
    owners = calloc(count, sizeof(struct owner *));
    if (ids == NULL || owners == NULL) {
        free(ids);
        free(owners);
        return;
    }
    free(r->ids);
    r->ids = ids;
    r->owners = owners;
    r->bucket_count = count;
    for (struct route *route = r->oldest; route != NULL; route = route->newer)
        chain_in(r, route);
    for (size_t i = 0; i < old; i++) {
        while (was[i] != NULL) {
            struct owner *owner = was[i], **at = owner_bucket(r, owner->given);

            was[i] = owner->chain;
            owner->chain = *at;
            *at = owner;
        }
    }
    free(was);
}

static void remove_owner(struct quic_routes *r, struct owner *owner)
{
    struct owner **at = owner_bucket(r, owner->given);

    while (*at != owner)
        at = &(*at)->chain;
    *at = owner->chain;
    free(owner);
}

static void remove_route(struct quic_routes *r, struct route *route)
{
    *route->chain_at = route->chain;
    if (route->chain != NULL)
        route->chain->chain_at = route->chain_at;
    *route->kin_at = route->kin;
    if (route->kin != NULL)
        route->kin->kin_at = route->kin_at;
    if (route->older != NULL)
        route->older->newer = route->newer;
    else
        r->oldest = route->newer;
    if (route->newer != NULL)
        route->newer->older = route->older;
    else
        r->newest = route->older;
    r->in_use[route->length]--;
    r->n--;
    if (route->owner->routes == NULL)
        remove_owner(r, route->owner);
    free(route);
}

void quic_routes_free(struct quic_routes *r)
{
    if (r == NULL)
        return;
    while (r->oldest != NULL)
        remove_route(r, r->oldest);
    free(r->ids);
    free(r->owners);
    free(r);
}

/* Known already, as far as one looks: of an ID that very many bear, only the newest count. */
static bool is_known(
        const struct quic_routes *r, struct bytes id, const void *owner, enum direction to)
{
    unsigned tries = 0;

    for (const struct route *x = *bucket_of(r, id); x != NULL; x = x->chain) {
        if (!bytes_equal(bytes_of(x->id, x->length), id))
            continue;
        if (x->owner->given == owner && x->to == to)
            return true;
        if (++tries == QUIC_ROUTE_TRIES)
            return false;
    }
    return false;
}

static struct owner *owner_of(struct quic_routes *r, void *given)
{
    struct owner **at = owner_bucket(r, given), *owner = *at;

    while (owner != NULL && owner->given != given)
        owner = owner->chain;
    if (owner != NULL)
        return owner;
    owner = calloc(1, sizeof(*owner));
    if (owner == NULL)
        return NULL;
    owner->given = given;
    owner->chain = *at;
    *at = owner;
    return owner;
}

enum status quic_routes_add(
        struct quic_routes *r, struct bytes id, void *owner, enum direction to)
{
    struct route *route;

    if (id.n == 0 || id.n > QUIC_ID_MOST || is_known(r, id, owner, to))
        return STATUS_OK;
    route = calloc(1, sizeof(*route));
    if (route == NULL)
        return STATUS_NOMEM;
    grow(r);
    route->owner = owner_of(r, owner);
    if (route->owner == NULL) {
        free(route);
        return STATUS_NOMEM;
    }
    route->to = to;
    route->length = (uint8_t)id.n;
    memcpy(route->id, id.p, id.n);
    chain_in(r, route);
    route->kin = route->owner->routes;
    route->kin_at = &route->owner->routes;
    if (route->kin != NULL)
        route->kin->kin_at = &route->kin;
    route->owner->routes = route;
    route->older = r->newest;
    if (r->newest != NULL)
        r->newest->newer = route;
    else
        r->oldest = route;
    r->newest = route;
    r->in_use[id.n]++;
    if (++r->n > QUIC_ROUTES_MOST)
        remove_route(r, r->oldest);
    return STATUS_OK;
}

void quic_routes_drop(struct quic_routes *r, const void *owner)
{
    struct owner *o = *owner_bucket(r, owner);

    while (o != NULL && o->given != owner)
        o = o->chain;
    if (o == NULL)
        return;
    for (struct route *next, *route = o->routes; route != NULL; route = next) {
        next = route->kin; /* the owner goes with its last route */
        remove_route(r, route);
    }
}

/* Appends the owners of `id`, each once. */
static size_t find_id(const struct quic_routes *r, struct bytes id, size_t n,
        struct quic_route out[QUIC_ROUTE_TRIES])
{
    for (const struct route *x = *bucket_of(r, id); x != NULL && n < QUIC_ROUTE_TRIES;
            x = x->chain) {
        bool again = false;

        if (!bytes_equal(bytes_of(x->id, x->length), id))
            continue;
        for (size_t i = 0; i < n; i++)
            again |= out[i].owner == x->owner->given && out[i].to == x->to;
        if (!again)
            out[n++] = (struct quic_route){x->owner->given, x->to};
    }
    return n;
}

size_t quic_routes_find_id(
        const struct quic_routes *r, struct bytes id, struct quic_route out[QUIC_ROUTE_TRIES])
{
    return find_id(r, id, 0, out);
}

size_t quic_routes_find(const struct quic_routes *r, struct bytes datagram,
        struct quic_route out[QUIC_ROUTE_TRIES])
{
    size_t n = 0;

    if (datagram.n == 0)
        return 0;
    if ((datagram.p[0] & LONG_HEADER) != 0) {
        struct bytes rest = bytes_slice(datagram, LONG_ID_AT, datagram.n), id;

        if (!bytes_take_vec8(&rest, &id) || id.n == 0 || id.n > QUIC_ID_MOST)
            return 0;
        return find_id(r, id, 0, out);
    }
    for (size_t length = QUIC_ID_MOST; length > 0; length--) {
        if (r->in_use[length] != 0 && datagram.n >= SHORT_ID_AT + length)
            n = find_id(r, bytes_slice(datagram, SHORT_ID_AT, SHORT_ID_AT + length), n, out);
    }
    return n;
}
