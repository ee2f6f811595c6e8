/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: base/unpack.c. The first byte picks the kind, the second where the input is split.
 * However it is split, the same bytes come out with the same verdict; bounds hold.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MOST = 1 << 17, BOUND = 1 << 16 };

static const enum unpack_kind kinds[] = {
        UNPACK_GZIP, UNPACK_ZLIB, UNPACK_DEFLATE, UNPACK_BROTLI, UNPACK_ZSTD_HTTP, UNPACK_RAW};

struct result {
    uint8_t out[OUT_MOST];
    size_t n;
    enum parse verdict;
};

static void push(struct unpack *u, struct bytes in, size_t room, struct result *r)
{
    const uint8_t *end = in.p + in.n;
    size_t made;

    do {
        size_t most = OUT_MOST - r->n < room ? OUT_MOST - r->n : room;
        size_t before = in.n;

        r->verdict = unpack_push(u, &in, r->out + r->n, most, &made);
        assert(made <= most);
        assert(in.n <= before && (in.n == 0 || in.p + in.n == end));
        r->n += made;
        assert(r->n <= BOUND);
        /* All is taken, or there is no room, or it is over. */
        assert(r->verdict != PARSE_MORE || in.n == 0 || made == most);
    } while (r->verdict == PARSE_MORE && made == room);
}

static void run(
        enum unpack_kind kind, struct bytes all, size_t split, size_t room, struct result *r)
{
    struct unpack *u = unpack_new(kind, (struct unpack_limits){.bytes = BOUND, .ratio = 0});

    memset(r, 0, sizeof(*r));
    if (u == NULL)
        abort();
    push(u, bytes_slice(all, 0, split), room, r);
    if (r->verdict == PARSE_MORE)
        push(u, bytes_slice(all, split, all.n), room, r);
    assert(!unpack_limited(u) || (r->n == BOUND && r->verdict == PARSE_UNSUPPORTED));
    unpack_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct result whole, parts;
    struct bytes all;

    if (size < 2)
        return 0;
    all = bytes_of(data + 2, size - 2);
    run(kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))], all, all.n, OUT_MOST, &whole);
    run(kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))], all,
            all.n == 0 ? 0 : data[1] % all.n, 1000, &parts);
    /* Where the data is corrupt, how much came out before may depend on the pieces. */
    if (whole.verdict == PARSE_DONE || parts.verdict == PARSE_DONE) {
        assert(whole.verdict == parts.verdict && whole.n == parts.n);
        assert(memcmp(whole.out, parts.out, whole.n) == 0);
    } else {
        size_t shorter = whole.n < parts.n ? whole.n : parts.n;

        assert(memcmp(whole.out, parts.out, shorter) == 0);
    }
    return 0;
}
