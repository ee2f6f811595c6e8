/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/http2.h"

#include <stdlib.h>

#include "capture/http/h2_life.h"

struct http2 *http2_new(const struct http_setup *setup)
{
    struct http2 *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return NULL;
    mux_init(&h->mux, setup, PROTOCOL_H2);
    for (int d = 0; d < 2; d++) {
        struct flow_side *side = &h->side[d];

        h2_framer_init(&side->framer, (enum direction)d);
        h2_block_init(&side->block);
        h2_settings_init(&side->settings);
        buf_init(&side->control, CONTROL_MOST);
        side->hpack = hpack_new();
    }
    if (h->side[0].hpack == NULL || h->side[1].hpack == NULL) {
        http2_free(h);
        return NULL;
    }
    return h;
}

void http2_free(struct http2 *h)
{
    if (h == NULL)
        return;
    for (int d = 0; d < 2; d++) {
        struct flow_side *side = &h->side[d];

        h2_framer_clear(&side->framer);
        h2_block_clear(&side->block);
        buf_clear(&side->control);
        hpack_free(side->hpack);
        mux_stream_free(side->promise);
    }
    mux_clear(&h->mux);
    free(h);
}

static enum status carry(
        struct mux_stream *s, enum direction side, const struct h2_piece *piece)
{
    enum status status = STATUS_OK;

    if (piece->kind == H2_PIECE_HEAD && piece->early.frames.n != 0)
        status = exchange_add_frames(s->x, mux_stream_message(s, side), &piece->early);
    return status == STATUS_OK ? mux_stream_carry(s, side, piece->by) : status;
}

/* Says in the ledger what of a block could not be read. */
static enum status file_block(struct http2 *h, enum direction dir, struct mux_stream *s,
        const struct mux_facts *facts, const struct item *by)
{
    const struct flow_side *side = &h->side[dir];
    const struct h2_block *b = &side->block;
    struct mux_section section = {
            .place = {.dir = dir, .stream = b->frame.stream, .off = b->frame.off},
            .len = b->frame.length,
            .unknown = "HPACK state lost: fields refer to header blocks that were not read",
            .why = side->lost ? side->lost_why : GAP_UNSUPPORTED,
            .lost_gap = side->lost_gap,
            .gap = b->gap,
            .over = b->over,
            .bad = b->bad,
            .broken = "header block that HPACK does not allow"};

    return mux_file_section(&h->mux, s, &section, facts, by);
}

static enum status end_promise(struct http2 *h, struct flow_side *side, struct mux_stream **out)
{
    struct mux_stream *s = side->promise;
    uint32_t id = side->block.promised;
    enum status status;

    side->promise = NULL;
    if (id == 0 || id % 2 != 0 || mux_table_find(&h->mux.table, id) != NULL ||
            mux_table_is_closed(&h->mux.table, id)) {
        mux_stream_free(s);
        return STATUS_OK;
    }
    s->id = id;
    s->x->stream = id;
    s->x->pushed = true;
    status = h2_life_add(h, s);
    if (status == STATUS_OK)
        *out = s;
    else
        mux_stream_free(s);
    return status;
}

/* The block is over, or will not go on: reads it. */
static enum status end_block(struct http2 *h, enum direction dir, const struct item *by)
{
    struct flow_side *side = &h->side[dir];
    struct h2_block *b = &side->block;
    bool push = b->frame.type == H2_PUSH_PROMISE;
    bool last = !push && (b->frame.flags & H2_FLAG_END_STREAM) != 0;
    enum direction of = push ? FROM_CLIENT : dir;
    struct mux_stream *s = NULL;
    struct field_source source;
    struct mux_facts facts;
    enum status status = STATUS_OK;

    b->open = false;
    if (push)
        status = end_promise(h, side, &s);
    else
        s = mux_table_find(&h->mux.table, b->frame.stream);
    if (s != NULL && s->side[of].ended)
        s = NULL;
    if (status != STATUS_OK)
        return status;
    source = (struct field_source){.hpack = side->hpack, .lost = hpack_is_lost(side->hpack)};
    hpack_begin(side->hpack, buf_view(&b->bytes), b->torn);
    status = mux_fields(&h->mux, s, of, &source, b->bytes.n, b->torn, &facts);
    if (status == STATUS_OK)
        status = file_block(h, dir, s, &facts, by);
    if (status == STATUS_OK && s != NULL && (last || push))
        status = h2_life_end_side(h, s, of, true);
    return status;
}

/* A block was begun and something else comes: RFC 9113 section 6.10 forbids it. */
static enum status break_block(struct http2 *h, enum direction dir, const char *why)
{
    struct h2_block *b = &h->side[dir].block;

    if (!b->open)
        return STATUS_OK;
    h2_block_break(b, why);
    return end_block(h, dir, NULL);
}

static enum status on_head(struct http2 *h, enum direction dir, const struct h2_piece *piece)
{
    struct flow_side *side = &h->side[dir];
    const struct h2_frame *frame = &piece->frame;
    struct mux_stream *s = NULL;
    enum status status = STATUS_OK;

    if (frame->type < HTTP2_TYPES)
        h->facts.frames[dir][frame->type]++;
    side->at = 0;
    side->pad = 0;
    buf_reset(&side->control);
    if (side->block.open && !h2_block_awaits(&side->block, frame))
        status = break_block(h, dir, "another frame inside a header block");
    if (status != STATUS_OK)
        return status;
    switch (frame->type) {
    case H2_DATA:
        status = h2_life_stream(h, dir, frame, &s);
        break;
    case H2_HEADERS:
        h2_block_begin(&side->block, frame);
        status = h2_life_stream(h, dir, frame, &s);
        break;
    case H2_PUSH_PROMISE:
        h2_block_begin(&side->block, frame);
        mux_stream_free(side->promise);
        side->promise = mux_stream_new(&h->mux.setup, PROTOCOL_H2, 0, NULL);
        if (side->promise == NULL)
            return STATUS_NOMEM;
        return carry(side->promise, FROM_CLIENT, piece);
    case H2_CONTINUATION:
        if (!side->block.open) {
            hpack_lose(side->hpack); /* of a block whose beginning we do not have */
            return STATUS_OK;
        }
        h2_block_continue(&side->block, frame);
        s = mux_table_find(&h->mux.table, frame->stream);
        break;
    case H2_PRIORITY:
    case H2_RST_STREAM:
    case H2_SETTINGS:
    case H2_PING:
    case H2_GOAWAY:
    case H2_WINDOW_UPDATE:
    case H2_ALTSVC:
    case H2_ORIGIN:
    case H2_PRIORITY_UPDATE:
        break;
    default:
        h->facts.unknown[dir]++;
        break;
    }
    return s != NULL && status == STATUS_OK ? carry(s, dir, piece) : status;
}

/* The part of [at, at + n) that is data and not padding, as a slice of those n bytes. */
static struct range data_within(
        const struct flow_side *side, const struct h2_frame *frame, uint64_t n)
{
    uint64_t first = (frame->flags & H2_FLAG_PADDED) != 0 ? 1 : 0;
    uint64_t end = frame->length > side->pad ? frame->length - side->pad : 0;
    struct range part = {first > side->at ? first - side->at : 0, n};

    if (part.begin > n)
        part.begin = n;
    if (end < side->at + part.end)
        part.end = end > side->at ? end - side->at : 0;
    if (part.end < part.begin)
        part.end = part.begin;
    return part;
}

static enum status on_data(struct http2 *h, enum direction dir, const struct h2_piece *piece)
{
    struct flow_side *side = &h->side[dir];
    struct mux_stream *s = mux_table_find(&h->mux.table, piece->frame.stream);
    enum status status;
    struct range part;

    if ((piece->frame.flags & H2_FLAG_PADDED) != 0 && side->at == 0 && piece->data.n != 0)
        side->pad = piece->data.p[0];
    part = data_within(side, &piece->frame, piece->len);
    side->at += piece->len;
    if (s == NULL || s->side[dir].ended)
        return STATUS_OK;
    if (piece->kind == H2_PIECE_HOLE)
        return mux_hole(&h->mux, s, dir, piece->by, part.end - part.begin,
                part.end != part.begin || piece->len == 0);
    status = carry(s, dir, piece);
    if (status != STATUS_OK || part.end == part.begin)
        return status;
    return mux_data(&h->mux, s, dir, piece->by,
            bytes_slice(piece->data, (size_t)part.begin, (size_t)part.end));
}

static enum status on_block(struct http2 *h, enum direction dir, const struct h2_piece *piece)
{
    struct flow_side *side = &h->side[dir];
    struct mux_stream *s = mux_table_find(&h->mux.table, side->block.frame.stream);
    enum direction of = dir;
    enum status status = STATUS_OK;

    if (!side->block.open)
        return STATUS_OK;
    if (piece->kind == H2_PIECE_HOLE) {
        h2_block_hole(&side->block, piece->gap);
        return STATUS_OK;
    }
    if (side->promise != NULL) {
        s = side->promise;
        of = FROM_CLIENT;
    }
    if (s != NULL && !s->side[of].ended)
        status = carry(s, of, piece);
    return status == STATUS_OK ? h2_block_push(&side->block, piece->data) : status;
}

/* Payload or a hole in it. */
static enum status on_payload(struct http2 *h, enum direction dir, const struct h2_piece *piece)
{
    struct flow_side *side = &h->side[dir];

    switch (piece->frame.type) {
    case H2_DATA:
        return on_data(h, dir, piece);
    case H2_HEADERS:
    case H2_PUSH_PROMISE:
    case H2_CONTINUATION:
        return on_block(h, dir, piece);
    default:
        /* What follows a hole or our cap is not looked at. */
        if (side->at != side->control.n)
            return STATUS_OK;
        side->at += piece->len;
        return buf_append(
                &side->control, bytes_slice(piece->data, 0, CONTROL_MOST - side->control.n));
    }
}

static enum status on_reset(struct http2 *h, enum direction dir, uint32_t id)
{
    struct mux_stream *s = mux_table_find(&h->mux.table, id);

    if (s == NULL)
        return STATUS_OK;
    mux_table_cancel(&h->mux.table, s);
    return h2_life_end_side(h, s, dir, false);
}

static void on_settings(struct http2 *h, enum direction dir, uint8_t flags)
{
    struct flow_side *side = &h->side[dir];
    struct h2_settings *peers = &h->side[direction_other(dir)].settings;
    uint32_t size;

    if ((flags & H2_FLAG_ACK) == 0) {
        if (h2_settings_read(&side->settings, buf_view(&side->control)) && dir == FROM_SERVER)
            h->facts.connect_protocol = true;
    } else if (h2_settings_acknowledged(peers, &size)) {
        hpack_limit(side->hpack, size);
    }
}

static enum status on_done(struct http2 *h, enum direction dir, const struct h2_frame *frame,
        const struct item *by)
{
    struct flow_side *side = &h->side[dir];
    struct bytes payload = buf_view(&side->control);
    struct mux_stream *s;
    enum status status = STATUS_OK;
    uint32_t last;

    switch (frame->type) {
    case H2_DATA:
        s = mux_table_find(&h->mux.table, frame->stream);
        if (s == NULL || (frame->flags & H2_FLAG_END_STREAM) == 0)
            return STATUS_OK;
        /* Says that there is a body, if an empty one. */
        status = mux_go_on(&h->mux, mux_stream_data(s, dir, &h->mux.setup, bytes_of(NULL, 0)));
        return status == STATUS_OK ? h2_life_end_side(h, s, dir, true) : status;
    case H2_HEADERS:
    case H2_PUSH_PROMISE:
    case H2_CONTINUATION:
        if (side->block.open && h2_block_done(&side->block))
            status = end_block(h, dir, by);
        return status;
    case H2_RST_STREAM:
        return on_reset(h, dir, frame->stream);
    case H2_SETTINGS:
        on_settings(h, dir, frame->flags);
        return STATUS_OK;
    case H2_GOAWAY:
        h->facts.goaway[dir] = true;
        if (bytes_take_u32(&payload, &last) &&
                !bytes_take_u32(&payload, &h->facts.goaway_error[dir]))
            h->facts.goaway_error[dir] = 0;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

/* Frames were lost: any message under way in this direction may miss some of them. */
static enum status on_lost(struct http2 *h, enum direction dir, const struct h2_piece *piece)
{
    struct flow_side *side = &h->side[dir];
    /* Looked up after break_block, which may file a gap and so move the ledger. */
    enum status status = break_block(h, dir, NULL);
    const struct gap *hole = ledger_find(h->mux.setup.ledger, piece->gap);
    uint32_t first = piece->gap, second = 0;
    struct item mark = {.kind = ITEM_GAP, .dir = dir};
    struct gap gap = {.why = piece->why,
            .layer = h->mux.setup.layer,
            .dir = dir,
            .off = piece->off + piece->len - piece->skipped,
            .len = piece->skipped,
            .first_packet = hole == NULL ? 0 : hole->first_packet,
            .last_packet = hole == NULL ? 0 : hole->last_packet,
            .detail = "frame boundaries lost: captured, but of no frame that is known"};

    if (status != STATUS_OK)
        return status;
    hpack_lose(side->hpack);
    h2_settings_forget(&h->side[direction_other(dir)].settings);
    if (piece->skipped != 0 || first == 0) {
        second = ledger_file(h->mux.setup.ledger, &gap);
        if (second == 0)
            return STATUS_NOMEM;
    }
    side->lost = true;
    side->lost_gap = first != 0 ? first : second;
    side->lost_why = piece->why;
    mark.gap = side->lost_gap;
    mark.why = piece->why;
    for (struct mux_stream *s = h->mux.table.oldest; s != NULL; s = s->newer) {
        /* A message that has not begun cannot miss anything but its beginning, which shows. */
        if (s->side[dir].ended || !s->side[dir].began)
            continue;
        s->side[dir].suspect = true;
        exchange_add_gap(s->x, first);
        exchange_add_gap(s->x, second);
        /* Nobody knows how many bytes of a tunnel were in them. */
        status = mux_hole(&h->mux, s, dir, &mark, 0, false);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status finish_all(struct http2 *h)
{
    enum status status = STATUS_OK;

    while (h->mux.table.oldest != NULL && status == STATUS_OK)
        status = h2_life_finish(h, h->mux.table.oldest);
    return status;
}

static enum status on_end(struct http2 *h, enum direction dir)
{
    enum status status = break_block(h, dir, NULL);

    h->side[dir].ended = true;
    if (status == STATUS_OK && h->side[direction_other(dir)].ended)
        status = finish_all(h);
    return status;
}

enum status http2_push(struct http2 *h, const struct item *item)
{
    struct flow_side *side = &h->side[item->dir];
    enum status status;
    struct h2_piece piece;

    mux_turn(&h->mux);
    side->end = item->off + item->len;
    h2_framer_push(&side->framer, item);
    for (;;) {
        status = h2_framer_next(&side->framer, &piece);
        if (status != STATUS_OK)
            return status;
        switch (piece.kind) {
        case H2_PIECE_NONE:
            return mux_result(&h->mux);
        case H2_PIECE_HEAD:
            status = on_head(h, item->dir, &piece);
            break;
        case H2_PIECE_PAYLOAD:
        case H2_PIECE_HOLE:
            status = on_payload(h, item->dir, &piece);
            break;
        case H2_PIECE_DONE:
            status = on_done(h, item->dir, &piece.frame, item);
            break;
        case H2_PIECE_LOST:
            status = on_lost(h, item->dir, &piece);
            break;
        case H2_PIECE_END:
            status = on_end(h, item->dir);
            break;
        }
        if (status != STATUS_OK)
            return status;
    }
}

enum status http2_close(struct http2 *h)
{
    enum status status = STATUS_OK;

    for (int d = 0; d < 2 && (status == STATUS_OK || status == STATUS_IO); d++) {
        struct item end = {.kind = ITEM_END, .dir = (enum direction)d, .off = h->side[d].end};
        enum status now = h->side[d].ended ? STATUS_OK : http2_push(h, &end);

        if (now != STATUS_OK)
            status = now;
    }
    return status;
}

enum status http2_adopt(struct http2 *h, struct exchange *x)
{
    const struct header *settings = message_find(&x->request, "http2-settings");
    struct flow_side *client = &h->side[FROM_CLIENT];
    struct mux_stream *s = mux_stream_new(&h->mux.setup, PROTOCOL_H2, 1, x);
    enum status status;
    uint32_t size;

    if (s == NULL)
        return STATUS_NOMEM;
    status = h2_life_add(h, s);
    if (status != STATUS_OK) {
        s->x = NULL;
        mux_stream_free(s);
        return status;
    }
    x->stream = 1;
    /* The request travelled as HTTP/1.1 and stays that; only its answer is HTTP/2. */
    mux_stream_adopt(s);
    /* RFC 7540 section 3.2.1: the 101 acknowledges these. */
    if (settings != NULL && h2_settings_read_upgrade(&client->settings, settings->value) &&
            h2_settings_acknowledged(&client->settings, &size))
        hpack_limit(h->side[FROM_SERVER].hpack, size);
    return STATUS_OK;
}

bool http2_next_tunnel(struct http2 *h, struct http_tunnel *out)
{
    return mux_next_tunnel(&h->mux, out);
}

bool http2_next(struct http2 *h, struct exchange **out)
{
    return mux_next(&h->mux, out);
}

const struct http2_facts *http2_facts(const struct http2 *h)
{
    return &h->facts;
}
