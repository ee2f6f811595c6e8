/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unpack.h"

enum {
    MAGIC_BYTES = 4,
    RAW_BYTES = 1 << 16,    /* read from a pipe at once */
    WINDOW_FIRST = 1 << 18, /* first size of the window */
    RELEASE_STEP = 1 << 23, /* mapped pages are given back in steps of this */
};

struct input {
    char *name; /* owned */
    enum input_kind kind;
    enum input_end end;
    enum status status; /* why INPUT_FAILED */
    int error;          /* errno of STATUS_IO */
    uint64_t offset;

    void *map; /* the whole file, or NULL */
    size_t map_bytes;
    size_t released; /* pages before this were given back */

    /* Bytes of the file not used yet: what is left of the map, of the caller's memory, or of
     * the last read of `fd`. */
    struct bytes raw;
    int fd; /* -1 once nothing more is to be read from it */
    bool owns_fd;
    uint8_t *raw_buffer; /* owned; RAW_BYTES, only when fd is read */

    struct unpack *unpack; /* owned; NULL for plain bytes */
    bool between;          /* a whole compressed stream just ended */

    bool follows;    /* the end of the file is not the end */
    bool windowed;   /* false: views are views of `raw` itself */
    uint8_t *window; /* owned */
    size_t begin, filled, capacity;
};

static enum input_kind kind_of(struct bytes b)
{
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd};

    if (b.n >= 2 && b.p[0] == 0x1f && b.p[1] == 0x8b)
        return INPUT_GZIP;
    if (bytes_starts(b, bytes_of(zstd, sizeof(zstd))))
        return INPUT_ZSTD;
    /* A skippable frame may come first: 0x184D2A50 to 0x184D2A5F (RFC 8878 section 3.1.2). */
    if (b.n >= 4 && (b.p[0] & 0xf0) == 0x50 && b.p[1] == 0x2a && b.p[2] == 0x4d &&
            b.p[3] == 0x18)
        return INPUT_ZSTD;
    return INPUT_PLAIN;
}

static void fail(struct input *in, enum status status, int error)
{
    in->end = INPUT_FAILED;
    in->status = status;
    in->error = error;
}

/* One read of `fd` into `to`; 0 at the end, when fd becomes -1, or after a failure. */
static size_t read_some(struct input *in, uint8_t *to, size_t room)
{
    ssize_t got;

    if (in->fd < 0)
        return 0;
    do {
        got = read(in->fd, to, room);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return (size_t)got;
    if (got < 0)
        fail(in, STATUS_IO, errno);
    if (in->owns_fd)
        (void)close(in->fd);
    in->fd = -1;
    return 0;
}

/* More packed bytes into `raw`; false when there are none. */
static bool refill_raw(struct input *in)
{
    size_t got;

    if (in->raw.n != 0)
        return true;
    if (in->fd < 0)
        return false;
    got = read_some(in, in->raw_buffer, RAW_BYTES);
    in->raw = bytes_of(in->raw_buffer, got);
    return got != 0;
}

/* Unpacks into the room behind the window's filled part, or says why it cannot. */
static void unpack_more(struct input *in)
{
    size_t made = 0, room = in->capacity - in->filled;
    bool more = refill_raw(in);
    enum parse said;

    if (in->end != INPUT_GOES_ON)
        return;
    if (in->between && !more) {
        in->end = INPUT_ENDED;
        return;
    }
    said = unpack_push(in->unpack, &in->raw, in->window + in->filled, room, &made);
    in->filled += made;
    if (made != 0)
        in->between = false;
    switch (said) {
    case PARSE_DONE:
        in->between = true;
        break;
    case PARSE_MORE:
        if (made == 0 && !more)
            in->end = INPUT_CUT;
        else if (made == 0)
            in->between = false;
        break;
    case PARSE_BAD:
        in->end = INPUT_CORRUPT;
        break;
    case PARSE_UNSUPPORTED:
        if (unpack_limited(in->unpack))
            in->end = INPUT_LIMIT;
        else
            fail(in, STATUS_NOMEM, 0);
        break;
    }
}

static void read_more(struct input *in)
{
    size_t room = in->capacity - in->filled, got;

    if (in->raw.n != 0) { /* what was read to recognise the file */
        got = in->raw.n < room ? in->raw.n : room;
        memcpy(in->window + in->filled, in->raw.p, got);
        in->raw = bytes_slice(in->raw, got, in->raw.n);
    } else {
        got = read_some(in, in->window + in->filled, room);
        if (got == 0 && in->end == INPUT_GOES_ON)
            in->end = INPUT_ENDED;
    }
    in->filled += got;
}

/* Moves what is unread to the front and makes the window hold n bytes. */
static bool make_room(struct input *in, size_t n)
{
    size_t capacity = in->capacity == 0 ? WINDOW_FIRST : in->capacity;
    uint8_t *larger;

    if (in->begin != 0) {
        memmove(in->window, in->window + in->begin, in->filled - in->begin);
        in->filled -= in->begin;
        in->begin = 0;
    }
    while (capacity < n)
        capacity *= 2;
    if (capacity == in->capacity)
        return true;
    larger = realloc(in->window, capacity);
    if (larger == NULL) {
        fail(in, STATUS_NOMEM, 0);
        return false;
    }
    in->window = larger;
    in->capacity = capacity;
    return true;
}

/* A followed file is read anew from the first byte that was not stepped over. */
static void forget_unread(struct input *in)
{
    in->begin = 0;
    in->filled = 0;
    if (lseek(in->fd, (off_t)in->offset, SEEK_SET) < 0)
        fail(in, STATUS_IO, errno);
}

/* As far as the file goes now. */
static void read_followed(struct input *in, size_t n)
{
    forget_unread(in);
    while (in->filled < n && in->end == INPUT_GOES_ON) {
        ssize_t got = read(in->fd, in->window + in->filled, in->capacity - in->filled);

        if (got == 0)
            return;
        if (got < 0 && errno != EINTR)
            fail(in, STATUS_IO, errno);
        in->filled += got > 0 ? (size_t)got : 0;
    }
}

struct bytes input_peek(struct input *in, size_t n)
{
    if (!in->windowed) {
        if (in->raw.n < n)
            in->end = INPUT_ENDED;
        return in->raw;
    }
    if (n > INPUT_PEEK_MOST)
        n = INPUT_PEEK_MOST;
    if (in->filled - in->begin < n && in->end == INPUT_GOES_ON && make_room(in, n)) {
        if (in->follows)
            read_followed(in, n);
        while (!in->follows && in->filled < n && in->end == INPUT_GOES_ON) {
            if (in->unpack != NULL)
                unpack_more(in);
            else
                read_more(in);
        }
    }
    if (in->filled == in->begin) /* also before the window was first made */
        return bytes_of(NULL, 0);
    return bytes_of(in->window + in->begin, in->filled - in->begin);
}

/* Gives pages of the map back that were passed; a late look at them reads them again. */
static void release_pages(struct input *in, size_t passed)
{
    size_t upto = passed / RELEASE_STEP * RELEASE_STEP;

    if (upto <= in->released)
        return;
    (void)madvise((uint8_t *)in->map + in->released, upto - in->released, MADV_DONTNEED);
    in->released = upto;
}

void input_skip(struct input *in, size_t n)
{
    size_t there = in->windowed ? in->filled - in->begin : in->raw.n;

    if (n > there)
        n = there;
    in->offset += n;
    if (in->windowed) {
        in->begin += n;
        return;
    }
    in->raw = bytes_slice(in->raw, n, in->raw.n);
    if (in->map != NULL)
        release_pages(in, in->map_bytes - in->raw.n);
}

uint64_t input_offset(const struct input *in)
{
    return in->offset;
}

enum input_end input_end(const struct input *in)
{
    return in->end;
}

enum input_kind input_kind(const struct input *in)
{
    return in->kind;
}

const char *input_name(const struct input *in)
{
    return in->name;
}

enum status input_fault(const struct input *in, struct fault *fault)
{
    if (in->status == STATUS_NOMEM)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory while reading it", in->name);
    return fault_set(fault, in->status, "%s: cannot be read behind offset %llu: %s", in->name,
            (unsigned long long)in->offset, strerror(in->error));
}

void input_close(struct input *in)
{
    if (in == NULL)
        return;
    if (in->map != NULL)
        (void)munmap(in->map, in->map_bytes);
    if (in->owns_fd && in->fd >= 0)
        (void)close(in->fd);
    unpack_free(in->unpack);
    free(in->raw_buffer);
    free(in->window);
    free(in->name);
    free(in);
}

static struct input *input_new(const char *name)
{
    struct input *in = calloc(1, sizeof(*in));
    size_t bytes = strlen(name) + 1;

    if (in == NULL)
        return NULL;
    in->fd = -1;
    in->name = malloc(bytes);
    if (in->name == NULL) {
        free(in);
        return NULL;
    }
    memcpy(in->name, name, bytes);
    return in;
}

/* `raw` holds the first bytes: what is this, and how is it to be read? */
static enum status recognise(struct input *in)
{
    struct unpack_limits limits = {.ratio = INPUT_RATIO_MOST};

    in->kind = kind_of(in->raw);
    in->windowed = in->fd >= 0 || in->kind != INPUT_PLAIN || in->raw_buffer != NULL;
    if (in->kind == INPUT_PLAIN)
        return STATUS_OK;
    in->unpack = unpack_new(in->kind == INPUT_GZIP ? UNPACK_GZIP : UNPACK_ZSTD, limits);
    return in->unpack == NULL ? STATUS_NOMEM : STATUS_OK;
}

enum status input_memory(
        struct bytes data, const char *name, struct input **out, struct fault *fault)
{
    struct input *in = input_new(name);

    if (in == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", name);
    in->raw = data;
    if (recognise(in) != STATUS_OK) {
        input_close(in);
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", name);
    }
    *out = in;
    return STATUS_OK;
}

/* Maps a regular file; false when this is none, is empty, or does not map: then it is read. */
static bool map_file(struct input *in, const struct stat *st)
{
    void *map;

    if (!S_ISREG(st->st_mode) || st->st_size <= 0 || (uintmax_t)st->st_size > SIZE_MAX)
        return false;
    map = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_PRIVATE, in->fd, 0);
    if (map == MAP_FAILED)
        return false;
    in->map = map;
    in->map_bytes = (size_t)st->st_size;
    (void)madvise(map, in->map_bytes, MADV_SEQUENTIAL);
    in->raw = bytes_of(map, in->map_bytes);
    if (in->owns_fd)
        (void)close(in->fd);
    in->fd = -1;
    return true;
}

/* Reads until the magic is there: a pipe may give it in pieces. */
static enum status read_head(struct input *in)
{
    size_t n = 0, got;

    in->raw_buffer = malloc(RAW_BYTES);
    if (in->raw_buffer == NULL) {
        fail(in, STATUS_NOMEM, 0);
        return STATUS_NOMEM;
    }
    do {
        got = read_some(in, in->raw_buffer + n, RAW_BYTES - n);
        n += got;
    } while (got != 0 && n < MAGIC_BYTES);
    in->raw = bytes_of(in->raw_buffer, n);
    return in->end == INPUT_FAILED ? in->status : STATUS_OK;
}

enum status input_follow(const char *path, struct input **out, struct fault *fault)
{
    struct input *in = input_new(path);
    enum status status = STATUS_OK;
    struct stat st;

    if (in == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", path);
    in->owns_fd = true;
    in->follows = true;
    in->windowed = true;
    in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (in->fd < 0 || fstat(in->fd, &st) != 0)
        status = fault_set(fault, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        status = fault_set(fault, STATUS_IO, "%s: is no regular file", path);
    if (status != STATUS_OK) {
        input_close(in);
        return status;
    }
    *out = in;
    return STATUS_OK;
}

void input_unfollow(struct input *in)
{
    if (in->follows && in->end == INPUT_GOES_ON)
        forget_unread(in);
    in->follows = false;
}

bool input_follows(const struct input *in)
{
    return in->follows;
}

enum status input_open(const char *path, struct input **out, struct fault *fault)
{
    struct input *in = input_new(path);
    enum status status = STATUS_OK;
    struct stat st;

    if (in == NULL)
        return fault_set(fault, STATUS_NOMEM, "%s: out of memory", path);
    in->owns_fd = strcmp(path, "-") != 0;
    in->fd = in->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (in->fd < 0 || fstat(in->fd, &st) != 0) {
        status = fault_set(fault, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
        goto failed;
    }
    if (S_ISDIR(st.st_mode)) {
        status = fault_set(
                fault, STATUS_IO, "%s: is a directory; name the capture file in it", path);
        goto failed;
    }
    if (!map_file(in, &st))
        status = read_head(in);
    if (status == STATUS_OK)
        status = recognise(in);
    if (status != STATUS_OK) {
        in->status = status;
        status = input_fault(in, fault);
        goto failed;
    }
    *out = in;
    return STATUS_OK;
failed:
    input_close(in);
    return status;
}
