/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAPTURE_LIVE_DEVTOOLS_SCAN_H
#define CAPTURE_LIVE_DEVTOOLS_SCAN_H

/*
 * Finds values in a browser's JSON (RFC 8259) without building a tree: messages are large, some are
 * nested deeper than base/json reads, and of most one member matters. Everything borrows
 * from the text. Numbers with fractions are read by base/json.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { SCAN_DEPTH = 1024 }; /* brackets inside brackets; a value beyond is no value */

/* Takes white space and one value off `in`; false, with `in` unchanged, when it is none by the
 * grammar of RFC 8259 (texts are not checked to be UTF-8). */
MUST_USE bool scan_take(struct bytes *in, struct bytes *value);
/* `text` is one value and white space around it. */
MUST_USE bool scan_is_whole(struct bytes text);

/* Members of an object or elements of an array, one by one. */
struct scan {
    struct bytes rest;
    bool object, begun, ended, broken;
};
void scan_begin(struct scan *s, struct bytes container); /* of anything else: no members */
/* `key` (without quotes, not unescaped) may be NULL. False at the end, or when broken. */
MUST_USE bool scan_next(struct scan *s, struct bytes *key, struct bytes *value);

/* The first member with this name; false when there is none. Names with escapes are not found. */
MUST_USE bool scan_member(struct bytes object, const char *name, struct bytes *value);
/* Likewise down a path of names with dots between: "request.url". */
MUST_USE bool scan_path(struct bytes object, const char *path, struct bytes *value);

/* A string at `path`, unescaped; owned by the caller. NULL: not there, no string, longer than
 * `most` bytes, or out of memory (*nomem is set then, and never cleared; it may be NULL). */
char *scan_text(struct bytes object, const char *path, size_t most, bool *nomem);
/* Whether the string at `path` is these bytes; escapes in it are not undone. */
MUST_USE bool scan_is(struct bytes object, const char *path, const char *text);
MUST_USE bool scan_true(struct bytes object, const char *path);
MUST_USE bool scan_number(struct bytes object, const char *path, double *out);
/* Of a value itself. A number without fraction; no exponent. */
MUST_USE bool scan_integer(struct bytes value, int64_t *out);
char *scan_string(struct bytes value, size_t most, bool *nomem);
/* The bytes that a string stands for; `out` has room for value.n. NUL is a byte like others,
 * half a surrogate pair becomes U+FFFD. False: no string, or an escape that is none. */
MUST_USE bool scan_unescape(struct bytes value, uint8_t *out, size_t *length);

#endif
