/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_HPACK_H
#define CAPTURE_HTTP_HPACK_H

/*
 * Header compression of HTTP/2 (RFC 7541), one direction; the one door to nghttp2.
 *
 * Header blocks build on each other through a table of earlier fields. When a block was lost
 * that table is unknown, and nghttp2 by itself would then read wrong fields without noticing.
 * So every representation is looked at here first: after hpack_lose, fields that refer to
 * entries from before the loss come out as FIELD_UNKNOWN. References count from the newest
 * entry, so those to entries that were added since are exact.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/http/field.h"

enum {
    HPACK_TABLE_FIRST = 4096,    /* RFC 9113 section 6.5.2: until an encoder changes it */
    HPACK_TABLE_MOST = 1 << 20,  /* a larger table is kept at this size: what falls out of it
                                  * early comes out as FIELD_UNKNOWN */
    HPACK_TABLE_LOST = 64 << 10, /* after a loss: at least as large as the encoder's */
    HPACK_TEXT_MOST = 65535,     /* nghttp2's bound for a name or value */
};

struct hpack; /* opaque */

struct hpack *hpack_new(void); /* NULL when out of memory */
void hpack_free(struct hpack *h);

/* The table may have at most `size` bytes from the next block on: SETTINGS_HEADER_TABLE_SIZE
 * of the receiver, acknowledged by the sender. Growth waits for the encoder to say so. */
void hpack_limit(struct hpack *h, uint32_t size);

/* A header block may have been missed. */
void hpack_lose(struct hpack *h);
bool hpack_is_lost(const struct hpack *h);

/*
 * Begins a block; `torn` says that its end is missing. The block is borrowed until hpack_next
 * says END, BAD or FAILED, up to which it must be called, or later blocks go wrong. After a torn
 * or bad block the state is lost.
 */
void hpack_begin(struct hpack *h, struct bytes block, bool torn);
/* Views of a field are good until the next call. */
MUST_USE enum field_step hpack_next(struct hpack *h, struct field *out);

#endif
