/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: http2, mux, mux_stream, mux_table, h2_block, h2_settings. Runs of one kind byte and two bytes
 * of length: bytes or a hole of either side. Checks what every exchange promises, and that
 * bytes cut into other items give the same exchanges. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/http2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static uint64_t drain(struct http2 *h)
{
    struct http_tunnel tunnel;
    struct exchange *x;
    uint64_t mix = 0;

    while (http2_next_tunnel(h, &tunnel))
        stir(&mix, tunnel.item.data);
    mix = 0; /* their pieces follow the items */
    while (http2_next(h, &x)) {
        uint64_t one = x->stream;

        assert(x->stream != 0);
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

static uint64_t run(struct bytes in, size_t step)
{
    struct ledger ledger;
    struct http_setup setup = {.connection = 1, .layer = LAYER_TLS, .ledger = &ledger};
    uint64_t off[2] = {0, 0}, mix = 0, packet = 0;
    struct http2 *h;
    struct bytes part;
    uint8_t kind;

    ledger_init(&ledger, 1);
    h = http2_new(&setup);
    if (h == NULL)
        abort();
    while (bytes_take_u8(&in, &kind) && bytes_take_vec16(&in, &part)) {
        enum direction dir = (enum direction)(kind & 1);
        struct item item = {.kind = ITEM_BYTES, .dir = dir, .frames = {&packet, 1}};
        bool hole = kind % 8 >= 6;

        packet++;
        for (size_t at = 0; at < part.n; at += hole ? part.n : step) {
            item.off = off[dir];
            item.data = bytes_slice(part, at, at + step);
            item.len = item.data.n;
            if (hole) {
                item = (struct item){.kind = ITEM_GAP, .dir = dir, .off = off[dir]};
                item.len = part.n;
                item.why = GAP_LOST;
                item.gap = ledger_file(&ledger, &(struct gap){.why = GAP_LOST});
            }
            off[dir] += item.len;
            if (http2_push(h, &item) != STATUS_OK)
                abort();
            mix += drain(h);
        }
    }
    if (http2_close(h) != STATUS_OK)
        abort();
    mix += drain(h);
    http2_free(h);
    ledger_clear(&ledger);
    return mix;
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
