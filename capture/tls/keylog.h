/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_KEYLOG_H
#define CAPTURE_TLS_KEYLOG_H

/*
 * The NSS key log (RFC 9850): lines of LABEL, identifier, secret, from any number of files and
 * Decryption Secrets Blocks, in any order. Lines that we cannot read are counted and passed
 * over: a log is often cut in its last line, and tools add labels of their own.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum keylog_label {
    KEYLOG_MASTER,           /* CLIENT_RANDOM: master secret, by client random */
    KEYLOG_PREMASTER,        /* PMS_CLIENT_RANDOM: pre-master secret, by client random */
    KEYLOG_RSA,              /* RSA: pre-master secret, by 8 bytes of its encrypted form */
    KEYLOG_SESSION,          /* RSA Session-ID: master secret, by session id */
    KEYLOG_CLIENT_EARLY,     /* CLIENT_EARLY_TRAFFIC_SECRET; from here on, by client random */
    KEYLOG_CLIENT_HANDSHAKE, /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
    KEYLOG_SERVER_HANDSHAKE, /* SERVER_HANDSHAKE_TRAFFIC_SECRET */
    KEYLOG_CLIENT_TRAFFIC,   /* CLIENT_TRAFFIC_SECRET_0 */
    KEYLOG_SERVER_TRAFFIC,   /* SERVER_TRAFFIC_SECRET_0 */
    KEYLOG_EXPORTER,
    KEYLOG_EARLY_EXPORTER,
    KEYLOG_ECH_SECRET,
    KEYLOG_ECH_CONFIG,
};

enum {
    KEYLOG_LABELS = KEYLOG_ECH_CONFIG + 1,
    KEYLOG_ID_MOST = 32,
    KEYLOG_SECRET_MOST = 2048, /* bytes of one secret or ECH configuration */
    KEYLOG_CANDIDATES = 64,    /* secrets for one label and identifier */
    KEYLOG_ENTRIES = 1 << 22,  /* lines kept in all */
    KEYLOG_BYTES = 1 << 29,    /* secret bytes kept in all */
};

/* What was in the log, by lines. */
struct keylog_counts {
    uint64_t secrets;    /* kept */
    uint64_t duplicates; /* the same line again */
    uint64_t unknown;    /* a label that we do not know */
    uint64_t malformed;  /* a label we know with something wrong behind it */
    uint64_t cut;        /* of these, last lines without a line end */
    uint64_t left_out;   /* past one of the bounds above */
};

struct keylog;

struct keylog *keylog_new(void); /* NULL when out of memory */
void keylog_free(struct keylog *k);
/* Takes one file or block, copying what it needs. STATUS_NOMEM: the lines up to there stand. */
MUST_USE enum status keylog_add(struct keylog *k, struct bytes text);
/* The nth secret (from 0) for this label and identifier, in the order of the log; borrowed
 * until the next keylog_add. NULL `k` has none. */
MUST_USE bool keylog_find(const struct keylog *k, enum keylog_label label, struct bytes id,
        size_t nth, struct bytes *secret);
/* The next secret under this label, of any identifier, in the order of the log. `*at` starts at
 * 0. */
MUST_USE bool keylog_walk(const struct keylog *k, enum keylog_label label, size_t *at,
        struct bytes *id, struct bytes *secret);
struct keylog_counts keylog_counts(const struct keylog *k);

#endif
