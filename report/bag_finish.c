/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "report/bag_parts.h"

enum { MANIFEST_MOST = 1 << 28 /* bytes */ };

static int by_name(const void *a, const void *b)
{
    const struct bag_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static FTS *walk(const char *path)
{
    char *roots[2] = {strdup(path), NULL};
    FTS *tree = roots[0] == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    free(roots[0]);
    return tree;
}

void bag_remove_tree(const char *path)
{
    FTS *tree = walk(path);
    FTSENT *at;

    while (tree != NULL && (at = fts_read(tree)) != NULL) {
        if (at->fts_info != FTS_D)
            (void)remove(at->fts_accpath);
    }
    if (tree != NULL)
        (void)fts_close(tree);
}

/* Takes in one file that somebody else wrote into the bag. */
static enum status add_found(
        struct bag *b, const char *path, const char *name, struct fault *fault)
{
    struct bag_entry *entry;

    if (!bag_name_allowed(name))
        return fault_set(fault, STATUS_IO, "%s: not a name for a file of a case", name);
    entry = bag_add_entry(b, name, NULL);
    if (entry == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    if (bag_hash_file(path, -1, &entry->hash, fault) != STATUS_OK)
        return fault->status;
    entry->hashed = true;
    return STATUS_OK;
}

static enum status add_others(struct bag *b, struct fault *fault)
{
    FTS *tree = walk(b->directory);
    enum status status = STATUS_OK;
    size_t known = b->n;
    FTSENT *at;

    if (tree == NULL)
        return fault_set(fault, STATUS_IO, "%s: %s", b->directory, strerror(errno));
    if (known != 0)
        qsort(b->entries, known, sizeof(*b->entries), by_name);
    while (status == STATUS_OK && (at = fts_read(tree)) != NULL) {
        char *name = at->fts_path + strlen(b->directory) + (at->fts_level != 0);
        const struct bag_entry key = {.name = name};

        if (at->fts_info == FTS_D || at->fts_info == FTS_DP ||
                (known != 0 && bsearch(&key, b->entries, known, sizeof(key), by_name) != NULL))
            continue;
        status = add_found(b, at->fts_path, name, fault);
    }
    (void)fts_close(tree);
    return status;
}

static bool is_payload(const struct bag_entry *e)
{
    return strncmp(e->name, "data/", 5) == 0;
}

/* One "digest  name" line for each entry on the wanted side of data/. */
static enum status list_digests(
        const struct bag *b, bool payload, bool tags, enum digest_kind kind, struct buf *out)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct bag_entry *e = &b->entries[i];
        const uint8_t *raw = kind == DIGEST_SM3      ? e->hash.sm3
                             : kind == DIGEST_SHA512 ? e->hash.sha512
                                                     : e->hash.sha256;
        char hex[DIGEST_TEXT_MOST];

        if (is_payload(e) ? !payload : !tags)
            continue;
        digest_hex(bytes_of(raw, digest_length(kind)), hex);
        if (buf_print(out, "%s  %s\n", hex, e->name) != STATUS_OK)
            return STATUS_NOMEM;
    }
    return STATUS_OK;
}

static enum status write_list(struct bag *b, const char *name, bool payload, bool tags,
        enum digest_kind kind, struct fault *fault)
{
    enum status status;
    struct buf text;

    buf_init(&text, MANIFEST_MOST);
    if (b->n != 0)
        qsort(b->entries, b->n, sizeof(*b->entries), by_name);
    status = list_digests(b, payload, tags, kind, &text);
    if (status == STATUS_OK)
        status = bag_write(b, name, buf_view(&text), fault);
    else
        fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_clear(&text);
    return status;
}

static enum status write_info(struct bag *b, const struct bag_info *info, struct fault *fault)
{
    const char *const lines[][2] = {{"Bag-Software-Agent", "exhibit " EXHIBIT_VERSION},
            {"Bagging-Date", info->date}, {"External-Description", info->description},
            {"External-Identifier", info->identifier}, {"Exhibit-Profile", info->profile}};
    enum status status = STATUS_OK;
    uint64_t bytes = 0, files = 0;
    struct buf text;

    for (size_t i = 0; i < b->n; i++) {
        if (is_payload(&b->entries[i])) {
            bytes += b->entries[i].hash.bytes;
            files++;
        }
    }
    buf_init(&text, MANIFEST_MOST);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines) && status == STATUS_OK; i++) {
        if (lines[i][1] != NULL)
            status = buf_print(&text, "%s: %s\n", lines[i][0], lines[i][1]);
    }
    if (status == STATUS_OK)
        status = buf_print(&text, "Payload-Oxum: %llu.%llu\n", (unsigned long long)bytes,
                (unsigned long long)files);
    if (status == STATUS_OK)
        status = bag_write(b, "bag-info.txt", buf_view(&text), fault);
    else
        fault_set(fault, STATUS_NOMEM, "out of memory");
    buf_clear(&text);
    return status;
}

/* The parent directory's entry for the case must reach the disk as well. */
static enum status sync_path(const char *path, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd == -1 || syncfs(fd) != 0;

    if (fd != -1)
        (void)close(fd);
    return failed ? fault_set(fault, STATUS_IO, "%s: cannot be synced to disk: %s", path,
                            strerror(errno))
                  : STATUS_OK;
}

/* Puts the new case where the old one is in one step, where the file system can; the old one
 * then has the temporary name. False with errno when it cannot. */
static bool exchange_places(const char *directory, const char *target)
{
    char *old;
    size_t room = strlen(directory) + 8;
    bool ok;

    if (renameat2(AT_FDCWD, directory, AT_FDCWD, target, RENAME_EXCHANGE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    old = malloc(room);
    if (old == NULL)
        return false;
    (void)snprintf(old, room, "%s.old", directory);
    ok = rename(target, old) == 0;
    if (ok && rename(directory, target) != 0) {
        (void)rename(old, target);
        ok = false;
    }
    ok = ok && rename(old, directory) == 0;
    free(old);
    return ok;
}

static enum status put_in_place(struct bag *b, struct fault *fault)
{
    struct stat about;
    bool replaces = b->overwrite && lstat(b->target, &about) == 0;

    if (replaces ? !exchange_places(b->directory, b->target)
                 : rename(b->directory, b->target) != 0)
        return fault_set(fault, STATUS_IO, "%s: cannot be renamed to %s: %s", b->directory,
                b->target, strerror(errno));
    b->finished = true;
    if (replaces)
        bag_remove_tree(b->directory);
    return sync_path(b->target, fault);
}

enum status bag_finish(struct bag *b, const struct bag_info *info, struct fault *fault)
{
    static const char declaration[] =
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    enum status status = bag_wait(b, fault);

    bag_stop_copying(b);
    if (status == STATUS_OK)
        status = add_others(b, fault);
    if (status == STATUS_OK)
        status = write_list(b, "manifest-sha256.txt", true, false, DIGEST_SHA256, fault);
    if (status == STATUS_OK)
        status = write_list(b, "manifest-sha512.txt", true, false, DIGEST_SHA512, fault);
    if (status == STATUS_OK)
        status = write_list(b, "tags/sm3sum.txt", true, false, DIGEST_SM3, fault);
    if (status == STATUS_OK)
        status = write_info(b, info, fault);
    if (status == STATUS_OK)
        status = bag_write(b, "bagit.txt", BYTES_LITERAL(declaration), fault);
    if (status == STATUS_OK)
        status = write_list(b, "tagmanifest-sha256.txt", false, true, DIGEST_SHA256, fault);
    if (status == STATUS_OK)
        status = sync_path(b->directory, fault);
    return status == STATUS_OK ? put_in_place(b, fault) : status;
}
