/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/sockets_proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

enum {
    PROCESSES = 1 << 20, /* more than PID_MAX on any machine of a person */
    INODES = 1 << 18,
    STAT_START = 22, /* fields of /proc/PID/stat, from 1 (proc(5)) */
};

bool sockets_stat_read(const char *text, struct sockets_process *out)
{
    const char *at = strrchr(text, ')'); /* the name may hold spaces and brackets */
    long parent;
    char state;
    unsigned field = 2;

    if (at == NULL || sscanf(at + 1, " %c %ld", &state, &parent) != 2 || parent < 0 ||
            parent > INT_MAX)
        return false;
    while (at != NULL && field < STAT_START) {
        at = strchr(at + 1, ' ');
        field++;
    }
    if (at == NULL)
        return false;
    out->parent = (pid_t)parent;
    out->start = strtoull(at, NULL, 10);
    return true;
}

static bool read_process(const char *name, struct sockets_process *out)
{
    char path[64], text[1024];
    int fd;
    ssize_t n;

    if (strlen(name) > 10 || strspn(name, "0123456789") != strlen(name))
        return false;
    (void)snprintf(path, sizeof(path), "/proc/%.10s/stat", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    *out = (struct sockets_process){.pid = (pid_t)strtol(name, NULL, 10)};
    return sockets_stat_read(text, out);
}

static int by_pid(const void *a, const void *b)
{
    const struct sockets_process *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct sockets_process *find(struct sockets_process *all, size_t n, pid_t pid)
{
    struct sockets_process key = {.pid = pid};

    return n == 0 ? NULL : bsearch(&key, all, n, sizeof(*all), by_pid);
}

/* All processes, in order. */
static enum status list_processes(struct sockets_process **out, size_t *count)
{
    struct sockets_process *all = NULL, *grown, one;
    size_t n = 0, capacity = 0;
    struct dirent *entry;
    DIR *d = opendir("/proc");

    while (d != NULL && n < PROCESSES && (entry = readdir(d)) != NULL) {
        if (!read_process(entry->d_name, &one))
            continue;
        grown = array_grow(all, n, &capacity, sizeof(*all));
        if (grown == NULL) {
            free(all);
            (void)closedir(d);
            return STATUS_NOMEM;
        }
        all = grown;
        all[n++] = one;
    }
    if (d != NULL)
        (void)closedir(d);
    if (n > 0)
        qsort(all, n, sizeof(*all), by_pid);
    *out = all;
    *count = n;
    return STATUS_OK;
}

/* Up from a process until one that belongs, or the top; a chain cannot be longer than the list,
 * and a loop (numbers used again between two reads) ends there too. */
static bool descends(struct sockets_process *all, size_t n, const struct sockets_process *from)
{
    const struct sockets_process *at = from;

    for (size_t k = 0; k < n && at != NULL; k++) {
        if (at->in)
            return true;
        at = at->parent == 0 ? NULL : find(all, n, at->parent);
    }
    return false;
}

enum status sockets_tree_look(struct sockets_tree *tree, pid_t pid, bool alone)
{
    struct sockets_process *all = NULL, *at;
    size_t n = 0, kept = 0;

    if (list_processes(&all, &n) != STATUS_OK)
        return STATUS_NOMEM;
    at = find(all, n, pid);
    if (at != NULL)
        at->in = true;
    for (size_t k = 0; k < tree->count && !alone; k++) {
        at = find(all, n, tree->members[k].pid);
        if (at != NULL && at->start == tree->members[k].start)
            at->in = true;
    }
    for (size_t k = 0; k < n && !alone; k++)
        all[k].in = descends(all, n, &all[k]);
    for (size_t k = 0; k < n && kept < SOCKETS_TREE; k++) {
        if (all[k].in)
            all[kept++] = all[k];
    }
    free(tree->members);
    tree->members = all;
    tree->count = kept;
    return STATUS_OK;
}

void sockets_tree_clear(struct sockets_tree *tree)
{
    free(tree->members);
    *tree = (struct sockets_tree){0};
}

static enum status keep(struct sockets_inodes *out, uint64_t inode, pid_t pid)
{
    struct sockets_inode *grown;

    if (out->n == INODES)
        return STATUS_OK;
    grown = array_grow(out->p, out->n, &out->capacity, sizeof(*grown));
    if (grown == NULL)
        return STATUS_NOMEM;
    out->p = grown;
    out->p[out->n++] = (struct sockets_inode){inode, pid};
    return STATUS_OK;
}

/* /proc/PID/fd/N -> "socket:[12345]" */
static enum status list_sockets(pid_t pid, struct sockets_inodes *out)
{
    char path[64], to[64];
    struct dirent *entry;
    enum status s = STATUS_OK;
    DIR *d;

    (void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    d = opendir(path);
    if (d == NULL) {
        out->unreadable++;
        return STATUS_OK;
    }
    while (s == STATUS_OK && (entry = readdir(d)) != NULL) {
        ssize_t n = readlinkat(dirfd(d), entry->d_name, to, sizeof(to) - 1);

        if (n <= 8 || memcmp(to, "socket:[", 8) != 0)
            continue;
        to[n] = '\0';
        s = keep(out, strtoull(to + 8, NULL, 10), pid);
    }
    (void)closedir(d);
    return s;
}

static int by_inode(const void *a, const void *b)
{
    const struct sockets_inode *x = a, *y = b;

    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

enum status sockets_inodes_look(const struct sockets_tree *tree, struct sockets_inodes *out)
{
    enum status s = STATUS_OK;
    size_t kept = 0;

    *out = (struct sockets_inodes){0};
    for (size_t k = 0; k < tree->count && s == STATUS_OK; k++)
        s = list_sockets(tree->members[k].pid, out);
    if (s != STATUS_OK) {
        sockets_inodes_clear(out);
        return s;
    }
    if (out->n > 0)
        qsort(out->p, out->n, sizeof(*out->p), by_inode);
    /* A socket that was inherited is named once, with the oldest number that holds it. */
    for (size_t k = 0; k < out->n; k++) {
        if (kept == 0 || out->p[kept - 1].inode != out->p[k].inode)
            out->p[kept++] = out->p[k];
    }
    out->n = kept;
    return STATUS_OK;
}

const struct sockets_inode *sockets_inodes_find(
        const struct sockets_inodes *inodes, uint64_t inode)
{
    size_t low = 0, high = inodes->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (inodes->p[middle].inode == inode)
            return &inodes->p[middle];
        if (inodes->p[middle].inode < inode)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void sockets_inodes_clear(struct sockets_inodes *inodes)
{
    free(inodes->p);
    *inodes = (struct sockets_inodes){0};
}
