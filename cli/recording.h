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
    const char *keys[1];                   /* NULL: there are none */
    const char *subject, *marks, *browser; /* NULL: there is none */
    struct case_along *along;              /* everything else */
    size_t along_count;
    struct gap *lacks; /* what is wrong with the chain */
    size_t lack_count;
    uint64_t chained; /* segments in the chain */
    bool ended;       /* session.json says that it ended in good order */
};

/* A directory with raw/ and session.json below it. */
MUST_USE bool recording_is(const char *path);
/* Reads names, checks the chain and hashes the segments. STATUS_INPUT: there is nothing to make
 * a case of. */
MUST_USE enum status recording_read(
        struct arena *arena, const char *directory, struct recording *out, struct fault *fault);
/* Makes the case of it (case_maker_run), and enters into its custody log that it was imported,
 * and, if it broke off, that this was found. */
MUST_USE enum status recording_case(
        struct arena *arena, const char *directory, struct case_maker *m, struct fault *fault);
/* Lets `m` make a case of it. A subject or marks of the person's own stay. */
void recording_give(const struct recording *r, struct case_maker *m);

#endif
