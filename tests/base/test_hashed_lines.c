/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hashed_lines.h"
#include "tests/support/oom.h"

enum { FILE_MOST = 1 << 16 };

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
/* Hashes by sha256sum(1). */
#define LINE1 "{\"number\":1,\"previous\":\"" ZEROS "\",\"act\":\"mark\",\"detail\":{}}"
#define HASH1 "0bb247d8a1a5a162e542b3daabd348efd58490d1824cf3dbf615f654f454eb9c"
#define LINE2 "{\"number\":2,\"previous\":\"" HASH1 "\",\"a\":[1,2]}"
#define HASH2 "3600750cc46d655b35333cd77de9a2586b71ddf10371eda1644120707c063d35"
#define LINE3 "{\"number\":3,\"previous\":\"" HASH2 "\",\"b\":\"\xe9\x9a\x90\"}"
#define CHAIN LINE1 "\n" LINE2 "\n" LINE3 "\n"

struct place {
    char path[64];
    int fd;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    (void)snprintf(p->path, sizeof(p->path), "/tmp/hashed-lines.XXXXXX");
    assert_non_null(mkdtemp(p->path));
    p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p->fd >= 0);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;

    (void)unlinkat(p->fd, "chain", 0);
    (void)unlinkat(p->fd, "chain", AT_REMOVEDIR);
    (void)close(p->fd);
    assert_int_equal(rmdir(p->path), 0);
    free(p);
    return 0;
}

static void put(const struct place *p, struct bytes text)
{
    int fd = openat(p->fd, "chain", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    (void)close(fd);
}

static struct bytes got(const struct place *p, char out[FILE_MOST])
{
    int fd = openat(p->fd, "chain", O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, out, FILE_MOST);
    assert_true(n >= 0);
    (void)close(fd);
    return bytes_of(out, (size_t)n);
}

static struct hashed_lines *opened(const struct place *p, uint64_t *cut)
{
    struct hashed_lines *h = NULL;
    struct fault fault = {0};

    if (hashed_lines_open(p->fd, "chain", &h, cut, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    return h;
}

static void add(struct hashed_lines *h, const char *members)
{
    struct fault fault = {0};

    if (hashed_lines_add(h, bytes_text(members), &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
}

static void each_line_holds_the_hash_of_the_one_before(void **state)
{
    const struct place *p = *state;
    char file[FILE_MOST];
    uint64_t cut = 7;
    struct hashed_lines *h = opened(p, &cut);
    struct stat st;

    assert_int_equal(cut, 0);
    assert_int_equal(hashed_lines_count(h), 0);
    add(h, "\"act\":\"mark\",\"detail\":{}");
    add(h, "\"a\":[1,2]");
    assert_int_equal(hashed_lines_count(h), 2);
    hashed_lines_close(h);
    h = opened(p, &cut); /* and goes on where it was */
    assert_int_equal(hashed_lines_count(h), 2);
    add(h, "\"b\":\"\xe9\x9a\x90\"");
    hashed_lines_close(h);
    assert_true(bytes_equal(got(p, file), BYTES_LITERAL(CHAIN)));
    assert_int_equal(fstatat(p->fd, "chain", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_torn_last_line_is_cut_off_at_every_place(void **state)
{
    const struct place *p = *state;
    const struct bytes whole = BYTES_LITERAL(CHAIN);
    const size_t ends[] = {0, sizeof(LINE1), sizeof(LINE1) + sizeof(LINE2), whole.n};
    char file[FILE_MOST];

    for (size_t n = 0; n <= whole.n; n++) {
        struct hashed_lines *h;
        uint64_t cut = 0;
        size_t lines = 0;

        while (lines < 3 && ends[lines + 1] <= n)
            lines++;
        put(p, bytes_slice(whole, 0, n));
        h = opened(p, &cut);
        assert_int_equal(cut, n - ends[lines]);
        assert_int_equal(hashed_lines_count(h), lines);
        hashed_lines_close(h);
        assert_true(bytes_equal(got(p, file), bytes_slice(whole, 0, ends[lines])));
    }
}

static void every_changed_byte_breaks_the_chain(void **state)
{
    const struct place *p = *state;
    struct bytes whole = BYTES_LITERAL(CHAIN);
    char changed[sizeof(CHAIN)];

    for (size_t i = 0; i < sizeof(LINE1) + sizeof(LINE2); i++) {
        struct fault fault = {0};
        struct hashed_lines *h = NULL;
        uint64_t cut = 7;

        memcpy(changed, whole.p, whole.n);
        changed[i] ^= 1;
        put(p, bytes_of(changed, whole.n));
        assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_INPUT);
        assert_null(h);
        assert_int_equal(cut, 7);
        assert_non_null(strstr(fault.text, "chain: line "));
    }
}

static void lines_taken_out_added_or_swapped_are_named(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } broken[] = {
            {LINE2 "\n" LINE3 "\n", 1},
            {LINE1 "\n" LINE3 "\n", 2},
            {LINE1 "\n" LINE1 "\n", 2},
            {LINE2 "\n" LINE1 "\n", 1},
            {LINE1 "\n\n" LINE2 "\n", 2},
            {"\n", 1},
            {LINE1 "\r\n", 1},
            {LINE1 "\n{\"number\":02,\"previous\":\"" HASH1 "\",\"a\":1}\n", 2},
            {LINE1 "\n{\"number\":2,\"previous\":\"" HASH1 "\",}\n", 2},
            {LINE1 "\n{\"number\":2,\"previous\":\"" HASH1 "\"}\n", 2},
            {LINE1 "\n {\"number\":2,\"previous\":\"" HASH1 "\",\"a\":1}\n", 2},
    };
    const struct place *p = *state;

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct bytes rest = bytes_text(broken[i].text), line;
        struct hashed_check check = {0};
        struct hashed_lines *h = NULL;
        struct fault fault = {0};
        char wanted[32];
        uint64_t cut;

        put(p, rest);
        (void)snprintf(wanted, sizeof(wanted), "line %u ", broken[i].line);
        assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_INPUT);
        assert_non_null(strstr(fault.text, wanted));
        while (hashed_lines_next(&check, &rest, &line) == PARSE_DONE)
            ;
        assert_int_equal(check.number + 1, broken[i].line);
        assert_int_equal(hashed_lines_next(&check, &rest, &line), PARSE_BAD);
    }
}

static void a_line_that_is_too_long_is_not_one(void **state)
{
    const struct place *p = *state;
    struct bytes rest, line, members;
    struct hashed_check check = {0};
    uint8_t *text = malloc(HASHED_LINE_MOST + 1);
    struct hashed_lines *h;
    struct fault fault = {0};
    uint64_t cut;

    assert_non_null(text);
    memset(text, ' ', HASHED_LINE_MOST + 1);
    rest = bytes_of(text, HASHED_LINE_MOST - 1);
    assert_int_equal(hashed_lines_next(&check, &rest, &line), PARSE_MORE);
    rest = bytes_of(text, HASHED_LINE_MOST);
    assert_int_equal(hashed_lines_next(&check, &rest, &line), PARSE_BAD);
    put(p, rest);
    assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_INPUT);
    /* The longest that is one. */
    put(p, bytes_of(NULL, 0));
    h = opened(p, &cut);
    text[0] = '1';
    members = bytes_of(text, HASHED_LINE_MOST - strlen(LINE1) + 25 - 2);
    assert_int_equal(hashed_lines_add(h, members, NULL), STATUS_OK);
    members.n++;
    assert_int_equal(hashed_lines_add(h, members, NULL), STATUS_USAGE);
    assert_int_equal(hashed_lines_add(h, bytes_of(NULL, 0), NULL), STATUS_USAGE);
    assert_int_equal(hashed_lines_add(h, bytes_text("\"a\":\n1"), NULL), STATUS_USAGE);
    add(h, "\"b\":2");
    hashed_lines_close(h);
    h = opened(p, &cut);
    assert_int_equal(hashed_lines_count(h), 2);
    hashed_lines_close(h);
    free(text);
}

static void split_at_every_place_the_check_says_the_same(void **state)
{
    const struct bytes whole = BYTES_LITERAL(CHAIN);

    (void)state;
    for (size_t n = 0; n <= whole.n; n++) {
        struct bytes rest = bytes_slice(whole, 0, n), line;
        struct hashed_check check = {0};
        enum parse said;
        size_t used;

        while ((said = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE)
            ;
        assert_int_equal(said, PARSE_MORE);
        used = n - rest.n;
        rest = bytes_slice(whole, used, whole.n);
        while ((said = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE)
            ;
        assert_int_equal(said, PARSE_MORE);
        assert_int_equal(check.number, 3);
        assert_int_equal(rest.n, 0);
        assert_true(bytes_is(line, LINE3));
    }
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_leaves_the_chain_as_it_was(void **state)
{
    const struct place *p = *state;
    struct rlimit before, small;
    struct hashed_lines *h;
    struct fault fault = {0};
    char file[FILE_MOST];
    uint64_t cut;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t room = 0; room < sizeof(LINE2); room += 7) {
        put(p, BYTES_LITERAL(LINE1 "\n"));
        h = opened(p, &cut);
        small = (struct rlimit){sizeof(LINE1) + room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        fault = (struct fault){0};
        assert_int_equal(hashed_lines_add(h, bytes_text("\"a\":[1,2]"), &fault), STATUS_FULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_true(bytes_equal(got(p, file), BYTES_LITERAL(LINE1 "\n")));
        add(h, "\"a\":[1,2]"); /* there is room again */
        hashed_lines_close(h);
        assert_true(bytes_equal(got(p, file), BYTES_LITERAL(LINE1 "\n" LINE2 "\n")));
    }
    (void)signal(SIGXFSZ, SIG_DFL);
}

static void a_second_writer_waits_for_the_first(void **state)
{
    const struct place *p = *state;
    struct hashed_lines *h;
    uint64_t cut;
    int said[2], status;
    pid_t child;
    char byte;

    assert_int_equal(pipe(said), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (hashed_lines_open(p->fd, "chain", &h, &cut, NULL) != STATUS_OK ||
                write(said[1], "x", 1) != 1)
            _exit(1);
        (void)usleep(200000);
        if (hashed_lines_add(h, bytes_text("\"act\":\"mark\",\"detail\":{}"), NULL) !=
                STATUS_OK)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(said[0], &byte, 1), 1);
    h = opened(p, &cut);
    assert_int_equal(hashed_lines_count(h), 1);
    hashed_lines_close(h);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(said[0]);
    (void)close(said[1]);
}

static void what_is_no_file_is_refused(void **state)
{
    const struct place *p = *state;
    struct hashed_lines *h = NULL;
    struct fault fault = {0};
    uint64_t cut;

    assert_int_equal(symlinkat("elsewhere", p->fd, "chain"), 0);
    assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_IO);
    assert_int_equal(unlinkat(p->fd, "chain", 0), 0);
    assert_int_equal(mkfifoat(p->fd, "chain", 0600), 0);
    fault = (struct fault){0};
    assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_IO);
    assert_int_equal(unlinkat(p->fd, "chain", 0), 0);
    assert_int_equal(mkdirat(p->fd, "chain", 0700), 0);
    fault = (struct fault){0};
    assert_int_equal(hashed_lines_open(p->fd, "chain", &h, &cut, &fault), STATUS_IO);
    assert_null(h);
}

static void each_failed_allocation_is_reported(void **state)
{
    const struct place *p = *state;
    bool failed = true;
    long n = 0;

    put(p, BYTES_LITERAL(CHAIN));
    while (failed) {
        struct hashed_lines *h = NULL;
        enum status status;
        uint64_t cut;

        oom_fail_at(++n);
        status = hashed_lines_open(p->fd, "chain", &h, &cut, NULL);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        if (!failed) {
            oom_fail_at(1); /* adding needs none */
            assert_int_equal(hashed_lines_add(h, bytes_text("\"a\":1"), NULL), STATUS_OK);
            assert_false(oom_happened());
            oom_fail_at(0);
        }
        hashed_lines_close(h);
    }
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    each_line_holds_the_hash_of_the_one_before, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_torn_last_line_is_cut_off_at_every_place, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    every_changed_byte_breaks_the_chain, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    lines_taken_out_added_or_swapped_are_named, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_line_that_is_too_long_is_not_one, set_up, tear_down),
            cmocka_unit_test(split_at_every_place_the_check_says_the_same),
            cmocka_unit_test_setup_teardown(
                    a_full_disk_leaves_the_chain_as_it_was, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_second_writer_waits_for_the_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    each_failed_allocation_is_reported, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
