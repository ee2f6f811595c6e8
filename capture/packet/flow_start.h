/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_FLOW_START_H
#define CAPTURE_PACKET_FLOW_START_H

/*
 * Where a TCP connection begins, when the capture shows its first packets in another order:
 * data before the SYN or SYN-ACK that say where its stream starts. Segments are kept until both were
 * seen, or enough others; then they come out with the SYNs in front, and a direction without
 * one begins at the lowest place that any of them names.
 *
 * In a capture in order nothing is ever kept: SYN and SYN-ACK come first and pass.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "capture/item.h"
#include "capture/packet/packet.h"

enum {
    FLOW_START_PACKETS = 8,      /* kept at most */
    FLOW_START_BEFORE = 1 << 18, /* bytes before the first place named that another may lie */
};

struct flow_kept;

/* Zeroed memory is a connection that nothing was seen of. */
struct flow_start {
    struct flow_kept *first, *last, *given; /* owned */
    unsigned n;
    size_t bytes; /* kept, bookkeeping included */
    bool syn[2];  /* by enum direction: seen, kept or passed */
    bool over;    /* nothing is kept any more */
};

void flow_start_clear(struct flow_start *s);

/* Must the segment wait? Then it was copied, or could not be: STATUS_NOMEM. */
MUST_USE enum status flow_start_take(
        struct flow_start *s, const struct segment *seg, enum direction dir, bool *kept);
/* No more is to be waited for. */
void flow_start_end(struct flow_start *s);
/* The sequence number where the direction begins, as far as the kept segments tell; false when
 * a SYN tells it, or nothing does. To be asked before the first flow_start_next. */
MUST_USE bool flow_start_lowest(
        const struct flow_start *s, enum direction dir, uint32_t *seq, uint64_t *packet);
/* The next segment that waited, once the wait is over; borrowed until the next call. */
MUST_USE bool flow_start_next(struct flow_start *s, struct segment *out, enum direction *dir);

#endif
