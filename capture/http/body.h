/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_BODY_H
#define CAPTURE_HTTP_BODY_H

/*
 * The body of one message: takes its bytes as they were transferred (chunk framing already
 * removed), undoes the content codings (RFC 9110 section 8.4: gzip, deflate, br, zstd,
 * stacked), hashes what comes out, and keeps what classify/ will read: all of requests,
 * textual responses, up to BODY_KEPT_MOST. Nothing grows with the size of the body.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/ledger.h"
#include "capture/http/exchange.h"

enum {
    BODY_MEMORY_MOST = 64 << 10, /* decoded bytes kept in the exchange's arena */
    BODY_KEPT_MOST = 16 << 20,   /* decoded bytes kept at all; more are hashed and counted */
    BODY_RATIO_MOST = 1100,      /* output / input of one coding; deflate's own limit is 1032 */
};

/* 4 GiB of decoded output; a bomb is cut there. */
#define BODY_DECODED_MOST (UINT64_C(4) << 30)

/*
 * Where bodies larger than BODY_MEMORY_MOST are kept: one file each, written under a
 * temporary name and renamed to the SHA-256 of the body. The same body is kept once.
 */
struct body_store;

/* `directory` must exist; NULL keeps nothing beyond memory. NULL when out of memory. */
struct body_store *body_store_new(const char *directory);
void body_store_free(struct body_store *s);
/* The first write that failed, if any (disk full); the store then keeps nothing more. */
enum status body_store_status(const struct body_store *s, struct fault *fault);
/* In a forked copy of a process that goes on: from now on nothing is written, renamed or removed,
 * so that the files stay the other's. */
void body_store_detach(struct body_store *s);

struct body_reader;

/*
 * Begins the body of `m` after its headers are known (Content-Encoding, Content-Type);
 * fills x's `m->body` at the end. All are borrowed until body_free.
 */
struct body_reader *body_new(
        struct body_store *store, struct exchange *x, struct message *m, bool is_request);
void body_free(struct body_reader *b); /* NULL is fine; without body_end nothing is filled */

/* STATUS_NOMEM, or STATUS_IO from the store; bad codings are no failure: see body.undecoded. */
MUST_USE enum status body_push(struct body_reader *b, struct bytes wire);
/* `len` bytes of the body are missing here. A coded body cannot be decoded past it; of a plain
 * one the rest is still hashed and kept, and the body is not whole. */
void body_gap(struct body_reader *b, uint64_t len);
/* The body ends; `whole` says whether its framing said so. Fills m->body. */
MUST_USE enum status body_end(struct body_reader *b, bool whole);

/* Why a finished body could not be decoded to its end, unless bytes of it were missing, which
 * has a gap already. False when there is nothing to say. */
MUST_USE bool body_undecoded(const struct body *b, enum gap_cause *why);

#endif
