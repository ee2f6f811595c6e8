/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_BROWSER_WORLD_H
#define TESTS_CLASSIFY_BROWSER_WORLD_H

/* The account of a browser, made by hand: lines of events, with ' for ". Include cmocka and
 * evidence_world.h first; times are those of that world. */

#include "base/buf.h"
#include "classify/browser_log.h"

enum { TOLD_MOST = 4 << 20 };

static inline void told_text(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++)
        assert_int_equal(buf_append_u8(b, (uint8_t)(*text == '\'' ? '"' : *text)), STATUS_OK);
}

static inline void told(
        struct buf *b, const char *session, const char *method, const char *params)
{
    char line[8192];

    (void)snprintf(line, sizeof(line),
            "{'time':'2026-01-01T00:00:00.000000Z','monotonic_ns':1,'session':'%s',"
            "'method':'%s','params':%s}\n",
            session, method, params);
    told_text(b, line);
}

static inline void told_target(struct buf *b, const char *above, const char *session,
        const char *type, const char *target)
{
    char params[512];

    (void)snprintf(params, sizeof(params),
            "{'sessionId':'%s','targetInfo':{'targetId':'%s','type':'%s','url':''}}", session,
            target, type);
    told(b, above, "Target.attachedToTarget", params);
}

/* The browser's monotonic clock stands at 1000 s when the world begins. */
static inline void told_request(struct buf *b, const char *session, const char *id,
        const char *loader, const char *frame, const char *type, const char *url, int ms,
        const char *more)
{
    char params[4096];
    double at = ms / 1e3;

    (void)snprintf(params, sizeof(params),
            "{'requestId':'%s','loaderId':'%s','documentURL':'https://d.test/','request':"
            "{'url':'%s','method':'GET','headers':{}},'timestamp':%.6f,'wallTime':%.6f,"
            "%s'type':'%s','frameId':'%s'%s}",
            id, loader, url, 1000 + at, (double)(WORLD_START / 1000000000) + at,
            strstr(more, "'initiator'") != NULL
                    ? ""
                    : "'initiator':{'type':'parser','url':'https://i.test/x','lineNumber':6},",
            type, frame, more);
    told(b, session, "Network.requestWillBeSent", params);
}

static inline void told_answer(struct buf *b, const char *session, const char *id, int status,
        int connection, int sent_ms, const char *more)
{
    char params[2048];

    (void)snprintf(params, sizeof(params),
            "{'requestId':'%s','timestamp':%.6f,'type':'x','hasExtraInfo':true,'response':"
            "{'url':'','status':%d,'headers':{},'connectionId':%d,'fromDiskCache':false,"
            "'timing':{'requestTime':%.6f,'sendStart':0}%s}}",
            id, 1000 + sent_ms / 1e3 + 0.05, status, connection, 1000 + sent_ms / 1e3, more);
    told(b, session, "Network.responseReceived", params);
}

static inline void told_navigated(struct buf *b, const char *session, const char *frame,
        const char *loader, const char *url)
{
    char params[1024];

    (void)snprintf(params, sizeof(params),
            "{'frame':{'id':'%s','loaderId':'%s','url':'%s'},'type':'Navigation'}", frame,
            loader, url);
    told(b, session, "Page.frameNavigated", params);
}

static inline void told_header(
        struct buf *b, const char *session, const char *id, const char *fields)
{
    char params[1024];

    (void)snprintf(params, sizeof(params), "{'requestId':'%s','headers':{':authority':'x'%s}}",
            id, fields);
    told(b, session, "Network.requestWillBeSentExtraInfo", params);
}

/* Sealed. */
static inline struct browser_log *told_log(const struct buf *b)
{
    struct browser_log *log = browser_log_new();

    assert_non_null(log);
    assert_int_equal(browser_log_push(log, buf_view(b)), STATUS_OK);
    assert_int_equal(browser_log_seal(log), STATUS_OK);
    return log;
}

#endif
