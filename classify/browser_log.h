/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_LOG_H
#define CLASSIFY_BROWSER_LOG_H

/*
 * What the browser said of itself while packets were captured: browser.jsonl, raw events of the
 * Chrome DevTools Protocol, one a line (doc/RECORDING.md). Lines are read in a stream; what
 * stays is one record for each request and each top-level document.
 *
 * The account can lack things, and says so only in part: a target is heard from the moment that
 * somebody attached to it, and the browser's own services speak of themselves nowhere. So it is
 * taken for what it says, never for what it leaves out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "capture/packet/packet.h"

enum {
    BROWSER_LINE_MOST = 8 << 20,     /* longer lines are passed over and counted */
    BROWSER_REQUESTS_MOST = 1 << 20, /* later ones are counted in `left_out` */
    BROWSER_NAMES_MOST = 1 << 20,    /* sessions, documents, texts: of each kind */
    BROWSER_PAGES_MOST = 1 << 18,
    BROWSER_URL_MOST = 64 << 10, /* of a web address; longer ones are cut */
    BROWSER_INLINE_MOST = 64,    /* of an address that holds its content: data: */
};

enum browser_frame {
    BROWSER_FRAME_UNKNOWN,
    BROWSER_FRAME_MAIN, /* of a tab's top-level document, or that document itself */
    BROWSER_FRAME_SUB,
    BROWSER_FRAME_WORKER,
};

const char *browser_frame_name(enum browser_frame frame); /* "main", … */

enum { BROWSER_NONE = -1 };

/* One request. A redirect is followed by a request of its own, a preflight is one, and so is
 * what opens a WebSocket. Texts are the log's; times are UTC, 0 when not told. */
struct browser_request {
    struct bytes id;          /* the browser's name for it; all hops of a redirect share it */
    struct bytes method, url; /* without fragment; ws: and wss: are http: and https: */
    struct bytes type;        /* "Document", "Image", …; "WebSocket" */
    struct bytes initiator, initiator_url; /* "parser", "script", …; where it stands */
    int64_t initiator_line;    /* from 0, as the browser counts; BROWSER_NONE: not told */
    int64_t initiator_request; /* its index: what a preflight is for, or BROWSER_NONE */
    int64_t redirect_from;     /* index of the hop before, or BROWSER_NONE */
    int64_t start_ns, sent_ns, end_ns;
    uint32_t page; /* 1 + index of the document it belongs to; 0: not known */
    enum browser_frame frame;
    uint64_t connection;    /* the browser's number for it; 0: not told */
    struct endpoint server; /* port 0: not told */
    uint32_t status;        /* as it travelled, where that was told; 0: no answer was told */
    uint64_t told;    /* digest of cookies and key of the header as it was sent, browser_told */
    uint8_t body[32]; /* SHA-256 of the body as far as it was told as text */
    uint64_t sent, received; /* WebSocket: text and binary messages */
    struct bytes error;      /* why it failed */
    bool has_body, has_told;
    bool socket;    /* it opens a WebSocket */
    bool navigates; /* it asks for a document, of a page or of a frame */
    bool wired;     /* its header was put together for the wire */
    bool answered, ended, failed, cancelled, blocked;
    bool from_disk, from_memory, from_worker;
    bool ahead;        /* it was fetched before somebody asked: prefetch, early hints */
    bool inside;       /* the answer is the browser's own: a redirect to https */
    uint32_t next_hop; /* private: 1 + index of the hop behind */
};

/* A top-level document of a tab. */
struct browser_page {
    struct bytes url; /* as it was when the document came to be shown */
    uint32_t tab;     /* from 1 */
    int64_t request;  /* index of the last hop that asked for it, or BROWSER_NONE */
    int64_t start_ns; /* of the first hop; 0: not told */
    bool shown; /* the tab came to show it, and not an error or a download instead of it */
};

struct browser_state;

struct browser_log {
    struct arena *arena;              /* owns all texts */
    struct browser_request *requests; /* owned; in the order they were told */
    size_t request_count, request_capacity;
    struct browser_page *pages; /* owned; likewise */
    size_t page_count, page_capacity;
    uint64_t lines, unread; /* those that are no event, were replaced, or are too long */
    uint64_t left_out;      /* requests past the caps */
    uint64_t
            orphans; /* answers to requests that were not told: their target was attached late */
    bool navigations;            /* it tells which documents came to be shown */
    bool cut;                    /* the last line has no end */
    bool lost;                   /* the account says itself that the browser's pipe ended */
    struct browser_state *state; /* private; NULL once it is sealed */
};

/* NULL: no memory. */
struct browser_log *browser_log_new(void);
void browser_log_free(struct browser_log *log); /* NULL is fine */
/* Takes the next bytes of the file, in pieces of any size. STATUS_NOMEM. */
MUST_USE enum status browser_log_push(struct browser_log *log, struct bytes data);
/* No more will come: links are resolved. Then it does not change any more. */
MUST_USE enum status browser_log_seal(struct browser_log *log);
/* A whole file. STATUS_MISSING, STATUS_IO with `fault`; a line that is no event is no error. */
MUST_USE enum status browser_log_read(
        const char *path, struct browser_log **out, struct fault *fault);

/* A digest of what tells requests for one address apart: `told` goes on from 0 over the values
 * of the fields Cookie (those of one request joined by "; ") and Sec-WebSocket-Key. */
uint64_t browser_told(uint64_t told, struct bytes value);

#endif
