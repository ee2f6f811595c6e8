/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_HTTP_WS_FRAME_H
#define CAPTURE_HTTP_WS_FRAME_H

/* The header of a WebSocket frame, RFC 6455 section 5.2, and its mask, section 5.3. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

enum { WS_MASK = 4, WS_RSV1 = 4, WS_RSV2 = 2, WS_RSV3 = 1 };

struct ws_frame {
    bool fin;
    uint8_t rsv;    /* WS_RSV1, WS_RSV2, WS_RSV3 */
    uint8_t opcode; /* enum ws_opcode, or a reserved one */
    bool masked;
    uint8_t mask[WS_MASK];
    uint64_t length; /* of the payload, below 2^63 */
};

/* Of the first byte of a header: fin, rsv and opcode. */
struct ws_frame ws_frame_first(uint8_t byte);

/* Takes a header from the front. PARSE_MORE: too short. PARSE_BAD: a length of 2^63 or more. On
 * both nothing is taken. A length written longer than needed is read as browsers read it. */
MUST_USE enum parse ws_frame_take(struct bytes *in, struct ws_frame *out);

MUST_USE bool ws_frame_is_control(const struct ws_frame *f);
/* "text", "binary", "continuation", "close", "ping", "pong"; NULL for a reserved opcode. */
const char *ws_opcode_name(uint8_t opcode);

/* Writes `in` without its mask to `out`, which has room for it; `at` is the offset of its first
 * byte in the payload. A frame without mask is copied. */
void ws_frame_unmask(const struct ws_frame *f, uint64_t at, struct bytes in, uint8_t *out);

#endif
