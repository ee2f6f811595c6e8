/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

/* session.json of a recording: what was recorded, how, and how it ended (doc/RECORDING.md). One whose
 * state is still "running" when no such process is there was broken off. */

#include "base/fault.h"
#include "base/json.h"
#include "capture/live/browser.h"
#include "capture/live/isolation.h"

enum { SESSION_INTERRUPTIONS_MOST = 32 };

struct session {            /* all borrowed; NULL or 0: not known (yet) */
    const char *state;      /* "running", "ended", "interrupted" */
    const char *class_name; /* "ordinary", "controlled" */
    bool automated;
    const char *url, *end;
    int64_t started_ns, ended_ns;
    char *const *command_line; /* ends in NULL */
    const struct isolation_facts *isolation;
    const struct browser_facts *browser;
    enum third_party_cookies cookies;
    const char *browser_user; /* NULL: as the recording itself */
    const char *home;         /* of the browser, when it is not the person's own */
    uint32_t link, snaplen;
    uint64_t ring_bytes;
    struct {
        int64_t time_ns;
        const char *what;
    } interruptions[SESSION_INTERRUPTIONS_MOST];
    size_t interruption_count;
};

/* Replaces session.json in the directory: a kill leaves the old one or the new one. */
MUST_USE enum status session_write(int directory, const struct session *s, struct fault *fault);

/* What the session.json of `exhibit capture` has alike: the object and its members down to
 * command_line, and an element of interruptions. */
void session_begin(struct json *j, const struct session *s);
void session_interruption(struct json *j, int64_t time_ns, const char *what);

#endif
