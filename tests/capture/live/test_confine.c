/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/live/confine.h"
#include "tests/capture/live/process_status.h"

struct cell {
    int directory, device, control; /* `device` and `control` are ends of socket pairs */
    struct confine_fence fence;
    char outside[128]; /* a file that exists, out of the directory */
};

static struct cell cell;

/* What a confined process does; its exit status, if it lives. */
typedef int deed(void);

/* The wait status of a child that does it once it is confined. */
static int confined(deed *act)
{
    pid_t pid = fork();
    int how = -1;

    if (pid == 0) {
        const int keep[] = {cell.directory, cell.device, cell.control};
        const struct confine_calls calls = {
                .device = cell.device, .control = cell.control, .netlink = -1};
        struct fault fault = {0};

        if (confine_descriptors(keep, 3, &fault) != STATUS_OK ||
                confine_files(cell.directory, &cell.fence, &fault) != STATUS_OK ||
                confine_privileges(&fault) != STATUS_OK ||
                confine_calls(&calls, &fault) != STATUS_OK)
            _exit(99);
        _exit(act());
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    return how;
}

static void dies(deed *act)
{
    int how = confined(act);

    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGSYS);
}

static void lives(deed *act)
{
    int how = confined(act);

    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        print_message("wait status 0x%x\n", (unsigned)how);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static int makes_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int executes(void)
{
    char *const words[] = {(char[]){"sh"}, NULL};

    return execve("/bin/sh", words, NULL);
}

static int traces(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int forks(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int kills(void)
{
    return (int)syscall(SYS_kill, 1, 0);
}

static int opens_to_read(void)
{
    return openat(cell.directory, "there", O_RDONLY);
}

static int opens_to_overwrite(void)
{
    return openat(cell.directory, "there", O_WRONLY | O_TRUNC);
}

static int removes(void)
{
    return unlinkat(cell.directory, "there", 0);
}

static int maps_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}

static int makes_memory_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int writes_to_the_device(void)
{
    return write(cell.device, "x", 1) == 1;
}

/* The kernel looks at 32 bits of the register, so the filter has to as well. */
static int writes_to_the_device_in_disguise(void)
{
    return syscall(SYS_write, (uint64_t)cell.device | UINT64_C(1) << 40, "x", 1) == 1;
}

static int sends_on_the_device(void)
{
    return send(cell.device, "x", 1, 0) == 1;
}

static int loads_another_filter(void)
{
    return (int)syscall(SYS_seccomp, 0, 0, NULL);
}

static void *makes_a_socket_later(void *context)
{
    char word;

    (void)!read(*(const int *)context, &word, 1);
    (void)makes_a_socket();
    return NULL;
}

static void everything_else_is_death(void **state)
{
    (void)state;
    dies(makes_a_socket);
    dies(executes);
    dies(traces);
    dies(forks);
    dies(kills);
    dies(opens_to_read);
    dies(opens_to_overwrite);
    dies(removes);
    dies(maps_code);
    dies(makes_memory_code);
    dies(loads_another_filter);
}

static void nothing_is_ever_sent_through_the_device(void **state)
{
    (void)state;
    dies(writes_to_the_device);
    dies(writes_to_the_device_in_disguise);
    dies(sends_on_the_device);
}

static int works(void)
{
    static const char text[] = "packets";
    struct pollfd at = {.fd = cell.device, .events = POLLIN};
    int fd = openat(
            cell.directory, "new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct statvfs disk;
    char word;
    void *memory;

    if (fd < 0 || write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
        return 1;
    if (fdatasync(fd) != 0 || fsync(fd) != 0 || ftruncate(fd, 3) != 0 || close(fd) != 0)
        return 2;
    memory = malloc(32 << 20);
    if (memory == NULL || fstatvfs(cell.directory, &disk) != 0)
        return 3;
    memset(memory, 1, 32 << 20);
    free(memory);
    if (poll(&at, 1, 1) != 1 || recv(cell.device, &word, 1, MSG_DONTWAIT) != 1)
        return 4;
    return send(cell.control, "x", 1, MSG_NOSIGNAL) == 1 ? 0 : 5;
}

static void what_a_capture_does_is_allowed(void **state)
{
    (void)state;
    lives(works);
    assert_int_equal(unlinkat(cell.directory, "new", 0), 0);
}

static int finds_nothing_outside(void)
{
    static const char *const outside[] = {"/tmp/exhibit-confine-outside", "/etc/exhibit"};

    for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
        if (openat(cell.directory, outside[i], O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 &&
                !cell.fence.chroot)
            return 1;
    if (openat(cell.directory, "../outside", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 &&
            !cell.fence.chroot)
        return 2;
    return cell.fence.chroot || cell.fence.landlock ? 0 : 77;
}

static void files_are_made_in_the_directory_only(void **state)
{
    int how = confined(finds_nothing_outside);

    (void)state;
    assert_true(WIFEXITED(how));
    if (WEXITSTATUS(how) == 77) {
        print_message("skip: neither chroot nor Landlock here\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(how), 0);
    assert_int_not_equal(access("/tmp/exhibit-confine-outside", F_OK), 0);
    assert_int_not_equal(access(cell.outside, F_OK), 0);
}

static void no_capability_is_left_and_none_can_be_gained(void **state)
{
    static const char *const names[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};
    int ends[2];
    char line[STATUS_LINE], word;
    pid_t pid;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid = fork();
    if (pid == 0) {
        struct fault fault = {0};

        (void)close(ends[0]);
        if (confine_privileges(&fault) != STATUS_OK || write(ends[1], "r", 1) != 1)
            _exit(1);
        (void)!read(ends[1], &word, 1);
        _exit(0);
    }
    assert_int_equal(read(ends[0], &word, 1), 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        process_status(pid, names[i], line);
        assert_string_equal(line, NO_CAPABILITIES);
    }
    process_status(pid, "NoNewPrivs:", line);
    assert_string_equal(line, "\t1\n");
    if (geteuid() == 0) {
        process_status(pid, "CapBnd:", line);
        assert_string_equal(line, NO_CAPABILITIES);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void only_named_descriptors_stay_open(void **state)
{
    pid_t pid;
    int how, named;

    (void)state;
    named = fcntl(cell.directory, F_DUPFD, 100);
    assert_true(named >= 100);
    pid = fork();
    if (pid == 0) {
        const int keep[] = {named, -1};
        struct fault fault = {0};
        int n = 0;

        if (confine_descriptors(keep, 2, &fault) != STATUS_OK)
            _exit(1);
        for (int fd = 0; fd < 1024; fd++)
            n += fcntl(fd, F_GETFD) >= 0;
        _exit(n == 4 && fcntl(named, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0 ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
    (void)close(named);
}

/* The filter is to take hold of threads that were there before it. */
static void a_thread_from_before_is_confined_too(void **state)
{
    pid_t pid = fork();
    int how;

    (void)state;
    if (pid == 0) {
        const struct confine_calls calls = {.device = -1, .control = -1, .netlink = -1};
        struct fault fault = {0};
        pthread_t thread;
        int gate[2];

        if (pipe(gate) != 0 || confine_privileges(&fault) != STATUS_OK ||
                pthread_create(&thread, NULL, makes_a_socket_later, &gate[0]) != 0 ||
                confine_calls(&calls, &fault) != STATUS_OK || write(gate[1], "g", 1) != 1)
            _exit(1);
        (void)pthread_join(thread, NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGSYS);
}

static int set_up(void **state)
{
    static char made[] = "/tmp/exhibit-confine-XXXXXX";
    char inside[128];
    int device[2], control[2], there;

    (void)state;
    if (mkdtemp(made) == NULL)
        return -1;
    (void)snprintf(inside, sizeof(inside), "%s/raw", made);
    (void)snprintf(cell.outside, sizeof(cell.outside), "%s/outside", made);
    if (mkdir(inside, 0700) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, device) != 0 ||
            socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) != 0)
        return -1;
    cell.directory = open(inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    there = openat(cell.directory, "there", O_WRONLY | O_CREAT, 0600);
    if (cell.directory < 0 || there < 0 || send(device[1], "d", 1, 0) != 1)
        return -1;
    (void)close(there);
    cell.device = device[0];
    cell.control = control[0];
    return 0;
}

static int tear_down(void **state)
{
    char path[160];

    (void)state;
    (void)unlinkat(cell.directory, "there", 0);
    (void)unlinkat(cell.directory, "outside", 0); /* in a chroot, ".." is where one is */
    /* "DIR/outside" tells where DIR is. */
    *strrchr(cell.outside, '/') = '\0';
    (void)snprintf(path, sizeof(path), "%s/raw", cell.outside);
    return rmdir(path) != 0 || rmdir(cell.outside) != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(everything_else_is_death),
            cmocka_unit_test(nothing_is_ever_sent_through_the_device),
            cmocka_unit_test(what_a_capture_does_is_allowed),
            cmocka_unit_test(files_are_made_in_the_directory_only),
            cmocka_unit_test(no_capability_is_left_and_none_can_be_gained),
            cmocka_unit_test(only_named_descriptors_stay_open),
            cmocka_unit_test(a_thread_from_before_is_confined_too),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
