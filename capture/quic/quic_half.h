/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_QUIC_HALF_H
#define CAPTURE_QUIC_QUIC_HALF_H

/*
 * One direction of one QUIC stream: its account of offsets, what waits behind holes, and how it
 * ends (RFC 9000 sections 2.2, 3.2 and 4.5). quic_streams.c keeps these in its table.
 */

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet/reasm_piece.h"
#include "capture/quic/quic_streams.h"

enum {
    QUIC_HALF_CONFLICTS_MOST = 16, /* places named in one direction of a stream */
};

/* Zeroed memory with `dir` and `stream` set is one of which nothing was seen. */
struct quic_half {
    enum direction dir;
    uint64_t stream;
    uint64_t given;   /* offset up to which items went out */
    uint64_t highest; /* offset up to which something was seen, the final size included */
    uint64_t final;
    bool seen, final_known, closing, ended;
    bool pressed; /* the hole in front is given up, for want of room */
    bool endless; /* no end is missed */
    bool open_said;
    enum gap_cause why, open_why; /* with `closing` */
    const char *detail;
    bool reset, fin; /* RESET_STREAM came; the end came, at the final size */
    const char *bad; /* a contradiction that is to be marked; NULL */
    uint64_t bad_off;
    bool bad_said; /* one mark is enough */
    unsigned conflicts;
    struct pieces waiting;
    struct bytes direct; /* borrowed: in order, not handed out yet */
    struct piece *lent;  /* its data were handed out last */
    uint64_t direct_packet, last_packet, top_packet; /* of `direct`; handed out; of `highest` */
    int64_t direct_ns, last_ns, top_ns;
    uint64_t frames[2]; /* of the item handed out last */

    /* quic_streams.c's own: */
    struct quic_half *ready_next;                /* has something to hand out */
    struct quic_half *wait_older, *wait_newer;   /* has pieces behind a hole */
    struct quic_half *reset_older, *reset_newer; /* reset, and may still get late packets */
    bool ready, in_wait, in_resets;
};

void quic_half_clear(struct quic_half *h);

/*
 * Takes a piece of this direction. What is in order stays borrowed in `direct`, what is not is
 * copied. Contradictions about the final size are marked, once, and the first word stands.
 * STATUS_NOMEM.
 */
MUST_USE enum status quic_half_push(struct quic_half *h, const struct quic_piece *piece);
/* RESET_STREAM: what is missing will not be sent again, but may still come in packets that were
 * captured late: wait for them until quic_half_give_up. */
void quic_half_reset(
        struct quic_half *h, uint64_t final_size, uint64_t packet, int64_t time_ns);
/* Nothing more is waited for behind a reset. */
void quic_half_give_up(struct quic_half *h);
/* No more will come: holes are gaps for `why`, a missing end is one for `open_why`. A reset or
 * an earlier close stands. */
void quic_half_close(
        struct quic_half *h, enum gap_cause why, enum gap_cause open_why, const char *detail);

/* The next item that is settled. False when there is none, or with `*status` set when the
 * ledger has no memory. */
MUST_USE bool quic_half_next(struct quic_half *h, const struct quic_streams_setup *setup,
        struct item *out, enum status *status);

#endif
