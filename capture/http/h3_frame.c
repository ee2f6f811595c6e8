/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h3_frame.h"

#include "capture/quic/quic_packet.h"

bool h3_is_grease(uint64_t type)
{
    return type >= 0x21 && (type - 0x21) % 0x1f == 0;
}

void h3_framer_push(struct h3_framer *f, const struct item *item)
{
    f->item = *item;
    f->used = 0;
    f->has_item = f->state != H3_FRAMER_ENDED;
}

bool h3_framer_rest(struct h3_framer *f, struct item *out)
{
    struct item rest = f->item;

    if (!f->has_item || (rest.kind != ITEM_END && f->used == rest.len))
        return false;
    rest.off += f->used;
    rest.len -= f->used;
    if (rest.kind == ITEM_BYTES)
        rest.data = bytes_slice(rest.data, (size_t)f->used, rest.data.n);
    f->has_item = false;
    *out = rest;
    return true;
}

/* The steps below use up a part of the item and return true when `out` holds a piece. */

static bool step_head(struct h3_framer *f, struct h3_piece *out)
{
    const struct item *by = &f->item;
    struct h3_frame frame = {.off = by->off + f->used - f->head_n};
    struct bytes head;

    while (f->used < by->data.n) {
        f->head[f->head_n++] = by->data.p[f->used++];
        head = bytes_of(f->head, f->head_n);
        if (!quic_take_varint(&head, &frame.type) || !quic_take_varint(&head, &frame.length))
            continue;
        f->frame = frame;
        f->left = frame.length;
        f->head_n = 0;
        f->state = H3_FRAMER_PAYLOAD;
        *out = (struct h3_piece){.kind = H3_PIECE_HEAD, .frame = frame};
        return true;
    }
    return false;
}

static bool step_bytes(struct h3_framer *f, struct h3_piece *out)
{
    uint64_t n = f->item.data.n - f->used;

    switch (f->state) {
    case H3_FRAMER_HEAD:
        return step_head(f, out);
    case H3_FRAMER_PAYLOAD:
        n = n < f->left ? n : f->left;
        *out = (struct h3_piece){.kind = H3_PIECE_PAYLOAD,
                .frame = f->frame,
                .off = f->item.off + f->used,
                .len = n,
                .data = bytes_slice(f->item.data, (size_t)f->used, (size_t)(f->used + n)),
                .by = &f->item};
        f->used += n;
        f->left -= n;
        return true;
    case H3_FRAMER_LOST:
        f->lost_len += n;
        break;
    case H3_FRAMER_ENDED:
        break;
    }
    f->used += n;
    return false;
}

static bool step_gap(struct h3_framer *f, struct h3_piece *out)
{
    const struct item *gap = &f->item;
    uint64_t n = gap->len - f->used;

    if (f->state == H3_FRAMER_PAYLOAD) {
        n = n < f->left ? n : f->left;
        *out = (struct h3_piece){.kind = H3_PIECE_HOLE,
                .frame = f->frame,
                .off = gap->off + f->used,
                .len = n,
                .gap = gap->gap,
                .why = gap->why,
                .by = gap};
        f->used += n;
        f->left -= n;
        return true;
    }
    if (f->state == H3_FRAMER_HEAD) {
        f->state = H3_FRAMER_LOST;
        f->broken = true;
        f->lost_off = f->head_n != 0 ? gap->off + f->used - f->head_n : gap->off + gap->len;
        f->lost_len = f->head_n;
        f->lost_gap = gap->gap;
        f->lost_why = gap->why;
        f->head_n = 0;
    }
    f->used = gap->len;
    return false;
}

static bool step_end(struct h3_framer *f, struct h3_piece *out)
{
    if (f->state == H3_FRAMER_PAYLOAD) {
        *out = (struct h3_piece){.kind = H3_PIECE_DONE, .frame = f->frame, .cut = true};
        f->state = H3_FRAMER_HEAD;
        f->broken = true;
        return true;
    }
    if (f->state == H3_FRAMER_LOST) {
        *out = (struct h3_piece){.kind = H3_PIECE_LOST,
                .off = f->lost_off,
                .len = f->lost_len,
                .gap = f->lost_gap,
                .why = f->lost_why};
        f->state = H3_FRAMER_HEAD;
        return true;
    }
    *out = (struct h3_piece){.kind = H3_PIECE_END, .whole = !f->broken && f->head_n == 0};
    f->state = H3_FRAMER_ENDED;
    f->has_item = false;
    return true;
}

static bool step(struct h3_framer *f, struct h3_piece *out)
{
    if (f->state == H3_FRAMER_PAYLOAD && f->left == 0) {
        *out = (struct h3_piece){.kind = H3_PIECE_DONE, .frame = f->frame};
        f->state = H3_FRAMER_HEAD;
        return true;
    }
    if (f->has_item && f->item.kind != ITEM_END && f->used == f->item.len)
        f->has_item = false;
    if (!f->has_item) {
        *out = (struct h3_piece){.kind = H3_PIECE_NONE};
        return true;
    }
    switch (f->item.kind) {
    case ITEM_BYTES:
        return step_bytes(f, out);
    case ITEM_GAP:
        return step_gap(f, out);
    case ITEM_END:
        return step_end(f, out);
    }
    return false;
}

void h3_framer_next(struct h3_framer *f, struct h3_piece *out)
{
    while (!step(f, out))
        continue;
}
