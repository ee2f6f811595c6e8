/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 << 10 };

enum status file_read(const char *path, const char *what, struct buf *out, struct fault *fault)
{
    FILE *file = fopen(path, "rbe");
    enum status status = STATUS_OK;
    uint8_t piece[STEP];
    size_t n = 1;

    if (file == NULL)
        return fault_set(fault, errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                "%s: cannot open this %s: %s", path, what, strerror(errno));
    while (status == STATUS_OK && (n = fread(piece, 1, sizeof(piece), file)) != 0)
        status = buf_append(out, bytes_of(piece, n));
    if (status == STATUS_USAGE)
        status = fault_set(fault, STATUS_INPUT, "%s: a %s has at most %zu MiB", path, what,
                out->limit >> 20);
    else if (status == STATUS_NOMEM)
        fault_set(fault, status, "out of memory while reading %s", path);
    else if (ferror(file))
        status = fault_set(
                fault, STATUS_IO, "%s: cannot read this %s: %s", path, what, strerror(errno));
    (void)fclose(file);
    return status;
}

static enum status digest_file(int fd, const char *path, struct digest *d, struct fault *fault)
{
    uint8_t piece[STEP];
    ssize_t got;

    do {
        got = read(fd, piece, sizeof(piece));
        if (got > 0)
            digest_add(d, bytes_of(piece, (size_t)got));
    } while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0 ? STATUS_OK
                    : fault_set(fault, STATUS_IO, "%s: cannot be read: %s", path,
                              strerror(errno));
}

size_t file_write_all(int fd, struct bytes data)
{
    size_t done = 0;

    while (done < data.n) {
        ssize_t n = write(fd, data.p + done, data.n - done < INT_MAX ? data.n - done : INT_MAX);

        if (n == 0)
            errno = EIO; /* a file takes something or says why not */
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    return done;
}

enum status file_sha256(const char *path, char out[SHA256_TEXT], struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* does not wait for a pipe */
    struct digest *d = digest_new(DIGEST_SHA256);
    enum status status = STATUS_OK;
    uint8_t raw[DIGEST_MOST];
    struct stat about;

    if (d == NULL)
        status = fault_set(fault, STATUS_NOMEM, "out of memory");
    else if (fd < 0 || fstat(fd, &about) != 0)
        status = fault_set(fault, errno == ENOENT ? STATUS_MISSING : STATUS_IO,
                "%s: cannot be opened: %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = fault_set(fault, STATUS_INPUT, "%s: is no regular file", path);
    else
        status = digest_file(fd, path, d, fault);
    if (status == STATUS_OK) {
        digest_finish(d, raw);
        digest_hex(bytes_of(raw, SHA256_BYTES), out);
    }
    digest_free(d);
    if (fd >= 0)
        (void)close(fd);
    return status;
}
