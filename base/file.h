/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

/* Whole files: key logs, lists and tables in memory, and what is written. Captures are read by
 * capture/. */

#include "base/buf.h"
#include "base/digest.h"
#include "base/fault.h"

/*
 * Appends the file to `out`, whose limit bounds it. `what` names it in messages ("key log").
 * STATUS_MISSING when it does not exist, STATUS_IO when it cannot be read, STATUS_INPUT when it
 * passes the limit, STATUS_NOMEM; `fault` says which file, why and what to do.
 */
MUST_USE enum status file_read(
        const char *path, const char *what, struct buf *out, struct fault *fault);

/* Writes all of it, however often a signal interrupts; returns how many bytes were written: fewer
 * than `data` has when it failed, and errno says why. */
MUST_USE size_t file_write_all(int fd, struct bytes data);

/* SHA-256 of a file of any size as lower-case hex. STATUS_MISSING, STATUS_IO, STATUS_NOMEM;
 * anything but a regular file is STATUS_INPUT. */
MUST_USE enum status file_sha256(const char *path, char out[SHA256_TEXT], struct fault *fault);

#endif
