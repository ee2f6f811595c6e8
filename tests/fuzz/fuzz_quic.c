/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: quic, one connection. The input is a key log behind a length of two bytes, then
 * datagrams: a control byte (bit 0: sender, bit 1: cut by a snap length, bit 2: asked first whether
 * it is of this connection or begins another), a length of two bytes, and the content. Whatever
 * comes in: the items of each direction of each stream follow each other without a step, gaps are
 * in the ledger, every direction ends once, and two readings agree.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/quic/quic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAMS_MOST = 256, ARENA_MOST = 1 << 22, CUT_BYTES = 9 };

struct account {
    uint64_t stream, off;
    enum direction dir;
    bool ended;
};

struct run {
    struct keylog *keys;
    struct quic *quic;
    struct tls_facts tls;
    struct quic_facts facts;
    struct ledger ledger;
    struct arena *arena;
    struct account streams[STREAMS_MOST];
    size_t n;
    uint64_t packet, bytes, items;
};

static struct account *account_of(struct run *r, uint64_t stream, enum direction dir)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->streams[i].stream == stream && r->streams[i].dir == dir)
            return &r->streams[i];
    if (r->n == STREAMS_MOST)
        return NULL;
    r->streams[r->n] = (struct account){.stream = stream, .dir = dir};
    return &r->streams[r->n++];
}

static void pull(struct run *r)
{
    struct item item;
    uint64_t stream;

    while (quic_next(r->quic, &stream, &item)) {
        struct account *a = account_of(r, stream, item.dir);

        r->items++;
        if (item.kind == ITEM_BYTES) {
            assert(item.len == item.data.n && item.len != 0);
            for (size_t i = 0; i < item.data.n; i++)
                r->bytes += item.data.p[i];
        } else if (item.kind == ITEM_GAP) {
            assert(item.gap != 0 && item.gap <= r->ledger.n);
        }
        if (a == NULL)
            continue;
        assert(!a->ended && a->off == item.off);
        a->off += item.len;
        a->ended = item.kind == ITEM_END;
    }
    assert(quic_status(r->quic) == STATUS_OK);
}

static void show(struct run *r, uint8_t control, struct bytes content)
{
    enum direction dir = (control & 1) != 0 ? FROM_SERVER : FROM_CLIENT, to;
    const struct quic_datagram d = {.dir = dir,
            .data = content,
            .wire_len = (uint32_t)content.n + ((control & 2) != 0 ? CUT_BYTES : 0),
            .packet = ++r->packet,
            .time_ns = (int64_t)r->packet};
    struct bytes id;

    if ((control & 4) != 0) {
        (void)!quic_claims(r->quic, &d, &to);
        (void)!quic_is_foreign(r->quic, &d);
    }
    if (quic_push(r->quic, &d) != STATUS_OK)
        abort();
    pull(r);
    while (quic_next_id(r->quic, &to, &id))
        assert(id.n != 0 && id.n <= QUIC_ID_MOST);
}

static void read_all(struct run *r, struct bytes in)
{
    struct bytes log, content;
    uint8_t control;
    const char *reason;

    *r = (struct run){.keys = keylog_new(), .arena = arena_new(ARENA_MOST)};
    assert(r->keys != NULL && r->arena != NULL);
    ledger_init(&r->ledger, 1);
    if (bytes_take_vec16(&in, &log) && keylog_add(r->keys, log) != STATUS_OK)
        abort();
    {
        const struct quic_setup setup = {.keys = r->keys,
                .ledger = &r->ledger,
                .arena = r->arena,
                .tls = &r->tls,
                .facts = &r->facts};

        r->quic = quic_new(&setup);
    }
    assert(r->quic != NULL);
    while (bytes_take_u8(&in, &control) && bytes_take_vec16(&in, &content))
        show(r, control, content);
    if (quic_close(r->quic, GAP_CUT) != STATUS_OK)
        abort();
    pull(r);
    for (size_t i = 0; i < r->n; i++)
        assert(r->streams[i].ended);
    for (size_t i = 0; i < r->ledger.n; i++)
        assert(r->ledger.gaps[i].last_packet <= r->packet);
    if (quic_decrypted(r->quic, &reason) == DECRYPTED_FULL)
        assert(reason == NULL && r->facts.unopened[0] + r->facts.unopened[1] == 0);
}

static void drop(struct run *r)
{
    quic_free(r->quic);
    keylog_free(r->keys);
    ledger_clear(&r->ledger);
    arena_free(r->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run first, second;

    read_all(&first, bytes_of(data, size));
    read_all(&second, bytes_of(data, size));
    assert(first.bytes == second.bytes && first.items == second.items);
    assert(first.ledger.n == second.ledger.n && first.n == second.n);
    drop(&first);
    drop(&second);
    return 0;
}
