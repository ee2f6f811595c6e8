/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/capturer_child.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "capture/live/confine.h"
#include "capture/live/device.h"

enum {
    BATCH = 4096,    /* packets between two looks at the clock and the parent */
    TICK_MS = 100,   /* segments_tick */
    REPORT_MS = 250, /* capturer_report */
    /* After a request to end: the kernel hands over a block that is not full when its time is up, so a silence
     * of some blocks' time means that all was seen. */
    QUIET_MS = 3 * DEVICE_BLOCK_MS,
    DRAIN_MS = 5000,     /* the most that may take */
    LAST_WORD_MS = 5000, /* how long the parent may leave the last report unread */
    MILLISECOND = 1000000,
};

struct child {
    const struct capturer_setup *setup; /* the parent's memory as it was at the fork */
    int control, signals;
    pid_t parent;
    struct device *device;
    struct segments *segments;
    struct count kernel, interface; /* drops, as of the last look */
    int64_t ticked_ns, reported_ns;
    bool ending; /* someone asked; what the kernel has is still taken */
    int64_t asked_ns, asked_real_ns, quiet_since_ns;
    bool past; /* a packet that came after the request was seen */
    bool over;
    enum segment_end why;
    struct fault fault; /* why it is over, if not asked for */
};

/* Ctrl-C of a terminal goes to a process group; systemd's or a person's kill comes as a signal that
 * is read like any other request. Faults of our own stay deadly. */
static enum status take_signals(struct child *c)
{
    static const int asks[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1};
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked, wanted;

    (void)setpgid(0, 0);
    (void)sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++) {
        (void)sigdelset(&blocked, deadly[i]);
        if (signal(deadly[i], SIG_DFL) == SIG_ERR)
            return STATUS_IO;
    }
    (void)sigemptyset(&wanted);
    for (size_t i = 0; i < sizeof(asks) / sizeof(*asks); i++)
        (void)sigaddset(&wanted, asks[i]);
    if (sigprocmask(SIG_SETMASK, &blocked, NULL) != 0)
        return STATUS_IO;
    c->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return c->signals < 0 ? STATUS_IO : STATUS_OK;
}

static enum status enter(int namespace, int kind, const char *what, struct fault *fault)
{
    if (namespace < 0)
        return STATUS_OK;
    if (setns(namespace, kind) != 0)
        return fault_set(fault, STATUS_IO, "the capture process cannot enter the %s: %s", what,
                strerror(errno));
    (void)close(namespace);
    return STATUS_OK;
}

static enum status open_device(struct child *c)
{
    const struct capturer_setup *setup = c->setup;
    const struct device_setup device = {
            .name = setup->device,
            .filter = setup->filter,
            .snaplen = setup->snaplen,
            .ring_bytes = setup->ring_bytes == 0 ? CAPTURER_RING : setup->ring_bytes,
            .promiscuous = setup->promiscuous,
    };
    char warm[SHA256_TEXT];
    enum status status;

    status = enter(setup->user_namespace, CLONE_NEWUSER, "user namespace", &c->fault);
    if (status == STATUS_OK)
        status = enter(setup->network_namespace, CLONE_NEWNET, "network namespace", &c->fault);
    if (status == STATUS_OK)
        status = device_open(&device, &c->device, &c->fault);
    if (status != STATUS_OK)
        return status;
    /* OpenSSL reads its configuration when it is first used, and glibc the machine's time zone, even
     * for UTC; later they could not. */
    tzset();
    if (!sha256_text(bytes_text(""), warm))
        return fault_set(&c->fault, STATUS_NOMEM, "out of memory");
    return STATUS_OK;
}

static enum status open_segments(struct child *c)
{
    const struct segments_setup segments = {
            .directory = c->setup->directory,
            .device = c->setup->device,
            .comment = c->setup->comment,
            .link = device_link(c->device),
            .snaplen = device_snaplen(c->device),
            .bytes_most = c->setup->bytes_most,
            .age_most_ns = c->setup->age_most_ns,
            .free_least = c->setup->free_least,
            .total_most = c->setup->total_most,
    };

    return segments_new(&segments, &c->segments, &c->fault);
}

static enum status confine(struct child *c)
{
    const struct confine_calls calls = {
            .device = device_fd(c->device),
            .control = c->control,
            .netlink = device_netlink(c->device),
    };
    struct confine_fence fence;
    enum status status;

    status = confine_files(c->setup->directory, &fence, &c->fault);
    if (status == STATUS_OK)
        status = confine_privileges(&c->fault);
    if (status != STATUS_OK)
        return status;
    /* After the change of credentials, which would undo it. Should another process hold a copy
     * of the parent's end of the socket, this still tells of its death. */
    if (prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0) != 0)
        return fault_set(&c->fault, STATUS_IO, "PR_SET_PDEATHSIG: %s", strerror(errno));
    /* Its thread is to be born without privileges; then the filter takes hold of both. */
    status = open_segments(c);
    return status != STATUS_OK ? status : confine_calls(&calls, &c->fault);
}

static void say(const struct child *c, const struct capturer_message *m, int flags)
{
    ssize_t sent;

    do {
        sent = send(c->control, m, sizeof(*m), MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
}

static void report(const struct child *c, bool ended)
{
    struct capturer_message m = {.word = CAPTURER_REPORT};
    struct pollfd room = {.fd = c->control, .events = POLLOUT};

    if (c->segments != NULL)
        m.report.written = segments_counts(c->segments);
    m.report.dropped_kernel = c->kernel;
    m.report.dropped_device = c->interface;
    m.report.ended = ended;
    m.report.why = c->why;
    m.report.status = ended ? c->fault.status : STATUS_OK;
    if (ended && c->fault.status != STATUS_OK)
        (void)snprintf(m.report.text, sizeof(m.report.text), "%.255s", c->fault.text);
    /* One that nobody reads now is worth nothing later; the last one is. */
    if (ended)
        (void)poll(&room, 1, LAST_WORD_MS);
    say(c, &m, MSG_DONTWAIT);
}

static void ask_to_end(struct child *c, enum segment_end why)
{
    if (c->ending) /* a parent that asked and then went away asked first */
        return;
    c->ending = true;
    c->why = why;
    c->asked_ns = c->quiet_since_ns = clock_steady_ns();
    c->asked_real_ns = clock_utc_ns();
}

static void end_for(struct child *c, enum segment_end why)
{
    c->over = true;
    c->why = why;
}

static enum status take(void *context, int64_t time_ns, uint32_t wire_len, struct bytes data)
{
    struct child *c = context;

    if (c->ending && time_ns > c->asked_real_ns)
        c->past = true;
    return segments_packet(c->segments, time_ns, wire_len, data, &c->fault);
}

/* Takes a batch; true when more may be waiting. */
static bool take_packets(struct child *c)
{
    struct fault gone = {0};
    unsigned n = 0;
    enum status status = device_read(c->device, BATCH, take, c, &n, &gone);

    if (status != STATUS_OK && c->fault.status != STATUS_OK) {
        end_for(c, SEGMENT_FULL);
    } else if (status != STATUS_OK) {
        c->fault = gone;
        end_for(c, SEGMENT_DEVICE);
    }
    if (c->ending && n != 0)
        c->quiet_since_ns = clock_steady_ns();
    return n == BATCH;
}

static void look_at_clock(struct child *c)
{
    int64_t now = clock_steady_ns();

    if (!c->over && now - c->ticked_ns >= (int64_t)TICK_MS * MILLISECOND) {
        c->ticked_ns = now;
        device_drops(c->device, &c->kernel, &c->interface);
        if (segments_tick(c->segments, c->kernel, c->interface, &c->fault) != STATUS_OK)
            end_for(c, SEGMENT_FULL);
    }
    if (!c->over && now - c->reported_ns >= (int64_t)REPORT_MS * MILLISECOND) {
        c->reported_ns = now;
        report(c, false);
    }
    if (c->ending && !c->over &&
            (c->past || now - c->quiet_since_ns >= (int64_t)QUIET_MS * MILLISECOND ||
                    now - c->asked_ns >= (int64_t)DRAIN_MS * MILLISECOND))
        end_for(c, c->why);
}

static void hear_parent(struct child *c)
{
    char word;
    ssize_t n = recv(c->control, &word, sizeof(word), MSG_DONTWAIT);

    if (n == 1 && word == CAPTURER_STOP)
        ask_to_end(c, SEGMENT_STOP);
    else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        ask_to_end(c, SEGMENT_PARENT_GONE);
}

static void hear_signals(struct child *c)
{
    struct signalfd_siginfo info;

    while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGUSR1)
            ask_to_end(c, SEGMENT_STOP);
        else if (getppid() != c->parent)
            ask_to_end(c, SEGMENT_PARENT_GONE);
    }
}

static void capture(struct child *c)
{
    bool more = true;

    while (!c->over) {
        /* Once the parent has asked, its silence says nothing new: a closed socket would wake us for ever. */
        struct pollfd watched[] = {
                {.fd = device_fd(c->device), .events = POLLIN},
                {.fd = c->ending ? -1 : c->control, .events = POLLIN},
                {.fd = c->signals, .events = POLLIN},
        };
        int wait = more ? 0 : c->ending ? DEVICE_BLOCK_MS : TICK_MS;

        (void)poll(watched, sizeof(watched) / sizeof(*watched), wait);
        if (watched[1].revents != 0)
            hear_parent(c);
        if (watched[2].revents != 0)
            hear_signals(c);
        more = take_packets(c);
        look_at_clock(c);
    }
}

static void close_down(struct child *c)
{
    device_drops(c->device, &c->kernel, &c->interface);
    /* After a full disk the segment has been ended already, as far as there was room. */
    if (c->why != SEGMENT_FULL &&
            segments_end(c->segments, c->why, c->kernel, c->interface, &c->fault) != STATUS_OK)
        c->why = c->fault.status == STATUS_FULL ? SEGMENT_FULL : c->why;
    report(c, true);
}

_Noreturn void capturer_child(const struct capturer_setup *setup, int control, pid_t parent)
{
    struct child c = {.setup = setup, .control = control, .signals = -1, .parent = parent};
    const int keep[] = {
            control, setup->directory, setup->user_namespace, setup->network_namespace};
    struct capturer_message m = {.word = CAPTURER_READY};
    enum status status;

    (void)prctl(PR_SET_NAME, "exhibit-capture", 0, 0, 0);
    status = confine_descriptors(keep, sizeof(keep) / sizeof(*keep), &c.fault);
    if (status == STATUS_OK && take_signals(&c) != STATUS_OK)
        status = fault_set(&c.fault, STATUS_IO, "signalfd: %s", strerror(errno));
    if (status == STATUS_OK)
        status = open_device(&c);
    if (status == STATUS_OK)
        status = confine(&c);
    if (status != STATUS_OK) {
        m.word = CAPTURER_FAILED;
        m.fault = c.fault;
        say(&c, &m, 0);
        _exit(1);
    }
    m.link = device_link(c.device);
    m.snaplen = device_snaplen(c.device);
    say(&c, &m, 0);
    if (getppid() != parent) /* it died before its death could be heard of */
        ask_to_end(&c, SEGMENT_PARENT_GONE);
    capture(&c);
    close_down(&c);
    /* What it owns goes with it: no destructor may want a system call that is gone. */
    _exit(c.fault.status == STATUS_OK ? 0 : 1);
}
