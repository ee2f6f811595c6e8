/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: websocket, ws_frame, ws_message, ws_inflate, ws_extension. The first byte says what was
 * agreed and how items are cut; then runs of one kind byte and two bytes of length: bytes, a hole,
 * a mark or the end of either side. A message is whole or says by a gap why not, gaps that the stage
 * files lie within what was sent, and bytes cut into other items give the same messages.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct ledger ledger;
    struct websocket *w;
    uint64_t off[2], packet, mix, messages;
    bool ended[2];
};

static const char *const agreements[] = {"permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover", "",
        "x-other, permessage-deflate;client_max_window_bits=\"9\""};

static void stir(uint64_t *mix, const void *p, size_t n)
{
    const uint8_t *at = p;

    for (size_t i = 0; i < n; i++)
        *mix = (*mix ^ at[i]) * UINT64_C(0x100000001b3);
}

static void check(struct run *r, const struct exchange *x)
{
    bool sent = bytes_is(x->method, "SEND");
    const struct message *m = sent ? &x->request : &x->response;
    const struct message *other = sent ? &x->response : &x->request;

    assert(sent || bytes_is(x->method, "RECV"));
    assert(x->message == ++r->messages && x->stream == 3 && x->connection == 7);
    assert(x->opcode != NULL && m->seen && !other->seen && m->body.present);
    assert(x->complete == m->whole && (x->complete || x->gap_count != 0));
    for (size_t i = 0; i < x->gap_count; i++)
        assert(x->gaps[i] != 0 && x->gaps[i] <= r->ledger.n);
    for (size_t i = 0; i < m->frames_listed; i++)
        assert(m->frames[i] != 0 && m->frames[i] <= r->packet);
    assert(m->body.wire_bytes <= r->off[sent ? FROM_CLIENT : FROM_SERVER]);
    stir(&r->mix, &sent, sizeof(sent));
    stir(&r->mix, x->opcode, strlen(x->opcode));
    stir(&r->mix, &x->complete, sizeof(x->complete));
    stir(&r->mix, &m->body.wire_bytes, sizeof(m->body.wire_bytes));
    /* How much comes out in front of corrupt data may depend on the pieces. */
    if (x->complete || m->body.coding_count == 0)
        stir(&r->mix, m->body.sha256, sizeof(m->body.sha256));
}

static void push(struct run *r, struct item *item)
{
    struct exchange *x;

    item->off = r->off[item->dir];
    item->frames = (struct frames){&r->packet, 1};
    if (item->kind == ITEM_GAP)
        item->gap = ledger_file(&r->ledger, &(struct gap){.why = item->why});
    r->off[item->dir] += item->len;
    if (websocket_push(r->w, item) != STATUS_OK)
        abort();
    while (websocket_next(r->w, &x)) {
        check(r, x);
        exchange_free(x);
    }
}

static void take(struct run *r, uint8_t kind, struct bytes part, size_t step)
{
    enum direction dir = (enum direction)(kind & 1);
    struct item item = {.dir = dir, .kind = ITEM_GAP, .why = GAP_LOST, .len = part.n};

    r->packet++;
    if (r->ended[dir])
        return;
    switch (kind >> 1 & 7) {
    case 7:
        item.kind = ITEM_END;
        item.len = 0;
        r->ended[dir] = true;
        push(r, &item);
        return;
    case 6:
        item.why = (kind & 16) != 0 ? GAP_CONFLICT : GAP_CUT;
        item.len = 0;
        push(r, &item);
        return;
    case 5:
        if (item.len != 0)
            push(r, &item);
        return;
    default:
        break;
    }
    item.kind = ITEM_BYTES;
    for (size_t at = 0; at < part.n; at += step) {
        item.data = bytes_slice(part, at, at + step);
        item.len = item.data.n;
        push(r, &item);
    }
}

static uint64_t run(struct bytes in, uint8_t mode, size_t step)
{
    struct run r = {.mix = 0};
    const struct http_setup setup = {.connection = 7, .layer = LAYER_TLS, .ledger = &r.ledger};
    struct exchange *upgrade = exchange_new(7, 3, PROTOCOL_HTTP11), *x;
    struct bytes part;
    uint8_t kind;

    ledger_init(&r.ledger, 7);
    if (upgrade == NULL || exchange_add_header(upgrade, &upgrade->response,
                                   BYTES_LITERAL("Sec-WebSocket-Extensions"),
                                   bytes_text(agreements[mode & 3])) != STATUS_OK)
        abort();
    upgrade->request.head_whole = (mode & 8) == 0;
    upgrade->response.head_whole = (mode & 4) == 0;
    r.w = websocket_new(&setup, upgrade);
    exchange_free(upgrade);
    if (r.w == NULL)
        abort();
    while (bytes_take_u8(&in, &kind)) {
        if (!bytes_take_vec16(&in, &part)) {
            part = in; /* the last run may be short */
            in.n = 0;
        }
        take(&r, kind, part, step);
    }
    if (websocket_close(r.w) != STATUS_OK)
        abort();
    while (websocket_next(r.w, &x)) {
        check(&r, x);
        exchange_free(x);
    }
    for (size_t i = 0; i < r.ledger.n; i++) {
        const struct gap *gap = &r.ledger.gaps[i];

        assert(gap->off + gap->len <= r.off[gap->dir]);
        stir(&r.mix, &gap->why, sizeof(gap->why));
        stir(&r.mix, &gap->off, sizeof(gap->off));
        stir(&r.mix, &gap->len, sizeof(gap->len));
    }
    websocket_free(r.w);
    ledger_clear(&r.ledger);
    return r.mix;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    uint8_t mode;

    if (!bytes_take_u8(&in, &mode))
        return 0;
    assert(run(in, mode, SIZE_MAX / 2) == run(in, mode, 1 + (mode >> 3)));
    return 0;
}
