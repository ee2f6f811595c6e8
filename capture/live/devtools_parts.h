/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_PARTS_H
#define CAPTURE_LIVE_DEVTOOLS_PARTS_H

/* What the files of devtools share; nobody else includes this. */

#include "capture/live/devtools.h"
#include "capture/live/devtools_log.h"
#include "capture/live/devtools_pipe.h"
#include "capture/live/devtools_scan.h"

enum {
    SESSIONS_MOST = 1024, /* followed; messages of more are written down all the same */
    REQUESTS_MOST = 8192, /* open at once */
    CALLS_MOST = 4096,    /* answers waited for */
    EVENTS_MOST = 1024,   /* waiting for devtools_next; then reading stops */
    SHOTS_MOST = 16,      /* screenshots asked for and not yet made */
    ORIGINS_MOST = 512,   /* of devtools_storage */
    ID_MOST = 128,        /* bytes of an identifier of the browser's */
    URL_MOST = 64 << 10,
    TEXT_MOST = 32 << 20, /* of storage.json */
};

/* Target.setAutoAttach; see devtools.h on the wait. */
#define DEVTOOLS_ATTACH "{\"autoAttach\":true,\"waitForDebuggerOnStart\":true,\"flatten\":true}"
/* DOMSnapshot.captureSnapshot: only reads what is laid out. */
#define DEVTOOLS_SNAPSHOT                                                                      \
    "{\"computedStyles\":[\"font-size\",\"visibility\",\"opacity\",\"position\"],"             \
    "\"includeDOMRects\":true}"
#define DEVTOOLS_WAIT_NS (INT64_C(10) * 1000000000) /* for a screenshot, and for the storage */

enum call_kind {
    CALL_PLAIN,  /* only a refusal matters, and is written down */
    CALL_CALLER, /* devtools_call */
    CALL_VERSION,
    CALL_READY, /* a tab is listened to; `round` is its session */
    CALL_METRICS,
    CALL_SNAPSHOT,
    CALL_SHOT,
    CALL_CONTEXTS,
    CALL_COOKIES,
    CALL_TREE,
    CALL_LOCAL_ITEMS,
    CALL_SESSION_ITEMS,
    CALL_DATABASES,
};

struct devtools_wait { /* an answer that is waited for */
    uint64_t number;
    enum call_kind kind;
    uint64_t round; /* of the screenshot or of the storage: an answer to an older one is late */
    size_t index;
};

struct devtools_session {
    uint64_t serial, parent; /* 0: the browser itself */
    char *id, *target, *kind;
    char *url; /* of the top-level document (pages); may be NULL */
    bool tab;
    bool ready;  /* is listened to: what was asked of it first is answered */
    bool inside; /* the browser's own surface: browser_ui and the like */
    uint64_t touched;
};

struct devtools_request {
    uint64_t hash; /* of its identifier */
    uint64_t session;
    bool cached, answered;
};

struct devtools_shot {
    char why[32];
    unsigned mark;
    bool notice;
    uint64_t session; /* serial of the tab */
};

struct devtools_metrics { /* CSS pixels */
    int64_t width, height, scroll_x, scroll_y;
    int64_t scale; /* thousandths: device pixels for each; 0: unknown */
};

struct devtools_origin {
    uint64_t session;
    char *origin;
    struct buf local, session_items, databases; /* JSON arrays; empty: no answer */
};

struct devtools_screens {
    int directory; /* screens/; -1: not made yet */
    unsigned number;
    struct devtools_shot queue[SHOTS_MOST]; /* the first is under way if `busy` */
    size_t n;
    bool busy;
    uint64_t round;
    int64_t deadline;
    struct devtools_metrics metrics;
    char *url;
    struct buf extra; /* members of the line, from the snapshot */
};

struct devtools_stores {
    bool busy;
    uint64_t round;
    int64_t deadline;
    size_t waiting, unanswered;
    struct buf cookies;
    bool cookies_known;
    struct devtools_origin origins[ORIGINS_MOST];
    size_t n;
    bool more; /* origins than that */
};

/* A line of our own in browser.jsonl, while its params are written. */
struct devtools_note {
    struct buf text;
    struct json json;
};

struct devtools {
    struct devtools_pipe pipe;
    struct devtools_log log;
    int directory;
    bool screens_wanted;
    char **command_line;                              /* owned; NULL */
    char *first_url;                                  /* owned; NULL once it was opened */
    struct devtools_session *sessions[SESSIONS_MOST]; /* owned */
    size_t session_count;
    uint64_t serials, touches;
    struct devtools_request requests[REQUESTS_MOST];
    size_t request_count;
    struct devtools_wait waits[CALLS_MOST];
    size_t wait_count;
    uint64_t numbers;
    struct devtools_event events[EVENTS_MOST]; /* texts owned */
    size_t event_begin, event_count;
    struct devtools_event current; /* handed out; texts owned */
    int64_t network_ns;            /* CLOCK_MONOTONIC of the last network event */
    bool lost_said;
    struct devtools_screens shots;
    struct devtools_stores stores;
    struct fault *fault; /* of the call that is under way */
};

/* A message's parts, borrowed from it. */
struct devtools_said {
    struct bytes method, params, result, error, session;
    uint64_t number;
    bool answer;
};

/* devtools.c */
struct bytes devtools_view(const char *text); /* "" for NULL */
/* Sends a command and writes it down. `session` is NULL for the browser. */
MUST_USE enum status devtools_send(struct devtools *d, const char *session, const char *method,
        struct bytes params, const struct devtools_wait *wait, uint64_t *number);
/* Puts a copy of an event in the queue. */
MUST_USE enum status devtools_tell(struct devtools *d, struct devtools_event event);
MUST_USE enum status devtools_nomem(struct devtools *d);

/* devtools.c: begins the params, an object; and ends them and writes the line. */
struct json *devtools_note_begin(struct devtools_note *note);
MUST_USE enum status devtools_note_end(struct devtools *d, struct devtools_note *note,
        struct bytes session, const char *method);

/* devtools_target.c */
struct devtools_session *devtools_session_of(const struct devtools *d, struct bytes id);
struct devtools_session *devtools_session_at(const struct devtools *d, uint64_t serial);
/* The tab that a session belongs to; NULL: none (workers shared by pages). */
struct devtools_session *devtools_tab_of(const struct devtools *d, struct devtools_session *s);
struct devtools_session *devtools_front_tab(const struct devtools *d);
MUST_USE enum status devtools_target_event(
        struct devtools *d, const struct devtools_said *said, bool *taken);
/* Opens devtools_setup.url, once the tab that is to show it is listened to. */
MUST_USE enum status devtools_ready(struct devtools *d, uint64_t session);
void devtools_targets_clear(struct devtools *d);

/* devtools_network.c */
MUST_USE enum status devtools_network_event(
        struct devtools *d, const struct devtools_said *said, struct devtools_session *s);
void devtools_network_forget(struct devtools *d, uint64_t session);

/* devtools_screen.c */
MUST_USE enum status devtools_shoot(
        struct devtools *d, const char *why, unsigned mark, bool notice);
/* Of one tab, by serial. */
MUST_USE enum status devtools_shoot_tab(
        struct devtools *d, uint64_t tab, const char *why, unsigned mark, bool notice);
MUST_USE enum status devtools_screen_answer(
        struct devtools *d, const struct devtools_wait *wait, const struct devtools_said *said);
MUST_USE enum status devtools_screen_tick(struct devtools *d);
void devtools_screens_clear(struct devtools *d);
/* Makes a file in DIR/raw/screens, syncs it, and gives its hash. */
MUST_USE enum status devtools_screen_file(
        struct devtools *d, const char *ending, struct bytes data, char sha256[SHA256_TEXT]);

/* devtools_notice.c: a snapshot's links, as members of the screenshot's line. */
MUST_USE enum status devtools_notice_answer(
        struct devtools *d, const struct devtools_said *said);
/* Writes "links":[…] of a DOMSnapshot.captureSnapshot result; false when it is none. */
MUST_USE enum status devtools_notice_links(struct bytes snapshot,
        const struct devtools_metrics *metrics, struct json *j, bool *understood);

/* devtools_storage.c */
MUST_USE enum status devtools_storage_answer(
        struct devtools *d, const struct devtools_wait *wait, const struct devtools_said *said);
MUST_USE enum status devtools_storage_tick(struct devtools *d);
void devtools_storage_clear(struct devtools *d);

#endif
