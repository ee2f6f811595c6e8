/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_QUIC_STREAMS_MODEL_H
#define TESTS_CAPTURE_QUIC_STREAMS_MODEL_H

/*
 * quic_streams beside the simplest thing that does the same: a map of bytes for each direction
 * of a few streams. Steps of STEP bytes drive both; every item is held against the map.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_streams.h"

enum { MODEL_STEP = 5, MODEL_STREAMS = 8, MODEL_SIZE = 1024 };

struct model_half {
    bool known[MODEL_SIZE];
    uint8_t value[MODEL_SIZE];
    uint64_t given, highest, final, bytes, gaps;
    bool seen, final_known, fin, reset, closing, ended, lied;
};

struct model {
    struct quic_streams *streams;
    struct ledger ledger;
    struct model_half halves[MODEL_STREAMS][2];
    uint64_t packet;
    uint64_t last_closed; /* streams end in order of number at the close */
    bool closed;
};

static inline bool model_has(uint64_t stream, enum direction dir)
{
    return (stream & 2) == 0 || (stream & 1) == (dir == FROM_SERVER);
}

/* All of it came out, and its end was seen: a reset alone does not say where that is. */
static inline bool model_is_whole(const struct model_half *h)
{
    return h->final_known && h->given == h->final && (!h->reset || h->fin);
}

static inline void model_item(struct model *m, uint64_t stream, const struct item *item)
{
    struct model_half *h = &m->halves[stream][item->dir];
    const struct gap *gap;

    assert(stream < MODEL_STREAMS && model_has(stream, item->dir) && !h->ended);
    assert(!m->closed || stream >= m->last_closed);
    if (m->closed)
        m->last_closed = stream;
    assert(item->off == h->given);
    for (size_t i = 1; i < item->frames.n; i++)
        assert(item->frames.at[i - 1] < item->frames.at[i]);
    switch (item->kind) {
    case ITEM_BYTES:
        assert(item->len != 0 && item->len == item->data.n && item->frames.n == 1);
        for (uint64_t i = 0; i < item->len; i++) {
            assert(h->known[item->off + i]);
            assert(h->value[item->off + i] == item->data.p[i]);
        }
        h->bytes += item->len;
        break;
    case ITEM_GAP:
        gap = ledger_find(&m->ledger, item->gap);
        assert(gap != NULL && gap->why == item->why && gap->off == item->off);
        assert(gap->len == item->len && gap->stream == stream && gap->dir == item->dir);
        assert(item->len == 0 || h->closing);
        assert(item->why != GAP_CONFLICT || (h->lied && item->len == 0));
        for (uint64_t i = 0; i < item->len; i++)
            assert(!h->known[item->off + i]);
        h->gaps += item->len;
        break;
    case ITEM_END:
        assert(h->closing || model_is_whole(h));
        assert(item->len == 0 && h->given == h->highest);
        h->ended = true;
        break;
    }
    h->given += item->len;
    assert(h->bytes + h->gaps == h->given);
}

/* What the contract says is settled came out, and nothing else. */
static inline void model_pull(struct model *m)
{
    struct item item;
    uint64_t stream;

    while (quic_streams_next(m->streams, &stream, &item))
        model_item(m, stream, &item);
    assert(quic_streams_status(m->streams) == STATUS_OK);
    for (uint64_t s = 0; s < MODEL_STREAMS; s++) {
        for (int dir = 0; dir < 2; dir++) {
            const struct model_half *h = &m->halves[s][dir];

            assert(h->given == MODEL_SIZE || !h->known[h->given]);
            assert(h->ended == (h->closing || model_is_whole(h)));
        }
    }
}

static inline void model_end_at(struct model_half *h, uint64_t final)
{
    if (!h->final_known && final >= h->highest) {
        h->final_known = true;
        h->final = final;
    }
}

static inline void model_piece(struct model *m, uint64_t stream, enum direction dir,
        uint64_t off, size_t n, bool fin, bool lie, bool far)
{
    struct model_half *h = &m->halves[stream][dir];
    uint8_t *data = malloc(n == 0 ? 1 : n); /* exact: what is not copied must not be kept */
    struct quic_piece piece = {.stream = stream,
            .dir = dir,
            .off = off,
            .data = {data, n},
            .fin = fin,
            .packet = ++m->packet,
            .time_ns = (int64_t)m->packet};
    uint64_t end = off + n;

    if (data == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)((off + i) * 7 + stream * 31 + (lie ? off : 0));
    far = far && h->seen;
    if (far)
        piece.off += (uint64_t)QUIC_JUMP_MOST + MODEL_SIZE;
    assert(quic_streams_push(m->streams, &piece) == STATUS_OK);
    if (!h->closing && !h->ended && !far && model_has(stream, dir)) {
        h->seen = true;
        h->lied |= lie;
        if (fin)
            model_end_at(h, end);
        h->fin |= fin && h->final == end;
        if (h->final_known && end > h->final)
            end = h->final;
        h->highest = end > h->highest ? end : h->highest;
        for (uint64_t o = off < h->given ? h->given : off; o < end; o++) {
            if (!h->known[o])
                h->value[o] = data[o - off];
            h->known[o] = true;
        }
    }
    model_pull(m);
    free(data);
}

static inline void model_reset(
        struct model *m, uint64_t stream, enum direction dir, uint64_t final)
{
    struct model_half *h = &m->halves[stream][dir];

    m->packet++;
    assert(quic_streams_reset(m->streams, stream, dir, final, m->packet, 1) == STATUS_OK);
    if (!h->closing && !h->ended && model_has(stream, dir)) {
        h->seen = true;
        model_end_at(h, final);
        if (!h->final_known)
            h->final = h->highest;
        h->final_known = true;
        h->highest = h->final;
        h->reset = true;
    }
    model_pull(m);
}

static inline void model_step(struct model *m, const uint8_t step[MODEL_STEP])
{
    uint64_t stream = step[0] & 7;
    enum direction dir = (step[0] & 8) != 0 ? FROM_SERVER : FROM_CLIENT;
    uint64_t off = ((uint64_t)step[1] << 8 | step[2]) % (MODEL_SIZE - 256);
    size_t n = step[3];

    if ((step[4] & 0x0f) == 0x0f)
        model_reset(m, stream, dir, off);
    else
        model_piece(m, stream, dir, off, n, (step[4] & 0x30) == 0x30, (step[4] & 0x40) != 0,
                (step[4] & 0x83) == 0x83);
}

static inline void model_run(const uint8_t *steps, size_t size)
{
    struct model *m = calloc(1, sizeof(*m));
    struct quic_streams_setup setup = {.layer = LAYER_QUIC};

    if (m == NULL)
        abort();
    ledger_init(&m->ledger, 1);
    setup.ledger = &m->ledger;
    m->streams = quic_streams_new(&setup);
    if (m->streams == NULL)
        abort();
    for (; size >= MODEL_STEP; steps += MODEL_STEP, size -= MODEL_STEP)
        model_step(m, steps);
    for (uint64_t s = 0; s < MODEL_STREAMS; s++) {
        bool seen = m->halves[s][0].seen || m->halves[s][1].seen;

        for (int dir = 0; dir < 2; dir++)
            m->halves[s][dir].closing |= seen && model_has(s, (enum direction)dir);
    }
    m->closed = true;
    assert(quic_streams_close(m->streams, GAP_CUT, GAP_CUT) == STATUS_OK);
    model_pull(m);
    assert(quic_streams_waiting(m->streams) == 0);
    quic_streams_free(m->streams);
    ledger_clear(&m->ledger);
    free(m);
}

#endif
