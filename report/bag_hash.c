/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Small enough to stay in a core's cache while three digests and a write go over it. */
enum { PIECE = 256 << 10, DIGESTS = 3 };

static const enum digest_kind kinds[DIGESTS] = {DIGEST_SHA256, DIGEST_SHA512, DIGEST_SM3};

struct bag_hasher {
    struct digest *digests[DIGESTS];
    uint64_t bytes;
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
    for (int i = 0; i < DIGESTS; i++)
        digest_add(h->digests[i], data);
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

enum status bag_hash_bytes(struct bytes data, struct bag_hash *out)
{
    struct bag_hasher *h = bag_hasher_new();

    if (h == NULL)
        return STATUS_NOMEM;
    bag_hasher_add(h, data);
    bag_hasher_finish(h, out);
    bag_hasher_free(h);
    return STATUS_OK;
}

static enum status write_all(int fd, struct bytes data)
{
    while (data.n != 0) {
        ssize_t n = write(fd, data.p, data.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return STATUS_IO;
        data.p += n;
        data.n -= (size_t)n;
    }
    return STATUS_OK;
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
        if (copy_fd != -1 && write_all(copy_fd, bytes_of(piece, (size_t)n)) != STATUS_OK)
            status = fault_set(fault, STATUS_IO,
                    "copying %s into the case failed after %llu bytes: %s; is the disk full?",
                    path, (unsigned long long)total, strerror(errno));
    }
    free(piece);
    return status;
}

enum status bag_hash_file(
        const char *path, int copy_fd, struct bag_hash *out, struct fault *fault)
{
    /* A named pipe would block the open without O_NONBLOCK; files do not mind it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct bag_hasher *hasher;
    enum status status;
    struct stat about;

    if (fd == -1)
        return fault_set(fault, STATUS_IO, "%s: cannot be opened for reading: %s", path,
                strerror(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(fd);
        return fault_set(fault, STATUS_IO, "%s: is not a regular file", path);
    }
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    hasher = bag_hasher_new();
    status = hasher == NULL ? fault_set(fault, STATUS_NOMEM, "out of memory")
                            : read_through(fd, copy_fd, hasher, path, fault);
    if (status == STATUS_OK)
        bag_hasher_finish(hasher, out);
    bag_hasher_free(hasher);
    (void)close(fd);
    return status;
}
