/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVICE_H
#define CAPTURE_LIVE_DEVICE_H

/*
 * A network interface of this machine, read packet by packet as the kernel hands them out. The
 * second door to libpcap; files are read by capture/packet/source.
 *
 * Opening takes CAP_NET_RAW. Reading and counting afterwards take neither a privilege nor a
 * file: what they need is opened before, so that the process can be confined (confine.h).
 *
 * Ring: TPACKET_V3 (packet_mmap.rst in the kernel), not libpcap's immediate mode, which takes one fixed slot of
 * a whole snap length for each packet. A block is handed over when it is full or DEVICE_BLOCK_MS old.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/count.h"
#include "base/fault.h"

enum {
    DEVICE_SNAPLEN = 262144, /* the most that pcap and Wireshark take */
    DEVICE_BLOCK_MS = 20,
};

struct device_setup {
    const char *name;    /* of the interface, in the namespace we are in; "any": all */
    const char *filter;  /* pcap-filter(7); NULL: everything */
    uint32_t snaplen;    /* 0: DEVICE_SNAPLEN */
    uint64_t ring_bytes; /* of the kernel's buffer */
    bool promiscuous;
};

struct device;

/* STATUS_MISSING: no such interface, and the fault names those that exist; STATUS_USAGE: the filter is
 * not one; STATUS_IO: not permitted, or not up, with what to do. The fault's text begins with the
 * interface's name. */
MUST_USE enum status device_open(
        const struct device_setup *setup, struct device **out, struct fault *fault);
uint32_t device_link(const struct device *d); /* LINKTYPE_, as in files */
uint32_t device_snaplen(const struct device *d);
/* Readable when a block of packets waits. Never to be written to: that would send. */
int device_fd(const struct device *d);
/* The socket that device_drops asks the kernel on; -1: none. */
int device_netlink(const struct device *d);

/* Takes one packet; `data` is borrowed until it returns. Anything but STATUS_OK ends the reading. */
typedef enum status device_taker(
        void *context, int64_t time_ns, uint32_t wire_len, struct bytes data);

/*
 * Hands over what waits, `most` packets at the most, and never waits itself; `*n` says how many
 * were taken. STATUS_IO: the interface is gone or broken. Otherwise what `take` returned.
 */
MUST_USE enum status device_read(struct device *d, unsigned most, device_taker *take,
        void *context, unsigned *n, struct fault *fault);

/* Since it was opened: packets that found the ring full; packets that the interface itself had
 * to drop (missed and FIFO errors, as rtnetlink counts them), unknown where it does not count. */
void device_drops(struct device *d, struct count *kernel, struct count *interface);
void device_close(struct device *d); /* NULL is fine */

/* The LINKTYPE_ of files for a DLT_ of libpcap: they differ where a DLT_ is not the same on all systems. */
uint32_t device_link_of(int dlt);

#endif
