/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_HTTP_BODY_BENCH_H
#define TESTS_CAPTURE_HTTP_BODY_BENCH_H

/* One body under test, with the exchange it belongs to. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "capture/http/body.h"
#include "tests/base/packed.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

static const struct bytes text = {(const uint8_t *)packed_text, sizeof(packed_text) - 1};

struct bench {
    struct exchange *x;
    struct message *m;
    struct body_reader *reader;
};

static inline void add(struct bench *b, const char *name, const char *value)
{
    if (value != NULL)
        assert_int_equal(exchange_add_header(b->x, b->m, bytes_text(name), bytes_text(value)),
                STATUS_OK);
}

static inline struct bench begin(
        struct body_store *store, const char *coding, const char *type, bool is_request)
{
    struct bench b = {.x = exchange_new(1, 1, PROTOCOL_HTTP11)};

    assert_non_null(b.x);
    b.m = is_request ? &b.x->request : &b.x->response;
    add(&b, "Content-Encoding", coding);
    add(&b, "Content-Type", type);
    b.reader = body_new(store, b.x, b.m, is_request);
    assert_non_null(b.reader);
    return b;
}

static inline const struct body *end(struct bench *b)
{
    assert_int_equal(body_end(b->reader, true), STATUS_OK);
    return &b->m->body;
}

static inline void clear(struct bench *b)
{
    body_free(b->reader);
    exchange_free(b->x);
}

static inline void push(struct bench *b, struct bytes wire)
{
    /* An exact copy: the sanitizer sees a read of one byte too far, and of one too late. */
    uint8_t *copy = malloc(wire.n == 0 ? 1 : wire.n);

    assert_non_null(copy);
    if (wire.n != 0)
        memcpy(copy, wire.p, wire.n);
    assert_int_equal(body_push(b->reader, bytes_of(copy, wire.n)), STATUS_OK);
    free(copy);
}

static inline void assert_hash_of(const struct body *body, struct bytes data)
{
    uint8_t digest[DIGEST_MOST];

    assert_true(digest_once(DIGEST_SHA256, data, digest));
    assert_memory_equal(body->sha256, digest, SHA256_BYTES);
    assert_int_equal(body->bytes, data.n);
}

#endif
