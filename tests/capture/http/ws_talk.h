/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_WS_TALK_H
#define TESTS_CAPTURE_HTTP_WS_TALK_H

/* A WebSocket under test: what both sides sent goes in, messages come out as text. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/websocket.h"

enum { WS_TALK_MOST = 1 << 14 };

struct ws_talk {
    struct websocket *w;
    struct ledger ledger;
    uint64_t off[2], packet;
    char text
            [WS_TALK_MOST]; /* "SEND text 1 [Hello];", " partial" before the ";" when not whole */
    size_t n;
};

/* An upgrade as HTTP/1.1 hands it on; `extensions` NULL: the response had none. */
static inline struct exchange *ws_upgrade(const char *extensions)
{
    struct exchange *x = exchange_new(7, 3, PROTOCOL_HTTP11);

    assert_non_null(x);
    x->method = BYTES_LITERAL("GET");
    x->scheme = BYTES_LITERAL("https");
    x->authority = BYTES_LITERAL("Push.test:8443");
    x->path = BYTES_LITERAL("/socket?u=1");
    x->secure = true;
    x->status = 101;
    assert_int_equal(exchange_set_target(x), STATUS_OK);
    x->request.head_whole = true;
    x->response.head_whole = true;
    if (extensions != NULL)
        assert_int_equal(
                exchange_add_header(x, &x->response, BYTES_LITERAL("Sec-WebSocket-Extensions"),
                        bytes_text(extensions)),
                STATUS_OK);
    return x;
}

static inline void ws_begin(struct ws_talk *t, const char *extensions)
{
    const struct http_setup setup = {.connection = 7, .layer = LAYER_TLS, .ledger = &t->ledger};
    struct exchange *x = ws_upgrade(extensions);

    memset(t, 0, sizeof(*t));
    ledger_init(&t->ledger, 7);
    t->w = websocket_new(&setup, x);
    assert_non_null(t->w);
    exchange_free(x);
}

static inline void ws_note(struct ws_talk *t, const struct exchange *x)
{
    const struct message *m = bytes_is(x->method, "SEND") ? &x->request : &x->response;

    assert_true(m->seen && m->body.present && m->header_count == 0);
    assert_true(x->complete == m->whole && m->whole == m->body.whole);
    assert_true(x->complete || x->gap_count != 0); /* what is not whole says why */
    t->n += (size_t)snprintf(t->text + t->n, WS_TALK_MOST - t->n, "%.*s %s %u [%.*s]%s;",
            (int)x->method.n, (const char *)x->method.p, x->opcode, (unsigned)x->message,
            (int)m->body.data.n, (const char *)m->body.data.p, x->complete ? "" : " partial");
}

static inline void ws_drain(struct ws_talk *t)
{
    struct exchange *x;

    while (websocket_next(t->w, &x)) {
        ws_note(t, x);
        exchange_free(x);
    }
}

static inline void ws_say(struct ws_talk *t, enum direction dir, const void *p, size_t n)
{
    uint64_t packet = ++t->packet;
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    const struct item item = {.kind = ITEM_BYTES,
            .dir = dir,
            .off = t->off[dir],
            .len = n,
            .data = {exact, n},
            .frames = {&packet, 1},
            .first_ns = (int64_t)packet,
            .last_ns = (int64_t)packet};

    assert_non_null(exact);
    memcpy(exact, p, n);
    assert_int_equal(websocket_push(t->w, &item), STATUS_OK);
    free(exact);
    t->off[dir] += n;
    ws_drain(t);
}

static inline void ws_lose(struct ws_talk *t, enum direction dir, uint64_t n)
{
    const struct gap gap = {.why = GAP_LOST, .dir = dir, .off = t->off[dir], .len = n};
    const struct item item = {.kind = ITEM_GAP,
            .dir = dir,
            .off = t->off[dir],
            .len = n,
            .gap = ledger_file(&t->ledger, &gap),
            .why = GAP_LOST};

    assert_int_equal(websocket_push(t->w, &item), STATUS_OK);
    t->off[dir] += n;
    ws_drain(t);
}

static inline void ws_stop(struct ws_talk *t, enum direction dir)
{
    const struct item item = {.kind = ITEM_END, .dir = dir, .off = t->off[dir]};

    assert_int_equal(websocket_push(t->w, &item), STATUS_OK);
    ws_drain(t);
}

static inline void ws_finish(struct ws_talk *t)
{
    assert_int_equal(websocket_close(t->w), STATUS_OK);
    ws_drain(t);
}

static inline void ws_end(struct ws_talk *t)
{
    websocket_free(t->w);
    ledger_clear(&t->ledger);
}

/* Bytes in gaps of that cause that were filed by the stage. */
static inline uint64_t ws_gap_bytes(const struct ws_talk *t, enum gap_cause why)
{
    uint64_t n = 0;

    for (size_t i = 0; i < t->ledger.n; i++) {
        if (t->ledger.gaps[i].why == why && t->ledger.gaps[i].detail != NULL)
            n += t->ledger.gaps[i].len;
    }
    return n;
}

#endif
