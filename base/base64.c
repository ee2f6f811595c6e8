/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

void base64_encode(struct bytes raw, char *out)
{
    static const char letters[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < raw.n; i += 3) {
        uint32_t three = (uint32_t)raw.p[i] << 16;

        if (i + 1 < raw.n)
            three |= (uint32_t)raw.p[i + 1] << 8;
        if (i + 2 < raw.n)
            three |= raw.p[i + 2];
        *out++ = letters[three >> 18];
        *out++ = letters[three >> 12 & 63];
        *out++ = i + 1 < raw.n ? letters[three >> 6 & 63] : '=';
        *out++ = i + 2 < raw.n ? letters[three & 63] : '=';
    }
    *out = '\0';
}

bool base64_decode(struct bytes text, uint8_t *out, size_t most, size_t *n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t made = 0;

    while (text.n != 0 && text.p[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        int value = ascii_base64_value(text.p[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        have += 6;
        if (have < 8)
            continue;
        if (made == most)
            return false;
        have -= 8;
        out[made++] = (uint8_t)(bits >> have);
    }
    *n = made;
    return true;
}
