/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_LOG_H
#define CAPTURE_LIVE_DEVTOOLS_LOG_H

/*
 * Files of JSON lines that only grow (doc/RECORDING.md): one write for each line, synced about
 * once a second. A line that a full disk cut short is followed by a line feed before the next.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/json.h"

enum {
    LOG_PARAMS = 4 << 20, /* the longest that is kept of a message */
    LOG_LINE = 3 * LOG_PARAMS,
};

struct devtools_log {
    int fd;
    bool torn, unsynced;
    int64_t synced_ns; /* CLOCK_MONOTONIC */
    struct buf line;
};

MUST_USE enum status devtools_log_open(
        struct devtools_log *log, int directory, const char *name, struct fault *fault);
void devtools_log_close(struct devtools_log *log);
/* {"time":…,"monotonic_ns":…,"session":…,"method":…,"params":…}; `params` is JSON, or empty for
 * null, and then `bytes`, unless 0, says how long they were. */
MUST_USE enum status devtools_log_add(struct devtools_log *log, struct bytes session,
        const char *method, struct bytes params, uint64_t bytes, struct fault *fault);
/* A whole line without its line feed. */
MUST_USE enum status devtools_log_line(
        struct devtools_log *log, struct bytes line, struct fault *fault);
/* Syncs when a second has passed since the last time, or `now`. */
MUST_USE enum status devtools_log_sync(struct devtools_log *log, bool now, struct fault *fault);

#endif
