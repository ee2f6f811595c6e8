/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_H
#define CAPTURE_LIVE_DEVTOOLS_H

/*
 * The Chrome DevTools Protocol over a pipe (--remote-debugging-pipe: JSON messages that end in
 * NUL) or, when `in` and `out` are one descriptor, a WebSocket (devtools_socket.h): listens to Network, Page and Target of every tab, frame and worker, writes down what
 * the browser says (browser.jsonl, doc/RECORDING.md), takes screenshots, reads the cookie jar.
 *
 * It puts nothing into pages. A new tab, frame of another site or worker waits for the moment
 * that it takes to say Network.enable and to be told to go on (Target.setAutoAttach with
 * waitForDebuggerOnStart, Runtime.runIfWaitingForDebugger): without that, on a page with frames
 * of four sites and workers, 26 to 30 of 47 requests were never told of; with it, none of 59
 * (Chromium 156). While our process is stopped, such new frames wait. A page that is on the
 * browser's command line is begun before anyone can listen: give it as `url` here instead.
 *
 * Never waits: devtools_step is called when the pipe is readable, and at least once a second.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

enum devtools_event_kind {
    DEVTOOLS_PAGE,   /* the top-level document of a tab changed: url */
    DEVTOOLS_LOADED, /* a tab's load event fired: url */
    /* A request to the network (http, https, ws, wss) begins: url; page: the top-level page's
     * url, NULL for workers that pages share. A redirect begins another. */
    DEVTOOLS_REQUEST,
    DEVTOOLS_RESPONSE,   /* url; from_cache */
    DEVTOOLS_SCREENSHOT, /* url; file; not ok, and no file, when none came within 10 s */
    DEVTOOLS_ANSWER,     /* to devtools_call: number, ok, json */
    DEVTOOLS_TAB_CLOSED,
    DEVTOOLS_LOST, /* the pipe ended */
};

struct devtools_event { /* borrowed until the next devtools_next */
    enum devtools_event_kind kind;
    const char *url, *page, *file;
    bool from_cache; /* HTTP cache, service worker or preload: not from the network now */
    uint64_t number;
    bool ok;
    struct bytes json;   /* of the "result" or "error" */
    const char *session; /* of the tab */
};

struct devtools;

struct devtools_setup {
    int in, out;   /* the browser's pipe; borrowed */
    int directory; /* DIR/raw: browser.jsonl, screens/, screens.jsonl, storage.json; borrowed */
    bool screens;  /* a screenshot at every load */
    const char *const *command_line; /* for exhibit.browser; ends in NULL; may be NULL */
    /* Opened in the first tab, once it is listened to (Page.navigate); NULL: nothing. */
    const char *url;
};

MUST_USE enum status devtools_new(
        const struct devtools_setup *setup, struct devtools **out, struct fault *fault);
/* Reads what is there and writes what waits. STATUS_FULL and STATUS_IO: the recording cannot be
 * written; STATUS_NOMEM. Events must be taken: while 1,024 wait, nothing more is read. */
MUST_USE enum status devtools_step(struct devtools *d, struct fault *fault);
bool devtools_wants_to_write(const struct devtools *d); /* poll for POLLOUT on `out` */
MUST_USE bool devtools_next(struct devtools *d, struct devtools_event *out);

/* The tab that is in front as far as is known: the one that navigated or was made last. NULL: none. */
const char *devtools_front(const struct devtools *d);
const char *devtools_url(const struct devtools *d, const char *session); /* of a tab; NULL */
/* The i-th session of a frame of another process below a tab, at any depth; NULL behind the last. */
const char *devtools_frame(const struct devtools *d, const char *tab, size_t i);
unsigned devtools_open_requests(
        const struct devtools *d); /* begun and not finished, all tabs */
/* Those of them whose response has not begun. A page need not read what it was answered, and the
 * end of such a request is told late or never. */
unsigned devtools_unanswered(const struct devtools *d);
int64_t devtools_quiet_ns(
        const struct devtools *d); /* CLOCK_MONOTONIC since the last network event */
/* A PNG of the front tab's viewport; DEVTOOLS_SCREENSHOT tells when it is written. `why` and
 * `mark` (0: none) go into screens.jsonl. */
MUST_USE enum status devtools_screenshot(
        struct devtools *d, const char *why, unsigned mark, struct fault *fault);
/* The privacy notice that the person points at: a screenshot and, beside it, the page as it is
 * laid out (DOMSnapshot.captureSnapshot, which only reads) as screens/NNNN.dom.json when it has
 * at most 16 MiB; the line in screens.jsonl then has "links": those whose text speaks of privacy
 * or cookies, with place and font size in CSS pixels. Frames of other processes are not in it;
 * "frames_elsewhere" counts them. DEVTOOLS_SCREENSHOT tells when it is written. */
MUST_USE enum status devtools_notice(struct devtools *d, unsigned mark, struct fault *fault);
/* Cookies of all contexts and, for each open tab's origins, names of its storage, with sizes and
 * hashes of the values: storage.json. What did not come within 10 s is said there to be
 * missing. DEVTOOLS_ANSWER with number 0 tells when it is written. */
MUST_USE enum status devtools_storage(struct devtools *d, struct fault *fault);
/* Sends any command, in a session or ("") to the browser, and gives its number. `params` is JSON of an object.
 * Written down as exhibit.called. For controlled runs (cli/guide) and Browser.close. */
MUST_USE enum status devtools_call(struct devtools *d, const char *session, const char *method,
        const char *params, uint64_t *number, struct fault *fault);
void devtools_free(struct devtools *d); /* NULL is fine */

#endif
