/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_TRANSPORT_H
#define CAPTURE_PACKET_TRANSPORT_H

/* The headers of TCP (RFC 9293 section 3.1) and UDP (RFC 768), and their checksum. */

#include "base/status.h"
#include "capture/packet/ip.h"
#include "capture/packet/packet.h"

/*
 * Reads the header in front of `ip`'s payload. The segment borrows from `ip`; its number and
 * time are left zero. The checksum is computed only when `sums` is true and all of the
 * segment was kept; a wrong one sets bad_checksum and nothing else.
 * PARSE_BAD: malformed, or cut inside the fixed header. PARSE_UNSUPPORTED: neither TCP nor UDP.
 * `out` is untouched unless PARSE_DONE.
 */
MUST_USE enum parse transport_parse(const struct ip_packet *ip, bool sums, struct segment *out);

#endif
