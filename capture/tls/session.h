/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_TLS_SESSION_H
#define CAPTURE_TLS_SESSION_H

/*
 * Master secrets of sessions seen, so that a later connection that resumes one by its id or
 * ticket (RFC 5246 section 7.3, RFC 5077) can be read even when the key log has no line for it.
 * TLS 1.3 needs no such table: there a resumed connection has secrets of its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/status.h"

enum {
    SESSION_SECRET = 48,
    SESSIONS_MOST = 1 << 16, /* past this, new ones are not kept */
};

struct sessions; /* not safe to share between threads */

struct sessions *sessions_new(void); /* NULL when out of memory */
void sessions_free(struct sessions *s);

/* The key of a session id or ticket: SHA-256, behind a byte that tells the two apart. */
MUST_USE bool sessions_key(bool is_ticket, struct bytes name, uint8_t out[SHA256_BYTES]);
/* Keeps a secret; the first one for a key stands. */
MUST_USE enum status sessions_add(struct sessions *s, const uint8_t key[SHA256_BYTES],
        const uint8_t secret[SESSION_SECRET]);
/* Borrowed until the next add; NULL when there is none, or no table. */
const uint8_t *sessions_find(const struct sessions *s, const uint8_t key[SHA256_BYTES]);

#endif
