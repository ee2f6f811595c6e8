/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_ENV_TREE_H
#define TESTS_SUPPORT_ENV_TREE_H

/* A made-up machine: a directory that stands in for "/", filled by tests. */

#include "capture/env/environment.h"

struct env_tree {
    char root[64];
    char path[512]; /* of the last env_tree_path */
};

void env_tree_make(struct env_tree *t);
void env_tree_drop(struct env_tree *t); /* and all that is in it */
/* Files and links below it; directories above are made. Paths begin with "/". */
void env_tree_file(struct env_tree *t, const char *path, const char *text);
void env_tree_bytes(struct env_tree *t, const char *path, struct bytes data);
void env_tree_link(struct env_tree *t, const char *path, const char *target);
const char *env_tree_path(struct env_tree *t, const char *path);
/* A plain, clean Debian desktop with no tracer, tunnel, proxy or added authority. */
void env_tree_clean(struct env_tree *t);
/* A process: its status, the program's file, its command line. */
void env_tree_process(struct env_tree *t, unsigned pid, const char *name, const char *exe,
        const char *command_line);
/* Looks at it, asking nobody; fails the test when that fails. */
void env_tree_look(const struct env_tree *t, struct environment *out);

#endif
