/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

/* Base64 of short texts, RFC 4648 sections 4 and 5. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/status.h"

/* Characters that `bytes` bytes make, with a NUL. */
#define BASE64_TEXT(bytes) (((bytes) + 2) / 3 * 4 + 1)

/* In the alphabet of section 4, padded. `out` holds BASE64_TEXT(raw.n). */
void base64_encode(struct bytes raw, char *out);
/* Either alphabet, padded or not; what the last letters hold beyond whole bytes is not looked at.
 * False when a byte is of neither, or more than `most` bytes come out; `*n` is set on success. A
 * text of n letters gives at most n / 4 * 3 + 2 bytes. */
MUST_USE bool base64_decode(struct bytes text, uint8_t *out, size_t most, size_t *n);

#endif
