/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_PIPE_H
#define CAPTURE_LIVE_DEVTOOLS_PIPE_H

/*
 * Messages that end in NUL, over two descriptors, never waiting. What is too long to hold is
 * counted and skipped; a message without an end is a pipe that is lost. One descriptor for
 * both ways is a WebSocket (devtools_socket.h), whose messages become the same.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "capture/live/devtools_socket.h"

enum {
    PIPE_HOLD = 64 << 20,   /* the longest message that is handed out whole */
    PIPE_HEAD = 4 << 10,    /* what is kept of a longer one */
    PIPE_SKIP = 256 << 20,  /* the longest that is skipped */
    PIPE_WAITING = 8 << 20, /* of ours, not yet written */
};

struct devtools_pipe {
    int in, out;     /* borrowed, made non-blocking */
    struct buf read; /* from `begin`: the message that is coming in */
    size_t begin, searched;
    uint64_t skipped; /* bytes of it that were not kept */
    struct buf waiting;
    size_t written; /* of `waiting` */
    bool lost;
    bool socket; /* frames of a WebSocket, not messages that end in NUL */
    struct devtools_frames frames;
};

struct devtools_message {
    struct bytes text; /* without its NUL; only the head when `cut` */
    uint64_t bytes;    /* of the whole message */
    bool cut;
};

MUST_USE enum status devtools_pipe_init(
        struct devtools_pipe *p, int in, int out, struct fault *fault);
void devtools_pipe_clear(struct devtools_pipe *p);
/* Reads once; false when nothing is there or the pipe is lost. */
MUST_USE enum status devtools_pipe_read(
        struct devtools_pipe *p, bool *got, struct fault *fault);
/* The next whole message, borrowed until the next read. */
MUST_USE bool devtools_pipe_next(struct devtools_pipe *p, struct devtools_message *out);
/* Takes one message and writes as much as the pipe takes. STATUS_USAGE: too much waits. */
MUST_USE enum status devtools_pipe_send(
        struct devtools_pipe *p, struct bytes message, struct fault *fault);
void devtools_pipe_flush(struct devtools_pipe *p);

#endif
