/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/live/segment_name.h"
#include "capture/packet/source.h"

struct follow {
    char *directory; /* owned */
    int fd;          /* of the directory */
    char *path;      /* owned; room for the path of a segment */
    size_t path_room;
    bool finished;         /* the writer is done */
    struct timespec seen;  /* when the directory had changed last, as of the last reading */
    uint32_t number;       /* of the segment being read; 0: none yet */
    uint32_t next;         /* the one behind it; 0: none known */
    uint32_t files;        /* begun so far */
    struct source *source; /* NULL: to be opened, if `pending` */
    bool pending;          /* the segment `number` was named, and is not opened yet */
    bool over;             /* nobody writes it any more */
    uint64_t packets;
    struct gap gap;
    struct fault failed;
    char name[SEGMENT_NAME];
};

enum status follow_open(const char *directory, struct follow **out, struct fault *fault)
{
    struct follow *f = calloc(1, sizeof(*f));
    size_t n = strlen(directory) + 1;
    enum status status = STATUS_OK;

    if (f == NULL)
        return fault_set(fault, STATUS_NOMEM, "out of memory");
    f->fd = -1;
    f->path_room = n + SEGMENT_NAME;
    f->directory = malloc(n);
    f->path = malloc(f->path_room);
    if (f->directory == NULL || f->path == NULL) {
        status = fault_set(fault, STATUS_NOMEM, "out of memory");
    } else {
        memcpy(f->directory, directory, n);
        f->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (f->fd < 0)
            status = fault_set(
                    fault, STATUS_IO, "%s: cannot be opened: %s", directory, strerror(errno));
    }
    if (status != STATUS_OK) {
        follow_close(f);
        return status;
    }
    *out = f;
    return STATUS_OK;
}

void follow_close(struct follow *f)
{
    if (f == NULL)
        return;
    source_close(f->source);
    if (f->fd >= 0)
        (void)close(f->fd);
    free(f->path);
    free(f->directory);
    free(f);
}

void follow_finish(struct follow *f)
{
    f->finished = true;
}

static enum follow_found failed(struct follow *f, struct fault *fault)
{
    (void)fault_set(fault, f->failed.status, "%s", f->failed.text);
    return FOLLOW_FAILED;
}

/* Looks for the segment behind this one. A directory is read when it has changed, for numbers
 * that were left out; the usual next one is asked for by name. False on failure. */
static bool look_ahead(struct follow *f)
{
    struct segment_names names;
    char name[SEGMENT_NAME];
    struct stat st;

    if (f->next != 0)
        return true;
    if (f->number < SEGMENT_NUMBER_MOST) {
        segment_name(f->number + 1, name);
        if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
            f->next = f->number + 1;
            return true;
        }
    }
    if (fstat(f->fd, &st) != 0)
        st.st_mtim = (struct timespec){0};
    else if (!f->finished && f->seen.tv_sec == st.st_mtim.tv_sec &&
             f->seen.tv_nsec == st.st_mtim.tv_nsec)
        return true;
    if (!segment_names_read(f->fd, f->number, &names)) {
        fault_set(
                &f->failed, STATUS_IO, "%s: cannot be read: %s", f->directory, strerror(errno));
        return false;
    }
    f->seen = st.st_mtim;
    f->next = names.next;
    return true;
}

/* A segment that cannot be read at all. */
static enum follow_found no_capture(struct follow *f)
{
    struct stat st;
    uint64_t bytes = 0;

    if (fstatat(f->fd, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0)
        bytes = (uint64_t)st.st_size;
    f->pending = false;
    f->gap = (struct gap){.why = bytes == 0 ? GAP_CUT : GAP_BAD,
            .layer = LAYER_FILE,
            .len = bytes == 0 ? 1 : bytes,
            .first_packet = f->packets,
            .last_packet = f->packets,
            .detail = bytes == 0 ? "a segment was begun and nothing written"
                                 : "a segment is no pcapng file"};
    return FOLLOW_GAP;
}

/* Opens the segment that was named. FOLLOW_WAIT: its header is not there yet; FOLLOW_FILE: go
 * on. */
static enum follow_found open_segment(struct follow *f, struct fault *fault)
{
    struct fault why = {0};
    enum status status;

    (void)snprintf(f->path, f->path_room, "%s/%s", f->directory, f->name);
    status = source_follow(f->path, &f->source, &why);
    if (status == STATUS_INPUT)
        return f->over ? no_capture(f) : FOLLOW_WAIT;
    if (status != STATUS_OK) {
        f->failed = why;
        return failed(f, fault);
    }
    f->pending = false;
    source_place(f->source, f->files - 1, f->packets);
    if (f->over)
        source_unfollow(f->source);
    return FOLLOW_FILE;
}

/* The segment before is read to its end: the next one, if there is one. */
static enum follow_found begin_next(struct follow *f)
{
    if (f->next == 0)
        return f->finished ? FOLLOW_END : FOLLOW_WAIT;
    f->number = f->next;
    f->next = 0;
    f->files++;
    f->pending = true;
    f->over = false;
    segment_name(f->number, f->name);
    return FOLLOW_FILE;
}

/* Nothing more stands in the segment yet. FOLLOW_FILE: go on. */
static enum follow_found at_end(struct follow *f, struct fault *fault)
{
    if (f->over) {
        source_close(f->source);
        f->source = NULL;
        return FOLLOW_FILE;
    }
    if (!look_ahead(f))
        return failed(f, fault);
    if (f->next == 0 && !f->finished)
        return FOLLOW_WAIT;
    f->over = true; /* it is read once more: what came before its end was known may be new */
    if (f->source != NULL)
        source_unfollow(f->source);
    return FOLLOW_FILE;
}

static enum follow_found read_on(struct follow *f, struct packet *packet, struct fault *fault)
{
    switch (source_next(f->source, packet, &f->failed)) {
    case SOURCE_PACKET:
        f->packets = source_last_number(f->source);
        return FOLLOW_PACKET;
    case SOURCE_GAP:
        f->packets = source_last_number(f->source);
        f->gap = *source_gap(f->source);
        return FOLLOW_GAP;
    case SOURCE_SECRETS: /* ours hold none; and keys come from elsewhere */
        return FOLLOW_FILE;
    case SOURCE_END:
        f->packets = source_last_number(f->source);
        return at_end(f, fault);
    case SOURCE_FAILED:
        break;
    }
    return failed(f, fault);
}

enum follow_found follow_next(struct follow *f, struct packet *packet, struct fault *fault)
{
    enum follow_found found;

    if (f->failed.status != STATUS_OK)
        return failed(f, fault);
    do {
        if (f->source != NULL) {
            found = read_on(f, packet, fault);
        } else if (f->pending) {
            found = open_segment(f, fault);
            if (found == FOLLOW_WAIT)
                found = at_end(f, fault);
        } else if (look_ahead(f)) {
            return begin_next(f);
        } else {
            return failed(f, fault);
        }
    } while (found == FOLLOW_FILE);
    return found;
}

const struct gap *follow_gap(const struct follow *f)
{
    return &f->gap;
}

const char *follow_file(const struct follow *f)
{
    return f->name;
}

uint64_t follow_packets(const struct follow *f)
{
    return f->packets;
}
