/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/segment.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "capture/live/pcapng_write.h"
#include "capture/live/segment_file.h"

enum {
    CHUNK_FILLED = 1 << 18, /* handed over once it has this much */
    /* What may come on top: one more packet, a head before it and statistics behind it. */
    CHUNK_BYTES = CHUNK_FILLED + PCAPNG_WRITE_HEAD + (int)SEGMENT_SNAPLEN +
                  PCAPNG_WRITE_PACKET + PCAPNG_WRITE_STATISTICS,
    CHUNKS = (int)(SEGMENT_QUEUE / CHUNK_FILLED),
};

/* Set aside for a full disk: all that may wait, a trailer, and a line of the chain. */
#define SPARE_BYTES (2 * SEGMENT_QUEUE)

struct chunk {
    struct chunk *next;
    uint8_t *p; /* CHUNK_BYTES */
    struct segment_part part;
};

struct segments {
    /* Of the thread that hands packets in. */
    int directory; /* borrowed */
    struct buf head;
    uint32_t snaplen;
    uint64_t bytes_most, free_least, total_most;
    int64_t age_most_ns;
    struct chunk *open; /* being filled; NULL: none */
    bool in_segment;
    uint64_t segment_bytes, segment_packets;
    int64_t segment_ns; /* CLOCK_BOOTTIME of its first packet */
    uint64_t earlier;   /* bytes of segments before this run */
    uint64_t packets, bytes;
    int64_t last_ns;
    struct count kernel, device;               /* as of the last tick */
    struct count kernel_stated, device_stated; /* in segments before this one */
    struct fault ended;                        /* nothing more is taken */

    /* Of both, under `lock`. */
    pthread_mutex_t lock;
    pthread_cond_t work, rest;
    struct chunk *first, *last; /* waiting */
    struct chunk *unused;
    bool busy, tick, stop;
    struct fault fault; /* the writer's first */
    struct segment_file_counts counts;

    atomic_bool trouble;       /* `fault` is set */
    struct segment_file *file; /* the writer's alone once it runs */
    pthread_t writer;
    bool runs;
    uint8_t *memory; /* of all chunks */
    struct chunk chunks[CHUNKS];
};

const char *segment_end_name(enum segment_end end)
{
    switch (end) {
    case SEGMENT_SIZE:
        return "size";
    case SEGMENT_AGE:
        return "age";
    case SEGMENT_STOP:
        return "stop";
    case SEGMENT_FULL:
        return "full";
    case SEGMENT_PARENT_GONE:
        return "parent-gone";
    case SEGMENT_DEVICE:
        return "device";
    }
    return "unknown";
}

/* Capabilities are of each thread: one that the others give up later must not stay here. */
static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    (void)syscall(SYS_capset, &head, none);
}

/* The writer's step without the lock; takes and gives it back. */
static void write_one(struct segments *s, struct chunk *c)
{
    struct fault fault = {0};
    enum status status = STATUS_OK;

    (void)pthread_mutex_unlock(&s->lock);
    if (c != NULL)
        status = segment_file_take(s->file, &c->part, &fault);
    if (status == STATUS_OK)
        status = segment_file_sync(s->file, &fault);
    (void)pthread_mutex_lock(&s->lock);
    s->counts = segment_file_counts(s->file);
    if (c != NULL) { /* the one used last is the one still in the processor's cache */
        c->next = s->unused;
        s->unused = c;
    }
    if (status != STATUS_OK) {
        (void)fault_set(&s->fault, status, "%s", fault.text);
        atomic_store(&s->trouble, true);
    }
}

static void *writer_run(void *context)
{
    struct segments *s = context;

    drop_capabilities();
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        struct chunk *c = s->first;

        if (c == NULL && !s->tick) {
            s->busy = false;
            (void)pthread_cond_signal(&s->rest);
            if (s->stop)
                break;
            (void)pthread_cond_wait(&s->work, &s->lock);
            continue;
        }
        s->busy = true;
        s->tick = false;
        if (c != NULL)
            s->first = c->next;
        write_one(s, c);
        (void)pthread_cond_signal(&s->rest);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Hands the open chunk over; without one, only wakes the writer for its sync. When there is no
 * hurry, a writer that is behind is not given a chunk of its own for each little piece. */
static void hand_over(struct segments *s, bool hurry)
{
    (void)pthread_mutex_lock(&s->lock);
    if (s->open != NULL && (hurry || s->first == NULL)) {
        s->open->next = NULL;
        if (s->first == NULL)
            s->first = s->open;
        else
            s->last->next = s->open;
        s->last = s->open;
        s->open = NULL;
    }
    s->tick = true;
    s->busy = true;
    (void)pthread_cond_signal(&s->work);
    (void)pthread_mutex_unlock(&s->lock);
}

/* The chunk to fill; waits for one when all are on their way to the disk. */
static struct chunk *opened(struct segments *s)
{
    struct chunk *c;

    if (s->open != NULL)
        return s->open;
    (void)pthread_mutex_lock(&s->lock);
    while (s->unused == NULL)
        (void)pthread_cond_wait(&s->rest, &s->lock);
    c = s->unused;
    s->unused = c->next;
    (void)pthread_mutex_unlock(&s->lock);
    c->part = (struct segment_part){.blocks = bytes_of(c->p, 0)};
    s->open = c;
    return c;
}

static void drain(struct segments *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->busy || s->first != NULL)
        (void)pthread_cond_wait(&s->rest, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

static void grow(struct segments *s, struct chunk *c, size_t n)
{
    c->part.blocks.n += n;
    s->segment_bytes += n;
    s->bytes += n;
}

static void begin_segment(struct segments *s)
{
    struct chunk *c = opened(s);

    s->in_segment = true;
    s->segment_bytes = 0;
    s->segment_packets = 0;
    c->part.begins = true;
    c->part.head = s->head.n;
    memcpy(c->p + c->part.blocks.n, s->head.p, s->head.n);
    grow(s, c, s->head.n);
}

/* What of a total belongs to this segment; a counter that began anew counts from there. */
static struct count since(struct count total, struct count *stated)
{
    struct count part = total;

    if (total.known && stated->known && total.n >= stated->n)
        part.n = total.n - stated->n;
    if (total.known)
        *stated = total;
    return part;
}

static void end_segment(struct segments *s, enum segment_end why)
{
    struct chunk *c = opened(s);
    struct count kernel = since(s->kernel, &s->kernel_stated);
    struct count device = since(s->device, &s->device_stated);
    size_t n = pcapng_write_statistics(clock_utc_ns(), kernel, device, c->p + c->part.blocks.n);

    grow(s, c, n);
    c->part.trailer = n;
    c->part.ends = true;
    c->part.why = why;
    c->part.kernel = s->kernel;
    c->part.device = s->device;
    s->in_segment = false;
    hand_over(s, true);
}

/* The same answer to every further call. */
static enum status again(const struct segments *s, struct fault *fault)
{
    return fault_set(fault, s->ended.status, "%s", s->ended.text);
}

/* The disk is full, or worse: ends in as good order as can be. */
static enum status give_up(struct segments *s, struct fault *fault)
{
    if (s->in_segment)
        end_segment(s, SEGMENT_FULL);
    drain(s);
    (void)pthread_mutex_lock(&s->lock);
    if (s->fault.status != STATUS_OK) /* the writer's own reason tells more */
        s->ended = s->fault;
    (void)pthread_mutex_unlock(&s->lock);
    return again(s, fault);
}

static bool has_room(const struct segments *s, size_t more)
{
    uint64_t needed = s->earlier + s->bytes + more + PCAPNG_WRITE_STATISTICS;

    return s->total_most == 0 || needed <= s->total_most;
}

enum status segments_packet(struct segments *s, int64_t time_ns, uint32_t wire_len,
        struct bytes data, struct fault *fault)
{
    struct chunk *c;
    size_t n;

    if (s->ended.status != STATUS_OK)
        return again(s, fault);
    if (atomic_load_explicit(&s->trouble, memory_order_relaxed))
        return give_up(s, fault);
    if (data.n > s->snaplen)
        data.n = s->snaplen;
    n = pcapng_write_packet_bytes(data.n);
    if (!has_room(s, s->in_segment ? n : n + s->head.n)) {
        (void)fault_set(&s->ended, STATUS_FULL,
                "the segments have reached the most that they may take together");
        return give_up(s, fault);
    }
    if (!s->in_segment)
        begin_segment(s);
    c = opened(s);
    pcapng_write_packet(time_ns, wire_len, data, c->p + c->part.blocks.n);
    grow(s, c, n);
    s->last_ns = time_ns < 0 ? 0 : time_ns;
    if (c->part.packets++ == 0)
        c->part.first_ns = s->last_ns;
    c->part.last_ns = s->last_ns;
    if (s->segment_packets++ == 0)
        s->segment_ns = clock_boot_ns();
    s->packets++;
    if (s->segment_bytes > s->bytes_most)
        end_segment(s, SEGMENT_SIZE);
    else if (c->part.blocks.n >= CHUNK_FILLED)
        hand_over(s, true);
    return STATUS_OK;
}

enum status segments_tick(
        struct segments *s, struct count kernel, struct count device, struct fault *fault)
{
    struct statvfs disk;

    if (s->ended.status != STATUS_OK)
        return again(s, fault);
    s->kernel = kernel;
    s->device = device;
    if (atomic_load(&s->trouble))
        return give_up(s, fault);
    if (fstatvfs(s->directory, &disk) == 0 &&
            (uint64_t)disk.f_bavail * disk.f_frsize < s->free_least) {
        (void)fault_set(&s->ended, STATUS_FULL,
                "less than %llu MiB of the disk are free, which are to be left so",
                (unsigned long long)(s->free_least >> 20));
        return give_up(s, fault);
    }
    if (!s->in_segment && has_room(s, s->head.n))
        begin_segment(s);
    if (s->in_segment && s->segment_packets != 0 &&
            clock_boot_ns() - s->segment_ns > s->age_most_ns)
        end_segment(s, SEGMENT_AGE);
    else
        hand_over(s, false);
    return STATUS_OK;
}

enum status segments_end(struct segments *s, enum segment_end why, struct count kernel,
        struct count device, struct fault *fault)
{
    if (s->ended.status != STATUS_OK)
        return again(s, fault);
    s->kernel = kernel;
    s->device = device;
    if (s->in_segment)
        end_segment(s, why);
    drain(s);
    if (atomic_load(&s->trouble))
        return give_up(s, fault);
    (void)fault_set(&s->ended, STATUS_USAGE, "the last segment was ended already");
    return STATUS_OK;
}

struct segments_counts segments_counts(const struct segments *s)
{
    struct segments *shared = (struct segments *)(uintptr_t)s; /* only its lock changes */
    struct segments_counts out = {.last_ns = s->last_ns};
    struct segment_file_counts written;

    (void)pthread_mutex_lock(&shared->lock);
    written = s->counts;
    (void)pthread_mutex_unlock(&shared->lock);
    out.packets = s->packets - written.lost_packets;
    out.bytes = s->bytes - written.lost_bytes;
    out.finished = written.finished;
    out.synced_packets = written.synced_packets;
    return out;
}

static enum status make_head(
        struct segments *s, const struct segments_setup *setup, struct fault *fault)
{
    struct pcapng_head head = {.comment = setup->comment,
            .application = "exhibit " EXHIBIT_VERSION,
            .device = setup->device,
            .link = (uint16_t)setup->link,
            .snaplen = s->snaplen};
    struct utsname machine;
    char os[sizeof(machine)];

    if (setup->link > UINT16_MAX)
        return fault_set(fault, STATUS_USAGE, "%s: link type %u does not fit a capture file",
                setup->device, setup->link);
    if (uname(&machine) == 0) {
        (void)snprintf(
                os, sizeof(os), "%s %s %s", machine.sysname, machine.release, machine.version);
        head.os = os;
        head.hardware = machine.machine;
    }
    buf_init(&s->head, PCAPNG_WRITE_HEAD);
    return pcapng_write_head(&head, &s->head) == STATUS_OK
                   ? STATUS_OK
                   : fault_set(fault, STATUS_NOMEM, "out of memory");
}

/* Signals are for the threads that expect them; the writer is not to be ended by a file size
 * limit (SIGXFSZ) either, but to meet EFBIG. */
static enum status start_writer(struct segments *s, struct fault *fault)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&s->writer, NULL, writer_run, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return fault_set(fault, error == EAGAIN || error == ENOMEM ? STATUS_NOMEM : STATUS_IO,
                "no thread can be made to write the segments: %s", strerror(error));
    s->runs = true;
    return STATUS_OK;
}

static enum status prepare(
        struct segments *s, const struct segments_setup *setup, struct fault *fault)
{
    enum status status;

    s->directory = setup->directory;
    s->snaplen = setup->snaplen == 0 || setup->snaplen > SEGMENT_SNAPLEN ? SEGMENT_SNAPLEN
                                                                         : setup->snaplen;
    s->bytes_most = setup->bytes_most == 0 ? SEGMENT_BYTES : setup->bytes_most;
    s->age_most_ns = setup->age_most_ns == 0 ? SEGMENT_AGE_NS : setup->age_most_ns;
    s->free_least = setup->free_least == 0 ? SEGMENT_FREE : setup->free_least;
    s->total_most = setup->total_most;
    s->memory = malloc((size_t)CHUNKS * CHUNK_BYTES);
    if (s->memory == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    for (size_t i = CHUNKS; i-- > 0;) {
        s->chunks[i].p = s->memory + i * CHUNK_BYTES;
        s->chunks[i].next = s->unused;
        s->unused = &s->chunks[i];
    }
    status = make_head(s, setup, fault);
    if (status == STATUS_OK)
        status = segment_file_new(setup->directory, SPARE_BYTES, &s->file, &s->earlier, fault);
    if (status == STATUS_OK)
        s->counts = segment_file_counts(s->file);
    return status == STATUS_OK ? start_writer(s, fault) : status;
}

enum status segments_new(
        const struct segments_setup *setup, struct segments **out, struct fault *fault)
{
    struct segments *s = calloc(1, sizeof(*s));
    enum status status;

    if (s == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->work, NULL);
    (void)pthread_cond_init(&s->rest, NULL);
    atomic_init(&s->trouble, false);
    status = prepare(s, setup, fault);
    if (status != STATUS_OK) {
        segments_free(s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void segments_free(struct segments *s)
{
    if (s == NULL)
        return;
    if (s->runs) {
        hand_over(s, true);
        (void)pthread_mutex_lock(&s->lock);
        s->stop = true;
        (void)pthread_cond_signal(&s->work);
        (void)pthread_mutex_unlock(&s->lock);
        (void)pthread_join(s->writer, NULL);
    }
    (void)pthread_cond_destroy(&s->rest);
    (void)pthread_cond_destroy(&s->work);
    (void)pthread_mutex_destroy(&s->lock);
    segment_file_free(s->file);
    buf_clear(&s->head);
    free(s->memory);
    free(s);
}
