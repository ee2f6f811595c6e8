/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_H2_TABLE_H
#define CAPTURE_HTTP_H2_TABLE_H

/*
 * The streams of one HTTP/2 connection: which are open, which are over, and the exchanges that
 * wait to be taken, in the order in which they were finished.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ranges.h"
#include "capture/http/h2_stream.h"

enum {
    H2_STREAMS_MOST = 2048, /* open at once; past it the oldest is given up: GAP_BUDGET */
    H2_CANCELLED_MOST = 64, /* cancelled ones kept for what the other side still sends */
    H2_CLOSED_MOST = 4096,  /* ranges of finished streams; past it the lower half is one */
    H2_BUCKETS = 256,
};

struct h2_table {
    struct h2_stream *oldest, *newest;
    struct h2_stream *ready, *last_ready;
    size_t open, cancelled;
    uint32_t highest; /* highest stream of the client that was begun */
    bool pushes;      /* streams of the server were begun */
    struct ranges
            closed[2]; /* finished streams by enum direction of who began them, as id / 2 */
    struct h2_stream *buckets[H2_BUCKETS];
};

void h2_table_init(struct h2_table *t);
void h2_table_clear(struct h2_table *t); /* frees all streams, ready ones too */

/* Who begins a stream of that number, RFC 9113 section 5.1.1. */
enum direction h2_table_owner(uint32_t id);

struct h2_stream *h2_table_find(const struct h2_table *t, uint32_t id); /* or NULL */
MUST_USE bool h2_table_is_closed(const struct h2_table *t, uint32_t id);
/* Takes ownership of an open stream whose number is not in the table. */
void h2_table_add(struct h2_table *t, struct h2_stream *s);
void h2_table_cancel(struct h2_table *t, struct h2_stream *s);
/* Both sides have ended: its exchange gets ready. STATUS_NOMEM leaves the stream open. */
MUST_USE enum status h2_table_finish(struct h2_table *t, struct h2_stream *s);
/* The next stream that is ready, with its exchange; passes to the caller. NULL for none. */
struct h2_stream *h2_table_take(struct h2_table *t);
/* The oldest stream that was cancelled; NULL for none. */
struct h2_stream *h2_table_oldest_cancelled(const struct h2_table *t);

#endif
