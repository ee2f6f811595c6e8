/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_LIVE_BROWSER_PLACE_H
#define TESTS_CAPTURE_LIVE_BROWSER_PLACE_H

/* What tests of browsers share: a directory that goes away at the end (KEEP=1 keeps it), a server
 * on the loopback device of a network of its own. Include cmocka first. */

#include <arpa/inet.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define CHROMIUM "/usr/lib/chromium/chromium"

enum { PORT = 8080, TEXT_FILE_MOST = 64 << 20 };

static char place[] = "/tmp/test_browser.XXXXXX";

static inline int make_place(void **state)
{
    (void)state;
    return mkdtemp(place) == NULL || chmod(place, 0755) != 0;
}

static inline int remove_place(void **state)
{
    char command[64];

    (void)state;
    if (getenv("KEEP") != NULL)
        return 0;
    (void)snprintf(command, sizeof(command), "rm -rf %s", place);
    return system(command);
}

/* Good for the next seven calls. */
static inline const char *path_of(const char *name)
{
    static char paths[8][256];
    static size_t turn;

    turn = (turn + 1) % 8;
    (void)snprintf(paths[turn], sizeof(paths[0]), "%s/%s", place, name);
    return paths[turn];
}

/* With a NUL behind it. */
static inline void read_text(const char *path, struct buf *out)
{
    struct fault fault = {0};

    buf_init(out, TEXT_FILE_MOST);
    if (file_read(path, "file", out, &fault) != STATUS_OK || buf_append_u8(out, 0) != STATUS_OK)
        fail_msg("%s", fault.text);
}

static inline int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* False with a spoken reason. */
static inline bool browser_can_start(bool network)
{
    if (access(CHROMIUM, X_OK) != 0)
        printf("skip: no Chromium at " CHROMIUM "\n");
    else if (geteuid() != 0 || !network)
        printf("skip: a browser in a network of its own is started as root only\n");
    else if (getpwnam("nobody") == NULL)
        printf("skip: there is no user nobody\n");
    else
        return true;
    return false;
}

/* Each connection is served in a thread of its own, by a function that takes a pointer to its
 * descriptor: it closes and frees both. */
struct loopback_server {
    int listener;
    void *(*serve_one)(void *fd);
};

static inline void *loopback_serve(void *argument)
{
    const struct loopback_server *s = argument;

    for (;;) {
        int *fd = malloc(sizeof(*fd));
        pthread_t thread;

        if (fd == NULL)
            return NULL;
        *fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (*fd < 0 || pthread_create(&thread, NULL, s->serve_one, fd) != 0) {
            free(fd);
            return NULL;
        }
        (void)pthread_detach(thread);
    }
}

/* Serves at PORT from now on; `s` stays. */
static inline bool loopback_server_begin(struct loopback_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    pthread_t thread;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return s->listener >= 0 &&
           bind(s->listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(s->listener, 64) == 0 &&
           pthread_create(&thread, NULL, loopback_serve, s) == 0 && pthread_detach(thread) == 0;
}

#endif
