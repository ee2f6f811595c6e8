/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/har/har_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

enum {
    ARENA_MOST = 64 << 10,
    HOST_MOST = 256,
    KEY_MOST = HAR_CONNECTION_NAME_MOST + HOST_MOST + ENDPOINT_TEXT + 16,
    FIRST_SLOTS = 256,
};

struct har_connections {
    struct siphash_key hash;
    struct connection **at; /* owned, each */
    struct bytes *keys;     /* in the arenas of the connections */
    size_t n, capacity;
    uint32_t *slots; /* index + 1; 0 free */
    size_t slot_count;
    uint32_t before;
};

struct har_connections *har_connections_new(uint32_t before)
{
    struct har_connections *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->hash = siphash_key_draw();
    c->before = before;
    return c;
}

static void connection_free(struct connection *c)
{
    if (c == NULL)
        return;
    ledger_clear(&c->ledger);
    arena_free(c->arena);
    free(c);
}

void har_connections_free(struct har_connections *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n; i++)
        connection_free(c->at[i]);
    free(c->at);
    free(c->keys);
    free(c->slots);
    free(c);
}

static size_t slot_of(const struct har_connections *c, struct bytes key)
{
    size_t i = (size_t)siphash_bytes(c->hash, key) & (c->slot_count - 1);

    while (c->slots[i] != 0 && !bytes_equal(c->keys[c->slots[i] - 1], key))
        i = (i + 1) & (c->slot_count - 1);
    return i;
}

/* At most half of the slots are taken. */
static bool grow_slots(struct har_connections *c)
{
    size_t larger = c->slot_count == 0 ? FIRST_SLOTS : c->slot_count * 2;
    uint32_t *slots;

    if (2 * (c->n + 1) <= c->slot_count)
        return true;
    slots = calloc(larger, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(c->slots);
    c->slots = slots;
    c->slot_count = larger;
    for (size_t i = 0; i < c->n; i++)
        c->slots[slot_of(c, c->keys[i])] = (uint32_t)i + 1;
    return true;
}

static bool grow_list(struct har_connections *c)
{
    size_t larger = c->capacity == 0 ? 64 : c->capacity * 2;
    struct connection **at;
    struct bytes *keys;

    if (c->n < c->capacity)
        return true;
    at = realloc(c->at, larger * sizeof(struct connection *));
    if (at == NULL)
        return false;
    c->at = at;
    keys = realloc(c->keys, larger * sizeof(*keys));
    if (keys == NULL)
        return false;
    c->keys = keys;
    c->capacity = larger;
    return true;
}

static struct bytes write_key(const struct har_connection_key *key, char out[KEY_MOST])
{
    struct bytes number = bytes_slice(key->number, 0, HAR_CONNECTION_NAME_MOST);
    struct bytes host = bytes_slice(key->host, 0, HOST_MOST);
    char server[ENDPOINT_TEXT] = "";
    int n;

    if (key->server.version != 0) {
        endpoint_text(&key->server, server);
        host.n = 0;
    }
    n = snprintf(out, KEY_MOST, "%.*s|%s|%.*s|%u|%s%s", (int)number.n, (const char *)number.p,
            server, (int)host.n, (const char *)host.p, (unsigned)key->server.port,
            key->secure ? "s" : "", key->datagrams ? "d" : "");
    return bytes_of(out, (size_t)n);
}

static struct connection *make(
        struct har_connections *c, const struct har_connection_key *key, struct bytes text)
{
    struct connection *made = calloc(1, sizeof(*made));

    if (made == NULL)
        return NULL;
    made->arena = arena_new(ARENA_MOST);
    if (made->arena == NULL || !arena_copy(made->arena, text, &c->keys[c->n])) {
        connection_free(made);
        return NULL;
    }
    made->id = c->before + (uint32_t)c->n + 1;
    made->transport = key->datagrams ? TRANSPORT_UDP : TRANSPORT_TCP;
    made->server = key->server;
    made->decrypted = DECRYPTED_NOT_NEEDED;
    ledger_init(&made->ledger, made->id);
    return made;
}

enum status har_connections_find(struct har_connections *c,
        const struct har_connection_key *key, struct connection **out)
{
    char room[KEY_MOST];
    struct bytes text = write_key(key, room);
    struct connection *made;
    size_t slot;

    if (!grow_slots(c))
        return STATUS_NOMEM;
    slot = slot_of(c, text);
    if (c->slots[slot] != 0) {
        *out = c->at[c->slots[slot] - 1];
        return STATUS_OK;
    }
    *out = NULL;
    if (c->before + c->n >= HAR_CONNECTIONS_MOST)
        return STATUS_OK;
    made = grow_list(c) ? make(c, key, text) : NULL;
    if (made == NULL)
        return STATUS_NOMEM;
    c->at[c->n++] = made;
    c->slots[slot] = (uint32_t)c->n;
    *out = made;
    return STATUS_OK;
}

struct connection **har_connections_all(struct har_connections *c, size_t *n)
{
    *n = c->n;
    return c->at;
}
