/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_FOLLOW_H
#define CAPTURE_LIVE_FOLLOW_H

/*
 * Reads the segments of a recording while they are still being written, packet by packet, so
 * that exchanges are rebuilt during the capture. Never waits: it says when nothing more is
 * there yet.
 *
 * Packets and gaps are those that capture/packet/source.h gives of the finished files, in the
 * order of their numbers. A file that is no pcapng file is one gap.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/gap.h"
#include "capture/packet/packet.h"

enum follow_found {
    FOLLOW_PACKET,
    FOLLOW_GAP,    /* follow_gap */
    FOLLOW_FILE,   /* the next segment begins: follow_file names it */
    FOLLOW_WAIT,   /* nothing more yet */
    FOLLOW_END,    /* after follow_finish: all was read */
    FOLLOW_FAILED, /* our failure: `fault` is set */
};

struct follow;

/* `directory` holds packets-000001.pcapng and so on (it may still be empty); borrowed for the
 * call. STATUS_IO, STATUS_NOMEM. */
MUST_USE enum status follow_open(
        const char *directory, struct follow **out, struct fault *fault);
void follow_close(struct follow *f); /* NULL is fine */
/* The writer is done: what is there is all. A block that is cut is a gap then. */
void follow_finish(struct follow *f);
/* Packets are numbered from 1 over all segments, as source_place does; their `file` is the index
 * of the segment in this order. They borrow until the next call. After FOLLOW_FAILED nothing
 * more comes. */
enum follow_found follow_next(struct follow *f, struct packet *packet, struct fault *fault);
const struct gap *follow_gap(const struct follow *f);
const char *follow_file(
        const struct follow *f); /* name without directory, until the next call */
uint64_t follow_packets(const struct follow *f); /* the number given last */

#endif
