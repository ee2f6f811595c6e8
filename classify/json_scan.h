/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_JSON_SCAN_H
#define CLASSIFY_JSON_SCAN_H

/*
 * The scalars of a JSON text one after the other, each with the key it stands under and the
 * bytes it stands in. Unlike a parser it keeps numbers as they were written (an identifier of
 * 19 digits does not survive a double), allocates nothing, does not care how deep the text is
 * nested, and gives what stands before the place where the text is broken or cut.
 */

#include <stdbool.h>

#include "base/bytes.h"

enum json_scalar {
    JSON_SCALAR_STRING, /* `raw` is what stands between the quotes, escapes and all */
    JSON_SCALAR_NUMBER,
    JSON_SCALAR_WORD, /* true, false, null */
};

struct json_scan {
    struct bytes text; /* the whole, borrowed */
    size_t at;
    struct bytes key; /* raw, of the innermost object member begun; empty in an array */
    bool broken;      /* met something that is not JSON: nothing more will come */
};

struct json_found {
    enum json_scalar kind;
    struct bytes key; /* raw, without quotes */
    struct bytes raw;
    size_t off; /* of raw in the text */
};

/* True when the text starts like an object or an array. */
MUST_USE bool json_scan_looks(struct bytes text);
void json_scan_init(struct json_scan *s, struct bytes text);
MUST_USE bool json_scan_next(struct json_scan *s, struct json_found *out);

/*
 * Undoes the escapes of a raw string (RFC 8259 section 7) into `out`, which has room for
 * raw.n bytes (what comes out is never longer). Returns the length. A broken escape stays as
 * it is; an unpaired surrogate becomes U+FFFD.
 */
size_t json_unescape(struct bytes raw, uint8_t *out);

#endif
