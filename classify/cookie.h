/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_COOKIE_H
#define CLASSIFY_COOKIE_H

/*
 * The Cookie and Set-Cookie header fields as browsers read them (RFC 6265 sections 4.2 and
 * 5.2). Views borrow from the field's value; nothing is decoded.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct cookie {
    struct bytes name;  /* empty for a pair without "=" */
    struct bytes value; /* quotes included, as sent */
};

/* The next pair of a Cookie field; `rest` starts as the whole value. False at the end. */
MUST_USE bool cookie_next(struct bytes *rest, struct cookie *out);

struct set_cookie {
    struct bytes name, value;
    struct bytes attributes; /* what stands behind the first ';', trimmed */
    struct bytes domain;     /* without a leading dot; empty: the host alone */
    struct bytes path;       /* empty: the default path */
    struct bytes same_site;
    bool secure, http_only, partitioned;
    bool has_max_age, has_expires;
    int64_t max_age_s;
    int64_t expires_s; /* since 1970 UTC */
};

/* False when a browser would ignore the field: it has neither name nor value. */
MUST_USE bool cookie_parse_set(struct bytes field, struct set_cookie *out);

/* Seconds the cookie is to live when it was set at `now_s`: Max-Age before Expires; 0 for a
 * session cookie; negative ages mean that it is being deleted and count as -1. */
int64_t cookie_lifetime(const struct set_cookie *c, int64_t now_s);

/* A date as browsers read it in Expires, RFC 6265 section 5.1.1; false when it is none. */
MUST_USE bool cookie_date(struct bytes text, int64_t *seconds);

#endif
