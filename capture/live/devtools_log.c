/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/devtools_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum { SECOND = 1000000000 };

static enum status cannot(struct fault *fault, const char *what)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

    return fault_set(fault, full ? STATUS_FULL : STATUS_IO, "cannot write %s: %s", what,
            strerror(errno));
}

enum status devtools_log_open(
        struct devtools_log *log, int directory, const char *name, struct fault *fault)
{
    char last = '\n';
    off_t end;

    *log = (struct devtools_log){.synced_ns = clock_steady_ns()};
    buf_init(&log->line, LOG_LINE);
    /* Readable too, to see how an earlier run ended. */
    log->fd =
            openat(directory, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log->fd < 0)
        return cannot(fault, name);
    end = lseek(log->fd, 0, SEEK_END);
    if (end > 0 && pread(log->fd, &last, 1, end - 1) == 1)
        log->torn = last != '\n';
    return end > 0 || file_sync_names(directory) ? STATUS_OK : cannot(fault, name);
}

void devtools_log_close(struct devtools_log *log)
{
    if (log->fd >= 0) {
        (void)fdatasync(log->fd);
        (void)close(log->fd);
    }
    log->fd = -1;
    buf_clear(&log->line);
}

/* log->line with its line feed, in one write. */
static enum status put_line(struct devtools_log *log, struct fault *fault)
{
    struct bytes line;
    size_t n;

    /* Room for the feed in front was left by begin_line. */
    line = bytes_slice(buf_view(&log->line), log->torn ? 0 : 1, log->line.n);
    n = file_write_all(log->fd, line);
    if (n == line.n) {
        log->torn = false;
        log->unsynced = true;
        return STATUS_OK;
    }
    if (n != 0)
        log->torn = true;
    return cannot(fault, "what the browser says");
}

static enum status begin_line(struct devtools_log *log)
{
    buf_reset(&log->line);
    return buf_append_u8(&log->line, '\n');
}

enum status devtools_log_line(struct devtools_log *log, struct bytes line, struct fault *fault)
{
    enum status status = begin_line(log);

    if (status == STATUS_OK)
        status = buf_append(&log->line, line);
    if (status == STATUS_OK)
        status = buf_append_u8(&log->line, '\n');
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory for a line of the recording");
    return put_line(log, fault);
}

/* JSON with line feeds between its values, on one line. In strings there are none. */
static void flatten(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\n' || p[i] == '\r')
            p[i] = ' ';
}

enum status devtools_log_add(struct devtools_log *log, struct bytes session, const char *method,
        struct bytes params, uint64_t bytes, struct fault *fault)
{
    enum status status = begin_line(log);
    struct json j;

    json_init(&j, &log->line);
    j.status = status;
    json_object(&j, NULL);
    json_time(&j, "time", clock_utc_ns());
    json_integer(&j, "monotonic_ns", clock_boot_ns());
    json_text(&j, "session", session);
    json_string(&j, "method", method);
    if (params.n != 0)
        json_raw(&j, "params", params);
    else
        json_null(&j, "params");
    if (params.n == 0 && bytes != 0)
        json_unsigned(&j, "bytes", bytes);
    json_end(&j);
    status = j.status == STATUS_OK ? buf_append_u8(&log->line, '\n') : j.status;
    if (status != STATUS_OK)
        return fault_set(fault, status, "out of memory for what the browser says");
    flatten(log->line.p + 1, log->line.n - 2);
    status = put_line(log, fault);
    if (log->line.capacity > LOG_PARAMS / 4)
        buf_clear(&log->line);
    return status;
}

enum status devtools_log_sync(struct devtools_log *log, bool now, struct fault *fault)
{
    int64_t time = clock_steady_ns();

    if (!log->unsynced || (!now && time - log->synced_ns < SECOND))
        return STATUS_OK;
    log->synced_ns = time;
    log->unsynced = false;
    if (fdatasync(log->fd) != 0 && errno != EINVAL)
        return cannot(fault, "what the browser says");
    return STATUS_OK;
}
