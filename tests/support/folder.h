/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

/* A directory of its own for a test, under /tmp, where the test also stands. */

#include <stddef.h>

struct folder {
    char path[64];
    int fd;
};

/* Makes it and goes there; fails the test when it cannot. */
void folder_make(struct folder *f);
/* Goes back to /tmp and removes it with all that is in it. */
void folder_drop(struct folder *f);
/* Any directory, with all that is in it. */
void folder_remove(const char *path);
/* How many names it has. */
size_t folder_count(const struct folder *f);

/* The same as set-up and tear-down of cmocka; the state is the folder. */
int folder_enter(void **state);
int folder_leave(void **state);

#endif
