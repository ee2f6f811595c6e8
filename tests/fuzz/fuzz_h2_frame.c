/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: h2_frame, h2_hunt. The first byte gives the direction and how bytes are split; then
 * runs of one kind byte, one length byte and, for bytes, that many of them. Whatever the split,
 * the frames are the same, and every offset is accounted for. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/h2_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t covered; /* offsets told */
    uint64_t mix;     /* of all that was told */
    uint64_t off;     /* offsets given */
    bool in_frame;
};

static void stir(struct outcome *o, uint64_t value)
{
    o->mix = (o->mix ^ value) * UINT64_C(0x100000001b3);
}

static void take(struct outcome *o, const struct h2_piece *p)
{
    switch (p->kind) {
    case H2_PIECE_NONE:
        return;
    case H2_PIECE_HEAD:
        assert(!o->in_frame && p->by != NULL && p->frame.off == o->covered);
        o->in_frame = true;
        o->covered += H2_HEAD_BYTES;
        stir(o, p->frame.off << 32 ^ p->frame.length);
        return;
    case H2_PIECE_PAYLOAD:
        assert(o->in_frame && p->data.n == p->len && p->off == o->covered);
        for (size_t i = 0; i < p->data.n; i++)
            stir(o, p->data.p[i]);
        o->covered += p->len;
        return;
    case H2_PIECE_HOLE:
        assert(o->in_frame && p->off == o->covered);
        o->covered += p->len;
        stir(o, p->len);
        return;
    case H2_PIECE_DONE:
        assert(o->in_frame);
        o->in_frame = false;
        return;
    case H2_PIECE_LOST:
        assert(!o->in_frame && p->off == o->covered && p->skipped <= p->len);
        o->covered += p->len;
        stir(o, p->len);
        return;
    case H2_PIECE_END:
        assert(p->off == o->covered);
        o->off = UINT64_MAX;
        return;
    }
}

static void push(struct h2_framer *f, struct outcome *o, struct item *item)
{
    struct h2_piece p;

    item->off = o->off;
    o->off += item->len;
    h2_framer_push(f, item);
    do {
        if (h2_framer_next(f, &p) != STATUS_OK)
            abort();
        /* The preface belongs to no frame. */
        if (p.kind != H2_PIECE_NONE && o->covered == 0 && f->dir == FROM_CLIENT &&
                (p.kind == H2_PIECE_END           ? p.off
                        : p.kind == H2_PIECE_HEAD ? p.frame.off
                                                  : p.off) == H2_PREFACE_BYTES)
            o->covered = H2_PREFACE_BYTES;
        take(o, &p);
    } while (p.kind != H2_PIECE_NONE);
}

static uint64_t run(struct bytes in, enum direction dir, size_t step)
{
    struct outcome o = {0};
    struct h2_framer f;
    struct bytes part;
    uint8_t kind;

    h2_framer_init(&f, dir);
    while (bytes_take_u8(&in, &kind) && bytes_take_vec8(&in, &part)) {
        struct item item = {.kind = ITEM_BYTES, .dir = dir};

        if (kind % 8 == 7) {
            item.kind = ITEM_GAP;
            item.why = kind == 15 ? GAP_CONFLICT : GAP_LOST;
            item.len = item.why == GAP_CONFLICT ? 0 : part.n;
            push(&f, &o, &item);
            continue;
        }
        for (size_t at = 0; at < part.n; at += step) {
            item.data = bytes_slice(part, at, at + step);
            item.len = item.data.n;
            push(&f, &o, &item);
        }
    }
    push(&f, &o, &(struct item){.kind = ITEM_END, .dir = dir});
    assert(o.off == UINT64_MAX);
    h2_framer_clear(&f);
    return o.mix;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    uint8_t mode;

    if (!bytes_take_u8(&in, &mode))
        return 0;
    assert(run(in, (enum direction)(mode & 1), 256) ==
            run(in, (enum direction)(mode & 1), 1 + mode / 2 % 16));
    return 0;
}
