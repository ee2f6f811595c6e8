/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"

enum { PIECE = 1 << 16, NEEDLE_MOST = 128 };

static bool path_in(const char *directory, const char *name, char out[CASE_PATH_MOST])
{
    int n = snprintf(out, CASE_PATH_MOST, "%s/%s", directory, name);

    return n > 0 && n < CASE_PATH_MOST;
}

enum status case_check(const char *directory, struct fault *fault)
{
    char path[CASE_PATH_MOST];
    struct stat info;

    if (!path_in(directory, "data/findings", path) || stat(path, &info) != 0 ||
            !S_ISDIR(info.st_mode))
        return fault_set(fault, STATUS_INPUT,
                "%s: this is not a case: it has no directory data/findings", directory);
    return STATUS_OK;
}

static FILE *open_in(const char *directory, const char *name, struct fault *fault)
{
    char path[CASE_PATH_MOST];
    FILE *file = path_in(directory, name, path) ? fopen(path, "rbe") : NULL;

    if (file == NULL)
        fault_set(fault, STATUS_INPUT, "%s/%s: cannot be opened: %s", directory, name,
                strerror(errno));
    return file;
}

enum status case_lines_open(
        struct case_lines *l, const char *directory, const char *name, struct fault *fault)
{
    *l = (struct case_lines){.directory = directory, .name = name};
    l->file = open_in(directory, name, fault);
    return l->file == NULL ? STATUS_INPUT : STATUS_OK;
}

/* getline would take memory as long as the file has no line feed. */
bool case_lines_next(
        struct case_lines *l, struct bytes *line, enum status *status, struct fault *fault)
{
    size_t n = 0;
    int c = EOF;

    *status = STATUS_OK;
    while ((c = getc_unlocked(l->file)) != EOF && c != '\n') {
        if (n == l->capacity) {
            size_t capacity = l->capacity == 0 ? PIECE : 2 * l->capacity;
            char *grown = capacity > CASE_LINE_MOST ? NULL : realloc(l->line, capacity);

            if (grown == NULL) {
                *status = fault_set(fault,
                        capacity > CASE_LINE_MOST ? STATUS_INPUT : STATUS_NOMEM,
                        "%s/%s: a line is longer than %d bytes, or memory ran out",
                        l->directory, l->name, CASE_LINE_MOST);
                return false;
            }
            l->line = grown;
            l->capacity = capacity;
        }
        l->line[n++] = (char)c;
    }
    if (ferror(l->file)) {
        *status = fault_set(fault, STATUS_IO, "%s/%s: reading failed: %s", l->directory,
                l->name, strerror(errno));
        return false;
    }
    *line = bytes_of(l->line, n);
    return n != 0 || c != EOF;
}

void case_lines_close(struct case_lines *l)
{
    if (l->file != NULL)
        (void)fclose(l->file);
    free(l->line);
    *l = (struct case_lines){0};
}

static bool has_id(const struct json_value *v, const char *id)
{
    const char *is = json_string_of(json_member(v, "id"));

    return is != NULL && strcmp(is, id) == 0;
}

enum status case_find(const char *directory, const char *name, const char *id, struct buf *line,
        struct json_value **out, struct fault *fault)
{
    struct case_lines lines;
    struct json_value *found = NULL;
    struct bytes text;
    char needle[NEEDLE_MOST];
    size_t at;
    enum status status = case_lines_open(&lines, directory, name, fault);

    (void)snprintf(needle, sizeof(needle), "\"%s\"", id);
    while (status == STATUS_OK && found == NULL &&
            case_lines_next(&lines, &text, &status, fault)) {
        /* Parsing is the slow part: a line without the id anywhere needs none. */
        if (!bytes_find(text, bytes_text(needle), 0, &at))
            continue;
        found = json_parse(text, fault);
        if (found == NULL) {
            status = STATUS_INPUT;
        } else if (!has_id(found, id)) {
            json_free(found);
            found = NULL;
        } else {
            status = buf_append(line, text);
        }
    }
    case_lines_close(&lines);
    if (status == STATUS_OK && found == NULL)
        status = fault_set(fault, STATUS_INPUT, "%s: %s has no \"%s\"", directory, name, id);
    if (status == STATUS_OK)
        *out = found;
    else
        json_free(found);
    return status;
}

static enum status read_all(FILE *file, size_t most, struct buf *out)
{
    uint8_t piece[PIECE];
    enum status status = STATUS_OK;
    size_t n = 0, want;

    do {
        want = most < sizeof(piece) ? most : sizeof(piece);
        n = want == 0 ? 0 : fread(piece, 1, want, file);
        if (n != 0)
            status = buf_append(out, bytes_of(piece, n));
        most -= n;
    } while (n != 0 && status == STATUS_OK);
    return ferror(file) ? STATUS_IO : status;
}

enum status case_document(const char *directory, const char *name, struct buf *text,
        struct json_value **out, struct fault *fault)
{
    FILE *file = open_in(directory, name, fault);
    enum status status;
    struct json_value *v;

    if (file == NULL)
        return STATUS_INPUT;
    status = read_all(file, SIZE_MAX, text);
    (void)fclose(file);
    if (status != STATUS_OK)
        return fault_set(fault, status == STATUS_USAGE ? STATUS_INPUT : status,
                "%s/%s: too large, or reading failed", directory, name);
    v = json_parse(buf_view(text), fault);
    if (v == NULL)
        return fault == NULL ? STATUS_INPUT : fault->status;
    *out = v;
    return STATUS_OK;
}

bool case_body(
        const char *directory, const char *sha256, size_t from, size_t most, struct buf *out)
{
    char path[CASE_PATH_MOST], name[SHA256_TEXT + 16];
    FILE *file;
    bool ok;

    /* The name comes from a file of the case: nothing but a digest is followed. */
    if (strlen(sha256) != SHA256_TEXT - 1 ||
            strspn(sha256, "0123456789abcdef") != SHA256_TEXT - 1)
        return false;
    (void)snprintf(name, sizeof(name), "data/bodies/%s", sha256);
    if (!path_in(directory, name, path))
        return false;
    file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    ok = fseek(file, (long)from, SEEK_SET) == 0 && read_all(file, most, out) == STATUS_OK;
    (void)fclose(file);
    return ok;
}
