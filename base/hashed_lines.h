/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASHED_LINES_H
#define BASE_HASHED_LINES_H

/*
 * Hash-chained JSON lines (doc/RECORDING.md): {"number":N,"previous":"HEX",…}. Appending opens
 * with O_APPEND and syncs each line; checking needs no file.
 *
 * A chain has one writer: it is locked (flock(2)) while it is open. After opening, adding a line
 * allocates nothing and needs only write, fsync and, when that failed, ftruncate.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fault.h"

enum {
    HASHED_LINE_MOST = 1 << 20, /* bytes of a line with its line feed */
    HASHED_LINES_WAIT_MS = 5000,
};

struct hashed_lines;

/* Opens or makes `name` in the directory and checks what is there. A last line without its line
 * feed (a power cut) is cut off; `*cut` says how many bytes that took. STATUS_INPUT when the
 * chain does not hold: the fault names the line. STATUS_USAGE when another process still writes
 * it HASHED_LINES_WAIT_MS later; STATUS_IO, STATUS_NOMEM. */
MUST_USE enum status hashed_lines_open(int directory, const char *name,
        struct hashed_lines **out, uint64_t *cut, struct fault *fault);
/* `members` are JSON members without braces: "act":"mark","detail":{}. One write, then fsync.
 * On failure the file is as before and the line may be tried again: STATUS_FULL, STATUS_IO;
 * STATUS_USAGE for members that are empty, too long, or have control characters. When not even
 * that could be had, every later call is STATUS_IO; the next open cuts the torn line off. */
MUST_USE enum status hashed_lines_add(
        struct hashed_lines *h, struct bytes members, struct fault *fault);
uint64_t hashed_lines_count(const struct hashed_lines *h);
void hashed_lines_close(struct hashed_lines *h); /* NULL is fine */

/* One step of a check: takes the next line off `rest`. PARSE_DONE: `*line` (without line feed)
 * belongs to the chain; PARSE_MORE: the end, or only a line without its end is left (in `rest`);
 * PARSE_BAD: the chain is broken at line `number` + 1. PARSE_UNSUPPORTED: out of memory. `rest`
 * moves on PARSE_DONE only. Begin with {0}. */
struct hashed_check {
    uint64_t number;            /* lines so far */
    char previous[SHA256_TEXT]; /* of the last line; "" before the first */
};
enum parse hashed_lines_next(
        struct hashed_check *check, struct bytes *rest, struct bytes *line);

#endif
