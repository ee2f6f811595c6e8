/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/folder.h"
#include "tests/support/oom.h"

static char path[] = "/tmp/exhibit-test-file-XXXXXX";

static int make(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    for (int i = 0; fd != -1 && i < 1000; i++) {
        if (write(fd, "0123456789", 10) != 10)
            return 1;
    }
    return fd == -1 || close(fd) != 0;
}

static int drop(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_file_is_appended_whole(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 20000);
    assert_int_equal(buf_text(&out, "x"), STATUS_OK);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_OK);
    assert_int_equal(out.n, 10001);
    assert_memory_equal(out.p, "x0123456789", 11);
    buf_clear(&out);
}

static void each_failure_says_which_file_and_why(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 9999);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, path));
    fault = (struct fault){0};
    assert_int_equal(file_read("/nowhere/at/all", "test", &out, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "/nowhere/at/all: cannot open this test"));
    fault = (struct fault){0};
    assert_int_equal(file_read("/", "test", &out, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "cannot read this test"));
    buf_clear(&out);
}

static void failed_memory_is_told(void **state)
{
    struct fault fault = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 20000);
    oom_fail_at(1);
    assert_int_equal(file_read(path, "test", &out, &fault), STATUS_NOMEM);
    assert_true(oom_happened());
    oom_fail_at(0);
    buf_clear(&out);
}

static void a_file_is_hashed_and_nothing_else_is(void **state)
{
    struct fault fault = {0};
    char hex[SHA256_TEXT] = "untouched";

    (void)state;
    assert_int_equal(file_sha256("/nowhere/at/all", hex, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "/nowhere/at/all"));
    fault = (struct fault){0};
    assert_int_equal(file_sha256("/tmp", hex, &fault), STATUS_INPUT);
    assert_int_equal(file_sha256("/dev/null", hex, &fault), STATUS_INPUT);
    assert_string_equal(hex, "untouched");
    assert_int_equal(file_sha256(path, hex, &fault), STATUS_OK);
    /* by hashlib of Python */
    assert_string_equal(
            hex, "4c207598af7a20db0e3334dd044399a40e467cb81b37f7ba05a4f76dcbd8fd59");
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* A pipe that nobody empties takes what fits, and waits: the alarm interrupts that. */
static void what_was_written_is_told(void **state)
{
    const struct sigaction action = {.sa_handler = on_alarm}, usual = {.sa_handler = SIG_DFL};
    const struct itimerval soon = {.it_interval = {.tv_usec = 2000}, .it_value.tv_usec = 2000};
    static uint8_t text[300000], back[sizeof(text)];
    size_t got = 0;
    int ends[2], fd;
    pid_t child;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 7 >> 3);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        (void)sigaction(SIGALRM, &action, NULL);
        (void)setitimer(ITIMER_REAL, &soon, NULL);
        _exit(file_write_all(ends[1], bytes_of(text, sizeof(text))) == sizeof(text) ? 0 : 1);
    }
    (void)close(ends[1]);
    (void)sigaction(SIGALRM, &usual, NULL);
    for (ssize_t n = 1; n > 0 && got<sizeof(back); got += n> 0 ? (size_t)n : 0) {
        (void)poll(NULL, 0, 5);
        n = read(ends[0], back + got, sizeof(back) - got);
    }
    assert_int_equal(got, sizeof(text));
    assert_memory_equal(back, text, sizeof(text));
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &fd, 0), child);
    assert_int_equal(fd, 0);
    fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, bytes_of(text, 10)), 0);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(file_write_all(fd, (struct bytes){0}), 0);
    (void)close(fd);
}

/* --- files that take their place whole ---------------------------------------------------- */

static bool holds(const char *name, const char *text)
{
    struct fault fault = {0};
    struct buf out;
    bool same;

    buf_init(&out, 1 << 20);
    same = file_read(name, "test", &out, &fault) == STATUS_OK && bytes_is(buf_view(&out), text);
    buf_clear(&out);
    return same;
}

static void a_file_takes_the_place_of_the_old_for_its_owner_alone(void **state)
{
    const struct folder *f = *state;
    struct fault fault = {0};
    struct stat about;
    mode_t before = umask(0);
    char full[128];

    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("a long one"), &fault), STATUS_OK);
    assert_true(holds("x", "a long one"));
    assert_int_equal(chmod("x", 0644), 0);
    (void)snprintf(full, sizeof(full), "%s/x", f->path);
    assert_int_equal(file_replace(AT_FDCWD, full, BYTES_LITERAL("new"), &fault), STATUS_OK);
    assert_true(holds("x", "new"));
    assert_int_equal(stat("x", &about), 0);
    assert_int_equal(about.st_mode, S_IFREG | 0600);
    assert_int_equal(file_replace(AT_FDCWD, "x", (struct bytes){0}, &fault), STATUS_OK);
    assert_true(holds("x", ""));
    assert_int_equal(folder_count(f), 1);
    (void)umask(before);
}

static void a_link_is_replaced_and_not_followed(void **state)
{
    const struct folder *f = *state;
    struct fault fault = {0};
    struct stat about;

    assert_int_equal(file_create(f->fd, "other", BYTES_LITERAL("mine"), &fault), STATUS_OK);
    assert_int_equal(symlink("other", "x"), 0);
    assert_int_equal(symlink("other", "x.new0"), 0);
    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("new"), &fault), STATUS_OK);
    assert_true(holds("other", "mine"));
    assert_true(holds("x", "new"));
    assert_int_equal(lstat("x", &about), 0);
    assert_true(S_ISREG(about.st_mode));
    assert_int_equal(lstat("x.new0", &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(folder_count(f), 3);
}

static void what_stands_beside_is_left_alone(void **state)
{
    const struct folder *f = *state;
    struct fault fault = {0};
    char name[32];

    for (unsigned i = 0; i < 99; i++) {
        (void)snprintf(name, sizeof(name), "x.new%u", i);
        assert_int_equal(mkdir(name, 0700), 0);
    }
    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("new"), &fault), STATUS_OK);
    assert_int_equal(folder_count(f), 100);
    assert_int_equal(mkdir("x.new99", 0700), 0);
    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("newer"), &fault), STATUS_IO);
    assert_string_equal(fault.text, "x: cannot be written: File exists");
    assert_true(holds("x", "new"));
}

static void one_that_is_there_is_not_made_anew(void **state)
{
    const struct folder *f = *state;
    struct fault fault = {0};

    assert_int_equal(file_create(f->fd, "x", BYTES_LITERAL("old"), &fault), STATUS_OK);
    assert_int_equal(file_create(f->fd, "x", BYTES_LITERAL("new"), &fault), STATUS_USAGE);
    assert_int_equal(symlink("nowhere", "y"), 0);
    assert_int_equal(file_create(f->fd, "y", BYTES_LITERAL("new"), &fault), STATUS_USAGE);
    assert_int_equal(fault.status, STATUS_OK);
    assert_true(holds("x", "old"));
    assert_int_equal(folder_count(f), 2);
}

static void a_place_that_cannot_be_had_is_told_and_nothing_is_left(void **state)
{
    const struct folder *f = *state;
    struct fault fault = {0};
    char name[5000];

    assert_int_equal(file_replace(f->fd, "no/x", BYTES_LITERAL("new"), &fault), STATUS_IO);
    assert_string_equal(fault.text, "no/x: cannot be written: No such file or directory");
    fault = (struct fault){0};
    assert_int_equal(mkdir("x", 0700), 0);
    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("new"), &fault), STATUS_IO);
    assert_string_equal(fault.text, "x: cannot be written: Is a directory");
    assert_int_equal(folder_count(f), 1);
    fault = (struct fault){0};
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(file_replace(f->fd, name, BYTES_LITERAL("new"), &fault), STATUS_USAGE);
    assert_int_equal(fault.status, STATUS_USAGE);
}

/* What is written is cut in its middle. */
static void the_old_one_stays_when_the_new_one_is_not_whole(void **state)
{
    const struct folder *f = *state;
    struct rlimit usual, four;
    struct fault fault = {0};

    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("old"), &fault), STATUS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    four = usual;
    four.rlim_cur = 4;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &four), 0);
    assert_int_equal(file_replace(f->fd, "x", BYTES_LITERAL("newer"), &fault), STATUS_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_string_equal(fault.text, "x: cannot be written: File too large");
    assert_true(holds("x", "old"));
    assert_int_equal(folder_count(f), 1);
}

/* In a child: 0 when all is as it should be, 77 where no small disk can be had. */
static int fill_a_disk(const struct folder *f)
{
    static uint8_t much[64 << 10];
    struct fault fault = {0};

    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", f->path, "tmpfs", 0, "size=16k") != 0 || chdir(f->path) != 0)
        return 77;
    if (file_replace(AT_FDCWD, "x", BYTES_LITERAL("old"), &fault) != STATUS_OK)
        return 1;
    if (file_replace(AT_FDCWD, "x", bytes_of(much, sizeof(much)), &fault) != STATUS_FULL)
        return 2;
    if (strcmp(fault.text, "x: cannot be written: No space left on device") != 0)
        return 3;
    return holds("x", "old") && folder_count(f) == 1 ? 0 : 4;
}

static void a_full_disk_is_told_and_the_old_one_stays(void **state)
{
    pid_t child = fork();
    int result;

    assert_true(child >= 0);
    if (child == 0)
        _exit(fill_a_disk(*state));
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == 77)
        print_message("skip: a full disk: nothing can be mounted here\n");
    else
        assert_int_equal(WEXITSTATUS(result), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_enter, folder_leave)
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_file_is_appended_whole),
            cmocka_unit_test(each_failure_says_which_file_and_why),
            cmocka_unit_test(failed_memory_is_told),
            cmocka_unit_test(a_file_is_hashed_and_nothing_else_is),
            cmocka_unit_test(what_was_written_is_told),
            TEST(a_file_takes_the_place_of_the_old_for_its_owner_alone),
            TEST(a_link_is_replaced_and_not_followed),
            TEST(what_stands_beside_is_left_alone),
            TEST(one_that_is_there_is_not_made_anew),
            TEST(a_place_that_cannot_be_had_is_told_and_nothing_is_left),
            TEST(the_old_one_stays_when_the_new_one_is_not_whole),
            TEST(a_full_disk_is_told_and_the_old_one_stays),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
