/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/ws_message.h"

#include <stdlib.h>

enum { ORIGIN_MOST = 4 << 20 };

enum status ws_origin_copy(const struct exchange *upgrade, struct ws_origin *out)
{
    struct ws_origin o = {.arena = arena_new(ORIGIN_MOST),
            .stream = upgrade->stream,
            .secure = upgrade->secure,
            .unsure = !upgrade->request.head_whole,
            .gap = upgrade->gap_count == 0 ? 0 : upgrade->gaps[0]};

    if (o.arena == NULL)
        return STATUS_NOMEM;
    if (!arena_copy(o.arena, upgrade->scheme, &o.scheme) ||
            !arena_copy(o.arena, upgrade->authority, &o.authority) ||
            !arena_copy(o.arena, upgrade->path, &o.path) ||
            !arena_copy(o.arena, upgrade->host, &o.host) ||
            !arena_copy(o.arena, upgrade->url, &o.url)) {
        arena_free(o.arena);
        return STATUS_NOMEM;
    }
    *out = o;
    return STATUS_OK;
}

void ws_origin_clear(struct ws_origin *o)
{
    arena_free(o->arena);
    *o = (struct ws_origin){0};
}

static bool fill(struct exchange *x, const struct ws_origin *o)
{
    return arena_copy(x->arena, o->scheme, &x->scheme) &&
           arena_copy(x->arena, o->authority, &x->authority) &&
           arena_copy(x->arena, o->path, &x->path) && arena_copy(x->arena, o->host, &x->host) &&
           arena_copy(x->arena, o->url, &x->url);
}

struct ws_message *ws_message_new(const struct http_setup *setup,
        const struct ws_origin *origin, enum direction dir, const char *opcode)
{
    struct ws_message *m = calloc(1, sizeof(*m));
    struct exchange *x;

    if (m == NULL)
        return NULL;
    x = exchange_new(setup->connection, origin->stream, PROTOCOL_WEBSOCKET);
    if (x == NULL || !fill(x, origin)) {
        exchange_free(x);
        free(m);
        return NULL;
    }
    x->secure = origin->secure;
    x->opcode = opcode;
    x->method = dir == FROM_CLIENT ? BYTES_LITERAL("SEND") : BYTES_LITERAL("RECV");
    m->x = x;
    m->dir = dir;
    m->m = dir == FROM_CLIENT ? &x->request : &x->response;
    if (origin->unsure)
        ws_message_hurt(m, origin->gap);
    return m;
}

void ws_message_free(struct ws_message *m)
{
    if (m == NULL)
        return;
    body_free(m->body);
    exchange_free(m->x);
    free(m);
}

enum status ws_message_begin(struct ws_message *m, const struct http_setup *setup, bool text,
        struct ws_inflate *inflate)
{
    /* The body's reader learns its type from a field; messages have none, and shall show none.
     * Of binary ones it finds out itself whether they are text after all, and worth keeping. */
    struct header type = {BYTES_LITERAL("content-type"), BYTES_LITERAL("text/plain")};

    m->m->headers = &type;
    m->m->header_count = text ? 1 : 0;
    m->body = body_new(setup->bodies, m->x, m->m, m->dir == FROM_CLIENT);
    m->m->headers = NULL;
    m->m->header_count = 0;
    if (m->body == NULL)
        return STATUS_NOMEM;
    m->m->head_whole = true;
    m->m->head_frames = m->m->frames_listed;
    m->inflate = inflate;
    return inflate == NULL ? STATUS_OK : ws_inflate_begin(inflate);
}

enum status ws_message_push(struct ws_message *m, struct bytes payload)
{
    m->wire += payload.n;
    m->len += payload.n;
    return m->inflate == NULL ? body_push(m->body, payload)
                              : ws_inflate_push(m->inflate, payload, m->body);
}

void ws_message_hole(struct ws_message *m, uint64_t len, enum gap_cause why, uint32_t gap)
{
    if (len == 0)
        return;
    m->len += len;
    body_gap(m->body, len);
    if (m->inflate != NULL)
        ws_inflate_hole(m->inflate, why);
    ws_message_hurt(m, gap);
}

void ws_message_hurt(struct ws_message *m, uint32_t gap)
{
    m->hurt = true;
    exchange_add_gap(m->x, gap);
}

/* What was there of the message and could not be read is a gap of its own. */
static enum status file_trouble(struct ws_message *m, const struct http_setup *setup)
{
    const struct gap gap = {
            .why = m->inflate->trouble_why,
            .layer = setup->layer,
            .dir = m->dir,
            .stream = m->x->stream,
            .off = m->off,
            .len = m->wire,
            .first_packet = m->m->frames_listed == 0 ? 0 : m->m->frames[0],
            .last_packet = m->m->last_frame,
            .detail = m->inflate->trouble,
    };
    uint32_t id = ledger_file(setup->ledger, &gap);

    ws_message_hurt(m, id);
    return id == 0 ? STATUS_NOMEM : STATUS_OK;
}

static enum status end_inflate(struct ws_message *m, const struct http_setup *setup, bool whole)
{
    /* What a message would have said is missing in the history of the next one. */
    if (!whole)
        ws_inflate_hole(m->inflate, GAP_CUT);
    if (ws_inflate_end(m->inflate) != STATUS_OK)
        return STATUS_NOMEM;
    if (m->inflate->trouble == NULL)
        return STATUS_OK;
    return whole || m->inflate->trouble_why != GAP_CUT ? file_trouble(m, setup) : STATUS_OK;
}

enum status ws_message_end(struct ws_message *m, const struct http_setup *setup, bool whole)
{
    enum status status = STATUS_OK;

    if (m->inflate != NULL && end_inflate(m, setup, whole) != STATUS_OK)
        return STATUS_NOMEM;
    status = body_end(m->body, whole && !m->hurt);
    if (status == STATUS_NOMEM)
        return status;
    m->m->seen = true;
    m->m->body.wire_bytes = m->wire;
    if (m->m->body.type.n == 0)
        m->m->body.type = BYTES_LITERAL("application/octet-stream");
    if (m->inflate != NULL) {
        m->m->body.codings[0] = "permessage-deflate";
        m->m->body.coding_count = 1;
    }
    m->m->whole = m->m->body.whole;
    m->x->complete = m->m->whole;
    return status;
}
