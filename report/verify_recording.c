/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verify_recording.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hashed_lines.h"
#include "base/json.h"
#include "capture/live/segment_name.h"

#define SESSION "data/session.json"
#define CHAIN "data/raw/" SEGMENT_CHAIN
#define CUSTODY "data/custody/log.jsonl"
#define SCREENS "data/raw/screens.jsonl"

enum {
    TEXT_MOST = 256 << 20, /* of one of these files */
    DETAIL = 256,
};

struct look {
    const char *root;
    const struct verify_file *files;
    size_t n;
    bool *named; /* by file: a line of the chain or of screens.jsonl is of it */
    struct verify *v;
    struct verify_recorded *r;
    struct fault *fault;
    uint64_t told_segments;    /* that the custody log says were chained */
    uint64_t told_screenshots; /* that it says were taken */
    bool torn;                 /* the chain ends in the middle of a line */
    bool screens_read;         /* screens.jsonl could be read, or is not there */
    bool made;                 /* the log's last act is that a case was made */
};

static enum status no_memory(struct look *l)
{
    return fault_set(l->fault, STATUS_NOMEM, "out of memory");
}

static enum status add(struct look *l, enum verify_kind kind, const char *path,
        const char *format, ...) PRINTF_LIKE(4, 5);

static enum status add(
        struct look *l, enum verify_kind kind, const char *path, const char *format, ...)
{
    char detail[DETAIL];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    return verify_add(l->v, kind, path, detail) == STATUS_OK ? STATUS_OK : no_memory(l);
}

static int by_name(const void *key, const void *file)
{
    return strcmp(key, ((const struct verify_file *)file)->name);
}

static const struct verify_file *find(const struct look *l, const char *name)
{
    return l->n == 0 ? NULL : bsearch(name, l->files, l->n, sizeof(*l->files), by_name);
}

static bool is_there(const struct look *l, const char *name)
{
    return find(l, name) != NULL;
}

/* Of a regular file only; `*found` is false when there is none, or none that can be read. */
static enum status read_text(struct look *l, const char *name, struct buf *out, bool *found)
{
    const struct verify_file *file = find(l, name);
    struct fault why = {0};
    char path[PATH_MAX];
    enum status status;

    *found = false;
    if (file == NULL || file->hash == NULL)
        return STATUS_OK; /* said already, where it should be there */
    if (snprintf(path, sizeof(path), "%s/%s", l->root, name) >= (int)sizeof(path))
        return add(l, VERIFY_UNREADABLE, name, "the path is too long");
    status = file_read(path, "file", out, &why);
    *found = status == STATUS_OK;
    if (status == STATUS_NOMEM)
        return no_memory(l);
    return status == STATUS_OK ? STATUS_OK : add(l, VERIFY_UNREADABLE, name, "%s", why.text);
}

static const char *text_of(const struct json_value *object, const char *key)
{
    return json_string_of(json_member(object, key));
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static enum status read_session(struct look *l)
{
    struct json_value *v = NULL;
    enum status status;
    struct buf text;
    bool found;

    buf_init(&text, TEXT_MOST);
    status = read_text(l, SESSION, &text, &found);
    if (found) {
        v = json_parse(buf_view(&text), NULL);
        if (!json_is_object(v))
            status = add(l, VERIFY_LIST, SESSION, "is not a JSON object");
        l->r->interrupted = !is(text_of(v, "state"), "ended");
    }
    json_free(v);
    buf_clear(&text);
    return status;
}

/* Has the file the digest and the size (unless `bytes` is -1) that a line says? */
static enum status compare(struct look *l, const char *list, uint64_t line, const char *name,
        const char *sha256, int64_t bytes)
{
    const struct verify_file *file = find(l, name);
    char now[SHA256_TEXT];

    if (file == NULL)
        return add(l, VERIFY_MISSING, name,
                "line %" PRIu64 " of %s names it, but it is not there", line, list);
    l->named[file - l->files] = true;
    if (file->hash == NULL)
        return STATUS_OK;
    digest_hex(bytes_of(file->hash->sha256, SHA256_BYTES), now);
    if (!is(sha256, now))
        return add(l, VERIFY_CHANGED, name,
                "it is not as it was when it was recorded: its SHA-256 is not the one in "
                "line %" PRIu64 " of %s",
                line, list);
    if (bytes >= 0 && (uint64_t)bytes != file->hash->bytes)
        return add(l, VERIFY_CHANGED, name,
                "it has %" PRIu64 " bytes, and %lld in line %" PRIu64 " of %s",
                file->hash->bytes, (long long)bytes, line, list);
    return STATUS_OK;
}

/* One line of the chain; `*last` is the number of the segment before. */
static enum status take_segment(
        struct look *l, uint64_t number, const struct json_value *v, uint32_t *last)
{
    const char *file = text_of(v, "file"), *sha256 = text_of(v, "sha256");
    uint32_t of = file == NULL ? 0 : segment_name_number(file);
    char name[sizeof("data/raw/") + SEGMENT_NAME];
    int64_t bytes;

    if (of == 0 || sha256 == NULL || !json_integer_of(json_member(v, "bytes"), &bytes) ||
            bytes < 0)
        return add(l, VERIFY_LIST, CHAIN,
                "line %" PRIu64 " does not say which segment it is of, or not its size and "
                "SHA-256",
                number);
    if (of <= *last)
        return add(l, VERIFY_LIST, CHAIN, "line %" PRIu64 " is of an earlier segment: %s",
                number, file);
    *last = of;
    (void)snprintf(name, sizeof(name), "data/raw/%s", file);
    return compare(l, CHAIN, number, name, sha256, bytes);
}

static void take_act(struct look *l, const struct json_value *v)
{
    const char *act = text_of(v, "act");
    int64_t n;

    l->made = is(act, "imported") || is(act, "resumed");
    if (is(act, "interrupted"))
        l->r->interrupted = true;
    else if (is(act, "screenshot"))
        l->told_screenshots++;
    else if (is(act, "capture-ended") &&
             json_integer_of(json_member(json_member(v, "detail"), "segments"), &n) && n > 0)
        l->told_segments = (uint64_t)n;
}

/* The lines of a chain up to where it breaks; `*whole` says that it does not. */
static enum status check_lines(struct look *l, const char *name, bool segments,
        struct bytes rest, uint64_t *lines, bool *whole)
{
    struct hashed_check check = {0};
    enum status status = STATUS_OK;
    enum parse parse = PARSE_MORE;
    struct bytes line;
    uint32_t last = 0;

    while (status == STATUS_OK &&
            (parse = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE) {
        struct json_value *v = json_parse(line, NULL);

        if (v == NULL)
            status = add(l, VERIFY_LIST, name, "line %" PRIu64 " is not JSON", check.number);
        else if (segments)
            status = take_segment(l, check.number, v, &last);
        else
            take_act(l, v);
        json_free(v);
    }
    *lines = check.number;
    if (status != STATUS_OK)
        return status;
    if (parse == PARSE_UNSUPPORTED)
        return no_memory(l);
    *whole = parse == PARSE_MORE;
    /* A power cut may leave a torn line behind the last whole one. */
    if (parse == PARSE_MORE && rest.n != 0 && segments)
        l->torn = true;
    else if (parse == PARSE_BAD || rest.n != 0)
        status = add(l, VERIFY_LIST, name,
                "the chain is broken behind line %" PRIu64 ": what follows does not go with it",
                check.number);
    *whole = *whole && (segments || rest.n == 0);
    return status;
}

static enum status check_chained(
        struct look *l, const char *name, bool segments, uint64_t *lines, bool *whole)
{
    enum status status;
    struct buf text;
    bool found;

    buf_init(&text, TEXT_MOST);
    status = read_text(l, name, &text, &found);
    if (status == STATUS_OK && found)
        status = check_lines(l, name, segments, buf_view(&text), lines, whole);
    buf_clear(&text);
    return status;
}

static enum status check_custody(struct look *l)
{
    enum status status = check_chained(l, CUSTODY, false, &l->r->acts, &l->r->logged);

    if (status == STATUS_OK && !is_there(l, CUSTODY))
        return add(l, VERIFY_MISSING, CUSTODY, "a recording has a log of its acts");
    if (status == STATUS_OK && l->r->logged && !l->made)
        return add(l, VERIFY_LIST, CUSTODY,
                "it does not end with the act that made this case: lines are missing");
    return status;
}

static enum status check_chain(struct look *l)
{
    uint64_t lines = 0;
    enum status status = check_chained(l, CHAIN, true, &lines, &l->r->chained);

    if (status == STATUS_OK && !is_there(l, CHAIN) && !l->r->interrupted)
        status =
                add(l, VERIFY_MISSING, CHAIN, "a recording that ended has a chain of segments");
    if (status == STATUS_OK && l->torn && !l->r->interrupted)
        status = add(l, VERIFY_LIST, CHAIN, "it ends in the middle of a line");
    if (status == STATUS_OK && l->r->chained && lines < l->told_segments)
        status = add(l, VERIFY_LIST, CHAIN,
                "it has %" PRIu64 " lines, but %" PRIu64
                " segments were chained, as the custody log says",
                lines, l->told_segments);
    return status;
}

static bool between(const char *name, const char *before, const char *behind)
{
    struct bytes text = bytes_text(name), start = bytes_text(before), end = bytes_text(behind);

    return bytes_starts(text, start) && text.n > start.n + end.n &&
           bytes_equal(bytes_slice(text, text.n - end.n, text.n), end);
}

static enum status note_open(struct look *l, const char *name)
{
    struct verify_recorded *r = l->r;
    char **open = realloc(r->open, (r->open_count + 1) * sizeof(*open));

    if (open == NULL)
        return no_memory(l);
    r->open = open;
    open[r->open_count] = strdup(name);
    if (open[r->open_count] == NULL)
        return no_memory(l);
    r->open_count++;
    return STATUS_OK;
}

/* Segments and screenshots that no line is of. */
static enum status check_unnamed(struct look *l)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < l->n && status == STATUS_OK; i++) {
        const char *name = l->files[i].name;
        bool segment = between(name, "data/raw/packets-", ".pcapng");

        l->r->segments += segment;
        if (l->named[i])
            continue;
        if (segment)
            status = note_open(l, name);
        if (l->r->interrupted || status != STATUS_OK)
            continue;
        if (segment)
            status = add(l, VERIFY_EXTRA, name,
                    "no line of %s is of it, and nothing says that the recording broke off",
                    CHAIN);
        else if (l->screens_read && between(name, "data/raw/screens/", ".png"))
            status = add(l, VERIFY_EXTRA, name, "no line of %s is of it", SCREENS);
    }
    return status;
}

/* A file that a line of screens.jsonl names; NULL names none. */
static enum status take_screen(
        struct look *l, uint64_t number, const char *file, const char *sha256)
{
    char name[PATH_MAX];

    if (file == NULL)
        return STATUS_OK;
    if (snprintf(name, sizeof(name), "data/raw/%s", file) >= (int)sizeof(name) ||
            strncmp(file, "screens/", 8) != 0)
        return add(l, VERIFY_LIST, SCREENS, "line %" PRIu64 " names no screenshot", number);
    return compare(l, SCREENS, number, name, sha256, -1);
}

static enum status check_screen(struct look *l, uint64_t number, struct bytes line)
{
    struct json_value *v = json_parse(line, NULL);
    const char *file = text_of(v, "file");
    enum status status = file == NULL ? add(l, VERIFY_LIST, SCREENS,
                                                "line %" PRIu64 " names no screenshot", number)
                                      : take_screen(l, number, file, text_of(v, "sha256"));

    if (status == STATUS_OK)
        status = take_screen(l, number, text_of(v, "dom"), text_of(v, "dom_sha256"));
    json_free(v);
    return status;
}

static enum status check_screens(struct look *l)
{
    enum status status;
    struct bytes rest, line;
    struct buf text;
    bool found;

    buf_init(&text, TEXT_MOST);
    status = read_text(l, SCREENS, &text, &found);
    l->screens_read = found || !is_there(l, SCREENS);
    rest = buf_view(&text);
    while (status == STATUS_OK && bytes_take_until(&rest, '\n', &line))
        status = check_screen(l, ++l->r->screenshots, line);
    if (status == STATUS_OK && rest.n != 0 && !l->r->interrupted)
        status = add(l, VERIFY_LIST, SCREENS, "it ends in the middle of a line");
    if (status == STATUS_OK && l->screens_read && l->r->screenshots < l->told_screenshots)
        status = add(l, VERIFY_LIST, SCREENS,
                "it has %" PRIu64 " lines, but %" PRIu64
                " screenshots were taken, as the custody log says",
                l->r->screenshots, l->told_screenshots);
    buf_clear(&text);
    return status;
}

enum status verify_recording(const char *root, const struct verify_file *files, size_t n,
        struct verify *v, struct fault *fault)
{
    struct look l = {
            .root = root, .files = files, .n = n, .v = v, .r = &v->recorded, .fault = fault};
    enum status status;

    if (!is_there(&l, SESSION) && !is_there(&l, CHAIN) && !is_there(&l, CUSTODY))
        return STATUS_OK;
    l.r->is = true;
    l.named = calloc(n + 1, sizeof(*l.named));
    if (l.named == NULL)
        return no_memory(&l);
    status = read_session(&l);
    if (status == STATUS_OK)
        status = check_custody(&l);
    if (status == STATUS_OK)
        status = check_chain(&l);
    if (status == STATUS_OK)
        status = check_screens(&l);
    if (status == STATUS_OK)
        status = check_unnamed(&l);
    free(l.named);
    return status;
}
