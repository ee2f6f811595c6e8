/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/quic_maker.h"

/* The TLS messages of a made up QUIC conversation: RFC 8446 section 4, RFC 9001 section 8. */

static void put(struct buf *b, const void *p, size_t n)
{
    if (buf_append(b, bytes_of(p, n)) != STATUS_OK)
        abort();
}

static void put_u16(struct buf *b, size_t value)
{
    maker_byte(b, (uint8_t)(value >> 8));
    maker_byte(b, (uint8_t)value);
}

/* Sets the two bytes at `at` to the length of what came behind them. */
static void close_vec16(struct buf *b, size_t at)
{
    size_t n = b->n - at - 2;

    b->p[at] = (uint8_t)(n >> 8);
    b->p[at + 1] = (uint8_t)n;
}

static size_t open_vec16(struct buf *b)
{
    size_t at = b->n;

    put_u16(b, 0);
    return at;
}

static size_t open_message(struct buf *b, uint8_t type)
{
    maker_byte(b, type);
    maker_byte(b, 0);
    return open_vec16(b);
}

static void extension(struct buf *b, unsigned type, const void *body, size_t n)
{
    put_u16(b, type);
    put_u16(b, n);
    put(b, body, n);
}

static void parameter(struct buf *b, uint64_t number, const void *value, size_t n)
{
    maker_varint(b, number);
    maker_varint(b, n);
    put(b, value, n);
}

static void parameters(const struct maker *m, enum direction dir,
        const struct maker_hello *hello, struct buf *b)
{
    size_t at;

    put_u16(b, 57);
    at = open_vec16(b);
    parameter(b, 0x0f, m->id[dir], m->id_n[dir]);
    if (dir == FROM_SERVER) {
        parameter(b, 0x00, m->first_id, m->first_id_n);
        if (hello->has_token)
            parameter(b, 0x02, hello->token, 16);
        if (hello->preferred_id.n != 0) {
            static const uint8_t addresses[24] = {192, 0, 2, 9, 0x01, 0xbb, 0x20, 0x01};

            maker_varint(b, 0x0d);
            maker_varint(b, 24 + 1 + hello->preferred_id.n + 16);
            put(b, addresses, sizeof(addresses));
            maker_byte(b, (uint8_t)hello->preferred_id.n);
            put(b, hello->preferred_id.p, hello->preferred_id.n);
            put(b, "the preferred id", 16);
        }
    }
    close_vec16(b, at);
}

static void key_share(struct buf *b, bool list)
{
    uint8_t body[38] = {0, 36, 0, 0x1d, 0, 32};

    for (uint8_t i = 0; i < 32; i++)
        body[6 + i] = (uint8_t)(i * 9 + 1);
    extension(b, 51, list ? body : body + 2, list ? 38 : 36);
}

static void application(const struct maker_hello *hello, struct buf *b)
{
    const char *alpn = hello->alpn == NULL ? "h3" : hello->alpn;
    size_t n = strlen(alpn), at, list;

    put_u16(b, 16);
    at = open_vec16(b);
    list = open_vec16(b);
    maker_byte(b, (uint8_t)n);
    put(b, alpn, n);
    close_vec16(b, list);
    close_vec16(b, at);
}

static void pre_shared_key(struct buf *b)
{
    size_t at, list;

    put_u16(b, 41);
    at = open_vec16(b);
    list = open_vec16(b);
    put_u16(b, 6);
    put(b, "ticket", 6);
    put(b, "\0\0\0\0", 4);
    close_vec16(b, list);
    list = open_vec16(b);
    maker_byte(b, 32);
    for (uint8_t i = 0; i < 32; i++)
        maker_byte(b, i);
    close_vec16(b, list);
    close_vec16(b, at);
}

void maker_client_hello(const struct maker *m, const struct maker_hello *hello, struct buf *out)
{
    size_t message = open_message(out, 1), extensions;

    put(out, "\x03\x03", 2);
    put(out, m->client_random, 32);
    maker_byte(out, 0);
    put(out, "\0\6\x13\1\x13\2\x13\3\1\0", 10);
    extensions = open_vec16(out);
    extension(out, 0, "\0\x0f\0\0\x0cshop.example", 17);
    extension(out, 10, "\0\2\0\x1d", 4);
    extension(out, 13, "\0\2\4\3", 4);
    application(hello, out);
    extension(out, 43, "\2\3\4", 3);
    key_share(out, true);
    parameters(m, FROM_CLIENT, hello, out);
    if (hello->filler != 0) {
        uint8_t *zeros = calloc(1, hello->filler);

        if (zeros == NULL)
            abort();
        extension(out, 21, zeros, hello->filler);
        free(zeros);
    }
    if (hello->ech)
        extension(out, 0xfe0d, "\0\0\1\0\1\7\0\0\0\0", 10);
    if (hello->early)
        extension(out, 42, "", 0);
    extension(out, 45, "\1\1", 2);
    if (hello->psk)
        pre_shared_key(out);
    close_vec16(out, extensions);
    close_vec16(out, message);
}

void maker_server_hello(const struct maker *m, const struct maker_hello *hello, struct buf *out)
{
    static const uint8_t retry[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe,
            0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c,
            0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    size_t message = open_message(out, 2), extensions;
    uint8_t random[32];

    for (size_t i = 0; i < 32; i++)
        random[i] = (uint8_t)(0x90 + i);
    put(out, "\x03\x03", 2);
    put(out, hello->retry ? retry : random, 32);
    maker_byte(out, 0);
    put_u16(out, m->suite);
    maker_byte(out, 0);
    extensions = open_vec16(out);
    extension(out, 43, "\3\4", 2);
    if (hello->retry)
        extension(out, 51, "\0\x1d", 2);
    else
        key_share(out, false);
    if (hello->psk)
        extension(out, 41, "\0\0", 2);
    close_vec16(out, extensions);
    close_vec16(out, message);
}

void maker_extensions(const struct maker *m, const struct maker_hello *hello, struct buf *out)
{
    size_t message = open_message(out, 8), extensions = open_vec16(out);

    application(hello, out);
    parameters(m, FROM_SERVER, hello, out);
    if (hello->early)
        extension(out, 42, "", 0);
    close_vec16(out, extensions);
    close_vec16(out, message);
}

void maker_finished(struct buf *out)
{
    size_t message = open_message(out, 20);

    for (uint8_t i = 0; i < 32; i++)
        maker_byte(out, (uint8_t)(i ^ 0x5a));
    close_vec16(out, message);
}
