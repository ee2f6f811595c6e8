/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_REASM_PIECE_H
#define CAPTURE_PACKET_REASM_PIECE_H

/* What reasm keeps: the segments that wait behind a hole, sorted, and the bytes handed out last. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

/* A run of the stream, [off, off + len). */
struct piece {
    uint64_t off;
    uint64_t len;
    uint64_t packet; /* that carried it */
    int64_t time_ns;
    uint64_t heard; /* when known: see struct item_place */
    bool has_heard;
    bool cut;             /* a snap length took the bytes: there is no data */
    bool conflict;        /* another copy differs ... */
    uint64_t conflict_at; /* ... from here on */
    uint32_t conflict_gap;
    uint8_t data[]; /* `len` bytes unless cut */
};

/* Sorted by offset, never overlapping. Zeroed memory is an empty set. */
struct pieces {
    struct piece **at; /* owned; the set is at[head] to at[head + n - 1] */
    size_t head, n, capacity;
    size_t bytes; /* of memory, bookkeeping included */
};

void pieces_clear(struct pieces *p);
/* The first piece that ends after `off`; p->n when there is none. */
size_t pieces_find(const struct pieces *p, uint64_t off);
/* NULL when i is p->n or more. */
struct piece *pieces_get(const struct pieces *p, size_t i);
/* Copies `data`, or for a cut piece none, into a new piece at index i, which the caller found
 * to be its place. NULL when out of memory, the set as it was. */
struct piece *pieces_insert(
        struct pieces *p, size_t i, uint64_t off, uint64_t len, const uint8_t *data);
/* Takes the first piece out; the caller frees it. The set must not be empty. */
struct piece *pieces_take(struct pieces *p);

/* The last bytes of a stream, up to a fixed number. Zeroed memory is an empty one. */
struct recent {
    uint8_t *ring;       /* owned */
    size_t capacity;     /* a power of two, grows up to `most` */
    uint64_t origin;     /* offset that lies at ring[0] */
    uint64_t begin, end; /* offsets it has */
};

void recent_clear(struct recent *r); /* forgets all and frees */
/* `data` is what the stream has at `off`. When that does not follow what is there, the earlier
 * bytes are forgotten. Keeps the last `most` bytes, a power of two; nothing when out of memory. */
void recent_add(struct recent *r, uint64_t off, struct bytes data, size_t most);
/* True when a byte of `data`, a copy of what the stream has at `off`, differs; the first such
 * offset. Bytes that are not there any more are not compared. */
bool recent_differs(const struct recent *r, uint64_t off, struct bytes data, uint64_t *at);

/* The first index at which the two differ over n bytes; n when nowhere. */
size_t piece_mismatch(const uint8_t *a, const uint8_t *b, size_t n);

#endif
