/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/devtools_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    STEP = 64 << 10,
    KEEP = 1 << 20, /* memory that stays with an empty buffer */
};

static bool unblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

enum status devtools_pipe_init(struct devtools_pipe *p, int in, int out, struct fault *fault)
{
    *p = (struct devtools_pipe){.in = in, .out = out, .socket = in == out};
    buf_init(&p->read, PIPE_HOLD + STEP);
    buf_init(&p->waiting, PIPE_WAITING);
    if (!unblock(in) || !unblock(out))
        return fault_set(fault, STATUS_IO, "cannot use the browser's DevTools pipe: %s",
                strerror(errno));
    return STATUS_OK;
}

void devtools_pipe_clear(struct devtools_pipe *p)
{
    buf_clear(&p->read);
    buf_clear(&p->waiting);
}

/* What was handed out goes, so that the message that is coming in begins at 0. */
static void compact(struct devtools_pipe *p)
{
    if (p->begin == 0)
        return;
    buf_drop(&p->read, p->begin);
    p->searched -= p->begin;
    p->begin = 0;
    if (p->read.n == 0 && p->read.capacity > KEEP)
        buf_clear(&p->read);
}

/* A frame of ours; as much of what waits as the socket takes is written. */
static enum status answer(
        struct devtools_pipe *p, enum devtools_opcode opcode, struct bytes payload)
{
    enum status status;

    buf_drop(&p->waiting, p->written);
    p->written = 0;
    status = devtools_frame_add(&p->waiting, opcode, payload);
    devtools_pipe_flush(p);
    /* Of many pings not each must be answered (RFC 6455 section 5.5.3). */
    return status == STATUS_USAGE ? STATUS_OK : status;
}

/* What frames hold becomes messages that end in NUL. Room for one byte more than was read is
 * enough: any frame but the one that is under way brings two bytes of its own. */
static enum status unframe(struct devtools_pipe *p, struct bytes in)
{
    enum status status = STATUS_OK;
    struct devtools_piece piece;

    while (status == STATUS_OK && !p->lost && devtools_frames_next(&p->frames, &in, &piece)) {
        switch (piece.kind) {
        case PIECE_TEXT:
            status = buf_append(&p->read, piece.data);
            break;
        case PIECE_END:
            status = buf_append_u8(&p->read, '\0');
            break;
        case PIECE_PING:
            status = answer(p, OPCODE_PONG, piece.data);
            break;
        case PIECE_CLOSE:
            status = answer(p, OPCODE_CLOSE, (struct bytes){0});
            p->lost = true;
            break;
        case PIECE_BAD:
            p->lost = true;
            break;
        }
    }
    return status;
}

enum status devtools_pipe_read(struct devtools_pipe *p, bool *got, struct fault *fault)
{
    uint8_t frames[STEP];
    enum status status;
    ssize_t n;

    *got = false;
    if (p->lost)
        return STATUS_OK;
    compact(p);
    /* Longer than is held: only the head stays, the rest is counted. */
    if (p->read.n >= PIPE_HOLD || p->skipped != 0) {
        if (p->read.n > PIPE_HEAD) {
            p->skipped += p->read.n - PIPE_HEAD;
            p->read.n = PIPE_HEAD;
            p->searched = PIPE_HEAD;
        }
        if (p->skipped > PIPE_SKIP) {
            p->lost = true;
            return STATUS_OK;
        }
    }
    status = buf_reserve(&p->read, STEP);
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory for what the browser says");
    do {
        n = read(p->in, p->socket ? frames : p->read.p + p->read.n, STEP);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        *got = true;
        if (!p->socket)
            p->read.n += (size_t)n;
        else if (unframe(p, bytes_of(frames, (size_t)n)) != STATUS_OK)
            return fault_set(fault, STATUS_NOMEM, "out of memory for what the browser says");
    } else if (n == 0 || errno != EAGAIN) {
        p->lost = true;
    }
    return STATUS_OK;
}

bool devtools_pipe_next(struct devtools_pipe *p, struct devtools_message *out)
{
    const uint8_t *end;
    size_t at;

    if (p->searched == p->read.n)
        return false;
    end = memchr(p->read.p + p->searched, '\0', p->read.n - p->searched);
    if (end == NULL) {
        p->searched = p->read.n;
        return false;
    }
    at = (size_t)(end - p->read.p);
    out->bytes = at - p->begin + p->skipped;
    out->cut = p->skipped != 0;
    /* A head and the tail behind what was skipped are no text together. */
    out->text = bytes_slice(buf_view(&p->read), p->begin,
            out->cut && at - p->begin > PIPE_HEAD ? p->begin + PIPE_HEAD : at);
    p->begin = p->searched = at + 1;
    p->skipped = 0;
    return true;
}

/* write(2) without the signal that a reader who is gone would send to our process. */
static ssize_t write_quietly(int fd, const uint8_t *data, size_t n)
{
    struct timespec none = {0};
    sigset_t broken, before, pending;
    bool was_pending;
    ssize_t written;
    int error;

    (void)sigemptyset(&broken);
    (void)sigaddset(&broken, SIGPIPE);
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &broken, &before);
    do {
        written = write(fd, data, n);
    } while (written < 0 && errno == EINTR);
    error = errno;
    if (written < 0 && error == EPIPE && !was_pending)
        (void)sigtimedwait(&broken, NULL, &none);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

void devtools_pipe_flush(struct devtools_pipe *p)
{
    while (!p->lost && p->written < p->waiting.n) {
        ssize_t n = write_quietly(p->out, p->waiting.p + p->written, p->waiting.n - p->written);

        if (n > 0)
            p->written += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            return;
        else
            p->lost = true;
    }
    buf_reset(&p->waiting);
    p->written = 0;
}

enum status devtools_pipe_send(
        struct devtools_pipe *p, struct bytes message, struct fault *fault)
{
    enum status status;

    buf_drop(&p->waiting, p->written);
    p->written = 0;
    if (p->socket) {
        status = devtools_frame_add(&p->waiting, OPCODE_TEXT, message);
    } else {
        status = message.n == SIZE_MAX ? STATUS_USAGE : buf_reserve(&p->waiting, message.n + 1);
        if (status == STATUS_OK)
            status = buf_append(&p->waiting, message);
        if (status == STATUS_OK)
            status = buf_append_u8(&p->waiting, '\0');
    }
    if (status != STATUS_OK)
        return fault_set(fault, status,
                status == STATUS_NOMEM ? "out of memory for a command to the browser"
                                       : "the browser does not take commands any more");
    devtools_pipe_flush(p);
    return STATUS_OK;
}
