/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_DIGEST_TABLE_H
#define CLASSIFY_DIGEST_TABLE_H

/*
 * The digests of a set of texts, to be looked up by their bytes: MD5, SHA-1, the SHA-2 and SHA-3
 * families, RIPEMD-160, SM3, MurmurHash3 in its three notations, and MD5, SHA-1 or SHA-256 of the
 * hexadecimal text, in either case, of one of these. None has under 128 bits: 32-bit ones would
 * be met by chance.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct digest_table; /* fixed once made; may be shared between threads */

enum {
    DIGEST_TABLE_MOST = 1 << 20, /* digests: of some 30,000 texts; about 64 bytes each */
    DIGEST_TABLE_LAYERS = 2,
};

struct digest_found {
    size_t text;                            /* its index in digest_table_new */
    const char *names[DIGEST_TABLE_LAYERS]; /* static; the outermost first: "sha256", "md5" */
    size_t layers;
};

/* Empty texts are passed over. Past DIGEST_TABLE_MOST the digests of the last texts are left
 * out, and `*left_out` set. STATUS_NOMEM. */
MUST_USE enum status digest_table_new(
        const struct bytes *texts, size_t n, struct digest_table **out, bool *left_out);
void digest_table_free(struct digest_table *t); /* NULL is fine */

/* Whether any digest is that many bytes long. */
MUST_USE bool digest_table_length(size_t n);
/* The texts with that digest, in their order: `*at` starts at 0 and belongs to the table. */
MUST_USE bool digest_table_find(
        const struct digest_table *t, struct bytes raw, size_t *at, struct digest_found *out);

#endif
