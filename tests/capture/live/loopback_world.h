/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_LIVE_LOOPBACK_WORLD_H
#define TESTS_CAPTURE_LIVE_LOOPBACK_WORLD_H

/* A network namespace for one test program, with nothing but a loopback device that is up, and datagrams to
 * send over it. Root makes it as it is, an ordinary user inside a user namespace. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static inline bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static inline bool loopback_up(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq wish = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    bool ok = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &wish) == 0;

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* False with a spoken reason: the program is to end with 77. */
static inline bool loopback_world(void)
{
    char map[64];
    uid_t uid = getuid();
    gid_t gid = getgid();

    if (uid == 0) {
        if (unshare(CLONE_NEWNET) == 0 && loopback_up())
            return true;
    } else if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
        (void)write_text("/proc/self/setgroups", "deny");
        (void)snprintf(map, sizeof(map), "%u %u 1", (unsigned)uid, (unsigned)uid);
        if (write_text("/proc/self/uid_map", map)) {
            (void)snprintf(map, sizeof(map), "%u %u 1", (unsigned)gid, (unsigned)gid);
            if (write_text("/proc/self/gid_map", map) && loopback_up())
                return true;
        }
    }
    (void)printf("no network namespace can be made here: %s\n", strerror(errno));
    return false;
}

/* Sends `n` datagrams of `size` bytes to a socket of our own. */
static inline bool loopback_send(unsigned n, size_t size)
{
    static const char filler[2048] = "loopback";
    struct sockaddr_in there = {.sin_family = AF_INET};
    socklen_t length = sizeof(there);
    int to = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok;

    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ok = to >= 0 && from >= 0 && size <= sizeof(filler) &&
         bind(to, (struct sockaddr *)&there, sizeof(there)) == 0 &&
         getsockname(to, (struct sockaddr *)&there, &length) == 0;
    for (unsigned i = 0; ok && i < n; i++)
        ok = sendto(from, filler, size, 0, (struct sockaddr *)&there, sizeof(there)) ==
             (ssize_t)size;
    if (to >= 0)
        (void)close(to);
    if (from >= 0)
        (void)close(from);
    return ok;
}

#endif
