/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_HEX_H
#define TESTS_SUPPORT_HEX_H

/* Test vectors as they are printed: pairs of hexadecimal digits, spaces between pairs. */

#include "base/bytes.h"

/* The bytes of `hex`, in `room`, which has place for them. */
static inline struct bytes from_hex(const char *hex, uint8_t *room)
{
    size_t n = 0;

    for (; hex[0] != '\0'; hex += hex[0] == ' ' ? 1 : 2)
        if (hex[0] != ' ')
            room[n++] = (uint8_t)(ascii_hex_value((uint8_t)hex[0]) * 16 +
                                  ascii_hex_value((uint8_t)hex[1]));
    return bytes_of(room, n);
}

#endif
