/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: devtools_socket. What a server sends over a WebSocket, cut in two at a place that the
 * first byte gives. Asserts: the messages are the same as uncut; no more bytes come out than went
 * in; texts lie in the input and have no NUL; nothing follows an end; what is sent can be read
 * back. The same bytes as an answer's head and as the JSON of /json/version. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live/devtools_socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MOST = 32 << 10 };

struct told {
    struct buf text; /* kinds and bytes; TEXT without its kind, as it comes in any parts */
    size_t bytes;
    bool bad;
};

static void put(struct told *t, struct bytes data)
{
    if (buf_append(&t->text, data) != STATUS_OK)
        abort();
}

static void take(struct devtools_frames *f, struct bytes in, struct told *t)
{
    const uint8_t *begin = in.p, *end = in.n == 0 ? in.p : in.p + in.n;
    struct devtools_piece piece;

    while (devtools_frames_next(f, &in, &piece)) {
        uint8_t kind = (uint8_t)piece.kind;

        t->bad |= piece.kind == PIECE_BAD;
        t->bytes += piece.data.n + (piece.kind == PIECE_END);
        if (piece.kind == PIECE_TEXT)
            assert(piece.data.n != 0 && piece.data.p >= begin &&
                    piece.data.p + piece.data.n <= end && !bytes_has(piece.data, '\0'));
        else
            put(t, bytes_of(&kind, 1));
        assert(piece.kind == PIECE_TEXT || piece.data.n <= SOCKET_CONTROL);
        assert(f->over == (piece.kind == PIECE_CLOSE || piece.kind == PIECE_BAD));
        put(t, piece.data);
    }
    assert(in.n == 0);
}

static void check_opening(struct bytes text)
{
    char path[SOCKET_PATH] = "";

    if (devtools_socket_path(text, 9222, path))
        assert(strlen(path) < SOCKET_PATH && strncmp(path, "/devtools/browser/", 18) == 0);
    else
        assert(path[0] == '\0');
    if (devtools_socket_agreed(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        assert(bytes_ends_nocase(text, BYTES_LITERAL("\r\n\r\n")));
}

/* A frame of ours is one that a client may send: its mask is its only fault for a server's. */
static void check_sending(struct bytes text)
{
    struct devtools_frames f = {0};
    struct devtools_piece piece;
    struct bytes in;
    struct buf out;

    buf_init(&out, INPUT_MOST + SOCKET_FRAME);
    if (devtools_frame_add(&out, OPCODE_TEXT, text) != STATUS_OK)
        abort();
    assert(out.n > text.n && out.n <= text.n + SOCKET_FRAME);
    assert((out.p[1] & 0x80) != 0);
    in = buf_view(&out);
    if (!devtools_frames_next(&f, &in, &piece) || piece.kind != PIECE_BAD)
        abort();
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct devtools_frames one = {0}, two = {0};
    struct told whole = {0}, cut = {0};
    struct bytes in;
    size_t at;

    if (size == 0 || size > INPUT_MOST)
        return 0;
    in = bytes_of(data + 1, size - 1);
    at = (size_t)data[0] * in.n / 255;
    buf_init(&whole.text, 2 * INPUT_MOST);
    buf_init(&cut.text, 2 * INPUT_MOST);
    take(&one, in, &whole);
    take(&two, bytes_slice(in, 0, at), &cut);
    assert(cut.bytes <= at);
    take(&two, bytes_slice(in, at, in.n), &cut);
    assert(whole.bytes <= in.n);
    /* A NUL is told where it stands: of a text cut before it, the beginning came out. */
    if (!whole.bad)
        assert(bytes_equal(buf_view(&whole.text), buf_view(&cut.text)));
    assert(one.over == two.over && whole.bad == cut.bad);
    buf_clear(&whole.text);
    buf_clear(&cut.text);
    check_opening(in);
    check_sending(in);
    return 0;
}
