/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MASK_H
#define REPORT_MASK_H

/*
 * Finds credentials in text that is about to be shown, so that they are not. The set holds
 * only SHA-256 digests: a case names a credential by its digest, never by its value.
 *
 * A stretch of text counts as a value when it begins at the start of the text or behind a
 * separator (of headers, cookies, URLs, forms, JSON) and ends before one or at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"

enum {
    MASK_VALUES_MOST = 1 << 20,
    MASK_SHORTEST = 3,    /* bytes; shorter values are not looked for in running text */
    MASK_LONGEST = 16384, /* likewise longer ones */
};

struct mask {
    uint8_t (*digests)[SHA256_BYTES]; /* owned; sorted once sealed */
    size_t n, capacity;
    bool lengths_known; /* every value was added with its length */
    uint8_t lengths[(MASK_LONGEST + 7) / 8 + 1];
};

void mask_init(struct mask *m);
void mask_clear(struct mask *m);
/* STATUS_NOMEM; STATUS_USAGE past MASK_VALUES_MOST. */
MUST_USE enum status mask_add_value(struct mask *m, struct bytes value);
MUST_USE enum status mask_add_digest(struct mask *m, const uint8_t sha256[SHA256_BYTES]);
void mask_seal(struct mask *m); /* call once, before asking */

/* The first such stretch [*begin, *end) at or behind `from`; false when there is none. */
MUST_USE bool mask_next(
        const struct mask *m, struct bytes text, size_t from, size_t *begin, size_t *end);

enum { MASK_TEXT = 64 };
/* What stands in its place: "[24 bytes, sha256 1f3a…]". False when out of memory. */
MUST_USE bool mask_text(struct bytes value, char out[MASK_TEXT]);

#endif
