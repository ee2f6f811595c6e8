/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_READ_H
#define REPORT_COMPARE_READ_H

/*
 * Takes back in what lines.h wrote, as far as comparing cases needs it. A case may come from
 * anybody: whatever is not as doc/formats.md has it makes the line unreadable, nothing else.
 */

#include "base/arena.h"
#include "classify/compare.h"

/* Reads one line of items.jsonl; copies what it keeps. False when it is no item, or memory ran
 * out; `*nomem` tells which. */
MUST_USE bool compare_read_item(
        struct arena *arena, struct bytes line, struct compare_item *out, bool *nomem);

/* One line of exchanges.jsonl; texts are in the arena. */
struct compare_exchange {
    struct bytes id, site, page_site; /* page_site: empty unknown */
    int64_t time_ns;
    bool complete;
    uint64_t body_bytes; /* of its response, decoded; 0: none */
    uint64_t body_kept;
    bool body_media; /* an image, a font, sound or film: no text to look through */
    char body_sha256[SHA256_TEXT]; /* "" when there is none */
};

MUST_USE bool compare_read_exchange(
        struct arena *arena, struct bytes line, struct compare_exchange *out, bool *nomem);

/* "2026-01-02T03:04:05.678901Z", the fraction of any length or none. */
MUST_USE bool compare_read_time(struct bytes text, int64_t *ns);
/* "digest  name" of manifest-sha256.txt (RFC 8493 section 2.1.3). Both borrow. */
MUST_USE bool compare_read_manifest(
        struct bytes line, struct bytes *sha256, struct bytes *name);

#endif
