/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_QPACK_TABLE_H
#define CAPTURE_HTTP_QPACK_TABLE_H

/*
 * The entries that a QPACK encoder inserted, by absolute index (RFC 9204 section 3.2.4).
 *
 * An index is never given twice, so an entry stays good after the encoder has evicted it. Entries
 * are kept as long as there is room, however small the encoder's capacity: a section whose
 * packets were captured late still finds what it refers to.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum {
    QPACK_ENTRY_EXTRA = 32
}; /* bytes that an entry counts besides its text, section 3.2.1 */

struct qpack_entry {
    uint8_t *text; /* owned: name, value; NULL when it is not known what they are */
    uint32_t name_n, value_n;
};

struct qpack_table {
    struct qpack_entry *ring; /* owned; `slots` is a power of two */
    size_t slots;
    uint64_t first; /* absolute index of the oldest one kept */
    uint64_t count; /* insertions */
    size_t size;    /* of the entries kept, as section 3.2.1 counts */
    size_t most;    /* … at most */
};

void qpack_table_init(struct qpack_table *t, size_t most);
void qpack_table_clear(struct qpack_table *t);

/* Inserts copies; what fits no more goes, oldest first. STATUS_NOMEM: nothing has changed. */
MUST_USE enum status qpack_table_add(
        struct qpack_table *t, struct bytes name, struct bytes value);
/* An insertion whose text is not known. */
MUST_USE enum status qpack_table_add_unknown(struct qpack_table *t);
/* Name and value, borrowed until the next insertion; false when they are not known (any more). */
MUST_USE bool qpack_table_find(
        const struct qpack_table *t, uint64_t index, struct bytes *name, struct bytes *value);

#endif
