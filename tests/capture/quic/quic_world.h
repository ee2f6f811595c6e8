/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_QUIC_QUIC_WORLD_H
#define TESTS_CAPTURE_QUIC_QUIC_WORLD_H

/*
 * A capture of one made up QUIC connection: datagrams are sealed by quic_maker, kept, and shown
 * to the reader in any order; what comes out is kept by stream and direction.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic.h"
#include "tests/support/quic_maker.h"

enum { WORLD_SENT = 2048, WORLD_CARRIED = 64, WORLD_STREAM = 1 << 22 };

struct world_sent {
    enum direction dir;
    uint8_t *p; /* owned, of exactly n bytes */
    size_t n;
    uint32_t wire;
};

struct world_carried {
    uint64_t stream;
    enum direction dir;
    struct buf bytes;
    uint64_t gaps, off;
    bool ended;
};

struct world {
    struct maker m;
    struct world_sent sent[WORLD_SENT];
    size_t n;
    bool no_keys, early_keys, turned;
    struct buf frames; /* scratch */
    struct buf log;    /* of keys, as text */
    struct keylog *keys;
    struct quic *quic;
    struct tls_facts tls;
    struct quic_facts facts;
    struct ledger ledger;
    struct arena *arena;
    struct world_carried carried[WORLD_CARRIED];
    size_t carried_n;
    enum status status;
    enum decrypted decrypted;
    const char *reason;
};

static inline struct world *world_new(uint32_t version, uint16_t suite)
{
    struct world *w = calloc(1, sizeof(*w));

    assert(w != NULL);
    maker_init(&w->m, version, suite);
    buf_init(&w->frames, MAKER_DATAGRAM_MOST);
    buf_init(&w->log, 1 << 16);
    return w;
}

static inline void world_forget(struct world *w)
{
    for (size_t i = 0; i < w->carried_n; i++)
        buf_clear(&w->carried[i].bytes);
    w->carried_n = 0;
    quic_free(w->quic);
    w->quic = NULL;
    keylog_free(w->keys);
    w->keys = NULL;
    ledger_clear(&w->ledger);
    arena_free(w->arena);
    w->arena = NULL;
}

static inline void world_free(struct world *w)
{
    world_forget(w);
    for (size_t i = 0; i < w->n; i++)
        free(w->sent[i].p);
    buf_clear(&w->frames);
    buf_clear(&w->log);
    maker_clear(&w->m);
    free(w);
}

/* The datagram made last goes on the wire; its place among all. */
static inline size_t world_send(struct world *w, enum direction dir)
{
    struct world_sent *s = &w->sent[w->n];

    assert(w->n < WORLD_SENT);
    *s = (struct world_sent){.dir = dir, .n = w->m.datagram.n};
    s->p = malloc(s->n == 0 ? 1 : s->n);
    assert(s->p != NULL);
    if (s->n != 0)
        memcpy(s->p, w->m.datagram.p, s->n);
    s->wire = (uint32_t)s->n;
    maker_begin(&w->m);
    return w->n++;
}

static inline size_t world_send_packet(
        struct world *w, enum direction dir, enum maker_level level)
{
    maker_begin(&w->m);
    maker_packet(&w->m, dir, level, buf_view(&w->frames));
    buf_reset(&w->frames);
    return world_send(w, dir);
}

/* One 1-RTT packet with one STREAM frame. */
static inline size_t world_say(struct world *w, enum direction dir, uint64_t stream,
        uint64_t off, const char *text, bool fin)
{
    maker_stream(&w->frames, stream, off, bytes_text(text), fin);
    return world_send_packet(w, dir, MAKER_TRAFFIC);
}

static inline size_t world_client_initial(struct world *w, const struct maker_hello *hello)
{
    struct buf message;
    size_t at;

    buf_init(&message, MAKER_DATAGRAM_MOST);
    maker_client_hello(&w->m, hello, &message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    maker_begin(&w->m);
    maker_packet_of(&w->m, FROM_CLIENT, MAKER_INITIAL, buf_view(&w->frames), 1200);
    buf_reset(&w->frames);
    at = world_send(w, FROM_CLIENT);
    buf_clear(&message);
    return at;
}

/* Initial with the ServerHello, Handshake with the rest, in one datagram. */
static inline size_t world_server_flight(struct world *w, const struct maker_hello *hello)
{
    struct buf message;

    buf_init(&message, MAKER_DATAGRAM_MOST);
    maker_begin(&w->m);
    maker_server_hello(&w->m, hello, &message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    maker_packet(&w->m, FROM_SERVER, MAKER_INITIAL, buf_view(&w->frames));
    buf_reset(&w->frames);
    buf_reset(&message);
    maker_extensions(&w->m, hello, &message);
    maker_finished(&message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    maker_packet(&w->m, FROM_SERVER, MAKER_HANDSHAKE, buf_view(&w->frames));
    buf_reset(&w->frames);
    buf_clear(&message);
    return world_send(w, FROM_SERVER);
}

static inline size_t world_client_finished(struct world *w)
{
    struct buf message;

    buf_init(&message, 64);
    maker_finished(&message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    buf_clear(&message);
    return world_send_packet(w, FROM_CLIENT, MAKER_HANDSHAKE);
}

/* Datagrams 0 (client), 1 (server) and 2 (client). */
static inline void world_handshake(struct world *w)
{
    const struct maker_hello plain = {0};

    (void)world_client_initial(w, &plain);
    (void)world_server_flight(w, &plain);
    (void)world_client_finished(w);
}

static inline struct world_carried *world_find(
        struct world *w, uint64_t stream, enum direction dir)
{
    for (size_t i = 0; i < w->carried_n; i++)
        if (w->carried[i].stream == stream && w->carried[i].dir == dir)
            return &w->carried[i];
    return NULL;
}

static inline void world_pull(struct world *w)
{
    struct item item;
    uint64_t stream;

    while (quic_next(w->quic, &stream, &item)) {
        struct world_carried *c = world_find(w, stream, item.dir);

        if (c == NULL) {
            assert(w->carried_n < WORLD_CARRIED);
            c = &w->carried[w->carried_n++];
            *c = (struct world_carried){.stream = stream, .dir = item.dir};
            buf_init(&c->bytes, WORLD_STREAM);
        }
        assert(!c->ended && item.off == c->off);
        c->off += item.len;
        switch (item.kind) {
        case ITEM_BYTES:
            assert(item.len == item.data.n && item.frames.n != 0);
            w->status = buf_append(&c->bytes, item.data);
            if (w->status != STATUS_OK)
                return;
            break;
        case ITEM_GAP:
            assert(item.gap != 0 && item.gap <= w->ledger.n);
            c->gaps += item.len;
            break;
        case ITEM_END:
            c->ended = true;
            break;
        }
    }
    w->status = quic_status(w->quic);
}

/* Writes the key log anew. */
static inline void world_log(struct world *w)
{
    buf_reset(&w->log);
    if (!w->no_keys)
        maker_log(&w->m, w->early_keys, &w->log);
}

/* A reader with the key log; false when memory ran out. */
static inline bool world_open(struct world *w)
{
    struct quic_setup setup = {.ledger = &w->ledger, .tls = &w->tls, .facts = &w->facts};

    world_forget(w);
    memset(&w->tls, 0, sizeof(w->tls));
    memset(&w->facts, 0, sizeof(w->facts));
    ledger_init(&w->ledger, 1);
    w->arena = arena_new(1 << 20);
    w->keys = keylog_new();
    if (w->arena == NULL || w->keys == NULL)
        return false;
    w->status = keylog_add(w->keys, buf_view(&w->log));
    setup.keys = w->keys;
    setup.arena = w->arena;
    if (w->status == STATUS_OK)
        w->quic = quic_new(&setup);
    return w->quic != NULL;
}

static inline struct quic_datagram world_datagram(const struct world *w, size_t at)
{
    enum direction dir = w->sent[at].dir;

    if (w->turned)
        dir = dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
    return (struct quic_datagram){.dir = dir,
            .data = bytes_of(w->sent[at].p, w->sent[at].n),
            .wire_len = w->sent[at].wire,
            .packet = at + 1,
            .time_ns = (int64_t)at + 1};
}

static inline void world_show(struct world *w, size_t at)
{
    struct quic_datagram d = world_datagram(w, at);

    w->status = quic_push(w->quic, &d);
    if (w->status == STATUS_OK)
        world_pull(w);
}

/* That no beginning or no CONNECTION_CLOSE was captured, for most worlds have none, or that numbers
 * in between were not. */
static inline bool world_is_mark(const struct gap *gap)
{
    return gap->layer == LAYER_PACKET && gap->len == 0 &&
           (gap->why == GAP_CUT || gap->why == GAP_MIDSTREAM ||
                   strstr(gap->detail, "neither captured nor acknowledged") != NULL);
}

/* Gaps without these marks. */
static inline size_t world_gaps(const struct world *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->ledger.n; i++)
        n += !world_is_mark(&w->ledger.gaps[i]);
    return n;
}

static inline void world_close(struct world *w)
{
    w->status = quic_close(w->quic, GAP_CUT);
    if (w->status == STATUS_OK)
        world_pull(w);
    w->decrypted = quic_decrypted(w->quic, &w->reason);
}

/* With EXHIBIT_QUIC_CORPUS, what is shown is kept in that folder as tests/fuzz/fuzz_quic.c takes it,
 * under the name of the test's own count. */
static inline void world_dump(const struct world *w, const size_t *order, size_t n)
{
    static int count;
    const char *folder = getenv("EXHIBIT_QUIC_CORPUS");
    char path[512];
    FILE *file;

    if (folder == NULL || n > 40)
        return;
    (void)snprintf(path, sizeof(path), "%s-%03d", folder, ++count);
    file = fopen(path, "wb");
    assert(file != NULL);
    (void)fputc((int)(w->log.n >> 8), file);
    (void)fputc((int)(w->log.n & 0xff), file);
    if (w->log.n != 0)
        (void)fwrite(w->log.p, 1, w->log.n, file);
    for (size_t i = 0; i < n; i++) {
        const struct world_sent *s = &w->sent[order == NULL ? i : order[i]];

        (void)fputc((int)s->dir | (s->wire != s->n ? 2 : 0), file);
        (void)fputc((int)(s->n >> 8), file);
        (void)fputc((int)(s->n & 0xff), file);
        (void)fwrite(s->p, 1, s->n, file);
    }
    (void)fclose(file);
}

/* Shows the datagrams in this order (NULL: as they were sent), and closes. */
static inline void world_run(struct world *w, const size_t *order, size_t n)
{
    bool opened;

    world_log(w);
    world_dump(w, order, order == NULL ? w->n : n);
    opened = world_open(w);
    assert(opened);
    (void)opened;
    for (size_t i = 0; i < (order == NULL ? w->n : n) && w->status == STATUS_OK; i++)
        world_show(w, order == NULL ? i : order[i]);
    if (w->status == STATUS_OK)
        world_close(w);
}

/* What a stream carried is this text, without gaps; "" also when it never was. */
static inline bool world_heard(
        struct world *w, uint64_t stream, enum direction dir, const char *text)
{
    const struct world_carried *c = world_find(w, stream, dir);

    if (c == NULL)
        return text[0] == '\0';
    return c->gaps == 0 && c->ended && bytes_is(buf_view(&c->bytes), text);
}

static inline const struct gap *world_gap(
        const struct world *w, enum gap_cause why, enum layer layer)
{
    for (size_t i = 0; i < w->ledger.n; i++)
        if (w->ledger.gaps[i].why == why && w->ledger.gaps[i].layer == layer)
            return &w->ledger.gaps[i];
    return NULL;
}

/* Gaps of the connection itself: packets that were not read. */
static inline size_t world_losses(const struct world *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->ledger.n; i++)
        n += w->ledger.gaps[i].layer == LAYER_PACKET && !world_is_mark(&w->ledger.gaps[i]);
    return n;
}

#endif
