/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: replay, page_text. A page of HTML, a zero byte, a body that goes to a third party three
 * times. Asserts: at most one recording; it counts all uploads and their bytes, cites places in the
 * body, and says by what it was told. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EXCHANGES = 4 };

static struct exchange *make(size_t stream)
{
    struct exchange *x = exchange_new(1, stream, PROTOCOL_HTTP11);

    if (x == NULL)
        abort();
    x->host = BYTES_LITERAL("r.rec.test");
    x->path = BYTES_LITERAL("/up?a=1");
    x->method = BYTES_LITERAL("POST");
    x->request.seen = true;
    x->request.first_ns = (int64_t)stream * 1000000000;
    return x;
}

static void set_body(struct message *m, struct bytes data)
{
    m->seen = true;
    m->body.present = true;
    m->body.data = data;
    m->body.bytes = m->body.kept = data.n;
}

static void check(const struct recordings *rows, struct bytes body)
{
    assert(rows->n <= 1);
    if (rows->n == 0)
        return;
    assert(rows->at[0].how == RECORDING_REPLAY && rows->at[0].base_count != 0);
    assert(rows->at[0].samples == EXCHANGES - 1);
    assert(rows->at[0].bytes == body.n * (EXCHANGES - 1));
    assert(rows->at[0].last_ns - rows->at[0].first_ns == INT64_C(2000000000));
    for (size_t i = 0; i < rows->at[0].place_count; i++) {
        const struct place *p = &rows->at[0].places[i];

        assert(strcmp(p->part, "request.body") != 0 || p->off + p->len <= body.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = {data, size}, html;
    struct visit visit = {.site = BYTES_LITERAL("news.test"), .number = 1};
    struct exchange *list[EXCHANGES];
    struct attribution of[EXCHANGES];
    struct evidence e = {.exchanges = list, .exchange_count = EXCHANGES};
    struct judgement j = {.attributions.of = of};
    struct recordings rows = {0};
    struct page_text *text;
    struct replay *r;

    if (!bytes_take_until(&body, '\0', &html))
        html = bytes_of(NULL, 0);
    for (size_t i = 0; i < EXCHANGES; i++) {
        list[i] = make(i + 1);
        of[i] = (struct attribution){.visit = &visit,
                .site = BYTES_LITERAL("rec.test"),
                .party = i == 0 ? PARTY_FIRST : PARTY_THIRD};
        if (i != 0)
            set_body(&list[i]->request, body);
    }
    set_body(&list[0]->response, html);
    list[0]->response.body.type = BYTES_LITERAL("text/html");
    text = page_text_new(&e, &j.attributions);
    r = replay_new(&e, &j, text);
    if (text == NULL || r == NULL)
        abort();
    for (size_t i = 1; i < EXCHANGES; i++) {
        struct arena *arena = arena_new((size_t)128 << 20);
        struct sent sent;

        if (arena == NULL || !sent_read(arena, &e, i, &sent) || !replay_push(r, i, &sent))
            abort();
        arena_free(arena);
    }
    if (replay_finish(r, &rows) != STATUS_OK)
        abort();
    check(&rows, body);
    recordings_clear(&rows);
    replay_free(r);
    page_text_free(text);
    for (size_t i = 0; i < EXCHANGES; i++)
        exchange_free(list[i]);
    return 0;
}
