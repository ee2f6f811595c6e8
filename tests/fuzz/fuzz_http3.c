/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: http3, h3_life, h3_message, h3_uni, h3_wait, mux, mux_stream. Runs of one kind byte, one
 * byte for the stream and two bytes of length: bytes, a hole or an end of either side. Checks
 * what every exchange promises, and that bytes cut into other items give the same exchanges. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/http3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAMS = 32 };

static void stir(uint64_t *mix, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        *mix = (*mix ^ b.p[i]) * UINT64_C(0x100000001b3);
    *mix = (*mix ^ b.n) * UINT64_C(0x100000001b3);
}

static void check_message(const struct message *m, uint64_t *mix)
{
    assert(m->header_count <= EXCHANGE_HEADERS_MOST);
    assert(!m->whole || m->head_whole);
    assert(m->frames_listed <= m->frame_count && m->head_frames <= m->frames_listed);
    for (size_t i = 0; i < m->header_count; i++) {
        stir(mix, m->headers[i].name);
        stir(mix, m->headers[i].value);
    }
    for (size_t i = 0; i < m->trailer_count; i++)
        stir(mix, m->trailers[i].value);
    stir(mix, m->body.data);
    stir(mix, bytes_of(m->body.sha256, sizeof(m->body.sha256)));
    stir(mix, bytes_of(&m->whole, 1));
}

static uint64_t drain(struct http3 *h)
{
    struct http_tunnel tunnel;
    struct exchange *x;
    uint64_t mix = 0;

    while (http3_next_tunnel(h, &tunnel))
        stir(&mix, tunnel.item.data);
    mix = 0; /* their pieces follow the items */
    while (http3_next(h, &x)) {
        uint64_t one = x->stream;

        assert(x->stream < STREAMS && x->protocol == PROTOCOL_H3);
        assert(x->complete == (x->request.whole && x->response.whole));
        stir(&one, x->method);
        stir(&one, x->url);
        check_message(&x->request, &one);
        check_message(&x->response, &one);
        for (size_t i = 1; i < x->gap_count; i++)
            assert(x->gaps[i - 1] < x->gaps[i]);
        mix += one;
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
