/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_BODY_STORE_H
#define CAPTURE_HTTP_BODY_STORE_H

/*
 * How body.c writes into a body_store (opened and closed through body.h). A spool is one body
 * under way: a file with a temporary name that becomes known by its SHA-256, or is removed.
 * Stores may be shared between threads; a spool belongs to one.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/status.h"
#include "capture/http/body.h"

struct spool;

enum { BODY_SPOOLS_MOST = 256 }; /* under way at once: each holds a file descriptor */
#define BODY_STORE_MOST (UINT64_C(8) << 30) /* bytes written in all */

/* Whether bodies can be put there: it has a directory and no write failed so far. */
MUST_USE bool body_store_open(struct body_store *s); /* NULL is fine: false */

/* Whether one more spool fits under the caps above; a body that finds no room is hashed only. */
MUST_USE bool body_store_room(struct body_store *s);

/* NULL when it could not be opened: body_store_status tells, or memory ran out. */
struct spool *spool_new(struct body_store *s);
MUST_USE enum status spool_write(struct spool *sp, struct bytes data);
/* Gives the file its name and frees the spool, also on failure. */
MUST_USE enum status spool_keep(struct spool *sp, const uint8_t sha256[SHA256_BYTES]);
void spool_free(struct spool *sp); /* removes the file; NULL is fine */

/* Puts a whole small body; does nothing when it is there already. */
MUST_USE enum status body_store_put(
        struct body_store *s, const uint8_t sha256[SHA256_BYTES], struct bytes data);

#endif
