/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_SOCKET_H
#define CAPTURE_LIVE_DEVTOOLS_SOCKET_H

/*
 * The client's side of a WebSocket (RFC 6455) to a browser's DevTools port: the opening, and
 * frames in and out. No extensions, texts only, as the browser speaks it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

enum {
    SOCKET_CONTROL = 125,   /* bytes of a control frame at the most; section 5.5 */
    SOCKET_FRAME = 14,      /* bytes of a frame that are not its payload, at the most */
    SOCKET_BODY = 64 << 10, /* of an answer in the opening; its head likewise */
    SOCKET_PATH = 128,
    SOCKET_ACCEPT = 29, /* base64 of 20 bytes, and a NUL */
};

enum devtools_opcode { /* section 5.2 */
    OPCODE_MORE = 0,
    OPCODE_TEXT = 1,
    OPCODE_BINARY = 2,
    OPCODE_CLOSE = 8,
    OPCODE_PING = 9,
    OPCODE_PONG = 10,
};

/* What comes in, cut anywhere. Begins zeroed; owns nothing. */
struct devtools_frames {
    uint8_t head[10];
    size_t head_n;
    bool head_done; /* the payload is coming in */
    uint64_t left;  /* of it */
    bool final, in_message, over;
    enum devtools_opcode opcode;
    uint8_t control[SOCKET_CONTROL];
    size_t control_n;
};

enum devtools_piece_kind {
    PIECE_TEXT,  /* more of the message */
    PIECE_END,   /* it is whole */
    PIECE_PING,  /* to be answered with this */
    PIECE_CLOSE, /* the last */
    PIECE_BAD,   /* likewise: a frame that a browser may not send, or a NUL in a text */
};

struct devtools_piece {
    enum devtools_piece_kind kind;
    struct bytes data; /* borrowed: TEXT from the input, PING and CLOSE until the next call */
};

/* Takes from `in` up to the next piece; false, with `in` empty, when more is needed. */
MUST_USE bool devtools_frames_next(
        struct devtools_frames *f, struct bytes *in, struct devtools_piece *out);
/* Appends a final frame, masked with a random key (section 5.3). STATUS_USAGE: over the limit of
 * `out`; STATUS_NOMEM, STATUS_IO: no randomness; `out` is unchanged then. */
MUST_USE enum status devtools_frame_add(
        struct buf *out, enum devtools_opcode opcode, struct bytes payload);

/*
 * Connects, and asks for the browser's WebSocket. `sockets` are two that do not block, not yet
 * connected, in the browser's network namespace (where a socket is made decides that, not who
 * connects it). The first asks /json/version and is closed and -1 afterwards; the second is the
 * WebSocket on STATUS_OK, and in any state otherwise. Tries anew while nobody listens yet.
 * STATUS_IO: not within so many milliseconds, or `ended` (a descriptor; -1: none) became
 * readable, or what answers is no DevTools. STATUS_NOMEM.
 */
MUST_USE enum status devtools_socket_open(
        int sockets[2], uint16_t port, int ended, int milliseconds, struct fault *fault);

/* The path in "webSocketDebuggerUrl" of /json/version; false unless it leads to this port. */
MUST_USE bool devtools_socket_path(struct bytes json, uint16_t port, char out[SOCKET_PATH]);
/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2); false: out of memory. */
MUST_USE bool devtools_socket_accept(const char *key, char out[SOCKET_ACCEPT]);
/* Whether an answer's head, with its empty line, opens the WebSocket (section 4.1). */
MUST_USE bool devtools_socket_agreed(struct bytes head, const char *accept);

#endif
