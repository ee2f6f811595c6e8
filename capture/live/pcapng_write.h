/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_PCAPNG_WRITE_H
#define CAPTURE_LIVE_PCAPNG_WRITE_H

/*
 * The blocks of the pcapng files that we write (draft-ietf-opsawg-pcapng, section 4), in the
 * byte order of this machine: one section with one interface, times in nanoseconds.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/count.h"

enum {
    PCAPNG_WRITE_TEXT = 4096,      /* the most of one text that is written */
    PCAPNG_WRITE_HEAD = 1 << 15,   /* the most that the blocks at the beginning take */
    PCAPNG_WRITE_PACKET = 32,      /* bytes of a packet's block beside its data and padding */
    PCAPNG_WRITE_STATISTICS = 128, /* the most that the block at the end takes */
};

struct pcapng_head {
    const char *comment, *hardware, *os, *application; /* NULL: not written */
    const char *device;                                /* interface name */
    uint16_t link;
    uint32_t snaplen;
};

/* Section header and interface description. STATUS_NOMEM or STATUS_USAGE as of buf_append. */
MUST_USE enum status pcapng_write_head(const struct pcapng_head *head, struct buf *out);
/* Bytes of the block of a packet with n bytes of data; a multiple of 4. */
size_t pcapng_write_packet_bytes(size_t n);
/* Writes exactly that many. A time before 1970 is written as 1970. */
void pcapng_write_packet(int64_t time_ns, uint32_t wire_len, struct bytes data, uint8_t *out);
/* Interface statistics as of `now_ns`; a count that is not known is not written. Returns bytes
 * written. */
size_t pcapng_write_statistics(int64_t now_ns, struct count kernel, struct count device,
        uint8_t out[PCAPNG_WRITE_STATISTICS]);

/* What of `blocks`, which begins with a block of ours, is whole. */
struct pcapng_whole {
    size_t bytes;
    uint64_t packets;
    int64_t first_ns, last_ns; /* of the packets; 0 when there are none */
};

struct pcapng_whole pcapng_write_whole(struct bytes blocks);

#endif
