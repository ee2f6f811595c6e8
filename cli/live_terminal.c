/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/live_terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen with the cursor saved (1049), bracketed paste (2004), no cursor (25): xterm's
 * ctlseqs, "DEC Private Mode Set". */
static const char enter_text[] = "\033[?1049h\033[?2004h\033[?25l\033[2J";
/* 2026 ends an update that a signal interrupted. */
static const char leave_text[] = "\033[?2026l\033[0m\033[?25h\033[?2004l\033[?1049l";

static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGSEGV, SIGBUS, SIGABRT,
        SIGFPE, SIGILL, SIGTSTP, SIGCONT};

enum { WATCHED = sizeof(watched) / sizeof(*watched) };

/* Read by signal handlers: what they need is set before `entered`. */
static struct {
    int in, out;
    pid_t owner;
    struct termios before, raw;
    struct sigaction previous[WATCHED];
} terminal;
static volatile sig_atomic_t entered; /* the screen is ours to give back */
static volatile sig_atomic_t shown;   /* it is in place now */
static volatile sig_atomic_t stale;   /* it may hold something else */

bool live_terminal_able(int in, int out)
{
    const char *term = getenv("TERM");

    return isatty(in) == 1 && isatty(out) == 1 && term != NULL && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

/* The functions from here to on_signal run in signal handlers as well: only what
 * signal-safety(7) lists is called. */
static void put(const char *text, size_t n)
{
    while (n != 0) {
        ssize_t done = write(terminal.out, text, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        text += done;
        n -= (size_t)done;
    }
}

/* Of a terminal that is not our controlling one nobody else can be in front. */
static bool in_front(void)
{
    pid_t front = tcgetpgrp(terminal.in);

    return front == -1 ? errno == ENOTTY : front == getpgrp();
}

static void show(void)
{
    /* From the background tcsetattr would stop us (SIGTTOU). */
    if (!in_front())
        return;
    (void)tcsetattr(terminal.in, TCSANOW, &terminal.raw);
    put(enter_text, sizeof(enter_text) - 1);
    shown = 1;
    stale = 1;
}

static void hide(void)
{
    if (!shown || !in_front())
        return;
    shown = 0;
    put(leave_text, sizeof(leave_text) - 1);
    (void)tcsetattr(terminal.in, TCSANOW, &terminal.before);
}

static size_t index_of(int number)
{
    size_t i = 0;

    while (i + 1 < WATCHED && watched[i] != number)
        i++;
    return i;
}

static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGFPE ||
           number == SIGILL;
}

static void deliver(int number)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t only;

    (void)sigaction(number, &standard, NULL);
    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    const struct sigaction *before = &terminal.previous[index_of(number)];
    bool ours = entered && getpid() == terminal.owner, handled;
    int saved = errno;

    handled = (before->sa_flags & SA_SIGINFO) != 0 ||
              (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN);
    if (number == SIGCONT) {
        if (ours)
            show();
    } else if (number == SIGTSTP && !handled && before->sa_handler != SIG_IGN) {
        struct sigaction mine;

        if (ours)
            hide();
        (void)sigaction(number, NULL, &mine);
        deliver(number); /* stops here; SIGCONT's handler brings the screen back */
        (void)sigaction(number, &mine, NULL);
    } else if (!handled && before->sa_handler != SIG_IGN) {
        if (ours)
            hide();
        deliver(number);
    } else if (is_fault(number) && ours) {
        hide();
    }
    if (handled && (before->sa_flags & SA_SIGINFO) != 0)
        before->sa_sigaction(number, info, context);
    else if (handled)
        before->sa_handler(number);
    errno = saved;
}

static void at_exit(void)
{
    live_terminal_leave();
}

static void watch_signals(void)
{
    for (size_t i = 0; i < WATCHED; i++) {
        struct sigaction action = {.sa_sigaction = on_signal};

        (void)sigemptyset(&action.sa_mask);
        action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        (void)sigaction(watched[i], NULL, &terminal.previous[i]);
        (void)sigaction(watched[i], &action, NULL);
    }
}

enum status live_terminal_enter(int in, int out, struct fault *fault)
{
    static bool at_exit_set;

    if (entered)
        return fault_set(fault, STATUS_USAGE, "the terminal shows a live view already");
    terminal.in = in;
    terminal.out = out;
    terminal.owner = getpid();
    if (tcgetattr(in, &terminal.before) != 0)
        return fault_set(
                fault, STATUS_IO, "the terminal cannot be set up: %s", strerror(errno));
    terminal.raw = terminal.before;
    /* Keys come at once and unseen, Ctrl-C, Ctrl-Z and Ctrl-S among them: a recording must
       not stop by a slip. What is written stays as it is but for line feeds. */
    terminal.raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT);
    terminal.raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    terminal.raw.c_cc[VMIN] = 0;
    terminal.raw.c_cc[VTIME] = 0;
    if (!at_exit_set && atexit(at_exit) != 0)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    at_exit_set = true;
    watch_signals();
    entered = 1;
    show();
    return STATUS_OK;
}

void live_terminal_leave(void)
{
    if (!entered || getpid() != terminal.owner)
        return;
    hide();
    entered = 0;
    for (size_t i = 0; i < WATCHED; i++) {
        struct sigaction now;

        /* Whoever came behind us keeps the signal. */
        if (sigaction(watched[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
                now.sa_sigaction == on_signal)
            (void)sigaction(watched[i], &terminal.previous[i], NULL);
    }
}

bool live_terminal_ready(bool *anew)
{
    if (!entered || !in_front())
        return false;
    if (!shown)
        show();
    *anew = stale != 0;
    stale = 0;
    return shown != 0;
}

void live_terminal_size(int out, unsigned *columns, unsigned *rows)
{
    struct winsize size;
    bool known = ioctl(out, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0;

    *columns = known ? size.ws_col : LIVE_COLUMNS;
    *rows = known ? size.ws_row : LIVE_ROWS;
}

enum status live_terminal_write(int out, struct bytes text, bool *written)
{
    struct pollfd poll_out = {.fd = out, .events = POLLOUT};
    int able = poll(&poll_out, 1, 0);

    *written = false;
    if (able <= 0)
        return STATUS_OK;
    if ((poll_out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        return STATUS_IO;
    while (text.n != 0) {
        ssize_t done = write(out, text.p, text.n);

        if (done < 0 && (errno == EINTR || errno == EAGAIN)) {
            /* A descriptor that somebody set not to wait: a frame is not torn for that. */
            if (errno == EAGAIN)
                (void)poll(&poll_out, 1, 100);
            continue;
        }
        if (done <= 0)
            return STATUS_IO;
        text = bytes_slice(text, (size_t)done, text.n);
    }
    *written = true;
    return STATUS_OK;
}
