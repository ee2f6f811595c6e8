/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

/*
 * A recording on the disk (doc/RECORDING.md), finished or broken off: what of it goes into a
 * case, and whether its chain holds.
 */

#include "base/arena.h"
#include "base/gap.h"
#include "cli/case_make.h"

struct recording {
    const char *directory; /* borrowed; all else is in the arena */
    const char **segments; /* paths, in order */
    size_t segment_count;
    const char **broken; /* segments that are no captures: empty, or cut within their heads;
                          * they go along */
    size_t broken_count;
    const char *keys[1];                   /* NULL: there are none */
    const char *subject, *marks, *browser; /* NULL: there is none */
    const char *sockets;      /* NULL likewise, and where the network was the browser's own */
    struct case_along *along; /* everything else */
    size_t along_count;
    struct gap *lacks; /* interruptions, and what is wrong with the chain */
    size_t lack_count, lack_capacity;
    uint64_t chained; /* segments in the chain */
    bool ended;       /* session.json says that it ended in good order */
    bool own_network; /* it says that the browser had a network of its own */
};

/* What the recording of a case to come is called: beside it, and absolute, since the browser is told
 * of files in it. NULL: no memory. */
MUST_USE char *recording_directory(struct arena *arena, const char *target);
/* A directory with raw/ and session.json below it. */
MUST_USE bool recording_is(const char *path);
/* Reads names, checks the chain and hashes the segments. STATUS_INPUT: there is nothing to make
 * a case of. */
MUST_USE enum status recording_read(
        struct arena *arena, const char *directory, struct recording *out, struct fault *fault);
/* Held by a recording as long as it runs: `directory` is a descriptor of it, `name` for the message.
 * STATUS_USAGE: another process holds it. */
MUST_USE enum status recording_lock(int directory, const char *name, struct fault *fault);
/* Makes the case of it (case_maker_run), and enters into its custody log that it was imported,
 * and, if it broke off, that this was found. Waits for a capture process that is just ending;
 * STATUS_USAGE when the recording still runs. What a killed process had made of the same case is
 * removed. `m` may be `fault`'s owner. */
MUST_USE enum status recording_case(
        struct arena *arena, const char *directory, struct case_maker *m, struct fault *fault);
/* Lets `m` make a case of it. A subject or marks of the person's own stay. */
void recording_give(const struct recording *r, struct case_maker *m);

#endif
