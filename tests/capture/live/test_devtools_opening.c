/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/live/devtools_pipe.h"
#include "capture/live/devtools_socket.h"
#include "tests/support/oom.h"

#define UUID "/devtools/browser/9fae5bd5-a0f1-497d-b6b2-cbb9d1a4b2b5"

/* RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static const char agreed[] =
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n";

/* A copy of just this size: one byte too far is seen. */
static uint8_t *exactly(const void *from, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);

    assert_non_null(copy);
    return memcpy(copy, from, n);
}

static void proves_the_key_as_the_rfc_does(void **state)
{
    char accept[SOCKET_ACCEPT];

    (void)state;
    assert_true(devtools_socket_accept(KEY, accept));
    assert_string_equal(accept, ACCEPT);
}

static bool is_agreed(const char *head)
{
    return devtools_socket_agreed(bytes_text(head), ACCEPT);
}

static void opens_for_the_right_answer_only(void **state)
{
    (void)state;
    assert_true(is_agreed(agreed));
    for (size_t n = 0; n < sizeof(agreed) - 1; n++) {
        uint8_t *copy = exactly(agreed, n);

        assert_false(devtools_socket_agreed(bytes_of(copy, n), ACCEPT));
        free(copy);
    }
#define WITH(status, fields)                                                                   \
    "HTTP/1.1 " status " x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" fields "\r\n"
#define PROOF "Sec-WebSocket-Accept: " ACCEPT "\r\n"
    assert_true(is_agreed(WITH("101", PROOF)));
    assert_false(is_agreed(WITH("200", PROOF)));
    assert_false(is_agreed(WITH("101", "")));
    assert_false(is_agreed(WITH("101", PROOF PROOF)));
    assert_false(
            is_agreed(WITH("101", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n")));
    assert_false(is_agreed(WITH("101", PROOF "Sec-WebSocket-Extensions: x\r\n")));
    assert_false(is_agreed(WITH("101", PROOF "sec-websocket-protocol: x\r\n")));
    assert_false(is_agreed(
            "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n" PROOF "\r\n"));
}

static bool finds(const char *url, char path[SOCKET_PATH])
{
    char json[512];

    (void)snprintf(
            json, sizeof(json), "{\"Browser\":\"C/1\",\n\"webSocketDebuggerUrl\": %s}\n", url);
    return devtools_socket_path(bytes_text(json), 9222, path);
}

static void finds_the_browser_at_its_own_port_only(void **state)
{
    static const char json[] = "{ \"webSocketDebuggerUrl\": \"ws://127.0.0.1:9222" UUID "\" }";
    char path[SOCKET_PATH] = "", url[400];

    (void)state;
    for (size_t n = 0; n < sizeof(json) - 1; n++) {
        uint8_t *copy = exactly(json, n);

        assert_false(devtools_socket_path(bytes_of(copy, n), 9222, path));
        free(copy);
    }
    assert_true(devtools_socket_path(BYTES_LITERAL(json), 9222, path));
    assert_string_equal(path, UUID);
    path[0] = '\0';
    assert_false(finds("\"ws://127.0.0.1:92222" UUID "\"", path));
    assert_false(finds("\"ws://127.0.0.1:9223" UUID "\"", path));
    assert_false(finds("\"ws://127.0.0.2:9222" UUID "\"", path));
    assert_false(finds("\"wss://127.0.0.1:9222" UUID "\"", path));
    assert_false(finds("\"ws://127.0.0.1:9222/devtools/page/1\"", path));
    assert_false(finds("\"ws://127.0.0.1:9222/devtools/browser/a\\r\\nb\"", path));
    assert_false(finds("\"ws://127.0.0.1:9222/devtools/browser/a b\"", path));
    assert_false(finds("\"ws://127.0.0.1:9222\"", path));
    assert_false(finds("17", path));
    assert_false(finds("[]", path));
    (void)snprintf(
            url, sizeof(url), "\"ws://127.0.0.1:9222/devtools/browser/%0*d\"", SOCKET_PATH, 0);
    assert_false(finds(url, path));
    assert_string_equal(path, "");
}

/* --- against a server ------------------------------------------------------------------ */

enum manner {
    RIGHT,
    LATE,      /* nobody listens at first */
    SLOW,      /* its answers come byte by byte */
    NO_LENGTH, /* of the answer to /json/version */
    TOO_LONG,  /* likewise */
    SHORT,     /* likewise, and closes */
    ELSEWHERE, /* leads to another port */
    WRONG_PROOF,
    ENDLESS_HEAD,
    SILENT,
    ENDS, /* the browser, before it listens */
};

struct server {
    enum manner manner;
    int listener;
    uint16_t port;
    char asked[2][1024];
};

static void put(const struct server *s, int fd, const char *text)
{
    size_t n = strlen(text), step = s->manner == SLOW ? 1 : n;

    for (size_t i = 0; i < n; i += step) {
        (void)!send(fd, text + i, step, MSG_NOSIGNAL);
        if (s->manner == SLOW)
            (void)poll(NULL, 0, 1);
    }
}

static void answer_version(struct server *s, int fd)
{
    char body[300], text[700];

    (void)snprintf(body, sizeof(body),
            "{\"webSocketDebuggerUrl\":\"ws://127.0.0.1:%u" UUID "\"}",
            s->port + (s->manner == ELSEWHERE ? 1U : 0U));
    (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-%s: %zu\r\n\r\n%s",
            s->manner == NO_LENGTH ? "Size" : "Length",
            s->manner == TOO_LONG ? (size_t)SOCKET_BODY + 1
                                  : strlen(body) + (s->manner == SHORT),
            body);
    put(s, fd, text);
}

static void answer_upgrade(struct server *s, int fd)
{
    const char *at = strstr(s->asked[1], "Sec-WebSocket-Key: ");
    char key[25] = "", accept[SOCKET_ACCEPT] = "", text[300];

    if (at != NULL)
        (void)snprintf(key, sizeof(key), "%.24s", at + 19);
    (void)!devtools_socket_accept(key, accept);
    accept[0] = (char)(accept[0] ^ (s->manner == WRONG_PROOF));
    (void)snprintf(text, sizeof(text),
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: %s\r\n\r\n\x81\x02{}",
            accept);
    put(s, fd, text);
    if (s->manner == ENDLESS_HEAD)
        return;
    (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000); /* until it closes */
}

static void *serve(void *argument)
{
    struct server *s = argument;

    if (s->manner == LATE)
        (void)poll(NULL, 0, 150);
    if (s->manner == ENDS || listen(s->listener, 4) != 0)
        return NULL;
    for (unsigned i = 0; i < 2; i++) {
        struct pollfd at = {.fd = s->listener, .events = POLLIN};
        size_t n = 0;
        int fd;

        if (poll(&at, 1, 1000) != 1)
            return NULL;
        fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        while (strstr(s->asked[i], "\r\n\r\n") == NULL) {
            ssize_t got = read(fd, s->asked[i] + n, sizeof(s->asked[i]) - 1 - n);

            if (got <= 0)
                break;
            n += (size_t)got;
        }
        if (s->manner == SILENT)
            (void)poll(NULL, 0, 500);
        else if (s->manner == ENDLESS_HEAD)
            for (unsigned k = 0; k < 200; k++)
                put(s, fd,
                        "HTTP/1.1 200 OK\r\nx: "
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
                        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
        else if (i == 0)
            answer_version(s, fd);
        else
            answer_upgrade(s, fd);
        (void)close(fd);
    }
    return NULL;
}

/* Opens against a server of this manner; the fault's text, or "" when it went well. */
static const char *open_with(enum manner manner, struct server *s, long fail_at)
{
    static struct fault fault;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof(at);
    struct devtools_pipe p;
    struct devtools_message m;
    int sockets[2], ended[2];
    enum status status;
    pthread_t thread;
    bool got;

    memset(&fault, 0, sizeof(fault));
    *s = (struct server){.manner = manner};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &length), 0);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pipe2(ended, O_CLOEXEC), 0);
    for (unsigned i = 0; i < 2; i++)
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, s), 0);
    if (manner == ENDS)
        assert_int_equal(write(ended[1], "", 1), 1);
    oom_fail_at(fail_at);
    status = devtools_socket_open(
            sockets, s->port, ended[0], manner == SILENT ? 300 : 5000, &fault);
    if (fail_at != 0 && oom_happened())
        assert_int_equal(status, STATUS_NOMEM);
    oom_fail_at(0);
    assert_int_equal(sockets[0], -1);
    if (status == STATUS_OK) {
        /* What the browser says at once is not lost with the head. */
        assert_int_equal(devtools_pipe_init(&p, sockets[1], sockets[1], NULL), STATUS_OK);
        for (unsigned i = 0; i < 100 && !devtools_pipe_next(&p, &m); i++) {
            (void)poll(&(struct pollfd){.fd = sockets[1], .events = POLLIN}, 1, 100);
            assert_int_equal(devtools_pipe_read(&p, &got, NULL), STATUS_OK);
        }
        assert_true(bytes_is(m.text, "{}"));
        devtools_pipe_clear(&p);
    }
    (void)close(sockets[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(s->listener);
    (void)close(ended[0]);
    (void)close(ended[1]);
    assert_int_equal(status == STATUS_OK, fault.text[0] == '\0');
    return fault.text;
}

static void opens_a_browsers_socket(void **state)
{
    struct server s;

    (void)state;
    assert_string_equal(open_with(RIGHT, &s, 0), "");
    assert_memory_equal(s.asked[0], "GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:", 44);
    assert_memory_equal(s.asked[1], "GET " UUID " HTTP/1.1\r\n", sizeof(UUID) + 13);
    assert_null(strstr(s.asked[1], "Origin"));
    assert_string_equal(open_with(LATE, &s, 0), "");
    assert_string_equal(open_with(SLOW, &s, 0), "");
}

static void says_why_it_did_not_open(void **state)
{
    static const struct {
        enum manner manner;
        const char *text;
    } table[] = {
            {NO_LENGTH, "does not tell its version"},
            {TOO_LONG, "does not tell its version"},
            {SHORT, "closed the connection"},
            {ELSEWHERE, "does not tell the browser's address"},
            {WRONG_PROOF, "does not open a WebSocket"},
            {ENDLESS_HEAD, "answers with too long a head"},
            {SILENT, "in time"},
            {ENDS, "ended before it opened its DevTools port"},
    };
    struct server s;

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *text = open_with(table[i].manner, &s, 0);

        if (strstr(text, table[i].text) == NULL)
            fail_msg("manner %u: \"%s\"", table[i].manner, text);
    }
}

static void opening_survives_every_failed_allocation(void **state)
{
    struct server s;
    long n = 1;

    (void)state;
    while (n < 20 && strstr(open_with(RIGHT, &s, n), "out of memory") != NULL)
        n++;
    assert_in_range(n, 2, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(proves_the_key_as_the_rfc_does),
            cmocka_unit_test(opens_for_the_right_answer_only),
            cmocka_unit_test(finds_the_browser_at_its_own_port_only),
            cmocka_unit_test(opens_a_browsers_socket),
            cmocka_unit_test(says_why_it_did_not_open),
            cmocka_unit_test(opening_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
