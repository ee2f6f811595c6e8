/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_LIVE_DEVTOOLS_PEER_H
#define TESTS_CAPTURE_LIVE_DEVTOOLS_PEER_H

/* A browser that says over a pipe what a test wants it to. Included after cmocka.h. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "capture/live/devtools_parts.h"

enum { FILE_MOST = 64 << 20 };

#define ATTACH_TAB                                                                             \
    "{\"method\":\"Target.attachedToTarget\",\"params\":{\"sessionId\":\"S1\",\"targetInfo\":" \
    "{\"targetId\":\"T1\",\"type\":\"page\",\"title\":\"\",\"url\":\"about:blank\"},"          \
    "\"waitingForDebugger\":true}}"
/* The answer to the third command that is sent to it. */
#define READY_TAB "{\"id\":5,\"result\":{},\"sessionId\":\"S1\"}"
#define ATTACH_FRAME                                                                           \
    "{\"method\":\"Target.attachedToTarget\",\"params\":{\"sessionId\":\"S2\",\"targetInfo\":" \
    "{\"targetId\":\"T2\",\"type\":\"iframe\",\"url\":\"\"},\"waitingForDebugger\":true},"     \
    "\"sessionId\":\"S1\"}"
#define NAVIGATED                                                                              \
    "{\"method\":\"Page.frameNavigated\",\"params\":{\"frame\":{\"id\":\"T1\",\"url\":"        \
    "\"https://a.test/\\u4f60\",\"urlFragment\":\"#top\"}},\"sessionId\":\"S1\"}"
#define REQUEST                                                                                \
    "{\"method\":\"Network.requestWillBeSent\",\"params\":{\"requestId\":\"7.1\",\"request\":" \
    "{\"url\":\"https://b.test/p?x=1\",\"method\":\"GET\"},\"type\":\"Script\"},"              \
    "\"sessionId\":\"S2\"}"
#define CACHED                                                                                 \
    "{\"method\":\"Network.requestServedFromCache\",\"params\":{\"requestId\":\"7.1\"},"       \
    "\"sessionId\":\"S2\"}"
#define RESPONSE                                                                               \
    "{\"method\":\"Network.responseReceived\",\"params\":{\"requestId\":\"7.1\",\"response\":" \
    "{\"url\":\"https://b.test/p?x=1\",\"fromDiskCache\":false}},\"sessionId\":\"S2\"}"
#define FINISHED                                                                               \
    "{\"method\":\"Network.loadingFinished\",\"params\":{\"requestId\":\"7.1\"},"              \
    "\"sessionId\":"                                                                           \
    "\"S2\"}"
#define LOADED                                                                                 \
    "{\"method\":\"Page.loadEventFired\",\"params\":{\"timestamp\":1.5},\"sessionId\":\"S1\"}"
#define DETACHED "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"S1\"}}"

/* 1 x 1, grey. */
#define PNG                                                                                    \
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJg" \
    "gg=="
#define PNG_SHA256 "a1abfd410973b0111c215baa879b9edcd739e601659ba44168269767cc2e9108"

/* A page with one link, and a frame at 100,50 (device pixels) with another. */
#define SNAPSHOT                                                                               \
    "{\"documents\":[{\"documentURL\":0,\"nodes\":{\"parentIndex\":[-1,0,1,0],\"nodeName\":["  \
    "1,2,3,4],\"attributes\":[[],[5,6],[],[]],\"contentDocumentIndex\":{\"index\":[3],"        \
    "\"value\":[1]}},\"layout\":{\"nodeIndex\":[1,2,3],\"text\":[-1,7,-1],\"bounds\":[["       \
    "0,0,9,9],[20,40,60,20],[100,50,300,150]],\"styles\":[[],[8,9],[]]}},{\"documentURL\":0,"  \
    "\"scrollOffsetX\":0,\"scrollOffsetY\":10,\"nodes\":{\"parentIndex\":[-1,0],\"nodeName\":" \
    "[10,3],\"attributes\":[[],[]]},\"layout\":{\"nodeIndex\":[1],\"text\":[11],\"bounds\":["  \
    "[4,1300,20,20]],\"styles\":[[8,9]]}}],\"strings\":[\"https://a/\",\"HTML\",\"A\","        \
    "\"#text\",\"IFRAME\",\"href\",\"/p\",\"Our PRIVACY\",\"12px\",\"visible\",\"button\","    \
    "\"\\u9690\\u79c1\"]}"

struct peer {
    char place[40];
    int directory, from[2], to[2]; /* from the browser, to the browser */
    struct devtools *devtools;
};

static inline void peer_open(struct peer *p)
{
    strcpy(p->place, "/tmp/test_devtools.XXXXXX");
    assert_non_null(mkdtemp(p->place));
    p->directory = open(p->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p->directory >= 0);
    assert_int_equal(pipe2(p->from, O_CLOEXEC), 0);
    assert_int_equal(pipe2(p->to, O_CLOEXEC), 0);
    assert_true(fcntl(p->from[1], F_SETPIPE_SZ, 1 << 20) >= 0);
    assert_int_equal(fcntl(p->to[0], F_SETFL, O_NONBLOCK), 0);
    p->devtools = NULL;
}

static inline enum status peer_listen(struct peer *p, const char *url)
{
    static const char *const command_line[] = {"chromium", "--flag", NULL};
    struct devtools_setup setup = {.in = p->from[0],
            .out = p->to[1],
            .directory = p->directory,
            .screens = true,
            .command_line = command_line};

    setup.url = url;
    return devtools_new(&setup, &p->devtools, NULL);
}

/* A peer that is listened to. */
static inline void peer_begin(struct peer *p)
{
    peer_open(p);
    assert_int_equal(peer_listen(p, NULL), STATUS_OK);
}

static inline void peer_close(struct peer *p)
{
    char command[80];

    devtools_free(p->devtools);
    for (size_t i = 0; i < 2; i++) {
        if (p->from[i] >= 0)
            close(p->from[i]);
        if (p->to[i] >= 0)
            close(p->to[i]);
    }
    close(p->directory);
    (void)snprintf(command, sizeof(command), "rm -rf %s", p->place);
    assert_int_equal(system(command), 0);
}

/* Of a group whose tests get a peer that is listened to as their state. */
#define PEER_TEST(f) cmocka_unit_test_setup_teardown(f, peer_enter, peer_leave)

static inline int peer_enter(void **state)
{
    struct peer *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    peer_begin(p);
    *state = p;
    return 0;
}

static inline int peer_leave(void **state)
{
    peer_close(*state);
    free(*state);
    return 0;
}

static inline void say_bytes(struct peer *p, const char *text, size_t n)
{
    assert_int_equal(write(p->from[1], text, n), (ssize_t)n);
}

static inline void say(struct peer *p, const char *message)
{
    say_bytes(p, message, strlen(message) + 1);
}

/* Has the tab of ATTACH_TAB opened, so that it is ready. */
static inline void say_tab(struct peer *p)
{
    say(p, ATTACH_TAB);
    say(p, READY_TAB);
}

/* What was sent to the browser, with its NULs as line feeds; good until the next call. */
static inline const char *heard(struct peer *p)
{
    static char text[1 << 16];
    ssize_t n = read(p->to[0], text, sizeof(text) - 1);

    if (n < 0)
        n = 0;
    for (ssize_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = '\n';
    text[n] = '\0';
    return text;
}

static inline void step(struct peer *p)
{
    struct fault fault = {0};

    if (devtools_step(p->devtools, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

/* The events that wait, as a text: "PAGE url;…". */
static inline const char *events(struct peer *p)
{
    static const char *const names[] = {
            "page", "loaded", "request", "response", "screenshot", "answer", "closed", "lost"};
    static char text[1 << 14];
    struct devtools_event e;
    size_t n = 0;

    text[0] = '\0';
    while (devtools_next(p->devtools, &e))
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s%s%s%s%s;", names[e.kind],
                e.url == NULL ? "-" : e.url, e.page == NULL ? "" : " on ",
                e.page == NULL ? "" : e.page, e.from_cache ? " cached" : "",
                e.kind == DEVTOOLS_ANSWER || e.kind == DEVTOOLS_SCREENSHOT
                        ? (e.ok ? " ok" : " not ok")
                        : "");
    return text;
}

static inline void read_file(struct peer *p, const char *name, struct buf *out)
{
    struct fault fault = {0};
    char path[100];

    (void)snprintf(path, sizeof(path), "%s/%s", p->place, name);
    buf_init(out, FILE_MOST);
    if (file_read(path, "file", out, &fault) != STATUS_OK || buf_append_u8(out, 0) != STATUS_OK)
        fail_msg("%s", fault.text);
}

/* Lines of browser.jsonl, each JSON by itself, from their "session" on: what does not depend on
 * the clock. */
static inline void read_lines(struct peer *p, struct buf *out)
{
    struct bytes rest, line;
    struct buf text;

    read_file(p, "browser.jsonl", &text);
    buf_init(out, FILE_MOST);
    rest = bytes_slice(buf_view(&text), 0, text.n - 1);
    while (bytes_take_line(&rest, &line)) {
        size_t at;

        assert_true(scan_is_whole(line));
        assert_true(bytes_is_utf8(line));
        assert_true(bytes_find(line, BYTES_LITERAL("\"session\""), 0, &at));
        assert_int_equal(buf_append(out, bytes_slice(line, at, line.n)), STATUS_OK);
        assert_int_equal(buf_append_u8(out, '\n'), STATUS_OK);
    }
    assert_int_equal(rest.n, 0);
    assert_int_equal(buf_append_u8(out, '\0'), STATUS_OK);
    buf_clear(&text);
}

static inline void assert_has(const struct buf *text, const char *part)
{
    if (strstr((const char *)text->p, part) == NULL)
        fail_msg("no \"%s\" in:\n%.4000s", part, (const char *)text->p);
}

#endif
