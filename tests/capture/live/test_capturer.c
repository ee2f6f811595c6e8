/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hashed_lines.h"
#include "capture/live/capturer.h"
#include "tests/capture/live/loopback_world.h"
#include "tests/capture/live/process_status.h"

enum { END_MS = 20000 };

static char where[] = "/tmp/exhibit-capturer-XXXXXX";
static int directory;

static struct capturer_setup setup_of(const char *device)
{
    return (struct capturer_setup){.device = device,
            .user_namespace = -1,
            .network_namespace = -1,
            .directory = directory,
            .ring_bytes = 4 << 20};
}

static struct capturer *started(const struct capturer_setup *setup)
{
    struct fault fault = {0};
    struct capturer *c = NULL;

    if (capturer_start(setup, &c, &fault) != STATUS_OK)
        print_message("%s\n", fault.text);
    assert_non_null(c);
    return c;
}

/* Lines of the chain, all of which hold; whether the last one says `end`. */
static uint64_t chained(const char *end, bool *ends_so)
{
    struct hashed_check check = {0};
    struct bytes rest, line;
    char path[64], said[64];
    struct buf text;

    (void)snprintf(path, sizeof(path), "%s/chain.jsonl", where);
    (void)snprintf(said, sizeof(said), "\"end\":\"%s\"", end);
    buf_init(&text, 1 << 20);
    *ends_so = false;
    if (file_read(path, "chain", &text, NULL) == STATUS_OK) {
        rest = buf_view(&text);
        while (hashed_lines_next(&check, &rest, &line) == PARSE_DONE) {
            size_t at;

            *ends_so = bytes_find(line, bytes_text(said), 0, &at);
        }
        assert_int_equal(rest.n, 0);
    }
    buf_clear(&text);
    return check.number;
}

static void expect_end(const char *end)
{
    bool ends_so;

    assert_int_equal(chained(end, &ends_so), 1);
    assert_true(ends_so);
}

static int empty(void **state)
{
    DIR *open = opendir(where);
    const struct dirent *at;

    (void)state;
    while (open != NULL && (at = readdir(open)) != NULL)
        if (at->d_name[0] != '.')
            (void)unlinkat(directory, at->d_name, 0);
    return open == NULL ? -1 : closedir(open);
}

static void what_came_before_the_stop_is_written(void **state)
{
    const struct capturer_setup setup = setup_of("lo");
    struct capturer *c = started(&setup);
    struct capturer_report end;

    (void)state;
    assert_int_equal(capturer_link(c), 1);
    assert_true(loopback_send(500, 200));
    capturer_stop(c);
    end = capturer_wait(c, END_MS);
    assert_true(end.ended);
    assert_int_equal(end.why, SEGMENT_STOP);
    assert_int_equal(end.status, STATUS_OK);
    assert_string_equal(end.text, "");
    assert_int_equal(end.written.packets, 500);
    assert_int_equal(end.written.synced_packets, 500);
    assert_int_equal(end.written.finished, 1);
    assert_true(end.dropped_kernel.known);
    assert_int_equal(end.dropped_kernel.n, 0);
    capturer_free(c);
    expect_end("stop");
}

static void it_reports_while_it_runs(void **state)
{
    const struct capturer_setup setup = setup_of("lo");
    struct capturer *c = started(&setup);
    struct capturer_report now = {0};
    struct pollfd at = {.fd = capturer_fd(c), .events = POLLIN};

    (void)state;
    assert_true(loopback_send(10, 200));
    for (int tries = 0; tries < 20 && now.written.packets != 10; tries++) {
        assert_int_equal(poll(&at, 1, 2000), 1);
        assert_true(capturer_report(c, &now));
        assert_false(now.ended);
    }
    assert_int_equal(now.written.packets, 10);
    capturer_free(c);
}

static void it_has_no_capabilities_and_a_filter(void **state)
{
    static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};
    const struct capturer_setup setup = setup_of("lo");
    struct capturer *c = started(&setup);
    char said[STATUS_LINE];

    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        process_status(capturer_pid(c), sets[i], said);
        assert_string_equal(said, NO_CAPABILITIES);
    }
    process_status(capturer_pid(c), "Seccomp:", said);
    assert_string_equal(said, "\t2\n");
    process_status(capturer_pid(c), "NoNewPrivs:", said);
    assert_string_equal(said, "\t1\n");
    capturer_free(c);
}

static void a_signal_makes_it_end_in_order(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct capturer_setup setup = setup_of("lo");

    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        struct capturer *c = started(&setup);
        struct capturer_report end;

        assert_true(loopback_send(20, 100));
        assert_int_equal(kill(capturer_pid(c), signals[i]), 0);
        end = capturer_wait(c, END_MS);
        assert_int_equal(end.status, STATUS_OK);
        assert_int_equal(end.why, SEGMENT_STOP);
        assert_int_equal(end.written.packets, 20);
        capturer_free(c);
        expect_end("stop");
        (void)empty(state);
    }
}

static void a_killed_one_gives_a_last_report_that_names_the_signal(void **state)
{
    const struct capturer_setup setup = setup_of("lo");
    struct capturer *c = started(&setup);
    struct capturer_report end;

    (void)state;
    assert_int_equal(kill(capturer_pid(c), SIGKILL), 0);
    end = capturer_wait(c, END_MS);
    assert_true(end.ended);
    assert_int_equal(end.status, STATUS_IO);
    assert_non_null(strstr(end.text, "signal 9"));
    assert_false(capturer_report(c, &end));
    capturer_free(c);
}

static void one_that_does_not_answer_is_killed(void **state)
{
    const struct capturer_setup setup = setup_of("lo");
    struct capturer *c = started(&setup);
    struct capturer_report end;

    (void)state;
    assert_int_equal(kill(capturer_pid(c), SIGSTOP), 0);
    capturer_stop(c);
    end = capturer_wait(c, 300);
    assert_true(end.ended);
    assert_int_equal(end.status, STATUS_IO);
    capturer_free(c);
}

static void without_its_parent_it_ends_its_segment(void **state)
{
    const struct capturer_setup setup = setup_of("lo");
    pid_t parent = fork();
    bool ends_so = false;
    uint64_t n = 0;

    (void)state;
    if (parent == 0) {
        struct capturer *c = NULL;

        if (capturer_start(&setup, &c, NULL) != STATUS_OK || !loopback_send(30, 100))
            _exit(1);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int tries = 0; tries < 200 && n == 0; tries++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        n = chained("parent-gone", &ends_so);
    }
    assert_int_equal(n, 1);
    assert_true(ends_so);
}

static void what_cannot_be_opened_is_said_by_its_parent(void **state)
{
    struct capturer_setup setup = setup_of("nowhere0");
    struct capturer *c = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(capturer_start(&setup, &c, &fault), STATUS_MISSING);
    assert_null(c);
    assert_non_null(strstr(fault.text, "nowhere0: there is no such interface"));
    setup = setup_of("lo");
    setup.filter = "not a filter";
    memset(&fault, 0, sizeof(fault));
    assert_int_equal(capturer_start(&setup, &c, &fault), STATUS_USAGE);
    assert_null(c);
}

/* As a recording does: the namespaces of a process of an ordinary user's. */
static void it_enters_the_namespaces_it_is_given(void **state)
{
    struct capturer_setup setup = setup_of("lo");
    struct capturer_report end;
    struct capturer *c;
    char path[64], word = 0;
    int ready[2], go[2];
    pid_t keeper;

    (void)state;
    assert_int_equal(pipe(ready) | pipe(go), 0);
    keeper = fork();
    if (keeper == 0) {
        (void)close(go[1]);
        word = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && loopback_up() ? 'y' : 'n';
        (void)!write(ready[1], &word, 1);
        (void)!read(go[0], &word, 1);
        (void)loopback_send(40, 100);
        (void)!write(ready[1], &word, 1);
        (void)!read(go[0], &word, 1);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &word, 1), 1);
    if (word == 'n') {
        print_message("skip: no user namespace can be made inside this one\n");
    } else {
        (void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)keeper);
        setup.user_namespace = open(path, O_RDONLY | O_CLOEXEC);
        (void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)keeper);
        setup.network_namespace = open(path, O_RDONLY | O_CLOEXEC);
        c = started(&setup);
        assert_true(loopback_send(5, 100)); /* out here: none of these */
        assert_int_equal(write(go[1], "g", 1), 1);
        assert_int_equal(read(ready[0], &word, 1), 1);
        capturer_stop(c);
        end = capturer_wait(c, END_MS);
        assert_int_equal(end.status, STATUS_OK);
        assert_int_equal(end.written.packets, 40);
        capturer_free(c);
        (void)close(setup.user_namespace);
        (void)close(setup.network_namespace);
    }
    (void)close(go[1]);
    (void)close(go[0]);
    (void)close(ready[0]);
    (void)close(ready[1]);
    assert_int_equal(waitpid(keeper, NULL, 0), keeper);
}

static int remove_all(void **state)
{
    return empty(state) != 0 || rmdir(where) != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_teardown(what_came_before_the_stop_is_written, empty),
            cmocka_unit_test_teardown(it_reports_while_it_runs, empty),
            cmocka_unit_test_teardown(it_has_no_capabilities_and_a_filter, empty),
            cmocka_unit_test_teardown(a_signal_makes_it_end_in_order, empty),
            cmocka_unit_test_teardown(
                    a_killed_one_gives_a_last_report_that_names_the_signal, empty),
            cmocka_unit_test_teardown(one_that_does_not_answer_is_killed, empty),
            cmocka_unit_test_teardown(without_its_parent_it_ends_its_segment, empty),
            cmocka_unit_test_teardown(what_cannot_be_opened_is_said_by_its_parent, empty),
            cmocka_unit_test_teardown(it_enters_the_namespaces_it_is_given, empty),
    };

    if (!loopback_world())
        return 77;
    if (mkdtemp(where) == NULL)
        return 1;
    directory = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return cmocka_run_group_tests(tests, NULL, remove_all);
}
