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
    *p = (struct devtools_pipe){.in = in, .out = out};
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

enum status devtools_pipe_read(struct devtools_pipe *p, bool *got, struct fault *fault)
{
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
        n = read(p->in, p->read.p + p->read.n, STEP);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        p->read.n += (size_t)n;
        *got = true;
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
    status = message.n == SIZE_MAX ? STATUS_USAGE : buf_reserve(&p->waiting, message.n + 1);
    if (status == STATUS_OK)
        status = buf_append(&p->waiting, message);
    if (status == STATUS_OK)
        status = buf_append_u8(&p->waiting, '\0');
    if (status != STATUS_OK)
        return fault_set(fault, status,
                status == STATUS_NOMEM ? "out of memory for a command to the browser"
                                       : "the browser does not take commands any more");
    devtools_pipe_flush(p);
    return STATUS_OK;
}
