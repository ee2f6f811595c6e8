/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_VERIFY_H
#define REPORT_VERIFY_H

/*
 * Checks a case against its own manifests (RFC 8493 section 3) and names every fault, not just
 * the first: a missing, extra or changed file, a manifest that lists what it must not. Of a
 * recording the chains are checked too.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum verify_kind {
    VERIFY_MISSING,    /* listed, but not there */
    VERIFY_EXTRA,      /* there, but not listed */
    VERIFY_CHANGED,    /* its digest differs */
    VERIFY_UNREADABLE, /* could not be read, so nothing is known about it */
    VERIFY_LIST,       /* a manifest or tag file is malformed or disagrees with another one */
    VERIFY_DIFFERS,    /* re-derived from the packets, it comes out different */
};

struct verify_fault {
    enum verify_kind kind;
    char *path;   /* owned; relative to the case */
    char *detail; /* owned; one English sentence */
};

/* What was checked of the recording that a case was made of (verify_recording.h). */
struct verify_recorded {
    bool is;                    /* the case is of a recording */
    bool interrupted;           /* session.json or the custody log says that it broke off */
    bool chained, logged;       /* the chain of segments, and that of the custody log, hold */
    uint64_t segments;          /* that are there */
    uint64_t acts, screenshots; /* lines of the custody log and of screens.jsonl */
    char **open;                /* owned: segments that no line of the chain is of */
    size_t open_count;
};

struct verify {
    struct verify_fault *faults; /* owned; in the order of paths within each manifest */
    size_t n, capacity;
    uint64_t files; /* payload files that were compared */
    uint64_t bytes; /* of them */
    struct verify_recorded recorded;
};

enum { VERIFY_FAULTS_MOST = 100000 };

const char *verify_kind_name(enum verify_kind kind); /* "missing", "extra", … */

/* Checks the case at `path`. STATUS_INPUT when it is no case at all; faults found are no
 * failure: v->n counts them. */
MUST_USE enum status verify_case(const char *path, struct verify *v, struct fault *fault);
/* Adds one fault; texts are copied. */
MUST_USE enum status verify_add(
        struct verify *v, enum verify_kind kind, const char *path, const char *detail);
void verify_clear(struct verify *v);

#endif
