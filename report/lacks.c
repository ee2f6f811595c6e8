/* SPDX-License-Identifier: Apache-2.0 */
#include "report/lacks.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
        [STATE_COMPLETE] = "complete",
        [STATE_NO_REQUEST] = "no-request",
        [STATE_REQUEST_HEAD] = "request-head-cut",
        [STATE_REQUEST_BODY] = "request-body-cut",
        [STATE_NO_RESPONSE] = "no-response",
        [STATE_RESPONSE_HEAD] = "response-head-cut",
        [STATE_RESPONSE_BODY] = "response-body-cut",
        [STATE_UNDECODED] = "not-decoded",
        [STATE_DOUBTFUL] = "beside-a-gap",
};

const char *lacks_state_name(enum exchange_state state)
{
    return state_names[state];
}

/* Its bytes are all there, but what they were coded with was not undone. */
static bool is_undecoded(const struct message *m)
{
    enum gap_cause why;

    return body_undecoded(&m->body, &why);
}

enum exchange_state lacks_state(const struct exchange *x)
{
    const struct message *request = &x->request, *response = &x->response;
    /* A message of a WebSocket goes one way, without a head: the other side is not missing. */
    const bool socket = x->message != 0;

    if (x->complete)
        return STATE_COMPLETE;
    if (!socket && !request->seen)
        return STATE_NO_REQUEST;
    if (!socket && !request->head_whole)
        return STATE_REQUEST_HEAD;
    if (request->seen && !request->whole)
        return is_undecoded(request) ? STATE_UNDECODED : STATE_REQUEST_BODY;
    if (!socket && !response->seen)
        return STATE_NO_RESPONSE;
    if (!socket && !response->head_whole)
        return STATE_RESPONSE_HEAD;
    if (response->seen && !response->whole)
        return is_undecoded(response) ? STATE_UNDECODED : STATE_RESPONSE_BODY;
    return STATE_DOUBTFUL;
}

static int by_name(const void *a, const void *b)
{
    const struct lack_name *left = a, *right = b;

    return strcmp(left->name, right->name);
}

/* Sorts what was noted one by one and adds up what has the same name. */
static void join(struct lack_names *names)
{
    size_t n = 0;

    if (names->n != 0)
        qsort(names->at, names->n, sizeof(*names->at), by_name);
    for (size_t i = 0; i < names->n; i++) {
        struct lack_name *last = n == 0 ? NULL : &names->at[n - 1];

        if (last == NULL || strcmp(last->name, names->at[i].name) != 0) {
            names->at[n++] = names->at[i];
            continue;
        }
        last->n += names->at[i].n;
        if (__builtin_add_overflow(last->bytes, names->at[i].bytes, &last->bytes))
            last->bytes = UINT64_MAX;
    }
    names->n = n;
}

/* What capture/ calls the protocols that it takes apart. */
static bool is_read(const char *protocol)
{
    static const char *const read[] = {
            "http/1.0", "http/1.1", "h2", "h3", "websocket", "dns", "doq"};

    for (size_t i = 0; protocol != NULL && i < sizeof(read) / sizeof(*read); i++) {
        if (strcmp(protocol, read[i]) == 0)
            return true;
    }
    return false;
}

/* Something travelled that no key was missing for, and nothing was made of it. A handshake alone
 * carries nothing. */
static bool is_foreign(const struct connection *c)
{
    bool plain = c->decrypted == DECRYPTED_NOT_NEEDED && !c->tls.seen;

    return (plain || c->decrypted == DECRYPTED_FULL) && c->exchanges == 0 &&
           c->bytes[FROM_CLIENT] + c->bytes[FROM_SERVER] != 0 && !is_read(c->protocol);
}

static void note(struct lack_names *names, const char *name, const struct connection *c)
{
    names->at[names->n++] = (struct lack_name){
            name == NULL ? "unknown" : name, 1, c->bytes[FROM_CLIENT] + c->bytes[FROM_SERVER]};
}

static void take_connection(struct lacks *l, const struct connection *c)
{
    const struct quic_facts *q = &c->quic;
    uint64_t datagrams = q->datagrams[FROM_CLIENT] + q->datagrams[FROM_SERVER];

    /* Of a connection that moved, the line of its first addresses tells all. */
    if (c->continues != 0)
        return;
    if (c->decrypted == DECRYPTED_NO || c->decrypted == DECRYPTED_PARTIAL)
        note(&l->reasons, c->reason, c);
    else if (is_foreign(c))
        note(&l->protocols, c->protocol != NULL ? c->protocol : c->label, c);
    l->quic += q->seen;
    l->unopened += q->unopened[FROM_CLIENT] + q->unopened[FROM_SERVER];
    l->datagram_connections += datagrams != 0;
    l->datagrams += datagrams;
    l->datagram_bytes += q->datagram_bytes[FROM_CLIENT] + q->datagram_bytes[FROM_SERVER];
}

static void take_ledger(struct lacks *l, const struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->n; i++) {
        struct lack_gaps *sum = &l->gaps[ledger->gaps[i].why];

        sum->n++;
        sum->more |= __builtin_add_overflow(sum->bytes, ledger->gaps[i].len, &sum->bytes);
    }
    l->gap_count += ledger->n;
}

static void take_exchange(struct lacks *l, const struct exchange *x)
{
    const struct header *worker = message_find(&x->request, "service-worker");

    l->states[lacks_state(x)]++;
    l->not_modified += x->status == 304;
    l->worker_scripts += worker != NULL && bytes_is(worker->value, "script");
}

enum status lacks_gather(
        const struct evidence *e, const struct judgement *judged, struct lacks *out)
{
    struct lacks l = {.opaque = judged->opaque_bodies};

    l.reasons.at = calloc(e->connection_count + 1, sizeof(*l.reasons.at));
    l.protocols.at = calloc(e->connection_count + 1, sizeof(*l.protocols.at));
    if (l.reasons.at == NULL || l.protocols.at == NULL) {
        lacks_clear(&l);
        return STATUS_NOMEM;
    }
    take_ledger(&l, &e->capture_gaps);
    for (size_t i = 0; i < e->connection_count; i++) {
        take_connection(&l, e->connections[i]);
        take_ledger(&l, &e->connections[i]->ledger);
    }
    for (size_t i = 0; i < e->exchange_count; i++)
        take_exchange(&l, e->exchanges[i]);
    join(&l.reasons);
    join(&l.protocols);
    *out = l;
    return STATUS_OK;
}

void lacks_clear(struct lacks *l)
{
    free(l->reasons.at);
    free(l->protocols.at);
    *l = (struct lacks){0};
}
