/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_IP_H
#define CAPTURE_PACKET_IP_H

/* The headers of IPv4 (RFC 791) and IPv6 (RFC 8200), its extension headers among them. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/packet/packet.h"

enum {
    IP_PROTOCOL_IPV4 = 4,
    IP_PROTOCOL_TCP = 6,
    IP_PROTOCOL_UDP = 17,
    IP_PROTOCOL_IPV6 = 41,
    IP_PROTOCOL_GRE = 47,
};

enum {
    /* Extension headers that are walked in one packet; RFC 8200 expects each kind once. */
    IP_EXTENSIONS_MOST = 16,
};

/* Borrows from the bytes it was parsed from. */
struct ip_packet {
    struct endpoint src, dst; /* with port 0 */
    struct bytes whole;       /* from the IP header on, link padding cut off */
    struct bytes payload;     /* what was kept of it */
    uint32_t wire_len;        /* bytes of payload on the wire; more than payload.n when cut */
    uint8_t protocol;         /* of the payload, IANA number */
    bool cut_off;             /* the capture ends inside the IPv6 extension headers */
    bool routed; /* a routing header has stops left: dst is not the final one (checksums) */
    bool bad_checksum; /* IPv4 header */
    bool fragment;     /* payload is one piece; the three below tell which */
    bool more;         /* not the last piece */
    uint32_t fragment_id;
    uint32_t fragment_off; /* bytes */
};

/*
 * Reads the headers in front of `data`, of which there were `wire_len` bytes on the wire
 * (padding included). An IPv4 total length or IPv6 payload length of 0 (segmentation offload)
 * means up to the end of the frame; a length beyond the frame leaves the packet cut.
 * PARSE_BAD: not IP or malformed; PARSE_DONE otherwise. `out` is untouched on PARSE_BAD.
 */
MUST_USE enum parse ip_parse(struct bytes data, uint32_t wire_len, struct ip_packet *out);

/*
 * Walks the IPv6 extension headers in front of `packet`'s payload. For payloads that were put
 * together of fragments: ip_parse has done it for all others. PARSE_BAD when malformed,
 * `packet` as it was.
 */
MUST_USE enum parse ip_extensions(struct ip_packet *packet);

/* The Internet checksum (RFC 1071): one's complement sum, not folded. */
uint64_t ip_sum(struct bytes data);
uint16_t ip_fold(uint64_t sum);

#endif
