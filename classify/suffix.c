/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/suffix.h"

#include <string.h>

#include "classify/token.h"

enum { WORD_BITS = 64 };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte)) /* the same byte eight times */

/* One bit for each of the eight bytes at `p`: is it a dot? */
static inline uint64_t dots(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    word ^= EACH(0x2eu);
    word = ~(((word & EACH(0x7fu)) + EACH(0x7fu)) | word) & EACH(0x80u);
    return (word >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static void add(struct suffixes *s, struct bytes host, size_t begin)
{
    struct suffix *new = &s->at[s->n++];

    new->text = (struct bytes){host.p + begin, host.n - begin};
    new->hash = token_hash_padded(new->text);
}

void suffixes_fill(struct suffixes *s, struct bytes host)
{
    size_t end = host.n;

    s->n = 0;
    while (end != 0) {
        size_t begin = (end - 1) / WORD_BITS * WORD_BITS;
        uint64_t mask = 0;

        for (size_t i = begin; i < end; i += 8)
            mask |= dots(host.p + i) << (i - begin);
        mask &= UINT64_MAX >> (WORD_BITS - (end - begin));
        while (mask != 0) {
            size_t dot = WORD_BITS - 1 - (size_t)__builtin_clzll(mask);

            mask ^= UINT64_C(1) << dot;
            if (s->n == SUFFIXES_MOST)
                return;
            add(s, host, begin + dot + 1);
        }
        end = begin;
    }
    if (host.n != 0 && host.p[0] != '.' && s->n < SUFFIXES_MOST)
        add(s, host, 0);
}
