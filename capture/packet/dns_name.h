/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_PACKET_DNS_NAME_H
#define CAPTURE_PACKET_DNS_NAME_H

/* Domain names in DNS messages (RFC 1035 section 4.1.4) and as text (RFC 4343 section 2.1). */

#include "base/bytes.h"

enum {
    DNS_NAME_WIRE_MOST = 255,                   /* RFC 1035 section 2.3.4 */
    DNS_NAME_TEXT = 4 * DNS_NAME_WIRE_MOST + 1, /* each byte as \DDD, and the NUL */
    DNS_JUMPS_MOST = 64, /* compression pointers in one name; real ones need two or three */
};

/*
 * Reads the name that starts at `*off` of `message` and moves `*off` behind it. Compression
 * pointers must lead backwards, so no loop is possible. The text has no dot at its end, but
 * for the root, which is "."; dots and backslashes within a label become \. and \\, bytes that
 * do not print \DDD; upper case stays. False, everything untouched, when it is malformed.
 */
MUST_USE bool dns_name_take(struct bytes message, size_t *off, char out[DNS_NAME_TEXT]);
/* Likewise, but a pointer is malformed (RFC 9460 section 2.2). Takes from the front of `b`. */
MUST_USE bool dns_name_take_plain(struct bytes *b, char out[DNS_NAME_TEXT]);
/* Whether two such texts name the same: ASCII letters in either case (RFC 4343). */
MUST_USE bool dns_name_equal(const char *a, const char *b);

#endif
