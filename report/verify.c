/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "report/bag.h"
#include "report/bag_hash.h"
#include "report/verify_recording.h"

enum { LIST_MOST = 1 << 28 /* bytes of one manifest */ };

/* One file, as the manifests and the disk know it. */
struct known {
    char *name;
    struct bag_hash hash; /* of what is on the disk */
    bool present, hashed, listed256, listed512, listed_sm3;
    uint8_t sha256[32], sha512[64], sm3[32]; /* as listed */
};

struct check {
    const char *root;
    struct verify *v;
    struct fault *fault;
    struct known *files; /* sorted by name once all are known */
    size_t n, capacity;
    size_t sorted; /* how many at the front are sorted and free of repeats */
};

static const char *const kind_names[] = {
        [VERIFY_MISSING] = "missing",
        [VERIFY_EXTRA] = "extra",
        [VERIFY_CHANGED] = "changed",
        [VERIFY_UNREADABLE] = "unreadable",
        [VERIFY_LIST] = "list",
        [VERIFY_DIFFERS] = "differs",
};

const char *verify_kind_name(enum verify_kind kind)
{
    return kind_names[kind];
}

enum status verify_add(
        struct verify *v, enum verify_kind kind, const char *path, const char *detail)
{
    struct verify_fault fault = {.kind = kind}, *faults;

    if (v->n == VERIFY_FAULTS_MOST)
        return STATUS_OK;
    if (v->n + 1 == VERIFY_FAULTS_MOST) {
        fault.kind = VERIFY_LIST;
        path = ".";
        detail = "there are more faults than are listed";
    }
    faults = array_grow(v->faults, v->n, &v->capacity, sizeof(*faults));
    if (faults == NULL)
        return STATUS_NOMEM;
    v->faults = faults;
    fault.path = strdup(path);
    fault.detail = strdup(detail);
    if (fault.path == NULL || fault.detail == NULL) {
        free(fault.path);
        free(fault.detail);
        return STATUS_NOMEM;
    }
    v->faults[v->n++] = fault;
    return STATUS_OK;
}

void verify_clear(struct verify *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->faults[i].path);
        free(v->faults[i].detail);
    }
    free(v->faults);
    for (size_t i = 0; i < v->recorded.open_count; i++)
        free(v->recorded.open[i]);
    free(v->recorded.open);
    *v = (struct verify){0};
}

static int by_name(const void *a, const void *b)
{
    const struct known *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static struct known *find(const struct check *c, const char *name)
{
    size_t low = 0, high = c->sorted;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(c->files[middle].name, name);

        if (order == 0)
            return &c->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct known *add_file(struct check *c, const char *name)
{
    struct known *files = array_grow(c->files, c->n, &c->capacity, sizeof(*files));
    struct known *file;

    if (files == NULL)
        return NULL;
    c->files = files;
    file = &c->files[c->n];
    *file = (struct known){.name = strdup(name)};
    if (file->name == NULL)
        return NULL;
    c->n++;
    return file;
}

static enum status no_memory(struct check *c)
{
    return fault_set(c->fault, STATUS_NOMEM, "out of memory");
}

static bool is_payload(const char *name)
{
    return strncmp(name, "data/", 5) == 0;
}

static bool is_proof(const char *name)
{
    return strncmp(name, "proof/", 6) == 0;
}

static int by_entry(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Finds and hashes every regular file below the case. */
static enum status read_disk(struct check *c)
{
    char *roots[2] = {strdup(c->root), NULL};
    enum status status = STATUS_OK;
    FTS *tree = roots[0] == NULL
                        ? NULL
                        : fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_entry);
    FTSENT *at;

    free(roots[0]);
    if (tree == NULL)
        return fault_set(c->fault, STATUS_IO, "%s: %s", c->root, strerror(errno));
    while (status == STATUS_OK && (at = fts_read(tree)) != NULL) {
        const char *name = at->fts_path + strlen(c->root) + (at->fts_level != 0);
        struct fault why = {0};
        enum status hashed;
        struct known *file;

        if (at->fts_info == FTS_D || at->fts_info == FTS_DP)
            continue;
        file = add_file(c, name);
        if (file == NULL)
            status = no_memory(c);
        else if (is_proof(name))
            file->present = true;
        else if (at->fts_info != FTS_F)
            status = verify_add(c->v, VERIFY_UNREADABLE, name, "is not a regular file");
        else if ((hashed = bag_hash_file(at->fts_path, -1, &file->hash, &why)) != STATUS_OK)
            status = hashed == STATUS_NOMEM
                             ? no_memory(c)
                             : verify_add(c->v, VERIFY_UNREADABLE, name, why.text);
        else
            file->present = file->hashed = true;
        if (status == STATUS_OK && file != NULL && file->hashed && is_payload(name)) {
            c->v->files++;
            c->v->bytes += file->hash.bytes;
        }
    }
    (void)fts_close(tree);
    if (c->n != 0)
        qsort(c->files, c->n, sizeof(*c->files), by_name);
    c->sorted = c->n;
    return status;
}

static enum status read_list(struct check *c, const char *name, struct buf *out)
{
    char path[PATH_MAX];
    uint8_t piece[4096];
    enum status status = STATUS_OK;
    ssize_t n = 0;
    int fd;

    if (snprintf(path, sizeof(path), "%s/%s", c->root, name) >= PATH_MAX)
        return STATUS_USAGE;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1)
        return STATUS_MISSING;
    while (status == STATUS_OK && (n = read(fd, piece, sizeof(piece))) > 0)
        status = buf_append(out, bytes_of(piece, (size_t)n));
    (void)close(fd);
    return n < 0 ? STATUS_IO : status;
}

static bool read_hex(struct bytes text, uint8_t *out, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = ascii_hex_value(text.p[2 * i]), low = ascii_hex_value(text.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Where a listed digest of this kind goes, and the mark that says that it is there. */
static uint8_t *slot(struct known *file, enum digest_kind kind, bool **mark)
{
    if (kind == DIGEST_SHA512) {
        *mark = &file->listed512;
        return file->sha512;
    }
    if (kind == DIGEST_SM3) {
        *mark = &file->listed_sm3;
        return file->sm3;
    }
    *mark = &file->listed256;
    return file->sha256;
}

/* One line "digest  name". */
static enum status take_line(struct check *c, const char *list, enum digest_kind kind,
        bool tags, struct bytes line, size_t number)
{
    uint8_t raw[DIGEST_MOST];
    char name[PATH_MAX], detail[PATH_MAX + 64];
    struct bytes hex = {0}, rest = line;
    struct known *file;
    uint8_t *into;
    bool *mark;

    (void)snprintf(detail, sizeof(detail), "line %zu is not \"digest  name\"", number);
    if (!bytes_take_until(&rest, ' ', &hex) || !read_hex(hex, raw, digest_length(kind)))
        return verify_add(c->v, VERIFY_LIST, list, detail);
    while (rest.n != 0 && (rest.p[0] == ' ' || rest.p[0] == '*'))
        rest = bytes_slice(rest, 1, rest.n);
    (void)snprintf(name, sizeof(name), "%.*s", rest.n < PATH_MAX ? (int)rest.n : PATH_MAX - 1,
            (const char *)rest.p);
    if (bytes_has(rest, '\0') || !bag_name_allowed(name) || is_payload(name) == tags ||
            is_proof(name))
        return verify_add(c->v, VERIFY_LIST, list, detail);
    file = find(c, name);
    if (file == NULL) {
        (void)snprintf(detail, sizeof(detail), "listed in %s, but not there", list);
        return verify_add(c->v, VERIFY_MISSING, name, detail);
    }
    into = slot(file, kind, &mark);
    if (*mark) {
        (void)snprintf(detail, sizeof(detail), "line %zu lists %s again", number, name);
        return verify_add(c->v, VERIFY_LIST, list, detail);
    }
    memcpy(into, raw, digest_length(kind));
    *mark = true;
    return STATUS_OK;
}

static enum status take_list(
        struct check *c, const char *name, enum digest_kind kind, bool tags)
{
    enum status status;
    struct bytes rest, line;
    struct buf text;
    size_t number = 0;

    buf_init(&text, LIST_MOST);
    status = read_list(c, name, &text);
    if (status == STATUS_NOMEM) {
        buf_clear(&text);
        return no_memory(c);
    }
    if (status != STATUS_OK) {
        buf_clear(&text);
        return verify_add(c->v, status == STATUS_MISSING ? VERIFY_MISSING : VERIFY_UNREADABLE,
                name, "this list of digests cannot be read");
    }
    rest = buf_view(&text);
    while (status == STATUS_OK && rest.n != 0) {
        number++;
        if (!bytes_take_line(&rest, &line)) {
            line = rest;
            rest.n = 0;
        }
        status = take_line(c, name, kind, tags, line, number);
    }
    buf_clear(&text);
    return status;
}

static enum status compare(struct check *c, const struct known *file, const char *list,
        bool listed, const uint8_t *want, const uint8_t *have, size_t n)
{
    char detail[128];

    if (!file->hashed)
        return STATUS_OK;
    if (!listed) {
        (void)snprintf(detail, sizeof(detail), "there, but not listed in %s", list);
        return verify_add(c->v, VERIFY_EXTRA, file->name, detail);
    }
    if (memcmp(want, have, n) == 0)
        return STATUS_OK;
    (void)snprintf(detail, sizeof(detail), "its digest is not the one listed in %s", list);
    return verify_add(c->v, VERIFY_CHANGED, file->name, detail);
}

static enum status compare_all(struct check *c)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < c->n && status == STATUS_OK; i++) {
        const struct known *f = &c->files[i];

        if (is_payload(f->name)) {
            status = compare(
                    c, f, "manifest-sha256.txt", f->listed256, f->sha256, f->hash.sha256, 32);
            if (status == STATUS_OK)
                status = compare(c, f, "manifest-sha512.txt", f->listed512, f->sha512,
                        f->hash.sha512, 64);
            if (status == STATUS_OK)
                status = compare(
                        c, f, "tags/sm3sum.txt", f->listed_sm3, f->sm3, f->hash.sm3, 32);
        } else if (!is_proof(f->name) && strcmp(f->name, "tagmanifest-sha256.txt") != 0) {
            status = compare(c, f, "tagmanifest-sha256.txt", f->listed256, f->sha256,
                    f->hash.sha256, 32);
        }
    }
    return status;
}

static enum status check_declaration(struct check *c)
{
    static const char want[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    enum status status;
    struct buf text;

    buf_init(&text, 4096);
    status = read_list(c, "bagit.txt", &text);
    if (status == STATUS_OK && !bytes_is(buf_view(&text), want))
        status = verify_add(
                c->v, VERIFY_LIST, "bagit.txt", "does not declare a BagIt 1.0 bag in UTF-8");
    else if (status == STATUS_NOMEM)
        no_memory(c);
    else if (status != STATUS_OK)
        status = fault_set(c->fault, STATUS_INPUT,
                "%s: not a case: it has no readable bagit.txt", c->root);
    buf_clear(&text);
    return status;
}

/* What was hashed once is not read again. */
static enum status check_recording(struct check *c)
{
    struct verify_file *files = calloc(c->n + 1, sizeof(*files));
    enum status status;

    if (files == NULL)
        return no_memory(c);
    for (size_t i = 0; i < c->n; i++) {
        files[i].name = c->files[i].name;
        files[i].hash = c->files[i].hashed ? &c->files[i].hash : NULL;
    }
    status = verify_recording(c->root, files, c->n, c->v, c->fault);
    free(files);
    return status;
}

enum status verify_case(const char *path, struct verify *v, struct fault *fault)
{
    char *root = strdup(path);
    struct check c = {.root = root, .v = v, .fault = fault};
    enum status status;

    *v = (struct verify){0};
    if (root == NULL)
        return no_memory(&c);
    for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--)
        root[n - 1] = '\0';
    status = check_declaration(&c);
    if (status == STATUS_OK)
        status = read_disk(&c);
    if (status == STATUS_OK)
        status = take_list(&c, "manifest-sha256.txt", DIGEST_SHA256, false);
    if (status == STATUS_OK)
        status = take_list(&c, "manifest-sha512.txt", DIGEST_SHA512, false);
    if (status == STATUS_OK)
        status = take_list(&c, "tags/sm3sum.txt", DIGEST_SM3, false);
    if (status == STATUS_OK)
        status = take_list(&c, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
    if (status == STATUS_OK)
        status = compare_all(&c);
    if (status == STATUS_OK)
        status = check_recording(&c);
    for (size_t i = 0; i < c.n; i++)
        free(c.files[i].name);
    free(c.files);
    free(root);
    return status;
}
