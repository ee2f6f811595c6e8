/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_ENV_ENV_RESOLVE_H
#define CAPTURE_ENV_ENV_RESOLVE_H

/*
 * Names to addresses without waiting longer than one wants: the look-up runs in a child of
 * ours, which is killed when its time is over. (getaddrinfo_a cannot be stopped, and a thread
 * left behind would keep us from making namespaces.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { RESOLVE_NAME_MOST = 256 };

struct resolve {
    pid_t child; /* 0: none */
    int fd;      /* readable when there is an answer; -1: none */
};

/* `server` is "name", "name:port" or "[v6]:port"; `port` where it names none. False when it is
 * malformed or no child could be made. */
bool resolve_begin(const char *server, const char *port, struct resolve *out);
/* After `fd` was readable. False: no address. Ends the look-up either way. */
bool resolve_finish(struct resolve *r, struct sockaddr_storage *out, socklen_t *length);
void resolve_drop(struct resolve *r); /* kills it; fine when it is over */
/* "name", "port" of such a text. */
bool resolve_split(const char *server, const char *port, char name[RESOLVE_NAME_MOST],
        char service[RESOLVE_NAME_MOST]);

#endif
