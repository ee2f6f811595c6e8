/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "capture/live/descriptors.h"

enum {
    KEEPER_MS = 10000, /* to make namespaces: milliseconds in fact */
    END_MS = 5000,
    MAP_TEXT = 4096,
};

static struct isolation *blank(enum isolation_kind kind)
{
    struct isolation *i = calloc(1, sizeof(*i));

    if (i == NULL)
        return NULL;
    i->facts.kind = kind;
    i->user = i->mount = i->network = i->route = i->control = i->watch = -1;
    i->keeper_fd = i->joiner_fd = -1;
    return i;
}

/* The device is there already; only its facts are wanted. */
static enum status none_start(
        const struct isolation_setup *setup, struct isolation *i, struct fault *fault)
{
    int route = isolation_route_socket();
    struct isolation_resolver machine;
    struct isolation_look look;

    if (setup->device == NULL || strlen(setup->device) >= ISOLATION_TEXT)
        return fault_set(fault, STATUS_USAGE,
                "Without isolation the interface to capture on must be named: -i INTERFACE.");
    memcpy(i->facts.device, setup->device, strlen(setup->device) + 1);
    /* "any" and others of libpcap are no devices of the kernel: nothing is known of them. */
    if (route != -1 && isolation_look(route, setup->device, &look)) {
        i->facts.mtu = look.mtu;
        i->facts.address_count = look.address_count;
        memcpy(i->facts.addresses, look.addresses, sizeof(look.addresses));
    }
    isolation_close(&route);
    isolation_resolver_find(&machine);
    memcpy(i->facts.resolver, machine.first, sizeof(machine.first));
    return STATUS_OK;
}

static void watch(struct isolation *i)
{
    const int fds[] = {i->keeper_fd, i->joiner_fd};

    i->watch = epoll_create1(EPOLL_CLOEXEC);
    for (size_t k = 0; i->watch != -1 && k < 2; k++) {
        struct epoll_event event = {.events = EPOLLIN};

        if (fds[k] != -1)
            (void)epoll_ctl(i->watch, EPOLL_CTL_ADD, fds[k], &event);
    }
}

enum status isolation_start(
        const struct isolation_setup *setup, struct isolation **out, struct fault *fault)
{
    struct isolation *i = blank(setup->kind);
    enum status s = STATUS_USAGE;

    if (i == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    switch (setup->kind) {
    case ISOLATION_USER:
        s = isolation_user_start(setup, i, fault);
        break;
    case ISOLATION_NETWORK:
        s = isolation_network_start(setup, i, fault);
        break;
    case ISOLATION_NONE:
        s = none_start(setup, i, fault);
        break;
    }
    if (s != STATUS_OK) {
        isolation_free(i);
        return s;
    }
    if (setup->kind != ISOLATION_NONE)
        watch(i);
    *out = i;
    return STATUS_OK;
}

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    isolation_close(&fd);
    return good;
}

/* The same numbers inside as outside. Root gets all that it has, so that the browser can run as
 * another user; anybody else gets but their own, and must give up setgroups (user_namespaces(7)). */
static bool map_one(pid_t keeper, const char *file, unsigned own)
{
    char path[64], text[MAP_TEXT], line[128];
    size_t used = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)keeper, file);
    (void)snprintf(text, sizeof(text), "%u %u 1\n", own, own);
    if (geteuid() != 0)
        return put(path, text);
    (void)snprintf(line, sizeof(line), "/proc/self/%s", file);
    f = fopen(line, "re");
    if (f == NULL)
        return false;
    while (fgets(line, sizeof(line), f) != NULL) {
        unsigned long from, to, count;
        int n = 0;

        if (sscanf(line, "%lu %lu %lu", &from, &to, &count) == 3)
            n = snprintf(text + used, sizeof(text) - used, "%lu %lu %lu\n", from, from, count);
        if (n < 0 || (size_t)n >= sizeof(text) - used)
            break;
        used += (size_t)n;
    }
    (void)fclose(f);
    return put(path, text);
}

static bool map_identity(pid_t keeper)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%ld/setgroups", (long)keeper);
    if (geteuid() != 0 && !put(path, "deny"))
        return false;
    return map_one(keeper, "uid_map", geteuid()) && map_one(keeper, "gid_map", getegid());
}

/* One word of the keeper; with KEEPER_READY its descriptors. False when it is gone. */
static bool hear(struct isolation *i, struct keeper_word *word)
{
    struct pollfd wait = {i->control, POLLIN, 0};
    int fds[DESCRIPTORS_MOST];
    size_t count;

    if (poll(&wait, 1, KEEPER_MS) != 1 || descriptors_take(i->control, word, sizeof(*word), fds,
                                                  &count) != (ssize_t)sizeof(*word))
        return false;
    if (count == 0)
        return true;
    i->mount = count > KEEPER_FD_MOUNT ? fds[KEEPER_FD_MOUNT] : -1;
    i->network = count > KEEPER_FD_NETWORK ? fds[KEEPER_FD_NETWORK] : -1;
    i->route = count > KEEPER_FD_ROUTE ? fds[KEEPER_FD_ROUTE] : -1;
    i->user = count > KEEPER_FD_USER ? fds[KEEPER_FD_USER] : -1;
    return true;
}

enum status isolation_keeper_start(
        struct keeper_plan *plan, struct isolation *i, struct fault *fault)
{
    struct keeper_word word = {KEEPER_USER, 0};
    int pair[2], parent = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (parent == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
        isolation_close(&parent);
        return fault_set(fault, STATUS_IO,
                "cannot watch over our own process: %s. exhibit needs Linux 5.9 or newer.",
                strerror(errno));
    }
    i->control = pair[0];
    plan->control = pair[1];
    plan->parent = parent;
    i->keeper = fork();
    if (i->keeper == 0)
        isolation_keep(plan);
    isolation_close(&pair[1]);
    isolation_close(&parent);
    if (i->keeper == -1) {
        i->keeper = 0;
        return fault_set(fault, STATUS_IO, "cannot start a process: %s", strerror(errno));
    }
    i->keeper_fd = (int)syscall(SYS_pidfd_open, i->keeper, 0);
    while (word.step != KEEPER_READY) {
        if (!hear(i, &word))
            return fault_set(fault, STATUS_IO,
                    "The process that makes the browser's network ended or hung.");
        if (word.error != 0)
            return isolation_refused("", word.step, word.error, fault);
        if (word.step != KEEPER_MAP)
            continue;
        if (!map_identity(i->keeper))
            return isolation_refused("", KEEPER_MAP, errno, fault);
        if (send(i->control, "g", 1, MSG_NOSIGNAL) != 1)
            return isolation_refused("", KEEPER_MAP, errno, fault);
    }
    return STATUS_OK;
}

int isolation_enter(const struct isolation *i)
{
    char here[ISOLATION_PATH];
    long n = syscall(SYS_getcwd, here, sizeof(here));

    /* First the user namespace: being its owner gives the right to the others. */
    if (i->user != -1 && setns(i->user, CLONE_NEWUSER) == -1)
        return errno;
    if (i->mount != -1 && setns(i->mount, CLONE_NEWNS) == -1)
        return errno;
    if (i->network != -1 && setns(i->network, CLONE_NEWNET) == -1)
        return errno;
    /* Entering a mount namespace leads to its root. */
    if (i->mount != -1 && n > 0)
        (void)!chdir(here);
    return 0;
}

bool isolation_end(pid_t *pid, int *fd, int milliseconds)
{
    struct pollfd wait = {*fd, POLLIN, 0};
    int result = -1;
    bool asked = true;

    if (*pid <= 0)
        return true;
    if (poll(&wait, 1, milliseconds) != 1 && kill(*pid, SIGKILL) == 0)
        asked = false;
    while (waitpid(*pid, &result, 0) == -1 && errno == EINTR)
        continue;
    *pid = 0;
    isolation_close(fd);
    return asked && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

void isolation_stop(struct isolation *i)
{
    bool undone;

    if (i->stopped)
        return;
    i->stopped = true;
    isolation_close(&i->control); /* the keeper takes the network down and ends */
    undone = isolation_end(&i->keeper, &i->keeper_fd, END_MS);
    if (i->undo_wanted && !undone)
        (void)!isolation_undo_run(&i->undo);
    (void)isolation_end(&i->joiner, &i->joiner_fd, END_MS / 5);
}

void isolation_free(struct isolation *i)
{
    if (i == NULL)
        return;
    isolation_stop(i);
    isolation_close(&i->user);
    isolation_close(&i->mount);
    isolation_close(&i->network);
    isolation_close(&i->route);
    isolation_close(&i->watch);
    free(i);
}

const struct isolation_facts *isolation_facts(const struct isolation *i)
{
    return &i->facts;
}

int isolation_user_namespace(const struct isolation *i)
{
    return i->user;
}

int isolation_network_namespace(const struct isolation *i)
{
    return i->network;
}

int isolation_fd(const struct isolation *i)
{
    return i->watch;
}

pid_t isolation_joiner_pid(const struct isolation *i)
{
    return i->joiner;
}
