/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_H2_TALK_H
#define TESTS_CAPTURE_HTTP_H2_TALK_H

/* An HTTP/2 connection under test: what both sides sent goes in, exchanges come out as text. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/http2.h"
#include "tests/capture/http/exchange_text.h"
#include "tests/support/h2_wire.h"

enum { MOST = 1 << 16, ES = H2_FLAG_END_STREAM, EH = H2_FLAG_END_HEADERS };

/* A connection under test: what both sides sent so far, and what came out, as text. */
struct talk {
    struct http2 *h;
    struct ledger ledger;
    uint64_t off[2];
    uint64_t packet;
    char text[MOST];
    size_t n;
    char tunnels[MOST];
    size_t tunnels_n;
    size_t complete, exchanges;
};

static inline void talk_begin(struct talk *t)
{
    struct http_setup setup = {.connection = 1, .layer = LAYER_STREAM, .ledger = &t->ledger};

    memset(t, 0, sizeof(*t));
    ledger_init(&t->ledger, 1);
    t->h = http2_new(&setup);
    assert_non_null(t->h);
}

static inline void drain(struct talk *t)
{
    struct exchange *x;
    struct http_tunnel tunnel;

    while (http2_next_tunnel(t->h, &tunnel))
        t->tunnels_n += tunnel_text(&tunnel, t->tunnels + t->tunnels_n, MOST - t->tunnels_n);
    while (http2_next(t->h, &x)) {
        t->n += exchange_text(x, t->text + t->n, MOST - t->n);
        t->complete += x->complete;
        t->exchanges++;
        exchange_free(x);
    }
}

static inline void send_bytes(struct talk *t, enum direction dir, struct bytes data)
{
    uint64_t packet = ++t->packet;
    uint8_t *exact = malloc(data.n == 0 ? 1 : data.n);
    struct item item = {.kind = ITEM_BYTES,
            .dir = dir,
            .off = t->off[dir],
            .len = data.n,
            .data = {exact, data.n},
            .frames = {&packet, 1},
            .first_ns = (int64_t)packet * 1000,
            .last_ns = (int64_t)packet * 1000};

    assert_non_null(exact);
    if (data.n != 0)
        memcpy(exact, data.p, data.n);
    assert_int_equal(http2_push(t->h, &item), STATUS_OK);
    drain(t);
    t->off[dir] += data.n;
    free(exact);
}

static inline void lose(struct talk *t, enum direction dir, uint64_t len)
{
    struct gap gap = {.why = GAP_LOST, .dir = dir, .off = t->off[dir], .len = len};
    struct item item = {.kind = ITEM_GAP,
            .dir = dir,
            .off = t->off[dir],
            .len = len,
            .gap = ledger_file(&t->ledger, &gap),
            .why = GAP_LOST};

    assert_int_equal(http2_push(t->h, &item), STATUS_OK);
    drain(t);
    t->off[dir] += len;
}

static inline void talk_end(struct talk *t)
{
    assert_int_equal(http2_close(t->h), STATUS_OK);
    drain(t);
    http2_free(t->h);
    ledger_clear(&t->ledger);
}

/* Sends and empties a buffer. */
static inline void flush(struct talk *t, enum direction dir, struct buf *b)
{
    send_bytes(t, dir, buf_view(b));
    buf_reset(b);
}

static inline void open_client(struct buf *b)
{
    h2_wire_text(b, H2_WIRE_PREFACE);
    h2_wire_frame(b, H2_SETTINGS, 0, 0, NULL, 0);
}

static inline void open_server(struct buf *b)
{
    h2_wire_frame(b, H2_SETTINGS, 0, 0, NULL, 0);
    h2_wire_frame(b, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
}

/* GET http://a.test/<path>; adds :authority to the table when `adds`, else refers to 62. */
static inline void write_get(struct buf *b, uint32_t stream, const char *path, bool adds)
{
    struct buf block;

    buf_init(&block, MOST);
    h2_wire_indexed(&block, 2);
    h2_wire_indexed(&block, 6);
    if (adds)
        h2_wire_added(&block, 1, NULL, "a.test");
    else
        h2_wire_indexed(&block, 62);
    h2_wire_plain(&block, 4, NULL, path);
    h2_wire_frame(b, H2_HEADERS, EH | ES, stream, block.p, block.n);
    buf_clear(&block);
}

static inline void write_ok(struct buf *b, uint32_t stream, const char *body)
{
    h2_wire_frame(b, H2_HEADERS, EH, stream, "\x88", 1);
    h2_wire_frame(b, H2_DATA, ES, stream, body, strlen(body));
}

/* Begins with `n` requests sent, /1, /3, …, on the streams of those numbers; `b`, empty before,
 * has what the server opens with. */
static inline void talk_begin_asked(struct talk *t, uint32_t n, struct buf *b)
{
    talk_begin(t);
    open_client(b);
    for (uint32_t i = 0; i < n; i++) {
        char path[16];

        (void)snprintf(path, sizeof(path), "/%u", 2 * i + 1);
        write_get(b, 2 * i + 1, path, i == 0);
    }
    flush(t, FROM_CLIENT, b);
    open_server(b);
}

#define HEAD ":method=GET,:scheme=http,:authority=a.test,:path=/"

#endif
