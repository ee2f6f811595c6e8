/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_SHARING_TOKEN_H
#define CLASSIFY_SHARING_TOKEN_H

/*
 * The texts that sharing.c looks for: pieces of identifiers and their digests, each found again
 * in whatever letters, as hex digits or as base64 (RFC 4648 sections 4, 5 and 8).
 */

#include "classify/finding_sharing.h"

enum { SHARING_TOKENS_MOST = 1 << 20 };

struct sharing_token {
    struct bytes text;
    struct bytes of; /* the piece of the owner's value that it stands for */
    unsigned as;     /* what was made of the piece, enum value_piece_as; 0: nothing */
    const struct sharing_owner *owner;
};

struct sharing_tokens {
    struct arena *arena; /* borrowed: owns the texts */
    struct sharing_token *at;
    size_t n, capacity;
    bool capped;
};

/* The piece, its digests, and its hex digits in one form for all. Copies it. False: no memory. */
MUST_USE bool sharing_tokens_add(
        struct sharing_tokens *t, struct bytes piece, const struct sharing_owner *owner);
/* Makes ready to find. */
void sharing_tokens_sort(struct sharing_tokens *t);
/* The token that a text stands for, of several the one that is less disguised and whose owner was
 * first; NULL. `*as` gets all that was undone, the token's own `as` included. */
const struct sharing_token *sharing_tokens_find(
        const struct sharing_tokens *t, struct bytes text, unsigned *as);

#endif
