/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

/*
 * JSON (RFC 8259) out and in.
 *
 * The writer streams into a buf: fields come out in the order they are written, numbers are
 * integers, so the same facts always give the same bytes. It takes any bytes as text: what is
 * not UTF-8 is read as ISO 8859-1 (RFC 9110 section 5.5), and NUL is written as \u0000, which
 * cJSON's own printer cannot do. The reader is cJSON; this is its one door.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/fault.h"

enum { JSON_DEPTH = 32 };

struct json {
    struct buf *out;    /* borrowed */
    enum status status; /* the first failure; later calls do nothing */
    unsigned depth;
    bool pretty; /* one member a line, two spaces a level; set before the first call */
    bool filled[JSON_DEPTH]; /* this level has a member already */
    bool array[JSON_DEPTH];
};

void json_init(struct json *j, struct buf *out);

/* In an object, `key` names the member; in an array or at the top it must be NULL. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* closes the innermost object or array */
void json_text(struct json *j, const char *key, struct bytes value);
void json_string(struct json *j, const char *key, const char *value); /* NULL writes null */
void json_integer(struct json *j, const char *key, int64_t value);
void json_unsigned(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
/* Nanoseconds since 1970 as RFC 3339 UTC with microseconds. */
void json_time(struct json *j, const char *key, int64_t ns);
void json_hex(struct json *j, const char *key, struct bytes raw);
/* `raw` is JSON already and is written as it is. */
void json_raw(struct json *j, const char *key, struct bytes raw);

enum { TIME_TEXT = 96 };
/* Seconds since 1970: "9999-12-31T23:59:59Z". */
void json_seconds_text(int64_t seconds, char out[TIME_TEXT]);
void json_time_text(int64_t ns, char out[TIME_TEXT]); /* "2026-01-02T03:04:05.678901Z" */

/* A parsed document, or a value inside one. */
struct json_value;

/* Parses one document of at most JSON_DEPTH levels; NULL with `fault` set (line and column)
 * when it is not JSON. Free with json_free. */
struct json_value *json_parse(struct bytes text, struct fault *fault);
void json_free(struct json_value *v);

/* All borrow from the document. NULL or false when `v` is NULL or of another kind. */
const struct json_value *json_member(const struct json_value *object, const char *key);
const struct json_value *json_first(const struct json_value *container);
const struct json_value *json_next(const struct json_value *member);
const char *json_key(const struct json_value *member);
const char *json_string_of(const struct json_value *v);
MUST_USE bool json_integer_of(const struct json_value *v, int64_t *out);
MUST_USE bool json_number_of(const struct json_value *v, double *out);
MUST_USE bool json_is_true(const struct json_value *v);
MUST_USE bool json_is_array(const struct json_value *v);
MUST_USE bool json_is_object(const struct json_value *v);

#endif
