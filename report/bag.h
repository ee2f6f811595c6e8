/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_BAG_H
#define REPORT_BAG_H

/*
 * Writes a case directory as a BagIt 1.0 bag (RFC 8493), once and whole: everything goes into
 * a temporary sibling directory, is synced to disk, and is then renamed to its final name. A
 * kill at any moment leaves either no case or a whole one.
 *
 * Payload names are relative ("data/raw/x.pcapng") and use only [A-Za-z0-9._/-], because bag
 * tools disagree about anything else. Big files are copied and hashed on a second thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

struct bag;

/*
 * Creates the temporary directory beside `target`. An existing, non-empty target is refused
 * with STATUS_USAGE, unless `overwrite` and it is a bag; it is then replaced at the end.
 */
MUST_USE enum status bag_begin(
        const char *target, bool overwrite, struct bag **out, struct fault *fault);
/* Removes everything that was written unless bag_finish succeeded. NULL is fine. */
void bag_free(struct bag *b);

/* The temporary directory, for those who write payload files themselves (body spool); such
 * files are found and hashed by bag_finish. Borrowed. */
const char *bag_directory(const struct bag *b);

/* Makes a directory (and its parents) inside the bag. */
MUST_USE enum status bag_directory_make(struct bag *b, const char *name, struct fault *fault);
/* Writes a whole file. */
MUST_USE enum status bag_write(
        struct bag *b, const char *name, struct bytes content, struct fault *fault);
/* A file written piece by piece. */
struct bag_stream;
MUST_USE enum status bag_stream_open(
        struct bag *b, const char *name, struct bag_stream **out, struct fault *fault);
MUST_USE enum status bag_stream_write(
        struct bag_stream *s, struct bytes piece, struct fault *fault);
/* Ends it. `status` is that of the writer so far: unless STATUS_OK the file is given up and
 * `status` is returned. */
MUST_USE enum status bag_stream_close(
        struct bag_stream *s, enum status status, struct fault *fault);

/* Copies the file at `path`, byte for byte; begins at once on the second thread. Its failure is
 * told by bag_wait or bag_finish. */
MUST_USE enum status bag_copy(
        struct bag *b, const char *path, const char *name, struct fault *fault);
/* Waits until all copies are done. */
MUST_USE enum status bag_wait(struct bag *b, struct fault *fault);
/* SHA-256 of a file written or copied into the bag so far, as hex; false when unknown. */
MUST_USE bool bag_sha256(struct bag *b, const char *name, char out[SHA256_TEXT]);

/* Facts for bag-info.txt. NULL members are left out. */
struct bag_info {
    const char *description;
    const char *identifier; /* "urn:uuid:…" */
    const char *date;       /* YYYY-MM-DD */
    const char *profile;
};

/*
 * Hashes what is not hashed yet, writes manifest-sha256.txt, manifest-sha512.txt,
 * tags/sm3sum.txt, bag-info.txt, bagit.txt and tagmanifest-sha256.txt, syncs and renames.
 * Files outside data/ written before (VERIFY.txt, verify.sh) become tag files.
 */
MUST_USE enum status bag_finish(
        struct bag *b, const struct bag_info *info, struct fault *fault);

/* True for a relative name of allowed characters without "." and ".." parts. */
MUST_USE bool bag_name_allowed(const char *name);

#endif
