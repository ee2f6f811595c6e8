/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CASE_READ_H
#define CLI_CASE_READ_H

/*
 * Reads what a case states: lines and documents of data/findings/, bodies of data/bodies/. A
 * case may come from anybody: lengths are capped and names are checked.
 */

#include <stdio.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

enum {
    CASE_LINE_MOST = 64 << 20,      /* bytes of one line */
    CASE_DOCUMENT_MOST = 256 << 20, /* bytes of a document that is read whole */
    CASE_PATH_MOST = 4096,
};

/* STATUS_INPUT when `directory` has no data/findings/: it is no case. */
MUST_USE enum status case_check(const char *directory, struct fault *fault);

/* Lines of a file, one after the other. */
struct case_lines {
    FILE *file;
    const char *directory, *name;
    char *line; /* owned */
    size_t capacity;
};

MUST_USE enum status case_lines_open(
        struct case_lines *l, const char *directory, const char *name, struct fault *fault);
/* The next line without its line feed; false at the end, or with `*status` on failure. */
MUST_USE bool case_lines_next(
        struct case_lines *l, struct bytes *line, enum status *status, struct fault *fault);
void case_lines_close(struct case_lines *l);

/* The object with that "id" in a file of lines: its text in `line`, parsed in `*out` (free with
 * json_free). STATUS_INPUT when there is none. */
MUST_USE enum status case_find(const char *directory, const char *name, const char *id,
        struct buf *line, struct json_value **out, struct fault *fault);
/* A whole document; its text in `text`. */
MUST_USE enum status case_document(const char *directory, const char *name, struct buf *text,
        struct json_value **out, struct fault *fault);
/* At most `most` bytes of a kept body from `from` on; false when it was not kept. */
MUST_USE bool case_body(
        const char *directory, const char *sha256, size_t from, size_t most, struct buf *out);

#endif
