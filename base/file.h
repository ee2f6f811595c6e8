/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

/* A whole file in memory: for key logs, lists and tables. Captures are read by capture/. */

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

/* SHA-256 of a file of any size as lower-case hex. STATUS_MISSING, STATUS_IO, STATUS_NOMEM;
 * anything but a regular file is STATUS_INPUT. */
MUST_USE enum status file_sha256(const char *path, char out[SHA256_TEXT], struct fault *fault);

#endif
