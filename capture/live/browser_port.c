/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/live/browser_parts.h"
#include "capture/live/descriptors.h"

/*
 * A DevTools port inside the recording's network, in place of a pipe.
 *
 * Chromium makes navigator.webdriver true for every pipe and for port 0, not for another port,
 * and the flag that takes it back puts a warning bar into the window. The port is bound to
 * 127.0.0.1 of a namespace that holds the browser and nothing else: no other program of the
 * machine and none outside reaches it (the joiners forward no ports inwards), and its packets
 * are on `lo`, not on the interface that is captured.
 *
 * Pages are inside. What they could do there, Chromium 156 refuses, which test_browser_port
 * tries: a WebSocket, because a page always sends an Origin and none was allowed
 * (--remote-allow-origins is not given); reading any answer, because none has
 * Access-Control-Allow-Origin; names that lead to 127.0.0.1, by the Host field; making a tab
 * (/json/new), because that takes PUT, which needs a preflight that is not answered. A command
 * is thus out of reach: it takes the WebSocket. Closing or showing a tab by GET takes its
 * identifier of 128 random bits. What a page can learn is that something answers at a port of
 * 127.0.0.1, after finding it among 22,768; a page from elsewhere may not even ask without the
 * person's permission in versions that guard the local network.
 */

enum {
    /* Below the ports that the kernel gives to the browser's own connections. */
    PORT_FIRST = 10000,
    PORT_COUNT = 22768,
    TRIES = 64,
};

struct word { /* from the child */
    int error;
    uint16_t port;
};

/* --- in the child: only what is async-signal-safe ---------------------------------------- */

static int find_free(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (unsigned i = 0; i < TRIES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;
        uint32_t random;

        if (fd < 0 || getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return errno;
        *port = (uint16_t)(PORT_FIRST + random % PORT_COUNT);
        at.sin_port = htons(*port);
        error = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : errno;
        (void)close(fd);
        if (error != EADDRINUSE)
            return error;
    }
    return EADDRINUSE;
}

static int make_sockets(int out[2])
{
    for (unsigned i = 0; i < 2; i++) {
        out[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (out[i] < 0)
            return errno;
    }
    return 0;
}

static void child(const struct isolation *isolation, int to)
{
    struct word word = {0};
    int sockets[2];

    word.error = isolation_enter(isolation);
    if (word.error == 0)
        word.error = find_free(&word.port);
    if (word.error == 0)
        word.error = make_sockets(sockets);
    _exit(descriptors_send(to, &word, sizeof(word), sockets, word.error == 0 ? 2 : 0) ? 0 : 1);
}

/* --- in the parent ----------------------------------------------------------------------- */

static int receive(int from, struct word *word, int sockets[2])
{
    int fds[DESCRIPTORS_MOST];
    size_t count;
    ssize_t n;

    do {
        n = descriptors_take(from, word, sizeof(*word), fds, &count);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(*word))
        return n < 0 ? errno : EIO;
    if (word->error != 0)
        return word->error;
    if (count != 2)
        return EIO;
    memcpy(sockets, fds, 2 * sizeof(int));
    return 0;
}

enum status browser_port_choose(
        const struct isolation *isolation, uint16_t *port, int sockets[2], struct fault *fault)
{
    struct word word = {0};
    int pair[2], error;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fault_set(fault, STATUS_IO, "cannot make a socket: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        child(isolation, pair[1]);
    error = pid < 0 ? errno : 0;
    (void)close(pair[1]);
    if (pid > 0) {
        error = receive(pair[0], &word, sockets);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    (void)close(pair[0]);
    if (error != 0)
        return fault_set(fault, STATUS_IO,
                "cannot find a port for DevTools in the recording's network: %s",
                strerror(error));
    *port = word.port;
    return STATUS_OK;
}
