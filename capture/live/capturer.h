/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_CAPTURER_H
#define CAPTURE_LIVE_CAPTURER_H

/*
 * The capture process: a child of ours that opens a device, gives up every privilege, and from
 * then on can do nothing but read that device and append to files of one directory. It holds no
 * keys. It talks to its parent over one socket, and ends its last segment in good order when
 * the parent is gone.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/count.h"
#include "base/fault.h"
#include "capture/live/segment.h"

struct capturer_setup {
    const char *device;    /* interface name, in the namespaces below */
    int user_namespace;    /* descriptor of /proc/PID/ns/user to enter first; -1: stay */
    int network_namespace; /* likewise ns/net; -1: stay */
    int directory;         /* where segments go */
    const char *comment;   /* for the segments */
    const char *filter;    /* pcap-filter(7); NULL: everything */
    uint32_t snaplen;      /* 0: 262144 */
    uint64_t ring_bytes;   /* of the kernel's buffer; 0: CAPTURER_RING */
    bool promiscuous;
    /* As in struct segments_setup; 0: its defaults. */
    uint64_t bytes_most, free_least, total_most;
    int64_t age_most_ns;
};

#define CAPTURER_RING (UINT64_C(64) << 20)

struct capturer_report { /* about four times a second, and at the end */
    struct segments_counts written;
    struct count dropped_kernel, dropped_device;
    bool ended;
    enum segment_end why; /* once ended */
    enum status status;   /* STATUS_OK, STATUS_FULL, STATUS_IO; once ended */
    char text[256];       /* the fault in words, once ended with one; else "" */
};

struct capturer;

/* Returns once the device is open and privileges are gone: no packet after that is missed.
 * STATUS_MISSING: no such device; STATUS_IO with what to do when it may not be opened. */
MUST_USE enum status capturer_start(
        const struct capturer_setup *setup, struct capturer **out, struct fault *fault);
pid_t capturer_pid(const struct capturer *c);
uint32_t capturer_link(const struct capturer *c);    /* LINKTYPE_ of the device */
uint32_t capturer_snaplen(const struct capturer *c); /* as it is used */
int capturer_fd(const struct capturer *c);           /* readable when a report waits */
/* Takes the newest report; false when there is none. A process that died without a last report
 * gives one with ended, SEGMENT_DEVICE and STATUS_IO, its text naming the signal. */
MUST_USE bool capturer_report(struct capturer *c, struct capturer_report *out);
/* Asks it to end: what the device has already received is still written. Reports go on until
 * the last one. */
void capturer_stop(struct capturer *c);
/* Waits for the last report, at most `milliseconds`; then kills. */
struct capturer_report capturer_wait(struct capturer *c, int milliseconds);
void capturer_free(struct capturer *c); /* NULL is fine; kills one that still runs */

#endif
