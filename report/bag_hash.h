/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_BAG_HASH_H
#define REPORT_BAG_HASH_H

/* The three digests every file of a bag has, computed in one reading of it. */

#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

struct bag_hash {
    uint64_t bytes;
    uint8_t sha256[32];
    uint8_t sha512[64];
    uint8_t sm3[32];
};

/* The same for bytes that come in pieces. */
struct bag_hasher;
struct bag_hasher *bag_hasher_new(void);    /* NULL: out of memory */
void bag_hasher_free(struct bag_hasher *h); /* NULL is fine */
void bag_hasher_add(struct bag_hasher *h, struct bytes data);
void bag_hasher_finish(struct bag_hasher *h, struct bag_hash *out);

/*
 * Hashes the file at `path`; when `copy_fd` is not -1, each piece is also written there.
 * Refuses anything but a regular file, and follows no symbolic link in the last place.
 */
MUST_USE enum status bag_hash_file(
        const char *path, int copy_fd, struct bag_hash *out, struct fault *fault);

#endif
