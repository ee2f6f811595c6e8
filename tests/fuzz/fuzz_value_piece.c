/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: value_piece. Asserts: never more pieces or longer ones than the caps; each has the bits
 * that were asked for; the same value gives the same pieces; more bits give no more pieces; memory
 * stays within its cap. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/value_piece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEAR_NS INT64_C(1768000000000000000)

enum { BITS = 28, BITS_MORE = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)128 << 20);
    struct value_pieces *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
    struct bytes value = {data, size};

    if (arena == NULL || a == NULL || b == NULL)
        abort();
    assert(value_pieces_find(arena, value, BITS, NEAR_NS, a));
    assert(arena_used(arena) <= (size_t)24 << 20);
    assert(value_pieces_find(arena, value, BITS, NEAR_NS, b));
    assert(a->n == b->n && a->capped == b->capped && a->n <= PIECES_MOST);
    for (size_t i = 0; i < a->n; i++) {
        assert(bytes_equal(a->at[i].text, b->at[i].text) && a->at[i].as == b->at[i].as);
        assert(a->at[i].text.n <= PIECE_BYTES_MOST && leaf_bits(a->at[i].text) >= BITS);
        assert(a->at[i].as < AS_MD5);
    }
    assert(value_pieces_find(arena, value, BITS_MORE, NEAR_NS, b));
    assert(b->n <= a->n);
    arena_free(arena);
    free(a);
    free(b);
    return 0;
}
