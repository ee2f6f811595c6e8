/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_H3_TALK_H
#define TESTS_CAPTURE_HTTP_H3_TALK_H

/* An HTTP/3 connection under test: what its streams carried goes in, exchanges come out as text. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/h3_frame.h"
#include "base/buf.h"
#include "capture/http/http3.h"
#include "tests/capture/http/exchange_text.h"

enum { MOST = 1 << 16, STREAMS = 64 };

static const enum direction CLIENT = FROM_CLIENT, SERVER = FROM_SERVER;

struct talk {
    struct http3 *h;
    struct ledger ledger;
    uint64_t off[STREAMS][2];
    uint64_t packet;
    char text[MOST];
    size_t n;
    char tunnels[MOST];
    size_t tunnels_n;
    size_t exchanges;
    char causes[MOST];  /* of the gaps, once it ended */
    enum status status; /* of the first call that failed */
};

static inline void talk_begin(struct talk *t)
{
    struct http_setup setup = {.connection = 1, .secure = true, .ledger = &t->ledger};

    memset(t, 0, sizeof(*t));
    ledger_init(&t->ledger, 1);
    t->h = http3_new(&setup);
    if (t->h == NULL)
        t->status = STATUS_NOMEM;
}

static inline void drain(struct talk *t)
{
    struct exchange *x;
    struct http_tunnel tunnel;

    while (http3_next_tunnel(t->h, &tunnel))
        t->tunnels_n += tunnel_text(&tunnel, t->tunnels + t->tunnels_n, MOST - t->tunnels_n);
    while (http3_next(t->h, &x)) {
        assert_int_equal(x->protocol, PROTOCOL_H3);
        t->n += exchange_text(x, t->text + t->n, MOST - t->n);
        t->exchanges++;
        exchange_free(x);
    }
}

static inline void push_item(struct talk *t, uint64_t stream, struct item item)
{
    enum status status;

    item.off = t->off[stream][item.dir];
    t->off[stream][item.dir] += item.len;
    if (t->status != STATUS_OK)
        return;
    status = http3_push(t->h, stream, &item);
    if (status != STATUS_OK)
        t->status = status;
    drain(t);
}

static inline void send_bytes(
        struct talk *t, uint64_t stream, enum direction dir, struct bytes data)
{
    uint64_t packet = ++t->packet;
    uint8_t *exact = malloc(data.n == 0 ? 1 : data.n);
    struct item item = {.kind = ITEM_BYTES,
            .dir = dir,
            .len = data.n,
            .data = {exact, data.n},
            .frames = {&packet, 1},
            .first_ns = (int64_t)packet * 1000,
            .last_ns = (int64_t)packet * 1000};

    if (exact == NULL) {
        t->status = STATUS_NOMEM;
        return;
    }
    if (data.n != 0)
        memcpy(exact, data.p, data.n);
    push_item(t, stream, item);
    free(exact);
}

static inline uint32_t lose_for(
        struct talk *t, uint64_t stream, enum direction dir, uint64_t len, enum gap_cause why)
{
    struct gap gap = {.why = why, .dir = dir, .off = t->off[stream][dir], .len = len};
    struct item item = {.kind = ITEM_GAP,
            .dir = dir,
            .len = len,
            .gap = ledger_file(&t->ledger, &gap),
            .why = why};

    push_item(t, stream, item);
    return item.gap;
}

static inline uint32_t lose(struct talk *t, uint64_t stream, enum direction dir, uint64_t len)
{
    return lose_for(t, stream, dir, len, GAP_LOST);
}

static inline void end(struct talk *t, uint64_t stream, enum direction dir)
{
    push_item(t, stream, (struct item){.kind = ITEM_END, .dir = dir});
}

/* The gaps filed, as "LOST LOST BAD". */
static inline const char *causes(const struct talk *t)
{
    static char text[MOST];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < t->ledger.n; i++)
        n += (size_t)snprintf(text + n, MOST - n, "%s%s", i == 0 ? "" : " ",
                gap_cause_name(t->ledger.gaps[i].why));
    return text;
}

static inline void talk_end(struct talk *t)
{
    if (t->status == STATUS_OK) {
        t->status = http3_close(t->h);
        drain(t);
    }
    (void)snprintf(t->causes, sizeof(t->causes), "%s", causes(t));
    http3_free(t->h);
    ledger_clear(&t->ledger);
}

static inline void put(struct buf *b, struct bytes data)
{
    assert_int_equal(buf_append(b, data), STATUS_OK);
}

static inline void put_varint(struct buf *b, uint64_t n)
{
    uint8_t raw[8];
    size_t bytes = n < 0x40 ? 1 : n < 0x4000 ? 2 : n < 0x40000000 ? 4 : 8;

    for (size_t i = 0; i < bytes; i++)
        raw[i] = (uint8_t)(n >> (8 * (bytes - 1 - i)));
    raw[0] |= (uint8_t)(bytes == 1 ? 0 : bytes == 2 ? 0x40 : bytes == 4 ? 0x80 : 0xc0);
    put(b, bytes_of(raw, bytes));
}

static inline void put_frame(struct buf *b, uint64_t type, struct bytes payload)
{
    put_varint(b, type);
    put_varint(b, payload.n);
    put(b, payload);
}

/* A literal field line; texts below 127 bytes. */
static inline void put_field(struct buf *b, const char *name, const char *value)
{
    size_t n = strlen(name);

    if (n < 7) {
        put(b, bytes_of(&(uint8_t){(uint8_t)(0x20 | n)}, 1));
    } else {
        put(b, bytes_of("\x27", 1));
        put(b, bytes_of(&(uint8_t){(uint8_t)(n - 7)}, 1));
    }
    put(b, bytes_text(name));
    put(b, bytes_of(&(uint8_t){(uint8_t)strlen(value)}, 1));
    put(b, bytes_text(value));
}

/* A HEADERS frame of literal fields, "name: value" one each line. */
static inline void put_headers(struct buf *b, const char *lines)
{
    struct bytes all = bytes_text(lines), line;
    struct buf section;

    buf_init(&section, MOST);
    put(&section, bytes_of("\0\0", 2));
    while (bytes_take_line(&all, &line)) {
        char text[256];
        char *value;

        (void)snprintf(text, sizeof(text), "%.*s", (int)line.n, (const char *)line.p);
        value = strstr(text + 1, ": ");
        assert_non_null(value);
        *value = '\0';
        put_field(&section, text, value + 2);
    }
    put_frame(b, H3_HEADERS, buf_view(&section));
    buf_clear(&section);
}

/* GET https://a.test<path>. */
static inline void put_get(struct buf *b, const char *path)
{
    struct buf section;

    buf_init(&section, MOST);
    put(&section, bytes_of("\0\0\xd1\xd7\x50\x06"
                           "a.test",
                          12));
    put(&section, bytes_of("\x51", 1));
    put(&section, bytes_of(&(uint8_t){(uint8_t)strlen(path)}, 1));
    put(&section, bytes_text(path));
    put_frame(b, H3_HEADERS, buf_view(&section));
    buf_clear(&section);
}

/* 200, and a body. */
static inline void put_ok(struct buf *b, const char *body)
{
    put_frame(b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    put_frame(b, H3_DATA, bytes_text(body));
}

/* Sends and empties a buffer. */
static inline void flush(struct talk *t, uint64_t stream, enum direction dir, struct buf *b)
{
    send_bytes(t, stream, dir, buf_view(b));
    buf_reset(b);
}

/* One request of stream `stream`, whole. */
static inline void ask(struct talk *t, uint64_t stream, const char *path)
{
    struct buf b;

    buf_init(&b, MOST);
    put_get(&b, path);
    flush(t, stream, FROM_CLIENT, &b);
    end(t, stream, FROM_CLIENT);
    buf_clear(&b);
}

#define HEAD ":method=GET,:scheme=https,:authority=a.test,:path="

#endif
