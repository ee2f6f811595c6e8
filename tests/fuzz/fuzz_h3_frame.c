/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: h3_frame. Runs of one kind byte and two bytes of length: bytes or a hole. Every byte
 * comes out once, and items cut anywhere give the same pieces. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/http/h3_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t mix, payload, holes, lost;
};

static void stir(uint64_t *mix, uint64_t n)
{
    *mix = (*mix ^ n) * UINT64_C(0x100000001b3);
}

/* All pieces of one item; the frames and bytes are mixed, not how they were cut. */
static void drain(struct h3_framer *f, const struct item *item, struct sum *sum)
{
    struct h3_piece p;

    h3_framer_push(f, item);
    for (;;) {
        h3_framer_next(f, &p);
        switch (p.kind) {
        case H3_PIECE_NONE:
            return;
        case H3_PIECE_HEAD:
            stir(&sum->mix, p.frame.type);
            stir(&sum->mix, p.frame.length);
            stir(&sum->mix, p.frame.off);
            break;
        case H3_PIECE_PAYLOAD:
            assert(p.data.n == p.len && p.data.p >= item->data.p);
            assert(p.data.p + p.data.n <= item->data.p + item->data.n);
            for (size_t i = 0; i < p.data.n; i++)
                stir(&sum->mix, p.data.p[i]);
            sum->payload += p.len;
            break;
        case H3_PIECE_HOLE:
            assert(p.len <= item->len);
            sum->holes += p.len;
            break;
        case H3_PIECE_DONE:
            stir(&sum->mix, 3 + p.cut);
            break;
        case H3_PIECE_LOST:
            sum->lost += p.len;
            stir(&sum->mix, p.off);
            break;
        case H3_PIECE_END:
            stir(&sum->mix, 7 + p.whole);
            return;
        }
    }
}

static struct sum run(struct bytes in, size_t step)
{
    struct h3_framer f = {0};
    struct sum sum = {0};
    struct bytes part;
    uint64_t off = 0;
    uint8_t kind;

    while (bytes_take_u8(&in, &kind) && bytes_take_vec16(&in, &part)) {
        bool hole = kind % 8 == 7;

        for (size_t at = 0; at < part.n; at += hole ? part.n : step) {
            struct item item = {.kind = hole ? ITEM_GAP : ITEM_BYTES, .off = off};

            item.data = hole ? part : bytes_slice(part, at, at + step);
            item.len = item.data.n;
            off += item.len;
            drain(&f, &item, &sum);
        }
    }
    drain(&f, &(struct item){.kind = ITEM_END, .off = off}, &sum);
    assert(sum.payload + sum.holes + sum.lost <= off);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct sum whole, cut;
    uint8_t mode;

    if (!bytes_take_u8(&in, &mode))
        return 0;
    whole = run(in, SIZE_MAX / 2);
    cut = run(in, 1 + mode % 16);
    assert(whole.mix == cut.mix && whole.payload == cut.payload);
    assert(whole.holes == cut.holes && whole.lost == cut.lost);
    return 0;
}
