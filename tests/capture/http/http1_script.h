/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_HTTP1_SCRIPT_H
#define TESTS_CAPTURE_HTTP_HTTP1_SCRIPT_H

/*
 * Plays a conversation into an http1 stage, whole and in pieces of many sizes, and compares
 * what comes out as text. For the tests of that stage.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "capture/http/http1.h"

/* One step of a conversation: bytes, or a gap of `len` (then text is NULL), or an end. */
struct step {
    enum direction dir;
    const char *text;
    uint64_t gap;
    enum gap_cause why;
    bool end;
};

#define C(text)                                                                                \
    {                                                                                          \
        FROM_CLIENT, text, 0, 0, false                                                         \
    }
#define S(text)                                                                                \
    {                                                                                          \
        FROM_SERVER, text, 0, 0, false                                                         \
    }
#define CGAP(n)                                                                                \
    {                                                                                          \
        FROM_CLIENT, NULL, n, GAP_LOST, false                                                  \
    }
#define SGAP(n)                                                                                \
    {                                                                                          \
        FROM_SERVER, NULL, n, GAP_LOST, false                                                  \
    }
#define CEND                                                                                   \
    {                                                                                          \
        FROM_CLIENT, NULL, 0, 0, true                                                          \
    }
#define SEND                                                                                   \
    {                                                                                          \
        FROM_SERVER, NULL, 0, 0, true                                                          \
    }

struct run {
    struct http1 *h;
    struct ledger ledger;
    struct buf out; /* what came out, as text */
    uint64_t offset[2];
    uint64_t frame;
    enum status status;
};

static void print_text(struct run *r, const char *label, struct bytes text)
{
    assert_int_equal(
            buf_print(&r->out, "%s%.*s", label, (int)text.n, (const char *)text.p), STATUS_OK);
}

static void print_part(struct run *r, const struct message *m)
{
    if (!m->seen) {
        print_text(r, " -", bytes_of(NULL, 0));
        return;
    }
    print_text(r, m->whole ? " whole" : m->head_whole ? " cut" : " headcut", bytes_of(NULL, 0));
    for (size_t i = 0; i < m->header_count; i++) {
        print_text(r, " ", m->headers[i].name);
        print_text(r, "=", m->headers[i].value);
    }
    for (size_t i = 0; i < m->trailer_count; i++)
        print_text(r, " +", m->trailers[i].name);
    if (m->body.present)
        print_text(r, " body:", m->body.data);
}

/* "#1 GET url 200 [103] complete | request | response" */
static void print_exchange(struct run *r, const struct exchange *x)
{
    assert_int_equal(buf_print(&r->out, "#%d ", (int)x->stream), STATUS_OK);
    print_text(r, "", x->method);
    print_text(r, " ", x->url);
    assert_int_equal(buf_print(&r->out, " %d", (int)x->status), STATUS_OK);
    for (size_t i = 0; i < 4 && x->interim[i] != 0; i++)
        assert_int_equal(buf_print(&r->out, " [%d]", (int)x->interim[i]), STATUS_OK);
    print_text(r, x->complete ? " complete" : "", bytes_of(NULL, 0));
    print_text(r, x->gap_count != 0 ? " gaps" : "", bytes_of(NULL, 0));
    print_text(r, " |", bytes_of(NULL, 0));
    print_part(r, &x->request);
    print_text(r, " |", bytes_of(NULL, 0));
    print_part(r, &x->response);
    print_text(r, "\n", bytes_of(NULL, 0));
}

static void drain(struct run *r)
{
    struct exchange *x;
    struct item item;

    while (http1_next(r->h, &x)) {
        print_exchange(r, x);
        exchange_free(x);
    }
    while (http1_next_rest(r->h, &item)) {
        assert_int_equal(buf_print(&r->out, "rest%d %d@%d ", (int)item.dir, (int)item.kind,
                                 (int)item.off),
                STATUS_OK);
        print_text(r, "", item.kind == ITEM_BYTES ? item.data : bytes_of(NULL, 0));
        print_text(r, "\n", bytes_of(NULL, 0));
    }
}

static void give(struct run *r, const struct step *step, struct bytes data)
{
    struct item item = {.dir = step->dir, .off = r->offset[step->dir]};
    uint64_t frames[2] = {r->frame, r->frame};
    uint8_t *exact = malloc(data.n == 0 ? 1 : data.n);

    assert_non_null(exact);
    if (data.n != 0)
        memcpy(exact, data.p, data.n);
    item.kind = step->end ? ITEM_END : step->text == NULL ? ITEM_GAP : ITEM_BYTES;
    item.data = bytes_of(exact, data.n);
    item.len = step->text == NULL ? step->gap : data.n;
    item.why = step->why;
    item.first_ns = item.last_ns = (int64_t)r->frame * 1000;
    item.frames = (struct frames){frames, step->end ? 0 : 1};
    if (item.kind == ITEM_GAP) {
        struct gap gap = {.why = step->why, .dir = step->dir, .off = item.off, .len = item.len};

        frames[0]--;
        item.frames.n = 2;
        item.gap = ledger_file(&r->ledger, &gap);
    }
    r->offset[step->dir] += item.len;
    if (r->status == STATUS_OK)
        r->status = http1_push(r->h, &item);
    if (r->status == STATUS_OK)
        drain(r);
    free(exact);
}

static void begin(struct run *r)
{
    struct http_setup setup = {.connection = 1, .layer = LAYER_STREAM, .ledger = &r->ledger};

    *r = (struct run){.status = STATUS_OK};
    ledger_init(&r->ledger, 1);
    buf_init(&r->out, 1 << 20);
    r->h = http1_new(&setup);
}

/* Plays the steps, each cut into pieces of at most `piece` bytes; every step is a packet. */
static void play(struct run *r, const struct step *steps, size_t n, size_t piece)
{
    for (size_t i = 0; i < n; i++) {
        struct bytes text = bytes_text(steps[i].text);
        size_t at = 0;

        r->frame = 10 * (i + 1);
        do {
            size_t size = text.n - at < piece ? text.n - at : piece;

            give(r, &steps[i], bytes_slice(text, at, at + size));
            at += size;
        } while (at < text.n);
    }
}

static void finish(struct run *r)
{
    if (r->status == STATUS_OK)
        r->status = http1_close(r->h);
    if (r->status == STATUS_OK)
        drain(r);
}

static void end(struct run *r)
{
    http1_free(r->h);
    buf_clear(&r->out);
    ledger_clear(&r->ledger);
}

static void expect_pieces(const struct step *steps, size_t n, const char *want, size_t piece)
{
    struct run r;
    struct bytes got;

    begin(&r);
    assert_non_null(r.h);
    play(&r, steps, n, piece);
    finish(&r);
    assert_int_equal(r.status, STATUS_OK);
    got = buf_view(&r.out);
    if (!bytes_is(got, want))
        fail_msg("in pieces of %zu:\n%.*s\nnot:\n%s", piece, (int)got.n, (const char *)got.p,
                want);
    end(&r);
}

static void expect_list(const struct step *steps, size_t n, const char *want)
{
    static const size_t pieces[] = {10000, 1, 2, 3, 5, 7, 11, 19, 64};

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        expect_pieces(steps, n, want, pieces[i]);
}

#define EXPECT(steps, want) expect_list(steps, sizeof(steps) / sizeof((steps)[0]), want)

#endif
