/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SUFFIX_H
#define CLASSIFY_SUFFIX_H

/*
 * The parents of a host: what stands behind each of its dots, and the host itself. Rules that
 * name a host hold for all hosts below it, so a request is looked up under each of these.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    SUFFIXES_MOST = 128,   /* labels of a host; RFC 1035 allows 127 */
    SUFFIXES_PADDING = 64, /* bytes that can be read behind the host */
};

struct suffixes {
    size_t n;
    struct suffix {
        uint64_t hash;     /* token_hash */
        struct bytes text; /* borrows from the host */
    } at[SUFFIXES_MOST];   /* the shortest first; empty behind a dot at the end */
};

/* Of a host with more labels than SUFFIXES_MOST, the shortest ones. One that starts with a dot
 * is not its own parent. */
void suffixes_fill(struct suffixes *s, struct bytes host);

#endif
