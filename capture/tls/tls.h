/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_TLS_H
#define CAPTURE_TLS_TLS_H

/*
 * One TLS connection, read from the side: both directions of a TCP stream go in as items, in
 * the order of packets, and decrypted application data come out as items of LAYER_TLS, whose
 * offsets count each direction's plaintext from 0.
 *
 * SSL 3.0 to TLS 1.3 (and TLCP), with the secrets of a key log; see keylog.h. What cannot be
 * opened is an ITEM_GAP in its place:
 *   GAP_NO_KEYS      no secret for this connection
 *   GAP_BAD_TAG      there are secrets, but none opens it
 *   GAP_UNSUPPORTED  a suite that OpenSSL does not offer here, TLS compression
 *   GAP_MIDSTREAM    the handshake began before the capture
 *   GAP_BAD          bytes that are no TLS records
 *   GAP_BUDGET       one of the limits below
 *   the cause of the stream's gap, with its number in the ledger, when bytes were missing.
 * One gap stands for everything up to the next byte that could be read.
 *
 * The length of a gap counts plaintext, which nobody saw. It is exact for AEAD suites when the
 * number of records is known, but for padding and records that are no application data; in
 * other cases it is the most that could have been there, and at least 1. So offsets behind a
 * gap are places in this account of the stream, not in the one that the peers kept; bytes
 * handed out and bytes in gaps always add up to the highest offset.
 *
 * Early data that the server refused is left out (the client sends it again), with a mark of
 * length 0 in the ledger.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/ledger.h"
#include "base/status.h"
#include "capture/connection.h"
#include "capture/item.h"
#include "capture/tls/keylog.h"
#include "capture/tls/session.h"

enum {
    /* Stream bytes of one direction that wait for the other direction's hello. */
    TLS_WAIT_MOST = 1 << 18,
    /* A handshake message longer than this is passed over. */
    TLS_MESSAGE_MOST = 1 << 20,
    /* Sequence numbers tried for one record after a hole. */
    TLS_WINDOW = 4096,
    /* Ciphertext bytes that one connection may spend on tries that fail. */
    TLS_TRIAL_BYTES = 1 << 29,
    /* Client randoms tried for a connection whose own one ECH hides. */
    TLS_ECH_TRIES = 4096,
    /* Changes of keys that a hole may hide. */
    TLS_UPDATES = 4,
};

struct tls_setup {
    const struct keylog *keys; /* borrowed; NULL: none */
    struct sessions *sessions; /* borrowed, grows; NULL: none */
    struct ledger *ledger;     /* borrowed */
    struct arena *arena;       /* borrowed: strings and certificates of the facts */
    struct tls_facts *facts;   /* borrowed; filled as it goes, final after tls_close */
};

enum tls_look {
    TLS_LOOK_MORE, /* too little to tell */
    TLS_LOOK_YES,
    TLS_LOOK_NOT,
};

/* Do these, the first bytes of a direction, look like TLS: a hello, or any record midstream? */
enum tls_look tls_look(struct bytes first);

struct tls;

struct tls *tls_new(const struct tls_setup *setup); /* NULL when out of memory */
void tls_free(struct tls *t);                       /* NULL is fine */

/*
 * Takes an item of either direction. Its views are borrowed until tls_next returns false.
 * STATUS_NOMEM: the connection cannot go on; so say all later calls.
 */
MUST_USE enum status tls_push(struct tls *t, const struct item *in);
/* The next item of plaintext; false when there is none until more is pushed. `out` is good
 * until the next call. */
MUST_USE bool tls_next(struct tls *t, struct item *out);
/* Nothing more will come: take what is left with tls_next. A direction that did not end yet
 * ends. */
MUST_USE enum status tls_close(struct tls *t);
/* STATUS_NOMEM when memory ran out in tls_next. */
MUST_USE enum status tls_status(const struct tls *t);

/* How much could be read, and in words why not all of it; NULL when all. */
enum decrypted tls_decrypted(const struct tls *t, const char **reason);
/* Client plaintext before this offset came as 0-RTT data, which can be replayed. */
uint64_t tls_early_until(const struct tls *t);

#endif
