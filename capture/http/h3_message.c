/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h3_message.h"

#include "capture/http/h3_uni.h"
#include "capture/http/h3_wait.h"
#include "capture/quic/quic_packet.h"

/* The request that a promise makes up: a new one, or the one whose push has begun. */
static enum status promised(
        struct http3 *h, struct h3_lane *lane, uint64_t id, struct mux_stream **out)
{
    struct h3_push *push = h3_push_find(h, id);
    enum status status = STATUS_OK;

    *out = NULL;
    if (push == NULL)
        status = h3_push_new(h, lane, id, &push);
    /* The same push may be promised for several requests: one promise is enough. */
    if (status != STATUS_OK || push == NULL || push->promised)
        return status;
    push->promised = true;
    *out = push->s;
    return STATUS_OK;
}

static enum status carry_promise(const struct h3_lane *lane, struct mux_stream *s)
{
    struct item by = {.frames = {&lane->packet, lane->packet == 0 ? 0 : 1},
            .first_ns = lane->time_ns,
            .last_ns = lane->time_ns};

    return mux_stream_carry(s, FROM_CLIENT, &by);
}

static enum status read_section(struct http3 *h, struct h3_lane *lane, struct mux_stream *s,
        struct bytes fields, enum gap_cause why)
{
    const struct h3_side *side = &h->side[lane->dir];
    enum direction of = lane->frame.type == H3_PUSH_PROMISE ? FROM_CLIENT : lane->dir;
    struct item by = {.frames = {&lane->packet, lane->packet == 0 ? 0 : 1}};
    struct field_source source = {.qpack = side->qpack};
    bool torn = lane->holed || lane->over;
    struct mux_section section = {
            .place = {.dir = lane->dir, .stream = lane->stream, .off = lane->frame.off},
            .len = lane->frame.length,
            .unknown = "QPACK state lost: fields refer to insertions that were not read",
            .why = side->has_lost_why ? side->lost_why : why,
            .lost_gap = side->lost_gap,
            .gap = lane->gap,
            .over = lane->over,
            .broken = "header section that QPACK does not allow"};
    struct mux_facts facts;
    enum status status;

    qpack_begin(side->qpack, lane->stream, fields, lane->packet, torn);
    status = mux_fields(&h->mux, s, of, &source, fields.n, torn, &facts);
    return status == STATUS_OK ? mux_file_section(&h->mux, s, &section, &facts, &by) : status;
}

static enum status take_section(struct http3 *h, struct h3_lane *lane, enum gap_cause why)
{
    struct bytes fields = buf_view(&lane->payload);
    struct mux_stream *s = lane->s;
    enum status status;
    uint64_t id;

    if (lane->frame.type == H3_HEADERS)
        return read_section(h, lane, s->side[lane->dir].ended ? NULL : s, fields, why);
    if (!quic_take_varint(&fields, &id))
        return lane->holed ? STATUS_OK : h3_misplaced(h, lane, lane->frame.off);
    status = promised(h, lane, id, &s);
    if (status == STATUS_OK && s != NULL)
        status = carry_promise(lane, s);
    if (status == STATUS_OK)
        status = read_section(h, lane, s, fields, why);
    if (status != STATUS_OK || s == NULL)
        return status;
    status = mux_end_side(&h->mux, s, FROM_CLIENT, true);
    return status == STATUS_OK && s->lanes != NULL ? h3_life_finish_if_over(h, s) : status;
}

enum status h3_message_section(struct http3 *h, struct h3_lane *lane, enum gap_cause why)
{
    enum status status = take_section(h, lane, why);

    h3_lane_forget(h, lane);
    return status;
}

static enum status on_head(struct http3 *h, struct h3_lane *lane, const struct h3_frame *frame)
{
    bool head_done = lane->s->side[lane->dir].head_done;

    if (frame->type < H3_TYPES)
        h->facts.frames[lane->dir][frame->type]++;
    else
        h->facts.unknown[lane->dir]++;
    h3_lane_forget(h, lane);
    lane->frame = *frame;
    lane->holed = false;
    lane->over = false;
    lane->gap = 0;
    switch (frame->type) {
    case H3_HEADERS:
        return STATUS_OK;
    case H3_DATA:
        return head_done ? STATUS_OK : h3_misplaced(h, lane, frame->off);
    case H3_PUSH_PROMISE:
        return lane->dir == FROM_SERVER ? STATUS_OK : h3_misplaced(h, lane, frame->off);
    case H3_CANCEL_PUSH:
    case H3_SETTINGS:
    case H3_GOAWAY:
    case H3_MAX_PUSH_ID:
    case 0x2: /* what HTTP/2 had there, section 7.2.8 */
    case 0x6:
    case 0x8:
    case 0x9:
        return h3_misplaced(h, lane, frame->off);
    default:
        return STATUS_OK;
    }
}

/* Does the frame carry a section that is read? */
static bool has_section(const struct h3_lane *lane)
{
    return lane->frame.type == H3_HEADERS ||
           (lane->frame.type == H3_PUSH_PROMISE && lane->dir == FROM_SERVER);
}

static enum status collect(struct http3 *h, struct h3_lane *lane, const struct h3_piece *piece)
{
    struct bytes data = piece->data;
    size_t room = lane->payload.limit - lane->payload.n;
    enum status status;

    if (piece->kind == H3_PIECE_HOLE) {
        if (!lane->holed)
            lane->gap = piece->gap;
        lane->holed = true;
    }
    /* What comes behind a hole cannot be read. */
    if (lane->holed || lane->over)
        return STATUS_OK;
    if (h->held >= H3_COLLECTED_MOST)
        room = 0;
    else if (room > H3_COLLECTED_MOST - h->held)
        room = H3_COLLECTED_MOST - h->held;
    lane->over = data.n > room;
    data = bytes_slice(data, 0, room);
    status = buf_append(&lane->payload, data);
    if (status == STATUS_OK)
        h->held += data.n;
    return status;
}

static enum status on_payload(
        struct http3 *h, struct h3_lane *lane, const struct h3_piece *piece)
{
    if (has_section(lane))
        return collect(h, lane, piece);
    if (lane->frame.type != H3_DATA || lane->s->side[lane->dir].ended)
        return STATUS_OK;
    if (piece->kind == H3_PIECE_HOLE)
        return mux_hole(&h->mux, lane->s, lane->dir, piece->by, piece->len, true);
    return mux_data(&h->mux, lane->s, lane->dir, piece->by, piece->data);
}

static enum status on_done(struct http3 *h, struct h3_lane *lane, bool cut)
{
    struct bytes fields = buf_view(&lane->payload);
    uint64_t id, waits;

    lane->holed = lane->holed || cut;
    if (lane->frame.type == H3_DATA)
        /* Says that there is a body, if an empty one. */
        return mux_go_on(
                &h->mux, mux_stream_data(lane->s, lane->dir, &h->mux.setup, bytes_of(NULL, 0)));
    if (!has_section(lane))
        return STATUS_OK;
    if (lane->frame.type == H3_PUSH_PROMISE && !quic_take_varint(&fields, &id))
        return h3_message_section(h, lane, GAP_BUDGET);
    waits = qpack_waits(h->side[lane->dir].qpack, fields, lane->packet);
    if (waits == 0)
        return h3_message_section(h, lane, GAP_BUDGET);
    h3_wait_begin(h, lane, waits);
    return STATUS_OK;
}

static enum status on_lost(struct http3 *h, struct h3_lane *lane, const struct h3_piece *piece)
{
    struct gap gap = {.why = piece->why,
            .off = piece->off,
            .len = piece->len,
            .detail = "frame boundaries lost: captured, but of no frame that is known"};

    lane->cut = true;
    exchange_add_gap(lane->s->x, piece->gap);
    return piece->len == 0 ? STATUS_OK : h3_file(h, lane, gap);
}

static enum status on_end(struct http3 *h, struct h3_lane *lane, bool whole)
{
    struct gap gap = {
            .why = GAP_BAD, .off = lane->end, .detail = "the stream ends inside a frame"};
    enum status status = STATUS_OK;

    if (!whole && !lane->cut && !lane->after_gap)
        status = h3_file(h, lane, gap);
    return status == STATUS_OK ? h3_life_end_side(h, lane, whole && !lane->cut) : status;
}

/* Skips an item of a stream that is foreign by now; its lane may be gone already. */
static enum status skip(struct http3 *h, uint64_t stream, const struct item *item)
{
    struct h3_lane *loose = h3_loose_find(h, stream, item->dir);

    return loose == NULL ? STATUS_OK : h3_uni_push(h, loose, item);
}

/* No request at all: the stream belongs to something beside HTTP/3. */
static enum status become_foreign(struct http3 *h, struct h3_lane *lane)
{
    static const char what[] = "a WebTransport stream";
    uint64_t stream = lane->stream;
    struct h3_held *held = h3_wait_take(h, &lane->s->lanes->at[FROM_SERVER]);
    struct h3_lane *loose;
    struct item rest;
    bool has_rest = h3_framer_rest(&lane->framer, &rest);
    enum status status = h3_life_drop(h, lane->s);

    for (int d = 0; d < 2 && status == STATUS_OK; d++) {
        status = h3_loose_new(h, stream, (enum direction)d, &loose);
        if (status == STATUS_OK)
            h3_uni_skip(loose, GAP_UNSUPPORTED, what);
    }
    h->facts.streams[FROM_CLIENT]++;
    if (status == STATUS_OK && has_rest)
        status = skip(h, stream, &rest);
    while (held != NULL) {
        struct h3_held *next = held->next;

        if (status == STATUS_OK)
            status = skip(h, stream, &held->item);
        held->next = h->spent;
        h->spent = held;
        held = next;
    }
    return status;
}

static enum status take_piece(
        struct http3 *h, struct h3_lane *lane, const struct h3_piece *piece)
{
    switch (piece->kind) {
    case H3_PIECE_NONE:
        break;
    case H3_PIECE_HEAD:
        /* Whoever begins a stream says so. */
        if (piece->frame.type == H3_WEBTRANSPORT && piece->frame.off == 0 &&
                lane->dir == FROM_CLIENT)
            return become_foreign(h, lane);
        return on_head(h, lane, &piece->frame);
    case H3_PIECE_PAYLOAD:
    case H3_PIECE_HOLE:
        return on_payload(h, lane, piece);
    case H3_PIECE_DONE:
        return on_done(h, lane, piece->cut);
    case H3_PIECE_LOST:
        return on_lost(h, lane, piece);
    case H3_PIECE_END:
        return on_end(h, lane, piece->whole);
    }
    return STATUS_OK;
}

static enum status note_item(struct h3_lane *lane, const struct item *item)
{
    if (item->frames.n != 0) {
        lane->packet = h3_packet_of(item);
        lane->time_ns = item->last_ns;
    }
    if (item->kind != ITEM_END)
        lane->after_gap = item->kind == ITEM_GAP;
    if (item->kind == ITEM_GAP && item->len == 0) {
        exchange_add_gap(lane->s->x, item->gap);
        lane->cut = lane->cut || item->why != GAP_CONFLICT;
    }
    return item->kind == ITEM_BYTES ? mux_stream_carry(lane->s, lane->dir, item) : STATUS_OK;
}

enum status h3_message_push(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    struct h3_piece piece = {.kind = H3_PIECE_HEAD};
    enum status status = note_item(lane, item);
    struct item rest;

    if (status != STATUS_OK || (item->kind == ITEM_GAP && item->len == 0))
        return status;
    h3_framer_push(&lane->framer, item);
    /* A lane that has ended is a memory only; h3_life_bury frees it. */
    while (status == STATUS_OK && piece.kind != H3_PIECE_NONE && !lane->ended &&
            lane->waits == 0) {
        h3_framer_next(&lane->framer, &piece);
        status = take_piece(h, lane, &piece);
    }
    if (status == STATUS_OK && lane->waits != 0 && h3_framer_rest(&lane->framer, &rest))
        status = h3_wait_hold(h, lane, &rest, true);
    return status;
}
