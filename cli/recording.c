/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hashed_lines.h"
#include "base/json.h"
#include "capture/packet/source.h"
#include "cli/custody.h"
#include "report/bag_parts.h"

enum {
    CHAIN_MOST = 256 << 20,
    SESSION_MOST = 16 << 20,
    FILES_MOST = 1 << 16, /* in one directory */
    INTERRUPTIONS_MOST = 1000,
    CHAIN_WAIT_MS = 10000,
    LOCK_STEP_MS = 50,
};

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NOMEM, "out of memory");
}

static bool is_there(const char *path, mode_t kind)
{
    struct stat about;

    return lstat(path, &about) == 0 && (about.st_mode & S_IFMT) == kind;
}

char *recording_directory(struct arena *arena, const char *target)
{
    char here[PATH_MAX] = "";
    size_t n = strlen(target);

    while (n > 1 && target[n - 1] == '/')
        n--;
    if (target[0] == '/')
        return arena_print(arena, "%.*s.recording", (int)n, target);
    if (getcwd(here, sizeof(here)) == NULL)
        (void)strcpy(here, ".");
    return arena_print(arena, "%s/%.*s.recording", here, (int)n, target);
}

bool recording_is(const char *path)
{
    char below[PATH_MAX];

    if (snprintf(below, sizeof(below), "%s/raw", path) >= (int)sizeof(below) ||
            !is_there(below, S_IFDIR))
        return false;
    return snprintf(below, sizeof(below), "%s/session.json", path) < (int)sizeof(below) &&
           is_there(below, S_IFREG);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The regular files in a directory of the recording, sorted; links are not followed. */
static enum status list_files(struct arena *arena, const char *directory, const char *below,
        const char ***out, size_t *n, struct fault *fault)
{
    const char *path = arena_print(arena, "%s/%s", directory, below);
    const struct dirent *at;
    size_t capacity = 0;
    DIR *open;

    *out = NULL;
    *n = 0;
    if (path == NULL)
        return no_memory(fault);
    if (is_there(path, S_IFLNK))
        return STATUS_OK;
    open = opendir(path);
    if (open == NULL)
        return errno == ENOENT ? STATUS_OK
                               : fault_set(fault, STATUS_IO, "%s: cannot be read: %s", path,
                                         strerror(errno));
    while (*n < FILES_MOST && (at = readdir(open)) != NULL) {
        const char **grown = arena_grow(arena, *out, *n, &capacity, sizeof(*grown));
        const char *file = arena_print(arena, "%s/%s", path, at->d_name);

        if (grown == NULL || file == NULL) {
            (void)closedir(open);
            return no_memory(fault);
        }
        *out = grown;
        if (is_there(file, S_IFREG))
            grown[(*n)++] = arena_string(arena, bytes_text(at->d_name));
        if (*n != 0 && grown[*n - 1] == NULL) {
            (void)closedir(open);
            return no_memory(fault);
        }
    }
    (void)closedir(open);
    if (*n != 0)
        qsort(*out, *n, sizeof(**out), by_name);
    return STATUS_OK;
}

static bool is_segment(const char *name)
{
    size_t n = strlen(name);

    return strncmp(name, "packets-", 8) == 0 && n > 7 && strcmp(name + n - 7, ".pcapng") == 0;
}

/* What else is in `below` goes along under the same name, as far as a bag allows it. */
static enum status take_along(struct arena *arena, struct recording *r, const char *below,
        const char *const *names, size_t n, size_t *capacity, struct fault *fault)
{
    for (size_t i = 0; i < n; i++) {
        const char *slash = below[0] == '\0' ? "" : "/";
        const char *inside = arena_print(arena, "data/%s%s%s", below, slash, names[i]);
        const char *path =
                arena_print(arena, "%s/%s%s%s", r->directory, below, slash, names[i]);
        struct case_along *grown;

        if (inside == NULL || path == NULL)
            return no_memory(fault);
        if (!bag_name_allowed(inside))
            continue;
        grown = arena_grow(arena, r->along, r->along_count, capacity, sizeof(*grown));
        if (grown == NULL)
            return no_memory(fault);
        r->along = grown;
        grown[r->along_count++] = (struct case_along){.path = path, .name = inside};
    }
    return STATUS_OK;
}

/* A kill may leave the last segment empty, or cut within its first block: no reader takes that
 * for a capture, and it must not cost the others. */
static enum status take_segment(struct recording *r, const char *path, bool *taken)
{
    struct source *source = NULL;
    struct fault why = {0};
    enum status status = source_open(path, &source, &why);

    source_close(source);
    if (status == STATUS_NOMEM)
        return status;
    *taken = status != STATUS_INPUT;
    if (*taken)
        r->segments[r->segment_count++] = path;
    else
        r->broken[r->broken_count++] = path;
    return STATUS_OK;
}

static enum status take_raw(
        struct arena *arena, struct recording *r, size_t *capacity, struct fault *fault)
{
    enum status status;
    const char **names;
    size_t n, others = 0;

    status = list_files(arena, r->directory, "raw", &names, &n, fault);
    if (status != STATUS_OK)
        return status;
    r->segments = arena_array(arena, n + 1, sizeof(*r->segments));
    r->broken = arena_array(arena, n + 1, sizeof(*r->broken));
    if (r->segments == NULL || r->broken == NULL)
        return no_memory(fault);
    for (size_t i = 0; i < n; i++) {
        const char *path = arena_print(arena, "%s/raw/%s", r->directory, names[i]);
        bool taken = false;

        if (path == NULL ||
                (is_segment(names[i]) && take_segment(r, path, &taken) != STATUS_OK))
            return no_memory(fault);
        if (taken)
            continue;
        if (strcmp(names[i], "keys.log") == 0)
            r->keys[0] = path;
        else
            names[others++] = names[i];
        if (strcmp(names[i], "browser.jsonl") == 0)
            r->browser = path;
        if (strcmp(names[i], "sockets.jsonl") == 0 && !r->own_network)
            r->sockets = path;
    }
    return take_along(arena, r, "raw", names, others, capacity, fault);
}

static enum status take_rest(
        struct arena *arena, struct recording *r, size_t *capacity, struct fault *fault)
{
    static const char *const folders[] = {"raw/screens", "env", "custody"};
    static const char *const own[] = {"session.json", "script.txt"};
    enum status status = STATUS_OK;
    const char *path;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && status == STATUS_OK; i++) {
        const char **names;
        size_t n;

        status = list_files(arena, r->directory, folders[i], &names, &n, fault);
        if (status == STATUS_OK)
            status = take_along(arena, r, folders[i], names, n, capacity, fault);
    }
    if (status == STATUS_OK)
        status = take_along(arena, r, "", own, 1, capacity, fault);
    path = arena_print(arena, "%s/%s", r->directory, own[1]);
    if (status == STATUS_OK && path != NULL && is_there(path, S_IFREG))
        status = take_along(arena, r, "", own + 1, 1, capacity, fault);
    if (status != STATUS_OK)
        return status;
    path = arena_print(arena, "%s/subject.json", r->directory);
    r->subject = path != NULL && is_there(path, S_IFREG) ? path : NULL;
    path = arena_print(arena, "%s/marks.jsonl", r->directory);
    r->marks = path != NULL && is_there(path, S_IFREG) ? path : NULL;
    return path == NULL ? no_memory(fault) : STATUS_OK;
}

static enum status add_lack(
        struct arena *arena, struct recording *r, enum gap_cause why, const char *detail)
{
    struct gap *grown =
            arena_grow(arena, r->lacks, r->lack_count, &r->lack_capacity, sizeof(*grown));

    if (grown == NULL || detail == NULL)
        return STATUS_NOMEM;
    r->lacks = grown;
    grown[r->lack_count++] = (struct gap){.why = why, .layer = LAYER_FILE, .detail = detail};
    return STATUS_OK;
}

static const char *base_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* The segment that a line of the chain names: is it there, with the bytes it had then? */
static enum status check_line(struct arena *arena, struct recording *r, struct bytes line,
        bool *chained, struct fault *fault)
{
    struct json_value *v = json_parse(line, fault);
    const char *file = json_string_of(json_member(v, "file"));
    const char *sha256 = json_string_of(json_member(v, "sha256"));
    enum status status = STATUS_OK;
    const char *path = NULL;
    char now[SHA256_TEXT];

    for (size_t i = 0; file != NULL && i < r->broken_count; i++) {
        if (strcmp(base_name(r->broken[i]), file) == 0)
            path = r->broken[i];
    }
    for (size_t i = 0; file != NULL && i < r->segment_count; i++) {
        if (strcmp(base_name(r->segments[i]), file) == 0) {
            path = r->segments[i];
            chained[i] = true;
        }
    }
    if (file == NULL || sha256 == NULL) {
        status = add_lack(
                arena, r, GAP_BAD, "a line of chain.jsonl does not say which segment it is of");
    } else if (path == NULL) {
        status = add_lack(arena, r, GAP_LOST,
                arena_print(
                        arena, "chain.jsonl names the segment %s, which is not there", file));
    } else {
        status = file_sha256(path, now, fault);
        if (status == STATUS_OK && strcmp(now, sha256) != 0)
            status = add_lack(arena, r, GAP_BAD,
                    arena_print(arena,
                            "the segment %s is not as it was when it was chained: its SHA-256 "
                            "differs",
                            file));
    }
    json_free(v);
    return status;
}

static enum status check_chain(struct arena *arena, struct recording *r, struct fault *fault)
{
    const char *path = arena_print(arena, "%s/raw/chain.jsonl", r->directory);
    bool *chained = arena_array(arena, r->segment_count + 1, sizeof(*chained));
    struct hashed_check check = {0};
    enum status status = STATUS_OK;
    struct bytes rest, line;
    enum parse parse = PARSE_MORE;
    struct buf text;

    if (path == NULL || chained == NULL)
        return no_memory(fault);
    buf_init(&text, CHAIN_MOST);
    if (is_there(path, S_IFREG))
        status = file_read(path, "chain of segments", &text, fault);
    rest = buf_view(&text);
    while (status == STATUS_OK &&
            (parse = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE)
        status = check_line(arena, r, line, chained, fault);
    r->chained = check.number;
    if (status == STATUS_OK && parse == PARSE_BAD)
        status = add_lack(arena, r, GAP_BAD,
                arena_print(arena, "chain.jsonl is broken behind line %llu",
                        (unsigned long long)check.number));
    for (size_t i = 0; i < r->segment_count && status == STATUS_OK; i++) {
        if (!chained[i])
            status = add_lack(arena, r, GAP_CUT,
                    arena_print(arena,
                            "the capture broke off in the segment %s: it is read as far as it "
                            "goes, no hash of it was chained, and what had not been synced "
                            "is lost (at most about a second)",
                            base_name(r->segments[i])));
    }
    for (size_t i = 0; i < r->broken_count && status == STATUS_OK; i++)
        status = add_lack(arena, r, GAP_CUT,
                arena_print(arena,
                        "the capture broke off before the segment %s held anything: nothing of "
                        "it can be read",
                        base_name(r->broken[i])));
    buf_clear(&text);
    return status == STATUS_NOMEM ? no_memory(fault) : status;
}

/* What session.json says of interruptions; one that says nothing of its end was broken off. */
static enum status note_interruptions(
        struct arena *arena, struct recording *r, const struct json_value *session)
{
    const struct json_value *list = json_member(session, "interruptions");
    enum status status = STATUS_OK;
    const struct json_value *at;
    size_t n = 0;

    for (at = json_first(list); at != NULL && status == STATUS_OK && n < INTERRUPTIONS_MOST;
            at = json_next(at)) {
        const char *time = json_string_of(json_member(at, "time"));
        const char *what = json_string_of(json_member(at, "what"));

        n++;
        status = add_lack(arena, r, GAP_CUT,
                arena_print(arena, "the recording was interrupted at %.40s: %.200s",
                        time == NULL ? "an unknown time" : time,
                        what == NULL ? "why is not known" : what));
    }
    if (!r->ended && n == 0 && status == STATUS_OK)
        status = add_lack(arena, r, GAP_CUT,
                "the recording did not end in good order (it was killed, or the machine "
                "stopped): what was sent after that is not in it");
    return status;
}

static enum status read_session(struct recording *r, struct arena *arena, struct fault *fault)
{
    const char *path = arena_print(arena, "%s/session.json", r->directory);
    struct json_value *v = NULL;
    enum status status;
    struct buf text;

    if (path == NULL)
        return no_memory(fault);
    buf_init(&text, SESSION_MOST);
    status = file_read(path, "session", &text, fault);
    if (status == STATUS_OK)
        v = json_parse(buf_view(&text), NULL);
    if (v != NULL) {
        const char *state = json_string_of(json_member(v, "state"));
        const char *kind = json_string_of(json_member(json_member(v, "isolation"), "kind"));

        r->ended = state != NULL && strcmp(state, "ended") == 0;
        r->own_network = kind != NULL && strcmp(kind, "none") != 0;
    }
    if (status == STATUS_OK && note_interruptions(arena, r, v) != STATUS_OK)
        status = no_memory(fault);
    json_free(v);
    buf_clear(&text);
    return status;
}

enum status recording_read(
        struct arena *arena, const char *directory, struct recording *out, struct fault *fault)
{
    struct recording r = {.directory = directory};
    size_t capacity = 0;
    enum status status = read_session(&r, arena, fault);

    if (status == STATUS_OK)
        status = take_raw(arena, &r, &capacity, fault);
    if (status == STATUS_OK && r.segment_count == 0)
        status = fault_set(fault, STATUS_INPUT,
                "%s: nothing was captured: there is no segment in raw/", directory);
    if (status == STATUS_OK)
        status = take_rest(arena, &r, &capacity, fault);
    if (status == STATUS_OK)
        status = check_chain(arena, &r, fault);
    if (status == STATUS_OK)
        *out = r;
    return status;
}

void recording_give(const struct recording *r, struct case_maker *m)
{
    m->setup.files = r->segments;
    m->setup.file_count = r->segment_count;
    if (r->keys[0] != NULL) {
        m->setup.keys = r->keys;
        m->setup.key_count = 1;
    }
    if (m->setup.subject == NULL)
        m->setup.subject = r->subject;
    if (m->setup.marks == NULL)
        m->setup.marks = r->marks;
    if (m->setup.browser == NULL)
        m->setup.browser = r->browser;
    /* Keys of another log than its own may be those of another program. */
    if (r->keys[0] != NULL || m->setup.key_count == 0)
        m->setup.sockets = r->sockets;
    m->along = r->along;
    m->along_count = r->along_count;
    m->setup.lacks = r->lacks;
    m->setup.lack_count = r->lack_count;
}

/* A capture process outlives the one that died by the moments in which it ends its last
 * segment: what it still writes is waited for. */
static enum status wait_for_chain(int directory, struct fault *fault)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    int fd = openat(directory, "raw/chain.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum status status = STATUS_OK;

    for (int waited = 0; fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
        if (errno != EWOULDBLOCK) /* a file system without locks */
            break;
        if (waited >= CHAIN_WAIT_MS) {
            status = fault_set(fault, STATUS_USAGE,
                    "a capture process still writes the segments; end it first");
            break;
        }
        (void)nanosleep(&step, NULL);
    }
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum status recording_lock(int directory, const char *name, struct fault *fault)
{
    if (flock(directory, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return STATUS_OK;
    return fault_set(fault, STATUS_USAGE,
            "%s: this recording still runs: end it there first (q, or close its browser)",
            name);
}

/* The custody log goes on before it is copied. */
static enum status enter(const char *directory, int fd, struct fault *fault)
{
    struct custody *custody = NULL;
    struct recording was = {.directory = directory};
    struct arena *arena = arena_new(CHAIN_MOST);
    enum status status = arena == NULL ? no_memory(fault) : read_session(&was, arena, fault);

    if (status == STATUS_OK)
        status = custody_open(fd, &custody, fault);
    if (status == STATUS_OK && !was.ended)
        status = custody_add(custody, "interrupted", "what",
                "session.json does not say that the recording ended in good order", fault);
    if (status == STATUS_OK)
        status = custody_add(custody, was.ended ? "imported" : "resumed", "tool",
                "exhibit " EXHIBIT_VERSION, fault);
    custody_close(custody);
    arena_free(arena);
    return status;
}

/* "CASE.part-PID-N": whose, if `name` is such a one (report/bag.c). 0: it is none. */
static pid_t maker_of(const char *name, const char *target)
{
    size_t n = strlen(target);
    long pid, number;
    char *end;

    if (strncmp(name, target, n) != 0 || strncmp(name + n, ".part-", 6) != 0)
        return 0;
    pid = strtol(name + n + 6, &end, 10);
    if (*end != '-' || pid <= 0 || pid > INT_MAX)
        return 0;
    number = strtol(end + 1, &end, 10);
    return *end == '\0' && number >= 0 ? (pid_t)pid : 0;
}

/* What a process that was killed had made of the case so far. */
static void sweep(struct arena *arena, const char *target)
{
    const char *slash = strrchr(target, '/');
    const char *base = slash == NULL ? target : slash + 1;
    const char *above =
            slash == NULL ? "." : arena_print(arena, "%.*s/", (int)(slash - target), target);
    DIR *open = above == NULL ? NULL : opendir(above);
    const struct dirent *at;

    while (open != NULL && (at = readdir(open)) != NULL) {
        pid_t pid = maker_of(at->d_name, base);
        const char *path = pid == 0 ? NULL : arena_print(arena, "%s/%s", above, at->d_name);

        if (path != NULL && is_there(path, S_IFDIR) && kill(pid, 0) != 0 && errno == ESRCH)
            bag_remove_tree(path);
    }
    if (open != NULL)
        (void)closedir(open);
}

enum status recording_case(
        struct arena *arena, const char *directory, struct case_maker *m, struct fault *fault)
{
    struct recording *r = arena_alloc(arena, sizeof(*r));
    enum status status;
    int fd;

    if (r == NULL)
        return no_memory(fault);
    if (!recording_is(directory))
        return fault_set(fault, STATUS_INPUT,
                "%s: no recording: there is no session.json and raw/ in it", directory);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fault_set(
                fault, STATUS_IO, "%s: cannot be opened: %s", directory, strerror(errno));
    status = recording_lock(fd, directory, fault);
    if (status == STATUS_OK)
        status = wait_for_chain(fd, fault);
    if (status == STATUS_OK)
        status = enter(directory, fd, fault);
    if (status == STATUS_OK)
        status = recording_read(arena, directory, r, fault);
    if (status == STATUS_OK) {
        sweep(arena, m->target);
        recording_give(r, m);
        status = case_maker_run(m);
        if (status != STATUS_OK)
            (void)fault_set(fault, status, "%s", m->fault.text);
    }
    (void)close(fd);
    return status;
}
