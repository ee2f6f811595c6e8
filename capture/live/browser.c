/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/browser.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/live/browser_parts.h"
#include "capture/live/devtools_socket.h"

enum {
    DEVTOOLS_READ = 3, /* --remote-debugging-pipe: it reads from 3 and writes to 4 */
    DEVTOOLS_WRITE = 4,
    ERRORS = 5, /* closed by a start that succeeds */
    ABOVE = 64, /* descriptors are moved out of the way of those above first */
    ENVIRONMENT_MOST = 4096,
    PORT_MS = 30000, /* a browser on a slow machine takes 10 s to listen */
};

/* What the child needs, made before the fork: between fork and exec only what is
 * async-signal-safe may be called. */
struct start {
    const struct isolation *isolation;
    const char **argv, **envp; /* owned arrays of borrowed texts */
    char *home, *key_log;      /* owned */
    int null, log, from_browser[2], to_browser[2], errors[2];
    uid_t user;
    gid_t group;
    pid_t parent;
};

/* What went wrong in the child, and where. */
struct failure {
    int error;
    int step;
};

static const char *const steps[] = {
        "enter the recording's network",
        "give up root",
        "arrange its descriptors",
        "start it",
};

static void start_clear(struct start *s)
{
    int *const fds[] = {&s->null, &s->log, &s->from_browser[0], &s->from_browser[1],
            &s->to_browser[0], &s->to_browser[1], &s->errors[0], &s->errors[1]};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0)
            (void)close(*fds[i]);
        *fds[i] = -1;
    }
    free(s->argv);
    free(s->envp);
    free(s->home);
    free(s->key_log);
}

static bool move_up(int *fd)
{
    int up = *fd < 0 ? -1 : fcntl(*fd, F_DUPFD_CLOEXEC, ABOVE);

    if (up < 0)
        return *fd < 0;
    (void)close(*fd);
    *fd = up;
    return true;
}

static enum status make_descriptors(
        struct start *s, const struct browser *b, const char *log, struct fault *fault)
{
    bool ok;

    s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (log != NULL)
        s->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log != NULL && s->log < 0)
        return fault_set(fault, STATUS_IO, "%s: cannot write the browser's messages: %s", log,
                strerror(errno));
    ok = s->null >= 0 && pipe2(s->errors, O_CLOEXEC) == 0;
    if (ok && b->facts.devtools == BROWSER_DEVTOOLS_PIPE)
        ok = pipe2(s->from_browser, O_CLOEXEC) == 0 && pipe2(s->to_browser, O_CLOEXEC) == 0;
    ok = ok && move_up(&s->null) && move_up(&s->log) && move_up(&s->errors[1]) &&
         move_up(&s->from_browser[1]) && move_up(&s->to_browser[0]);
    if (!ok)
        return fault_set(
                fault, STATUS_IO, "cannot make pipes for the browser: %s", strerror(errno));
    return STATUS_OK;
}

static bool names_variable(const char *entry, const char *name)
{
    size_t n = strlen(name);

    return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static char *variable(const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 2;
    char *text = malloc(size);

    if (text != NULL)
        (void)snprintf(text, size, "%s=%s", name, value);
    return text;
}

/* Our environment, with another key log and perhaps another home. Directories of our own user
 * are nothing to another one. */
static enum status make_environment(
        struct start *s, const struct browser_setup *setup, struct fault *fault)
{
    bool other = setup->user != (uid_t)-1 && setup->user != geteuid();
    size_t n = 0, count = 0;

    while (environ != NULL && environ[count] != NULL && count < ENVIRONMENT_MOST)
        count++;
    s->envp = calloc(count + 3, sizeof(*s->envp));
    if (setup->home != NULL)
        s->home = variable("HOME", setup->home);
    if (setup->key_log != NULL)
        s->key_log = variable("SSLKEYLOGFILE", setup->key_log);
    if (s->envp == NULL || (setup->home != NULL && s->home == NULL) ||
            (setup->key_log != NULL && s->key_log == NULL))
        return fault_set(fault, STATUS_NOMEM, "out of memory for the browser's environment");
    for (size_t i = 0; i < count; i++)
        if (!names_variable(environ[i], "SSLKEYLOGFILE") &&
                !(setup->home != NULL && names_variable(environ[i], "HOME")) &&
                !(other && strncmp(environ[i], "XDG_", 4) == 0))
            s->envp[n++] = environ[i];
    if (s->home != NULL)
        s->envp[n++] = s->home;
    if (s->key_log != NULL)
        s->envp[n++] = s->key_log;
    return STATUS_OK;
}

static enum status make_arguments(struct start *s, const struct browser *b,
        const struct browser_setup *setup, struct fault *fault)
{
    const struct browser_facts *f = &b->facts;
    const char *url = setup->url != NULL || f->devtools != BROWSER_DEVTOOLS_NONE
                              ? setup->url
                              : setup->url_alone;

    s->argv = calloc(f->flag_count + 3, sizeof(*s->argv));
    if (s->argv == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory for the browser's arguments");
    s->argv[0] = f->path;
    for (size_t i = 0; i < f->flag_count; i++)
        s->argv[i + 1] = f->flags[i];
    s->argv[f->flag_count + 1] = url == NULL ? "about:blank" : url;
    return STATUS_OK;
}

/* The browser appends to it as its own user, and nobody else reads it. */
static enum status make_key_log(const struct browser_setup *setup, struct fault *fault)
{
    int fd;
    bool ok;

    if (setup->key_log == NULL)
        return STATUS_OK;
    if (*setup->key_log != '/')
        return fault_set(
                fault, STATUS_USAGE, "%s: the key log's path must be absolute", setup->key_log);
    fd = open(setup->key_log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    ok = fd >= 0 && (setup->user == (uid_t)-1 || fchown(fd, setup->user, (gid_t)-1) == 0);
    if (!ok)
        fault_set(fault, STATUS_IO, "%s: cannot make the key log: %s", setup->key_log,
                strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return ok ? STATUS_OK : STATUS_IO;
}

static enum status find_user(
        struct start *s, const struct browser_setup *setup, struct fault *fault)
{
    const struct passwd *entry;

    s->user = setup->user;
    if (setup->user == (uid_t)-1)
        return STATUS_OK;
    entry = getpwuid(setup->user);
    if (entry == NULL)
        return fault_set(
                fault, STATUS_USAGE, "there is no user with number %u", (unsigned)setup->user);
    s->group = entry->pw_gid;
    return STATUS_OK;
}

/* --- in the child ---------------------------------------------------------------------- */

static void fail(int errors, int step)
{
    struct failure failure = {errno, step};
    ssize_t n = write(errors, &failure, sizeof(failure));

    _exit(n < 0 ? 126 : 127);
}

static bool become(const struct start *s)
{
    if (s->user == (uid_t)-1)
        return true;
    return (geteuid() != 0 || setgroups(0, NULL) == 0) &&
           setresgid(s->group, s->group, s->group) == 0 &&
           setresuid(s->user, s->user, s->user) == 0;
}

static bool arrange(const struct start *s)
{
    int out = s->log < 0 ? s->null : s->log;
    bool pipes = s->to_browser[0] >= 0;

    return dup2(s->null, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2 &&
           dup2(pipes ? s->to_browser[0] : s->null, DEVTOOLS_READ) == DEVTOOLS_READ &&
           dup2(pipes ? s->from_browser[1] : s->null, DEVTOOLS_WRITE) == DEVTOOLS_WRITE &&
           dup3(s->errors[1], ERRORS, O_CLOEXEC) == ERRORS &&
           (pipes || (close(DEVTOOLS_READ) == 0 && close(DEVTOOLS_WRITE) == 0)) &&
           close_range(ERRORS + 1, ~0U, 0) == 0;
}

static void default_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(const struct start *s)
{
    union {
        const char **made;
        char **taken;
    } argv = {s->argv}, envp = {s->envp};
    int error;

    default_signals();
    /* A session of its own: the terminal's Ctrl-C is for the recording, not for the browser. */
    (void)setsid();
    error = s->isolation == NULL ? 0 : isolation_enter(s->isolation);
    if (error != 0) {
        errno = error;
        fail(s->errors[1], 0);
    }
    if (!become(s))
        fail(s->errors[1], 1);
    /* After the change of user, which takes it back. A parent that ended before is seen. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != s->parent)
        fail(s->errors[1], 3);
    if (!arrange(s))
        fail(s->errors[1], 2);
    (void)execve(s->argv[0], argv.taken, envp.taken);
    fail(ERRORS, 3);
}

/* --- in the parent --------------------------------------------------------------------- */

/* Waits until the program runs, or says why it does not. */
static enum status started(struct browser *b, struct start *s, struct fault *fault)
{
    struct failure failure = {0};
    ssize_t n;

    (void)close(s->errors[1]);
    s->errors[1] = -1;
    do {
        n = read(s->errors[0], &failure, sizeof(failure));
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return STATUS_OK;
    (void)waitpid(b->pid, &b->result, 0);
    b->ended = true;
    if (n != (ssize_t)sizeof(failure) || failure.step < 0 ||
            (size_t)failure.step >= sizeof(steps) / sizeof(steps[0]))
        return fault_set(fault, STATUS_IO, "%s: cannot start it", b->facts.path);
    return fault_set(fault, STATUS_IO, "%s: cannot %s: %s", b->facts.path, steps[failure.step],
            strerror(failure.error));
}

static enum status launch(struct browser *b, struct start *s, struct fault *fault)
{
    enum status status;

    s->parent = getpid();
    b->pid = fork();
    if (b->pid == 0)
        child(s);
    if (b->pid < 0)
        return fault_set(fault, STATUS_IO, "cannot start a process: %s", strerror(errno));
    status = started(b, s, fault);
    if (status != STATUS_OK)
        return status;
    b->fd = pidfd_open(b->pid, 0);
    if (b->fd < 0)
        return fault_set(fault, STATUS_IO, "cannot watch the browser: %s", strerror(errno));
    if (b->facts.devtools == BROWSER_DEVTOOLS_PORT) {
        status = devtools_socket_open(b->sockets, b->port, b->fd, PORT_MS, fault);
        if (status != STATUS_OK)
            return status;
        b->devtools[0] = b->devtools[1] = b->sockets[1];
        b->sockets[1] = -1;
        return STATUS_OK;
    }
    b->devtools[0] = s->from_browser[0];
    b->devtools[1] = s->to_browser[1];
    s->from_browser[0] = s->to_browser[1] = -1;
    return STATUS_OK;
}

/* A port where a person uses the browser, in a network that nobody shares with it. */
static enum status choose_port(struct browser *b, const struct browser_setup *setup,
        const struct isolation *isolation, struct fault *fault)
{
    if (!setup->devtools || setup->driven || setup->headless ||
            b->facts.family != BROWSER_CHROMIUM || isolation == NULL ||
            isolation_network_namespace(isolation) < 0)
        return STATUS_OK;
    return browser_port_choose(isolation, &b->port, b->sockets, fault);
}

static enum status may_run(
        const struct browser *b, const struct browser_setup *setup, struct fault *fault)
{
    bool root = setup->user == 0 || (setup->user == (uid_t)-1 && geteuid() == 0);

    for (size_t i = 0; i < setup->extra_count; i++)
        root = root && strcmp(setup->extra[i], "--no-sandbox") != 0;
    if (root && b->facts.family == BROWSER_CHROMIUM)
        return fault_set(fault, STATUS_USAGE,
                "%s does not run as root. Record as an ordinary user, or name one with "
                "--browser-user",
                b->facts.name);
    return STATUS_OK;
}

enum status browser_start(const struct browser_setup *setup, const struct isolation *isolation,
        struct browser **out, struct fault *fault)
{
    struct start s = {.isolation = isolation,
            .null = -1,
            .log = -1,
            .from_browser = {-1, -1},
            .to_browser = {-1, -1},
            .errors = {-1, -1}};
    struct browser *b = calloc(1, sizeof(*b));
    enum status status;

    if (b == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory for the browser");
    b->fd = b->devtools[0] = b->devtools[1] = b->sockets[0] = b->sockets[1] = -1;
    b->ended = true;
    status = browser_find(setup->program, &b->facts, fault);
    if (status == STATUS_OK)
        status = may_run(b, setup, fault);
    if (status == STATUS_OK)
        status = find_user(&s, setup, fault);
    if (status == STATUS_OK)
        status = browser_profile_make(b, setup, fault);
    if (status == STATUS_OK)
        status = choose_port(b, setup, isolation, fault);
    if (status == STATUS_OK)
        status = browser_flags_make(b, setup, fault);
    if (status == STATUS_OK)
        status = make_key_log(setup, fault);
    if (status == STATUS_OK)
        status = make_arguments(&s, b, setup, fault);
    if (status == STATUS_OK)
        status = make_environment(&s, setup, fault);
    if (status == STATUS_OK)
        status = make_descriptors(&s, b, setup->log, fault);
    if (status == STATUS_OK) {
        b->ended = false;
        status = launch(b, &s, fault);
    }
    start_clear(&s);
    if (status != STATUS_OK) {
        browser_free(b);
        return status;
    }
    *out = b;
    return STATUS_OK;
}

const struct browser_facts *browser_facts(const struct browser *b)
{
    return &b->facts;
}

pid_t browser_pid(const struct browser *b)
{
    return b->pid;
}

int browser_fd(const struct browser *b)
{
    return b->fd;
}

int browser_devtools_in(const struct browser *b)
{
    return b->devtools[0];
}

int browser_devtools_out(const struct browser *b)
{
    return b->devtools[1];
}

/* True once it has ended, at the latest after so many milliseconds. */
static bool wait_for(const struct browser *b, int milliseconds)
{
    int64_t end = clock_steady_ms() + milliseconds, left = milliseconds;
    struct pollfd waits = {.fd = b->fd, .events = POLLIN};
    int n;

    do {
        n = poll(&waits, 1, left > 0 ? (int)left : 0);
        left = end - clock_steady_ms();
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Whether a process of the group lives; one that has ended and is not waited for does not. */
static bool lives(const char *number, pid_t group)
{
    char path[64], text[512];
    const char *end;
    char state = 'Z';
    int fd, of = 0;
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/proc/%.20s/stat", number);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n < 0 ? 0 : n] = '\0';
    end = strrchr(text, ')'); /* the name before it may hold anything */
    return end != NULL && sscanf(end, ") %c %*d %d", &state, &of) == 2 && of == group &&
           state != 'Z' && state != 'X';
}

static bool group_lives(pid_t group)
{
    DIR *all = opendir("/proc");
    const struct dirent *at;
    bool found = false;

    while (all != NULL && !found && (at = readdir(all)) != NULL)
        found = at->d_name[0] >= '1' && at->d_name[0] <= '9' && lives(at->d_name, group);
    if (all != NULL)
        (void)closedir(all);
    return found;
}

/* The process has ended, and others of its group still write what they have to: Chromium's network
 * process keeps the cookies, and would lose those of the last half minute. While the first one is
 * not yet waited for, its number is still its group's: what is left of it in the end goes too. */
static void reap(struct browser *b)
{
    enum { LAST_MS = 4000, LOOK_MS = 20 };
    int64_t end = clock_steady_ms() + LAST_MS;
    int state = 0;

    while (group_lives(b->pid) && clock_steady_ms() < end)
        (void)poll(NULL, 0, LOOK_MS);
    (void)kill(-b->pid, SIGKILL);
    while (waitpid(b->pid, &state, 0) < 0 && errno == EINTR)
        continue;
    b->result = WIFSIGNALED(state) ? -WTERMSIG(state) : WEXITSTATUS(state);
    b->ended = true;
}

int browser_result(struct browser *b)
{
    if (!b->ended && wait_for(b, 0))
        reap(b);
    return b->result;
}

void browser_end(struct browser *b, int milliseconds)
{
    if (b->ended)
        return;
    if (b->fd >= 0) {
        (void)kill(b->pid, SIGTERM);
        if (!wait_for(b, milliseconds))
            (void)kill(b->pid, SIGKILL);
    } else {
        (void)kill(b->pid, SIGKILL);
    }
    reap(b);
}

void browser_free(struct browser *b)
{
    if (b == NULL)
        return;
    if (!b->ended)
        browser_end(b, 2000);
    if (b->devtools[1] == b->devtools[0])
        b->devtools[1] = -1;
    for (size_t i = 0; i < 2; i++) {
        if (b->devtools[i] >= 0)
            (void)close(b->devtools[i]);
        if (b->sockets[i] >= 0)
            (void)close(b->sockets[i]);
    }
    if (b->fd >= 0)
        (void)close(b->fd);
    for (size_t i = 0; i < b->text_count; i++)
        free(b->texts[i]);
    free(b);
}
