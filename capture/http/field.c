/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/field.h"

enum parse field_take_integer(struct bytes *b, unsigned bits, uint64_t most, uint64_t *out)
{
    uint8_t mask = (uint8_t)((1u << bits) - 1), c;
    struct bytes at = *b;
    uint64_t n;

    if (!bytes_take_u8(&at, &c))
        return PARSE_MORE;
    n = c & mask;
    if (n == mask) {
        for (unsigned shift = 0;; shift += 7) {
            if (!bytes_take_u8(&at, &c))
                return PARSE_MORE;
            if (most >> shift == 0)
                return PARSE_BAD;
            n += (uint64_t)(c & 0x7f) << shift;
            if ((c & 0x80) == 0)
                break;
        }
    }
    if (n > most)
        return PARSE_BAD;
    *b = at;
    *out = n;
    return PARSE_DONE;
}

size_t field_put_integer(uint8_t *out, unsigned bits, uint8_t pattern, uint64_t n)
{
    uint8_t mask = (uint8_t)((1u << bits) - 1);
    size_t length = 0;

    if (n < mask) {
        out[length++] = (uint8_t)(pattern | n);
        return length;
    }
    out[length++] = pattern | mask;
    for (n -= mask; n >= 0x80; n >>= 7)
        out[length++] = (uint8_t)(0x80 | (n & 0x7f));
    out[length++] = (uint8_t)n;
    return length;
}
