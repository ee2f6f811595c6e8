/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rederive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/examine.h"
#include "cli/recording.h"
#include "report/bag.h"
#include "report/bag_hash.h"
#include "report/bag_parts.h"

enum {
    BASIS_MOST = 16 << 20,
    RECORD_MOST = 1 << 30,
    ARENA_MOST = 64 << 20,
    TEXT_MOST = PATH_MAX + 256,
};

struct rederive {
    const char *path;
    struct arena *arena;
    struct json_value *basis;
    struct examined examined;
    struct examine_setup setup;
    const char **list_names;
    const char *suffixes_name;
    struct basis_file *keys;
    struct basis_file subject, marks, browser, sockets, rules;
    struct verify *verify;
    struct fault *fault;
    char spool[PATH_MAX];
    bool quiet;
};

static enum status no_memory(struct rederive *r)
{
    return fault_set(r->fault, STATUS_NOMEM, "out of memory");
}

static enum status read_basis(struct rederive *r)
{
    char path[PATH_MAX];
    struct fault why = {0};
    enum status status;
    struct buf text;

    if (snprintf(path, sizeof(path), "%s/%s", r->path, findings_name(FINDINGS_BASIS)) >=
            (int)sizeof(path))
        return fault_set(r->fault, STATUS_USAGE, "%s: the path is too long", r->path);
    buf_init(&text, BASIS_MOST);
    status = file_read(path, "statement of what a case leans on", &text, &why);
    if (status == STATUS_OK)
        r->basis = json_parse(buf_view(&text), &why);
    buf_clear(&text);
    if (r->basis != NULL)
        return STATUS_OK;
    if (status == STATUS_NOMEM)
        return no_memory(r);
    return status == STATUS_OK ? fault_set(r->fault, STATUS_INPUT, "%s: %s", path, why.text)
                               : fault_set(r->fault, STATUS_INPUT, "%s", why.text);
}

static size_t count_of(const struct json_value *array)
{
    size_t n = 0;

    for (const struct json_value *v = json_first(array); v != NULL; v = json_next(v))
        n++;
    return n;
}

/* The "path" members of an array: as named in the case, and below the case on this disk. */
static enum status take_paths(struct rederive *r, const char *member, const char ***names,
        const char ***paths, size_t *count)
{
    const struct json_value *array = json_member(r->basis, member);
    size_t n = count_of(array), i = 0;

    *names = arena_array(r->arena, n + 1, sizeof(const char *));
    *paths = arena_array(r->arena, n + 1, sizeof(const char *));
    if (*names == NULL || *paths == NULL)
        return no_memory(r);
    for (const struct json_value *v = json_first(array); v != NULL; v = json_next(v), i++) {
        const char *name = json_string_of(json_member(v, "path"));

        if (name == NULL || !bag_name_allowed(name) || strncmp(name, "data/", 5) != 0)
            return fault_set(r->fault, STATUS_INPUT,
                    "%s: basis.json names no usable path in \"%s\"", r->path, member);
        (*names)[i] = name;
        (*paths)[i] = arena_print(r->arena, "%s/%s", r->path, name);
        if ((*paths)[i] == NULL)
            return no_memory(r);
    }
    *count = n;
    return STATUS_OK;
}

/* One path in the case, if basis.json has it. */
static enum status take_path(struct rederive *r, const struct json_value *path,
        struct basis_file *name, const char **on_disk)
{
    name->name = json_string_of(path);
    if (name->name == NULL)
        return STATUS_OK;
    if (!bag_name_allowed(name->name) || strncmp(name->name, "data/", 5) != 0)
        return fault_set(r->fault, STATUS_INPUT,
                "%s: basis.json names a path that is none of a case", r->path);
    *on_disk = arena_print(r->arena, "%s/%s", r->path, name->name);
    return *on_disk == NULL ? no_memory(r) : STATUS_OK;
}

/* What a recording lacks stands in its own files, which the case holds as they were. */
static enum status take_lacks(struct rederive *r)
{
    const char *data = arena_print(r->arena, "%s/data", r->path);
    struct recording recording = {0};
    enum status status;

    if (data == NULL)
        return no_memory(r);
    if (!recording_is(data))
        return STATUS_OK;
    status = recording_read(r->arena, data, &recording, r->fault);
    r->setup.lacks = recording.lacks;
    r->setup.lack_count = recording.lack_count;
    return status;
}

static enum status prepare(struct rederive *r)
{
    const struct json_value *suffixes = json_member(r->basis, "public_suffix_list");
    const char **names, **paths;
    enum status status;

    status = take_paths(r, "inputs", &names, &paths, &r->setup.file_count);
    r->setup.file_names = names;
    r->setup.files = paths;
    if (status == STATUS_OK && r->setup.file_count == 0)
        status = fault_set(r->fault, STATUS_INPUT, "%s: basis.json names no inputs", r->path);
    if (status == STATUS_OK)
        status = take_paths(r, "keys", &names, &paths, &r->setup.key_count);
    r->setup.key_names = names;
    r->setup.keys = paths;
    if (status == STATUS_OK)
        status = take_paths(r, "lists", &r->list_names, &paths, &r->setup.list_count);
    r->setup.lists = paths;
    r->setup.no_default_lists = true;
    r->suffixes_name = json_string_of(json_member(suffixes, "path"));
    if (status == STATUS_OK &&
            (r->suffixes_name == NULL || !bag_name_allowed(r->suffixes_name)))
        status = fault_set(
                r->fault, STATUS_INPUT, "%s: basis.json names no public suffix list", r->path);
    if (status != STATUS_OK)
        return status;
    r->setup.suffixes = arena_print(r->arena, "%s/%s", r->path, r->suffixes_name);
    if (r->setup.suffixes == NULL)
        return no_memory(r);
    status = take_path(r, json_member(json_member(r->basis, "subject"), "path"), &r->subject,
            &r->setup.subject);
    if (status == STATUS_OK)
        status = take_path(r, json_member(json_member(r->basis, "marks"), "path"), &r->marks,
                &r->setup.marks);
    if (status == STATUS_OK)
        status = take_path(r, json_member(json_member(r->basis, "browser"), "path"),
                &r->browser, &r->setup.browser);
    if (status == STATUS_OK)
        status = take_path(r, json_member(json_member(r->basis, "sockets"), "path"),
                &r->sockets, &r->setup.sockets);
    if (status == STATUS_OK)
        status = take_path(r, json_member(r->basis, "rules"), &r->rules, &r->setup.rules);
    return status == STATUS_OK ? take_lacks(r) : status;
}

static const char *hash_of(struct rederive *r, const char *path)
{
    struct bag_hash hash;
    char hex[SHA256_TEXT];

    if (bag_hash_file(path, -1, &hash, r->fault) != STATUS_OK)
        return NULL;
    digest_hex(bytes_of(hash.sha256, SHA256_BYTES), hex);
    return arena_string(r->arena, bytes_text(hex));
}

static enum status take_hashes(struct rederive *r)
{
    struct evidence *e = &r->examined.evidence;

    for (size_t i = 0; i < e->file_count; i++) {
        e->files[i].sha256 = hash_of(r, r->setup.files[i]);
        if (e->files[i].sha256 == NULL)
            return r->fault->status == STATUS_OK ? no_memory(r) : r->fault->status;
    }
    r->keys = arena_array(r->arena, r->setup.key_count + 1, sizeof(*r->keys));
    if (r->keys == NULL)
        return no_memory(r);
    for (size_t i = 0; i < r->setup.key_count; i++) {
        r->keys[i] = (struct basis_file){r->setup.key_names[i], hash_of(r, r->setup.keys[i])};
        if (r->keys[i].sha256 == NULL)
            return r->fault->status == STATUS_OK ? no_memory(r) : r->fault->status;
    }
    if (r->subject.name != NULL)
        r->subject.sha256 = hash_of(r, r->setup.subject);
    if (r->marks.name != NULL)
        r->marks.sha256 = hash_of(r, r->setup.marks);
    if (r->browser.name != NULL)
        r->browser.sha256 = hash_of(r, r->setup.browser);
    if (r->examined.judgement.belongings.list == NULL)
        r->sockets.name = NULL; /* it says nothing of the browser: no finding leans on it */
    if (r->sockets.name != NULL)
        r->sockets.sha256 = hash_of(r, r->setup.sockets);
    return r->fault->status;
}

/* True when the next bytes of the file are exactly these. */
static bool same_next(FILE *file, struct bytes want)
{
    uint8_t piece[8192];

    while (want.n != 0) {
        size_t n = want.n < sizeof(piece) ? want.n : sizeof(piece);

        if (fread(piece, 1, n, file) != n || memcmp(piece, want.p, n) != 0)
            return false;
        want = bytes_slice(want, n, want.n);
    }
    return true;
}

static enum status compare_file(
        struct rederive *r, enum findings_file which, const struct basis *basis)
{
    char path[PATH_MAX], detail[TEXT_MOST];
    struct findings_writer writer;
    enum status status = STATUS_OK;
    struct buf record;
    bool same = true;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", r->path, findings_name(which));
    file = fopen(path, "rbe");
    if (file == NULL)
        return verify_add(r->verify, VERIFY_DIFFERS, findings_name(which),
                "cannot be read, but the packets give it");
    buf_init(&record, RECORD_MOST);
    findings_open(&writer, which, &r->examined.evidence, &r->examined.judgement, basis);
    while (same && findings_next(&writer, &record, &status)) {
        if (status != STATUS_OK)
            break;
        same = same_next(file, buf_view(&record));
        buf_reset(&record);
    }
    if (status != STATUS_OK) {
        status = no_memory(r);
    } else if (!same) {
        (void)snprintf(detail, sizeof(detail),
                "the packets give another record %zu than the one written here", writer.next);
        status = verify_add(r->verify, VERIFY_DIFFERS, findings_name(which), detail);
    } else if (fgetc(file) != EOF) {
        status = verify_add(r->verify, VERIFY_DIFFERS, findings_name(which),
                "it holds more than the packets give");
    }
    buf_clear(&record);
    (void)fclose(file);
    return status;
}

/* Where addresses are registered changes from week to week; the database is too large to keep
 * in every case. */
static const char *whereabouts_then(const struct rederive *r)
{
    return json_string_of(json_member(json_member(r->basis, "whereabouts"), "sha256"));
}

static bool same_whereabouts(const struct rederive *r)
{
    const char *then = whereabouts_then(r);

    if (then == NULL || r->examined.whereabouts == NULL)
        return then == NULL && r->examined.whereabouts == NULL;
    return strcmp(then, whereabouts_sha256(r->examined.whereabouts)) == 0;
}

static enum status compare_all(struct rederive *r)
{
    const struct basis basis = {
            .lists = r->examined.lists,
            .list_names = (const char *const *)r->list_names,
            .suffixes = sites_list(r->examined.sites),
            .suffixes_name = r->suffixes_name,
            .parties = r->examined.parties,
            .legal = r->examined.legal,
            .keys = r->keys,
            .key_count = r->setup.key_count,
            .key_blocks = r->examined.key_blocks,
            .subject = r->subject,
            .marks = r->marks,
            .browser = r->browser,
            .sockets = r->sockets,
            .rules_name = r->rules.name,
            .whereabouts_date =
                    json_string_of(json_member(json_member(r->basis, "whereabouts"), "date")),
            .whereabouts_sha256 = whereabouts_then(r),
    };
    enum status status = STATUS_OK;

    bool same_places = same_whereabouts(r);

    if (!same_places && !r->quiet)
        (void)fprintf(stderr,
                "note: %s was not derived again: this machine has another database of "
                "addresses, "
                "or none\n",
                findings_name(FINDINGS_SERVERS));
    for (int i = 0; i < FINDINGS_FILES && status == STATUS_OK; i++) {
        if (same_places || i != FINDINGS_SERVERS)
            status = compare_file(r, (enum findings_file)i, &basis);
    }
    return status;
}

/* Bodies that are too large for memory go to a directory of their own while this runs. */
static enum status make_spool(struct rederive *r)
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(r->spool, sizeof(r->spool), "%s/exhibit-XXXXXX",
            base == NULL || base[0] == '\0' ? "/tmp" : base);
    if (mkdtemp(r->spool) == NULL) {
        enum status status = fault_set(r->fault, STATUS_IO,
                "%s: cannot make a temporary directory: %s", r->spool, strerror(errno));

        r->spool[0] = '\0';
        return status;
    }
    r->setup.spool = r->spool;
    return STATUS_OK;
}

enum status rederive_case(const char *path, const struct settings *settings, struct verify *v,
        struct fault *fault)
{
    struct rederive r = {.path = path,
            .arena = arena_new(ARENA_MOST),
            .verify = v,
            .fault = fault,
            .quiet = settings->quiet};
    enum status status = r.arena == NULL ? no_memory(&r) : read_basis(&r);

    if (status == STATUS_OK)
        status = prepare(&r);
    if (status == STATUS_OK)
        status = make_spool(&r);
    if (status == STATUS_OK) {
        r.setup.progress = !settings->quiet && isatty(STDERR_FILENO) ? stderr : NULL;
        status = examine(&r.setup, &r.examined, fault);
    }
    if (status == STATUS_OK)
        status = take_hashes(&r);
    if (status == STATUS_OK)
        status = compare_all(&r);
    examined_clear(&r.examined);
    json_free(r.basis);
    if (r.spool[0] != '\0')
        bag_remove_tree(r.spool);
    arena_free(r.arena);
    return status;
}
