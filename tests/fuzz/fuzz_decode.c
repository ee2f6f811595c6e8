/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: decode, coded. Asserts: an escape uses what is there and gives no more than that; what
 * is found hides something; coded stretches lie in the text, are as long as their digits go, and
 * can be read; what is inflated stays within its limits, and is the same twice. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/coded.h"
#include "classify/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MOST = 1 << 16 };

static void check_escapes(struct bytes text)
{
    for (int kind = 0; kind < DECODE_KINDS; kind++) {
        struct decode_piece piece;
        size_t found;

        for (size_t at = 0; at < text.n; at += piece.used) {
            decode_piece_at((enum decode_kind)kind, text, at, &piece);
            assert(piece.used >= 1 && piece.used <= text.n - at);
            assert(piece.n >= 1 && piece.n <= piece.used && piece.n <= DECODE_PIECE_MOST);
            assert(piece.used > 1 || piece.plain[0] == text.p[at]);
        }
        for (size_t at = 0; decode_find((enum decode_kind)kind, text, at, &found);
                at = found + 1) {
            assert(found >= at && found < text.n);
            decode_piece_at((enum decode_kind)kind, text, found, &piece);
            assert(piece.used > 1);
        }
    }
}

static void check_coded(struct bytes text)
{
    struct coded_scan scan;
    struct coded c;
    uint8_t *out = malloc(text.n + 1);
    size_t given = 0;

    if (out == NULL)
        abort();
    coded_begin(&scan, text, 6);
    while (coded_next(&scan, &c)) {
        struct bytes digits = bytes_slice(text, c.begin, c.end);
        size_t n = coded_read(c.as, digits, out);

        assert(c.begin < c.end && c.end <= c.padded_end && c.padded_end <= text.n);
        assert(digits.n >= 6 && n != 0 && n <= digits.n);
        assert(c.segment || !c.whole);
        given += digits.n;
    }
    /* Each byte is in four stretches at most: hexadecimal, two of base64, base32 in both. */
    assert(given <= 5 * text.n);
    free(out);
}

static void check_unpack(struct bytes text)
{
    static const enum unpack_kind kinds[] = {
            UNPACK_GZIP, UNPACK_ZLIB, UNPACK_DEFLATE, UNPACK_BROTLI, UNPACK_ZSTD_HTTP};
    const struct unpack_limits limits = {OUT_MOST, 100};
    enum unpack_kind kind;

    if (!decode_packed(text, &kind))
        kind = kinds[text.n % 5];
    for (int twice = 0; twice < 2; twice++) {
        struct arena *arena = arena_new((size_t)1 << 20);
        struct bytes out[2];
        enum parse how[2];

        if (arena == NULL)
            abort();
        for (int i = 0; i < 2; i++) {
            if (!decode_unpack(arena, kind, text, limits, &out[i], &how[i]))
                abort();
        }
        assert(out[0].n <= OUT_MOST && bytes_equal(out[0], out[1]) && how[0] == how[1]);
        arena_free(arena);
    }
    assert(!decode_maybe_deflate(text) || text.n >= 4);
    assert(!decode_readable(text) || !bytes_has(text, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = {data, size};

    check_escapes(text);
    check_coded(text);
    check_unpack(text);
    return 0;
}
