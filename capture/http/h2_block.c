/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_block.h"

#include <string.h>

#include "capture/http/exchange.h"

enum { PRIORITY_BYTES = 5 };

void h2_block_init(struct h2_block *b)
{
    *b = (struct h2_block){0};
    buf_init(&b->bytes, EXCHANGE_HEAD_MOST);
}

void h2_block_clear(struct h2_block *b)
{
    buf_clear(&b->bytes);
    h2_block_init(b);
}

static void begin_frame(struct h2_block *b, const struct h2_frame *frame)
{
    b->length = frame->length;
    b->type = frame->type;
    b->flags = frame->flags;
    b->begin = b->bytes.n;
    b->reading = true;
    b->holed = false;
}

void h2_block_begin(struct h2_block *b, const struct h2_frame *frame)
{
    struct buf bytes = b->bytes;

    buf_reset(&bytes);
    *b = (struct h2_block){.open = true, .frame = *frame, .bytes = bytes};
    begin_frame(b, frame);
}

void h2_block_continue(struct h2_block *b, const struct h2_frame *frame)
{
    begin_frame(b, frame);
}

bool h2_block_awaits(const struct h2_block *b, const struct h2_frame *frame)
{
    return frame->type == H2_CONTINUATION && frame->stream == b->frame.stream;
}

enum status h2_block_push(struct h2_block *b, struct bytes payload)
{
    enum status status;

    if (b->torn || b->holed)
        return STATUS_OK;
    if (payload.n > b->bytes.limit - b->bytes.n) {
        payload.n = b->bytes.limit - b->bytes.n;
        b->over = true;
    }
    status = buf_append(&b->bytes, payload);
    if (b->over)
        b->holed = true;
    return status;
}

void h2_block_hole(struct h2_block *b, uint32_t gap)
{
    if (!b->torn && b->gap == 0)
        b->gap = gap;
    b->holed = true;
}

/* What stands around the fragment of the block in its frame. */
static enum parse measure(struct h2_block *b, size_t *skip, size_t *end)
{
    struct bytes all = bytes_slice(buf_view(&b->bytes), b->begin, b->bytes.n), at = all;
    uint8_t pad = 0;

    if (b->type != H2_CONTINUATION) {
        if ((b->flags & H2_FLAG_PADDED) != 0 && !bytes_take_u8(&at, &pad))
            return PARSE_MORE;
        if (b->type == H2_PUSH_PROMISE && !bytes_take_u32(&at, &b->promised))
            return PARSE_MORE;
        b->promised &= 0x7fffffff;
        if (b->type == H2_HEADERS && (b->flags & H2_FLAG_PRIORITY) != 0 &&
                !bytes_skip(&at, PRIORITY_BYTES))
            return PARSE_MORE;
    }
    *skip = all.n - at.n;
    if (b->length < *skip + pad)
        return PARSE_BAD;
    *end = b->length - pad;
    return PARSE_DONE;
}

bool h2_block_done(struct h2_block *b)
{
    size_t have = b->bytes.n - b->begin, skip = 0, end = 0;

    b->reading = false;
    if (b->torn) {
        b->bytes.n = b->begin;
    } else if (measure(b, &skip, &end) != PARSE_DONE) {
        b->bytes.n = b->begin;
        b->torn = true;
        if (!b->holed)
            b->bad = "padding or fixed fields do not fit the frame";
    } else {
        b->torn = have < end;
        end = have < end ? have : end;
        if (skip != 0 && end > skip)
            memmove(b->bytes.p + b->begin, b->bytes.p + b->begin + skip, end - skip);
        b->bytes.n = b->begin + (end > skip ? end - skip : 0);
    }
    return (b->flags & H2_FLAG_END_HEADERS) != 0;
}

void h2_block_break(struct h2_block *b, const char *bad)
{
    if (b->reading) {
        b->holed = true;
        if (h2_block_done(b))
            bad = NULL;
    }
    if (!b->torn && b->bad == NULL)
        b->bad = bad;
    b->torn = true;
}
