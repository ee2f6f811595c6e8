/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_PACKET_PIECEMEAL_H
#define TESTS_CAPTURE_PACKET_PIECEMEAL_H

/* A capture that comes over standard input piece by piece. Include cmocka first. */

#include <sys/socket.h>
#include <unistd.h>

#include "capture/packet/source.h"

struct piecemeal {
    struct source *source;
    int saved; /* the standard input that was */
};

/* One read gives one piece of `size` bytes: a pipe would join them. */
static inline void piecemeal_open(struct piecemeal *p, struct bytes raw, size_t size)
{
    struct fault fault = {0};
    int ends[2];

    p->saved = dup(STDIN_FILENO);
    assert_true(p->saved >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    for (size_t at = 0; at < raw.n; at += size) {
        struct bytes piece = bytes_slice(raw, at, at + size);

        assert_int_equal(send(ends[1], piece.p, piece.n, 0), (ssize_t)piece.n);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(source_open("-", &p->source, &fault), STATUS_OK);
}

static inline void piecemeal_close(struct piecemeal *p)
{
    source_close(p->source);
    assert_true(dup2(p->saved, STDIN_FILENO) >= 0);
    assert_int_equal(close(p->saved), 0);
}

#endif
