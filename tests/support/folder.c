/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/folder.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void folder_make(struct folder *f)
{
    *f = (struct folder){.path = "/tmp/exhibit-test-XXXXXX"};
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(chdir(f->path), 0);
    f->fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->fd >= 0);
}

static int drop_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s;
    (void)kind;
    (void)at;
    return remove(path);
}

void folder_remove(const char *path)
{
    assert_int_equal(nftw(path, drop_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void folder_drop(struct folder *f)
{
    assert_int_equal(close(f->fd), 0);
    assert_int_equal(chdir("/tmp"), 0);
    folder_remove(f->path);
}

size_t folder_count(const struct folder *f)
{
    DIR *names = opendir(f->path);
    size_t n = 0;

    assert_non_null(names);
    while (readdir(names) != NULL)
        n++;
    (void)closedir(names);
    return n - 2; /* "." and ".." */
}

int folder_enter(void **state)
{
    *state = calloc(1, sizeof(struct folder));
    assert_non_null(*state);
    folder_make(*state);
    return 0;
}

int folder_leave(void **state)
{
    folder_drop(*state);
    free(*state);
    return 0;
}
