/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bag.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "report/bag_parts.h"

enum { ATTEMPTS = 100 /* names tried for the temporary directory */ };

bool bag_name_allowed(const char *name)
{
    struct bytes rest = bytes_text(name), part;

    if (rest.n == 0 || rest.n >= BAG_NAME_MOST)
        return false;
    for (size_t i = 0; i < rest.n; i++) {
        if (!ascii_is_alnum(rest.p[i]) && strchr("._/-", rest.p[i]) == NULL)
            return false;
    }
    while (rest.n != 0) {
        if (!bytes_take_until(&rest, '/', &part)) {
            part = rest;
            rest.n = 0;
        } else if (rest.n == 0) {
            return false; /* ends in a slash */
        }
        if (part.n == 0 || bytes_is(part, ".") || bytes_is(part, ".."))
            return false;
    }
    return true;
}

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NOMEM, "out of memory");
}

static bool path_in(const struct bag *b, const char *name, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s/%s", b->directory, name) < PATH_MAX;
}

static bool is_empty(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *at;
    bool empty = directory != NULL;

    while (empty && (at = readdir(directory)) != NULL)
        empty = strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0;
    if (directory != NULL)
        (void)closedir(directory);
    return empty;
}

/* Only what is a case is ever replaced: a mistyped name must not cost a person their files. */
static bool is_bag(const char *target)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof(path), "%s/bagit.txt", target) < PATH_MAX &&
           access(path, F_OK) == 0;
}

/* An existing target is no hindrance when it is an empty directory. */
static enum status check_target(const char *target, bool overwrite, struct fault *fault)
{
    struct stat about;

    if (lstat(target, &about) != 0)
        return errno == ENOENT ? STATUS_OK
                               : fault_set(fault, STATUS_IO, "%s: %s", target, strerror(errno));
    if (S_ISDIR(about.st_mode) && is_empty(target))
        return STATUS_OK;
    if (overwrite && is_bag(target))
        return STATUS_OK;
    if (overwrite)
        return fault_set(fault, STATUS_USAGE,
                "%s is not a case, so it is not replaced; choose another name, or remove it "
                "yourself",
                target);
    return fault_set(fault, STATUS_USAGE,
            "%s exists already; choose another name, or say --overwrite to replace it", target);
}

static enum status make_directory(struct bag *b, struct fault *fault)
{
    size_t room = strlen(b->target) + 32;

    b->directory = malloc(room);
    if (b->directory == NULL)
        return no_memory(fault);
    for (int i = 0; i < ATTEMPTS; i++) {
        (void)snprintf(b->directory, room, "%s.part-%ld-%d", b->target, (long)getpid(), i);
        if (mkdir(b->directory, 0700) == 0)
            return STATUS_OK;
        if (errno != EEXIST)
            break;
    }
    fault_set(fault, STATUS_IO, "%s: cannot create the directory: %s", b->directory,
            strerror(errno));
    free(b->directory);
    b->directory = NULL;
    return STATUS_IO;
}

enum status bag_begin(const char *target, bool overwrite, struct bag **out, struct fault *fault)
{
    size_t n = strlen(target);
    struct bag *b = calloc(1, sizeof(*b));
    enum status status;

    while (n > 1 && target[n - 1] == '/')
        n--;
    if (b == NULL)
        return no_memory(fault);
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->changed, NULL);
    b->overwrite = overwrite;
    b->target = strndup(target, n);
    status = b->target == NULL ? no_memory(fault) : check_target(b->target, overwrite, fault);
    if (status == STATUS_OK)
        status = make_directory(b, fault);
    if (status != STATUS_OK) {
        bag_free(b);
        return status;
    }
    *out = b;
    return STATUS_OK;
}

void bag_stop_copying(struct bag *b)
{
    if (!b->running)
        return;
    (void)pthread_mutex_lock(&b->lock);
    b->stop = true;
    (void)pthread_cond_broadcast(&b->changed);
    (void)pthread_mutex_unlock(&b->lock);
    (void)pthread_join(b->thread, NULL);
    b->running = false;
}

void bag_free(struct bag *b)
{
    if (b == NULL)
        return;
    bag_stop_copying(b);
    if (b->directory != NULL && !b->finished)
        bag_remove_tree(b->directory);
    for (size_t i = 0; i < b->n; i++) {
        free(b->entries[i].name);
        free(b->entries[i].from);
    }
    free(b->entries);
    free(b->directory);
    free(b->target);
    (void)pthread_mutex_destroy(&b->lock);
    (void)pthread_cond_destroy(&b->changed);
    free(b);
}

const char *bag_directory(const struct bag *b)
{
    return b->directory;
}

enum status bag_directory_make(struct bag *b, const char *name, struct fault *fault)
{
    char path[PATH_MAX];
    size_t start = strlen(b->directory) + 1;

    if (!bag_name_allowed(name) || !path_in(b, name, path))
        return fault_set(fault, STATUS_USAGE, "%s: not a name for a file of a case", name);
    for (size_t i = start;; i++) {
        char c = path[i];

        if (c != '/' && c != '\0')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return fault_set(fault, STATUS_IO, "%s: cannot create the directory: %s", path,
                    strerror(errno));
        if (c == '\0')
            return STATUS_OK;
        path[i] = c;
    }
}

/* Adds an entry; call with the lock held. NULL when out of memory. */
struct bag_entry *bag_add_entry(struct bag *b, const char *name, const char *from)
{
    struct bag_entry *entries = array_grow(b->entries, b->n, &b->capacity, sizeof(*entries));
    struct bag_entry *entry;

    if (entries == NULL)
        return NULL;
    b->entries = entries;
    entry = &b->entries[b->n];
    *entry = (struct bag_entry){.name = strdup(name)};
    if (from != NULL)
        entry->from = strdup(from);
    if (entry->name == NULL || (from != NULL && entry->from == NULL)) {
        free(entry->name);
        free(entry->from);
        return NULL;
    }
    b->n++;
    return entry;
}

static enum status make_parent(struct bag *b, const char *name, struct fault *fault)
{
    const char *slash = strrchr(name, '/');
    char parent[BAG_NAME_MOST];

    if (!bag_name_allowed(name))
        return fault_set(fault, STATUS_USAGE, "%s: not a name for a file of a case", name);
    if (slash == NULL)
        return STATUS_OK;
    (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - name), name);
    return bag_directory_make(b, parent, fault);
}

/* Opens a new file of the bag; what exists already is an error, never overwritten. */
static enum status create_file(struct bag *b, const char *name, int *fd, struct fault *fault)
{
    enum status status = make_parent(b, name, fault);
    char path[PATH_MAX];
    int made;

    if (status != STATUS_OK)
        return status;
    if (!path_in(b, name, path))
        return fault_set(fault, STATUS_USAGE, "%s: the path is too long", name);
    made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made == -1)
        return fault_set(fault, STATUS_IO, "%s: cannot be created: %s", path, strerror(errno));
    *fd = made;
    return STATUS_OK;
}

struct bag_stream {
    struct bag *bag;
    char *name; /* owned */
    struct bag_hasher *hasher;
    int fd;
};

static void stream_free(struct bag_stream *s)
{
    if (s->fd != -1)
        (void)close(s->fd);
    bag_hasher_free(s->hasher);
    free(s->name);
    free(s);
}

enum status bag_stream_open(
        struct bag *b, const char *name, struct bag_stream **out, struct fault *fault)
{
    struct bag_stream *s = calloc(1, sizeof(*s));
    enum status status;

    if (s == NULL)
        return no_memory(fault);
    s->bag = b;
    s->fd = -1;
    s->name = strdup(name);
    s->hasher = bag_hasher_new();
    if (s->name == NULL || s->hasher == NULL)
        status = no_memory(fault);
    else
        status = create_file(b, name, &s->fd, fault);
    if (status != STATUS_OK) {
        stream_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

enum status bag_stream_write(struct bag_stream *s, struct bytes piece, struct fault *fault)
{
    bag_hasher_add(s->hasher, piece);
    if (file_write_all(s->fd, piece) == piece.n)
        return STATUS_OK;
    return fault_set(
            fault, STATUS_IO, "writing %s into the case failed: %s", s->name, strerror(errno));
}

enum status bag_stream_close(struct bag_stream *s, enum status status, struct fault *fault)
{
    struct bag *b = s->bag;
    struct bag_entry *entry;

    if (status == STATUS_OK && close(s->fd) != 0)
        status = fault_set(fault, STATUS_IO, "writing %s into the case failed: %s", s->name,
                strerror(errno));
    if (status == STATUS_OK) {
        s->fd = -1;
        (void)pthread_mutex_lock(&b->lock);
        entry = bag_add_entry(b, s->name, NULL);
        if (entry != NULL) {
            bag_hasher_finish(s->hasher, &entry->hash);
            entry->hashed = true;
        }
        (void)pthread_mutex_unlock(&b->lock);
        if (entry == NULL)
            status = no_memory(fault);
    }
    stream_free(s);
    return status;
}

enum status bag_write(
        struct bag *b, const char *name, struct bytes content, struct fault *fault)
{
    struct bag_stream *stream;
    enum status status = bag_stream_open(b, name, &stream, fault);

    if (status != STATUS_OK)
        return status;
    status = bag_stream_write(stream, content, fault);
    return bag_stream_close(stream, status, fault);
}

static enum status copy_now(struct bag *b, const char *from, const char *name,
        struct bag_hash *hash, struct fault *fault)
{
    enum status status;
    char path[PATH_MAX];
    int fd;

    if (realpath(from, path) == NULL)
        return fault_set(fault, STATUS_IO, "%s: %s", from, strerror(errno));
    status = create_file(b, name, &fd, fault);
    if (status != STATUS_OK)
        return status;
    status = bag_hash_file(path, fd, hash, fault);
    if (close(fd) != 0 && status == STATUS_OK)
        status = fault_set(
                fault, STATUS_IO, "copying %s into the case failed: %s", from, strerror(errno));
    return status;
}

/* The copying thread: takes entries with a `from`, in order, until told to stop. */
static void *copy_files(void *argument)
{
    struct bag *b = argument;

    (void)pthread_mutex_lock(&b->lock);
    for (;;) {
        struct bag_hash hash = {0};
        struct fault fault = {0};
        char *from, *name;
        size_t at;

        while (b->next_copy < b->n && b->entries[b->next_copy].from == NULL)
            b->next_copy++;
        if (b->next_copy == b->n) {
            if (b->stop)
                break;
            (void)pthread_cond_wait(&b->changed, &b->lock);
            continue;
        }
        at = b->next_copy;
        from = b->entries[at].from;
        name = b->entries[at].name;
        (void)pthread_mutex_unlock(&b->lock);
        (void)copy_now(b, from, name, &hash, &fault);
        (void)pthread_mutex_lock(&b->lock);
        if (fault.status == STATUS_OK) {
            b->entries[at].hash = hash;
            b->entries[at].hashed = true;
        } else if (b->fault.status == STATUS_OK) {
            b->fault = fault;
        }
        b->entries[at].from = NULL;
        free(from);
        (void)pthread_cond_broadcast(&b->changed);
    }
    (void)pthread_mutex_unlock(&b->lock);
    return NULL;
}

enum status bag_copy(struct bag *b, const char *path, const char *name, struct fault *fault)
{
    struct bag_entry *entry;

    if (!bag_name_allowed(name))
        return fault_set(fault, STATUS_USAGE, "%s: not a name for a file of a case", name);
    (void)pthread_mutex_lock(&b->lock);
    entry = bag_add_entry(b, name, path);
    (void)pthread_cond_broadcast(&b->changed);
    (void)pthread_mutex_unlock(&b->lock);
    if (entry == NULL)
        return no_memory(fault);
    if (!b->running) {
        if (pthread_create(&b->thread, NULL, copy_files, b) != 0)
            return fault_set(fault, STATUS_NOMEM, "cannot start a thread");
        b->running = true;
    }
    return STATUS_OK;
}

enum status bag_wait(struct bag *b, struct fault *fault)
{
    enum status status;

    (void)pthread_mutex_lock(&b->lock);
    for (;;) {
        bool waiting = false;

        for (size_t i = b->next_copy; i < b->n && !waiting; i++)
            waiting = b->entries[i].from != NULL;
        if (!waiting)
            break;
        (void)pthread_cond_wait(&b->changed, &b->lock);
    }
    status = b->fault.status;
    (void)pthread_mutex_unlock(&b->lock);
    if (status != STATUS_OK)
        fault_set(fault, status, "%s", b->fault.text);
    return status;
}

bool bag_sha256(struct bag *b, const char *name, char out[SHA256_TEXT])
{
    bool found = false;

    (void)pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < b->n && !found; i++) {
        found = b->entries[i].hashed && strcmp(b->entries[i].name, name) == 0;
        if (found)
            digest_hex(bytes_of(b->entries[i].hash.sha256, SHA256_BYTES), out);
    }
    (void)pthread_mutex_unlock(&b->lock);
    return found;
}
