/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: endpoint_list, belonging. Asserts: whatever is in the file, reading ends well, the same in
 * two pieces as in one; what is kept is in order and apart; an endpoint is the browser's exactly
 * while it was used; each connection is counted once. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/belonging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 8 };

static struct endpoint_list *read_list(const uint8_t *data, size_t size, size_t at)
{
    struct endpoint_list *l = endpoint_list_new();

    assert(l != NULL);
    assert(endpoint_list_push(l, bytes_of(data, at)) == STATUS_OK);
    assert(endpoint_list_push(l, bytes_of(data + at, size - at)) == STATUS_OK);
    assert(endpoint_list_seal(l) == STATUS_OK);
    return l;
}

static bool same_ends(const struct endpoint_use *a, const struct endpoint_use *b)
{
    return a->transport == b->transport && endpoint_equal(&a->local, &b->local) &&
           endpoint_equal(&a->remote, &b->remote);
}

static void check_same(const struct endpoint_list *a, const struct endpoint_list *b)
{
    assert(a->lines == b->lines && a->unread == b->unread && a->endpoints == b->endpoints);
    assert(a->browser == b->browser && a->capped == b->capped && a->cut == b->cut);
    assert(a->use_count == b->use_count);
    for (size_t i = 0; i < a->use_count; i++) {
        assert(same_ends(&a->uses[i], &b->uses[i]));
        assert(a->uses[i].first_ns == b->uses[i].first_ns);
        assert(a->uses[i].last_ns == b->uses[i].last_ns);
    }
}

/* What looking at all uses, one by one, says. */
static bool was_used(const struct endpoint_list *l, const struct endpoint_use *ends, int64_t at)
{
    bool found = false;

    for (size_t i = 0; i < l->use_count; i++)
        found = found || (same_ends(&l->uses[i], ends) &&
                                 l->uses[i].first_ns - ENDPOINT_SLACK_NS <= at &&
                                 l->uses[i].last_ns + ENDPOINT_SLACK_NS >= at);
    return found;
}

static void check_uses(const struct endpoint_list *l)
{
    uint64_t endpoints = 0;

    assert(l->unread <= l->lines && l->use_count <= l->lines);
    assert(l->use_count == 0 || l->browser);
    for (size_t i = 0; i < l->use_count && i < 64; i++) {
        const struct endpoint_use *use = &l->uses[i];
        bool usable = use->remote.version != 0 || use->transport == TRANSPORT_UDP;
        static const uint8_t none[16];

        assert(use->first_ns <= use->last_ns);
        assert(i == 0 || !same_ends(use, use - 1) || use->first_ns > use[-1].last_ns);
        if (memcmp(use->local.address, none, sizeof(none)) == 0 || !usable)
            continue;
        for (int side = 0; side < 2; side++) {
            int64_t at = side == 0 ? use->first_ns - ENDPOINT_SLACK_NS - 1
                                   : use->last_ns + ENDPOINT_SLACK_NS + 1;
            struct endpoint_use any = *use;

            any.remote = (struct endpoint){.version = 0};
            assert(endpoint_list_has(
                    l, use->transport, &use->local, &use->remote, use->last_ns, INT64_MAX));
            assert(endpoint_list_has(l, use->transport, &use->local, &use->remote, at, at) ==
                    (was_used(l, use, at) ||
                            (use->transport == TRANSPORT_UDP && was_used(l, &any, at))));
        }
    }
    for (size_t i = 0; i < l->use_count; i++)
        endpoints += i == 0 || !same_ends(&l->uses[i], &l->uses[i - 1]);
    assert(endpoints == l->endpoints);
}

/* Some of the endpoints have connections, and every other one is somebody's. */
static void fill(struct evidence *e, const struct endpoint_list *l)
{
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        struct connection *c = calloc(1, sizeof(*c));

        assert(c != NULL);
        c->id = i + 1;
        ledger_init(&c->ledger, c->id);
        if (i < l->use_count) {
            c->transport = l->uses[i].transport;
            c->client = l->uses[i].local;
            c->server = l->uses[i].remote;
            c->first_ns = c->last_ns = i % 2 == 0 ? l->uses[i].last_ns : 0;
        }
        c->exchanges = i % 3;
        c->continues = i % 4 == 3 ? i : 0;
        assert(evidence_add_connection(e, c) == STATUS_OK);
    }
    assert(evidence_seal(e) == STATUS_OK);
}

static void check_belongings(const struct evidence *e, const struct endpoint_list *l)
{
    struct arena *arena = arena_new(1 << 20);
    struct belongings b;
    uint64_t unknown = 0;

    assert(arena != NULL);
    assert(belongings_judge(arena, e, l, &b) == STATUS_OK);
    assert((b.list != NULL) == l->browser);
    for (size_t i = 0; i < e->connection_count; i++) {
        unknown += belonging_is_unknown(&b, e->connections[i]);
        assert((belonging_name(&b, e->connections[i]) != NULL) == l->browser);
    }
    assert(unknown == b.n[BELONGING_UNKNOWN] && b.with_exchanges <= unknown);
    assert(b.n[0] + b.n[1] + b.n[2] == (l->browser ? e->connection_count : 0));
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct endpoint_list *l = read_list(data, size, 0);
    struct endpoint_list *other = read_list(data, size, size / 2);
    struct evidence e;

    check_same(l, other);
    check_uses(l);
    endpoint_list_free(other);
    assert(evidence_init(&e) == STATUS_OK);
    fill(&e, l);
    check_belongings(&e, l);
    evidence_clear(&e);
    endpoint_list_free(l);
    return 0;
}
