/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: grpc_web. The text is base64 or frames. Asserts: frames stand one behind the other; of
 * decoded base64, the groups that are named for some bytes decode to a text that holds them. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/grpc_web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frames(struct bytes text)
{
    struct bytes rest = text;
    struct grpc_web_frame frame;

    while (grpc_web_next(&rest, &frame)) {
        assert(frame.data.n == 0 || frame.data.p + frame.data.n == rest.p);
        assert(!frame.cut || rest.n == 0);
        assert(rest.n <= text.n);
    }
}

static void check_piece(const struct grpc_web_text *t, size_t off, size_t len)
{
    struct bytes piece = grpc_web_text_piece(t, off, len);
    struct arena *arena = arena_new((size_t)64 << 20);
    struct grpc_web_text again;
    size_t at;

    if (arena == NULL || !grpc_web_text_read(arena, piece, &again))
        abort();
    assert(!again.broken);
    assert(bytes_find(again.plain, bytes_slice(t->plain, off, off + len), 0, &at) && at < 3);
    assert(again.plain.n <= len + 4);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct grpc_web_text text;

    check_frames(bytes_of(data, size));
    if (arena == NULL || !grpc_web_text_read(arena, bytes_of(data, size), &text))
        abort();
    assert(text.plain.n <= size);
    for (size_t i = 0; i < text.plain.n && i < 64; i++) {
        size_t left = text.plain.n - i;

        check_piece(&text, i, 1);
        check_piece(&text, i, left < 7 ? left : 7);
    }
    check_frames(text.plain);
    arena_free(arena);
    return 0;
}
