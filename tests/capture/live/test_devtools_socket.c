/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/live/devtools_pipe.h"
#include "capture/live/devtools_socket.h"
#include "tests/support/oom.h"

/* A copy of just this size: one byte too far is seen. */
static uint8_t *exactly(const void *from, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);

    assert_non_null(copy);
    return memcpy(copy, from, n);
}

/* Fragments with a ping and a pong between them, an empty fragment, an empty message, a message
 * with a length of 16 bits, a ping with nothing in it, and the end. */
static size_t make_stream(uint8_t *out)
{
    static const char begin[] = "\x01\x03{\"a\x89\x02hi\x00\x00\x8a\x01x\x80\x04\":1}"
                                "\x81\x00\x81\x7e\x00\xc8";
    static const char end[] = "\x89\x00\x88\x02\x03\xe8\x81\x01z";
    size_t n = sizeof(begin) - 1;

    memcpy(out, begin, n);
    memset(out + n, 'y', 200);
    n += 200;
    memcpy(out + n, end, sizeof(end) - 1);
    return n + sizeof(end) - 1;
}

/* What comes out, as a text: pieces of one message put together. */
static void trace(struct devtools_frames *f, struct bytes in, char *text)
{
    struct devtools_piece piece;
    char *at = text + strlen(text);

    while (devtools_frames_next(f, &in, &piece)) {
        if (piece.kind == PIECE_END)
            at += sprintf(at, ";");
        else if (piece.kind != PIECE_TEXT)
            at += sprintf(at, "%s",
                    piece.kind == PIECE_PING    ? "ping "
                    : piece.kind == PIECE_CLOSE ? "close "
                                                : "bad ");
        for (size_t i = 0; i < piece.data.n; i++)
            at += sprintf(at, piece.data.p[i] < ' ' || piece.data.p[i] > '~' ? "%02x" : "%c",
                    piece.data.p[i]);
    }
    assert_int_equal(in.n, 0);
}

static void gives_the_same_wherever_it_is_cut(void **state)
{
    static const char begin[] = "{\"aping hi\":1};;";
    static uint8_t stream[1024];
    size_t n = make_stream(stream);
    char whole[1024] = "", expected[1024];

    (void)state;
    (void)snprintf(expected, sizeof(expected), "%s", begin);
    memset(expected + sizeof(begin) - 1, 'y', 200);
    strcpy(expected + sizeof(begin) - 1 + 200, ";ping close 03e8");
    trace(&(struct devtools_frames){0}, bytes_of(stream, n), whole);
    assert_string_equal(whole, expected);
    for (size_t cut = 0; cut <= n; cut++) {
        struct devtools_frames f = {0};
        uint8_t *a = exactly(stream, cut), *b = exactly(stream + cut, n - cut);
        char text[1024] = "";

        trace(&f, bytes_of(a, cut), text);
        assert_memory_equal(text, expected, strlen(text)); /* a truncation: a beginning */
        trace(&f, bytes_of(b, n - cut), text);
        assert_string_equal(text, expected);
        free(a);
        free(b);
    }
    for (size_t step = 1; step < 6; step++) {
        struct devtools_frames f = {0};
        char text[1024] = "";

        for (size_t i = 0; i < n; i += step)
            trace(&f, bytes_of(stream + i, n - i < step ? n - i : step), text);
        assert_string_equal(text, expected);
    }
}

static void refuses_what_a_browser_may_not_send(void **state)
{
    const struct {
        const char *name;
        struct bytes frames;
    } table[] = {
            {"a mask", BYTES_LITERAL("\x81\x81\0\0\0\0x")},
            {"a reserved bit", BYTES_LITERAL("\xc1\x01x")},
            {"bytes that are no text", BYTES_LITERAL("\x82\x01x")},
            {"an unknown kind", BYTES_LITERAL("\x83\x01x")},
            {"an unknown control frame", BYTES_LITERAL("\x8b\x00")},
            {"a part of nothing", BYTES_LITERAL("\x80\x01x")},
            {"a message inside another", BYTES_LITERAL("\x01\x00\x81\x01x")},
            {"a ping in parts", BYTES_LITERAL("\x09\x01x")},
            {"a ping that is too long", BYTES_LITERAL("\x89\x7e\x00\x7e")},
            {"16 bits for 125", BYTES_LITERAL("\x81\x7e\x00\x7d")},
            {"64 bits for 65535", BYTES_LITERAL("\x81\x7f\0\0\0\0\0\0\xff\xff")},
            {"a negative length", BYTES_LITERAL("\x81\x7f\x80\0\0\0\0\0\0\0")},
            {"a NUL in a text", BYTES_LITERAL("\x81\x03{\0}")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct devtools_frames f = {0};
        char text[64] = "";

        trace(&f, table[i].frames, text);
        if (strcmp(text, "bad ") != 0)
            fail_msg("%s gives \"%s\"", table[i].name, text);
        trace(&f, BYTES_LITERAL("\x81\x01x"), text); /* and nothing after it */
        assert_string_equal(text, "bad ");
    }
}

static void sends_frames_that_are_masked(void **state)
{
    static const size_t lengths[] = {0, 1, 125, 126, 65535, 65536, 70000};
    uint8_t mask[2][4];
    struct buf out;

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t n = lengths[i], head = n < 126 ? 2 : n < 65536 ? 4 : 10;
        uint8_t *payload = malloc(n + 1);

        assert_non_null(payload);
        memset(payload, 'p', n);
        buf_init(&out, n + head + 4);
        assert_int_equal(
                devtools_frame_add(&out, OPCODE_TEXT, bytes_of(payload, n)), STATUS_OK);
        assert_int_equal(out.n, n + head + 4);
        assert_int_equal(out.p[0], 0x81);
        assert_int_equal(out.p[1], 0x80 | (head == 2 ? n : head == 4 ? 126 : 127));
        if (head == 4)
            assert_int_equal(out.p[2] << 8 | out.p[3], n);
        if (head == 10)
            assert_memory_equal(
                    out.p + 2, n == 65536 ? "\0\0\0\0\0\1\0\0" : "\0\0\0\0\0\1\x11\x70", 8);
        memcpy(mask[i % 2], out.p + head, 4);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(out.p[head + 4 + k] ^ out.p[head + k % 4], 'p');
        assert_int_equal(
                devtools_frame_add(&out, OPCODE_PONG, (struct bytes){0}), STATUS_USAGE);
        assert_int_equal(out.n, n + head + 4);
        buf_clear(&out);
        free(payload);
    }
    assert_memory_not_equal(mask[0], mask[1], 4);
}

/* --- as a pipe ------------------------------------------------------------------------- */

static void pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
}

/* What waits to be read from the client, its frame unmasked; the text is good until the next. */
static const char *hear(int fd, uint8_t *opcode)
{
    static uint8_t text[256];
    uint8_t head[6];
    size_t n;

    if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
        return NULL;
    *opcode = head[0];
    n = head[1] & 0x7f;
    assert_true(n < 126 && (head[1] & 0x80) != 0);
    assert_int_equal(read(fd, text, n), (ssize_t)n);
    for (size_t i = 0; i < n; i++)
        text[i] ^= head[2 + i % 4];
    text[n] = '\0';
    return (const char *)text;
}

static void carries_messages_both_ways(void **state)
{
    static uint8_t stream[1024];
    size_t n = make_stream(stream);
    struct devtools_message m;
    struct devtools_pipe p;
    uint8_t opcode = 0;
    int fds[2];
    bool got;

    (void)state;
    pair(fds);
    assert_int_equal(devtools_pipe_init(&p, fds[0], fds[0], NULL), STATUS_OK);
    assert_int_equal(devtools_pipe_read(&p, &got, NULL), STATUS_OK);
    assert_false(got || p.lost);
    assert_int_equal(devtools_pipe_send(&p, BYTES_LITERAL("{\"id\":1}"), NULL), STATUS_OK);
    assert_string_equal(hear(fds[1], &opcode), "{\"id\":1}");
    assert_int_equal(opcode, 0x81);
    assert_int_equal(write(fds[1], stream, n), n);
    assert_int_equal(devtools_pipe_read(&p, &got, NULL), STATUS_OK);
    assert_true(got && p.lost); /* it ended with a close; what came before is there */
    assert_true(devtools_pipe_next(&p, &m));
    assert_true(bytes_is(m.text, "{\"a\":1}") && !m.cut && m.bytes == 7);
    assert_true(devtools_pipe_next(&p, &m));
    assert_int_equal(m.text.n, 0);
    assert_true(devtools_pipe_next(&p, &m));
    assert_int_equal(m.text.n, 200);
    assert_false(devtools_pipe_next(&p, &m));
    assert_string_equal(hear(fds[1], &opcode), "hi");
    assert_int_equal(opcode, 0x8a);
    assert_string_equal(hear(fds[1], &opcode), "");
    assert_int_equal(opcode, 0x8a);
    assert_string_equal(hear(fds[1], &opcode), "");
    assert_int_equal(opcode, 0x88);
    assert_null(hear(fds[1], &opcode));
    devtools_pipe_clear(&p);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void is_lost_when_the_other_side_is_gone(void **state)
{
    struct devtools_pipe p;
    int fds[2];
    bool got;

    (void)state;
    pair(fds);
    assert_int_equal(devtools_pipe_init(&p, fds[0], fds[0], NULL), STATUS_OK);
    (void)close(fds[1]);
    assert_int_equal(devtools_pipe_send(&p, BYTES_LITERAL("{}"), NULL), STATUS_OK);
    assert_int_equal(devtools_pipe_read(&p, &got, NULL), STATUS_OK);
    assert_true(p.lost && !got);
    devtools_pipe_clear(&p);
    (void)close(fds[0]);
}

/* A message of so many bytes; true when it came out, false when the connection is lost. */
static bool pour(struct devtools_pipe *p, int to, uint64_t n, struct devtools_message *out)
{
    static uint8_t block[64 << 10];
    uint8_t head[10] = {0x81, 127};
    bool got;

    for (unsigned i = 0; i < 8; i++)
        head[2 + i] = (uint8_t)(n >> 8 * (7 - i));
    memset(block, 'b', sizeof(block));
    assert_int_equal(write(to, head, sizeof(head)), sizeof(head));
    while (n != 0 && !p->lost) {
        ssize_t wrote = write(to, block, n < sizeof(block) ? (size_t)n : sizeof(block));

        assert_true(wrote > 0 || errno == EAGAIN);
        n -= wrote > 0 ? (uint64_t)wrote : 0;
        do {
            assert_int_equal(devtools_pipe_read(p, &got, NULL), STATUS_OK);
            assert_true(p->read.n <= PIPE_HOLD + (64 << 10));
            if (devtools_pipe_next(p, out))
                return n == 0;
        } while (got);
    }
    return false;
}

static void cuts_what_is_too_long_and_gives_up_on_what_has_no_end(void **state)
{
    struct devtools_message m;
    struct devtools_pipe p;
    int fds[2];
    bool got;

    (void)state;
    pair(fds);
    assert_int_equal(devtools_pipe_init(&p, fds[0], fds[0], NULL), STATUS_OK);
    assert_true(pour(&p, fds[1], PIPE_HOLD + (1 << 20), &m));
    assert_true(m.cut);
    assert_int_equal(m.bytes, PIPE_HOLD + (1 << 20));
    assert_int_equal(m.text.n, PIPE_HEAD);
    assert_int_equal(write(fds[1], "\x81\x02{}", 4), 4);
    assert_int_equal(devtools_pipe_read(&p, &got, NULL), STATUS_OK);
    assert_true(devtools_pipe_next(&p, &m));
    assert_true(bytes_is(m.text, "{}") && !m.cut && m.bytes == 2);
    assert_false(pour(&p, fds[1], PIPE_SKIP + (2 << 20), &m));
    assert_true(p.lost);
    assert_false(devtools_pipe_next(&p, &m));
    devtools_pipe_clear(&p);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void survives_every_failed_allocation(void **state)
{
    static uint8_t stream[1024];
    size_t n = make_stream(stream);
    bool happened = true;

    (void)state;
    for (long i = 1; happened; i++) {
        struct devtools_pipe p;
        enum status status;
        int fds[2];
        bool got;

        pair(fds);
        assert_int_equal(devtools_pipe_init(&p, fds[0], fds[0], NULL), STATUS_OK);
        assert_int_equal(write(fds[1], stream, n), n);
        oom_fail_at(i);
        status = devtools_pipe_send(&p, BYTES_LITERAL("{}"), NULL);
        if (status == STATUS_OK)
            status = devtools_pipe_read(&p, &got, NULL);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        devtools_pipe_clear(&p);
        (void)close(fds[0]);
        (void)close(fds[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_the_same_wherever_it_is_cut),
            cmocka_unit_test(refuses_what_a_browser_may_not_send),
            cmocka_unit_test(sends_frames_that_are_masked),
            cmocka_unit_test(carries_messages_both_ways),
            cmocka_unit_test(is_lost_when_the_other_side_is_gone),
            cmocka_unit_test(cuts_what_is_too_long_and_gives_up_on_what_has_no_end),
            cmocka_unit_test(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
