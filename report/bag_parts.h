/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_BAG_PARTS_H
#define REPORT_BAG_PARTS_H

/* The inside of a bag while it is written: shared by bag.c (files) and bag_finish.c (lists). */

#include <pthread.h>
#include <stddef.h>

#include "report/bag.h"
#include "report/bag_hash.h"

enum { BAG_NAME_MOST = 512 };

struct bag_entry {
    char *name; /* owned, relative to the bag */
    char *from; /* owned; NULL once copied, or never to be copied */
    bool hashed;
    struct bag_hash hash;
};

struct bag {
    char *target;
    char *directory;
    bool overwrite;
    bool finished;
    /* Everything below is shared with the copying thread, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running, stop;
    struct bag_entry *entries;
    size_t n, capacity;
    size_t next_copy; /* entries before this one need no copying any more */
    struct fault fault;
};

/* Stops the copying thread when it has copied everything; harmless without one. */
void bag_stop_copying(struct bag *b);
/* Adds an entry; call with the lock held or the thread stopped. NULL when out of memory. */
struct bag_entry *bag_add_entry(struct bag *b, const char *name, const char *from);
/* Removes a directory and all in it, following no links. What cannot be removed stays. */
void bag_remove_tree(const char *path);

#endif
