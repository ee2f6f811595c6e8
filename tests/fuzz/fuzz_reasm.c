/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: reasm. The input is a list of steps of five bytes: what to do, an offset of 16 bits,
 * a length, and a second length (how much of the segment was kept, or how far to lie). The
 * bytes of the stream are a function of their offset, so that whatever comes out can be
 * checked: in order, each offset once, the right bytes unless the input lied, bytes and gaps
 * together the highest offset, each gap in the ledger as it is in the item.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/reasm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct reasm *r;
    struct ledger ledger;
    uint64_t at, bytes, gaps, high;
    uint64_t marks;
    bool lied, fin, syn, ended;
};

enum { STEP = 5, BUDGET = 2000 };

static const uint32_t base = 0xffff8000; /* wraps inside the range of offsets */

static uint8_t truth(uint64_t off)
{
    return (uint8_t)(off * 31 + (off >> 8) + 7);
}

static void pull(struct run *run)
{
    struct item item;

    while (reasm_next(run->r, &item)) {
        const struct gap *gap;

        assert(!run->ended);
        assert(item.len == 0 || item.off == run->at);
        run->at += item.len;
        switch (item.kind) {
        case ITEM_BYTES:
            assert(item.len != 0 && item.data.n == item.len && item.frames.n == 1);
            for (size_t i = 0; i < item.data.n && run->syn && !run->lied; i++)
                assert(item.data.p[i] == truth(item.off + i));
            run->bytes += item.len;
            break;
        case ITEM_GAP:
            gap = ledger_find(&run->ledger, item.gap);
            assert(gap != NULL && gap->why == item.why);
            assert(gap->off == item.off && gap->len == item.len);
            assert(gap->first_packet <= gap->last_packet);
            assert(item.why != GAP_CONFLICT || (item.len == 0 && run->lied));
            run->gaps += item.len;
            break;
        case ITEM_END:
            assert(item.off == run->at);
            run->ended = true;
            break;
        }
    }
    assert(reasm_waiting(run->r) <= BUDGET);
}

static void push(struct run *run, const uint8_t *step, uint64_t packet)
{
    uint32_t off = (uint32_t)step[1] << 8 | step[2];
    size_t n = step[3];
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    struct segment seg = {.packet = packet, .time_ns = (int64_t)packet, .flags = TCP_ACK};

    if (exact == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        exact[i] = truth(off + i);
    seg.seq = base + off;
    seg.payload = (struct bytes){exact, n};
    seg.wire_len = (uint32_t)n;
    if ((step[0] & 0x08) != 0 && n != 0) {
        exact[step[4] % n] ^= 0x55;
        run->lied = true;
    } else if ((step[0] & 0x10) != 0 && step[4] < n) {
        seg.payload.n = step[4];
    }
    if ((step[0] & 0x20) != 0) {
        seg.flags |= TCP_FIN;
        run->fin = true;
    }
    if ((step[0] & 0xc0) == 0xc0)
        seg.flags |= TCP_RST;
    else if (n != 1 && off + n > run->high) /* one byte may be a keep-alive */
        run->high = off + n;
    assert(reasm_push(run->r, &seg) == STATUS_OK);
    pull(run);
    free(exact);
}

static void step(struct run *run, const uint8_t *at, uint64_t packet)
{
    uint32_t off = (uint32_t)at[1] << 8 | at[2];

    switch (at[0] & 7) {
    case 0:
        reasm_acked(run->r, base + off, packet);
        pull(run);
        break;
    case 1:
        reasm_relieve(run->r);
        pull(run);
        break;
    case 2:
        for (unsigned i = 0; i < at[3]; i++)
            reasm_acked(run->r, base + off, packet);
        pull(run);
        break;
    default:
        push(run, at, packet);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {0};
    uint64_t sum = 0;

    if (size == 0)
        return 0;
    ledger_init(&run.ledger, 1);
    run.r = reasm_new(FROM_SERVER, &run.ledger, BUDGET);
    if (run.r == NULL)
        abort();
    run.syn = (data[0] & 1) != 0;
    if (run.syn) {
        struct segment syn = {.packet = 1, .seq = base - 1, .flags = TCP_SYN};

        assert(reasm_push(run.r, &syn) == STATUS_OK);
        pull(&run);
    }
    for (size_t i = 1; i + STEP <= size; i += STEP)
        step(&run, data + i, i + 1);
    reasm_close(run.r, GAP_CUT);
    pull(&run);
    assert(run.ended && reasm_ended(run.r));
    assert(run.bytes + run.gaps == run.at);
    assert(!run.syn || run.fin || run.at >= run.high);
    for (size_t i = 0; i < run.ledger.n; i++)
        sum += run.ledger.gaps[i].len;
    assert(sum == run.gaps);
    reasm_free(run.r);
    ledger_clear(&run.ledger);
    return 0;
}
