/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 << 10, BESIDE_MOST = 100, BESIDE_ROOM = 8 };

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

bool file_sync_names(int directory)
{
    return fsync(directory) == 0 || errno == EINVAL;
}

static enum status cannot_write(const char *name, struct fault *fault)
{
    return fault_set(fault, errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO,
            "%s: cannot be written: %s", name, strerror(errno));
}

/* Another's file, or one that a kill left, is not touched: the next number is tried. */
static int make_beside(int directory, const char *name, char beside[PATH_MAX])
{
    int fd = -1;

    errno = EEXIST;
    for (unsigned i = 0; fd < 0 && errno == EEXIST && i < BESIDE_MOST; i++) {
        (void)snprintf(beside, PATH_MAX, "%s.new%u", name, i);
        fd = openat(directory, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return fd;
}

/* Some file systems know no RENAME_NOREPLACE; a hard link refuses likewise. */
static bool move_to_free(int directory, const char *from, const char *to)
{
    if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return linkat(directory, from, directory, to, 0) == 0 && unlinkat(directory, from, 0) == 0;
}

/* A directory that only lets names be made cannot be opened, and is passed over. */
static bool sync_name(int directory, char path[PATH_MAX])
{
    char *slash = strrchr(path, '/');
    bool synced = true;
    int fd;

    memcpy(slash == NULL ? path : slash + 1, ".", sizeof("."));
    fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        synced = file_sync_names(fd);
        (void)close(fd);
    }
    return synced;
}

static enum status place(
        int directory, const char *name, struct bytes text, bool over, struct fault *fault)
{
    char beside[PATH_MAX];
    enum status status = STATUS_OK;
    int fd;

    if (strlen(name) + BESIDE_ROOM > sizeof(beside))
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long", name);
    fd = make_beside(directory, name, beside);
    if (fd < 0)
        return cannot_write(name, fault);
    if (file_write_all(fd, text) != text.n || fsync(fd) != 0)
        status = cannot_write(name, fault);
    if (close(fd) != 0 && status == STATUS_OK)
        status = cannot_write(name, fault);
    if (status == STATUS_OK && !(over ? renameat(directory, beside, directory, name) == 0
                                      : move_to_free(directory, beside, name)))
        status = errno == EEXIST ? STATUS_USAGE : cannot_write(name, fault);
    if (status != STATUS_OK)
        (void)unlinkat(directory, beside, 0);
    else if (!sync_name(directory, beside))
        status = cannot_write(name, fault);
    return status;
}

enum status file_replace(
        int directory, const char *name, struct bytes text, struct fault *fault)
{
    return place(directory, name, text, true, fault);
}

enum status file_create(int directory, const char *name, struct bytes text, struct fault *fault)
{
    return place(directory, name, text, false, fault);
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
