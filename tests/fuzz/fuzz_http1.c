/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: http1, the whole stage. The input is a list of items: a control byte (bit 0: sender,
 * bits 1 and 2: bytes, gap, mark, end; bits 4 to 7: its place), a length byte and, for bytes, the content. Every
 * exchange that comes out is consistent, cites gaps of the ledger and packets that were given,
 * and all heads and bodies together are no longer than what was pushed.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/http/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct totals {
    uint64_t pushed[2], read[2], rest[2];
    uint64_t last_frame;
};

static void check_message(const struct message *m, const struct totals *t)
{
    assert(!m->whole || m->head_whole);
    assert(!m->head_whole || m->seen);
    assert(m->head_frames <= m->frames_listed && m->frames_listed <= m->frame_count);
    for (size_t i = 0; i < m->frames_listed; i++) {
        assert(m->frames[i] != 0 && m->frames[i] <= t->last_frame);
        assert(i == 0 || m->frames[i] > m->frames[i - 1]);
    }
}

static void check_exchange(
        const struct exchange *x, const struct ledger *ledger, struct totals *t)
{
    assert(x->request.seen || x->response.seen);
    assert(x->response.seen == (x->status != 0));
    assert(x->request.seen == (x->method.n != 0));
    assert(!x->complete || (x->request.whole && x->response.whole));
    for (size_t i = 0; i < x->gap_count; i++)
        assert(x->gaps[i] != 0 && x->gaps[i] <= ledger->n);
    check_message(&x->request, t);
    check_message(&x->response, t);
    t->read[0] += x->request.raw_head.n + x->request.body.wire_bytes;
    t->read[1] += x->response.raw_head.n + x->response.body.wire_bytes;
}

static void drain(struct http1 *h, const struct ledger *ledger, struct totals *t)
{
    struct exchange *x;
    struct item item;

    while (http1_next(h, &x)) {
        check_exchange(x, ledger, t);
        exchange_free(x);
    }
    while (http1_next_rest(h, &item)) {
        assert(http1_turn(h) != TURN_NONE);
        assert(item.kind != ITEM_BYTES || item.data.n == item.len);
        t->rest[item.dir] += item.kind == ITEM_BYTES ? item.len : 0;
    }
    x = http1_take_upgraded(h);
    if (x != NULL)
        t->read[0] += x->request.raw_head.n + x->request.body.wire_bytes;
    exchange_free(x);
}

static struct item next_item(
        struct bytes *in, struct ledger *ledger, struct totals *t, uint64_t frames[2])
{
    struct item item = {0};
    uint8_t control = 0, length = 0;

    if (!bytes_take_u8(in, &control) || !bytes_take_u8(in, &length))
        length = 0;
    item.dir = control & 1 ? FROM_SERVER : FROM_CLIENT;
    item.kind = (control >> 1 & 3) == 0   ? ITEM_BYTES
                : (control >> 1 & 3) == 3 ? ITEM_END
                                          : ITEM_GAP;
    item.off = t->pushed[item.dir];
    item.place.has_sent_from = (control & 16) != 0;
    item.place.sent_from = item.off;
    item.place.sent_to = item.off + length;
    item.place.has_heard = (control & 32) != 0;
    item.place.heard = t->pushed[1 - item.dir] + (control >> 6) * 50u;
    frames[0] = ++t->last_frame;
    frames[1] = ++t->last_frame;
    item.frames = (struct frames){frames, control & 8 ? 2 : 1};
    if (item.kind == ITEM_BYTES) {
        size_t n = length < in->n ? length : in->n;

        item.data = bytes_slice(*in, 0, n);
        *in = bytes_slice(*in, n, in->n);
        item.len = n;
    } else if (item.kind == ITEM_GAP) {
        struct gap gap = {.dir = item.dir, .off = item.off};

        item.why = control & 16 ? GAP_LOST : control & 32 ? GAP_CONFLICT : GAP_MIDSTREAM;
        item.len = (control >> 1 & 3) == 1 ? length : 0;
        gap.why = item.why;
        gap.len = item.len;
        item.gap = ledger_file(ledger, &gap);
    }
    t->pushed[item.dir] += item.len;
    return item;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger ledger;
    struct http_setup setup = {.connection = 1, .layer = LAYER_STREAM, .ledger = &ledger};
    struct bytes in = {data, size};
    struct totals t = {0};
    struct http1 *h;
    bool ended[2] = {false, false};

    ledger_init(&ledger, 1);
    h = http1_new(&setup);
    assert(h != NULL);
    while (in.n != 0) {
        uint64_t frames[2];
        struct item item = next_item(&in, &ledger, &t, frames);

        if (ended[item.dir])
            continue;
        ended[item.dir] = item.kind == ITEM_END;
        assert(http1_push(h, &item) == STATUS_OK);
        drain(h, &ledger, &t);
    }
    assert(http1_close(h) == STATUS_OK);
    drain(h, &ledger, &t);
    for (int i = 0; i < 2; i++)
        assert(t.read[i] + t.rest[i] <= t.pushed[i]);
    http1_free(h);
    ledger_clear(&ledger);
    return 0;
}
