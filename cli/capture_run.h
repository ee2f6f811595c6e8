/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CAPTURE_RUN_H
#define CLI_CAPTURE_RUN_H

/*
 * `exhibit capture` at work: the directory with its session.json and custody log, the capture process, and
 * the loop that watches it. doc/RECORDING.md says what is on the disk.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "capture/live/capturer.h"

enum { CAPTURE_TEXT = 256 };

struct capture_wish {   /* all texts borrowed */
    const char *device; /* NULL with resume: the one of before */
    const char *directory;
    const char *filter;
    uint32_t snaplen;      /* 0: whole packets */
    uint64_t ring_bytes;   /* 0: the default, as below */
    uint64_t segment_most; /* bytes of a segment */
    int64_t segment_age_ns;
    uint64_t total_most; /* bytes of all segments */
    uint64_t free_least; /* bytes of the disk to leave free */
    int64_t duration_ns; /* 0: until it is told to end */
    bool promiscuous, resume, no_keys;
    bool quiet;
    char *const *command_line; /* ends in NULL */
};

struct capture_outcome {
    const char *end; /* "signal", "duration", "max-size", "full", "device", "failed" */
    struct capturer_report report;
    bool keys_appeared; /* although none were to be there */
};

/* Captures until the end. STATUS_OK when that was asked for; otherwise the reason. `out` is filled in whenever
 * a capture was begun (out->end is not NULL). `text`, when not NULL, takes the final session.json. */
MUST_USE enum status capture_run(const struct capture_wish *wish, struct capture_outcome *out,
        struct buf *text, struct fault *fault);

#endif
