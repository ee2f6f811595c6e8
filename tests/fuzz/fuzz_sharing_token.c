/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: sharing_token. Asserts: a piece is found as it is, undisguised; so are its digests; what
 * is found says what was undone and whose it is; nothing is found among no tokens. Input: a
 * piece, a zero byte, and the text that is looked for. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/digest.h"
#include "classify/sharing_token.h"
#include "classify/value_piece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_digest(const struct sharing_tokens *t, struct bytes piece)
{
    const struct sharing_token *token;
    char hex[DIGEST_TEXT_MOST];
    uint8_t raw[DIGEST_MOST];
    unsigned as;

    if (!digest_once(DIGEST_SHA256, piece, raw))
        abort();
    digest_hex(bytes_of(raw, SHA256_BYTES), hex);
    token = sharing_tokens_find(t, bytes_text(hex), &as);
    assert(token != NULL && bytes_equal(token->of, piece) && as == AS_SHA256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct sharing_tokens t = {.arena = arena};
    struct trace trace = {.number = 1};
    struct sharing_owner owner = {.trace = &trace};
    struct bytes text = {data, size}, piece;
    const struct sharing_token *token;
    unsigned as = 0;

    if (arena == NULL)
        abort();
    assert(sharing_tokens_find(&t, text, &as) == NULL);
    if (!bytes_take_until(&text, 0, &piece))
        piece = text;
    if (!sharing_tokens_add(&t, piece, &owner))
        abort();
    sharing_tokens_sort(&t);
    token = sharing_tokens_find(&t, piece, &as);
    assert(token != NULL && as == 0 && bytes_equal(token->text, piece));
    find_digest(&t, piece);
    token = sharing_tokens_find(&t, text, &as);
    assert(token == NULL || (token->owner == &owner && bytes_starts(piece, token->of)));
    assert(token == NULL || as != 0 || bytes_starts(text, token->of));
    arena_free(arena);
    return 0;
}
