/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic_channel.h"

#include <stdlib.h>

#include "capture/hold.h"
#include "capture/http/http3.h"
#include "capture/outbox.h"
#include "capture/packet/dns_stream.h"
#include "capture/quic_look.h"
#include "capture/tunnels.h"

enum { ALPN_SHOWN = 64 };

/* One stream of DNS over QUIC. */
struct dns_slot {
    struct dns_stream *dns; /* NULL: free */
    uint64_t stream;
};

struct quic_channel {
    struct channel_setup setup;
    struct quic *quic;
    enum quic_content content;
    struct http3 *http3; /* with QUIC_CONTENT_HTTP3, as are the tunnels */
    struct tunnels *tunnels;
    struct dns_slot dns[QUIC_CHANNEL_DNS_MOST];
    size_t dns_next;                /* the slot that is used next: the oldest */
    struct hold *hold;              /* items kept while the content is not known ... */
    uint64_t held[HOLD_ITEMS_MOST]; /* ... and their streams */
    size_t held_n;
    bool looked;        /* no more is held: what is unknown stays so */
    uint64_t unread[2]; /* bytes of what is not read, by enum direction */
    struct outbox outbox;
};

struct quic_channel *quic_channel_new(const struct channel_setup *setup)
{
    struct quic_channel *c = calloc(1, sizeof(*c));
    const struct quic_setup below = {
            .keys = setup->keys,
            .ledger = &setup->facts->ledger,
            .arena = setup->facts->arena,
            .tls = &setup->facts->tls,
            .facts = &setup->facts->quic,
    };

    if (c == NULL)
        return NULL;
    c->setup = *setup;
    c->outbox.facts = setup->facts;
    c->quic = quic_new(&below);
    if (c->quic == NULL) {
        free(c);
        return NULL;
    }
    setup->facts->protocol = "quic";
    return c;
}

void quic_channel_free(struct quic_channel *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < QUIC_CHANNEL_DNS_MOST; i++)
        dns_stream_free(c->dns[i].dns);
    tunnels_free(c->tunnels);
    http3_free(c->http3);
    hold_free(c->hold);
    quic_free(c->quic);
    outbox_clear(&c->outbox);
    free(c);
}

struct quic *quic_channel_quic(struct quic_channel *c)
{
    return c->quic;
}

bool quic_channel_next(struct quic_channel *c, struct exchange **out)
{
    return outbox_next(&c->outbox, out);
}

/* Takes `x` in any case. */
static enum status enqueue(struct quic_channel *c, struct exchange *x)
{
    const struct connection *facts = c->setup.facts;

    x->early = x->protocol == PROTOCOL_H3 && !x->pushed &&
               quic_early_until(c->quic, x->stream) != 0;
    return outbox_put(&c->outbox, quic_turned(c->quic) ? &facts->client : &facts->server, x);
}

static enum status drain_http3(struct quic_channel *c)
{
    enum status status = STATUS_OK;
    struct http_tunnel entry;
    struct exchange *x;

    while (status == STATUS_OK && http3_next_tunnel(c->http3, &entry))
        status = tunnels_push(c->tunnels, &entry);
    while (status == STATUS_OK && http3_next(c->http3, &x)) {
        status = tunnels_end(c->tunnels, x);
        if (status == STATUS_OK)
            status = enqueue(c, x);
        else
            exchange_free(x);
    }
    while (status == STATUS_OK && tunnels_next(c->tunnels, &x))
        status = enqueue(c, x);
    return status;
}

/* The stage of a stream of DNS; the one used longest ago makes room. NULL: no memory. */
static struct dns_stream *dns_of(struct quic_channel *c, uint64_t stream)
{
    struct dns_slot *slot;

    for (size_t i = 0; i < QUIC_CHANNEL_DNS_MOST; i++) {
        if (c->dns[i].dns != NULL && c->dns[i].stream == stream)
            return c->dns[i].dns;
    }
    slot = &c->dns[c->dns_next++ % QUIC_CHANNEL_DNS_MOST];
    dns_stream_free(slot->dns);
    slot->dns = dns_stream_new();
    slot->stream = stream;
    return slot->dns;
}

bool quic_channel_next_dns(struct quic_channel *c, uint64_t *stream, struct item *message)
{
    for (size_t i = 0; i < QUIC_CHANNEL_DNS_MOST && c->content == QUIC_CONTENT_DNS; i++) {
        if (c->dns[i].dns != NULL && dns_stream_next(c->dns[i].dns, message)) {
            *stream = c->dns[i].stream;
            return true;
        }
    }
    return false;
}

/* Gives an item to what reads this content. */
static enum status feed(struct quic_channel *c, uint64_t stream, const struct item *item)
{
    struct dns_stream *dns;
    enum status status;

    switch (c->content) {
    case QUIC_CONTENT_HTTP3:
        if (item->kind == ITEM_BYTES && item->off == 0 && quic_look_endless(stream, item->data))
            quic_endless(c->quic, stream);
        status = http3_push(c->http3, stream, item);
        return status == STATUS_OK ? drain_http3(c) : status;
    case QUIC_CONTENT_DNS:
        dns = dns_of(c, stream);
        return dns == NULL ? STATUS_NOMEM : dns_stream_push(dns, item);
    case QUIC_CONTENT_UNKNOWN:
    case QUIC_CONTENT_OTHER:
        break;
    }
    c->unread[item->dir] += item->len;
    return STATUS_OK;
}

static enum status start_http3(struct quic_channel *c)
{
    const struct http_setup setup = {
            .connection = c->setup.facts->id,
            .secure = true,
            .layer = LAYER_QUIC,
            .ledger = &c->setup.facts->ledger,
            .bodies = c->setup.bodies,
    };

    c->http3 = http3_new(&setup);
    c->tunnels = tunnels_new(&setup);
    if (c->http3 == NULL || c->tunnels == NULL)
        return STATUS_NOMEM;
    c->setup.facts->protocol = "h3";
    return STATUS_OK;
}

/* The content is known, or will not be: what was held goes on. */
static enum status start(struct quic_channel *c, enum quic_content content)
{
    struct hold *hold = c->hold;
    enum status status = STATUS_OK;
    struct item item;

    c->content = content;
    c->looked = true;
    c->hold = NULL;
    if (content == QUIC_CONTENT_HTTP3)
        status = start_http3(c);
    else if (content == QUIC_CONTENT_DNS)
        c->setup.facts->protocol = "doq";
    for (size_t i = 0; status == STATUS_OK && hold != NULL && hold_next(hold, &item); i++)
        status = feed(c, c->held[i], &item);
    hold_free(hold);
    return status;
}

static enum status hold_item(struct quic_channel *c, uint64_t stream, const struct item *item)
{
    if (c->hold == NULL)
        c->hold = hold_new();
    if (c->hold == NULL || hold_add(c->hold, item) != STATUS_OK)
        return STATUS_NOMEM;
    c->held[c->held_n++] = stream;
    return STATUS_OK;
}

static enum status take_item(struct quic_channel *c, uint64_t stream, const struct item *item)
{
    enum quic_content content;
    enum status status;

    if (c->looked)
        return feed(c, stream, item);
    content = quic_look_alpn(quic_protocol(c->quic));
    if (content == QUIC_CONTENT_UNKNOWN && item->kind == ITEM_BYTES && item->off == 0)
        content = quic_look_stream(stream, item->dir, item->data);
    status = hold_item(c, stream, item);
    if (status == STATUS_OK && (content != QUIC_CONTENT_UNKNOWN || hold_full(c->hold)))
        status = start(c, content);
    return status;
}

static enum status drain_quic(struct quic_channel *c)
{
    enum status status = STATUS_OK;
    struct item item;
    uint64_t stream;

    while (status == STATUS_OK && quic_next(c->quic, &stream, &item))
        status = take_item(c, stream, &item);
    return status == STATUS_OK ? quic_status(c->quic) : status;
}

enum status quic_channel_push(struct quic_channel *c, const struct quic_datagram *datagram)
{
    enum status status = quic_push(c->quic, datagram);

    return status == STATUS_OK ? drain_quic(c) : status;
}

/* What the gap of unread streams says; names the protocol in the facts too. The name came from the
 * network: it is shown as ASCII. NULL: no memory. */
static const char *unread_text(const struct quic_channel *c)
{
    struct connection *facts = c->setup.facts;
    const char *alpn = quic_protocol(c->quic);
    char shown[ALPN_SHOWN];
    size_t n = 0;

    if (alpn == NULL)
        return "no application protocol that is read was recognised in these streams";
    for (; alpn[n] != '\0' && n + 1 < sizeof(shown); n++)
        shown[n] = alpn[n] > ' ' && alpn[n] <= '~' ? alpn[n] : '?';
    shown[n] = '\0';
    facts->protocol = arena_print(facts->arena, "%s", shown);
    if (facts->protocol == NULL)
        return NULL;
    return arena_print(facts->arena,
            "these streams carry the application protocol %s, which is not read%s", shown,
            n >= 2 && shown[0] == 'h' && shown[1] == 'q'
                    ? " (HTTP/0.9: no status and no header fields)"
                    : "");
}

static enum status name_unread(struct quic_channel *c)
{
    const char *text;

    if (c->unread[FROM_CLIENT] == 0 && c->unread[FROM_SERVER] == 0)
        return STATUS_OK;
    text = unread_text(c);
    if (text == NULL)
        return STATUS_NOMEM;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        const struct gap gap = {
                .why = GAP_UNSUPPORTED,
                .layer = LAYER_QUIC,
                .dir = (enum direction)dir,
                .len = c->unread[dir],
                .first_packet = c->setup.facts->first_packet,
                .last_packet = c->setup.facts->last_packet,
                .detail = text,
        };

        if (gap.len != 0 && ledger_file(&c->setup.facts->ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

/* Without a ClientHello nobody knows what was said before the first packet. */
static enum status name_beginning(struct quic_channel *c)
{
    struct connection *facts = c->setup.facts;

    if (facts->tls.ja4 != NULL ||
            facts->quic.packets[FROM_CLIENT] + facts->quic.packets[FROM_SERVER] == 0)
        return STATUS_OK;
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        const struct gap gap = {
                .why = GAP_MIDSTREAM,
                .layer = LAYER_QUIC,
                .dir = (enum direction)dir,
                .first_packet = facts->first_packet,
                .last_packet = facts->first_packet,
                .detail =
                        "the beginning of the connection was not captured; streams that ended "
                        "before the first packet are not seen",
        };

        if (ledger_file(&facts->ledger, &gap) == 0)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

enum status quic_channel_close(struct quic_channel *c, enum gap_cause why)
{
    struct connection *facts = c->setup.facts;
    enum status status = quic_close(c->quic, why);

    if (status == STATUS_OK)
        status = drain_quic(c);
    if (status == STATUS_OK) /* first, so that exchanges which lack something can name it */
        status = name_beginning(c);
    if (status == STATUS_OK && c->hold != NULL)
        status = start(c, quic_look_alpn(quic_protocol(c->quic)));
    if (status == STATUS_OK && c->http3 != NULL)
        status = http3_close(c->http3);
    if (status == STATUS_OK && c->http3 != NULL)
        status = drain_http3(c);
    if (status == STATUS_OK && c->http3 != NULL)
        status = tunnels_close(c->tunnels);
    if (status == STATUS_OK && c->http3 != NULL)
        status = drain_http3(c);
    if (status == STATUS_OK)
        status = name_unread(c);
    facts->decrypted = quic_decrypted(c->quic, &facts->reason);
    if (quic_turned(c->quic))
        connection_turn(facts);
    return status;
}
