/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/env/env_parts.h"

enum { STEP = 64 << 10, LINK_MOST = 4096 };

const char *look_path(struct look *l, const char *path)
{
    return l->live ? path : look_print(l, "%s%s", l->setup->root, path);
}

bool look_exists(struct look *l, const char *path)
{
    struct stat s;

    return stat(look_path(l, path), &s) == 0;
}

const char *look_link(struct look *l, const char *path)
{
    char target[LINK_MOST];
    ssize_t n = readlink(look_path(l, path), target, sizeof(target));

    return n < 0 ? NULL : look_shown(l, bytes_of(target, (size_t)n), sizeof(target));
}

/* A descriptor of a regular file; a FIFO in a profile must not make us wait. */
static int open_regular(struct look *l, const char *path, int *error)
{
    int fd = open(look_path(l, path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;

    if (fd < 0) {
        *error = errno;
        return -1;
    }
    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
        *error = EINVAL;
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Reads on to the end or to the limit of the buffer; an errno. */
static int read_all(struct look *l, int fd, size_t most, bool *cut)
{
    for (;;) {
        size_t room = most - l->scratch.n < STEP ? most - l->scratch.n : STEP;
        ssize_t n;

        if (buf_reserve(&l->scratch, room + 1) != STATUS_OK) {
            l->status = STATUS_NOMEM;
            return ENOMEM;
        }
        /* One byte past the bound tells whether there is more. */
        n = read(fd, l->scratch.p + l->scratch.n, room == 0 ? 1 : room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        if (room == 0) {
            *cut = true;
            return 0;
        }
        l->scratch.n += (size_t)n;
    }
}

struct seen look_scan(struct look *l, const char *path, size_t most)
{
    struct seen s = {0};
    int fd = open_regular(l, path, &s.error);

    buf_reset(&l->scratch);
    if (fd < 0)
        return s;
    s.error = read_all(l, fd, most, &s.cut);
    s.text = buf_view(&l->scratch);
    (void)close(fd);
    return s;
}

struct seen look_read(struct look *l, const char *path, size_t most)
{
    struct seen s = look_scan(l, path, most);

    if (!arena_copy(l->out->arena, s.text, &s.text)) {
        l->status = STATUS_NOMEM;
        s.text = bytes_of(NULL, 0);
        s.error = ENOMEM;
    }
    return s;
}

const char *look_line(struct look *l, const char *path)
{
    struct seen s = look_scan(l, path, PARTS_SMALL);
    struct bytes line;

    if (!parts_line(&s.text, &line))
        return NULL;
    line = bytes_trim(line);
    return line.n == 0 ? NULL : look_shown(l, line, LINK_MOST);
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

struct names look_names(struct look *l, const char *path)
{
    struct names out = {0};
    DIR *directory = opendir(look_path(l, path));
    const struct dirent *entry;
    size_t capacity = 0;

    if (directory == NULL) {
        out.error = errno;
        return out;
    }
    while (l->status == STATUS_OK && (entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name, **more;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (out.n == PARTS_ENTRIES) {
            out.cut = true;
            break;
        }
        more = arena_grow(l->out->arena, out.at, out.n, &capacity, sizeof(*out.at));
        name = arena_string(l->out->arena, bytes_text(name));
        if (more == NULL || name == NULL) {
            l->status = STATUS_NOMEM;
            break;
        }
        out.at = more;
        out.at[out.n++] = name;
    }
    (void)closedir(directory);
    if (out.n > 1)
        qsort(out.at, out.n, sizeof(*out.at), by_name);
    return out;
}

static int digest_all(
        int fd, uint64_t most, struct digest *sha256, struct digest *md5, uint8_t *piece)
{
    uint64_t all = 0;

    for (;;) {
        ssize_t n = read(fd, piece, STEP);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? 0 : errno;
        all += (uint64_t)n;
        if (all > most)
            return EFBIG;
        digest_add(sha256, bytes_of(piece, (size_t)n));
        if (md5 != NULL)
            digest_add(md5, bytes_of(piece, (size_t)n));
    }
}

bool look_digest(struct look *l, const char *path, uint64_t most, char sha256[SHA256_TEXT],
        char md5[DIGEST_TEXT_MOST], int *error)
{
    uint8_t piece[STEP], raw[DIGEST_MOST];
    struct digest *first, *second = NULL;
    int fd = open_regular(l, path, error);

    if (fd < 0)
        return false;
    first = digest_new(DIGEST_SHA256);
    if (md5 != NULL)
        second = digest_new(DIGEST_MD5);
    if (first == NULL || (md5 != NULL && second == NULL)) {
        l->status = STATUS_NOMEM;
        *error = ENOMEM;
    } else {
        *error = digest_all(fd, most, first, second, piece);
    }
    (void)close(fd);
    if (*error == 0) {
        digest_finish(first, raw);
        digest_hex(bytes_of(raw, digest_length(DIGEST_SHA256)), sha256);
    }
    if (*error == 0 && md5 != NULL) {
        digest_finish(second, raw);
        digest_hex(bytes_of(raw, digest_length(DIGEST_MD5)), md5);
    }
    digest_free(first);
    digest_free(second);
    return *error == 0;
}

void look_file_facts(
        struct json *j, const char *key, const char *path, const struct seen *s, bool text)
{
    char hex[SHA256_TEXT];

    json_object(j, key);
    json_string(j, "path", path);
    if (s->error != 0) {
        json_string(
                j, "unread", s->error == EINVAL ? "not a regular file" : strerror(s->error));
        json_end(j);
        return;
    }
    json_unsigned(j, "bytes", s->text.n);
    if (s->cut)
        json_bool(j, "cut", true);
    else if (sha256_text(s->text, hex))
        json_string(j, "sha256", hex);
    else
        j->status = STATUS_NOMEM;
    if (text)
        json_text(j, "text", s->text);
    json_end(j);
}

const char *look_environment(struct look *l, const char *name)
{
    struct seen s = look_scan(l, "/proc/self/environ", 1 << 20);
    struct bytes entry, rest = s.text, key;

    while (rest.n != 0) {
        if (!bytes_take_until(&rest, '\0', &entry)) {
            entry = rest;
            rest.n = 0;
        }
        if (bytes_take_until(&entry, '=', &key) && bytes_is(key, name)) {
            const char *value = arena_string(l->out->arena, entry);

            if (value == NULL)
                l->status = STATUS_NOMEM;
            return value;
        }
    }
    return NULL;
}

const char *look_home(struct look *l)
{
    const char *home = look_environment(l, "HOME");

    return home == NULL || home[0] != '/' ? "" : home;
}
