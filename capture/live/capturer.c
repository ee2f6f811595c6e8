/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/capturer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/live/capturer_child.h"

struct capturer {
    pid_t pid;   /* 0: was waited for */
    int control; /* owned */
    uint32_t link, snaplen;
    bool asked;
    struct capturer_report last; /* with `ended`: nothing follows */
};

/* Its wait status; -1 when someone else (a SIGCHLD handler) waited first. */
static int wait_for(struct capturer *c)
{
    int how = -1;
    pid_t got;

    if (c->pid == 0)
        return -1;
    do {
        got = waitpid(c->pid, &how, 0);
    } while (got < 0 && errno == EINTR);
    c->pid = 0;
    return got < 0 ? -1 : how;
}

static void describe_death(int how, char *out, size_t room)
{
    if (how >= 0 && WIFSIGNALED(how))
        (void)snprintf(out, room, "the capture process was killed by signal %d (%s)",
                WTERMSIG(how), strsignal(WTERMSIG(how)));
    else if (how >= 0 && WIFEXITED(how))
        (void)snprintf(out, room, "the capture process ended by itself, with status %d",
                WEXITSTATUS(how));
    else
        (void)snprintf(out, room, "the capture process is gone");
}

/* The child is no more and said nothing: that is its last report. */
static void died(struct capturer *c)
{
    int how = wait_for(c);

    c->last.ended = true;
    c->last.why = SEGMENT_DEVICE;
    c->last.status = STATUS_IO;
    describe_death(how, c->last.text, sizeof(c->last.text));
}

/* One datagram. 1: taken; 0: none waits; -1: the other end is closed. */
static int hear(const struct capturer *c, int flags, struct capturer_message *out)
{
    ssize_t n;

    do {
        n = recv(c->control, out, sizeof(*out), flags);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof(*out))
        return 1;
    return n < 0 && errno == EAGAIN ? 0 : -1;
}

static enum status began(struct capturer *c, struct fault *fault)
{
    struct capturer_message m;
    char how[128];

    if (hear(c, 0, &m) != 1) {
        describe_death(wait_for(c), how, sizeof(how));
        return fault_set(fault, STATUS_IO, "%s before it began", how);
    }
    if (m.word == CAPTURER_READY) {
        c->link = m.link;
        c->snaplen = m.snaplen;
        return STATUS_OK;
    }
    (void)wait_for(c);
    m.fault.text[sizeof(m.fault.text) - 1] = '\0';
    return fault_set(fault, m.fault.status, "%s", m.fault.text);
}

enum status capturer_start(
        const struct capturer_setup *setup, struct capturer **out, struct fault *fault)
{
    struct capturer *c = calloc(1, sizeof(*c));
    pid_t parent = getpid();
    int ends[2];
    enum status status;

    if (c == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        free(c);
        return fault_set(fault, STATUS_IO, "socketpair: %s", strerror(errno));
    }
    c->pid = fork();
    if (c->pid == 0) {
        (void)close(ends[0]);
        capturer_child(setup, ends[1], parent);
    }
    (void)close(ends[1]);
    c->control = ends[0];
    if (c->pid < 0) {
        c->pid = 0;
        status = fault_set(
                fault, STATUS_IO, "the capture process cannot be started: %s", strerror(errno));
    } else {
        status = began(c, fault);
    }
    if (status != STATUS_OK) {
        capturer_free(c);
        return status;
    }
    *out = c;
    return STATUS_OK;
}

pid_t capturer_pid(const struct capturer *c)
{
    return c->pid;
}

uint32_t capturer_link(const struct capturer *c)
{
    return c->link;
}

uint32_t capturer_snaplen(const struct capturer *c)
{
    return c->snaplen;
}

int capturer_fd(const struct capturer *c)
{
    return c->control;
}

/* Takes all that waits; whether anything did. */
static bool catch_up(struct capturer *c)
{
    struct capturer_message m;
    bool found = false;
    int heard;

    if (c->last.ended)
        return false;
    while ((heard = hear(c, MSG_DONTWAIT, &m)) > 0) {
        if (m.word != CAPTURER_REPORT)
            continue;
        c->last = m.report;
        c->last.text[sizeof(c->last.text) - 1] = '\0';
        found = true;
        if (c->last.ended)
            break;
    }
    if (heard < 0) {
        died(c);
        found = true;
    }
    return found;
}

bool capturer_report(struct capturer *c, struct capturer_report *out)
{
    if (!catch_up(c))
        return false;
    *out = c->last;
    return true;
}

void capturer_stop(struct capturer *c)
{
    const char word = CAPTURER_STOP;

    if (c->asked || c->last.ended)
        return;
    c->asked = true;
    /* A child that cannot be told is one that is gone, as the next report will say. */
    (void)send(c->control, &word, sizeof(word), MSG_NOSIGNAL | MSG_DONTWAIT);
}

struct capturer_report capturer_wait(struct capturer *c, int milliseconds)
{
    int64_t until = clock_steady_ms() + milliseconds, left;

    while (!c->last.ended && (left = until - clock_steady_ms()) > 0) {
        struct pollfd there = {.fd = c->control, .events = POLLIN};

        (void)poll(&there, 1, (int)left);
        (void)catch_up(c);
    }
    (void)catch_up(c);
    if (!c->last.ended) {
        if (c->pid > 0)
            (void)kill(c->pid, SIGKILL);
        died(c);
    }
    (void)wait_for(c);
    return c->last;
}

void capturer_free(struct capturer *c)
{
    if (c == NULL)
        return;
    if (c->pid > 0 && !c->last.ended)
        (void)kill(c->pid, SIGKILL);
    (void)wait_for(c);
    (void)close(c->control);
    free(c);
}
