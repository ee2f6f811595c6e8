/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hashed_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum {
    NUMBER_TEXT = 24,
    HEX = SHA256_TEXT - 1,
    LOCK_STEP_MS = 50,
};

struct hashed_lines {
    int fd;
    char *name; /* owned; for messages */
    uint64_t count;
    char previous[SHA256_TEXT];
    uint64_t bytes; /* of the file; it ends with a line feed */
    bool torn;      /* a line could be neither finished nor taken back */
    struct digest *digest;
    uint8_t *line; /* HASHED_LINE_MOST */
};

static const char no_hash[SHA256_TEXT] =
        "0000000000000000000000000000000000000000000000000000000000000000";

static bool take_text(struct bytes *b, const char *text)
{
    struct bytes wanted = bytes_text(text);

    return bytes_starts(*b, wanted) && bytes_skip(b, wanted.n);
}

/* A line of JSON has no control characters. */
static bool is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20)
            return false;
    }
    return true;
}

/* {"number":N,"previous":"HEX", and then members up to the closing brace. */
static bool is_next(struct bytes line, uint64_t number, const char *previous)
{
    char text[NUMBER_TEXT];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    return take_text(&line, "{\"number\":") && take_text(&line, text) &&
           take_text(&line, ",\"previous\":\"") && take_text(&line, previous) &&
           take_text(&line, "\",") && line.n >= 2 && line.p[line.n - 1] == '}' &&
           is_plain(line);
}

enum parse hashed_lines_next(struct hashed_check *check, struct bytes *rest, struct bytes *line)
{
    const char *previous = check->number == 0 ? no_hash : check->previous;
    struct bytes after = *rest, found;
    char hash[SHA256_TEXT];

    if (!bytes_take_until(&after, '\n', &found))
        return rest->n < HASHED_LINE_MOST ? PARSE_MORE : PARSE_BAD;
    if (found.n >= HASHED_LINE_MOST || check->number == UINT64_MAX ||
            !is_next(found, check->number + 1, previous))
        return PARSE_BAD;
    if (!sha256_text(found, hash))
        return PARSE_UNSUPPORTED;
    memcpy(check->previous, hash, sizeof(hash));
    check->number++;
    *rest = after;
    *line = found;
    return PARSE_DONE;
}

static enum status failed(const struct hashed_lines *h, const char *doing, struct fault *fault)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

    return fault_set(fault, full ? STATUS_FULL : STATUS_IO, "%s: cannot %s: %s", h->name, doing,
            strerror(errno));
}

/* Whoever wrote the chain before may still be ending in good order: waits for it. */
static enum status lock(const struct hashed_lines *h, struct fault *fault)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};

    for (int waited = 0; flock(h->fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK) /* a file system without locks */
            return STATUS_OK;
        if (waited >= HASHED_LINES_WAIT_MS)
            return fault_set(fault, STATUS_USAGE,
                    "%s: another process still writes it; let it end first", h->name);
        (void)nanosleep(&step, NULL);
    }
    return STATUS_OK;
}

/* Reads until the buffer is full or the file ends. */
static bool fill(struct hashed_lines *h, size_t *n, bool *ended)
{
    while (!*ended && *n < HASHED_LINE_MOST) {
        ssize_t got = read(h->fd, h->line + *n, HASHED_LINE_MOST - *n);

        if (got < 0 && errno != EINTR)
            return false;
        *ended = got == 0;
        *n += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* Checks all lines that are there; what is left behind them goes to `*torn`. */
static enum status check_all(struct hashed_lines *h, size_t *torn, struct fault *fault)
{
    struct hashed_check check = {0};
    enum parse said = PARSE_MORE;
    bool ended = false;
    size_t n = 0;

    while (!ended && said == PARSE_MORE) {
        struct bytes rest, line;

        if (!fill(h, &n, &ended))
            return failed(h, "be read", fault);
        rest = bytes_of(h->line, n);
        while ((said = hashed_lines_next(&check, &rest, &line)) == PARSE_DONE)
            h->bytes += line.n + 1;
        if (rest.n != 0)
            memmove(h->line, rest.p, rest.n);
        n = rest.n;
    }
    if (said == PARSE_UNSUPPORTED)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", h->name);
    if (said == PARSE_BAD)
        return fault_set(fault, STATUS_INPUT,
                "%s: line %" PRIu64 " does not continue the chain: it or a line before it was "
                "changed, added or taken out",
                h->name, check.number + 1);
    h->count = check.number;
    memcpy(h->previous, check.number == 0 ? no_hash : check.previous, SHA256_TEXT);
    *torn = n;
    return STATUS_OK;
}

static enum status open_file(struct hashed_lines *h, int directory, struct fault *fault)
{
    struct stat st;
    int above;

    h->fd = openat(directory, h->name,
            O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (h->fd < 0)
        return failed(h, "be opened", fault);
    if (fstat(h->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return fault_set(fault, STATUS_IO, "%s: is no regular file", h->name);
    /* Its name must last as its lines do. */
    above = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0 || !file_sync_names(above)) {
        enum status status = failed(h, "be synced into its directory", fault);

        if (above >= 0)
            (void)close(above);
        return status;
    }
    (void)close(above);
    return STATUS_OK;
}

enum status hashed_lines_open(int directory, const char *name, struct hashed_lines **out,
        uint64_t *cut, struct fault *fault)
{
    struct hashed_lines *h = calloc(1, sizeof(*h));
    enum status status = STATUS_OK;
    size_t torn = 0, name_n = strlen(name) + 1;

    if (h == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", name);
    h->fd = -1;
    h->name = malloc(name_n);
    h->line = malloc(HASHED_LINE_MOST);
    h->digest = digest_new(DIGEST_SHA256);
    if (h->name == NULL || h->line == NULL || h->digest == NULL) {
        hashed_lines_close(h);
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", name);
    }
    memcpy(h->name, name, name_n);
    status = open_file(h, directory, fault);
    if (status == STATUS_OK)
        status = lock(h, fault);
    if (status == STATUS_OK)
        status = check_all(h, &torn, fault);
    if (status == STATUS_OK && torn != 0 &&
            (ftruncate(h->fd, (off_t)h->bytes) != 0 || fsync(h->fd) != 0))
        status = failed(h, "be freed of its torn last line", fault);
    if (status != STATUS_OK) {
        hashed_lines_close(h);
        return status;
    }
    *out = h;
    *cut = torn;
    return STATUS_OK;
}

/* The line with its line feed; 0 when it would be too long. */
static size_t make_line(struct hashed_lines *h, struct bytes members)
{
    char head[sizeof("{\"number\":,\"previous\":\"\",") + NUMBER_TEXT + SHA256_TEXT];
    int n = snprintf(head, sizeof(head), "{\"number\":%" PRIu64 ",\"previous\":\"%s\",",
            h->count + 1, h->previous);
    size_t head_n = n < 0 ? 0 : (size_t)n;

    if (members.n > HASHED_LINE_MOST - 2 - head_n)
        return 0;
    memcpy(h->line, head, head_n);
    memcpy(h->line + head_n, members.p, members.n);
    memcpy(h->line + head_n + members.n, "}\n", 2);
    return head_n + members.n + 2;
}

/* Takes a line back that did not reach the disk as a whole. */
static enum status take_back(
        struct hashed_lines *h, int error, const char *doing, struct fault *fault)
{
    h->torn = ftruncate(h->fd, (off_t)h->bytes) != 0;
    errno = error;
    return failed(h, doing, fault);
}

enum status hashed_lines_add(struct hashed_lines *h, struct bytes members, struct fault *fault)
{
    uint8_t raw[DIGEST_MOST];
    ssize_t written;
    size_t n;

    if (h->torn)
        return fault_set(fault, STATUS_IO, "%s: its last line is torn", h->name);
    if (members.n == 0 || !is_plain(members) || (n = make_line(h, members)) == 0)
        return fault_set(fault, STATUS_USAGE, "%s: no members that fit one line", h->name);
    do {
        written = write(h->fd, h->line, n);
    } while (written < 0 && errno == EINTR);
    if (written < 0)
        return take_back(h, errno, "be written", fault);
    if ((size_t)written != n) /* only a full disk writes less to a file */
        return take_back(h, ENOSPC, "be written", fault);
    if (fsync(h->fd) != 0)
        return take_back(h, errno, "be synced", fault);
    digest_add(h->digest, bytes_of(h->line, n - 1));
    digest_finish(h->digest, raw);
    digest_hex(bytes_of(raw, SHA256_BYTES), h->previous);
    h->count++;
    h->bytes += n;
    return STATUS_OK;
}

uint64_t hashed_lines_count(const struct hashed_lines *h)
{
    return h->count;
}

void hashed_lines_close(struct hashed_lines *h)
{
    if (h == NULL)
        return;
    if (h->fd >= 0)
        (void)close(h->fd);
    digest_free(h->digest);
    free(h->line);
    free(h->name);
    free(h);
}
