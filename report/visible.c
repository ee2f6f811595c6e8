/* SPDX-License-Identifier: Apache-2.0 */
#include "report/visible.h"

#include <stdio.h>

enum { C0_END = 0x20, DEL = 0x7f, C1_END = 0xa0 };

uint32_t visible_take(struct bytes *text, bool latin1)
{
    uint8_t first = text->p[0];
    size_t n = latin1 || first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? first : n == 2 ? first & 0x1fu : n == 3 ? first & 0x0fu : first & 7u;

    for (size_t i = 1; i < n; i++)
        c = (c << 6) | (text->p[i] & 0x3fu);
    text->p += n;
    text->n -= n;
    return c;
}

/* Besides controls: Unicode's format characters (general category Cf) that stand alone, its
 * line and paragraph separators, and the tag characters. */
bool visible_hidden(uint32_t c)
{
    return c < C0_END || (c >= DEL && c < C1_END) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

void visible_escape(uint32_t c, char out[VISIBLE_TEXT])
{
    if (c == '\n')
        (void)snprintf(out, VISIBLE_TEXT, "\\n");
    else if (c == '\t')
        (void)snprintf(out, VISIBLE_TEXT, "\\t");
    else if (c == '\r')
        (void)snprintf(out, VISIBLE_TEXT, "\\r");
    else if (c < 0x100)
        (void)snprintf(out, VISIBLE_TEXT, "\\x%02x", (unsigned)c);
    else
        (void)snprintf(out, VISIBLE_TEXT, "\\u{%04x}", (unsigned)(c & 0x1fffff));
}

size_t visible_encode(uint32_t c, uint8_t out[VISIBLE_UTF8_MOST])
{
    size_t n = 1;

    if (c < 0x80) {
        out[0] = (uint8_t)c;
    } else if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        n = 3;
    } else {
        out[0] = (uint8_t)(0xf0 | c >> 18);
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        out[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
    return n;
}
