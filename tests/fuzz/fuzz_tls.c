/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: the TLS stage (tls_push, tls_next, tls_close, tls_look) with all below it.
 *
 * The input is a key log, a zero byte, then instructions: one byte of direction and kind, two
 * of length, and that many stream bytes. Contract: for each direction, items come in order,
 * offsets add up without hole or overlap, gaps carry a number of the ledger, one END closes.
 * A conversation read without any gap is the same when all packets are cut in two. (With gaps
 * it may differ: how much a direction knows of the other one then depends on who came first.)
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "capture/tls/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct ledger ledger;
    struct tls *tls;
    uint64_t fed[2], off[2], plain[2];
    bool ended[2];
    struct digest *digest[2];
    uint64_t packet;
    size_t gaps;
};

static void pull(struct run *r)
{
    struct item out;

    while (tls_next(r->tls, &out)) {
        assert(!r->ended[out.dir] && out.off == r->off[out.dir]);
        r->off[out.dir] += out.len;
        switch (out.kind) {
        case ITEM_BYTES:
            assert(out.len == out.data.n && out.len != 0);
            digest_add(r->digest[out.dir], out.data);
            r->plain[out.dir] += out.len;
            for (size_t i = 0; i < out.frames.n; i++)
                assert(out.frames.at[i] != 0 && out.frames.at[i] <= r->packet);
            break;
        case ITEM_GAP:
            assert(ledger_find(&r->ledger, out.gap) != NULL);
            break;
        case ITEM_END:
            r->ended[out.dir] = true;
            break;
        }
    }
    if (tls_status(r->tls) != STATUS_OK)
        abort();
}

static void push(struct run *r, enum direction dir, bool lost, struct bytes bytes)
{
    struct gap gap = {.why = GAP_LOST, .layer = LAYER_STREAM, .dir = dir};
    struct item in = {.kind = lost ? ITEM_GAP : ITEM_BYTES,
            .dir = dir,
            .off = r->fed[dir],
            .len = bytes.n,
            .data = lost ? bytes_of(NULL, 0) : bytes,
            .frames = {&r->packet, 1},
            .why = GAP_LOST};

    r->packet++;
    if (lost) {
        gap.off = in.off;
        gap.len = in.len;
        in.gap = ledger_file(&r->ledger, &gap);
    }
    r->fed[dir] += bytes.n;
    if (tls_push(r->tls, &in) != STATUS_OK)
        abort();
    pull(r);
}

/* `halved`: each packet as two. */
static void play(const struct keylog *keys, struct bytes script, bool halved, struct run *r)
{
    struct arena *arena = arena_new(1 << 24);
    struct tls_facts facts = {0};
    struct tls_setup setup = {
            .keys = keys, .ledger = &r->ledger, .arena = arena, .facts = &facts};
    const char *reason;
    uint8_t what;
    uint16_t length;

    ledger_init(&r->ledger, 1);
    r->tls = tls_new(&setup);
    for (int i = 0; i < 2; i++)
        r->digest[i] = digest_new(DIGEST_SHA256);
    if (arena == NULL || r->tls == NULL || r->digest[0] == NULL || r->digest[1] == NULL)
        abort();
    while (bytes_take_u8(&script, &what) && bytes_take_u16(&script, &length)) {
        enum direction dir = (what & 1) == 0 ? FROM_CLIENT : FROM_SERVER;
        struct bytes bytes = bytes_slice(script, 0, length);

        script = bytes_slice(script, bytes.n, script.n);
        (void)tls_look(bytes);
        if (halved && (what & 2) == 0) {
            push(r, dir, false, bytes_slice(bytes, 0, bytes.n / 2));
            push(r, dir, false, bytes_slice(bytes, bytes.n / 2, bytes.n));
        } else {
            push(r, dir, (what & 2) != 0, bytes);
        }
    }
    if (tls_close(r->tls) != STATUS_OK)
        abort();
    pull(r);
    assert(r->ended[0] && r->ended[1]);
    (void)tls_decrypted(r->tls, &reason);
    assert(tls_early_until(r->tls) <= r->off[FROM_CLIENT]);
    r->gaps = r->ledger.n;
    tls_free(r->tls);
    arena_free(arena);
    ledger_clear(&r->ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes script = {data, size}, log;
    struct keylog *keys = keylog_new();
    struct run whole = {0}, halved = {0};
    uint8_t hash[2][DIGEST_MOST];

    if (keys == NULL)
        abort();
    if (!bytes_take_until(&script, 0, &log))
        log = bytes_of(NULL, 0);
    if (keylog_add(keys, log) != STATUS_OK)
        abort();
    play(keys, script, false, &whole);
    play(keys, script, true, &halved);
    for (int i = 0; i < 2; i++) {
        digest_finish(whole.digest[i], hash[0]);
        digest_finish(halved.digest[i], hash[1]);
        assert(whole.gaps != 0 || (halved.gaps == 0 && whole.off[i] == halved.off[i] &&
                                          memcmp(hash[0], hash[1], SHA256_BYTES) == 0));
        digest_free(whole.digest[i]);
        digest_free(halved.digest[i]);
    }
    keylog_free(keys);
    return 0;
}
