/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_PACKET_H
#define CAPTURE_PACKET_PACKET_H

/* What a capture file holds, before and after the headers below TCP and UDP are read. */

#include <stdint.h>

#include "base/bytes.h"

/* One frame as it was captured. Borrowed from its source until the next frame is read. */
struct packet {
    uint64_t number;       /* from 1 over all files of the capture, in the order given */
    int64_t time_ns;       /* since 1970-01-01 UTC */
    uint32_t file;         /* index of the file, from 0 */
    uint32_t interface_id; /* index within its section, from 0; 0 for classic pcap */
    int link;              /* LINKTYPE_ number of www.tcpdump.org/linktypes.html */
    struct bytes data;     /* what was kept */
    uint32_t
            wire_len; /* bytes it had on the wire; more than data.n when cut by a snap length */
};

enum ip_version {
    IPV4 = 4,
    IPV6 = 6,
};

struct endpoint {
    uint8_t address[16]; /* IPv4 uses the first four, the rest is zero */
    uint16_t port;
    uint8_t version; /* enum ip_version */
};

enum { ENDPOINT_TEXT = 64 };

enum transport {
    TRANSPORT_TCP,
    TRANSPORT_UDP,
};

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
};

/* One TCP segment or UDP datagram. Borrows from its packet, or from the fragment store. */
struct segment {
    uint64_t packet; /* number of the frame; of the last one when put together of fragments */
    int64_t time_ns;
    enum transport transport;
    struct endpoint src, dst;
    struct bytes payload;
    uint32_t wire_len; /* payload bytes on the wire; more than payload.n when cut */
    /* TCP only: */
    uint32_t seq, ack;
    uint16_t window;
    uint8_t flags;     /* enum tcp_flag, or'ed */
    bool bad_checksum; /* counted, never refused: offload makes wrong sums on the sender */
    struct bytes ip;   /* the whole IP packet, for the flow label; empty for fragments */
};

/* "192.0.2.1:443" or "[2001:db8::1]:443" (RFC 5952); address_text has no port and brackets. */
void endpoint_text(const struct endpoint *e, char out[ENDPOINT_TEXT]);
void endpoint_address_text(const struct endpoint *e, char out[ENDPOINT_TEXT]);
/* Takes "192.0.2.7" or "2001:db8::1" up: version and address, all else stays. False, and nothing is
 * changed, when it is neither. */
MUST_USE bool endpoint_read_address(const char *text, struct endpoint *out);
MUST_USE bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

#endif
