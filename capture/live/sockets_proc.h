/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_SOCKETS_PROC_H
#define CAPTURE_LIVE_SOCKETS_PROC_H

/* Processes and their sockets out of /proc, for sockets.c alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/live/sockets.h"

/* A process is known by its number and when it began: numbers are used again. */
struct sockets_process {
    pid_t pid, parent;
    uint64_t start; /* clock ticks from boot */
    bool in;        /* belongs to the tree */
};

struct sockets_tree {
    struct sockets_process *members; /* owned; of the last look */
    size_t count;
};

struct sockets_inode {
    uint64_t inode;
    pid_t pid;
};

struct sockets_inodes {
    struct sockets_inode *p; /* owned; in order of inode, each once */
    size_t n, capacity;
    uint64_t unreadable;
};

/* Looks anew: descendants of `pid`, and members of before that still live, whoever is their
 * parent now. `alone`: the process by itself. STATUS_NOMEM leaves the tree as it was. */
MUST_USE enum status sockets_tree_look(struct sockets_tree *tree, pid_t pid, bool alone);
void sockets_tree_clear(struct sockets_tree *tree);
/* The sockets that the members hold open. */
MUST_USE enum status sockets_inodes_look(
        const struct sockets_tree *tree, struct sockets_inodes *out);
/* NULL: not theirs. */
const struct sockets_inode *sockets_inodes_find(
        const struct sockets_inodes *inodes, uint64_t inode);
void sockets_inodes_clear(struct sockets_inodes *inodes);
/* "S 1 …" of /proc/PID/stat after the name: the parent and the start. */
MUST_USE bool sockets_stat_read(const char *text, struct sockets_process *out);

#endif
