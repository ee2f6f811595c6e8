/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/live/descriptors.h"

enum {
    READY_MS = 15000,
    STEP_MS = 20,
    SIX_MS = 4000, /* to hear the router advertisement; IPv4 does not wait for it */
};

static const char *const names[] = {
        [ISOLATION_BEST] = "", [ISOLATION_SLIRP] = "slirp4netns", [ISOLATION_PASTA] = "pasta"};

/*
 * ISOLATION_BEST: slirp4netns first. Both were measured on one machine, slirp4netns 1.2.0 and
 * pasta 2023-03-09, MTU 1500, veth to a server, two busy cores:
 *
 *                                     slirp4netns      pasta
 *   24 downloads at once, Mbit/s      500-550          225-270
 *   one download, Mbit/s              230-390          170-180
 *   64 MB up and down at once         4-5 s            stands still (IPv4 and IPv6)
 *   2,000 connections, 50 at once     all, 2.1-2.8 s   all, 0.3 s      (its CPU time)
 *   CPU seconds for each Gbit down    0.5-0.8          1.0-1.5
 *   UDP, 38 Mbit/s each way           as without it    17 % more lost
 *   the same over IPv6                nearly all lost  as IPv4         (up to 19 Mbit/s: none)
 *   its end is tied to ours           by a pipe        by the keeper alone
 *
 * A large upload that stands still is a broken page; IPv6 is what a browser turns to second here
 * (RFC 6724: slirp4netns gives a local address), and QUIC slows down where packets are lost.
 */
enum status isolation_joiner_choose(
        enum isolation_joiner wanted, struct joiner_plan *plan, struct fault *fault)
{
    static const enum isolation_joiner order[] = {ISOLATION_SLIRP, ISOLATION_PASTA};

    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        if (wanted != ISOLATION_BEST && wanted != order[k])
            continue;
        plan->kind = order[k];
        if (isolation_program(names[order[k]], plan->program))
            return STATUS_OK;
    }
    return fault_set(fault, STATUS_MISSING,
            "%s is not installed, which joins the browser's own network to the outside. "
            "Install it (apt install %s), or use --isolate=none -i INTERFACE, or "
            "--isolate=netns as root.",
            wanted == ISOLATION_PASTA ? "pasta" : "slirp4netns",
            wanted == ISOLATION_PASTA ? "passt" : "slirp4netns");
}

void isolation_joiner_version(
        enum isolation_joiner kind, struct bytes said, char out[ISOLATION_TEXT])
{
    const char *name = names[kind];
    size_t n = 0, used = strlen(name);
    struct bytes word;

    /* "slirp4netns version 1.2.0", "pasta 0.0~git20230309.7c7625d": the last word of line 1. */
    while (n < said.n && said.p[n] != '\n')
        n++;
    while (n > 0 && said.p[n - 1] == ' ')
        n--;
    word = bytes_of(said.p, n);
    for (size_t k = 0; k < n; k++) {
        if (said.p[k] == ' ')
            word = bytes_of(said.p + k + 1, n - k - 1);
    }
    memcpy(out, name, used + 1);
    if (word.n == 0 || word.n >= ISOLATION_TEXT - used - 2 ||
            (word.n == 7 && memcmp(word.p, "version", 7) == 0))
        return;
    for (size_t k = 0; k < word.n; k++) {
        if (word.p[k] <= 0x20 || word.p[k] > 0x7e)
            return;
    }
    out[used] = ' ';
    memcpy(out + used + 1, word.p, word.n);
    out[used + 1 + word.n] = '\0';
}

static void note_version(const struct joiner_plan *plan, struct isolation *i)
{
    const char *const argv[] = {plan->program, "--version", NULL};
    struct buf said;

    buf_init(&said, 16384);
    (void)!isolation_run(argv, &said);
    isolation_joiner_version(plan->kind, buf_view(&said), i->facts.joined_by);
    buf_clear(&said);
}

/* Two kinds of log: the caller's file, or memory so that a fault can quote it. */
static int open_log(const char *path)
{
    int fd = path == NULL
                     ? -1
                     : open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    return fd != -1 ? fd : memfd_create("joiner", MFD_CLOEXEC);
}

/* The last lines that it printed, on one line. */
static void quote(int log, char out[ISOLATION_SAID])
{
    struct stat at;
    ssize_t n;

    out[0] = '\0';
    if (log == -1 || fstat(log, &at) == -1)
        return;
    n = pread(log, out, ISOLATION_SAID - 1,
            at.st_size < ISOLATION_SAID - 1 ? 0 : at.st_size - (ISOLATION_SAID - 1));
    out[n > 0 ? n : 0] = '\0';
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : (*c < 0x20 || *c > 0x7e ? '?' : *c);
}

/* MTU 1500 although slirp4netns is faster with 65520: packets in the capture then have the
 * sizes of a real link, and UDP leaves without being cut into fragments outside. */
static size_t slirp_arguments(const struct joiner_plan *plan, bool confined, const char *keeper,
        const char *cidr, const char *argv[ISOLATION_ARGUMENTS])
{
    size_t n = 0;

    argv[n++] = plan->program;
    argv[n++] = "--configure";
    argv[n++] = "--mtu=1500";
    argv[n++] = "--disable-host-loopback";
    argv[n++] = cidr;
    argv[n++] = "--ready-fd=3";
    argv[n++] = "--exit-fd=4";
    if (plan->six)
        argv[n++] = "--enable-ipv6";
    if (confined) {
        argv[n++] = "--enable-sandbox";
        argv[n++] = "--enable-seccomp";
    }
    argv[n++] = keeper;
    argv[n++] = "tap0";
    argv[n] = NULL;
    return n;
}

static size_t pasta_arguments(const struct joiner_plan *plan, const char *keeper,
        const char *argv[ISOLATION_ARGUMENTS])
{
    static const char *const fixed[] = {"--foreground", "--stderr", "--quiet", "--config-net",
            "--no-map-gw", "--ns-ifname", "tap0", "--mtu", "1500", "--tcp-ports", "none",
            "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--dns-forward",
            "169.254.1.1"};
    size_t n = 0;

    argv[n++] = plan->program;
    for (size_t k = 0; k < sizeof(fixed) / sizeof(fixed[0]); k++)
        argv[n++] = fixed[k];
    if (!plan->six)
        argv[n++] = "--ipv4-only";
    argv[n++] = keeper;
    argv[n] = NULL;
    return n;
}

/* What it looks like inside, until it works. slirp4netns says when (`ready`); pasta does not. */
static bool wait_ready(const struct joiner_plan *plan, struct isolation *i, int *ready,
        struct isolation_look *l)
{
    const int64_t start = clock_steady_ms();

    for (;;) {
        struct pollfd fds[] = {{i->joiner_fd, POLLIN, 0}, {*ready, POLLIN, 0}};
        const int64_t past = clock_steady_ms() - start;
        bool six;

        (void)poll(fds, 2, STEP_MS);
        if (fds[1].revents != 0)
            isolation_close(ready);
        if (fds[0].revents != 0 || past > READY_MS)
            return false;
        if (*ready != -1 || !isolation_look(i->route, "tap0", l))
            continue;
        six = !plan->six || past > SIX_MS || (l->global6 && l->default6);
        if (l->up && l->default4 && l->address_count > 0 && six)
            return true;
    }
}

static bool try_once(const struct joiner_plan *plan, bool confined, int log,
        struct isolation *i, struct isolation_look *look)
{
    const char *argv[ISOLATION_ARGUMENTS];
    char keeper[32], cidr[ISOLATION_TEXT + 16];
    int ready[2] = {-1, -1};
    bool good;

    (void)snprintf(keeper, sizeof(keeper), "%ld", (long)i->keeper);
    (void)snprintf(cidr, sizeof(cidr), "--cidr=%s.0/24", plan->range);
    if (plan->kind == ISOLATION_PASTA)
        (void)pasta_arguments(plan, keeper, argv);
    else
        (void)slirp_arguments(plan, confined, keeper, cidr, argv);
    if (plan->kind == ISOLATION_SLIRP && pipe2(ready, O_CLOEXEC) == -1)
        return false;
    i->joiner = isolation_spawn(argv, log, ready[1], plan->leash);
    isolation_close(&ready[1]);
    i->joiner_fd = i->joiner > 0 ? (int)syscall(SYS_pidfd_open, i->joiner, 0) : -1;
    good = i->joiner_fd != -1 && descriptors_send(i->control, "j", 1, &i->joiner_fd, 1) &&
           wait_ready(plan, i, &ready[0], look);
    isolation_close(&ready[0]);
    if (!good)
        isolation_end(&i->joiner, &i->joiner_fd, 0);
    return good;
}

enum status isolation_joiner_start(
        const struct joiner_plan *plan, struct isolation *i, struct fault *fault)
{
    int log = open_log(plan->log);
    char said[ISOLATION_SAID];
    struct isolation_look look;
    bool good;

    note_version(plan, i);
    good = try_once(plan, plan->confined, log, i, &look);
    /* Its own sandbox needs more of the machine than its work does. */
    if (!good && plan->confined && plan->kind == ISOLATION_SLIRP &&
            !isolation_tun_refused("", NULL))
        good = try_once(plan, false, log, i, &look);
    if (good) {
        i->facts.mtu = look.mtu;
        i->facts.address_count = look.address_count;
        memcpy(i->facts.addresses, look.addresses, sizeof(look.addresses));
        memcpy(i->facts.device, "tap0", sizeof("tap0"));
        isolation_close(&log);
        return STATUS_OK;
    }
    quote(log, said);
    isolation_close(&log);
    if (isolation_tun_refused("", fault))
        return STATUS_IO;
    return fault_set(fault, STATUS_IO,
            "%s did not bring the browser's network up. It said: %s. Without it: "
            "--isolate=none -i INTERFACE, or --isolate=netns as root.",
            i->facts.joined_by, said[0] == '\0' ? "nothing" : said);
}
