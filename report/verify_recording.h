/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_VERIFY_RECORDING_H
#define REPORT_VERIFY_RECORDING_H

/*
 * Checks what a recording chained while it ran (doc/RECORDING.md), which no manifest made later
 * can: the lines of data/raw/chain.jsonl and the segments they name, the lines of
 * data/custody/log.jsonl, and the screenshots that data/raw/screens.jsonl names.
 *
 * A segment without a line was open when the recording broke off: no fault if session.json or
 * the custody log says that it did.
 */

#include "report/bag_hash.h"
#include "report/verify.h"

/* A file of the case as it is on the disk. */
struct verify_file {
    const char *name;            /* "data/raw/keys.log" */
    const struct bag_hash *hash; /* NULL: not a regular file, or not readable */
};

/*
 * `files` are all of the case, by name. Fills v->recorded and adds faults to `v`. v->recorded
 * stays zero when the case is of no recording. STATUS_NOMEM; what cannot be read is a fault of
 * the case.
 */
MUST_USE enum status verify_recording(const char *root, const struct verify_file *files,
        size_t n, struct verify *v, struct fault *fault);

#endif
