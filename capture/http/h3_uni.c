/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/h3_uni.h"

#include "capture/http/h3_message.h"
#include "capture/http/h3_wait.h"
#include "capture/quic/quic_packet.h"

enum stream_type {
    STREAM_CONTROL = 0,
    STREAM_PUSH = 1,
    STREAM_ENCODER = 2,
    STREAM_DECODER = 3,
};

enum setting {
    QPACK_MAX_TABLE_CAPACITY = 0x1,
    ENABLE_CONNECT_PROTOCOL = 0x8,
    DATAGRAM = 0x33,
    DATAGRAM_DRAFT = 0xffd277, /* draft-ietf-masque-h3-datagram-04 */
};

enum { FIRST_STREAMS = 3 }; /* among these are mostly control, encoder and decoder stream */

void h3_uni_skip(struct h3_lane *lane, enum gap_cause why, const char *detail)
{
    lane->kind = H3_LANE_SKIPPED;
    lane->skip = detail;
    lane->skip_why = why;
    lane->skipped += lane->head_n;
    lane->head_n = 0;
}

static void note_lost(struct h3_side *side, const struct item *by)
{
    if (side->has_lost_why)
        return;
    side->has_lost_why = true;
    side->lost_why = by->kind == ITEM_GAP ? by->why : GAP_CUT;
    side->lost_gap = by->kind == ITEM_GAP ? by->gap : 0;
}

/* The SETTINGS of `dir` will not be known: they are the limit of what the other side encodes. */
static enum status lose_settings(struct http3 *h, enum direction dir, const struct item *by)
{
    struct h3_side *encodes = &h->side[direction_other(dir)];

    if (h->side[dir].settings)
        return STATUS_OK;
    h->side[dir].settings = true;
    note_lost(encodes, by);
    qpack_limit_lost(encodes->qpack);
    return h3_wait_wake(h, direction_other(dir), true);
}

static enum status lose_insertions(
        struct http3 *h, enum direction dir, uint64_t most, const struct item *by)
{
    note_lost(&h->side[dir], by);
    qpack_lose(h->side[dir].qpack, most);
    return h3_wait_wake(h, dir, true);
}

/* The beginning of a stream is missing. It may have been any. */
static enum status lose_type(struct http3 *h, struct h3_lane *lane, const struct item *gap)
{
    struct gap filed = {.why = gap->why,
            .off = gap->off,
            .detail = "the beginning of a unidirectional stream is missing: "
                      "its type is not known"};
    enum status status;

    h3_uni_skip(
            lane, gap->why, "captured, but of a unidirectional stream whose type is not known");
    status = h3_file(h, lane, filed);
    if (lane->stream / 4 >= FIRST_STREAMS)
        return status;
    if (status == STATUS_OK && !h->side[lane->dir].control)
        status = lose_settings(h, lane->dir, gap);
    if (status == STATUS_OK && !h->side[lane->dir].encoder)
        status = lose_insertions(h, lane->dir, UINT64_MAX, gap);
    return status;
}

static enum status misuse(struct http3 *h, struct h3_lane *lane, const char *what)
{
    h->facts.bad[lane->dir]++;
    h3_uni_skip(lane, GAP_BAD, what);
    return STATUS_OK;
}

static enum status set_type(struct http3 *h, struct h3_lane *lane, uint64_t type)
{
    struct h3_side *side = &h->side[lane->dir];
    bool *has = NULL;

    lane->head_n = 0;
    switch (type) {
    case STREAM_CONTROL:
        lane->kind = H3_LANE_CONTROL;
        has = &side->control;
        break;
    case STREAM_ENCODER:
        lane->kind = H3_LANE_ENCODER;
        has = &side->encoder;
        break;
    case STREAM_DECODER:
        lane->kind = H3_LANE_DECODER;
        has = &side->decoder;
        break;
    case STREAM_PUSH:
        if (lane->dir == FROM_CLIENT)
            return misuse(h, lane, "a push stream of the client");
        lane->kind = H3_LANE_PUSH;
        return STATUS_OK;
    default:
        h->facts.streams[lane->dir]++;
        h3_uni_skip(lane, GAP_UNSUPPORTED,
                h3_is_grease(type) ? NULL
                                   : "a unidirectional stream of a type that is not read");
        return STATUS_OK;
    }
    if (*has)
        return misuse(h, lane, "a second stream of a type of which there may be one");
    *has = true;
    return STATUS_OK;
}

/* The lane turns into the response of a push; it is gone afterwards. */
static enum status begin_push(
        struct http3 *h, struct h3_lane *lane, uint64_t id, const struct item *rest)
{
    struct h3_push *push = h3_push_find(h, id);
    struct mux_stream *s = push == NULL ? NULL : push->s;
    enum status status = STATUS_OK;

    if (push != NULL && push->streams)
        return misuse(h, lane, "a push ID that was used before");
    if (push == NULL)
        status = h3_push_new(h, lane, id, &push);
    if (push != NULL)
        s = push->s;
    if (status == STATUS_OK)
        status = h3_life_begin(h, lane->stream, s, &s);
    if (status != STATUS_OK)
        return status;
    /* Pushes may have moved: streams that were over are gone. */
    push = h3_push_find(h, id);
    if (push != NULL)
        push->streams = true;
    else
        s->side[FROM_CLIENT].ended = true;
    s->x->pushed = true;
    s->lanes->at[FROM_SERVER].end = lane->end;
    h3_loose_drop(h, lane);
    return rest->len == 0 ? STATUS_OK : h3_lane_push(h, &s->lanes->at[FROM_SERVER], rest);
}

/* Reads the number that a stream begins with off the front of `item`. */
static bool take_number(struct h3_lane *lane, struct item *item, uint64_t *out)
{
    struct bytes head;
    uint8_t c;

    while (bytes_take_u8(&item->data, &c)) {
        item->off++;
        item->len--;
        lane->head[lane->head_n++] = c;
        head = bytes_of(lane->head, lane->head_n);
        if (quic_take_varint(&head, out)) {
            lane->head_n = 0;
            return true;
        }
    }
    return false;
}

/* RFC 9114 section 7.2.4. */
static enum status read_settings(struct http3 *h, struct h3_lane *lane)
{
    struct bytes payload = buf_view(&lane->payload);
    enum direction encodes = direction_other(lane->dir);
    uint64_t name, value, capacity = 0, datagrams = 0;

    while (quic_take_varint(&payload, &name) && quic_take_varint(&payload, &value)) {
        if (name == QPACK_MAX_TABLE_CAPACITY)
            capacity = value;
        if (name == ENABLE_CONNECT_PROTOCOL && lane->dir == FROM_SERVER)
            h->facts.connect_protocol = value == 1;
        if (name == DATAGRAM || name == DATAGRAM_DRAFT)
            datagrams |= value;
    }
    h->facts.datagrams += datagrams != 0;
    h->side[lane->dir].settings = true;
    qpack_limit(h->side[encodes].qpack, capacity);
    return h3_wait_wake(h, encodes, true);
}

static enum status control_head(
        struct http3 *h, struct h3_lane *lane, const struct h3_frame *frame)
{
    if (frame->type < H3_TYPES)
        h->facts.frames[lane->dir][frame->type]++;
    else
        h->facts.unknown[lane->dir]++;
    buf_reset(&lane->payload);
    lane->frame = *frame;
    lane->holed = false;
    switch (frame->type) {
    case H3_GOAWAY:
        h->facts.goaway[lane->dir] = true;
        break;
    case H3_SETTINGS:
        if (h->side[lane->dir].settings)
            return h3_misplaced(h, lane, frame->off);
        break;
    case H3_DATA:
    case H3_HEADERS:
    case H3_PUSH_PROMISE:
    case 0x2:
    case 0x6:
    case 0x8:
    case 0x9:
        return h3_misplaced(h, lane, frame->off);
    default:
        break;
    }
    return STATUS_OK;
}

static enum status control_piece(
        struct http3 *h, struct h3_lane *lane, const struct h3_piece *piece)
{
    bool settings = lane->frame.type == H3_SETTINGS && !h->side[lane->dir].settings;
    struct gap lost = {.why = piece->why,
            .off = piece->off,
            .len = piece->len,
            .detail = "frame boundaries of the control stream lost"};

    switch (piece->kind) {
    case H3_PIECE_HEAD:
        return control_head(h, lane, &piece->frame);
    case H3_PIECE_PAYLOAD:
        if (!settings || lane->holed)
            return STATUS_OK;
        lane->holed = piece->data.n > H3_CONTROL_MOST - lane->payload.n;
        return buf_append(
                &lane->payload, bytes_slice(piece->data, 0, H3_CONTROL_MOST - lane->payload.n));
    case H3_PIECE_HOLE:
        lane->holed = true;
        return settings ? lose_settings(h, lane->dir, piece->by) : STATUS_OK;
    case H3_PIECE_DONE:
        return settings && !lane->holed && !piece->cut ? read_settings(h, lane) : STATUS_OK;
    case H3_PIECE_LOST:
        return lost.len == 0 ? STATUS_OK : h3_file(h, lane, lost);
    case H3_PIECE_NONE:
    case H3_PIECE_END:
        break;
    }
    return STATUS_OK;
}

static enum status push_control(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    struct h3_piece piece = {.kind = H3_PIECE_HEAD};
    enum status status = STATUS_OK;

    h3_framer_push(&lane->framer, item);
    while (status == STATUS_OK && piece.kind != H3_PIECE_NONE && piece.kind != H3_PIECE_END) {
        h3_framer_next(&lane->framer, &piece);
        status = control_piece(h, lane, &piece);
    }
    if (status == STATUS_OK &&
            (piece.kind == H3_PIECE_END || lane->framer.state == H3_FRAMER_LOST))
        status = lose_settings(h, lane->dir, item);
    return status;
}

static enum status push_encoder(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    struct h3_side *side = &h->side[lane->dir];
    struct gap gap = {.why = GAP_BAD,
            .off = item->off,
            .detail = "QPACK encoder stream that RFC 9204 does not allow"};
    enum status status;

    if (item->kind != ITEM_BYTES)
        return lose_insertions(h, lane->dir, item->len, item);
    switch (qpack_insert(side->qpack, item->data, h3_packet_of(item))) {
    case PARSE_UNSUPPORTED:
        return STATUS_NOMEM;
    case PARSE_BAD:
        status = h3_file(h, lane, gap);
        if (status == STATUS_OK)
            status = h3_wait_wake(h, lane->dir, false);
        side->has_lost_why = true;
        side->lost_why = GAP_BAD;
        return status == STATUS_OK ? lose_insertions(h, lane->dir, UINT64_MAX, item) : status;
    case PARSE_DONE:
    case PARSE_MORE:
        break;
    }
    return h3_wait_wake(h, lane->dir, false);
}

static enum status push_decoder(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    struct gap gap = {.why = GAP_BAD,
            .off = item->off,
            .detail = "QPACK decoder stream that RFC 9204 does not allow"};
    struct qpack *answers = h->side[direction_other(lane->dir)].qpack;

    if (item->kind == ITEM_END)
        return STATUS_OK;
    if (item->kind == ITEM_BYTES &&
            qpack_answered(answers, item->data, h3_packet_of(item)) == PARSE_DONE)
        return STATUS_OK;
    /* What it says is not needed to read fields, only to be sure of them. */
    h3_uni_skip(lane, GAP_BAD, NULL);
    return item->kind == ITEM_BYTES ? h3_file(h, lane, gap) : STATUS_OK;
}

static enum status end_skipped(struct http3 *h, struct h3_lane *lane)
{
    struct gap gap = {.why = lane->skip_why, .len = lane->skipped, .detail = lane->skip};

    return lane->skip == NULL || lane->skipped == 0 ? STATUS_OK : h3_file(h, lane, gap);
}

static enum status push_known(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    switch (lane->kind) {
    case H3_LANE_CONTROL:
        return push_control(h, lane, item);
    case H3_LANE_ENCODER:
        return push_encoder(h, lane, item);
    case H3_LANE_DECODER:
        return push_decoder(h, lane, item);
    case H3_LANE_SKIPPED:
        lane->skipped += item->kind == ITEM_BYTES ? item->len : 0;
        return item->kind == ITEM_END ? end_skipped(h, lane) : STATUS_OK;
    case H3_LANE_TYPE:
    case H3_LANE_PUSH:
        return item->kind == ITEM_GAP ? lose_type(h, lane, item) : STATUS_OK;
    case H3_LANE_MESSAGE:
        break;
    }
    return STATUS_OK;
}

enum status h3_uni_push(struct http3 *h, struct h3_lane *lane, const struct item *item)
{
    struct item rest = *item;
    enum status status = STATUS_OK;
    uint64_t number;

    if (item->frames.n != 0)
        lane->packet = h3_packet_of(item);
    if (item->kind == ITEM_GAP && item->len == 0)
        return STATUS_OK;
    if (item->kind == ITEM_BYTES && lane->kind == H3_LANE_TYPE &&
            take_number(lane, &rest, &number))
        status = set_type(h, lane, number);
    if (item->kind == ITEM_BYTES && status == STATUS_OK && lane->kind == H3_LANE_PUSH &&
            take_number(lane, &rest, &number))
        return begin_push(h, lane, number, &rest);
    if (status == STATUS_OK && (rest.len != 0 || rest.kind == ITEM_END))
        status = push_known(h, lane, &rest);
    if (item->kind == ITEM_END)
        h3_loose_drop(h, lane);
    return status;
}
