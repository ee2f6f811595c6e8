/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DNS_SERVICE_H
#define CAPTURE_PACKET_DNS_SERVICE_H

/* The data of SVCB and HTTPS records (RFC 9460 section 2.2). */

#include "capture/packet/dns.h"

/* As dns_parse: PARSE_BAD, or PARSE_UNSUPPORTED when the arena is full; `out` untouched. */
enum parse dns_service(struct bytes data, struct arena *arena, struct dns_service *out);
/* "192.0.2.1" or "2001:db8::1" of 4 or 16 bytes; NULL when the arena is full. */
const char *dns_address_text(struct bytes raw, struct arena *arena);

#endif
