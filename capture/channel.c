/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/channel.h"

#include <stdlib.h>
#include <string.h>

#include "capture/level.h"
#include "capture/outbox.h"

enum {
    PORT_DNS = 53,
    PORT_DOT = 853, /* RFC 7858 */
    /* TCP, TLS, HTTP/1 with CONNECT, TLS in the tunnel, HTTP/2 in it: one more to be safe. */
    LEVELS = 6,
    /* How many items of a stream that looks like nothing are looked at for a late start. */
    LOOKS_MOST = 256,
};

struct channel {
    struct channel_setup setup;
    struct level levels[LEVELS];
    unsigned depth;        /* levels in use */
    uint64_t early_packet; /* the last packet that carried TLS early data */
    bool too_deep;         /* there were tunnels inside tunnels, deeper than are read */
    bool swapped;          /* the roles that packets suggested were the wrong way round */
    struct outbox outbox;  /* finished exchanges */
};

struct channel *channel_new(const struct channel_setup *setup)
{
    struct channel *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->setup = *setup;
    c->outbox.facts = setup->facts;
    c->depth = 1;
    c->levels[0].layer = LAYER_STREAM;
    return c;
}

void channel_free(struct channel *c)
{
    if (c == NULL)
        return;
    for (unsigned i = 0; i < c->depth; i++)
        level_clear(&c->levels[i]);
    outbox_clear(&c->outbox);
    free(c);
}

/* Takes `x` in any case. */
static enum status enqueue(struct channel *c, unsigned i, struct exchange *x)
{
    for (unsigned k = 0; k < i; k++)
        x->nested = (uint8_t)(x->nested + (c->levels[k].kind == KIND_HTTP1));
    x->early = x->request.last_frame != 0 && x->request.last_frame <= c->early_packet;
    return outbox_put(
            &c->outbox, c->swapped ? &c->setup.facts->client : &c->setup.facts->server, x);
}

bool channel_next(struct channel *c, struct exchange **out)
{
    return outbox_next(&c->outbox, out);
}

bool channel_next_dns(struct channel *c, struct item *message, const char **carrier)
{
    for (unsigned i = 0; i < c->depth; i++) {
        const struct level *l = &c->levels[i];

        if (l->kind != KIND_DNS || !dns_stream_next(l->stage.dns, message))
            continue;
        *carrier = l->secure ? "dot" : "tcp";
        return true;
    }
    return false;
}

/* The server's port, where the stream is the transport's own: some protocols are told by it. DNS
 * in TLS has the port of DNS here, whatever it came by; nobody may speak it there without TLS. */
static uint16_t port_of(const struct channel *c, const struct level *l)
{
    const struct connection *facts = c->setup.facts;
    uint16_t port = c->swapped ? facts->client.port : facts->server.port;

    if (l == &c->levels[1] && l->layer == LAYER_TLS)
        return port == PORT_DOT ? PORT_DNS : 0;
    return l == &c->levels[0] && port != PORT_DOT ? port : 0;
}

static enum status push_level(struct channel *c, unsigned i, const struct item *item);

/* The level above level i, started as `kind` when it is new. NULL with *status set. */
static struct level *above(struct channel *c, unsigned i, enum layer layer, bool secure)
{
    struct level *l;

    if (i + 1 < c->depth)
        return &c->levels[i + 1];
    if (c->depth == LEVELS) {
        c->too_deep = true;
        return NULL;
    }
    l = &c->levels[c->depth++];
    *l = (struct level){.layer = layer, .secure = secure};
    return l;
}

static enum status drain_tls(struct channel *c, unsigned i)
{
    enum status status = STATUS_OK;
    struct level *next;
    struct item out;

    while (status == STATUS_OK && tls_next(c->levels[i].stage.tls, &out)) {
        bool fresh = i + 1 == c->depth;
        const char *alpn;

        if (out.dir == FROM_CLIENT && out.frames.n != 0 &&
                out.off + out.len <= tls_early_until(c->levels[i].stage.tls))
            c->early_packet = out.frames.at[out.frames.n - 1];

        next = above(c, i, LAYER_TLS, true);
        if (next == NULL)
            continue;
        alpn = c->setup.facts->tls.alpn;
        if (fresh && alpn != NULL && strcmp(alpn, "h2") == 0)
            status = level_start(&c->setup, next, KIND_HTTP2);
        if (fresh && alpn != NULL && strcmp(alpn, "dot") == 0)
            status = level_start(&c->setup, next, KIND_DNS);
        if (status == STATUS_OK)
            status = push_level(c, i + 1, &out);
    }
    return status == STATUS_OK ? tls_status(c->levels[i].stage.tls) : status;
}

/* The exchange that turns level i into WebSocket is `upgrade`. */
static enum status start_websocket(
        struct channel *c, unsigned i, const struct exchange *upgrade)
{
    struct level *l = &c->levels[i], *next;

    if (i + 1 != c->depth)
        return STATUS_OK;
    next = above(c, i, l->layer, l->secure);
    return next == NULL ? STATUS_OK : level_start_websocket(&c->setup, next, upgrade);
}

/* The same when it has not come out, because the request is in a hole or not read to its end: of
 * the messages' origin only the place on the connection is known then. */
static enum status start_unasked_websocket(struct channel *c, unsigned i)
{
    const struct level *l = &c->levels[i];
    struct exchange *x = exchange_new(c->setup.facts->id, l->newest + 1, PROTOCOL_HTTP11);
    enum status status;

    if (x == NULL)
        return STATUS_NOMEM;
    x->secure = l->secure;
    status = start_websocket(c, i, x);
    exchange_free(x);
    return status;
}

/* The stream turned into something else: the rest goes one level up. */
static enum status drain_rest(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i], *next;
    enum http1_turn turn = http1_turn(l->stage.http1);
    enum status status = STATUS_OK;
    struct item out;

    if (turn == TURN_NONE)
        return STATUS_OK;
    if (turn == TURN_WEBSOCKET && i + 1 == c->depth)
        status = start_unasked_websocket(c, i);
    if (status != STATUS_OK)
        return status;
    if (i + 1 == c->depth) {
        next = above(c, i, l->layer, l->secure);
        while (next == NULL && http1_next_rest(l->stage.http1, &out))
            continue;
        if (next == NULL)
            return STATUS_OK;
        if (turn == TURN_H2C) {
            struct exchange *upgraded = http1_take_upgraded(l->stage.http1);

            status = level_start(&c->setup, next, KIND_HTTP2);
            if (upgraded != NULL && status == STATUS_OK)
                status = http2_adopt(next->stage.http2, upgraded);
            if (status != STATUS_OK) /* taken on STATUS_OK only */
                exchange_free(upgraded);
        } else if (turn != TURN_TUNNEL) {
            next->kind = KIND_OPAQUE;
            next->looks = LOOKS_MOST;
            next->unread = "the connection was upgraded to a protocol that is not read";
        }
    }
    while (status == STATUS_OK && http1_next_rest(l->stage.http1, &out))
        status = push_level(c, i + 1, &out);
    return status;
}

static enum status drain_http1(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i];
    enum status status = STATUS_OK;
    struct exchange *x;

    while (status == STATUS_OK && http1_next(l->stage.http1, &x)) {
        if (x->stream > l->newest)
            l->newest = x->stream;
        if (http1_turn(l->stage.http1) == TURN_WEBSOCKET && x->status == 101)
            status = start_websocket(c, i, x);
        if (status == STATUS_OK)
            status = enqueue(c, i, x);
        else
            exchange_free(x);
    }
    return status == STATUS_OK ? drain_rest(c, i) : status;
}

/* Of WebSocket messages those that have come to their end; they count as their upgrade does. */
static enum status drain_websocket(struct channel *c, unsigned i)
{
    enum status status = STATUS_OK;
    struct exchange *x;

    while (status == STATUS_OK && websocket_next(c->levels[i].stage.websocket, &x))
        status = enqueue(c, i - 1, x);
    return status;
}

static enum status drain_tunnels(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i];
    enum status status = STATUS_OK;
    struct http_tunnel entry;

    while (status == STATUS_OK && http2_next_tunnel(l->stage.http2, &entry)) {
        if (level_tunnels(&c->setup, l) == NULL)
            return STATUS_NOMEM;
        status = tunnels_push(l->tunnels, &entry);
    }
    return status;
}

static enum status drain_http2(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i];
    enum status status = drain_tunnels(c, i);
    struct exchange *x;

    while (status == STATUS_OK && http2_next(l->stage.http2, &x)) {
        if (l->tunnels != NULL)
            status = tunnels_end(l->tunnels, x);
        if (status == STATUS_OK)
            status = enqueue(c, i, x);
        else
            exchange_free(x);
    }
    while (status == STATUS_OK && l->tunnels != NULL && tunnels_next(l->tunnels, &x))
        status = enqueue(c, i, x);
    return status;
}

/* Gives an item to the stage of its level and passes on what comes out. */
static enum status feed(struct channel *c, unsigned i, const struct item *item)
{
    struct level *l = &c->levels[i];
    enum status status;

    switch (l->kind) {
    case KIND_TLS:
        status = tls_push(l->stage.tls, item);
        return status == STATUS_OK ? drain_tls(c, i) : status;
    case KIND_HTTP1:
        status = http1_push(l->stage.http1, item);
        return status == STATUS_OK ? drain_http1(c, i) : status;
    case KIND_HTTP2:
        status = http2_push(l->stage.http2, item);
        return status == STATUS_OK ? drain_http2(c, i) : status;
    case KIND_DNS:
        return dns_stream_push(l->stage.dns, item);
    case KIND_WEBSOCKET:
        status = websocket_push(l->stage.websocket, item);
        return status == STATUS_OK ? drain_websocket(c, i) : status;
    case KIND_UNDECIDED:
    case KIND_OPAQUE:
        break;
    }
    return STATUS_OK;
}

/* Hands the held items to the stage that was just started. */
static enum status replay(struct channel *c, unsigned i)
{
    struct hold *hold = c->levels[i].hold;
    enum status status = STATUS_OK;
    struct item item;

    c->levels[i].hold = NULL;
    while (status == STATUS_OK && hold != NULL && hold_next(hold, &item))
        status = feed(c, i, &item);
    hold_free(hold);
    return status;
}

static enum status hold_item(struct level *l, const struct item *item)
{
    if (l->hold == NULL)
        l->hold = hold_new();
    return l->hold == NULL ? STATUS_NOMEM : hold_add(l->hold, item);
}

static void swap_u64(uint64_t pair[2])
{
    uint64_t first = pair[0];

    pair[0] = pair[1];
    pair[1] = first;
}

static void swap_bool(bool pair[2])
{
    bool first = pair[0];

    pair[0] = pair[1];
    pair[1] = first;
}

/*
 * Without a SYN the roles were guessed from ports. Content knows better: when the supposed
 * server asks and the supposed client does not, they are the other way round. The facts are
 * turned at the end (connection_turn), because reassembly goes on with its own idea.
 */
static void turn_roles(struct channel *c, struct level *l)
{
    struct bytes client = hold_first(l->hold, FROM_CLIENT);
    struct bytes server = hold_first(l->hold, FROM_SERVER);

    if (l != &c->levels[0] || c->swapped || !c->setup.facts->roles_guessed ||
            !look_asks(server) || (client.n != 0 && look_asks(client)))
        return;
    c->swapped = true;
    hold_turn(l->hold);
    swap_u64(l->base);
    swap_u64(l->seen);
    swap_bool(l->based);
}

/* Looks at what each direction began with. One side that speaks our protocols is enough. */
static enum status decide(struct channel *c, unsigned i, bool last)
{
    struct level *l = &c->levels[i];
    enum stream_kind kinds[2] = {KIND_UNDECIDED, KIND_UNDECIDED}, found = KIND_UNDECIDED;
    enum status status;

    turn_roles(c, l);
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct bytes first = hold_first(l->hold, (enum direction)dir);

        if (first.n != 0)
            kinds[dir] = look_kind(first, port_of(c, l));
        if (found == KIND_UNDECIDED && kinds[dir] != KIND_OPAQUE)
            found = kinds[dir];
    }
    if (found == KIND_UNDECIDED) {
        bool both = kinds[FROM_CLIENT] == KIND_OPAQUE && kinds[FROM_SERVER] == KIND_OPAQUE;

        if (!both && !last && !hold_full(l->hold))
            return STATUS_OK;
        found = KIND_OPAQUE;
    }
    status = level_start(&c->setup, l, found);
    return status == STATUS_OK ? replay(c, i) : status;
}

/* Everything before `off` in one direction went by unread: say so to the stage. */
static enum status push_unread(struct channel *c, unsigned i, enum direction dir, uint64_t off)
{
    struct connection *facts = c->setup.facts;
    struct gap gap = {.why = GAP_MIDSTREAM,
            .layer = c->levels[i].layer,
            .dir = dir,
            .len = off,
            .detail = "what came before was not recognised as a protocol we read"};
    struct item item = {.kind = ITEM_GAP, .dir = dir, .len = off, .why = GAP_MIDSTREAM};

    if (off == 0)
        return STATUS_OK;
    item.gap = ledger_file(&facts->ledger, &gap);
    return item.gap == 0 ? STATUS_NOMEM : feed(c, i, &item);
}

/*
 * A capture that starts in the middle of a response shows its bytes first. The next message
 * still begins at the front of a segment, so each is looked at for a while.
 */
static enum status look_late(struct channel *c, unsigned i, const struct item *item)
{
    struct level *l = &c->levels[i];
    enum direction other = item->dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
    enum status status;
    enum stream_kind kind;

    if (item->kind != ITEM_BYTES || l->looks++ >= LOOKS_MOST)
        return STATUS_OK;
    kind = look_kind(item->data, port_of(c, l));
    if (kind != KIND_HTTP1 && kind != KIND_HTTP2 && kind != KIND_TLS)
        return STATUS_OK;
    status = level_start(&c->setup, l, kind);
    if (status == STATUS_OK)
        status = push_unread(c, i, item->dir, item->off);
    if (status == STATUS_OK)
        status = push_unread(c, i, other, l->seen[other]);
    return status == STATUS_OK ? feed(c, i, item) : status;
}

static enum status push_level(struct channel *c, unsigned i, const struct item *given)
{
    struct level *l = &c->levels[i];
    struct item item = *given;
    enum status status;

    if (!l->based[item.dir]) {
        l->based[item.dir] = true;
        l->base[item.dir] = item.off;
    }
    item.off -= l->base[item.dir];
    if (l->kind == KIND_UNDECIDED) {
        status = hold_item(l, &item);
        if (status == STATUS_OK)
            status = decide(c, i, false);
    } else if (l->kind == KIND_OPAQUE) {
        status = look_late(c, i, &item);
    } else {
        status = feed(c, i, &item);
    }
    c->levels[i].seen[item.dir] = item.off + item.len;
    return status;
}

enum status channel_push(struct channel *c, const struct item *item)
{
    struct item copy = *item;

    if (c->swapped)
        copy.dir = direction_other(copy.dir);
    return push_level(c, 0, &copy);
}

/* Bytes that went by in a protocol we do not read are a gap like any other. */
static enum status name_unread(struct channel *c, const struct level *l)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        const struct gap gap = {.why = GAP_UNSUPPORTED,
                .layer = l->layer,
                .dir = (enum direction)dir,
                .off = l->base[dir],
                .len = l->seen[dir],
                .detail = l->unread};

        if (gap.len != 0 && ledger_file(&c->setup.facts->ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status name_depth(struct channel *c)
{
    const struct gap gap = {.why = GAP_BUDGET,
            .layer = LAYER_TLS,
            .detail = "tunnels inside tunnels, more than are read; their inside is missing"};

    return ledger_file(&c->setup.facts->ledger, &gap) == 0 ? STATUS_NOMEM : STATUS_OK;
}

static enum status name_unread_dns(struct channel *c, const struct level *l)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct gap gap;

        if (!dns_stream_unread(l->stage.dns, (enum direction)dir, &gap))
            continue;
        gap.layer = l->layer;
        if (ledger_file(&c->setup.facts->ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status close_http2(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i];
    enum status status = http2_close(l->stage.http2);

    if (status == STATUS_OK)
        status = drain_http2(c, i);
    if (status == STATUS_OK && l->tunnels != NULL)
        status = tunnels_close(l->tunnels);
    return status == STATUS_OK ? drain_http2(c, i) : status;
}

static enum status close_level(struct channel *c, unsigned i)
{
    struct level *l = &c->levels[i];
    enum status status = STATUS_OK;

    if (l->kind == KIND_UNDECIDED && l->hold != NULL)
        status = decide(c, i, true);
    if (status != STATUS_OK)
        return status;
    switch (l->kind) {
    case KIND_TLS:
        status = tls_close(l->stage.tls);
        return status == STATUS_OK ? drain_tls(c, i) : status;
    case KIND_HTTP1:
        status = http1_close(l->stage.http1);
        return status == STATUS_OK ? drain_http1(c, i) : status;
    case KIND_HTTP2:
        return close_http2(c, i);
    case KIND_WEBSOCKET:
        status = websocket_close(l->stage.websocket);
        return status == STATUS_OK ? drain_websocket(c, i) : status;
    case KIND_DNS:
        return name_unread_dns(c, l);
    case KIND_OPAQUE:
        if (l->unread == NULL)
            l->unread = "no protocol that this version reads was recognised";
        return name_unread(c, l);
    case KIND_UNDECIDED:
        break;
    }
    return STATUS_OK;
}

enum status channel_close(struct channel *c)
{
    struct connection *facts = c->setup.facts;
    enum status status = STATUS_OK;

    for (unsigned i = 0; i < c->depth && status == STATUS_OK; i++)
        status = close_level(c, i);
    /* TLS at the bottom speaks for the connection; TLS in a tunnel speaks when there is none. */
    for (unsigned i = 0; i < c->depth; i++) {
        if (c->levels[i].kind == KIND_TLS) {
            facts->decrypted = tls_decrypted(c->levels[i].stage.tls, &facts->reason);
            break;
        }
    }
    if (c->too_deep && status == STATUS_OK)
        status = name_depth(c);
    if (c->swapped)
        connection_turn(facts);
    return status;
}
