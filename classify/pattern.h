/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_PATTERN_H
#define CLASSIFY_PATTERN_H

/*
 * Does a URL match a pattern with `*`, `^` and anchors? See rule.h for what they mean.
 *
 * Nothing recurses: the parts between `*` are looked for one after the other, each at the
 * first place where it fits. Such a place never spoils a later part, so the work is at most
 * the product of both lengths.
 */

#include "base/bytes.h"

enum { PATTERN_PADDING = 64 };

struct pattern {
    struct bytes text; /* lower-cased, unless the URL is given as it was written */
    bool host_anchor;
    bool left_anchor;
    bool right_anchor;
};

/* A URL in which the host has been found. Offsets; the host is empty when there is none. */
struct pattern_url {
    struct bytes text;
    size_t host_begin;
    size_t host_end;
};

/* Finds the host: behind `//` and any user information, before port, path, query, fragment. */
struct pattern_url pattern_url_of(struct bytes url);
/* The same, sooner, of a lower-cased URL with PATTERN_PADDING zeros behind it. */
struct pattern_url pattern_url_of_padded(struct bytes url);

MUST_USE bool pattern_matches(const struct pattern *p, const struct pattern_url *url);

/* As pattern_matches for a pattern without `*`, at one place of the URL only. */
MUST_USE bool pattern_matches_at(
        const struct pattern *p, const struct pattern_url *url, size_t at);

#endif
