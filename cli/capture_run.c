/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/capture_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "capture/live/confine.h"
#include "capture/live/segment_name.h"
#include "cli/capture_keys.h"
#include "cli/capture_session.h"
#include "cli/custody.h"

enum {
    LOOK_MS = 1000,
    LAST_MS = 60000, /* what ending may take: a slow disk has a ring and a segment to take */
    BILLION = 1000000000,
    LINE_MOST = 512,
    SPARE = 1 << 17,
    ROUND = 1 << 16, /* heads and ends of segments, when a bound of bytes is compared */
};

struct run {
    const struct capture_wish *wish;
    struct capture_session *session; /* owned */
    struct custody *custody;         /* owned */
    struct capturer *capturer;       /* owned */
    int directory, raw, signals;     /* owned; -1: none */
    int spare;      /* owned: room for the last words on a full disk; -1: none */
    bool line_open; /* a line of progress stands on the terminal */
    int64_t began_boot_ns, asleep_ns;
    struct capture_outcome *out;
};

static bool is_empty(const char *path)
{
    DIR *open = opendir(path);
    const struct dirent *at;
    bool empty = true;

    while (open != NULL && empty && (at = readdir(open)) != NULL)
        empty = strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0;
    if (open != NULL)
        (void)closedir(open);
    return empty;
}

static enum status open_directories(struct run *r, struct fault *fault)
{
    const char *path = r->wish->directory;

    if (!r->wish->resume && mkdir(path, 0700) != 0 && (errno != EEXIST || !is_empty(path)))
        return fault_set(fault, STATUS_USAGE, "%s: %s", path,
                errno == EEXIST ? "is there already and not empty; captures are never "
                                  "overwritten: name another directory, or go on in this one "
                                  "with --resume"
                                : strerror(errno));
    r->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->directory < 0)
        return fault_set(fault, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    if (mkdirat(r->directory, "raw", 0700) != 0 && errno != EEXIST)
        return fault_set(fault, STATUS_IO, "%s/raw: cannot be made: %s", path, strerror(errno));
    r->raw = openat(r->directory, "raw", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (r->raw < 0)
        return fault_set(
                fault, STATUS_IO, "%s/raw: cannot be opened: %s", path, strerror(errno));
    return STATUS_OK;
}

/* When something was last written into raw/: the last sign of life of a capture that was broken off. */
static int64_t last_sign_ns(int raw)
{
    int copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *at;
    int64_t last = 0;

    while (open != NULL && (at = readdir(open)) != NULL) {
        struct stat about;
        int64_t ns;

        if (fstatat(raw, at->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
                !S_ISREG(about.st_mode))
            continue;
        ns = (int64_t)about.st_mtim.tv_sec * BILLION + about.st_mtim.tv_nsec;
        if (ns > last)
            last = ns;
    }
    if (open != NULL)
        (void)closedir(open);
    return last;
}

static enum status enter_interruption(
        struct run *r, int64_t time_ns, const char *what, struct fault *fault)
{
    struct json *j = custody_begin(r->custody, "interrupted");

    json_string(j, "what", what);
    json_time(j, "last_sign", time_ns);
    capture_session_interrupted(r->session, time_ns, what);
    return custody_end(r->custody, fault);
}

static enum status refuse_keys(struct run *r, struct fault *fault)
{
    const struct capture_wish *w = r->wish;
    char where[CAPTURE_KEYS_WHERE];
    enum status status;

    if (!w->no_keys)
        return STATUS_OK;
    if (w->resume && strcmp(r->session->keys, "refused") != 0)
        return fault_set(fault, STATUS_USAGE,
                "%s: was begun without --no-keys, and what was not checked then cannot be said "
                "now; resume it without, or begin a new directory",
                w->directory);
    status = capture_keys_find(w->directory, where, fault);
    if (status == STATUS_OK && where[0] != '\0')
        status = fault_set(fault, STATUS_USAGE,
                "--no-keys: TLS keys are held here: %s; a witness must not have any, so take "
                "them away first",
                where);
    return status;
}

/* What is to be captured, from the wish and from what an earlier run left. */
static enum status settle(struct run *r, struct fault *fault)
{
    const struct capture_wish *w = r->wish;
    struct capture_session *s = r->session;
    char path[4096];
    enum status status;

    s->keys = w->no_keys ? "refused" : "not-checked";
    s->started_ns = clock_utc_ns();
    if (w->resume) {
        (void)snprintf(path, sizeof(path), "%s/session.json", w->directory);
        status = capture_session_read(path, s, fault);
        if (status != STATUS_OK)
            return status;
    }
    status = refuse_keys(r, fault);
    if (status != STATUS_OK)
        return status;
    if (!w->no_keys)
        s->keys = "not-checked";
    if (w->device != NULL)
        (void)snprintf(s->device, sizeof(s->device), "%s", w->device);
    if (w->filter != NULL)
        (void)snprintf(s->filter, sizeof(s->filter), "%s", w->filter);
    return s->device[0] != '\0'
                   ? STATUS_OK
                   : fault_set(fault, STATUS_USAGE, "-i IF says which interface to capture on");
}

/* The custody log and session.json before the first packet. */
static enum status enter_beginning(struct run *r, struct fault *fault)
{
    struct capture_session *s = r->session;
    bool broken = r->wish->resume && strcmp(s->state, "running") == 0;
    enum status status = custody_open(r->directory, &r->custody, fault);
    int64_t last;

    if (status == STATUS_OK && broken) {
        last = last_sign_ns(r->raw);
        status = enter_interruption(r, last == 0 ? s->started_ns : last,
                "the capture before was broken off; this is when it last wrote", fault);
    }
    if (status == STATUS_OK)
        status = custody_add(r->custody, r->wish->resume ? "resumed" : "recording-began",
                "tool", "exhibit " EXHIBIT_VERSION, fault);
    (void)snprintf(s->state, sizeof(s->state), "running");
    s->wish = r->wish;
    return status;
}

/* An unnamed file that goes with us. Without it a full disk may leave session.json as it was. */
static int set_aside(int directory)
{
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 && fallocate(fd, 0, 0, SPARE) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static enum status begin_capture(struct run *r, struct fault *fault)
{
    const struct capture_wish *w = r->wish;
    struct capture_session *s = r->session;
    char comment[512];
    const struct capturer_setup setup = {
            .device = s->device,
            .user_namespace = -1,
            .network_namespace = -1,
            .directory = r->raw,
            .comment = comment,
            .filter = s->filter[0] == '\0' ? NULL : s->filter,
            .snaplen = w->snaplen,
            .ring_bytes = w->ring_bytes,
            .promiscuous = w->promiscuous,
            .bytes_most = w->segment_most,
            .free_least = w->free_least,
            .total_most = w->total_most,
            .age_most_ns = w->segment_age_ns,
    };
    enum status status;
    struct json *j;

    (void)snprintf(comment, sizeof(comment), "exhibit capture on %s%s", s->device,
            w->no_keys ? ", no keys held" : "");
    r->spare = set_aside(r->directory);
    status = capturer_start(&setup, &r->capturer, fault);
    if (status != STATUS_OK)
        return status;
    s->link = capturer_link(r->capturer);
    s->snaplen = capturer_snaplen(r->capturer);
    j = custody_begin(r->custody, "capture-began");
    json_string(j, "interface", s->device);
    json_string(j, "filter", setup.filter);
    json_unsigned(j, "link", s->link);
    json_unsigned(j, "snaplen", s->snaplen);
    json_string(j, "keys", s->keys);
    status = custody_end(r->custody, fault);
    if (status == STATUS_OK)
        status = capture_session_write(r->directory, s, NULL, fault);
    /* The capability that opened the device has done its work. Root would lose its files with it. */
    if (status == STATUS_OK && geteuid() != 0)
        status = confine_privileges(fault);
    return status;
}

static void size_text(uint64_t n, char out[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)n;
    size_t i = 0;

    while (value >= 1000 && i + 1 < sizeof(units) / sizeof(*units)) {
        value /= 1000;
        i++;
    }
    (void)snprintf(out, 32, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

static uint64_t free_bytes(int directory)
{
    struct statvfs about;

    if (fstatvfs(directory, &about) != 0)
        return 0;
    return (uint64_t)about.f_bavail * about.f_frsize;
}

/* One line that is written over, on a terminal only. */
static void show(struct run *r)
{
    const struct capturer_report *n = &r->out->report;
    int64_t s = (clock_boot_ns() - r->began_boot_ns) / BILLION;
    char bytes[32], left[32], dropped[32] = "unknown", line[LINE_MOST];

    if (r->wish->quiet || !isatty(STDERR_FILENO))
        return;
    size_text(n->written.bytes, bytes);
    size_text(free_bytes(r->directory), left);
    if (n->dropped_kernel.known)
        (void)snprintf(dropped, sizeof(dropped), "%llu",
                (unsigned long long)(n->dropped_kernel.n +
                                     (n->dropped_device.known ? n->dropped_device.n : 0)));
    (void)snprintf(line, sizeof(line),
            "%s %02lld:%02lld:%02lld  packets %llu  %s  dropped %s  segment %llu  free %s",
            r->session->device, (long long)(s / 3600), (long long)(s / 60 % 60),
            (long long)(s % 60), (unsigned long long)n->written.packets, bytes, dropped,
            (unsigned long long)n->written.finished + 1, left);
    (void)fprintf(stderr, "\r%-78s", line);
    (void)fflush(stderr);
    r->line_open = true;
}

/* CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not. */
static enum status look_for_sleep(struct run *r, struct fault *fault)
{
    int64_t asleep = clock_boot_ns() - clock_steady_ns(), slept = asleep - r->asleep_ns;
    char what[CAPTURE_TEXT];

    r->asleep_ns = asleep;
    if (slept < BILLION)
        return STATUS_OK;
    (void)snprintf(what, sizeof(what), "the machine was suspended for %lld s",
            (long long)(slept / BILLION));
    return enter_interruption(r, clock_utc_ns() - slept, what, fault);
}

static void hear_signals(struct run *r)
{
    struct signalfd_siginfo info;

    while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (r->out->end == NULL)
            r->out->end = "signal";
        capturer_stop(r->capturer);
    }
}

static enum status watch(struct run *r, struct fault *fault)
{
    const struct capture_wish *w = r->wish;
    enum status status = STATUS_OK;
    int64_t stop_by = 0;

    while (!r->out->report.ended) {
        struct pollfd watched[] = {{.fd = capturer_fd(r->capturer), .events = POLLIN},
                {.fd = r->signals, .events = POLLIN}};
        int64_t now = clock_boot_ns();
        int64_t left =
                w->duration_ns == 0 ? INT64_MAX : r->began_boot_ns + w->duration_ns - now;
        int wait =
                left / 1000000 < LOOK_MS ? (left < 0 ? 0 : (int)(left / 1000000) + 1) : LOOK_MS;

        if (left <= 0 && r->out->end == NULL) {
            r->out->end = "duration";
            capturer_stop(r->capturer);
        }
        if (r->out->end != NULL && stop_by == 0)
            stop_by = now + (int64_t)LAST_MS * 1000000;
        if (stop_by != 0 && now >= stop_by) { /* it hangs */
            r->out->report = capturer_wait(r->capturer, 0);
            break;
        }
        (void)poll(watched, 2, r->out->end != NULL ? LOOK_MS : wait);
        hear_signals(r);
        if (capturer_report(r->capturer, &r->out->report))
            show(r);
        if (status == STATUS_OK)
            status = look_for_sleep(r, fault);
        if (status != STATUS_OK)
            capturer_stop(r->capturer);
    }
    return status;
}

/* Why it ended, and whether that was as it should be. */
static enum status judge_end(struct run *r, enum status status, struct fault *fault)
{
    const struct capturer_report *n = &r->out->report;
    struct segment_names there = {0};
    uint64_t most = r->wish->total_most;

    r->session->report = *n;
    if (n->status == STATUS_OK && n->why == SEGMENT_STOP) {
        if (r->out->end == NULL)
            r->out->end = status == STATUS_OK ? "signal" : "failed";
        return status;
    }
    if (n->status == STATUS_FULL || n->why == SEGMENT_FULL) {
        /* A bound that the person set and that was reached is no failure. */
        if (most != 0 && n->status == STATUS_FULL && segment_names_read(r->raw, 0, &there) &&
                there.bytes + r->session->snaplen + ROUND >= most) {
            r->out->end = "max-size";
            return status;
        }
        r->out->end = n->status == STATUS_FULL ? "full" : "failed";
        return fault_set(fault, n->status == STATUS_OK ? STATUS_FULL : n->status, "%s",
                n->text[0] != '\0' ? n->text : "the disk is full");
    }
    r->out->end = n->why == SEGMENT_DEVICE && strstr(n->text, "capture process") == NULL
                          ? "device"
                          : "failed";
    return fault_set(fault, n->status == STATUS_OK ? STATUS_IO : n->status, "%s",
            n->text[0] != '\0' ? n->text : "the capture ended by itself");
}

static enum status enter_end(struct run *r, struct buf *text, struct fault *fault)
{
    struct capture_session *s = r->session;
    const struct capturer_report *n = &s->report;
    char where[CAPTURE_KEYS_WHERE] = "";
    enum status status = STATUS_OK, written;
    struct json *j;

    if (r->spare >= 0)
        (void)close(r->spare);
    r->spare = -1;
    if (r->wish->no_keys)
        status = capture_keys_find(r->wish->directory, where, fault);
    if (where[0] != '\0') {
        r->out->keys_appeared = true;
        s->keys = "found";
    }
    j = custody_begin(r->custody, "capture-ended");
    json_string(j, "end", r->out->end);
    json_string(j, "segment_end", segment_end_name(n->why));
    json_unsigned(j, "packets", n->written.packets);
    json_unsigned(j, "segments", n->written.finished);
    if (n->text[0] != '\0')
        json_string(j, "text", n->text);
    if (where[0] != '\0')
        json_string(j, "keys_found", where);
    written = custody_end(r->custody, fault);
    if (written == STATUS_OK)
        written = custody_add(r->custody, "recording-ended", "end", r->out->end, fault);
    s->end = r->out->end;
    s->ended_ns = clock_utc_ns();
    /* A process that was killed left no last report: what it had not synced is not known. */
    (void)snprintf(s->state, sizeof(s->state), "%s",
            strcmp(r->out->end, "failed") == 0 ? "interrupted" : "ended");
    if (capture_session_write(r->directory, s, text, fault) != STATUS_OK &&
            written == STATUS_OK)
        written = fault->status;
    return status != STATUS_OK ? status : written;
}

static enum status all_of_it(struct run *r, struct buf *text, struct fault *fault)
{
    enum status status = STATUS_OK, entered;
    struct fault later = {0};

    if (r->wish->resume && access(r->wish->directory, F_OK) != 0)
        return fault_set(
                fault, STATUS_INPUT, "%s: there is nothing to resume", r->wish->directory);
    status = open_directories(r, fault);
    if (status == STATUS_OK)
        status = settle(r, fault);
    if (status == STATUS_OK)
        status = enter_beginning(r, fault);
    if (status == STATUS_OK)
        status = begin_capture(r, fault);
    if (r->capturer == NULL)
        return status;
    r->began_boot_ns = clock_boot_ns();
    r->asleep_ns = r->began_boot_ns - clock_steady_ns();
    if (!r->wish->quiet)
        (void)fprintf(stderr, "capturing on %s into %s%s; Ctrl-C ends it\n", r->session->device,
                r->wish->directory, r->wish->no_keys ? ", without keys" : "");
    if (status == STATUS_OK)
        status = watch(r, fault);
    else
        capturer_stop(r->capturer);
    /* The room it had set aside for itself comes back when it is gone. */
    r->out->report = capturer_wait(r->capturer, LAST_MS);
    if (r->line_open)
        (void)fputc('\n', stderr);
    status = judge_end(r, status, fault);
    entered = enter_end(r, text, &later);
    return status != STATUS_OK || entered == STATUS_OK
                   ? status
                   : fault_set(fault, entered, "%s", later.text);
}

enum status capture_run(const struct capture_wish *wish, struct capture_outcome *out,
        struct buf *text, struct fault *fault)
{
    struct capture_session *session = calloc(1, sizeof(*session));
    struct run r = {.wish = wish,
            .session = session,
            .directory = -1,
            .raw = -1,
            .spare = -1,
            .out = out};
    enum status status;
    sigset_t wanted;

    memset(out, 0, sizeof(*out));
    if (session == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    r.signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    status = r.signals < 0 ? fault_set(fault, STATUS_IO, "signalfd: %s", strerror(errno))
                           : all_of_it(&r, text, fault);
    capturer_free(r.capturer);
    custody_close(r.custody);
    if (r.raw >= 0)
        (void)close(r.raw);
    if (r.spare >= 0)
        (void)close(r.spare);
    if (r.directory >= 0)
        (void)close(r.directory);
    if (r.signals >= 0)
        (void)close(r.signals);
    free(session);
    return status;
}
