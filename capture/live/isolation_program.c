/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/isolation_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool fits(const char *directory, size_t n, const char *name, char out[ISOLATION_PATH])
{
    char path[ISOLATION_PATH];
    int length = snprintf(path, sizeof(path), "%.*s/%s", (int)n, directory, name);

    if (directory[0] != '/' || length < 0 || (size_t)length >= sizeof(path) ||
            access(path, X_OK) != 0)
        return false;
    memcpy(out, path, sizeof(path));
    return true;
}

bool isolation_program(const char *name, char out[ISOLATION_PATH])
{
    static const char *const usual[] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin",
            "/usr/local/bin", "/usr/local/sbin", "/run/current-system/sw/bin"};
    const char *path = getenv("PATH");

    /* The person's own choice first, but nobody else's when we are root. */
    while (geteuid() != 0 && path != NULL && *path != '\0') {
        size_t n = strcspn(path, ":");

        if (n < ISOLATION_PATH && fits(path, n, name, out))
            return true;
        path += n + (path[n] == ':' ? 1 : 0);
    }
    for (size_t k = 0; k < sizeof(usual) / sizeof(usual[0]); k++) {
        if (fits(usual[k], strlen(usual[k]), name, out))
            return true;
    }
    return false;
}

/* In the child: descriptors 0 to 4 as asked, the rest closed. */
static void settle(int log, int three, int four)
{
    int given[] = {log, three, four}, null = open("/dev/null", O_RDWR);

    for (int k = 0; k < 3; k++)
        given[k] = given[k] == -1 ? -1 : fcntl(given[k], F_DUPFD, 64);
    (void)dup2(null, 0);
    (void)dup2(given[0] != -1 ? given[0] : null, 1);
    (void)dup2(given[0] != -1 ? given[0] : null, 2);
    for (int k = 1; k < 3; k++) {
        if (given[k] != -1)
            (void)dup2(given[k], k + 2);
        else
            (void)close(k + 2);
    }
    (void)close_range(5, ~0U, 0);
}

pid_t isolation_spawn(const char *const argv[], int log, int three, int four)
{
    union {
        const char *const *given;
        char *const *taken;
    } words = {.given = argv};
    sigset_t none;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    (void)setsid();
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    settle(log, three, four);
    (void)execve(argv[0], words.taken, environ);
    _exit(127);
}

bool isolation_run(const char *const argv[], struct buf *said)
{
    int log = memfd_create("said", MFD_CLOEXEC), result = -1;
    pid_t pid = isolation_spawn(argv, log, -1, -1);
    char text[4096];
    ssize_t n;
    off_t at = 0;

    while (pid > 0 && waitpid(pid, &result, 0) == -1 && errno == EINTR)
        continue;
    while (log != -1 && (n = pread(log, text, sizeof(text), at)) > 0) {
        if (buf_append(said, bytes_of(text, (size_t)n)) != STATUS_OK)
            break;
        at += n;
    }
    isolation_close(&log);
    return pid > 0 && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

void isolation_close(int *fd)
{
    if (*fd != -1)
        (void)close(*fd);
    *fd = -1;
}
