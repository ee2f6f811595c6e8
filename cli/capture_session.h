/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CAPTURE_SESSION_H
#define CLI_CAPTURE_SESSION_H

/* session.json of `exhibit capture`: that of a recording (cli/session.h) without a browser, with what
 * the capture was asked to do and what became of it. */

#include "cli/capture_run.h"

enum { CAPTURE_INTERRUPTIONS = 64, CAPTURE_SESSION_MOST = 4 << 20 };

struct capture_interruption {
    int64_t time_ns;
    char what[CAPTURE_TEXT];
};

struct capture_session {
    const struct capture_wish *wish;
    char device[CAPTURE_TEXT], filter[4096];
    char state[16]; /* "running", "ended", "interrupted" */
    const char *end;
    const char *keys; /* "refused", "not-checked", "found" */
    int64_t started_ns, ended_ns;
    uint32_t link, snaplen;
    struct capturer_report report;
    struct capture_interruption interruptions[CAPTURE_INTERRUPTIONS]; /* the latest ones */
    size_t interruption_count;
};

/* Puts it in place of the one that is there. `text` as of capture_run. */
MUST_USE enum status capture_session_write(
        int directory, const struct capture_session *s, struct buf *text, struct fault *fault);
/* What an earlier run left: fills in device, filter, state, keys, started and interruptions.
 * STATUS_INPUT when there is none that can be gone on with. */
MUST_USE enum status capture_session_read(
        const char *path, struct capture_session *s, struct fault *fault);
void capture_session_interrupted(struct capture_session *s, int64_t time_ns, const char *what);

#endif
