/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_BROWSER_STATE_H
#define CLASSIFY_BROWSER_STATE_H

/* What reading a browser's account needs while it goes on: shared by browser_log, browser_page
 * and browser_request. */

#include "base/json.h"
#include "base/line_reader.h"
#include "classify/browser_log.h"
#include "classify/browser_names.h"

enum browser_target {
    BROWSER_TARGET_OTHER, /* extensions, the browser itself */
    BROWSER_TARGET_PAGE,
    BROWSER_TARGET_FRAME,
    BROWSER_TARGET_WORKER,
    BROWSER_TARGET_SERVICE, /* service and shared workers: of any number of tabs */
};

struct browser_session {
    enum browser_target kind;
    struct bytes target;
    uint32_t tab;     /* 1 + index; 0: none */
    uint32_t service; /* number of the service worker; 0: none */
    uint32_t page;    /* of a worker: the document it belongs to */
};

struct browser_tab {
    uint32_t page;   /* 1 + index of the document that is shown */
    uint32_t newest; /* of the one that was asked for last */
};

/* What stands behind a name: a document, of a tab or of a frame. */
struct browser_document {
    uint32_t page; /* the top-level document it is or is part of; 0: not known */
};

/* What was told of the header of a request, or of its answer, before the request itself. */
struct browser_extra {
    struct browser_extra *next;
    uint64_t told;
    uint32_t status;
    bool wired;
};

struct browser_extras {
    struct browser_extra *first, *last;
    size_t n;
    uint32_t hop;     /* 1 + index of the first hop that still waits for one */
    uint32_t session; /* that brings them: the same may come in several */
    bool brought;
};

/* All hops that share one name. */
struct browser_chain {
    uint32_t first, last; /* 1 + index */
    uint32_t session;
    int64_t offset_ns; /* from the browser's monotonic clock to UTC */
    struct browser_extras sent, received;
};

struct browser_state {
    struct browser_names sessions, tabs, services, documents, chains, texts;
    struct browser_session *session; /* owned; by number - 1, as all below */
    size_t session_count, session_capacity;
    struct browser_tab *tab;
    size_t tab_count, tab_capacity, tab_base; /* tabs of runs before */
    uint32_t *service;                        /* the tab of a service worker; 0: of several */
    size_t service_count, service_capacity;
    struct browser_document *document;
    size_t document_count, document_capacity;
    struct browser_chain *chain;
    size_t chain_count, chain_capacity;
    struct bytes *text;
    size_t text_count, text_capacity;
    struct bytes *waiting; /* by request: the name of the one it is for; owned */
    size_t waiting_capacity, resolved;
    struct line_reader reader;
};

/* Makes room for one element more in an owned array. False: no memory. */
MUST_USE bool browser_room(void **array, size_t count, size_t *capacity, size_t size);
/*
 * The number of a name, given anew when it has none: `count` + 1, and the name is kept. 0 when
 * there is no room; `*status` tells when that is for want of memory.
 */
uint32_t browser_number(struct browser_log *log, struct browser_names *names, struct bytes name,
        size_t count, enum status *status);
/* A text kept once, cut to `most` bytes. False: no memory. */
MUST_USE bool browser_keep(
        struct browser_log *log, struct bytes text, size_t most, struct bytes *out);
/* A member that is a string; empty when it is none. */
struct bytes browser_text_of(const struct json_value *object, const char *key);
/* Seconds, as the protocol has them, in nanoseconds; false when it is no such number. */
MUST_USE bool browser_seconds(const struct json_value *v, int64_t *ns);

/* browser_page.c */
MUST_USE enum status browser_attach(struct browser_log *log, struct bytes above,
        struct bytes session, const struct json_value *target);
MUST_USE enum status browser_navigated(
        struct browser_log *log, uint32_t session, const struct json_value *params);
/* Sets page and frame of the request at `index`, which was just told with `params`. */
MUST_USE enum status browser_place(struct browser_log *log, uint32_t session, size_t index,
        const struct json_value *params);

/* browser_request.c: each takes the parameters of an event. */
MUST_USE enum status browser_requested(
        struct browser_log *log, uint32_t session, const struct json_value *params);
MUST_USE enum status browser_socket_made(
        struct browser_log *log, uint32_t session, const struct json_value *params);
/* Links what names another request of the same run. */
void browser_resolve(struct browser_log *log);

/* browser_answer.c: likewise; `chain` is the one that the parameters name. */
struct browser_request *browser_last(struct browser_log *log, const struct browser_chain *c);
int64_t browser_time(const struct browser_chain *c, const struct json_value *params);
void browser_take_answer(struct browser_request *r, const struct browser_chain *c,
        const struct json_value *response);
void browser_take_extras(struct browser_log *log, struct browser_chain *c, uint32_t hop);
/* The hop in hand had none, or has ended with none. */
void browser_pass_extras(struct browser_log *log, struct browser_chain *c, uint32_t hop);
MUST_USE enum status browser_extra_sent(struct browser_log *log, struct browser_chain *c,
        uint32_t session, const struct json_value *params);
MUST_USE enum status browser_extra_received(struct browser_log *log, struct browser_chain *c,
        uint32_t session, const struct json_value *params);
void browser_answered(
        struct browser_log *log, struct browser_chain *c, const struct json_value *params);
MUST_USE enum status browser_ended(struct browser_log *log, struct browser_chain *c,
        const struct json_value *params, bool failed);
void browser_socket_told(struct browser_log *log, struct browser_chain *c, uint32_t session,
        struct bytes event, const struct json_value *params);

#endif
