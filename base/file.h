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

/* Makes what is called in an open directory last: without this a power cut may take the name of a new
 * file, and with it all that it holds. False with errno; a file system that cannot is no failure. */
MUST_USE bool file_sync_names(int directory);

/*
 * Puts a file of this text, for its owner only (0600), in the place of the one called `name`: a kill,
 * a power cut or a failure leaves the old one or the new one, whole. A link of that name is replaced,
 * not followed. `name` is a path below the open `directory`, or any path with AT_FDCWD. It is
 * written beside its place, as "NAME.new0" or the next number that is free, and synced; only a kill
 * leaves such a file behind. STATUS_FULL when the disk or the quota is, STATUS_IO, STATUS_USAGE when
 * the path is too long.
 */
MUST_USE enum status file_replace(
        int directory, const char *name, struct bytes text, struct fault *fault);
/* The same where there is nothing yet. STATUS_USAGE when something is there already, a broken link
 * too; `fault` is left alone then, for what to do is the caller's to say. */
MUST_USE enum status file_create(
        int directory, const char *name, struct bytes text, struct fault *fault);

/* SHA-256 of a file of any size as lower-case hex. STATUS_MISSING, STATUS_IO, STATUS_NOMEM;
 * anything but a regular file is STATUS_INPUT. */
MUST_USE enum status file_sha256(const char *path, char out[SHA256_TEXT], struct fault *fault);

#endif
