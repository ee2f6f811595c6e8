/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: http2, mux, mux_stream, mux_table, h2_block, h2_settings. Runs of one kind byte and two bytes
 * of length: bytes or a hole of either side. Checks what every exchange promises, and that
 * bytes cut into other items give the same exchanges. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/http2.h"
#include "tests/fuzz/exchange_mix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t drain(struct http2 *h)
{
    struct http_tunnel tunnel;
    struct exchange *x;
    uint64_t mix = 0;

    while (http2_next_tunnel(h, &tunnel))
        stir(&mix, tunnel.item.data);
    mix = 0; /* their pieces follow the items */
    while (http2_next(h, &x)) {
        assert(x->stream != 0);
        mix += exchange_mix(x);
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
