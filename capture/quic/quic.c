/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/quic/quic.h"

#include <stdlib.h>

#include "capture/quic/quic_part.h"

enum { PLAIN_LEAST = 2048 };

struct quic_streams_setup quic_crypto_setup(const struct quic *q)
{
    return (struct quic_streams_setup){.ledger = q->setup.ledger,
            .layer = LAYER_PACKET, /* no stream of the application's account */
            .in_order = true,
            .detail = "a part of the handshake"};
}

struct quic *quic_new(const struct quic_setup *setup)
{
    const struct tls_setup tls = {.keys = setup->keys,
            .ledger = setup->ledger,
            .arena = setup->arena,
            .facts = setup->tls};
    const struct quic_streams_setup streams = {.ledger = setup->ledger, .layer = LAYER_QUIC};
    struct quic *q = calloc(1, sizeof(*q));
    struct quic_streams_setup crypto;

    if (q == NULL)
        return NULL;
    q->setup = *setup;
    q->trial_bytes = QUIC_TRIAL_BYTES;
    q->walk_bytes = QUIC_WALK_BYTES;
    crypto = quic_crypto_setup(q);
    q->handshake = handshake_new(&tls);
    q->streams = quic_streams_new(&streams);
    q->crypto = quic_streams_new(&crypto);
    if (q->handshake == NULL || q->streams == NULL || q->crypto == NULL) {
        quic_free(q);
        return NULL;
    }
    return q;
}

void quic_free(struct quic *q)
{
    if (q == NULL)
        return;
    handshake_free(q->handshake);
    quic_streams_free(q->streams);
    quic_streams_free(q->crypto);
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        ranges_clear(&q->acked[dir]);
        for (int level = 0; level < HANDSHAKE_LEVELS; level++)
            quic_space_clear(&q->space[dir][level]);
    }
    quic_initial_clear(q);
    quic_keys_free(q->early_keys);
    quic_hold_clear(&q->held);
    quic_hold_clear(&q->replay);
    free(q->replaying);
    free(q->plain);
    free(q->early);
    free(q);
}

enum status quic_room(struct quic *q, size_t n)
{
    size_t size = n < PLAIN_LEAST ? PLAIN_LEAST : n;
    uint8_t *plain;

    if (size <= q->plain_size)
        return STATUS_OK;
    plain = realloc(q->plain, size);
    if (plain == NULL)
        return STATUS_NOMEM;
    q->plain = plain;
    q->plain_size = size;
    return STATUS_OK;
}

bool quic_busy(const struct quic *q)
{
    return q->now.frames.n != 0 || q->now_source.at < q->now_source.data.n ||
           q->replaying != NULL || q->replay.n != 0;
}

enum status quic_push(struct quic *q, const struct quic_datagram *d)
{
    const struct quic_try whole = {.packet = {.kind = QUIC_ONE_RTT, .whole = d->data},
            .dir = quic_true(q, d->dir),
            .why = GAP_BUDGET,
            .detail = "a datagram longer than any is"};

    if (q->status != STATUS_OK)
        return q->status;
    if (quic_busy(q) || q->closing != CLOSING_NOT)
        return STATUS_USAGE;
    if (d->data.n > QUIC_MERGED_MOST) {
        quic_lose(q, &whole, d->data.n, d->packet);
        return STATUS_OK;
    }
    q->status = quic_room(q, d->data.n);
    if (q->status != STATUS_OK)
        return q->status;
    q->now_source = (struct quic_source){.data = d->data,
            .raw = d->dir,
            .missing = d->wire_len > d->data.n ? d->wire_len - d->data.n : 0,
            .packet = d->packet,
            .time_ns = d->time_ns};
    return STATUS_OK;
}

/* A datagram is done: what the snap length took behind its last whole packet is missing. */
static void end_source(struct quic *q)
{
    struct quic_source *source = &q->now_source;

    if (source->missing != 0)
        quic_lose_bytes(q, quic_true(q, source->raw), GAP_SNAPLEN, NULL, source->missing,
                source->packet);
    *source = (struct quic_source){0};
}

/* One packet of those that waited; false when there is none to try. */
static bool replay(struct quic *q)
{
    if (q->replaying != NULL && q->replaying->source.at < q->replaying->source.data.n) {
        q->status = quic_step(q, &q->replaying->source, &q->replaying);
        return true;
    }
    free(q->replaying);
    q->replaying = quic_hold_take(&q->replay);
    if (q->replaying != NULL)
        return true;
    if (!q->stirred)
        return false;
    q->stirred = false;
    q->replay = q->held;
    q->held = (struct quic_line){0};
    return q->replay.n != 0;
}

static enum status close_streams(struct quic *q)
{
    enum status status = quic_loss_file(q);

    if (status == STATUS_OK)
        status = quic_ack_file(q);
    return status == STATUS_OK
                   ? quic_streams_close(q->streams, quic_loss_cause(q), q->close_why)
                   : status;
}

/* One stage of the end; false when it is over. */
static bool advance_close(struct quic *q)
{
    switch (q->closing) {
    case CLOSING_NOT:
    case CLOSING_DONE:
        return false;
    case CLOSING_REPLAY:
        q->closing = CLOSING_CRYPTO;
        q->status = quic_streams_close(q->crypto, quic_loss_cause(q), q->close_why);
        if (q->status == STATUS_OK)
            q->status = quic_take_crypto(q);
        return true;
    case CLOSING_CRYPTO:
        q->closing = CLOSING_STREAMS;
        q->status = close_streams(q);
        return true;
    case CLOSING_STREAMS:
        q->closing = CLOSING_DONE;
        return true;
    }
    return false;
}

/* One step of the work; false when there is none. */
static bool advance(struct quic *q)
{
    struct quic_held *none = NULL;

    if (q->now.frames.n != 0) {
        q->status = quic_take_frame(q);
        return true;
    }
    if (replay(q))
        return true;
    if (q->now_source.at < q->now_source.data.n) {
        q->status = quic_step(q, &q->now_source, &none);
        return true;
    }
    if (q->now_source.data.n != 0 || q->now_source.missing != 0) {
        end_source(q);
        return true;
    }
    return advance_close(q);
}

bool quic_next(struct quic *q, uint64_t *stream, struct item *out)
{
    do {
        if (q->status != STATUS_OK)
            return false;
        if (quic_streams_next(q->streams, stream, out))
            return true;
        q->status = quic_streams_status(q->streams);
    } while (q->status == STATUS_OK && advance(q));
    return false;
}

void quic_endless(struct quic *q, uint64_t stream)
{
    quic_streams_endless(q->streams, stream);
}

enum status quic_close(struct quic *q, enum gap_cause why)
{
    const struct negotiation *n = handshake_negotiation(q->handshake);

    if (q->status != STATUS_OK || q->closing != CLOSING_NOT)
        return q->status;
    if (quic_busy(q))
        return STATUS_USAGE;
    q->closing = CLOSING_REPLAY;
    q->close_why = why;
    q->stirred = true;
    if (!n->client_seen || n->retry)
        q->status = handshake_lost(q->handshake, FROM_CLIENT, HANDSHAKE_INITIAL);
    if (q->status == STATUS_OK && !n->server_seen)
        q->status = handshake_lost(q->handshake, FROM_SERVER, HANDSHAKE_INITIAL);
    quic_take_terms(q);
    if (q->status == STATUS_OK && !q->guess && q->held.n != 0)
        q->status = quic_secret_guess(q);
    return q->status;
}

enum status quic_status(const struct quic *q)
{
    return q->status;
}

bool quic_next_id(struct quic *q, enum direction *to, struct bytes *id)
{
    for (int dir = FROM_CLIENT; dir <= FROM_SERVER; dir++)
        if (quic_ids_next(&q->ids[dir], id)) {
            *to = (enum direction)dir;
            return true;
        }
    return false;
}

bool quic_turned(const struct quic *q)
{
    return q->turned;
}

const char *quic_protocol(const struct quic *q)
{
    return q->setup.tls->alpn;
}

uint64_t quic_early_until(const struct quic *q, uint64_t stream)
{
    for (size_t i = 0; i < q->early_n; i++)
        if (q->early[i].stream == stream)
            return q->early[i].until;
    return 0;
}
