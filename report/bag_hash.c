/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* SM3 takes as long as both SHA-2 together and cannot be split, so that in a file of this size
 * or more it runs on a thread of its own. */
enum { PARALLEL_LEAST = 16 << 20 };

/* Dirty pages are sent to the disk in steps of this size while copying goes on; the sync at the
 * end then has little left to wait for. */
enum { FLUSH_STEP = 8 << 20 };

/* Small enough to stay in a core's cache while three digests and a write go over it. */
enum { PIECE = 256 << 10, DIGESTS = 3 };

static const enum digest_kind kinds[DIGESTS] = {DIGEST_SHA256, DIGEST_SHA512, DIGEST_SM3};

struct bag_hasher {
    struct digest *digests[DIGESTS];
    uint64_t bytes;
    bool without_sm3; /* another thread computes it */
};

void bag_hasher_free(struct bag_hasher *h)
{
    if (h == NULL)
        return;
    for (int i = 0; i < DIGESTS; i++)
        digest_free(h->digests[i]);
    free(h);
}

struct bag_hasher *bag_hasher_new(void)
{
    struct bag_hasher *h = calloc(1, sizeof(*h));

    for (int i = 0; h != NULL && i < DIGESTS; i++) {
        h->digests[i] = digest_new(kinds[i]);
        if (h->digests[i] == NULL) {
            bag_hasher_free(h);
            return NULL;
        }
    }
    return h;
}

void bag_hasher_add(struct bag_hasher *h, struct bytes data)
{
    h->bytes += data.n;
    for (int i = 0; i < DIGESTS; i++) {
        if (!h->without_sm3 || kinds[i] != DIGEST_SM3)
            digest_add(h->digests[i], data);
    }
}

void bag_hasher_finish(struct bag_hasher *h, struct bag_hash *out)
{
    uint8_t *into[DIGESTS] = {out->sha256, out->sha512, out->sm3};
    uint8_t raw[DIGEST_MOST];

    out->bytes = h->bytes;
    for (int i = 0; i < DIGESTS; i++) {
        digest_finish(h->digests[i], raw);
        memcpy(into[i], raw, digest_length(kinds[i]));
    }
}

/* Reads to the end; `hash` is filled on success. */
static enum status read_through(
        int fd, int copy_fd, struct bag_hasher *hasher, const char *path, struct fault *fault)
{
    uint8_t *piece = malloc(PIECE);
    enum status status = STATUS_OK;
    uint64_t total = 0;

    if (piece == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    while (status == STATUS_OK) {
        ssize_t n = read(fd, piece, PIECE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = fault_set(fault, STATUS_IO, "%s: reading at offset %llu failed: %s", path,
                    (unsigned long long)total, strerror(errno));
        if (n <= 0)
            break;
        bag_hasher_add(hasher, bytes_of(piece, (size_t)n));
        total += (uint64_t)n;
        if (copy_fd != -1 && total % FLUSH_STEP < (uint64_t)n)
            (void)sync_file_range(copy_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        if (copy_fd != -1 && file_write_all(copy_fd, bytes_of(piece, (size_t)n)) != (size_t)n)
            status = fault_set(fault, STATUS_IO,
                    "copying %s into the case failed after %llu bytes: %s; is the disk full?",
                    path, (unsigned long long)total, strerror(errno));
    }
    free(piece);
    return status;
}

/* The thread that computes SM3 alone, over the same file. */
struct sm3_task {
    int fd;
    bool ok;
    uint8_t sm3[32];
};

static void *compute_sm3(void *argument)
{
    struct sm3_task *task = argument;
    struct digest *digest = digest_new(DIGEST_SM3);
    uint8_t *piece = malloc(PIECE), raw[DIGEST_MOST];
    off_t at = 0;
    ssize_t n = -1;

    while (digest != NULL && piece != NULL) {
        n = pread(task->fd, piece, PIECE, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        digest_add(digest, bytes_of(piece, (size_t)n));
        at += n;
    }
    if (n == 0) {
        digest_finish(digest, raw);
        memcpy(task->sm3, raw, sizeof(task->sm3));
        task->ok = true;
    }
    digest_free(digest);
    free(piece);
    return NULL;
}

/* All of the file, with SM3 on a second thread when it is large. */
static enum status hash_open(int fd, off_t size, int copy_fd, struct bag_hash *out,
        const char *path, struct fault *fault)
{
    struct bag_hasher *hasher = bag_hasher_new();
    struct sm3_task task = {.fd = fd};
    enum status status;
    pthread_t thread;

    if (hasher == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    hasher->without_sm3 =
            size >= PARALLEL_LEAST && pthread_create(&thread, NULL, compute_sm3, &task) == 0;
    status = read_through(fd, copy_fd, hasher, path, fault);
    if (hasher->without_sm3) {
        (void)pthread_join(thread, NULL);
        if (!task.ok && status == STATUS_OK)
            status = fault_set(fault, STATUS_IO, "%s: reading it for SM3 failed", path);
    }
    if (status == STATUS_OK) {
        bag_hasher_finish(hasher, out);
        if (hasher->without_sm3)
            memcpy(out->sm3, task.sm3, sizeof(out->sm3));
    }
    bag_hasher_free(hasher);
    return status;
}

enum status bag_hash_file(
        const char *path, int copy_fd, struct bag_hash *out, struct fault *fault)
{
    /* A named pipe would block the open without O_NONBLOCK; files do not mind it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat about, after;
    enum status status;

    if (fd == -1)
        return fault_set(fault, STATUS_IO, "%s: cannot be opened for reading: %s", path,
                strerror(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(fd);
        return fault_set(fault, STATUS_IO, "%s: is not a regular file", path);
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    status = hash_open(fd, about.st_size, copy_fd, out, path, fault);
    /* Digests of two readings must be of the same bytes. */
    if (status == STATUS_OK && (fstat(fd, &after) != 0 || after.st_size != about.st_size ||
                                       after.st_mtim.tv_sec != about.st_mtim.tv_sec ||
                                       after.st_mtim.tv_nsec != about.st_mtim.tv_nsec))
        status = fault_set(fault, STATUS_IO,
                "%s: changed while it was read; stop what writes to it and try again", path);
    (void)close(fd);
    return status;
}
