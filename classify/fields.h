/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_FIELDS_H
#define CLASSIFY_FIELDS_H

/*
 * The named fields of a request's body: forms (application/x-www-form-urlencoded, WHATWG URL
 * section 5), multipart (RFC 7578) and JSON, whatever the Content-Type claims: beacons send
 * JSON as text/plain.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"

struct field {
    struct bytes name;    /* raw; empty for JSON scalars without a key */
    struct bytes value;   /* raw: as it stands in the body */
    struct bytes decoded; /* percent escapes, "+" or JSON escapes undone */
    size_t off;           /* of value in the body */
};

enum fields_form {
    FIELDS_NONE, /* no form we know: the body is opaque */
    FIELDS_URLENCODED,
    FIELDS_MULTIPART,
    FIELDS_JSON,
};

struct fields {
    enum fields_form form;
    struct field *at; /* in the arena */
    size_t n;
    bool capped; /* there were more than `most` */
};

/* `content_type` with its parameters (the boundary is one). False: no memory. */
MUST_USE bool fields_read(struct arena *arena, struct bytes content_type, struct bytes body,
        size_t most, struct fields *out);

#endif
