/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/record_parts.h"
#include "report/words.h"

enum {
    WAIT_MS = 100,
    LOG_READ = 8192, /* of the browser's messages, from the end */
};

#define SOCKETS_EVERY_NS INT64_C(250000000)

/* What the loop waits for. */
enum waited {
    WAIT_CAPTURE,
    WAIT_DEVTOOLS,
    WAIT_DEVTOOLS_OUT,
    WAIT_BROWSER,
    WAIT_NETWORK,
    WAIT_KEYS,
    WAIT_SIGNAL,
    WAIT_JUDGE,
    WAITED,
};

static void ends(struct record *r, enum record_end why)
{
    if (r->end == RECORD_GOES_ON)
        r->end = why;
}

static void failed(struct record *r, enum status status)
{
    if (status != STATUS_OK)
        ends(r, RECORD_FAULT);
}

static void restart_browser(struct record *r, bool ended)
{
    const char *url = r->visited_count == 0 ? r->options->url : r->visited[0];
    /* `browser_ended` comes here when the person has closed it: then it had time to write. */
    const char *words =
            r->devtools != NULL || ended
                    ? "browser restarted"
                    : "browser restarted; ended by a signal, so that cookies of the "
                      "last half minute may be lost";

    record_doing(r, WORDS("the browser is closed and started again, with the same profile"));
    record_stop_browser(r);
    failed(r, record_mark(r, MARK_NOTE, words, 0));
    failed(r, record_start_browser(r, r->drive != NULL ? NULL : url));
    r->restarted = true;
}

static bool tells_why(const char *line)
{
    static const char *const words[] = {"X server", "isplay", "sandbox", "profile", "platform"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(line, words[i]) != NULL)
            return true;
    }
    return false;
}

/* The first line that tells why it could not start, among much noise; else the last one. */
void record_last_words(struct record *r)
{
    char text[LOG_READ];
    int fd = openat(r->directory_fd, "browser.log", O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size < (off_t)sizeof(text) ? 0 : size - (off_t)sizeof(text) + 1;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, from);
    char *rest = text, *line;

    if (fd >= 0)
        (void)close(fd);
    text[n < 0 ? 0 : n] = '\0';
    r->last_words[0] = '\0';
    while ((line = strsep(&rest, "\r\n")) != NULL && !tells_why(r->last_words)) {
        if (*line != '\0')
            (void)snprintf(r->last_words, sizeof(r->last_words), "%s", line);
    }
    for (char *c = r->last_words; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    }
}

static void browser_ended(struct record *r)
{
    int result = browser_result(r->browser);

    if (result != 0)
        record_last_words(r);
    if (r->options->restart && !r->restarted && result == 0)
        restart_browser(r, true);
    else
        ends(r, result == 0 ? RECORD_BROWSER_CLOSED : RECORD_BROWSER_DIED);
}

static const struct guide_step *step_shown(const struct record *r)
{
    return r->drive == NULL && r->step < r->guide.n ? &r->guide.steps[r->step] : NULL;
}

static void enter_step(struct record *r, const struct guide_step *step)
{
    struct json *detail = custody_begin(r->custody, "step");

    json_unsigned(detail, "line", step->line);
    json_string(detail, "text", step->shown_en);
    json_bool(detail, "automated", r->drive != NULL);
    if (r->drive != NULL && guide_drive_remark(r->drive) != NULL)
        json_string(detail, "remark", guide_drive_remark(r->drive));
    failed(r, custody_end(r->custody, &r->fault));
}

/* What a step asks of us and not of the browser's pages. */
static void do_step(struct record *r, const struct guide_step *step)
{
    enter_step(r, step);
    switch (step->act) {
    case GUIDE_MARK:
        failed(r, record_mark(r, step->mark, step->text, 0));
        break;
    case GUIDE_SCREENSHOT:
        record_screenshot(r, "asked");
        break;
    case GUIDE_RESTART:
        restart_browser(r, false);
        break;
    case GUIDE_CLEAR_COOKIES:
        failed(r, record_mark(r, MARK_COOKIES_CLEARED, NULL, 0));
        break;
    case GUIDE_END:
        ends(r, RECORD_SCRIPT);
        break;
    case GUIDE_OPEN:
    case GUIDE_SEARCH:
    case GUIDE_WAIT:
    case GUIDE_WAIT_QUIET:
    case GUIDE_CLICK:
    case GUIDE_TYPE:
    case GUIDE_SAY:
        break;
    }
}

/* The person says that a step is done. */
static void step_done(struct record *r)
{
    const struct guide_step *step = step_shown(r);

    if (step == NULL)
        return;
    do_step(r, step);
    r->step++;
    if (r->step == r->guide.n)
        ends(r, RECORD_SCRIPT);
}

static void take_keys(struct record *r)
{
    enum live_key key;

    while (r->end == RECORD_GOES_ON && (key = live_view_key(r->view)) != LIVE_NOTHING) {
        switch (key) {
        case LIVE_MARK:
            failed(r, record_mark(r, live_mark_kind(r->view), live_text(r->view),
                              live_time(r->view)));
            break;
        case LIVE_NOTE:
            failed(r, record_mark(r, MARK_NOTE, live_text(r->view), live_time(r->view)));
            break;
        case LIVE_SCREENSHOT:
            record_screenshot(r, "asked");
            break;
        case LIVE_STEP_DONE:
            step_done(r);
            break;
        case LIVE_QUIT:
            ends(r, RECORD_ASKED);
            break;
        case LIVE_NOTHING:
            break;
        }
    }
}

/* A driven run: what the guide cannot do by itself is done here. */
static void drive(struct record *r)
{
    const struct guide_step *step = guide_drive_current(r->drive);

    if (step == NULL) {
        ends(r, RECORD_SCRIPT);
        return;
    }
    if (r->devtools == NULL)
        return;
    switch (guide_drive_step(r->drive, r->devtools, clock_boot_ns(), &r->fault)) {
    case GUIDE_GOES_ON:
        if (guide_drive_current(r->drive) != step)
            do_step(r, step);
        break;
    case GUIDE_ASKS_MARK:
    case GUIDE_ASKS_SCREENSHOT:
    case GUIDE_ASKS_RESTART:
    case GUIDE_ASKS_END:
        do_step(r, step);
        guide_drive_done(r->drive);
        break;
    case GUIDE_FAILED:
        record_say(r, WORDS("the script cannot go on: %s"), r->fault.text);
        ends(r, RECORD_SCRIPT_FAILED);
        break;
    }
}

static void capture_said(struct record *r)
{
    while (capturer_report(r->capturer, &r->captured)) {
        if (!r->captured.ended)
            continue;
        record_say(r, WORDS("the capture ended: %s"), r->captured.text);
        ends(r, RECORD_CAPTURE_ENDED);
        return;
    }
}

/* Whose sockets are the browser's, and which source ports servers saw. */
static void sample_sockets(struct record *r)
{
    pid_t joiner = isolation_joiner_pid(r->isolation);
    int64_t now_ns = clock_boot_ns();

    if (now_ns < r->sockets_next_ns)
        return;
    r->sockets_next_ns = now_ns + SOCKETS_EVERY_NS;
    if (joiner > 0)
        failed(r,
                sockets_sample(r->sockets, SOCKETS_JOINER, joiner, clock_utc_ns(), &r->fault));
    else if (r->browser != NULL)
        failed(r, sockets_sample(r->sockets, SOCKETS_BROWSER, browser_pid(r->browser),
                          clock_utc_ns(), &r->fault));
}

static uint64_t disk_free(const struct record *r)
{
    struct statvfs about;

    return fstatvfs(r->raw_fd, &about) == 0 ? (uint64_t)about.f_bavail * about.f_frsize : 0;
}

void record_draw(struct record *r)
{
    const char *front = r->devtools == NULL ? NULL : devtools_front(r->devtools);
    const struct guide_step *step =
            r->drive != NULL ? guide_drive_current(r->drive) : step_shown(r);
    const struct live_facts facts = {
            .url = front == NULL ? NULL : devtools_url(r->devtools, front),
            .class_name = r->session.class_name,
            .isolation = r->session.isolation == NULL ? NULL : r->session.isolation->joined_by,
            .elapsed_ns = clock_boot_ns() - r->began_ns,
            .pages = r->counts.pages > r->visited_count ? r->counts.pages : r->visited_count,
            .exchanges = r->counts.exchanges,
            .third_parties = r->counts.third_parties,
            .third_party_requests = r->counts.third_party_requests,
            .identifiers = {.known = r->counted, .n = r->counts.identifiers},
            .packets = r->captured.written.packets,
            .bytes = r->captured.written.bytes,
            .dropped = r->captured.dropped_kernel,
            .disk_free = disk_free(r),
            .tls_connections = r->counts.tls,
            .tls_decrypted = r->counts.decrypted,
            .segments = r->captured.written.finished +
                        (r->captured.written.packets != 0 && !r->captured.ended),
            .proof_level = "L0",
            .marks = r->marks,
            .screens = r->screens,
            .step = step == NULL                               ? NULL
                    : r->options->language == LANGUAGE_CHINESE ? step->shown_zh
                                                               : step->shown_en,
            .step_number = r->drive == NULL ? (unsigned)r->step + 1
                           : step == NULL   ? 0
                                            : (unsigned)(step - r->guide.steps) + 1,
            .step_count = (unsigned)r->guide.n,
            .step_driven = r->drive != NULL,
            .judged_ns = r->judged_ns,
    };

    live_view_draw(r->view, &facts);
}

static void wait_for(struct record *r, struct pollfd at[WAITED])
{
    const int fds[WAITED] = {
            [WAIT_CAPTURE] = capturer_fd(r->capturer),
            [WAIT_DEVTOOLS] = r->devtools == NULL ? -1 : browser_devtools_in(r->browser),
            [WAIT_DEVTOOLS_OUT] = r->devtools != NULL && devtools_wants_to_write(r->devtools)
                                          ? browser_devtools_out(r->browser)
                                          : -1,
            [WAIT_BROWSER] = r->browser == NULL ? -1 : browser_fd(r->browser),
            [WAIT_NETWORK] = isolation_fd(r->isolation),
            [WAIT_KEYS] = live_view_fd(r->view),
            [WAIT_SIGNAL] = r->signal_fd,
            [WAIT_JUDGE] = r->judge_fd,
    };

    for (int i = 0; i < WAITED; i++)
        at[i] = (struct pollfd){
                .fd = fds[i], .events = i == WAIT_DEVTOOLS_OUT ? POLLOUT : POLLIN};
    if (poll(at, WAITED, r->holds ? WAIT_MS / 2 : WAIT_MS) < 0 && errno != EINTR)
        failed(r, fault_set(&r->fault, STATUS_IO, "poll: %s", strerror(errno)));
}

static void take_signal(struct record *r)
{
    struct signalfd_siginfo info;

    if (read(r->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        ends(r, RECORD_ASKED);
}

/* One turn: in the order of what must not wait. */
static void turn(struct record *r)
{
    struct pollfd at[WAITED];

    wait_for(r, at);
    if (at[WAIT_SIGNAL].revents != 0)
        take_signal(r);
    if (at[WAIT_CAPTURE].revents != 0)
        capture_said(r);
    if (r->devtools != NULL)
        record_browser_said(r);
    if (at[WAIT_KEYS].revents != 0)
        take_keys(r);
    if (at[WAIT_NETWORK].revents != 0) {
        record_say(r, WORDS("the browser's network is gone: what it does now is not captured"));
        ends(r, RECORD_NETWORK_LOST);
    }
    if (r->browser != NULL && at[WAIT_BROWSER].revents != 0 && r->end == RECORD_GOES_ON)
        browser_ended(r);
    if (r->end == RECORD_GOES_ON && r->drive != NULL)
        drive(r);
    if (r->ends_ns != 0 && clock_boot_ns() >= r->ends_ns)
        ends(r, RECORD_TIME);
    sample_sockets(r);
    failed(r, record_live_step(r));
    record_live_judge(r, at[WAIT_JUDGE].revents != 0);
    record_draw(r);
}

void record_run(struct record *r)
{
    if (r->options->duration_ns != 0)
        r->ends_ns = clock_boot_ns() + r->options->duration_ns;
    while (r->end == RECORD_GOES_ON)
        turn(r);
}
