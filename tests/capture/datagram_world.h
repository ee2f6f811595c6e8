/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_DATAGRAM_WORLD_H
#define TESTS_CAPTURE_DATAGRAM_WORLD_H

/*
 * A capture of made up QUIC connections (quic_maker.h) as IP packets: what the whole room makes of
 * them is kept as text. Packets are written first and shown to the reader afterwards, when all
 * secrets are known.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "tests/support/quic_maker.h"

enum { WORLD_FRAMES = 1024, WORLD_TEXT = 8192, LINK_RAW_IP = 101 };

#define WORLD_START INT64_C(1700000000000000000)
#define WORLD_SECOND INT64_C(1000000000)

/* Who talks: an address is 10.0.0.host. */
struct talker {
    struct maker m;
    uint8_t client, server; /* hosts */
    uint16_t client_port, server_port;
    struct buf frames; /* scratch */
};

struct world {
    struct {
        uint8_t *p; /* owned */
        size_t n;
        int64_t time_ns;
    } frames[WORLD_FRAMES];
    size_t n;
    int64_t now_ns;
    struct buf log; /* of keys */
    bool no_keys;
    char exchanges[WORLD_TEXT];   /* "c1.s0 GET url 200;" of each, in order of coming out */
    char connections[WORLD_TEXT]; /* "c1 protocol decrypted x2 >c1;" in order of ending */
    char gaps[WORLD_TEXT];        /* "c1 CAUSE detail;" */
    uint64_t packets, counted;    /* shown; in the facts of all connections */
    char questions[WORLD_TEXT];   /* "doq name result;" of look-ups, by time */
};

static inline struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    assert(w != NULL);
    w->now_ns = WORLD_START;
    buf_init(&w->log, 1 << 20);
    return w;
}

static inline void world_free(struct world *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->frames[i].p);
    buf_clear(&w->log);
    free(w);
}

/* A talker of its own randoms, IDs and secrets; `salt` tells them apart. */
static inline void talker_init(struct talker *t, uint8_t salt)
{
    maker_init(&t->m, MAKER_V1, 0x1301);
    t->m.client_random[0] ^= salt;
    t->m.first_id[1] ^= salt;
    t->m.initial_id[1] ^= salt;
    for (size_t dir = 0; dir < 2; dir++) {
        t->m.id[dir][1] ^= salt;
        for (size_t level = 0; level < MAKER_LEVELS; level++)
            t->m.secret[dir][level][2] ^= salt;
        t->m.header_secret[dir][2] ^= salt;
    }
    t->client = 1;
    t->server = 2;
    t->client_port = (uint16_t)(40000 + salt);
    t->server_port = 443;
    buf_init(&t->frames, MAKER_DATAGRAM_MOST);
}

static inline void talker_clear(struct world *w, struct talker *t)
{
    maker_log(&t->m, true, &w->log);
    maker_clear(&t->m);
    buf_clear(&t->frames);
}

static inline void put16(uint8_t *p, size_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* A UDP datagram in an IPv4 packet, its checksums left out. Returns its place. */
static inline size_t world_send(struct world *w, uint8_t from, uint16_t from_port, uint8_t to,
        uint16_t to_port, struct bytes data)
{
    size_t n = 28 + data.n;
    uint8_t *p = calloc(1, n);

    assert(p != NULL && w->n < WORLD_FRAMES);
    p[0] = 0x45;
    put16(p + 2, n);
    p[8] = 64;
    p[9] = 17;
    memcpy(p + 12, (const uint8_t[]){10, 0, 0, from, 10, 0, 0, to}, 8);
    put16(p + 20, from_port);
    put16(p + 22, to_port);
    put16(p + 24, 8 + data.n);
    memcpy(p + 28, data.p, data.n);
    w->frames[w->n].p = p;
    w->frames[w->n].n = n;
    w->frames[w->n].time_ns = w->now_ns += 1000000;
    return w->n++;
}

/* What the talker's maker has in its datagram. */
static inline size_t talker_send(struct world *w, struct talker *t, enum direction dir)
{
    size_t at = dir == FROM_CLIENT ? world_send(w, t->client, t->client_port, t->server,
                                             t->server_port, buf_view(&t->m.datagram))
                                   : world_send(w, t->server, t->server_port, t->client,
                                             t->client_port, buf_view(&t->m.datagram));

    maker_begin(&t->m);
    return at;
}

/* A packet with the frames of the scratch buffer. */
static inline size_t talker_packet(struct world *w, struct talker *t, enum direction dir,
        enum maker_level level, size_t size)
{
    maker_packet_of(&t->m, dir, level, buf_view(&t->frames), size);
    buf_reset(&t->frames);
    return talker_send(w, t, dir);
}

static inline size_t talker_hello(
        struct world *w, struct talker *t, const struct maker_hello *hello)
{
    struct buf message;

    buf_init(&message, MAKER_DATAGRAM_MOST);
    maker_client_hello(&t->m, hello, &message);
    maker_crypto(&t->frames, 0, buf_view(&message));
    buf_clear(&message);
    return talker_packet(w, t, FROM_CLIENT, MAKER_INITIAL, 1200);
}

static inline void talker_answer(
        struct world *w, struct talker *t, const struct maker_hello *hello)
{
    struct buf message;

    buf_init(&message, MAKER_DATAGRAM_MOST);
    maker_server_hello(&t->m, hello, &message);
    maker_crypto(&t->frames, 0, buf_view(&message));
    (void)talker_packet(w, t, FROM_SERVER, MAKER_INITIAL, 0);
    buf_reset(&message);
    maker_extensions(&t->m, hello, &message);
    maker_finished(&message);
    maker_crypto(&t->frames, 0, buf_view(&message));
    (void)talker_packet(w, t, FROM_SERVER, MAKER_HANDSHAKE, 0);
    buf_reset(&message);
    maker_finished(&message);
    maker_crypto(&t->frames, 0, buf_view(&message));
    (void)talker_packet(w, t, FROM_CLIENT, MAKER_HANDSHAKE, 0);
    buf_clear(&message);
}

static inline void talker_shake(struct world *w, struct talker *t)
{
    const struct maker_hello hello = {0};

    (void)talker_hello(w, t, &hello);
    talker_answer(w, t, &hello);
}

/* GET https://shop.example/path over HTTP/3 without Huffman codes (RFC 9204 section 4.5). */
static inline size_t talker_ask_at(struct world *w, struct talker *t, uint64_t stream,
        const char *path, enum maker_level level)
{
    uint8_t frame[256];
    size_t n = 2;

    frame[0] = 1;                                                  /* HEADERS */
    memcpy(frame + n, "\0\0\xd1\xd7\x50\x0cshop.example\x51", 19); /* GET, https */
    n += 19;
    frame[n++] = (uint8_t)strlen(path);
    memcpy(frame + n, path, strlen(path));
    n += strlen(path);
    frame[1] = (uint8_t)(n - 2);
    maker_stream(&t->frames, stream, 0, bytes_of(frame, n), true);
    return talker_packet(w, t, FROM_CLIENT, level, 0);
}

static inline size_t talker_ask(
        struct world *w, struct talker *t, uint64_t stream, const char *path)
{
    return talker_ask_at(w, t, stream, path, MAKER_TRAFFIC);
}

/* Status 200 and no body. */
static inline size_t talker_tell(struct world *w, struct talker *t, uint64_t stream)
{
    maker_stream(&t->frames, stream, 0, BYTES_LITERAL("\1\3\0\0\xd9"), true);
    return talker_packet(w, t, FROM_SERVER, MAKER_TRAFFIC, 0);
}

static inline void talker_talk(
        struct world *w, struct talker *t, uint64_t stream, const char *path)
{
    (void)talker_ask(w, t, stream, path);
    (void)talker_tell(w, t, stream);
}

static inline void world_note(char text[WORLD_TEXT], const char *format, ...) PRINTF_LIKE(2, 3);
static inline void world_note(char text[WORLD_TEXT], const char *format, ...)
{
    size_t n = strlen(text);
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text + n, WORLD_TEXT - n, format, list);
    va_end(list);
}

static inline void world_take(struct world *w, struct capture *c)
{
    static const char *const decrypted[] = {"plain", "full", "partial", "no"};
    struct connection *facts;
    struct exchange *x;

    while (capture_next_exchange(c, &x)) {
        world_note(w->exchanges, "c%u.s%llu %.*s %.*s %u%s%s;", x->connection,
                (unsigned long long)x->stream, (int)x->method.n, (const char *)x->method.p,
                (int)x->url.n, (const char *)x->url.p, x->status, x->complete ? "" : " partial",
                x->early ? " early" : "");
        exchange_free(x);
    }
    while (capture_next_connection(c, &facts)) {
        world_note(w->connections, "c%u %s %s %u>%u packets %llu x%llu", facts->id,
                facts->protocol == NULL ? "-" : facts->protocol, decrypted[facts->decrypted],
                facts->client.port, facts->server.port, (unsigned long long)facts->packets,
                (unsigned long long)facts->exchanges);
        w->counted += facts->packets;
        if (facts->continues != 0)
            world_note(w->connections, " of c%u", facts->continues);
        world_note(w->connections, ";");
        for (size_t i = 0; i < facts->ledger.n; i++) {
            const struct gap *gap = &facts->ledger.gaps[i];

            if (gap->len != 0 || gap->why != GAP_CUT)
                world_note(w->gaps, "c%u %s %s;", facts->id, gap_cause_name(gap->why),
                        gap->detail == NULL ? "" : gap->detail);
        }
        ledger_clear(&facts->ledger);
        arena_free(facts->arena);
        free(facts);
    }
}

static inline enum status world_feed(
        struct world *w, struct capture *c, const size_t *order, size_t n)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < (order == NULL ? w->n : n) && status == STATUS_OK; i++) {
        size_t at = order == NULL ? i : order[i];
        const struct packet packet = {.number = i + 1,
                .time_ns = w->frames[at].time_ns,
                .link = LINK_RAW_IP,
                .data = bytes_of(w->frames[at].p, w->frames[at].n),
                .wire_len = (uint32_t)w->frames[at].n};

        w->packets++;
        status = capture_push(c, &packet, NULL);
        world_take(w, c);
    }
    if (status == STATUS_OK)
        status = capture_close(c, NULL);
    world_take(w, c);
    return status;
}

static inline void world_questions(struct world *w, struct lookups *lookups)
{
    size_t n;
    const struct lookup *all = lookups_all(lookups, &n);

    for (size_t i = 0; i < n; i++)
        world_note(w->questions, "%s %s %s;", all[i].carrier, all[i].name,
                all[i].result == NULL ? "-" : all[i].result);
}

/* Shows the packets in this order (NULL: as they were sent). */
static inline enum status world_run(struct world *w, const size_t *order, size_t n)
{
    struct ledger ledger;
    struct lookups *lookups = lookups_new();
    struct keylog *keys = keylog_new();
    const struct capture_setup setup = {.keys = keys, .ledger = &ledger, .lookups = lookups};
    struct capture *c = NULL;
    enum status status = STATUS_NOMEM;

    w->exchanges[0] = w->connections[0] = w->gaps[0] = w->questions[0] = '\0';
    w->packets = w->counted = 0;
    ledger_init(&ledger, 0);
    if (keys != NULL && lookups != NULL)
        status = w->no_keys ? STATUS_OK : keylog_add(keys, buf_view(&w->log));
    if (status == STATUS_OK)
        status = capture_new(&setup, &c, NULL);
    if (status == STATUS_OK)
        status = world_feed(w, c, order, n);
    capture_free(c);
    if (lookups != NULL)
        world_questions(w, lookups);
    lookups_free(lookups);
    keylog_free(keys);
    ledger_clear(&ledger);
    return status;
}

#endif
