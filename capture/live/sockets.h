/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_SOCKETS_H
#define CAPTURE_LIVE_SOCKETS_H

/*
 * Which TCP and UDP endpoints belong to the browser, and which to the joiner of its network:
 * looked up in /proc (proc(5)) some times a second and entered in a file of lines, so that
 * the case can tell the browser's connections from other programs', and name the source ports
 * that servers saw.
 *
 *   {"time":"…","of":"browser","state":"first","pid":N,"protocol":"tcp","local":"192.0.2.7:50312","remote":"203.0.113.9:443"}
 *
 * "first": seen for the first time; "last": when it was last seen, written once it is gone or at the
 * end; "full": SOCKETS_MOST are known, later ones are not entered. A socket that lives shorter
 * than the time between two samples may be missed. An IPv6 address is written in brackets. A UDP
 * socket without a peer has the remote "*".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/fault.h"

enum sockets_of {
    SOCKETS_BROWSER, /* the process and all that descend from it */
    SOCKETS_JOINER,  /* the process alone: its sockets outside */
};

enum {
    SOCKETS_MOST = 65536,  /* endpoints in one file */
    SOCKETS_TREE = 4096,   /* processes of one tree */
    SOCKETS_ENDPOINT = 64, /* characters of "[address]:port", with NUL */
};

struct sockets;

struct sockets_counts {
    uint64_t seen;       /* endpoints so far */
    uint64_t now;        /* in the last sample */
    uint64_t processes;  /* in the last sample */
    uint64_t unreadable; /* processes whose descriptors we may not list, in the last sample */
    bool full;
};

/* Appends to `name` in the directory, mode 0600. */
MUST_USE enum status sockets_open(
        int directory, const char *name, struct sockets **out, struct fault *fault);
/* One look; call it three or four times a second. A process that is gone is no failure.
 * `now_ns`: CLOCK_REALTIME, nanoseconds since 1970. */
MUST_USE enum status sockets_sample(
        struct sockets *s, enum sockets_of of, pid_t pid, int64_t now_ns, struct fault *fault);
struct sockets_counts sockets_counts(const struct sockets *s, enum sockets_of of);
/* Writes the "last" lines that are due and syncs the file. */
MUST_USE enum status sockets_end(struct sockets *s, struct fault *fault);
void sockets_free(struct sockets *s); /* NULL is fine; writes nothing more */

/* One line of /proc/net/{tcp,tcp6,udp,udp6}; false for the heading and for what is malformed.
 * A port of 0 at the other end makes the remote "*". */
struct sockets_row {
    uint64_t inode;
    char local[SOCKETS_ENDPOINT], remote[SOCKETS_ENDPOINT];
};
MUST_USE bool sockets_row_read(struct bytes line, struct sockets_row *out);

#endif
