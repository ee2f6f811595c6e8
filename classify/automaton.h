/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_AUTOMATON_H
#define CLASSIFY_AUTOMATON_H

/*
 * Finds all of many byte strings in one pass over a text of any length: the machine of Aho and
 * Corasick, "Efficient string matching", CACM 18(6), 1975. ASCII letters match in both cases.
 *
 * States are numbered breadth first, so that the children of one stand in a row and a state is
 * AUTOMATON_STATE_BYTES in all. From its root, where ordinary text keeps it nearly always, it
 * jumps over every place whose next bytes begin no pattern, by a table of one bit a hash. A byte
 * costs two steps on average whatever the text: nothing is quadratic but what matches.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct automaton; /* fixed once made; may be shared between threads */

enum {
    AUTOMATON_STATES_MOST = 1 << 22,
    AUTOMATON_STATE_BYTES = 17, /* besides 12 a pattern; while it is made 8 more */
};

/* The patterns are copied. Empty ones match nowhere; the same one twice is found twice.
 * STATUS_USAGE when they need more states, STATUS_NOMEM. */
MUST_USE enum status automaton_new(
        const struct bytes *patterns, size_t n, struct automaton **out);
void automaton_free(struct automaton *a); /* NULL is fine */

/* One text being read. */
struct automaton_scan {
    const struct automaton *a;
    struct bytes piece; /* borrowed until it is read to its end */
    size_t at;          /* in it */
    uint64_t before;    /* bytes of earlier pieces */
    uint32_t state;
    uint32_t ending; /* state whose patterns end here and are still to be told; 0: none */
    uint32_t told;   /* of those */
};

struct automaton_match {
    size_t pattern; /* its index in automaton_new */
    uint64_t end;   /* offset in the text behind its last byte */
};

void automaton_begin(struct automaton_scan *s, const struct automaton *a);
/* Gives the next piece of the text, once automaton_next has no more of the one before. */
void automaton_push(struct automaton_scan *s, struct bytes piece);
/* The matches of all pieces so far, by end, then the longer first, then by pattern. */
MUST_USE bool automaton_next(struct automaton_scan *s, struct automaton_match *out);

#endif
