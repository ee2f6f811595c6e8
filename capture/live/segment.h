/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_SEGMENT_H
#define CAPTURE_LIVE_SEGMENT_H

/*
 * Writes packets into pcapng segments (draft-ietf-opsawg-pcapng) and enters each finished one in
 * chain.jsonl; see doc/RECORDING.md. Used by the capture process, which has nothing but file
 * descriptors: nothing here opens a path outside `directory`, and after segments_new nothing
 * but openat below it is needed.
 *
 * What was handed in reaches the disk within SYNC_NS of the next segments_tick. A segment is
 * synced, hashed (while it is written) and chained before the next begins.
 *
 * The disk is waited for in a thread of segments_new, behind a queue in memory of
 * SEGMENT_QUEUE bytes, so that a slow sync keeps nobody from reading packets. Therefore:
 * segments_new comes after setns(CLONE_NEWUSER) and fork, which threads forbid or lose, and
 * before seccomp, whose filter must reach it (SCMP_FLTATR_CTL_TSYNC). The thread blocks all
 * signals and gives up all its capabilities by itself; it needs write, openat, close,
 * fdatasync, fsync, ftruncate, lseek, sync_file_range, futex, madvise, munmap,
 * rt_sigprocmask, capset, exit and clock_gettime. The caller's thread needs fstatfs and futex.
 *
 * The counters in a segment's own statistics block are of that segment alone, as for any file
 * that can be read by itself: their sum over all segments is the total in the last line.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/count.h"
#include "base/fault.h"

enum segment_end { /* why a segment ended; "end" of its line */
    SEGMENT_SIZE,
    SEGMENT_AGE,
    SEGMENT_STOP,        /* the capture was asked to end */
    SEGMENT_FULL,        /* the disk is full, or less is free than is to be kept free */
    SEGMENT_PARENT_GONE, /* who asked for the capture is no more */
    SEGMENT_DEVICE,      /* the device is gone */
};

const char *segment_end_name(enum segment_end end);

struct segments_setup {
    int directory;       /* where segments and chain.jsonl go; borrowed, stays open */
    const char *device;  /* interface name; borrowed for the call, as all texts here */
    const char *comment; /* of the section: what captured and where; NULL: none */
    uint32_t link;       /* LINKTYPE_, of the interface */
    uint32_t snaplen;
    uint64_t bytes_most; /* a segment ends once it is larger; 0: SEGMENT_BYTES */
    int64_t age_most_ns; /* or older than this since its first packet, by CLOCK_BOOTTIME; 0:
                          * SEGMENT_AGE_NS */
    uint64_t free_least; /* bytes of the file system to leave free; 0: SEGMENT_FREE */
    uint64_t total_most; /* bytes in all segments, then SEGMENT_FULL; 0: no bound */
};

#define SEGMENT_BYTES (UINT64_C(64) << 20)
#define SEGMENT_AGE_NS (INT64_C(60) * 1000000000)
#define SEGMENT_FREE (UINT64_C(64) << 20)
#define SEGMENT_SYNC_NS INT64_C(1000000000)
#define SEGMENT_QUEUE (UINT64_C(16) << 20)
#define SEGMENT_SNAPLEN UINT32_C(262144) /* the most; 0 in a setup stands for it */

struct segments_counts {
    uint64_t packets, bytes; /* handed in since segments_new; bytes: of files, written or
                              * buffered. What a full disk had no room for is taken off. */
    uint64_t finished;       /* segments in the chain, those of an earlier run included */
    uint64_t synced_packets; /* of `packets`, known to be on the disk */
    int64_t last_ns;         /* time of the last packet; 0: none */
};

struct segments;

/* Goes on behind the segments and the chain that are there already (a resumed recording); a chain
 * that does not hold is STATUS_INPUT. No segment exists before the first packet or tick. */
MUST_USE enum status segments_new(
        const struct segments_setup *setup, struct segments **out, struct fault *fault);
/* One packet; `wire_len` is at least data.n. STATUS_FULL (base/status.h gets it if need be):
 * the disk is full or the guard was reached; everything before this packet is safe, the segment
 * was ended and chained as far as room allowed, and no more can be written. */
MUST_USE enum status segments_packet(struct segments *s, int64_t time_ns, uint32_t wire_len,
        struct bytes data, struct fault *fault);
/* To be called about ten times a second: syncs and rotates by age. `kernel` and `device`: packets
 * dropped since the capture began, as of now. */
MUST_USE enum status segments_tick(
        struct segments *s, struct count kernel, struct count device, struct fault *fault);
/* Ends the open segment and waits until all is on the disk. After STATUS_FULL or STATUS_IO of an
 * earlier call, that status again. The last call but segments_free. */
MUST_USE enum status segments_end(struct segments *s, enum segment_end why, struct count kernel,
        struct count device, struct fault *fault);
struct segments_counts segments_counts(const struct segments *s);
/* NULL is fine; writes what was handed in, but ends nothing. */
void segments_free(struct segments *s);

#endif
