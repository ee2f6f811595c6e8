/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: capture/http/body.c. The first byte picks codings and type, the second where the
 * body is split, the third whether bytes are missing there. What is reported must agree with
 * itself, and a whole body must be the same however it was split.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "capture/http/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const codings[] = {
        "gzip", "deflate", "br", "zstd", "gzip, br", "br,zstd,gzip", "identity", "what, gzip"};
static const char *const types[] = {"text/html", "image/png", NULL};

enum { CODINGS = sizeof(codings) / sizeof(codings[0]), TYPES = sizeof(types) / sizeof(*types) };

static void add(struct exchange *x, struct message *m, const char *name, const char *value)
{
    if (value != NULL &&
            exchange_add_header(x, m, bytes_text(name), bytes_text(value)) != STATUS_OK)
        abort();
}

static void check(const struct body *body, uint64_t wire)
{
    uint8_t digest[DIGEST_MOST];

    assert(body->present && !body->spooled);
    assert(body->wire_bytes == wire);
    assert(body->kept <= body->bytes && body->data.n == body->kept);
    assert(body->kept <= BODY_MEMORY_MOST);
    assert(!body->whole || body->undecoded == NULL);
    if (body->kept != body->bytes)
        return;
    assert(digest_once(DIGEST_SHA256, body->data, digest));
    assert(memcmp(digest, body->sha256, SHA256_BYTES) == 0);
}

static struct exchange *run(uint8_t pick, struct bytes all, size_t split, bool gap)
{
    struct exchange *x = exchange_new(1, 1, PROTOCOL_HTTP11);
    struct body_reader *b;

    if (x == NULL)
        abort();
    add(x, &x->response, "content-encoding", codings[pick % CODINGS]);
    add(x, &x->response, "content-type", types[pick / CODINGS % TYPES]);
    b = body_new(NULL, x, &x->response, false);
    assert(b != NULL);
    assert(body_push(b, bytes_slice(all, 0, split)) == STATUS_OK);
    if (gap)
        body_gap(b, 7);
    assert(body_push(b, bytes_slice(all, split, all.n)) == STATUS_OK);
    assert(body_end(b, true) == STATUS_OK);
    body_free(b);
    check(&x->response.body, all.n);
    assert(!gap || !x->response.body.whole);
    return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exchange *one, *two;
    struct bytes all;
    size_t split;

    if (size < 3)
        return 0;
    all = bytes_of(data + 3, size - 3);
    split = all.n == 0 ? 0 : data[1] % all.n;
    one = run(data[0], all, all.n, false);
    two = run(data[0], all, split, (data[2] & 1) != 0);
    if ((data[2] & 1) == 0) {
        const struct body *a = &one->response.body, *b = &two->response.body;

        assert(a->whole == b->whole);
        if (a->whole) {
            assert(a->bytes == b->bytes && a->kept == b->kept);
            assert(memcmp(a->sha256, b->sha256, SHA256_BYTES) == 0);
        }
    }
    exchange_free(one);
    exchange_free(two);
    return 0;
}
