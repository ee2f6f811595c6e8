/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_SEGMENT_FILE_H
#define CAPTURE_LIVE_SEGMENT_FILE_H

/*
 * The files of a capture: takes blocks that are encoded already and brings them to the disk,
 * one segment after the other. The part of segment.h that waits for the disk; it runs in a
 * thread of its own.
 *
 * A full disk is met with room that was set aside at the start: all that waits to be written
 * then still finds its place, and the segment its end and its line in the chain.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/count.h"
#include "base/fault.h"
#include "capture/live/segment.h"

/* Whole blocks of one segment. */
struct segment_part {
    struct bytes blocks;
    uint64_t packets;
    int64_t first_ns, last_ns; /* of the packets */
    bool begins;               /* a new segment, with its head in front */
    size_t head;               /* bytes of it */
    bool ends;                 /* the last of its segment; the rest is meant then */
    size_t trailer;            /* bytes at the end of `blocks` that are its statistics */
    enum segment_end why;
    struct count kernel, device; /* dropped, since the capture began */
};

struct segment_file;

/* `spare` is how much room to set aside; less, or none, when the disk has not much more.
 * Checks the chain and finds the next number. `*earlier`: bytes of the segments there are. */
MUST_USE enum status segment_file_new(int directory, uint64_t spare, struct segment_file **out,
        uint64_t *earlier, struct fault *fault);
/* STATUS_FULL: the disk is full; this part was still written as far as there was room, and so
 * will be what comes up to the end of this segment. STATUS_IO: nothing will be written any
 * more. */
MUST_USE enum status segment_file_take(
        struct segment_file *f, const struct segment_part *part, struct fault *fault);
/* Syncs when that is due. */
MUST_USE enum status segment_file_sync(struct segment_file *f, struct fault *fault);
void segment_file_free(struct segment_file *f); /* NULL is fine */

struct segment_file_counts {
    uint64_t finished;       /* segments in the chain */
    uint64_t synced_packets; /* known to be on the disk */
    uint64_t lost_packets;   /* of those taken: found no room */
    uint64_t lost_bytes;     /* of their blocks and others */
};

struct segment_file_counts segment_file_counts(const struct segment_file *f);

#endif
