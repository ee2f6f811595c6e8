/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/array.h"
#include "capture/quic/quic_params.h"
#include "capture/quic/quic_part.h"

/* Which packets may carry a frame: RFC 9000 table 3. Initial packets can be made by anybody
 * on the way, so what they may not say is not heard. */
static bool may_stand(const struct quic_now *now, const struct quic_frame *frame)
{
    if (now->level == HANDSHAKE_INITIAL || now->level == HANDSHAKE_HANDSHAKE)
        return frame->type == QUIC_PADDING || frame->type == QUIC_PING ||
               frame->type == QUIC_ACK || frame->type == QUIC_CRYPTO ||
               (frame->type == QUIC_CONNECTION_CLOSE && !frame->application);
    if (!now->early)
        return true;
    return frame->type != QUIC_ACK && frame->type != QUIC_CRYPTO &&
           frame->type != QUIC_HANDSHAKE_DONE && frame->type != QUIC_NEW_TOKEN &&
           frame->type != QUIC_PATH_RESPONSE && frame->type != QUIC_RETIRE_CONNECTION_ID;
}

static void take_server_parameters(struct quic *q, const struct quic_params *params)
{
    if (params->has_reset_token)
        quic_ids_add_token(&q->ids[FROM_SERVER], params->reset_token);
    if (!params->has_preferred)
        return;
    /* Its length is that of the server's others, so it may be taken for issued. */
    quic_ids_add(&q->ids[FROM_SERVER], params->preferred_id, true);
    quic_ids_add_token(&q->ids[FROM_SERVER], params->preferred_token);
}

static void take_parameters(struct quic *q, enum direction dir)
{
    struct bytes sent = handshake_parameters(q->handshake, dir);
    struct quic_params params;

    if (q->parameters_read[dir] || sent.n == 0)
        return;
    q->parameters_read[dir] = true;
    if (quic_params_read(sent, &params) == PARSE_DONE && dir == FROM_SERVER)
        take_server_parameters(q, &params);
}

/* What the handshake has said so far, as far as keys depend on it. */
struct heard {
    bool client, server, retry;
    enum secret_early early;
};

static struct heard hear(const struct quic *q)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);

    return (struct heard){n->client_seen, n->server_seen, n->retry, n->early};
}

void quic_take_terms(struct quic *q)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);

    if (n->client_seen) {
        memcpy(q->random, n->client_random, sizeof(q->random));
        q->has_random = true;
    }
    take_parameters(q, FROM_CLIENT);
    take_parameters(q, FROM_SERVER);
}

enum status quic_take_crypto(struct quic *q)
{
    struct heard before = hear(q), after;
    enum status status = STATUS_OK;
    struct item item;
    uint64_t level;

    while (status == STATUS_OK && quic_streams_next(q->crypto, &level, &item)) {
        if (level >= HANDSHAKE_LEVELS)
            continue;
        switch (item.kind) {
        case ITEM_BYTES:
            status = handshake_push(
                    q->handshake, item.dir, (enum handshake_level)level, item.data);
            break;
        case ITEM_GAP:
            if (item.len != 0)
                status = handshake_lost(q->handshake, item.dir, (enum handshake_level)level);
            break;
        case ITEM_END:
            break;
        }
    }
    if (status == STATUS_OK)
        status = quic_streams_status(q->crypto);
    quic_take_terms(q);
    after = hear(q);
    q->stirred |= before.client != after.client || before.server != after.server ||
                  before.retry != after.retry || before.early != after.early;
    return status;
}

static enum status take_crypto(struct quic *q, const struct quic_frame *frame)
{
    const struct quic_piece piece = {.stream = q->now.level,
            .dir = q->now.dir,
            .off = frame->off,
            .data = frame->data,
            .packet = q->now.packet,
            .time_ns = q->now.time_ns};
    enum status status = quic_streams_push(q->crypto, &piece);

    return status == STATUS_OK ? quic_take_crypto(q) : status;
}

/* How far a stream's early data reach. */
static enum status note_early(struct quic *q, uint64_t stream, uint64_t until)
{
    struct quic_early *early;

    q->setup.tls->early_data = true;
    for (size_t i = q->early_n; i-- > 0;)
        if (q->early[i].stream == stream) {
            if (until > q->early[i].until)
                q->early[i].until = until;
            return STATUS_OK;
        }
    if (q->early_n == QUIC_EARLY_MOST)
        return STATUS_OK;
    early = array_grow(q->early, q->early_n, &q->early_capacity, sizeof(*early));
    if (early == NULL)
        return STATUS_NOMEM;
    q->early = early;
    q->early[q->early_n++] = (struct quic_early){stream, until};
    return STATUS_OK;
}

static enum status take_stream(struct quic *q, const struct quic_frame *frame)
{
    const struct quic_piece piece = {.stream = frame->stream,
            .dir = q->now.dir,
            .off = frame->off,
            .data = frame->data,
            .fin = frame->fin,
            .packet = q->now.packet,
            .time_ns = q->now.time_ns};

    if (q->now.early && note_early(q, frame->stream, frame->off + frame->data.n) != STATUS_OK)
        return STATUS_NOMEM;
    return quic_streams_push(q->streams, &piece);
}

static enum status act(struct quic *q, const struct quic_frame *frame)
{
    struct quic_facts *facts = q->setup.facts;
    enum direction dir = q->now.dir;

    switch (frame->type) {
    case QUIC_ACK:
        return quic_ack_note(q, frame);
    case QUIC_CRYPTO:
        return take_crypto(q, frame);
    case QUIC_STREAM:
        q->streamed[q->now.dir] = true;
        return take_stream(q, frame);
    case QUIC_RESET_STREAM:
    case QUIC_RESET_STREAM_AT: /* what it promises to deliver is in frames of its own */
        facts->resets[dir]++;
        return quic_streams_reset(q->streams, frame->stream, dir, frame->final_size,
                q->now.packet, q->now.time_ns);
    case QUIC_NEW_CONNECTION_ID:
        quic_ids_add(&q->ids[dir], frame->id, true);
        quic_ids_add_token(&q->ids[dir], frame->reset_token);
        return STATUS_OK;
    case QUIC_CONNECTION_CLOSE:
        quic_words_close(q, dir, frame);
        return STATUS_OK;
    case QUIC_NEW_TOKEN:
        return dir == FROM_CLIENT || tickets_add(&facts->tokens, TICKET_TOKEN, frame->data)
                       ? STATUS_OK
                       : STATUS_NOMEM;
    case QUIC_DATAGRAM:
        facts->datagrams[dir]++;
        facts->datagram_bytes[dir] += frame->data.n;
        return STATUS_OK;
    default: /* what steers the transport says nothing about the content */
        return STATUS_OK;
    }
}

/* What is left of the packet cannot be read. */
static void give_up(struct quic *q, size_t n, enum gap_cause why, const char *detail)
{
    quic_lose_bytes(q, q->now.dir, why, detail, n, q->now.packet);
    q->now.frames = (struct bytes){0};
}

enum status quic_take_frame(struct quic *q)
{
    size_t before = q->now.frames.n;
    struct quic_frame frame;

    switch (quic_frame_next(&q->now.frames, &frame)) {
    case PARSE_DONE:
        break;
    case PARSE_UNSUPPORTED:
        give_up(q, before, GAP_UNSUPPORTED,
                "a QUIC frame of an unknown extension, and what follows it in its packet");
        return STATUS_OK;
    case PARSE_MORE:
    case PARSE_BAD:
        give_up(q, before, GAP_BAD, "bytes in a QUIC packet that are no frames");
        return STATUS_OK;
    }
    if (may_stand(&q->now, &frame))
        return act(q, &frame);
    give_up(q, before, GAP_BAD, "a QUIC frame that its packet may not carry");
    return STATUS_OK;
}
