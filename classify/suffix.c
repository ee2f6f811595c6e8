/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/suffix.h"

#include "classify/token.h"
#include "classify/wide.h"

enum { WORD_BITS = 64 };

static inline struct suffix suffix_of(struct bytes host, size_t begin)
{
    struct bytes text = {host.p + begin, host.n - begin};

    return (struct suffix){token_hash_padded(text), text};
}

void suffixes_fill(struct suffixes *s, struct bytes host)
{
    size_t end = host.n, n = 0;

    while (end != 0 && n < SUFFIXES_MOST) {
        size_t begin = (end - 1) / WORD_BITS * WORD_BITS;
        uint64_t mask = wide_equal_four(host.p + begin, '.');

        mask &= UINT64_MAX >> (WORD_BITS - (end - begin));
        while (mask != 0 && n < SUFFIXES_MOST) {
            size_t dot = WORD_BITS - 1 - (size_t)__builtin_clzll(mask);

            mask ^= UINT64_C(1) << dot;
            s->at[n++] = suffix_of(host, begin + dot + 1);
        }
        end = begin;
    }
    if (host.n != 0 && host.p[0] != '.' && n < SUFFIXES_MOST)
        s->at[n++] = suffix_of(host, 0);
    s->n = n;
}
