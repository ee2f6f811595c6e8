/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tunnels.h"

#include <stdlib.h>

#include "capture/http/websocket.h"
#include "capture/queue.h"

enum { CHAINS = 256 };

static const char connected[] =
        "a CONNECT tunnel inside HTTP/2 or HTTP/3, which is not looked into";
static const char unread[] = "a tunnel of a protocol that is not read";
static const char many[] = "more tunnels open at once than are read";

/* What went by of one direction, and in which packets. */
struct passed {
    uint64_t bytes, first_packet, last_packet;
};

struct tunnel {
    struct tunnel *next; /* in its chain */
    uint64_t stream;
    struct websocket *websocket; /* owned; NULL: not read */
    const char *unread;          /* then: why */
    bool refused;                /* no tunnel, an ordinary response with its body */
    struct passed passed[2];     /* unread bytes */
};

struct tunnels {
    struct http_setup setup;
    struct tunnel *chains[CHAINS];
    size_t n;
    bool full;               /* TUNNELS_MOST was reached: no more are begun, see `beyond` */
    struct passed beyond[2]; /* of tunnels past it */
    struct queue finished;   /* exchanges, owned */
};

struct tunnels *tunnels_new(const struct http_setup *setup)
{
    struct tunnels *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->setup = *setup;
    t->setup.layer = LAYER_HTTP; /* offsets count the DATA of one stream */
    return t;
}

static void free_tunnel(struct tunnel *one)
{
    websocket_free(one->websocket);
    free(one);
}

void tunnels_free(struct tunnels *t)
{
    struct exchange *x;

    if (t == NULL)
        return;
    for (size_t i = 0; i < CHAINS; i++) {
        while (t->chains[i] != NULL) {
            struct tunnel *next = t->chains[i]->next;

            free_tunnel(t->chains[i]);
            t->chains[i] = next;
        }
    }
    while ((x = queue_take(&t->finished)) != NULL)
        exchange_free(x);
    queue_clear(&t->finished);
    free(t);
}

/* Where the tunnel of that stream hangs, or would. Clients number their streams by four in HTTP/3
 * and by two in HTTP/2. */
static struct tunnel **place_of(struct tunnels *t, uint64_t stream)
{
    struct tunnel **at = &t->chains[(stream >> 1) % CHAINS];

    while (*at != NULL && (*at)->stream != stream)
        at = &(*at)->next;
    return at;
}

static enum status begin(struct tunnels *t, const struct exchange *x, struct tunnel **at)
{
    const struct header *protocol = message_find(&x->request, ":protocol");
    struct tunnel *one = calloc(1, sizeof(*one));

    if (one == NULL)
        return STATUS_NOMEM;
    one->stream = x->stream;
    if (protocol == NULL) {
        one->unread = connected;
    } else if (!bytes_is_nocase(protocol->value, "websocket")) {
        one->unread = unread;
    } else {
        one->websocket = websocket_new(&t->setup, x);
        if (one->websocket == NULL) {
            free(one);
            return STATUS_NOMEM;
        }
    }
    *at = one;
    t->n++;
    return STATUS_OK;
}

/* Missing bytes have their gap already. */
static void pass(struct passed *p, const struct item *item)
{
    if (item->kind != ITEM_BYTES)
        return;
    p->bytes += item->len;
    if (item->frames.n == 0)
        return;
    if (p->first_packet == 0)
        p->first_packet = item->frames.at[0];
    p->last_packet = item->frames.at[item->frames.n - 1];
}

static enum status name_passed(struct tunnels *t, const struct passed passed[2], struct gap gap)
{
    for (int d = 0; d < 2; d++) {
        gap.layer = LAYER_HTTP;
        gap.dir = (enum direction)d;
        gap.len = passed[d].bytes;
        gap.first_packet = passed[d].first_packet;
        gap.last_packet = passed[d].last_packet;
        if (gap.len != 0 && ledger_file(t->setup.ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status drain(struct tunnels *t, struct tunnel *one)
{
    struct exchange *x;

    while (websocket_next(one->websocket, &x)) {
        if (queue_put(&t->finished, x) != STATUS_OK) {
            exchange_free(x);
            return STATUS_NOMEM;
        }
    }
    return STATUS_OK;
}

/* A status of the body store's waits until everything else is done. */
static enum status drained(struct tunnels *t, struct tunnel *one, enum status status)
{
    if (status == STATUS_OK || status == STATUS_IO)
        return drain(t, one) == STATUS_OK ? status : STATUS_NOMEM;
    return status;
}

enum status tunnels_push(struct tunnels *t, const struct http_tunnel *entry)
{
    const struct exchange *x = entry->exchange;
    struct tunnel **at = place_of(t, x->stream), *one;

    t->full |= *at == NULL && t->n == TUNNELS_MOST;
    if (*at == NULL && t->full) {
        pass(&t->beyond[entry->item.dir], &entry->item);
        return STATUS_OK;
    }
    if (*at == NULL && begin(t, x, at) != STATUS_OK)
        return STATUS_NOMEM;
    one = *at;
    /* RFC 9110 section 9.3.6: any 2xx opens the tunnel. */
    one->refused = x->status != 0 && x->status / 100 != 2;
    if (one->refused)
        return STATUS_OK;
    if (one->websocket == NULL) {
        pass(&one->passed[entry->item.dir], &entry->item);
        return STATUS_OK;
    }
    if (websocket_agree(one->websocket, x) != STATUS_OK)
        return STATUS_NOMEM;
    return drained(t, one, websocket_push(one->websocket, &entry->item));
}

static enum status end(struct tunnels *t, struct tunnel **at)
{
    const struct gap gap = {
            .why = GAP_UNSUPPORTED, .stream = (*at)->stream, .detail = (*at)->unread};
    struct tunnel *one = *at;
    enum status status;

    if (one->websocket != NULL)
        status = drained(t, one, websocket_close(one->websocket));
    else
        status = name_passed(t, one->passed, gap);
    *at = one->next;
    t->n--;
    free_tunnel(one);
    return status;
}

enum status tunnels_end(struct tunnels *t, const struct exchange *x)
{
    struct tunnel **at = place_of(t, x->stream);

    return *at == NULL ? STATUS_OK : end(t, at);
}

bool tunnels_next(struct tunnels *t, struct exchange **out)
{
    struct exchange *x = queue_take(&t->finished);

    if (x == NULL)
        return false;
    *out = x;
    return true;
}

enum status tunnels_close(struct tunnels *t)
{
    const struct gap gap = {.why = GAP_BUDGET, .detail = many};
    enum status status = STATUS_OK;

    for (size_t i = 0; i < CHAINS; i++) {
        while (t->chains[i] != NULL && (status == STATUS_OK || status == STATUS_IO)) {
            enum status now = end(t, &t->chains[i]);

            if (now != STATUS_OK)
                status = now;
        }
    }
    if (status == STATUS_OK || status == STATUS_IO) {
        if (name_passed(t, t->beyond, gap) != STATUS_OK)
            return STATUS_NOMEM;
        t->beyond[FROM_CLIENT] = t->beyond[FROM_SERVER] = (struct passed){0};
    }
    return status;
}
