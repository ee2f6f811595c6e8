/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_H3_CHUNKS_H
#define TESTS_CAPTURE_HTTP_H3_CHUNKS_H

/* Six streams that need each other: settings and insertions of both sides, which are the same in
 * all tests, and one request with its answer; sent in any of their 720 orders. */

#include <stddef.h>
#include <string.h>

#include "tests/capture/http/h3_talk.h"

/* Settings of both sides: tables of 4096 bytes. */
#define CONTROL "\0\4\3\1\x50\0"
/* RFC 9204 appendix B.2, with www.example.com and /sample/path in entries 0 and 1. */
#define ENCODER "\2\x3f\xbd\1\xc0\x0fwww.example.com\xc1\x0c/sample/path"
#define SERVER_ENCODER "\2\x3f\xbd\1\x43via\3one"

struct chunk {
    uint64_t stream;
    enum direction dir;
    struct bytes data;
};

#define CHUNK(stream, dir, literal)                                                            \
    {                                                                                          \
        stream, dir,                                                                           \
        {                                                                                      \
            (const uint8_t *)(literal), sizeof(literal) - 1                                    \
        }                                                                                      \
    }
#define SHARED_CHUNKS                                                                          \
    CHUNK(2, FROM_CLIENT, CONTROL), CHUNK(6, FROM_CLIENT, ENCODER),                            \
            CHUNK(3, FROM_SERVER, CONTROL), CHUNK(7, FROM_SERVER, SERVER_ENCODER)

enum { CHUNKS = 6, ORDERS = 720 };

/* In items of at most `step` bytes; stream 0 ends behind its chunk. */
static inline void send_chunk(struct talk *t, const struct chunk *c, size_t step)
{
    for (size_t at = 0; at < c->data.n; at += step)
        send_bytes(t, c->stream, c->dir, bytes_slice(c->data, at, at + step));
    if (c->stream == 0)
        end(t, c->stream, c->dir);
}

/* Takes the n-th of what is left, in the factorial number system. */
static inline void send_in_order(
        struct talk *t, const struct chunk chunks[CHUNKS], size_t order, size_t step)
{
    size_t left[CHUNKS], n = CHUNKS;

    for (size_t i = 0; i < CHUNKS; i++)
        left[i] = i;
    while (n != 0) {
        size_t at = order % n;

        order /= n;
        send_chunk(t, &chunks[left[at]], step);
        n--;
        memmove(left + at, left + at + 1, (n - at) * sizeof(left[0]));
    }
}

#endif
