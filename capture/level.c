/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/level.h"

void level_clear(struct level *l)
{
    hold_free(l->hold);
    tunnels_free(l->tunnels);
    switch (l->kind) {
    case KIND_TLS:
        tls_free(l->stage.tls);
        break;
    case KIND_HTTP1:
        http1_free(l->stage.http1);
        break;
    case KIND_HTTP2:
        http2_free(l->stage.http2);
        break;
    case KIND_DNS:
        dns_stream_free(l->stage.dns);
        break;
    case KIND_WEBSOCKET:
        websocket_free(l->stage.websocket);
        break;
    case KIND_UNDECIDED:
    case KIND_OPAQUE:
        break;
    }
}

static struct http_setup http_setup_of(const struct channel_setup *c, const struct level *l)
{
    return (struct http_setup){
            .connection = c->facts->id,
            .secure = l->secure,
            .layer = l->layer,
            .ledger = &c->facts->ledger,
            .bodies = c->bodies,
    };
}

/* The innermost protocol is the one a reader wants to see. */
static void name_protocol(const struct channel_setup *c, const char *name)
{
    c->facts->protocol = name;
}

static enum status start_http1(const struct channel_setup *c, struct level *l)
{
    struct http_setup setup = http_setup_of(c, l);

    l->stage.http1 = http1_new(&setup);
    if (l->stage.http1 == NULL)
        return STATUS_NOMEM;
    l->kind = KIND_HTTP1;
    name_protocol(c, "http/1.1");
    return STATUS_OK;
}

static enum status start_http2(const struct channel_setup *c, struct level *l)
{
    struct http_setup setup = http_setup_of(c, l);

    l->stage.http2 = http2_new(&setup);
    if (l->stage.http2 == NULL)
        return STATUS_NOMEM;
    l->kind = KIND_HTTP2;
    name_protocol(c, "h2");
    return STATUS_OK;
}

static enum status start_tls(const struct channel_setup *c, struct level *l)
{
    struct tls_setup setup = {
            .keys = c->keys,
            .sessions = c->sessions,
            .ledger = &c->facts->ledger,
            .arena = c->facts->arena,
            .facts = &c->facts->tls,
    };

    l->stage.tls = tls_new(&setup);
    if (l->stage.tls == NULL)
        return STATUS_NOMEM;
    l->kind = KIND_TLS;
    c->facts->tls.seen = true;
    return STATUS_OK;
}

static enum status start_dns(const struct channel_setup *c, struct level *l)
{
    l->stage.dns = dns_stream_new();
    if (l->stage.dns == NULL)
        return STATUS_NOMEM;
    l->kind = KIND_DNS;
    name_protocol(c, "dns");
    return STATUS_OK;
}

enum status level_start_websocket(
        const struct channel_setup *c, struct level *l, const struct exchange *upgrade)
{
    struct http_setup setup = http_setup_of(c, l);

    l->stage.websocket = websocket_new(&setup, upgrade);
    if (l->stage.websocket == NULL)
        return STATUS_NOMEM;
    l->kind = KIND_WEBSOCKET;
    /* Its offsets go on where HTTP/1 left them. */
    l->based[FROM_CLIENT] = l->based[FROM_SERVER] = true;
    name_protocol(c, "websocket");
    return STATUS_OK;
}

struct tunnels *level_tunnels(const struct channel_setup *c, struct level *l)
{
    struct http_setup setup = http_setup_of(c, l);

    if (l->tunnels == NULL)
        l->tunnels = tunnels_new(&setup);
    return l->tunnels;
}

enum status level_start(const struct channel_setup *c, struct level *l, enum stream_kind kind)
{
    switch (kind) {
    case KIND_TLS:
        return start_tls(c, l);
    case KIND_HTTP1:
        return start_http1(c, l);
    case KIND_HTTP2:
        return start_http2(c, l);
    case KIND_DNS:
        return start_dns(c, l);
    case KIND_WEBSOCKET:
    case KIND_UNDECIDED:
    case KIND_OPAQUE:
        break;
    }
    l->kind = KIND_OPAQUE;
    return STATUS_OK;
}
