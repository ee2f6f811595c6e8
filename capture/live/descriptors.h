/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DESCRIPTORS_H
#define CAPTURE_LIVE_DESCRIPTORS_H

/* Open descriptors from one process of ours to another, with a word, over a socket between them
 * (unix(7), SCM_RIGHTS). Calls nothing but the system: a child of a program that has threads may. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { DESCRIPTORS_MOST = 4 };

/* Sends the word, of `size` bytes, at least one, and `count` descriptors, which stay open here as
 * well. False unless all of it went; errno. */
bool descriptors_send(int socket, const void *word, size_t size, const int *fds, size_t count);

/* Waits for a word; `*count` descriptors, closed on exec, came with it. More than
 * DESCRIPTORS_MOST are closed. Returns what recvmsg(2) does; without a word, `*count` is 0. */
ssize_t descriptors_take(
        int socket, void *word, size_t size, int fds[DESCRIPTORS_MOST], size_t *count);

#endif
