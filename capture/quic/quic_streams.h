/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_STREAMS_H
#define CAPTURE_QUIC_QUIC_STREAMS_H

/*
 * Puts the streams of one QUIC connection back in order (RFC 9000 section 2.2): pieces go in
 * with their offsets, in the order of packets, late, repeated, overlapping or missing; items come
 * out, those of each direction of each stream in order of offset (capture/item.h). CRYPTO
 * streams are put in order by it as well, with the encryption level as the stream's number.
 *
 * QUIC sends lost data again in new packets, so a hole is kept open while there is room, and
 * becomes a gap when more waits behind it than the budget allows (GAP_BUDGET), and at the
 * close. Conservation: for each direction of each stream, bytes handed out + bytes in gaps ==
 * the highest offset seen, final sizes included.
 *
 * Where a piece overlaps an earlier one, the first copy stands; bytes that differ from those that
 * still wait are marked by a GAP_CONFLICT of length 0. The first final size stands too (RFC 9000
 * section 4.5): another one, or data behind it, is a GAP_BAD of length 0, one for each direction.
 * Once a direction has ended, the ledger still gets such a mark, but no items follow; of a stream
 * that is over in both directions nothing is looked at any more.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/gap.h"
#include "base/ledger.h"
#include "base/status.h"
#include "capture/item.h"

enum {
    QUIC_STREAMS_MOST = 4096,      /* open at once; past it the idlest is given up */
    QUIC_STREAMS_DONE_MOST = 4096, /* runs of ended streams that are told apart, per kind */
    QUIC_RESETS_MOST = 64, /* reset ones that wait for packets captured late; the oldest ends */
    QUIC_WAITING_MOST = 8 << 20, /* bytes behind holes in one connection, with bookkeeping */
    QUIC_STREAM_PIECES_MOST = 16384, /* pieces behind holes in one connection */
    /* An offset further ahead of all others than this is not believed: GAP_BAD. The first one
     * of a stream is, for the capture may begin late. */
    QUIC_JUMP_MOST = 1 << 28,
};

struct quic_streams;

struct quic_streams_setup {
    struct ledger *ledger; /* borrowed */
    enum layer layer;      /* of the gaps that are filed: LAYER_QUIC */
    bool in_order;      /* streams have no end of their own (CRYPTO): no gap is filed for what
                               may still follow, and their holes are filed as `detail` says */
    const char *detail; /* static; NULL for none */
};

struct quic_streams *quic_streams_new(
        const struct quic_streams_setup *setup); /* NULL: no memory */
void quic_streams_free(struct quic_streams *s);  /* NULL is fine */

struct quic_piece {
    uint64_t stream;
    enum direction dir;
    uint64_t off;
    struct bytes data; /* borrowed until quic_streams_next is false */
    bool fin;
    uint64_t packet; /* number of the frame that carried it */
    int64_t time_ns;
};

/* Pull with quic_streams_next before the data's memory goes and before the next push: what is
 * in order is not copied. STATUS_NOMEM; STATUS_USAGE: not pulled dry. */
MUST_USE enum status quic_streams_push(struct quic_streams *s, const struct quic_piece *piece);
/* RESET_STREAM: this direction ends at `final_size`; what did not arrive before never will. What
 * lies between, maybe nothing, is a GAP_LOST: the sender gave it up, and the receiver may not have
 * had it either. */
MUST_USE enum status quic_streams_reset(struct quic_streams *s, uint64_t stream,
        enum direction dir, uint64_t final_size, uint64_t packet, int64_t time_ns);

/* This stream has no end of its own: none is missed at the close. While it is open. */
void quic_streams_endless(struct quic_streams *s, uint64_t stream);

/* The next item that is settled, and its stream; false when there is none until more comes. */
MUST_USE bool quic_streams_next(struct quic_streams *s, uint64_t *stream, struct item *out);

/* No more will come. Holes become gaps for `why`; each direction of every stream that was seen
 * (of a two-way stream both, whichever was seen) ends with one ITEM_END, and where no FIN was seen a gap of length 0 for `open_why` tells that the
 * stream's end is not its end. Streams in ascending order of number. */
MUST_USE enum status quic_streams_close(
        struct quic_streams *s, enum gap_cause why, enum gap_cause open_why);

size_t quic_streams_waiting(const struct quic_streams *s); /* bytes held behind holes */
/* Memory ran out in quic_streams_next. */
MUST_USE enum status quic_streams_status(const struct quic_streams *s);

#endif
