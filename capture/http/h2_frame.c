/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h2_frame.h"

#include <string.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

bool h2_frame_take(struct bytes *b, struct h2_frame *out)
{
    struct bytes at = *b;
    struct h2_frame f = {0};

    if (!bytes_take_u24(&at, &f.length) || !bytes_take_u8(&at, &f.type) ||
            !bytes_take_u8(&at, &f.flags) || !bytes_take_u32(&at, &f.stream))
        return false;
    f.stream &= 0x7fffffff;
    *b = at;
    *out = f;
    return true;
}

void h2_framer_init(struct h2_framer *f, enum direction dir)
{
    *f = (struct h2_framer){.dir = dir, .first = true};
    f->state = dir == FROM_CLIENT ? H2_FRAMER_START : H2_FRAMER_HEAD;
    f->hint = (struct h2_hint){.dir = dir, .largest = H2_FRAME_USUAL};
    h2_hunt_init(&f->hunt);
}

void h2_framer_clear(struct h2_framer *f)
{
    h2_hunt_clear(&f->hunt);
    f->has_item = false;
}

void h2_framer_hint(struct h2_framer *f, uint32_t highest_stream, bool pushes)
{
    f->hint.highest = highest_stream;
    f->hint.pushes = pushes;
}

void h2_framer_push(struct h2_framer *f, const struct item *item)
{
    f->item = *item;
    f->has_item = f->state != H2_FRAMER_ENDED;
    f->used = 0;
}

static void note_early(struct h2_framer *f, const struct item *by)
{
    if (f->early_n == 0)
        f->early_first_ns = by->first_ns;
    for (size_t i = 0; i < by->frames.n && f->early_n < H2_EARLY_FRAMES; i++)
        f->early_at[f->early_n++] = by->frames.at[i];
    f->early_last_ns = by->last_ns;
}

static struct item early_item(const struct h2_framer *f)
{
    return (struct item){.kind = ITEM_BYTES,
            .dir = f->dir,
            .frames = {f->early_at, f->early_n},
            .first_ns = f->early_first_ns,
            .last_ns = f->early_last_ns};
}

static void enter_hunt(
        struct h2_framer *f, uint64_t off, uint64_t gap_bytes, uint32_t gap, enum gap_cause why)
{
    h2_hunt_reset(&f->hunt);
    f->state = H2_FRAMER_HUNT;
    f->lost_off = off;
    f->lost_gaps = gap_bytes;
    f->lost_gap = gap;
    f->lost_why = why;
    f->head_n = 0;
    f->early_n = 0;
    f->first = false;
    f->doubtful = false;
}

/*
 * What was read as a head is none. Its bytes go to the search with the rest: a capture that
 * begins midstream mostly begins with a frame.
 */
static enum status hunt_from_head(struct h2_framer *f, uint64_t off)
{
    struct item head = early_item(f);
    size_t taken;

    head.off = off;
    head.data = bytes_of(f->head, f->head_n);
    head.len = f->head_n;
    h2_hunt_reset(&f->hunt);
    if (head.len != 0 && h2_hunt_hold(&f->hunt, &head, 0, &taken) != STATUS_OK)
        return STATUS_NOMEM;
    f->state = H2_FRAMER_HUNT;
    f->lost_off = off;
    f->lost_gaps = 0;
    if (!f->doubtful) {
        f->lost_gap = 0;
        f->lost_why = f->first ? GAP_MIDSTREAM : GAP_BAD;
    }
    f->head_n = 0;
    f->early_n = 0;
    f->first = false;
    f->doubtful = false;
    return STATUS_OK;
}

/* Begins to read what waited again, from the boundary at `at` on. */
static void found(struct h2_framer *f, size_t at, struct h2_piece *out)
{
    uint64_t end = f->hunt.base + at;

    *out = (struct h2_piece){.kind = H2_PIECE_LOST,
            .off = f->lost_off,
            .len = end - f->lost_off,
            .skipped = end - f->lost_off - f->lost_gaps,
            .gap = f->lost_gap,
            .why = f->lost_why};
    f->found = at;
    f->held = h2_hunt_replay(&f->hunt, at, &f->again);
    f->again_used = 0;
    f->state = H2_FRAMER_HEAD;
}

/* Gives up all that waited before `end`, the offset behind it. */
static void give_up(struct h2_framer *f, uint64_t end, struct h2_piece *out)
{
    *out = (struct h2_piece){.kind = H2_PIECE_LOST,
            .off = f->lost_off,
            .len = end - f->lost_off,
            .skipped = end - f->lost_off - f->lost_gaps,
            .gap = f->lost_gap,
            .why = f->lost_why};
    h2_hunt_reset(&f->hunt);
}

/* The steps below use up a part of `by` and return true when `out` holds a piece. */

static bool step_hunt(struct h2_framer *f, const struct item *by, uint64_t *used,
        struct h2_piece *out, enum status *status)
{
    size_t at, taken;
    bool full;

    *status = h2_hunt_hold(&f->hunt, by, (size_t)*used, &taken);
    if (*status != STATUS_OK)
        return true;
    *used += taken;
    full = h2_hunt_full(&f->hunt);
    if (h2_hunt_find(&f->hunt, &f->hint, full ? H2_HUNT_AT_GAP : H2_HUNT_GOES_ON, &at)) {
        found(f, at, out);
        return true;
    }
    if (full)
        h2_hunt_reset(&f->hunt);
    return false;
}

/* The client's first bytes, RFC 9113 section 3.4. */
static bool step_preface(struct h2_framer *f, const struct item *by, uint64_t *used,
        struct h2_piece *out, enum status *status)
{
    uint64_t begin = by->off + *used - f->head_n;
    bool straddles = f->head_n != 0;

    while (*used < by->data.n && f->head_n < H2_PREFACE_BYTES) {
        uint8_t c = by->data.p[*used];

        if (c != (uint8_t)preface[f->head_n]) {
            if (straddles || f->head_n != 0)
                note_early(f, by);
            *status = hunt_from_head(f, begin);
            return *status != STATUS_OK;
        }
        f->head[f->head_n++] = c;
        (*used)++;
    }
    if (f->head_n < H2_PREFACE_BYTES) {
        note_early(f, by);
    } else {
        f->head_n = 0;
        f->early_n = 0;
        f->state = H2_FRAMER_HEAD;
    }
    (void)out;
    return false;
}

static bool head_is_wrong(const struct h2_framer *f, const struct h2_frame *frame)
{
    if (f->first)
        return frame->type != H2_SETTINGS || !h2_plausible(frame, &f->hint);
    return f->doubtful && !h2_plausible(frame, &f->hint);
}

static bool step_head(struct h2_framer *f, const struct item *by, uint64_t *used,
        struct h2_piece *out, enum status *status)
{
    size_t had = f->head_n, n = H2_HEAD_BYTES - had;
    uint64_t begin = by->off + *used - had;
    struct h2_frame frame;
    struct bytes head;

    if (n > by->data.n - *used)
        n = (size_t)(by->data.n - *used);
    memcpy(f->head + had, by->data.p + *used, n);
    if (had + n < H2_HEAD_BYTES) {
        note_early(f, by);
        f->head_n += n;
        *used += n;
        return false;
    }
    head = bytes_of(f->head, H2_HEAD_BYTES);
    if (!h2_frame_take(&head, &frame))
        return false;
    if (head_is_wrong(f, &frame)) {
        *status = hunt_from_head(f, begin); /* with the `had` bytes; the rest is in `by` */
        return *status != STATUS_OK;
    }
    frame.off = begin;
    *out = (struct h2_piece){.kind = H2_PIECE_HEAD, .frame = frame, .by = by};
    out->early = early_item(f);
    *used += n;
    f->frame = frame;
    f->left = frame.length;
    f->head_n = 0;
    f->early_n = 0;
    f->first = false;
    f->doubtful = false;
    f->state = H2_FRAMER_PAYLOAD;
    if (frame.length > f->hint.largest)
        f->hint.largest = frame.length;
    return true;
}

static bool step_payload(
        struct h2_framer *f, const struct item *by, uint64_t *used, struct h2_piece *out)
{
    uint64_t n = by->data.n - *used;

    if (n > f->left)
        n = f->left;
    *out = (struct h2_piece){.kind = H2_PIECE_PAYLOAD,
            .frame = f->frame,
            .off = by->off + *used,
            .len = n,
            .data = bytes_slice(by->data, (size_t)*used, (size_t)(*used + n)),
            .by = by};
    *used += n;
    f->left -= (uint32_t)n;
    return true;
}

static bool step_bytes(struct h2_framer *f, const struct item *by, uint64_t *used,
        struct h2_piece *out, enum status *status)
{
    switch (f->state) {
    case H2_FRAMER_START:
        return step_preface(f, by, used, out, status);
    case H2_FRAMER_HEAD:
        return step_head(f, by, used, out, status);
    case H2_FRAMER_PAYLOAD:
        return step_payload(f, by, used, out);
    case H2_FRAMER_HUNT:
        return step_hunt(f, by, used, out, status);
    case H2_FRAMER_ENDED:
        break;
    }
    *used = by->data.n;
    return false;
}

/* The front of a head whose rest did not come. */
static bool lose_head(struct h2_framer *f, enum gap_cause why, struct h2_piece *out)
{
    if (f->head_n == 0)
        return false;
    *out = (struct h2_piece){.kind = H2_PIECE_LOST,
            .off = f->item.off - f->head_n,
            .len = f->head_n,
            .skipped = f->head_n,
            .why = why};
    f->head_n = 0;
    f->early_n = 0;
    return true;
}

static bool step_gap(struct h2_framer *f, struct h2_piece *out)
{
    const struct item *gap = &f->item;
    uint64_t off = gap->off + f->used, left = gap->len - f->used;
    uint64_t n = left < f->left ? left : f->left;
    bool settled = false;
    size_t at;

    if (gap->len == 0 && gap->why == GAP_CONFLICT) {
        f->has_item = false;
        return false;
    }
    if (f->state == H2_FRAMER_PAYLOAD) {
        *out = (struct h2_piece){.kind = H2_PIECE_HOLE,
                .frame = f->frame,
                .off = off,
                .len = n,
                .gap = gap->gap,
                .why = gap->why,
                .by = gap};
        f->left -= (uint32_t)n;
        f->used += n;
        f->has_item = f->used < gap->len;
        f->doubtful = true;
        f->lost_gap = gap->gap;
        f->lost_why = gap->why;
        return true;
    }
    if (f->state == H2_FRAMER_HUNT) {
        if (h2_hunt_find(&f->hunt, &f->hint, H2_HUNT_AT_GAP, &at)) {
            found(f, at, out);
            return true; /* the gap is met again behind what waited */
        }
        give_up(f, off, out);
        settled = true;
    } else if (lose_head(f, gap->why, out)) {
        return true;
    }
    enter_hunt(f, off, left, gap->gap, gap->why);
    f->has_item = false;
    return settled;
}

static bool step_end(struct h2_framer *f, struct h2_piece *out)
{
    size_t at;

    if (f->state == H2_FRAMER_HUNT) {
        if (h2_hunt_find(&f->hunt, &f->hint, H2_HUNT_AT_END, &at))
            found(f, at, out);
        else
            give_up(f, f->item.off, out);
        if (!f->held)
            f->state = H2_FRAMER_ENDED;
        return true;
    }
    if (lose_head(f, GAP_CUT, out))
        return true;
    *out = (struct h2_piece){.kind = H2_PIECE_END, .off = f->item.off};
    f->state = H2_FRAMER_ENDED;
    f->has_item = false;
    return true;
}

/* Whether anything is there to read; takes the next of the items that waited. */
static bool refill(struct h2_framer *f)
{
    if (f->held && f->again_used == f->again.data.n) {
        f->held = h2_hunt_replay(&f->hunt, f->found, &f->again);
        f->again_used = 0;
        if (!f->held)
            h2_hunt_reset(&f->hunt);
    }
    if (!f->held && f->has_item && f->item.kind == ITEM_BYTES && f->used == f->item.data.n)
        f->has_item = false;
    return f->held || f->has_item;
}

static bool step(struct h2_framer *f, struct h2_piece *out, enum status *status)
{
    if (f->state == H2_FRAMER_PAYLOAD && f->left == 0) {
        *out = (struct h2_piece){.kind = H2_PIECE_DONE, .frame = f->frame};
        f->state = H2_FRAMER_HEAD;
        return true;
    }
    if (!refill(f)) {
        *out = (struct h2_piece){.kind = H2_PIECE_NONE};
        return true;
    }
    if (f->held)
        return step_bytes(f, &f->again, &f->again_used, out, status);
    switch (f->item.kind) {
    case ITEM_BYTES:
        return step_bytes(f, &f->item, &f->used, out, status);
    case ITEM_GAP:
        return step_gap(f, out);
    case ITEM_END:
        return step_end(f, out);
    }
    return false;
}

enum status h2_framer_next(struct h2_framer *f, struct h2_piece *out)
{
    enum status status = STATUS_OK;

    while (!step(f, out, &status))
        continue;
    return status;
}
