/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/live/descriptors.h"

static const char *const paths[] = {"/", "/dev", "/proc", "/tmp", "/dev/null"};

/* Descriptors of the paths, and a socket with its other end. */
struct talk {
    int pair[2], fds[DESCRIPTORS_MOST + 1];
};

static int begin(void **state)
{
    struct talk *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    assert_int_equal(
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, t->pair), 0);
    for (size_t i = 0; i <= DESCRIPTORS_MOST; i++) {
        t->fds[i] = open(paths[i], O_RDONLY);
        assert_true(t->fds[i] >= 0);
    }
    *state = t;
    return 0;
}

static int end(void **state)
{
    struct talk *t = *state;

    for (size_t i = 0; i <= DESCRIPTORS_MOST; i++)
        assert_int_equal(close(t->fds[i]), 0); /* sending leaves them open */
    (void)close(t->pair[0]);
    (void)close(t->pair[1]);
    free(t);
    return 0;
}

static bool leads_to(int fd, const char *path)
{
    struct stat one, other;

    return fstat(fd, &one) == 0 && stat(path, &other) == 0 && one.st_ino == other.st_ino &&
           one.st_dev == other.st_dev;
}

static void as_many_as_were_sent_come_with_the_word(void **state)
{
    const struct talk *t = *state;
    int got[DESCRIPTORS_MOST];
    char word[8];
    size_t n;

    for (size_t count = 0; count <= DESCRIPTORS_MOST; count++) {
        assert_true(descriptors_send(t->pair[0], "word", 5, t->fds, count));
        assert_int_equal(descriptors_take(t->pair[1], word, sizeof(word), got, &n), 5);
        assert_string_equal(word, "word");
        assert_int_equal(n, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(leads_to(got[i], paths[i]));
            assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
            assert_int_equal(close(got[i]), 0);
        }
    }
}

static void more_than_fit_are_not_sent(void **state)
{
    const struct talk *t = *state;
    int got[DESCRIPTORS_MOST];
    char word;
    size_t n = 9;

    assert_false(descriptors_send(t->pair[0], "x", 1, t->fds, DESCRIPTORS_MOST + 1));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(descriptors_take(t->pair[1], &word, 1, got, &n), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(n, 0);
}

static void more_than_fit_are_not_kept(void **state)
{
    struct talk *t = *state;
    union {
        char room[CMSG_SPACE(sizeof(t->fds))];
        struct cmsghdr align;
    } extra;
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &extra,
            .msg_controllen = sizeof(extra)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    int got[DESCRIPTORS_MOST], next = dup(t->fds[0]);
    char word;
    size_t n;

    memset(&extra, 0, sizeof(extra));
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(t->fds));
    memcpy(CMSG_DATA(rights), t->fds, sizeof(t->fds));
    assert_int_equal(sendmsg(t->pair[0], &message, 0), 1);
    assert_int_equal(close(next), 0);
    assert_int_equal(descriptors_take(t->pair[1], &word, 1, got, &n), 1);
    assert_int_equal(n, DESCRIPTORS_MOST);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(close(got[i]), 0);
    assert_int_equal(dup(t->fds[0]), next); /* the fifth took no number */
    assert_int_equal(close(next), 0);
}

static void an_end_that_is_gone_is_told(void **state)
{
    struct talk *t = *state;
    int got[DESCRIPTORS_MOST];
    char word;
    size_t n = 9;

    assert_int_equal(close(t->pair[0]), 0);
    assert_int_equal(descriptors_take(t->pair[1], &word, 1, got, &n), 0);
    assert_int_equal(n, 0);
    assert_false(descriptors_send(t->pair[1], "x", 1, t->fds, 1));
    assert_int_equal(errno, EPIPE);
    t->pair[0] = -1;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
            TEST(as_many_as_were_sent_come_with_the_word),
            TEST(more_than_fit_are_not_sent),
            TEST(more_than_fit_are_not_kept),
            TEST(an_end_that_is_gone_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
