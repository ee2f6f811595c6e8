/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_LINK_H
#define CAPTURE_PACKET_LINK_H

/*
 * From a frame to the IP packet in it, for the link types that browsers are captured on:
 * Ethernet with VLAN tags (802.1Q, 802.1ad), LLC/SNAP, PPPoE sessions and MPLS labels; Linux
 * cooked (SLL, SLL2); BSD loopback; raw IP; PPP and Cisco HDLC; 802.11 data frames, bare or
 * behind radiotap, PPI, Prism or AVS headers; NFLOG; PKTAP.
 * Numbers and layouts: www.tcpdump.org/linktypes.html.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "capture/packet/packet.h"

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_12 = 12, /* what DLT_RAW is on most systems, found in files too */
    LINK_RAW_14 = 14, /* likewise on OpenBSD */
    LINK_PPP_HDLC = 50,
    LINK_RAW = 101,
    LINK_C_HDLC = 104,
    LINK_IEEE802_11 = 105,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_IEEE802_11_AVS = 163,
    LINK_PPI = 192,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_PKTAP = 258,
    LINK_LINUX_SLL2 = 276,
};

enum {
    /* Tags, labels and encapsulations below IP that are followed in one frame. */
    LINK_LAYERS_MOST = 16,
};

/*
 * PARSE_DONE: `ip` is the frame from the IP header on, which may be followed by padding; it is
 * empty when the frame is sound but carries no IP (ARP, 802.11 management, LLDP, ...).
 * `wire_len` is how much of it there was on the wire.
 * PARSE_BAD: the frame ends inside its link headers, or there are too many of them.
 * PARSE_UNSUPPORTED: we don't know this link type.
 * Outputs are untouched unless PARSE_DONE. `ip` borrows from the packet.
 */
MUST_USE enum parse link_payload(
        const struct packet *packet, struct bytes *ip, uint32_t *wire_len);
/* The same for an Ethernet frame inside a tunnel. */
MUST_USE enum parse link_ethernet(struct bytes frame, struct bytes *ip);

#endif
