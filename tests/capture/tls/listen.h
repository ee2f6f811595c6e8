/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TLS_LISTEN_H
#define TESTS_CAPTURE_TLS_LISTEN_H

/* Feeds bytes into a TLS stage and writes down what comes out, checking what always holds. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ledger.h"
#include "capture/tls/tls.h"

enum { LISTEN_GAPS = 64 };

struct listen {
    struct keylog *keys;
    struct ledger ledger;
    struct arena *arena;
    struct tls_facts facts;
    struct tls *tls;
    enum status status;  /* the first that was not OK; nothing is checked from there on */
    struct buf plain[2]; /* bytes, with gaps left out */
    uint64_t off[2];     /* of the next item */
    uint64_t fed[2];     /* stream bytes pushed so far */
    uint64_t lost[2];    /* not pushed yet */
    bool ended[2];
    struct item gaps[LISTEN_GAPS];
    size_t gap_n;
    uint64_t packet;
    enum decrypted decrypted;
    const char *reason;
    uint64_t early_until;
};

static inline void listen_must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "listen: %s\n", what);
        abort();
    }
}

/* False when out of memory, as tests want it. */
static inline bool listen_init(struct listen *l, struct bytes log, struct sessions *sessions)
{
    struct tls_setup setup;

    memset(l, 0, sizeof(*l));
    ledger_init(&l->ledger, 1);
    buf_init(&l->plain[0], 1 << 28);
    buf_init(&l->plain[1], 1 << 28);
    l->arena = arena_new(1 << 24);
    l->keys = keylog_new();
    if (l->arena == NULL || l->keys == NULL || keylog_add(l->keys, log) != STATUS_OK)
        return false;
    setup = (struct tls_setup){.keys = l->keys,
            .sessions = sessions,
            .ledger = &l->ledger,
            .arena = l->arena,
            .facts = &l->facts};
    l->tls = tls_new(&setup);
    return l->tls != NULL;
}

static inline void listen_clear(struct listen *l)
{
    tls_free(l->tls);
    keylog_free(l->keys);
    arena_free(l->arena);
    ledger_clear(&l->ledger);
    buf_clear(&l->plain[0]);
    buf_clear(&l->plain[1]);
}

static inline void listen_take(struct listen *l, const struct item *out)
{
    enum direction dir = out->dir;

    listen_must(!l->ended[dir], "an item behind the end");
    listen_must(out->off == l->off[dir], "offsets do not add up");
    l->off[dir] += out->len;
    switch (out->kind) {
    case ITEM_BYTES:
        listen_must(out->len == out->data.n && out->len != 0, "an item's length");
        listen_must(out->frames.n != 0, "an item without a frame");
        for (size_t i = 1; i < out->frames.n; i++)
            listen_must(out->frames.at[i - 1] < out->frames.at[i], "frames out of order");
        if (buf_append(&l->plain[dir], out->data) != STATUS_OK)
            l->status = STATUS_NOMEM;
        break;
    case ITEM_GAP:
        listen_must(out->gap != 0, "a gap without a number");
        if (l->gap_n < LISTEN_GAPS)
            l->gaps[l->gap_n++] = *out;
        break;
    case ITEM_END:
        listen_must(out->len == 0, "an end with a length");
        l->ended[dir] = true;
        break;
    }
}

static inline void listen_pull(struct listen *l)
{
    struct item out;

    while (l->status == STATUS_OK && tls_next(l->tls, &out))
        listen_take(l, &out);
    if (l->status == STATUS_OK)
        l->status = tls_status(l->tls);
}

static inline void listen_push(struct listen *l, const struct item *in)
{
    if (l->status == STATUS_OK)
        l->status = tls_push(l->tls, in);
    if (l->status == STATUS_OK)
        listen_pull(l);
}

/* The bytes lost so far, if any, as one gap; files it as reassembly does. */
static inline void listen_tell_lost(struct listen *l, enum direction dir)
{
    const struct gap gap = {.why = GAP_LOST,
            .layer = LAYER_STREAM,
            .dir = dir,
            .off = l->fed[dir],
            .len = l->lost[dir]};
    const uint64_t frames[2] = {l->packet, l->packet + 1};
    struct item in = {.kind = ITEM_GAP,
            .dir = dir,
            .off = l->fed[dir],
            .len = l->lost[dir],
            .frames = {frames + (l->packet == 0), l->packet == 0 ? 1 : 2},
            .why = GAP_LOST};

    if (l->lost[dir] == 0)
        return;
    in.gap = ledger_file(&l->ledger, &gap);
    l->fed[dir] += l->lost[dir];
    l->lost[dir] = 0;
    listen_push(l, &in);
}

/* The next `n` bytes of a direction are lost. */
static inline void listen_lose(struct listen *l, enum direction dir, uint64_t n)
{
    l->lost[dir] += n;
}

/* The next bytes of a direction, as one packet. */
static inline void listen_bytes(struct listen *l, enum direction dir, struct bytes data)
{
    listen_tell_lost(l, dir);
    const uint64_t frame = ++l->packet;
    const struct item in = {.kind = ITEM_BYTES,
            .dir = dir,
            .off = l->fed[dir],
            .len = data.n,
            .data = data,
            .frames = {&frame, 1},
            .first_ns = (int64_t)frame * 1000,
            .last_ns = (int64_t)frame * 1000};

    l->fed[dir] += data.n;
    listen_push(l, &in);
}

static inline void listen_close(struct listen *l)
{
    listen_tell_lost(l, FROM_CLIENT);
    listen_tell_lost(l, FROM_SERVER);
    if (l->status == STATUS_OK)
        l->status = tls_close(l->tls);
    listen_pull(l);
    if (l->status != STATUS_OK)
        return;
    listen_must(l->ended[0] && l->ended[1], "a direction did not end");
    l->decrypted = tls_decrypted(l->tls, &l->reason);
    l->early_until = tls_early_until(l->tls);
}

#endif
