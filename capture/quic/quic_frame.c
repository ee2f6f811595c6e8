/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic_frame.h"

#include "capture/quic/quic_version.h"

enum {
    STREAM_FIN = 0x01,
    STREAM_LENGTH = 0x02,
    STREAM_OFFSET = 0x04,
    RESET_TOKEN = 16,
    PATH_DATA = 8,
    IMMEDIATE_ACK_BEFORE = 0xac, /* draft-ietf-quic-ack-frequency-01 to -04 */
};

#define VARINT_MOST ((UINT64_C(1) << 62) - 1)
#define STREAMS_MOST (UINT64_C(1) << 60) /* RFC 9000 section 19.11 */

static bool take_data(struct bytes *b, struct bytes *out)
{
    struct bytes rest = *b;
    uint64_t n;

    if (!quic_take_varint(&rest, &n) || n > rest.n || !bytes_take(&rest, (size_t)n, out))
        return false;
    *b = rest;
    return true;
}

/* Fields that nobody asks for. */
static bool skip_varints(struct bytes *b, int n)
{
    uint64_t field;

    for (int i = 0; i < n; i++)
        if (!quic_take_varint(b, &field))
            return false;
    return true;
}

static bool take_ack(struct bytes *b, struct quic_frame *f)
{
    uint64_t delay, smallest, gap, length;
    struct bytes list;

    if (!quic_take_varint(b, &f->largest) || !quic_take_varint(b, &delay) ||
            !quic_take_varint(b, &f->ranges) || !quic_take_varint(b, &f->first_range) ||
            f->first_range > f->largest)
        return false;
    smallest = f->largest - f->first_range;
    list = *b;
    /* Each round takes bytes away, so a false count ends soon. */
    for (uint64_t i = 0; i < f->ranges; i++) {
        if (!quic_take_varint(b, &gap) || !quic_take_varint(b, &length) || smallest < gap + 2 ||
                smallest - gap - 2 < length)
            return false;
        smallest -= gap + 2 + length;
    }
    f->range_list = bytes_slice(list, 0, list.n - b->n);
    return f->type_sent != QUIC_ACK + 1 || skip_varints(b, 3);
}

/* RFC 9000 section 19.8. Without a length the data go to the packet's end. */
static bool take_stream(struct bytes *b, struct quic_frame *f)
{
    if (!quic_take_varint(b, &f->stream) ||
            ((f->type_sent & STREAM_OFFSET) && !quic_take_varint(b, &f->off)))
        return false;
    if (!(f->type_sent & STREAM_LENGTH)) {
        f->data = *b;
        *b = bytes_slice(*b, b->n, b->n);
    } else if (!take_data(b, &f->data)) {
        return false;
    }
    f->fin = f->type_sent & STREAM_FIN;
    return f->off <= VARINT_MOST - f->data.n;
}

static bool take_new_id(struct bytes *b, struct quic_frame *f)
{
    return quic_take_varint(b, &f->sequence) && quic_take_varint(b, &f->retire_prior_to) &&
           f->retire_prior_to <= f->sequence && bytes_take_vec8(b, &f->id) && f->id.n != 0 &&
           f->id.n <= QUIC_ID_MOST && bytes_take(b, RESET_TOKEN, &f->reset_token);
}

static bool take_close(struct bytes *b, struct quic_frame *f)
{
    f->application = f->type_sent != QUIC_CONNECTION_CLOSE;
    return quic_take_varint(b, &f->error) &&
           (f->application || quic_take_varint(b, &f->cause)) && take_data(b, &f->reason);
}

static bool take_datagram(struct bytes *b, struct quic_frame *f)
{
    if (f->type_sent != QUIC_DATAGRAM)
        return take_data(b, &f->data);
    f->data = *b;
    *b = bytes_slice(*b, b->n, b->n);
    return true;
}

static bool take_padding(struct bytes *b)
{
    while (b->n != 0 && b->p[0] == QUIC_PADDING)
        *b = bytes_slice(*b, 1, b->n);
    return true;
}

static uint64_t fold(uint64_t type)
{
    if (type == QUIC_ACK + 1)
        return QUIC_ACK;
    if (type >= QUIC_STREAM && type <= QUIC_STREAM + 7)
        return QUIC_STREAM;
    if (type == QUIC_MAX_STREAMS + 1 || type == QUIC_STREAMS_BLOCKED + 1 ||
            type == QUIC_CONNECTION_CLOSE + 1 || type == QUIC_DATAGRAM + 1)
        return type - 1;
    return type == IMMEDIATE_ACK_BEFORE ? QUIC_IMMEDIATE_ACK : type;
}

/* The fields behind the type of a frame that has its sense in them; `known`: is it one? */
static bool take_fields(struct bytes *b, struct quic_frame *f, bool *known)
{
    switch (f->type) {
    case QUIC_PADDING:
        return take_padding(b);
    case QUIC_PING:
    case QUIC_HANDSHAKE_DONE:
    case QUIC_IMMEDIATE_ACK:
        return true;
    case QUIC_ACK:
        return take_ack(b, f);
    case QUIC_RESET_STREAM:
        return quic_take_varint(b, &f->stream) && quic_take_varint(b, &f->error) &&
               quic_take_varint(b, &f->final_size);
    case QUIC_RESET_STREAM_AT:
        return quic_take_varint(b, &f->stream) && quic_take_varint(b, &f->error) &&
               quic_take_varint(b, &f->final_size) && quic_take_varint(b, &f->reliable) &&
               f->reliable <= f->final_size;
    case QUIC_STOP_SENDING:
        return quic_take_varint(b, &f->stream) && quic_take_varint(b, &f->error);
    case QUIC_CRYPTO:
        return quic_take_varint(b, &f->off) && take_data(b, &f->data) &&
               f->off <= VARINT_MOST - f->data.n;
    case QUIC_NEW_TOKEN:
        return take_data(b, &f->data) && f->data.n != 0;
    case QUIC_STREAM:
        return take_stream(b, f);
    case QUIC_MAX_DATA:
    case QUIC_DATA_BLOCKED:
        return quic_take_varint(b, &f->most);
    case QUIC_MAX_STREAM_DATA:
    case QUIC_STREAM_DATA_BLOCKED:
        return quic_take_varint(b, &f->stream) && quic_take_varint(b, &f->most);
    case QUIC_MAX_STREAMS:
    case QUIC_STREAMS_BLOCKED:
        return quic_take_varint(b, &f->most) && f->most <= STREAMS_MOST;
    case QUIC_NEW_CONNECTION_ID:
        return take_new_id(b, f);
    case QUIC_RETIRE_CONNECTION_ID:
        return quic_take_varint(b, &f->sequence);
    case QUIC_PATH_CHALLENGE:
    case QUIC_PATH_RESPONSE:
        return bytes_take(b, PATH_DATA, &f->data);
    case QUIC_CONNECTION_CLOSE:
        return take_close(b, f);
    case QUIC_DATAGRAM:
        return take_datagram(b, f);
    case QUIC_ACK_FREQUENCY:
        return skip_varints(b, 4);
    case QUIC_TIMESTAMP:
        return skip_varints(b, 1);
    default:
        *known = false;
        return false;
    }
}

enum parse quic_frame_next(struct bytes *rest, struct quic_frame *out)
{
    struct quic_frame f = {0};
    struct bytes b = *rest;
    bool known = true;

    if (!quic_take_varint(&b, &f.type_sent))
        return PARSE_BAD;
    f.type = fold(f.type_sent);
    if (!take_fields(&b, &f, &known))
        return known ? PARSE_BAD : PARSE_UNSUPPORTED;
    *rest = b;
    *out = f;
    return PARSE_DONE;
}
