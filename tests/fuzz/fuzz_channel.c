/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: channel, the whole stack of one connection. The input is a list of items: a control
 * byte (bit 0: sender, bits 1 and 2: bytes, bytes, gap, end), a length byte and, for bytes, the
 * content. Nothing is lost on the way out: exchanges are of this connection, cite gaps of its
 * ledger and packets that were given, their ids differ, and the stack's facts agree with them.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct connection facts;
    struct channel *channel;
    uint64_t frame, off[2];
    uint64_t exchanges;
    bool ended[2];
};

static void check_frames(const struct run *r, const struct message *m)
{
    for (size_t i = 0; i < m->frames_listed; i++)
        assert(m->frames[i] != 0 && m->frames[i] <= r->frame);
}

static void drain(struct run *r)
{
    struct exchange *x;
    struct item message;
    const char *carrier;

    while (channel_next(r->channel, &x)) {
        assert(x->connection == r->facts.id);
        for (size_t i = 0; i < x->gap_count; i++)
            assert(x->gaps[i] != 0 && x->gaps[i] <= r->facts.ledger.n);
        check_frames(r, &x->request);
        check_frames(r, &x->response);
        exchange_free(x);
        r->exchanges++;
    }
    while (channel_next_dns(r->channel, &message, &carrier))
        assert(carrier != NULL && message.data.n == message.len && message.len <= 65535);
}

static void push(struct run *r, struct item *item)
{
    uint64_t frame = ++r->frame;

    item->off = r->off[item->dir];
    item->frames = (struct frames){&frame, 1};
    item->first_ns = item->last_ns = (int64_t)frame;
    r->off[item->dir] += item->len;
    if (channel_push(r->channel, item) != STATUS_OK)
        abort();
    drain(r);
}

static void take_item(struct run *r, struct bytes *in, uint8_t control, uint8_t length)
{
    struct item item = {.dir = (control & 1) != 0 ? FROM_SERVER : FROM_CLIENT, .len = length};

    if (r->ended[item.dir])
        return;
    switch (control >> 1 & 3) {
    case 2: {
        struct gap gap = {.why = GAP_LOST, .dir = item.dir, .off = r->off[item.dir]};

        gap.len = length;
        item.kind = ITEM_GAP;
        item.why = GAP_LOST;
        item.gap = ledger_file(&r->facts.ledger, &gap);
        assert(item.gap != 0);
        break;
    }
    case 3:
        item.kind = ITEM_END;
        item.len = 0;
        r->ended[item.dir] = true;
        break;
    default:
        if (in->n < item.len)
            item.len = in->n;
        item.kind = ITEM_BYTES;
        if (item.len == 0 || !bytes_take(in, (size_t)item.len, &item.data))
            return;
        break;
    }
    push(r, &item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r = {.facts = {.id = 7, .server = {.version = IPV4, .port = 80}}};
    const struct channel_setup setup = {.facts = &r.facts};
    struct bytes in = {data, size};
    uint8_t control, length;

    if (size != 0 && data[0] == 53)
        r.facts.server.port = 53;
    ledger_init(&r.facts.ledger, r.facts.id);
    r.facts.arena = arena_new((size_t)64 << 20);
    r.channel = channel_new(&setup);
    if (r.facts.arena == NULL || r.channel == NULL)
        abort();
    while (bytes_take_u8(&in, &control) && bytes_take_u8(&in, &length))
        take_item(&r, &in, control, length);
    if (channel_close(r.channel) != STATUS_OK)
        abort();
    drain(&r);
    assert(r.exchanges == r.facts.exchanges);
    assert(r.facts.tls.seen || r.facts.decrypted == DECRYPTED_NOT_NEEDED);
    channel_free(r.channel);
    ledger_clear(&r.facts.ledger);
    arena_free(r.facts.arena);
    return 0;
}
