/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "classify/index.h"
#include "classify/lines.h"
#include "classify/rule.h"
#include "classify/ruleset.h"

static const char *const default_paths[] = {
        "/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist/"
        "easylist.txt",
        "/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist/"
        "easyprivacy.txt",
};

struct list {
    struct list_info info;
    char *path;    /* owned */
    uint8_t *text; /* owned; rule texts borrow from it */
};

struct lists {
    struct list all[LISTS_MOST];
    size_t n;
    char *waiting[LISTS_MOST]; /* owned; paths still to be loaded, the next one first */
    size_t waiting_n;
    struct ruleset set;
    struct index index;
    size_t switched_off;
    bool sealed;
};

struct lists *lists_new(void)
{
    struct lists *lists = calloc(1, sizeof(*lists));

    if (lists != NULL)
        ruleset_init(&lists->set);
    return lists;
}

static void forget_waiting(struct lists *lists)
{
    for (size_t i = 0; i < lists->waiting_n; i++)
        free(lists->waiting[i]);
    lists->waiting_n = 0;
}

void lists_free(struct lists *lists)
{
    if (lists == NULL)
        return;
    for (size_t i = 0; i < lists->n; i++) {
        free(lists->all[i].path);
        free(lists->all[i].text);
    }
    forget_waiting(lists);
    ruleset_clear(&lists->set);
    index_clear(&lists->index);
    free(lists);
}

static char *copy_text(const char *text, size_t n)
{
    char *copy = malloc(n + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

static enum status out_of_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NOMEM, "out of memory while loading the tracker lists");
}

/* `! Name: value` */
static void read_header(struct bytes text, struct list_info *info)
{
    static const char *const names[] = {
            "title", "version", "last modified", "timeupdated", "homepage"};
    struct bytes *const fields[] = {
            &info->title, &info->version, &info->modified, &info->modified, &info->homepage};
    struct bytes name;

    if (text.p[0] != '!' || !bytes_take_until(&text, ':', &name))
        return;
    name = bytes_trim(bytes_slice(name, 1, name.n));
    text = bytes_trim(text);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        /* `%timestamp%`: the place was not filled when the list was built. */
        if (bytes_is_nocase(name, names[i]) && fields[i]->n == 0 && text.n != 0 &&
                text.p[0] != '%')
            *fields[i] = text;
    }
}

static enum status add_rule(
        struct lists *lists, const struct line *line, struct list_info *info)
{
    struct ruleset_origin origin = {
            .list = (uint32_t)lists->n, .line = line->number, .at = line->at, .n = line->n};
    struct rule rule;
    enum parse verdict = line->too_long ? PARSE_BAD : rule_parse(line->text, &rule);

    if (verdict != PARSE_DONE) {
        if (verdict == PARSE_UNSUPPORTED)
            info->unsupported++;
        else
            info->malformed++;
        return STATUS_OK;
    }
    if (rule.effect == RULE_MODIFIER) {
        info->modifiers++;
        return STATUS_OK;
    }
    if (ruleset_add(&lists->set, &rule, &origin, &verdict) != STATUS_OK)
        return STATUS_NOMEM;
    if (verdict == PARSE_UNSUPPORTED)
        info->unsupported++;
    else if (verdict != PARSE_DONE)
        info->over_limit++;
    else if (rule.bad_filter)
        info->bad_filters++;
    else if (rule.effect == RULE_EXCEPTION)
        info->exceptions++;
    else
        info->blocks++;
    return STATUS_OK;
}

/* Puts a path among those to be loaded, at `place`. */
static enum status wait_for(struct lists *lists, size_t place, char *path, struct fault *fault)
{
    if (path == NULL)
        return out_of_memory(fault);
    if (lists->n + lists->waiting_n >= LISTS_MOST) {
        enum status status = fault_set(fault, STATUS_USAGE,
                "%s: more than %d list files; name fewer or smaller directories", path,
                LISTS_MOST);

        free(path);
        return status;
    }
    memmove(&lists->waiting[place + 1], &lists->waiting[place],
            (lists->waiting_n - place) * sizeof(lists->waiting[0]));
    lists->waiting[place] = path;
    lists->waiting_n++;
    return STATUS_OK;
}

/* A file name and nothing that leads out of the directory. */
static bool is_plain_name(struct bytes name)
{
    if (name.n == 0 || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '/' || name.p[i] < ' ')
            return false;
    }
    return true;
}

/* `!#include name`: loaded behind this file, from its directory. */
static enum status include(struct lists *lists, struct bytes name, const char *path,
        struct list_info *info, struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    size_t directory = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *joined;
    struct stat about;

    name = bytes_trim(name);
    if (!is_plain_name(name) || lists->n + lists->waiting_n + 1 >= LISTS_MOST) {
        info->includes_missing++;
        return STATUS_OK;
    }
    joined = malloc(directory + name.n + 1);
    if (joined == NULL)
        return out_of_memory(fault);
    memcpy(joined, path, directory);
    memcpy(joined + directory, name.p, name.n);
    joined[directory + name.n] = '\0';
    if (stat(joined, &about) != 0 || !S_ISREG(about.st_mode)) {
        info->includes_missing++;
        free(joined);
        return STATUS_OK;
    }
    return wait_for(lists, lists->waiting_n, joined, fault);
}

static enum status read_line(struct lists *lists, const struct line *line, const char *path,
        struct list_info *info, struct fault *fault)
{
    info->lines++;
    if (line->skipped) {
        info->skipped++;
        return STATUS_OK;
    }
    switch (line->kind) {
    case RULE_LINE_EMPTY:
        return STATUS_OK;
    case RULE_LINE_COMMENT:
        info->comments++;
        read_header(line->text, info);
        return STATUS_OK;
    case RULE_LINE_DIRECTIVE:
        info->comments++;
        if (path != NULL && bytes_starts(line->text, BYTES_LITERAL("!#include ")))
            return include(lists, bytes_slice(line->text, 10, line->text.n), path, info, fault);
        return STATUS_OK;
    case RULE_LINE_COSMETIC:
        info->cosmetics++;
        return STATUS_OK;
    case RULE_LINE_NETWORK:
        if (add_rule(lists, line, info) != STATUS_OK)
            return out_of_memory(fault);
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* Takes over `text`. `from_file`: `name` is a path that `!#include` may follow. */
static enum status add_list(struct lists *lists, const char *name, bool from_file,
        uint8_t *text, size_t n, struct fault *fault)
{
    struct list list = {.text = text, .path = copy_text(name, strlen(name))};
    struct lines *lines = malloc(sizeof(*lines));
    struct line line;
    enum status status = STATUS_OK;
    const char *slash;

    if (list.path == NULL || lines == NULL ||
            !sha256_text((struct bytes){text, n}, list.info.sha256)) {
        free(list.path);
        free(list.text);
        free(lines);
        return out_of_memory(fault);
    }
    slash = strrchr(list.path, '/');
    list.info.path = list.path;
    list.info.name = slash == NULL ? list.path : slash + 1;
    list.info.bytes = n;
    lines_init(lines, (struct bytes){text, n});
    while (status == STATUS_OK && lines_next(lines, &line))
        status = read_line(lists, &line, from_file ? list.path : NULL, &list.info, fault);
    free(lines);
    /* Rules were added that point to this list: it stays even if memory ran out in it. */
    lists->all[lists->n++] = list;
    return status;
}

static bool is_loaded(const struct lists *lists, const char *path)
{
    for (size_t i = 0; i < lists->n; i++) {
        if (strcmp(lists->all[i].path, path) == 0)
            return true;
    }
    return false;
}

static enum status load_waiting(struct lists *lists, struct fault *fault)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && lists->waiting_n != 0) {
        char *path = lists->waiting[0];
        struct buf text;

        buf_init(&text, LIST_FILE_MOST);
        lists->waiting_n--;
        memmove(&lists->waiting[0], &lists->waiting[1],
                lists->waiting_n * sizeof(lists->waiting[0]));
        if (!is_loaded(lists, path)) {
            status = file_read(path, "tracker list", &text, fault);
            if (status == STATUS_OK && buf_reserve(&text, 1) != STATUS_OK)
                status = out_of_memory(fault); /* an empty file has memory too */
            if (status == STATUS_OK)
                status = add_list(lists, path, true, text.p, text.n, fault);
            else
                buf_clear(&text);
        }
        free(path);
    }
    forget_waiting(lists);
    return status;
}

/* Sorted by bytes, so that the order does not depend on the file system. */
static enum status queue_directory(
        struct lists *lists, DIR *directory, const char *path, struct fault *fault)
{
    enum status status = STATUS_OK;
    const struct dirent *entry;

    while (status == STATUS_OK && (entry = readdir(directory)) != NULL) {
        size_t name = strlen(entry->d_name), size = strlen(path) + name + 2, place = 0;
        char *joined;

        if (name < 5 || entry->d_name[0] == '.' ||
                strcmp(entry->d_name + name - 4, ".txt") != 0)
            continue;
        joined = malloc(size);
        if (joined == NULL)
            return out_of_memory(fault);
        (void)snprintf(joined, size, "%s/%s", path, entry->d_name);
        while (place < lists->waiting_n && strcmp(lists->waiting[place], joined) < 0)
            place++;
        status = wait_for(lists, place, joined, fault);
    }
    if (status == STATUS_OK && lists->waiting_n == 0)
        return fault_set(fault, STATUS_MISSING,
                "%s: no tracker list (a file whose name ends in .txt) in this directory", path);
    return status;
}

enum status lists_add(struct lists *lists, const char *path, struct fault *fault)
{
    enum status status;
    DIR *directory;

    if (lists->sealed)
        return fault_set(
                fault, STATUS_USAGE, "%s: the tracker lists are complete already", path);
    directory = opendir(path);
    if (directory != NULL) {
        status = queue_directory(lists, directory, path, fault);
        (void)closedir(directory);
    } else {
        status = wait_for(lists, 0, copy_text(path, strlen(path)), fault);
    }
    if (status != STATUS_OK) {
        forget_waiting(lists);
        return status;
    }
    return load_waiting(lists, fault);
}

enum status lists_add_default(struct lists *lists, struct fault *fault)
{
    enum status status = STATUS_OK;
    struct stat about;

    for (size_t i = 0; i < sizeof(default_paths) / sizeof(default_paths[0]); i++) {
        if (stat(default_paths[i], &about) != 0)
            return fault_set(fault, STATUS_MISSING,
                    "%s: not found; install EasyList and EasyPrivacy with "
                    "\"apt install webext-ublock-origin-chromium\", or name lists with --lists",
                    default_paths[i]);
        status = lists_add(lists, default_paths[i], fault);
        if (status != STATUS_OK)
            return status;
    }
    return status;
}

enum status lists_add_text(
        struct lists *lists, const char *name, struct bytes text, struct fault *fault)
{
    char *copy;

    if (lists->sealed || lists->n == LISTS_MOST)
        return fault_set(fault, STATUS_USAGE, "%s: no tracker list can be added", name);
    if (text.n > LIST_FILE_MOST)
        return fault_set(fault, STATUS_INPUT, "%s: a tracker list has at most %d MiB", name,
                LIST_FILE_MOST >> 20);
    copy = copy_text(text.n == 0 ? "" : (const char *)text.p, text.n);
    if (copy == NULL)
        return out_of_memory(fault);
    return add_list(lists, name, false, (uint8_t *)copy, text.n, fault);
}

enum status lists_seal(struct lists *lists, struct fault *fault)
{
    if (lists->sealed)
        return fault_set(fault, STATUS_USAGE, "the tracker lists are complete already");
    if (ruleset_switch_off(&lists->set, &lists->switched_off) != STATUS_OK ||
            index_build(&lists->set, &lists->index) != STATUS_OK)
        return out_of_memory(fault);
    lists->sealed = true;
    return STATUS_OK;
}

size_t lists_count(const struct lists *lists)
{
    return lists->n;
}

const struct list_info *lists_info(const struct lists *lists, size_t i)
{
    return i < lists->n ? &lists->all[i].info : NULL;
}

size_t lists_switched_off(const struct lists *lists)
{
    return lists->switched_off;
}

const struct ruleset *lists_rules(const struct lists *lists)
{
    return &lists->set;
}

const struct index *lists_index(const struct lists *lists)
{
    return lists->sealed ? &lists->index : NULL;
}

struct bytes lists_rule_text(const struct lists *lists, uint32_t rule)
{
    const struct ruleset_origin *origin = &lists->set.origins[rule];

    return (struct bytes){lists->all[origin->list].text + origin->at, origin->n};
}
