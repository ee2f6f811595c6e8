/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

/*
 * Message digests; the one door to OpenSSL's digests. A `digest` runs one or
 * several of them over the same bytes in one pass.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"

enum digest_kind {
    DIGEST_MD5,    /* RFC 1321: JA3 and leak detection only, never as proof */
    DIGEST_SHA1,   /* RFC 3174: as MD5 */
    DIGEST_SHA256, /* FIPS 180-4 */
    DIGEST_SHA512, /* FIPS 180-4 */
    DIGEST_SM3,    /* GB/T 32905-2016 */
    DIGEST_SHA224, /* FIPS 180-4; this one and those below for leak detection only */
    DIGEST_SHA384,
    DIGEST_SHA3_224, /* FIPS 202 */
    DIGEST_SHA3_256,
    DIGEST_SHA3_384,
    DIGEST_SHA3_512,
    DIGEST_RIPEMD160, /* ISO/IEC 10118-3; OpenSSL 3.0.7 or newer */
    DIGEST_KINDS,
};

enum {
    DIGEST_MOST = 64,                       /* bytes of the longest digest */
    DIGEST_TEXT_MOST = 2 * DIGEST_MOST + 1, /* its lower-case hex with a NUL */
    SHA256_BYTES = 32,
    SHA256_TEXT = 65,
};

struct digest; /* opaque */

struct digest *digest_new(enum digest_kind kind); /* NULL when out of memory */
void digest_free(struct digest *d);               /* NULL is fine */
void digest_add(struct digest *d, struct bytes data);
/* Writes digest_length bytes and starts anew. */
void digest_finish(struct digest *d, uint8_t out[DIGEST_MOST]);
size_t digest_length(enum digest_kind kind);
const char *digest_name(enum digest_kind kind); /* "sha256", … */

/* The digest of `data` in one go; false when out of memory. */
MUST_USE bool digest_once(enum digest_kind kind, struct bytes data, uint8_t out[DIGEST_MOST]);
/* Lower-case hex with a NUL: `out` holds 2 * n + 1 characters. */
void digest_hex(struct bytes raw, char *out);
/* SHA-256 of `data` as lower-case hex; false when out of memory. */
MUST_USE bool sha256_text(struct bytes data, char out[SHA256_TEXT]);

#endif
