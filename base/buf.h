/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

/* A growable run of bytes that owns its memory and never grows past its limit. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

struct buf {
    uint8_t *p; /* owned */
    size_t n;
    size_t capacity;
    size_t limit; /* the most it may hold */
};

void buf_init(struct buf *b, size_t limit); /* allocates nothing yet */
void buf_clear(struct buf *b);              /* frees; usable again, with the same limit */
void buf_reset(struct buf *b);              /* empties; keeps the memory */

/* STATUS_USAGE when it would pass the limit, STATUS_NOMEM; `b` is unchanged then. */
MUST_USE enum status buf_reserve(struct buf *b, size_t more);
MUST_USE enum status buf_append(struct buf *b, struct bytes data);
MUST_USE enum status buf_append_u8(struct buf *b, uint8_t c);
MUST_USE enum status buf_text(struct buf *b, const char *text);
MUST_USE enum status buf_print(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets the first n bytes (all when n is larger) and moves the rest to the front. */
void buf_drop(struct buf *b, size_t n);
struct bytes buf_view(const struct buf *b); /* good until b changes */

#endif
