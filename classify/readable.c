/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/readable.h"

bool readable_text(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
            return false;
    }
    return bytes_is_utf8(text);
}
