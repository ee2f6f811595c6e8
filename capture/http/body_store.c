/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/body_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum {
    FILE_MODE = 0600, /* what a person sent is nobody else's business */
    TEMPORARY_NAME = 32,
};

struct body_store {
    char *directory; /* NULL: nothing can be kept */
    pthread_mutex_t lock;
    uint64_t temporary; /* number of the next temporary name */
    uint64_t written;   /* bytes */
    size_t spools;      /* under way */
    bool detached;
    struct fault fault; /* the first failure; its status is STATUS_OK before */
};

struct spool {
    struct body_store *store;
    int fd;
    char *path;
};

struct body_store *body_store_new(const char *directory)
{
    struct body_store *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    if (directory != NULL) {
        size_t n = strlen(directory) + 1;

        s->directory = malloc(n);
        if (s->directory == NULL) {
            free(s);
            return NULL;
        }
        memcpy(s->directory, directory, n);
    }
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s->directory);
        free(s);
        return NULL;
    }
    return s;
}

void body_store_free(struct body_store *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_destroy(&s->lock);
    free(s->directory);
    free(s);
}

enum status body_store_status(const struct body_store *s, struct fault *fault)
{
    if (s->fault.status == STATUS_OK)
        return STATUS_OK;
    return fault_set(fault, s->fault.status, "%s", s->fault.text);
}

void body_store_detach(struct body_store *s)
{
    s->detached = true;
}

bool body_store_open(struct body_store *s)
{
    bool open;

    if (s == NULL || s->directory == NULL)
        return false;
    (void)pthread_mutex_lock(&s->lock);
    open = s->fault.status == STATUS_OK && !s->detached;
    (void)pthread_mutex_unlock(&s->lock);
    return open;
}

bool body_store_room(struct body_store *s)
{
    bool room;

    (void)pthread_mutex_lock(&s->lock);
    room = s->spools < BODY_SPOOLS_MOST && s->written < BODY_STORE_MOST;
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

static enum status fail(struct body_store *s, const char *what, const char *path)
{
    int error = errno;

    (void)pthread_mutex_lock(&s->lock);
    if (s->fault.status == STATUS_OK)
        (void)fault_set(&s->fault, STATUS_IO,
                "cannot %s %s: %s; bodies from here on are hashed but not kept", what, path,
                strerror(error));
    (void)pthread_mutex_unlock(&s->lock);
    return STATUS_IO;
}

static char *path_in(const struct body_store *s, const char *name)
{
    size_t n = strlen(s->directory) + strlen(name) + 2;
    char *path = malloc(n);

    if (path != NULL)
        (void)snprintf(path, n, "%s/%s", s->directory, name);
    return path;
}

static char *path_of(const struct body_store *s, const uint8_t sha256[SHA256_BYTES])
{
    char name[SHA256_TEXT];

    digest_hex(bytes_of(sha256, SHA256_BYTES), name);
    return path_in(s, name);
}

struct spool *spool_new(struct body_store *s)
{
    struct spool *sp = calloc(1, sizeof(*sp));
    char name[TEMPORARY_NAME];
    uint64_t number;

    if (sp == NULL)
        return NULL;
    (void)pthread_mutex_lock(&s->lock);
    number = s->temporary++;
    (void)pthread_mutex_unlock(&s->lock);
    (void)snprintf(name, sizeof(name), "part-%llu", (unsigned long long)number);
    sp->store = s;
    sp->path = path_in(s, name);
    if (sp->path == NULL) {
        free(sp);
        return NULL;
    }
    sp->fd = open(sp->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (sp->fd < 0) {
        (void)fail(s, "create", sp->path);
        free(sp->path);
        free(sp);
        return NULL;
    }
    (void)pthread_mutex_lock(&s->lock);
    s->spools++;
    (void)pthread_mutex_unlock(&s->lock);
    return sp;
}

enum status spool_write(struct spool *sp, struct bytes data)
{
    if (sp->store->detached)
        return STATUS_OK;
    (void)pthread_mutex_lock(&sp->store->lock);
    sp->store->written += data.n;
    (void)pthread_mutex_unlock(&sp->store->lock);
    return file_write_all(sp->fd, data) == data.n ? STATUS_OK
                                                  : fail(sp->store, "write", sp->path);
}

static void forget(struct spool *sp)
{
    (void)pthread_mutex_lock(&sp->store->lock);
    sp->store->spools--;
    (void)pthread_mutex_unlock(&sp->store->lock);
    free(sp->path);
    free(sp);
}

enum status spool_keep(struct spool *sp, const uint8_t sha256[SHA256_BYTES])
{
    char *path = path_of(sp->store, sha256);
    int closed;

    if (path == NULL) {
        spool_free(sp);
        return STATUS_NOMEM;
    }
    closed = close(sp->fd);
    sp->fd = -1;
    if (!sp->store->detached && (closed != 0 || rename(sp->path, path) != 0)) {
        enum status status = fail(sp->store, "finish", path);

        free(path);
        spool_free(sp);
        return status;
    }
    free(path);
    forget(sp);
    return STATUS_OK;
}

void spool_free(struct spool *sp)
{
    if (sp == NULL)
        return;
    if (sp->fd >= 0)
        (void)close(sp->fd);
    if (!sp->store->detached)
        (void)unlink(sp->path);
    forget(sp);
}

enum status body_store_put(
        struct body_store *s, const uint8_t sha256[SHA256_BYTES], struct bytes data)
{
    char *path = s->detached ? NULL : path_of(s, sha256);
    enum status status;
    struct spool *sp;
    bool there;

    if (path == NULL)
        return s->detached ? STATUS_OK : STATUS_NOMEM;
    there = access(path, F_OK) == 0;
    free(path);
    if (there)
        return STATUS_OK;
    sp = spool_new(s);
    if (sp == NULL)
        return body_store_open(s) ? STATUS_NOMEM : STATUS_IO;
    status = spool_write(sp, data);
    if (status != STATUS_OK) {
        spool_free(sp);
        return status;
    }
    return spool_keep(sp, sha256);
}
