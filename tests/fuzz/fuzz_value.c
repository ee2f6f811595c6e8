/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: value, leaf. Asserts: never more leaves, depth or bytes than the caps; no leaf is
 * empty; the same value gives the same leaves; bits grow with length and stay under eight a
 * byte; memory stays within what VALUE_WORK_MOST allows. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEAR_NS INT64_C(1768000000000000000)

static void check_leaf(const struct leaf *l)
{
    unsigned bits = leaf_bits(l->text);
    enum leaf_kind kind = leaf_kind(l->text, NEAR_NS);

    assert(l->text.n != 0 && l->text.n <= VALUE_BYTES_MOST);
    assert(l->depth <= VALUE_DEPTH_MOST && (l->depth == 0 || l->via != 0 || l->depth >= 1));
    assert(bits <= 6 * l->text.n);
    assert(bits >= leaf_bits(bytes_slice(l->text, 0, l->text.n - 1)));
    assert(kind != LEAF_SHORT || l->text.n < 8);
    assert(kind != LEAF_OPAQUE || l->text.n >= 8);
    assert(!leaf_generated(l->text) || l->text.n >= 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct bytes value = {data, size}, plain, form;
    struct leaves *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

    if (arena == NULL || a == NULL || b == NULL)
        abort();
    assert(value_leaves(arena, value, a));
    assert(arena_used(arena) <= (size_t)4 << 20);
    assert(value_leaves(arena, value, b));
    assert(a->n == b->n && a->capped == b->capped && a->n <= VALUE_LEAVES_MOST);
    for (size_t i = 0; i < a->n; i++) {
        check_leaf(&a->at[i]);
        assert(bytes_equal(a->at[i].text, b->at[i].text) && a->at[i].via == b->at[i].via);
        assert(bytes_equal(a->at[i].key, b->at[i].key));
    }
    assert(value_unescape(arena, value, false, &plain) && plain.n <= size);
    assert(value_unescape(arena, value, true, &form) && form.n == plain.n);
    (void)leaf_kind(value, NEAR_NS);
    arena_free(arena);
    free(a);
    free(b);
    return 0;
}
