/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: http3, h3_life, h3_message, h3_uni, h3_wait, mux, mux_stream. Runs of one kind byte, one
 * byte for the stream and two bytes of length: bytes, a hole or an end of either side. Checks
 * what every exchange promises, and that bytes cut into other items give the same exchanges. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/http3.h"
#include "tests/fuzz/exchange_mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAMS = 32 };

static uint64_t drain(struct http3 *h)
{
    struct http_tunnel tunnel;
    struct exchange *x;
    uint64_t mix = 0;

    while (http3_next_tunnel(h, &tunnel))
        stir(&mix, tunnel.item.data);
    mix = 0; /* their pieces follow the items */
    while (http3_next(h, &x)) {
        assert(x->stream < STREAMS && x->protocol == PROTOCOL_H3);
        mix += exchange_mix(x);
        exchange_free(x);
    }
    return mix;
}

struct conversation {
    struct http3 *h;
    struct ledger ledger;
    uint64_t off[STREAMS][2];
    bool ended[STREAMS][2];
    uint64_t packet, mix;
};

static void push(struct conversation *c, uint64_t stream, struct item item)
{
    item.off = c->off[stream][item.dir];
    c->off[stream][item.dir] += item.len;
    if (http3_push(c->h, stream, &item) != STATUS_OK)
        abort();
    c->mix += drain(c->h);
}

/* One run of the input; bytes as items of at most `step`. */
static void take(
        struct conversation *c, uint8_t kind, uint64_t stream, struct bytes part, size_t step)
{
    enum direction dir = (enum direction)(kind & 1);
    struct item item = {.dir = dir, .frames = {&c->packet, 1}};

    c->packet++;
    if (c->ended[stream][dir])
        return;
    if (kind % 16 >= 14) {
        item.kind = ITEM_END;
        c->ended[stream][dir] = true;
        push(c, stream, item);
    } else if (kind % 16 >= 12) {
        item.kind = ITEM_GAP;
        item.len = part.n;
        item.why = GAP_LOST;
        item.gap = ledger_file(&c->ledger, &(struct gap){.why = GAP_LOST});
        push(c, stream, item);
    } else {
        for (size_t at = 0; at < part.n; at += step) {
            item.data = bytes_slice(part, at, at + step);
            item.len = item.data.n;
            push(c, stream, item);
        }
    }
}

static uint64_t run(struct bytes in, size_t step)
{
    struct conversation c = {.packet = 0};
    struct http_setup setup = {.connection = 1, .ledger = &c.ledger};
    struct bytes part;
    uint8_t kind, stream;

    ledger_init(&c.ledger, 1);
    c.h = http3_new(&setup);
    if (c.h == NULL)
        abort();
    while (bytes_take_u8(&in, &kind) && bytes_take_u8(&in, &stream) &&
            bytes_take_vec16(&in, &part))
        take(&c, kind, stream % STREAMS, part, step);
    if (http3_close(c.h) != STATUS_OK)
        abort();
    c.mix += drain(c.h);
    for (size_t i = 0; i < c.ledger.n; i++)
        assert(c.ledger.gaps[i].layer == LAYER_QUIC || c.ledger.gaps[i].detail == NULL);
    http3_free(c.h);
    ledger_clear(&c.ledger);
    return c.mix;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    uint8_t mode;

    if (!bytes_take_u8(&in, &mode))
        return 0;
    assert(run(in, SIZE_MAX / 2) == run(in, 1 + mode % 64));
    return 0;
}
