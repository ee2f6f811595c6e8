/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_TRACK_H
#define CAPTURE_PACKET_FLOW_TRACK_H

/* Which sequence numbers a TCP connection uses, and whether a segment may be one of its own. */

#include <stdbool.h>
#include <stdint.h>

#include "base/gap.h"
#include "capture/packet/packet.h"

enum {
    TRACK_MISFITS = 3, /* segments in a row that fit in neither direction: another connection */
    TRACK_LATE_PACKETS = 8,     /* a SYN captured late comes among the first packets ... */
    TRACK_LATE_BYTES = 1 << 16, /* ... and lies this close before the first data */
};

/* Arrays are by enum direction. Zeroed memory knows nothing. */
struct track {
    bool known[2]; /* `first` and `next` are set */
    bool syn[2], fin[2], fin_acked[2];
    uint32_t first[2];    /* lowest sequence number at the start */
    uint32_t next[2];     /* behind the highest seen */
    bool named[2];        /* the other side acknowledged it: `named_at` is set */
    uint32_t named_at[2]; /* the first number that it acknowledged */
    uint32_t isn[2];      /* of the SYN */
    uint32_t fin_end[2];
    uint32_t packets; /* stops counting at its largest value */
    unsigned misfits;
    bool reset;
};

/* A SYN or SYN-ACK. Together with FIN or RST a SYN bit opens nothing: stacks drop that. */
MUST_USE bool track_opens(const struct segment *seg);
/* Takes the segment as one of the connection's. */
void track_note(struct track *t, enum direction dir, const struct segment *seg);
/* Sequence number or, where that says nothing, acknowledgement near what is known. */
MUST_USE bool track_fits(const struct track *t, enum direction dir, const struct segment *seg);
/* True for a SYN or SYN-ACK that belongs to this connection: sent again, the answer to its
 * SYN, the other half of a simultaneous open, or captured a little late. */
MUST_USE bool track_claims_syn(
        const struct track *t, enum direction dir, const struct segment *seg);
/* Counts a segment that does not fit; true when there were enough in a row. */
MUST_USE bool track_misfit(struct track *t, enum direction dir, const struct segment *seg);
/* Reset, or both FINs acknowledged. */
MUST_USE bool track_is_over(const struct track *t);

#endif
