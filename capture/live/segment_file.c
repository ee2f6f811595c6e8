/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/segment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/hashed_lines.h"
#include "base/json.h"
#include "capture/live/pcapng_write.h"
#include "capture/live/segment_name.h"

enum {
    SPARE_LEAST =
            1 << 16,     /* for a trailer and a line of the chain, wherever blocks are large */
    WRITEBACK = 1 << 20, /* dirty bytes that the kernel is asked to begin with */
    LINE_MOST = 4096,
    NEW_TRIES = 100,
};

/* Synced a little before it must be: ticks come ten times a second. */
#define SYNC_DUE_NS (SEGMENT_SYNC_NS * 8 / 10)

static const char spare_name[] = "packets.spare";

struct segment_file {
    int directory; /* owned */
    struct hashed_lines *chain;
    struct digest *digest;
    struct buf line;
    int spare; /* an unnamed file that holds room; -1: none */
    uint64_t spare_bytes;
    uint32_t number; /* of the last segment that exists */
    bool full, failed;
    bool over; /* something found no room: what comes after it is not written either */

    int fd; /* of the open segment; -1: none */
    char name[SEGMENT_NAME];
    uint64_t bytes, packets;
    int64_t first_ns, last_ns;
    bool headless;     /* it has not even its head: an empty file, not to be chained */
    bool cut;          /* it ends here: what else comes for it is lost */
    uint64_t started;  /* the kernel was asked to write back up to here */
    uint64_t unsynced; /* packets */
    int64_t synced_ns; /* CLOCK_BOOTTIME of the last sync */
    bool dirty;
    struct segment_file_counts counts;
};

static bool is_full(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static enum status failed(
        struct segment_file *f, const char *name, const char *doing, struct fault *fault)
{
    int error = errno;

    if (is_full(error)) {
        f->full = true;
        return fault_set(
                fault, STATUS_FULL, "%s: cannot be %s: %s", name, doing, strerror(error));
    }
    f->failed = true;
    return fault_set(fault, STATUS_IO, "%s: cannot be %s: %s", name, doing, strerror(error));
}

/* Gives back the room set aside but for `keep`; false when no more than that is left. */
static bool release(struct segment_file *f, uint64_t keep)
{
    if (f->spare_bytes <= keep || ftruncate(f->spare, (off_t)keep) != 0)
        return false;
    f->spare_bytes = keep;
    return true;
}

/* An unnamed file: its room comes back by itself whatever happens to us. */
static int open_spare(int directory)
{
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    fd = openat(
            directory, spare_name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && unlinkat(directory, spare_name, 0) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Sets room aside, at most a quarter of what there is. Without it all works but a full disk costs
 * what waits to be written. */
static void set_aside(struct segment_file *f, uint64_t spare)
{
    struct statvfs disk;
    struct rlimit most; /* of a file's size: past it comes a signal */

    if (fstatvfs(f->directory, &disk) != 0 || getrlimit(RLIMIT_FSIZE, &most) != 0)
        return;
    f->spare = open_spare(f->directory);
    if (f->spare < 0)
        return;
    if (most.rlim_cur != RLIM_INFINITY && spare > most.rlim_cur)
        spare = most.rlim_cur;
    while (spare > (uint64_t)disk.f_bavail * disk.f_frsize / 4)
        spare /= 2;
    for (; spare >= SPARE_LEAST; spare /= 2) {
        if (fallocate(f->spare, 0, 0, (off_t)spare) == 0) {
            f->spare_bytes = spare;
            return;
        }
        if (ftruncate(f->spare, 0) != 0)
            return;
    }
}

static enum status open_all(struct segment_file *f, int directory, uint64_t spare,
        uint64_t *earlier, struct fault *fault)
{
    struct segment_names names = {0};
    enum status status;
    uint64_t cut;

    f->directory = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->directory < 0)
        return failed(f, "the directory of the segments", "opened", fault);
    f->digest = digest_new(DIGEST_SHA256);
    if (f->digest == NULL || buf_reserve(&f->line, LINE_MOST) != STATUS_OK)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    status = hashed_lines_open(f->directory, SEGMENT_CHAIN, &f->chain, &cut, fault);
    if (status != STATUS_OK)
        return status;
    if (!segment_names_read(f->directory, 0, &names))
        return failed(f, "the directory of the segments", "read", fault);
    f->counts.finished = hashed_lines_count(f->chain);
    f->number = names.last;
    if (f->counts.finished > f->number) /* some are gone: their numbers are not used again */
        f->number = f->counts.finished > SEGMENT_NUMBER_MOST ? SEGMENT_NUMBER_MOST
                                                             : (uint32_t)f->counts.finished;
    set_aside(f, spare);
    *earlier = names.bytes;
    return STATUS_OK;
}

enum status segment_file_new(int directory, uint64_t spare, struct segment_file **out,
        uint64_t *earlier, struct fault *fault)
{
    struct segment_file *f = calloc(1, sizeof(*f));
    enum status status;

    if (f == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    f->directory = -1;
    f->spare = -1;
    f->fd = -1;
    buf_init(&f->line, LINE_MOST);
    status = open_all(f, directory, spare, earlier, fault);
    if (status != STATUS_OK) {
        segment_file_free(f);
        return status;
    }
    *out = f;
    return STATUS_OK;
}

void segment_file_free(struct segment_file *f)
{
    if (f == NULL)
        return;
    if (f->fd >= 0)
        (void)close(f->fd);
    if (f->spare >= 0)
        (void)close(f->spare);
    if (f->directory >= 0)
        (void)close(f->directory);
    hashed_lines_close(f->chain);
    digest_free(f->digest);
    buf_clear(&f->line);
    free(f);
}

struct segment_file_counts segment_file_counts(const struct segment_file *f)
{
    return f->counts;
}

/* A new file under the next number that is free. */
static int create(struct segment_file *f, char name[SEGMENT_NAME])
{
    int fd = -1;

    for (int tries = 0; fd < 0 && tries < NEW_TRIES; tries++) {
        if (f->number >= SEGMENT_NUMBER_MOST) {
            errno = ENOSPC; /* of numbers: as final as any other */
            return -1;
        }
        segment_name(f->number + 1, name);
        fd = openat(
                f->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && is_full(errno) && release(f, SPARE_LEAST)) {
            f->full = true;
            continue;
        }
        if (fd < 0 && errno != EEXIST)
            return -1;
        f->number++;
    }
    return fd;
}

static enum status begin(struct segment_file *f, struct fault *fault)
{
    int fd = create(f, f->name);

    if (fd < 0) {
        f->over = true;
        return failed(f, f->name, "made", fault);
    }
    f->fd = fd;
    f->bytes = 0;
    f->packets = 0;
    f->first_ns = 0;
    f->last_ns = 0;
    f->cut = false;
    f->headless = false;
    f->started = 0;
    f->synced_ns = clock_boot_ns();
    if (!file_sync_names(f->directory))
        return failed(f, "the directory of the segments", "synced", fault);
    return STATUS_OK;
}

static void lose(struct segment_file *f, const struct segment_part *part)
{
    f->counts.lost_packets += part->packets;
    f->counts.lost_bytes += part->blocks.n;
}

static void count_in(struct segment_file *f, const struct segment_part *part, size_t bytes)
{
    f->bytes += bytes;
    f->dirty = true;
    if (part->packets == 0)
        return;
    if (f->packets == 0)
        f->first_ns = part->first_ns;
    f->last_ns = part->last_ns;
    f->packets += part->packets;
    f->unsynced += part->packets;
}

/* Only `done` bytes of the part found room: the segment ends behind its last whole block. */
static void keep_whole(struct segment_file *f, const struct segment_part *part, size_t done)
{
    struct pcapng_whole whole = pcapng_write_whole(bytes_slice(part->blocks, 0, done));
    struct segment_part kept = {
            .packets = whole.packets, .first_ns = whole.first_ns, .last_ns = whole.last_ns};

    if (ftruncate(f->fd, (off_t)(f->bytes + whole.bytes)) != 0 ||
            lseek(f->fd, (off_t)(f->bytes + whole.bytes), SEEK_SET) < 0)
        f->failed = true; /* not to be chained: it is readable up to its last whole block */
    digest_add(f->digest, bytes_slice(part->blocks, 0, whole.bytes));
    count_in(f, &kept, whole.bytes);
    f->counts.lost_packets += part->packets - whole.packets;
    f->counts.lost_bytes += part->blocks.n - part->trailer - whole.bytes;
    f->cut = true;
    f->over = true;
}

static enum status write_body(
        struct segment_file *f, const struct segment_part *part, struct fault *fault)
{
    struct bytes body = bytes_slice(part->blocks, 0, part->blocks.n - part->trailer);
    enum status status = STATUS_OK;
    size_t done = file_write_all(f->fd, body);

    if (done < body.n && is_full(errno)) {
        status = failed(f, f->name, "written", fault);
        if (release(f, SPARE_LEAST))
            done += file_write_all(f->fd, bytes_slice(body, done, body.n));
        if (done < part->head && release(f, 0))
            done += file_write_all(f->fd, bytes_slice(body, done, part->head));
    }
    if (done < body.n) {
        status = failed(f, f->name, "written", fault);
        keep_whole(f, part, done);
        return status;
    }
    digest_add(f->digest, body);
    count_in(f, part, body.n);
    /* What is on its way to the disk already does not keep the next sync waiting. */
    if (f->bytes - f->started >= WRITEBACK) {
        (void)sync_file_range(f->fd, (off_t)f->started, (off_t)(f->bytes - f->started),
                SYNC_FILE_RANGE_WRITE);
        f->started = f->bytes;
    }
    return status;
}

/* The statistics at the end; left out when there is no room for them at all. */
static void write_trailer(struct segment_file *f, struct bytes trailer)
{
    size_t done = file_write_all(f->fd, trailer);

    while (done < trailer.n && is_full(errno) && (release(f, SPARE_LEAST) || release(f, 0)))
        done += file_write_all(f->fd, bytes_slice(trailer, done, trailer.n));
    if (done < trailer.n) {
        f->full = f->full || is_full(errno);
        f->counts.lost_bytes += trailer.n;
        if (ftruncate(f->fd, (off_t)f->bytes) != 0)
            f->failed = true;
        return;
    }
    digest_add(f->digest, trailer);
    f->bytes += trailer.n;
}

static enum status sync_now(struct segment_file *f, struct fault *fault)
{
    if (fdatasync(f->fd) != 0) {
        f->failed = true; /* what reached the disk is not known: never to be chained */
        return failed(f, f->name, "synced", fault);
    }
    f->counts.synced_packets += f->unsynced;
    f->unsynced = 0;
    f->dirty = false;
    f->synced_ns = clock_boot_ns();
    return STATUS_OK;
}

static void write_count(struct json *j, const char *key, struct count count)
{
    if (count.known)
        json_unsigned(j, key, count.n);
    else
        json_null(j, key);
}

static void write_time(struct json *j, const char *key, bool known, int64_t ns)
{
    if (known)
        json_time(j, key, ns);
    else
        json_null(j, key);
}

/* Members of the segment's line; see doc/RECORDING.md. */
static struct bytes make_line(struct segment_file *f, const struct segment_part *part)
{
    uint8_t raw[DIGEST_MOST];
    struct bytes line;
    struct json j;

    digest_finish(f->digest, raw);
    buf_reset(&f->line);
    json_init(&j, &f->line);
    json_object(&j, NULL);
    json_string(&j, "file", f->name);
    json_unsigned(&j, "bytes", f->bytes);
    json_hex(&j, "sha256", bytes_of(raw, SHA256_BYTES));
    json_unsigned(&j, "packets", f->packets);
    write_time(&j, "first_time", f->packets != 0, f->first_ns);
    write_time(&j, "last_time", f->packets != 0, f->last_ns);
    json_time(&j, "time", clock_utc_ns());
    json_integer(&j, "monotonic_ns", clock_boot_ns());
    write_count(&j, "dropped_kernel", part->kernel);
    write_count(&j, "dropped_interface", part->device);
    json_string(&j, "end", segment_end_name(f->full ? SEGMENT_FULL : part->why));
    json_end(&j);
    line = buf_view(&f->line);
    return j.status == STATUS_OK ? bytes_slice(line, 1, line.n - 1) : bytes_of(NULL, 0);
}

/* The line in the chain, with the last room that was set aside if need be. */
static enum status chain(
        struct segment_file *f, const struct segment_part *part, struct fault *fault)
{
    struct bytes line = make_line(f, part);
    struct fault first = {0};
    enum status status = hashed_lines_add(f->chain, line, &first);

    while (status == STATUS_FULL) {
        f->full = true;
        (void)fault_set(fault, first.status, "%s", first.text);
        if (!release(f, SPARE_LEAST) && !release(f, 0))
            return status;
        status = hashed_lines_add(f->chain, line, NULL);
        if (status == STATUS_OK) {
            f->counts.finished++;
            return STATUS_FULL;
        }
    }
    if (status != STATUS_OK) {
        f->failed = true;
        return fault_set(fault, status, "%s", first.text);
    }
    f->counts.finished++;
    return STATUS_OK;
}

static enum status finish(
        struct segment_file *f, const struct segment_part *part, struct fault *fault)
{
    size_t n = part->blocks.n;
    enum status status = STATUS_OK;

    if (f->headless) {
        (void)close(f->fd);
        f->fd = -1;
        f->dirty = false;
        return STATUS_FULL;
    }
    if (!f->failed)
        write_trailer(f, bytes_slice(part->blocks, n - part->trailer, n));
    if (f->failed)
        status = fault_set(fault, STATUS_IO, "%s: cannot be ended in good order", f->name);
    if (status == STATUS_OK)
        status = sync_now(f, fault);
    if (status == STATUS_OK)
        status = chain(f, part, fault);
    (void)close(f->fd);
    f->fd = -1;
    f->dirty = false;
    return status;
}

enum status segment_file_take(
        struct segment_file *f, const struct segment_part *part, struct fault *fault)
{
    enum status status = STATUS_OK, also;

    if (!f->failed && !f->over && part->begins)
        status = begin(f, fault);
    if (f->failed || f->fd < 0) {
        lose(f, part);
        return f->failed ? STATUS_IO : STATUS_FULL;
    }
    if (f->cut) {
        lose(f, part);
        f->counts.lost_bytes -= part->trailer;
        status = STATUS_FULL;
    } else {
        also = write_body(f, part, fault);
        status = status == STATUS_OK ? also : status;
    }
    if (part->ends) {
        also = finish(f, part, fault);
        status = status == STATUS_OK ? also : status;
    }
    if (status == STATUS_OK && f->full)
        status = fault_set(fault, STATUS_FULL, "%s: the disk is full", f->name);
    return f->failed && status == STATUS_OK ? STATUS_IO : status;
}

enum status segment_file_sync(struct segment_file *f, struct fault *fault)
{
    if (f->failed || f->fd < 0 || !f->dirty || clock_boot_ns() - f->synced_ns < SYNC_DUE_NS)
        return STATUS_OK;
    return sync_now(f, fault);
}
