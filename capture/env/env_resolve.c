/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/env/env_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool resolve_split(const char *server, const char *port, char name[RESOLVE_NAME_MOST],
        char service[RESOLVE_NAME_MOST])
{
    const char *end, *colon = strrchr(server, ':'), *begin = server;
    int n;

    if (server[0] == '[') {
        begin = server + 1;
        end = strchr(begin, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        port = end[1] == ':' ? end + 2 : port;
    } else if (colon != NULL && strchr(server, ':') == colon) {
        end = colon;
        port = colon + 1;
    } else {
        end = server + strlen(server); /* several colons: a bare IPv6 address */
    }
    if (end == begin || *port == '\0' || end - begin >= RESOLVE_NAME_MOST)
        return false;
    n = snprintf(service, RESOLVE_NAME_MOST, "%s", port);
    if (n < 0 || n >= RESOLVE_NAME_MOST)
        return false;
    memcpy(name, begin, (size_t)(end - begin));
    name[end - begin] = '\0';
    return true;
}

static _Noreturn void look_up(const char *name, const char *service, int out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getaddrinfo(name, service, &hints, &found) == 0 && found != NULL &&
            found->ai_addrlen <= sizeof(struct sockaddr_storage) &&
            write(out, found->ai_addr, found->ai_addrlen) == (ssize_t)found->ai_addrlen)
        _exit(0);
    _exit(1);
}

bool resolve_begin(const char *server, const char *port, struct resolve *out)
{
    char name[RESOLVE_NAME_MOST], service[RESOLVE_NAME_MOST];
    int ends[2];
    pid_t child;

    *out = (struct resolve){.fd = -1};
    if (!resolve_split(server, port, name, service) || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    child = fork();
    if (child == 0)
        look_up(name, service, ends[1]);
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return false;
    }
    *out = (struct resolve){.child = child, .fd = ends[0]};
    return true;
}

static void reap(struct resolve *r)
{
    if (r->fd >= 0)
        (void)close(r->fd);
    while (r->child > 0 && waitpid(r->child, NULL, 0) < 0 && errno == EINTR)
        continue;
    *r = (struct resolve){.fd = -1};
}

bool resolve_finish(struct resolve *r, struct sockaddr_storage *out, socklen_t *length)
{
    struct sockaddr_storage address = {0};
    ssize_t n = read(r->fd, &address, sizeof(address));

    reap(r);
    if (n < (ssize_t)sizeof(struct sockaddr_in))
        return false;
    *out = address;
    *length = (socklen_t)n;
    return true;
}

void resolve_drop(struct resolve *r)
{
    if (r->child > 0)
        (void)kill(r->child, SIGKILL);
    reap(r);
}
