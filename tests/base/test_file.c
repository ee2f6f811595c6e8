/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_file_is_appended_whole),
            cmocka_unit_test(each_failure_says_which_file_and_why),
            cmocka_unit_test(failed_memory_is_told),
            cmocka_unit_test(a_file_is_hashed_and_nothing_else_is),
            cmocka_unit_test(what_was_written_is_told),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
