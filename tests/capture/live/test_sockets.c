/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "capture/live/sockets.h"
#include "capture/live/sockets_proc.h"
#include "tests/support/oom.h"

static char place[] = "/tmp/exhibit-test-sockets-XXXXXX";
static int directory = -1;

static int make(void **state)
{
    (void)state;
    directory = mkdtemp(place) == NULL ? -1 : open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory == -1;
}

static int drop(void **state)
{
    (void)state;
    (void)unlinkat(directory, "sockets.jsonl", 0);
    (void)close(directory);
    return rmdir(place);
}

/* As the kernel wrote them (proc(5), net/tcp): on a little-endian machine. */
static const char tcp[] =
        "   1: 0200000A:C822 097100CB:01BB 01 00000000:00000000 02:000A7214 00000000  1000"
        "        0 41982 2 0000000000000000 20 4 30 10 -1";
static const char tcp6[] =
        "   0: B80D0120000066000000000002000000:9C40 B80D0120000066000000000001000000:01BB 01 "
        "00000000:00000000 00:00000000 00000000  1000        0 51011 1 0000000000000000 20 0";
static const char mapped[] =
        "   4: 0000000000000000FFFF00000200000A:9C41 0000000000000000FFFF0000097100CB:0050 01 "
        "00000000:00000000 00:00000000 00000000  1000        0 51012 1 0000000000000000 20 0";
static const char udp[] =
        "  512: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   105"
        "        0 18833 2 0000000000000000 0";

static void rows_of_the_kernel_are_read(void **state)
{
    struct sockets_row row;

    (void)state;
    if (htonl(1) == 1) {
        (void)printf("skip: rows of the kernel: written for little-endian machines\n");
        skip();
    }
    assert_true(sockets_row_read(bytes_text(tcp), &row));
    assert_string_equal(row.local, "10.0.0.2:51234");
    assert_string_equal(row.remote, "203.0.113.9:443");
    assert_int_equal(row.inode, 41982);
    assert_true(sockets_row_read(bytes_text(tcp6), &row));
    assert_string_equal(row.local, "[2001:db8:66::2]:40000");
    assert_string_equal(row.remote, "[2001:db8:66::1]:443");
    assert_true(sockets_row_read(bytes_text(mapped), &row));
    assert_string_equal(row.local, "10.0.0.2:40001");
    assert_string_equal(row.remote, "203.0.113.9:80");
    assert_true(sockets_row_read(bytes_text(udp), &row));
    assert_string_equal(row.local, "0.0.0.0:5353");
    assert_string_equal(row.remote, "*");
}

static void headings_and_malformed_rows_are_refused_and_leave_the_output(void **state)
{
    static const char *const bad[] = {"",
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
            "  timeout inode",
            "1: 0200000A:C82 097100CB:01BB 01 0 0 0 0 0 5",
            "1: 0200000A:C82200 097100CB:01BB 01 0 0 0 0 0 5",
            "1: 0200000:C822 097100CB:01BB 01 0 0 0 0 0 5",
            "1: 0200000AC822 097100CB:01BB 01 0 0 0 0 0 5",
            "1: 020000GA:C822 097100CB:01BB 01 0 0 0 0 0 5",
            "1: 0200000A:C822 097100CB:01BB 01 0 0 0 0 0 x"};
    struct sockets_row row = {.inode = 7};
    char longest[400];

    (void)state;
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
        assert_false(sockets_row_read(bytes_text(bad[k]), &row));
    memset(longest, 'A', sizeof(longest));
    assert_false(sockets_row_read(bytes_of(longest, sizeof(longest)), &row));
    assert_false(sockets_row_read(bytes_of("1: \0 2", 6), &row));
    assert_int_equal(row.inode, 7);
}

static void every_truncation_of_a_row_is_refused_or_has_the_inode_cut(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(tcp); n++) {
        char *copy = malloc(n == 0 ? 1 : n);
        struct sockets_row row = {0};

        assert_non_null(copy);
        memcpy(copy, tcp, n);
        if (sockets_row_read(bytes_of(copy, n), &row))
            assert_true(n > 91 && row.inode > 0 && row.inode <= 41982);
        else
            assert_true(n <= 91 && row.inode == 0);
        free(copy);
    }
}

static void a_process_is_read_whatever_its_name(void **state)
{
    static const char good[] =
            "71 (a) R 1 (b c) S 42 71 71 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 "
            "987654 8 9";
    struct sockets_process p = {0};
    char text[200];

    (void)state;
    assert_true(sockets_stat_read(good, &p));
    assert_int_equal(p.parent, 42);
    assert_int_equal(p.start, 987654);
    for (size_t n = 0; n < strlen(good) - 10; n++) {
        memcpy(text, good, n);
        text[n] = '\0';
        assert_false(sockets_stat_read(text, &p));
    }
}

static int loopback(int kind, struct sockaddr_in *to)
{
    socklen_t n = sizeof(*to);
    int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {
            .sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};

    assert_int_not_equal(fd, -1);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)to, &n), 0);
    return fd;
}

/* How many lines hold both texts. */
static unsigned lines_with(const char *one, const char *other)
{
    struct buf text;
    unsigned count = 0;
    char path[64], *save = NULL, *line;

    (void)snprintf(path, sizeof(path), "%s/sockets.jsonl", place);
    buf_init(&text, 1 << 20);
    assert_int_equal(file_read(path, "list", &text, NULL), STATUS_OK);
    assert_int_equal(buf_append_u8(&text, '\0'), STATUS_OK);
    for (line = strtok_r((char *)text.p, "\n", &save); line != NULL;
            line = strtok_r(NULL, "\n", &save)) {
        struct json_value *v = json_parse(bytes_text(line), NULL);

        assert_non_null(v);
        assert_non_null(json_string_of(json_member(v, "time")));
        assert_non_null(json_string_of(json_member(v, "state")));
        count += strstr(line, one) != NULL && strstr(line, other) != NULL;
        json_free(v);
    }
    buf_clear(&text);
    return count;
}

/* A child with a UDP socket whose own parent is gone: started by a process that ended. */
static pid_t orphan(const struct sockaddr_in *to, int *pipe_end)
{
    int ends[2];
    pid_t middle, pid = 0;

    assert_int_equal(pipe(ends), 0);
    middle = fork();
    if (middle == 0) {
        struct sockaddr_in own;
        int fd = loopback(SOCK_DGRAM, &own);

        if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1)
            _exit(1);
        pid = fork();
        (void)alarm(20); /* whatever becomes of the test */
        if (pid != 0 && write(ends[1], &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
            _exit(1);
        while (pid == 0)
            (void)pause();
        (void)pause(); /* until it is killed: then the child has no parent of ours */
        _exit(0);
    }
    assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
    (void)close(ends[0]);
    (void)close(ends[1]);
    *pipe_end = (int)middle;
    return pid;
}

static void sockets_of_the_tree_are_entered_once_and_closed(void **state)
{
    struct sockaddr_in listening, other;
    struct sockets *s = NULL;
    struct sockets_counts counts;
    char text[64], remote[96];
    int middle, foreign = loopback(SOCK_DGRAM, &other), a, b;
    pid_t child = orphan(&other, &middle); /* before there is more to inherit */

    (void)state;
    a = loopback(SOCK_STREAM, &listening);
    assert_int_equal(listen(a, 1), 0);
    b = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(b, (struct sockaddr *)&listening, sizeof(listening)), 0);
    (void)snprintf(
            text, sizeof(text), "\"remote\":\"127.0.0.1:%u\"", ntohs(listening.sin_port));
    (void)snprintf(remote, sizeof(remote), "\"protocol\":\"udp\",\"local\":\"127.0.0.1:");
    assert_int_equal(sockets_open(directory, "sockets.jsonl", &s, NULL), STATUS_OK);
    for (int k = 1; k <= 3; k++)
        assert_int_equal(sockets_sample(s, SOCKETS_BROWSER, getpid(), k, NULL), STATUS_OK);
    assert_int_equal(lines_with(text, "\"state\":\"first\""), 1);
    assert_int_equal(lines_with(text, "\"of\":\"browser\""), 1);
    assert_int_equal(lines_with(text, "\"state\":\"last\""), 0);
    counts = sockets_counts(s, SOCKETS_BROWSER);
    assert_true(counts.processes >= 3 && counts.now >= 4 && counts.seen == counts.now);
    /* The middle one dies: its child is nobody's of ours, and still belongs. */
    assert_int_equal(kill((pid_t)middle, SIGKILL), 0);
    assert_int_equal(waitpid((pid_t)middle, NULL, 0), middle);
    assert_int_equal(close(b), 0);
    assert_int_equal(sockets_sample(s, SOCKETS_BROWSER, getpid(), 4, NULL), STATUS_OK);
    assert_int_equal(lines_with(text, "\"time\":\"1970-01-01T00:00:00.000000Z\",\"of\":"
                                      "\"browser\",\"state\":\"last\""),
            1);
    (void)snprintf(text, sizeof(text), "\"remote\":\"127.0.0.1:%u\"", ntohs(other.sin_port));
    assert_int_equal(lines_with(text, remote), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    /* Alone, the joiner's own sockets only. */
    assert_int_equal(sockets_sample(s, SOCKETS_JOINER, getpid(), 5, NULL), STATUS_OK);
    assert_int_equal(lines_with("\"of\":\"joiner\"", text), 0);
    assert_true(lines_with("\"of\":\"joiner\"", "\"state\":\"first\"") >= 2);
    assert_int_equal(sockets_end(s, NULL), STATUS_OK);
    assert_int_equal(lines_with("state", "\"state\":\"first\""),
            lines_with("state", "\"state\":\"last\""));
    sockets_free(s);
    sockets_free(NULL);
    (void)close(a);
    (void)close(foreign);
}

static void a_process_that_is_gone_has_no_sockets(void **state)
{
    struct sockets *s = NULL;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(sockets_open(directory, "sockets.jsonl", &s, NULL), STATUS_OK);
    assert_int_equal(sockets_sample(s, SOCKETS_BROWSER, pid, 1, NULL), STATUS_OK);
    assert_int_equal(sockets_counts(s, SOCKETS_BROWSER).processes, 0);
    assert_int_equal(sockets_counts(s, SOCKETS_BROWSER).now, 0);
    sockets_free(s);
}

static void each_allocation_may_fail(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened && n < 500; n++) {
        struct sockets *s = NULL;
        struct fault fault = {0};
        enum status status;

        oom_fail_at(n);
        status = sockets_open(directory, "sockets.jsonl", &s, &fault);
        if (status == STATUS_OK)
            status = sockets_sample(s, SOCKETS_BROWSER, getpid(), 1, &fault);
        if (status == STATUS_OK)
            status = sockets_end(s, &fault);
        happened = oom_happened();
        oom_fail_at(0);
        assert_true(status == STATUS_OK || status == STATUS_NOMEM);
        sockets_free(s);
    }
    assert_false(happened);
}

static void a_place_that_cannot_be_written_is_a_fault(void **state)
{
    struct sockets *s = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(sockets_open(directory, "none/sockets", &s, &fault), STATUS_IO);
    assert_non_null(strstr(fault.text, "none/sockets"));
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(rows_of_the_kernel_are_read),
            cmocka_unit_test(headings_and_malformed_rows_are_refused_and_leave_the_output),
            cmocka_unit_test(every_truncation_of_a_row_is_refused_or_has_the_inode_cut),
            cmocka_unit_test(a_process_is_read_whatever_its_name),
            cmocka_unit_test(sockets_of_the_tree_are_entered_once_and_closed),
            cmocka_unit_test(a_process_that_is_gone_has_no_sockets),
            cmocka_unit_test(each_allocation_may_fail),
            cmocka_unit_test(a_place_that_cannot_be_written_is_a_fault),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
