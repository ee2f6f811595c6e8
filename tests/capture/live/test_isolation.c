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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "capture/live/isolation.h"
#include "capture/live/isolation_parts.h"

/* Runs a program inside and gives its exit status; once the keeper or the joiner has died, the
 * isolation is stopped, as a recording would. */
static int run_inside(struct isolation *i, char *const argv[])
{
    int result = -1;
    pid_t pid = fork();
    struct pollfd fds[] = {{isolation_fd(i), POLLIN, 0}, {-1, POLLIN, 0}};

    if (pid == 0) {
        int bad = isolation_enter(i);

        if (bad == 0)
            (void)execvp(argv[0], argv);
        (void)fprintf(stderr, "enter: %s\n", strerror(bad == 0 ? errno : bad));
        _exit(126);
    }
    fds[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
    while (poll(fds, 2, -1) != -1 && fds[1].revents == 0) {
        isolation_stop(i);
        fds[0].fd = -1;
    }
    isolation_close(&fds[1].fd);
    while (waitpid(pid, &result, 0) == -1 && errno == EINTR)
        continue;
    return WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
}

/* test_isolation run KIND PROGRAM…: for tests/e2e/check_isolation.sh. */
static int as_program(int argc, char **argv)
{
    struct isolation_setup setup = {.kind = ISOLATION_USER};
    struct isolation *i = NULL;
    struct fault fault = {0};
    const struct isolation_facts *facts;
    int result, at = 2;

    if (argc > at && strcmp(argv[at], "network") == 0)
        setup.kind = ISOLATION_NETWORK;
    if (argc > at && strcmp(argv[at], "pasta") == 0)
        setup.joiner = ISOLATION_PASTA;
    if (argc > at && strcmp(argv[at], "slirp") == 0)
        setup.joiner = ISOLATION_SLIRP;
    setup.log = getenv("JOINER_LOG");
    if (argc <= ++at || isolation_start(&setup, &i, &fault) != STATUS_OK) {
        (void)fprintf(stderr, "fault %d: %s\n", (int)fault.status, fault.text);
        return 125;
    }
    facts = isolation_facts(i);
    (void)fprintf(stderr,
            "joined_by=%s device=%s resolver=%s mtu=%u keeper=%ld joiner=%ld changed=%s\n",
            facts->joined_by, facts->device, facts->resolver, facts->mtu, (long)i->keeper,
            (long)isolation_joiner_pid(i), facts->changed);
    for (size_t k = 0; k < facts->address_count; k++)
        (void)fprintf(stderr, "address=%s\n", facts->addresses[k]);
    result = run_inside(i, argv + at);
    isolation_free(i);
    return result;
}

static struct isolation_resolver resolver_of(const char *text)
{
    struct isolation_resolver r = {0};

    isolation_resolver_read(bytes_text(text), &r);
    return r;
}

static void name_servers_and_search_lists_are_read(void **state)
{
    struct isolation_resolver r;

    (void)state;
    r = resolver_of("# x\nnameserver 127.0.0.53\nnameserver  192.0.2.7 \nsearch a.test b.test\n"
                    "options edns0\n nameserver 203.0.113.9\nsearchx y\n");
    assert_true(r.four);
    assert_false(r.six);
    assert_string_equal(r.first, "192.0.2.7");
    assert_string_equal(r.kept, "search a.test b.test\noptions edns0\n");
    r = resolver_of("nameserver fe80::1%eth0\r\nnameserver 2001:db8::53");
    assert_false(r.four);
    assert_true(r.six);
    assert_string_equal(r.first, "");
    r = resolver_of("nameserver\nnameserver \nnameserver 300.1.1.1\nnameserver x");
    assert_false(r.four || r.six);
}

static void any_truncation_of_a_resolver_file_is_safe(void **state)
{
    static const char text[] = "nameserver 192.0.2.7\nsearch a.test\nnameserver ::1\n";
    char *copy;

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        struct isolation_resolver r = {0};

        copy = malloc(n == 0 ? 1 : n);
        assert_non_null(copy);
        memcpy(copy, text, n);
        isolation_resolver_read(bytes_of(copy, n), &r);
        assert_true(!r.six || n >= 48);
        free(copy);
    }
}

static void a_search_list_that_is_too_long_is_left_out_whole(void **state)
{
    char text[9000] = "search ";
    struct isolation_resolver r;

    (void)state;
    memset(text + 7, 'a', sizeof(text) - 9);
    text[sizeof(text) - 2] = '\n';
    r = resolver_of(text);
    assert_string_equal(r.kept, "");
}

static void the_version_is_the_last_word_of_the_first_line(void **state)
{
    char out[ISOLATION_TEXT];

    (void)state;
    isolation_joiner_version(
            ISOLATION_SLIRP, bytes_text("slirp4netns version 1.2.0\ncommit: 656041d\n"), out);
    assert_string_equal(out, "slirp4netns 1.2.0");
    isolation_joiner_version(ISOLATION_PASTA, bytes_text("pasta 0.0~git20240220\n"), out);
    assert_string_equal(out, "pasta 0.0~git20240220");
    isolation_joiner_version(ISOLATION_PASTA, bytes_text("pasta unknown version\n"), out);
    assert_string_equal(out, "pasta");
    isolation_joiner_version(ISOLATION_PASTA, bytes_text(""), out);
    assert_string_equal(out, "pasta");
    isolation_joiner_version(ISOLATION_SLIRP, bytes_text("a \x1b[1m"), out);
    assert_string_equal(out, "slirp4netns");
}

static char root[] = "/tmp/exhibit-test-isolation-XXXXXX";

static int make_root(void **state)
{
    char path[256];

    (void)state;
    if (mkdtemp(root) == NULL)
        return 1;
    for (size_t k = 0; k < 4; k++) {
        static const char *const parts[] = {
                "/proc", "/proc/sys", "/proc/sys/user", "/proc/sys/kernel"};

        (void)snprintf(path, sizeof(path), "%s%s", root, parts[k]);
        if (mkdir(path, 0700) == -1)
            return 1;
    }
    return 0;
}

static int drop_root(void **state)
{
    char command[300];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static void set(const char *name, const char *value)
{
    char path[256];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/proc/sys/%s", root, name);
    if (value == NULL) {
        assert_int_equal(unlink(path), 0);
        return;
    }
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(value, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void each_setting_that_forbids_it_is_named_with_what_to_do(void **state)
{
    static const struct {
        const char *file, *good, *bad, *said, *todo;
    } cases[] = {
            {"user/max_user_namespaces", "96365\n", "0\n", "user.max_user_namespaces is 0",
                    "sysctl user.max_user_namespaces=15000"},
            {"user/max_net_namespaces", "96365\n", "0\n", "user.max_net_namespaces is 0",
                    "sysctl user.max_net_namespaces=15000"},
            {"kernel/unprivileged_userns_clone", "1\n", "0\n",
                    "kernel.unprivileged_userns_clone is 0",
                    "sysctl kernel.unprivileged_userns_clone=1"},
            {"kernel/apparmor_restrict_unprivileged_userns", "0\n", "1\n",
                    "kernel.apparmor_restrict_unprivileged_userns is 1",
                    "kernel.apparmor_restrict_unprivileged_userns=0"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct fault fault = {0};

        set(cases[k].file, cases[k].bad);
        assert_int_equal(isolation_refused(root, KEEPER_USER, EPERM, &fault), STATUS_IO);
        assert_non_null(strstr(fault.text, cases[k].said));
        assert_non_null(strstr(fault.text, cases[k].todo));
        assert_non_null(strstr(fault.text, "--isolate=none"));
        assert_non_null(strstr(fault.text, "--isolate=netns"));
        assert_true(strlen(fault.text) < FAULT_TEXT - 1);
        set(cases[k].file, cases[k].good);
        fault = (struct fault){0};
        assert_int_equal(isolation_refused(root, KEEPER_USER, EPERM, &fault), STATUS_IO);
        assert_null(strstr(fault.text, cases[k].said));
        assert_non_null(strstr(fault.text, "container"));
        set(cases[k].file, NULL);
    }
}

static void other_refusals_say_which_step_and_why(void **state)
{
    struct fault fault = {0};

    (void)state;
    assert_int_equal(isolation_refused(root, KEEPER_USER, ENOSPC, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "No more namespaces"));
    fault = (struct fault){0};
    assert_int_equal(isolation_refused(root, KEEPER_USER, EINVAL, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "built without user namespaces"));
    fault = (struct fault){0};
    assert_int_equal(isolation_refused(root, KEEPER_MOUNT, ENODEV, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "put a resolv.conf of its own in place"));
    fault = (struct fault){0};
    assert_int_equal(isolation_refused(root, KEEPER_NETWORK, ENOMEM, &fault), STATUS_NOMEM);
    fault = (struct fault){0};
    assert_true(isolation_tun_refused(root, &fault));
    assert_non_null(strstr(fault.text, "modprobe tun"));
}

static void every_kind_has_a_name_and_a_meaning_in_both_languages(void **state)
{
    (void)state;
    assert_string_equal(isolation_kind_name(ISOLATION_USER), "user-namespace");
    assert_string_equal(isolation_kind_name(ISOLATION_NETWORK), "network-namespace");
    assert_string_equal(isolation_kind_name(ISOLATION_NONE), "none");
    assert_non_null(strstr(isolation_meaning_en(ISOLATION_USER), "no other program"));
    assert_non_null(strstr(isolation_meaning_en(ISOLATION_NETWORK), "no other program"));
    assert_non_null(
            strstr(isolation_meaning_en(ISOLATION_NONE), "other programs' packets may"));
    assert_non_null(strstr(isolation_meaning_zh(ISOLATION_USER), "不含其他程序的数据包"));
    assert_non_null(strstr(isolation_meaning_zh(ISOLATION_NETWORK), "不含其他程序的数据包"));
    assert_non_null(strstr(isolation_meaning_zh(ISOLATION_NONE), "可能含有其他程序的数据包"));
}

static void without_isolation_the_device_is_described(void **state)
{
    struct isolation_setup setup = {.kind = ISOLATION_NONE, .device = "lo"};
    struct isolation *i = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(isolation_start(&setup, &i, &fault), STATUS_OK);
    assert_string_equal(isolation_facts(i)->device, "lo");
    assert_true(isolation_facts(i)->mtu > 0);
    assert_true(isolation_facts(i)->address_count > 0);
    assert_string_equal(isolation_facts(i)->addresses[0], "127.0.0.1/8");
    assert_int_equal(isolation_fd(i), -1);
    assert_int_equal(isolation_network_namespace(i), -1);
    assert_int_equal(isolation_enter(i), 0);
    isolation_free(i);
    isolation_free(NULL);
    setup.device = NULL;
    assert_int_equal(isolation_start(&setup, &i, &fault), STATUS_USAGE);
}

static void a_range_that_no_route_overlaps_is_found(void **state)
{
    char range[ISOLATION_TEXT] = "";
    int fd = isolation_route_socket();

    (void)state;
    assert_int_not_equal(fd, -1);
    assert_true(isolation_range(fd, range));
    assert_true(strlen(range) >= strlen("10.0.2"));
    isolation_close(&fd);
    assert_int_equal(fd, -1);
    assert_false(isolation_look(fd, NULL, &(struct isolation_look){0}));
}

static void a_program_is_run_with_what_it_printed_and_its_result(void **state)
{
    const char *good[] = {"/bin/sh", "-c", "echo out; echo err >&2; exit 0", NULL};
    const char *bad[] = {"/bin/sh", "-c", "exit 3", NULL};
    const char *none[] = {"/nowhere/at/all", NULL};
    char path[ISOLATION_PATH];
    struct buf said;

    (void)state;
    buf_init(&said, 1000);
    assert_true(isolation_run(good, &said));
    assert_int_equal(said.n, 8);
    assert_memory_equal(said.p, "out\nerr\n", 8);
    assert_false(isolation_run(bad, &said));
    assert_false(isolation_run(none, &said));
    buf_clear(&said);
    assert_true(isolation_program("sh", path));
    assert_int_equal(path[0], '/');
    assert_false(isolation_program("no-such-program-here", path));
}

/* Needs a machine that allows it; says so where it does not. */
static struct isolation *start_or_skip(void)
{
    struct isolation_setup setup = {.kind = ISOLATION_USER};
    struct isolation *i = NULL;
    struct fault fault = {0};

    if (isolation_start(&setup, &i, &fault) == STATUS_OK)
        return i;
    assert_true(fault.status == STATUS_IO || fault.status == STATUS_MISSING);
    assert_true(strlen(fault.text) > 40);
    (void)printf("skip: isolation for ordinary users: %s\n", fault.text);
    skip();
    return NULL;
}

static void inside_there_is_one_network_and_nothing_of_ours(void **state)
{
    struct isolation *i = start_or_skip();
    const char *const script =
            "set -e; "
            "test \"$(cut -d: -f1 /proc/net/dev | "
            "tail -n +3 | tr -d ' \\n')\" = lotap0; "
            "grep -qx \"nameserver $1\" /etc/resolv.conf; "
            "test \"$(pwd)\" = \"$2\"; "
            "test \"$3\" = 0 || grep -q '^CapEff:.0000000000000000$' /proc/self/status; "
            "grep -q '^CapAmb:.0000000000000000$' /proc/self/status; "
            "test \"$(id -u)\" = \"$3\"";
    char resolver[ISOLATION_TEXT], here[512], uid[16];
    char shell[] = "sh", option[] = "-c";
    char *argv[] = {shell, option, NULL, shell, resolver, here, uid, NULL};
    char *words = strdup(script);

    (void)state;
    argv[2] = words;
    memcpy(resolver, isolation_facts(i)->resolver, sizeof(resolver));
    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
    assert_int_equal(run_inside(i, argv), 0);
    free(words);
    isolation_free(i);
}

static void the_network_is_gone_after_stop_and_when_the_joiner_dies(void **state)
{
    struct isolation *i = start_or_skip();
    struct isolation_look look;
    struct pollfd wait = {isolation_fd(i), POLLIN, 0};

    (void)state;
    assert_true(isolation_look(i->route, "tap0", &look));
    assert_true(look.up && look.default4);
    assert_int_equal(poll(&wait, 1, 0), 0);
    assert_int_equal(kill(isolation_joiner_pid(i), SIGKILL), 0);
    assert_int_equal(poll(&wait, 1, 5000), 1);
    isolation_stop(i);
    assert_true(isolation_look(i->route, "tap0", &look));
    assert_false(look.up || look.default4);
    isolation_stop(i);
    isolation_free(i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(name_servers_and_search_lists_are_read),
            cmocka_unit_test(any_truncation_of_a_resolver_file_is_safe),
            cmocka_unit_test(a_search_list_that_is_too_long_is_left_out_whole),
            cmocka_unit_test(the_version_is_the_last_word_of_the_first_line),
            cmocka_unit_test(each_setting_that_forbids_it_is_named_with_what_to_do),
            cmocka_unit_test(other_refusals_say_which_step_and_why),
            cmocka_unit_test(every_kind_has_a_name_and_a_meaning_in_both_languages),
            cmocka_unit_test(without_isolation_the_device_is_described),
            cmocka_unit_test(a_range_that_no_route_overlaps_is_found),
            cmocka_unit_test(a_program_is_run_with_what_it_printed_and_its_result),
            cmocka_unit_test(inside_there_is_one_network_and_nothing_of_ours),
            cmocka_unit_test(the_network_is_gone_after_stop_and_when_the_joiner_dies),
    };

    if (argc > 1 && strcmp(argv[1], "run") == 0)
        return as_program(argc, argv);
    return cmocka_run_group_tests(tests, make_root, drop_root);
}
