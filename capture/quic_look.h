/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_QUIC_LOOK_H
#define CAPTURE_QUIC_LOOK_H

/* What the streams of a QUIC connection carry: by its ALPN, or else by what a stream begins with. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "capture/item.h"

enum quic_content {
    QUIC_CONTENT_UNKNOWN,
    QUIC_CONTENT_OTHER, /* an application protocol that is not read */
    QUIC_CONTENT_HTTP3, /* RFC 9114 and its drafts */
    QUIC_CONTENT_DNS,   /* RFC 9250 */
};

/* By the selected ALPN; UNKNOWN for NULL. */
enum quic_content quic_look_alpn(const char *alpn);

/* By the bytes that one direction of a stream begins with: HTTP3, or UNKNOWN. */
enum quic_content quic_look_stream(uint64_t stream, enum direction dir, struct bytes first);

/* Of HTTP/3: is it a stream that never ends before the connection does (RFC 9114 section 6.2.1, RFC
 * 9204 section 4.2)? */
MUST_USE bool quic_look_endless(uint64_t stream, struct bytes first);

#endif
