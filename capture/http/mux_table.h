/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_MUX_TABLE_H
#define CAPTURE_HTTP_MUX_TABLE_H

/*
 * The request streams of one HTTP/2 or HTTP/3 connection: which are open, which are over, and the exchanges that
 * wait to be taken, in the order in which they were finished.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ranges.h"
#include "capture/http/mux_stream.h"

enum {
    MUX_STREAMS_MOST = 2048, /* open at once; past it the oldest is given up: GAP_BUDGET */
    MUX_CANCELLED_MOST = 64, /* cancelled ones kept for what the other side still sends */
    MUX_CLOSED_MOST = 4096,  /* ranges of finished streams; past it the lower half is one */
    MUX_BUCKETS = 256,
};

struct mux_table {
    enum protocol protocol; /* says how streams are numbered */
    struct mux_stream *oldest, *newest;
    struct mux_stream *ready, *last_ready;
    size_t open, cancelled;
    uint64_t highest; /* highest stream of the client that was begun */
    bool pushes;      /* streams of the server were begun */
    struct ranges closed
            [2]; /* finished streams by enum direction of who began them, in the order of their numbers */
    struct mux_stream *buckets[MUX_BUCKETS];
};

void mux_table_init(struct mux_table *t, enum protocol protocol);
void mux_table_clear(struct mux_table *t); /* frees all streams, ready ones too */

/* Who begins a stream of that number, RFC 9113 section 5.1.1, RFC 9000 section 2.1. */
enum direction mux_table_owner(const struct mux_table *t, uint64_t id);

struct mux_stream *mux_table_find(const struct mux_table *t, uint64_t id); /* or NULL */
MUST_USE bool mux_table_is_closed(const struct mux_table *t, uint64_t id);
/* Takes ownership of an open stream whose number is not in the table. */
void mux_table_add(struct mux_table *t, struct mux_stream *s);
void mux_table_cancel(struct mux_table *t, struct mux_stream *s);
/* Both sides have ended: its exchange gets ready. STATUS_NOMEM leaves the stream open. */
MUST_USE enum status mux_table_finish(struct mux_table *t, struct mux_stream *s);
/* Closes a stream and frees it: its exchange never gets ready. STATUS_NOMEM leaves it open. */
MUST_USE enum status mux_table_drop(struct mux_table *t, struct mux_stream *s);
/* The next stream that is ready, with its exchange; passes to the caller. NULL for none. */
struct mux_stream *mux_table_take(struct mux_table *t);
/* The oldest stream that was cancelled; NULL for none. */
struct mux_stream *mux_table_oldest_cancelled(const struct mux_table *t);

#endif
