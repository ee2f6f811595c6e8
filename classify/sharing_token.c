/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/sharing_token.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/digest.h"
#include "classify/value_piece.h"

enum {
    HEX_LEAST = 16, /* digits: fewer can be a number */
    HEX_MOST = 128,
    PACKED_LEAST = 8, /* bytes behind base64 */
    PACKED_MOST = 32,
    PACKED_TEXT_MOST = 44,
};

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static bool add(struct sharing_tokens *t, const struct sharing_token *token)
{
    struct sharing_token *grown;

    if (t->n == SHARING_TOKENS_MOST) {
        t->capped = true;
        return true;
    }
    grown = arena_grow(t->arena, t->at, t->n, &t->capacity, sizeof(*t->at));
    if (grown == NULL)
        return false;
    t->at = grown;
    t->at[t->n++] = *token;
    return true;
}

/* The digits of hex in lower case and without the dashes of a UUID; false when it is not hex. */
static bool plain_hex(struct bytes text, uint8_t out[HEX_MOST], size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '-')
            continue;
        if (ascii_hex_value(text.p[i]) < 0 || *n == HEX_MOST)
            return false;
        out[(*n)++] = ascii_lower(text.p[i]);
    }
    return *n >= HEX_LEAST;
}

static bool add_digests(
        struct sharing_tokens *t, struct bytes of, const struct sharing_owner *owner)
{
    static const struct {
        enum digest_kind kind;
        unsigned as;
    } kinds[] = {{DIGEST_MD5, AS_MD5}, {DIGEST_SHA1, AS_SHA1}, {DIGEST_SHA256, AS_SHA256}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct sharing_token token = {.of = of, .as = kinds[i].as, .owner = owner};
        uint8_t raw[DIGEST_MOST];
        char hex[DIGEST_TEXT_MOST];

        if (!digest_once(kinds[i].kind, of, raw))
            return false;
        digest_hex(bytes_of(raw, digest_length(kinds[i].kind)), hex);
        if (!arena_copy(t->arena, bytes_text(hex), &token.text) || !add(t, &token))
            return false;
    }
    return true;
}

/* Padding is left out as often as not, and says nothing. */
static struct bytes unpadded(struct bytes text)
{
    for (int i = 0; i < 2 && text.n != 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    return text;
}

bool sharing_tokens_add(
        struct sharing_tokens *t, struct bytes piece, const struct sharing_owner *owner)
{
    struct sharing_token token = {.owner = owner};
    uint8_t hex[HEX_MOST];
    size_t n;

    if (!arena_copy(t->arena, piece, &token.text))
        return false;
    token.of = unpadded(token.text);
    if (token.of.n != 0 && token.of.n != piece.n &&
            !add(t, &(struct sharing_token){.text = token.of, .of = token.of, .owner = owner}))
        return false;
    token.of = token.text;
    if (!add(t, &token) || !add_digests(t, token.of, owner))
        return false;
    if (!plain_hex(piece, hex, &n) || bytes_equal(piece, bytes_of(hex, n)))
        return true;
    token.as = AS_HEX_FORM;
    return arena_copy(t->arena, bytes_of(hex, n), &token.text) && add(t, &token);
}

/* The same text: what it is itself before what was made of it, and who had it first. */
static int by_text(const void *a, const void *b)
{
    const struct sharing_token *left = a, *right = b;
    int order = bytes_compare(left->text, right->text);

    if (order == 0)
        order = ORDER(left->as, right->as);
    return order == 0 ? ORDER(left->owner->trace->number, right->owner->trace->number) : order;
}

void sharing_tokens_sort(struct sharing_tokens *t)
{
    if (t->n != 0)
        qsort(t->at, t->n, sizeof(*t->at), by_text);
}

static const struct sharing_token *find(const struct sharing_tokens *t, struct bytes text)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(t->at[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->n && bytes_equal(t->at[low].text, text) ? &t->at[low] : NULL;
}

/* Both alphabets, with or without padding, as it may have been left out or in. */
static bool unpack(struct bytes text, uint8_t out[PACKED_MOST], size_t *n)
{
    if (text.n > PACKED_TEXT_MOST)
        return false;
    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    return text.n % 4 != 1 && base64_decode(text, out, PACKED_MOST, n) && *n >= PACKED_LEAST;
}

/* What base64 holds is text that is too short for value.h to open, or bytes that the owner, or
 * a digest, is written with as hex digits. */
static const struct sharing_token *find_packed(
        const struct sharing_tokens *t, struct bytes text, unsigned *as)
{
    const struct sharing_token *token;
    char hex[2 * PACKED_MOST + 1];
    uint8_t raw[PACKED_MOST];
    size_t n;

    if (!unpack(text, raw, &n))
        return NULL;
    token = find(t, bytes_of(raw, n));
    if (token != NULL) {
        *as = token->as | AS_BASE64;
        return token;
    }
    digest_hex(bytes_of(raw, n), hex);
    token = find(t, bytes_of(hex, 2 * n));
    if (token == NULL)
        return NULL;
    *as = AS_BASE64 | (token->as == 0 || token->as == AS_HEX_FORM ? AS_HEX : token->as);
    return token;
}

const struct sharing_token *sharing_tokens_find(
        const struct sharing_tokens *t, struct bytes text, unsigned *as)
{
    const struct sharing_token *token = find(t, text);
    uint8_t hex[HEX_MOST];
    size_t n;

    if (token == NULL)
        token = find(t, unpadded(text));
    if (token != NULL) {
        *as = token->as;
        return token;
    }
    if (plain_hex(text, hex, &n)) {
        token = find(t, bytes_of(hex, n));
        if (token != NULL) {
            *as = token->as == 0 ? (unsigned)AS_HEX_FORM : token->as;
            return token;
        }
    }
    return find_packed(t, text, as);
}
