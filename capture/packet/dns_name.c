/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/dns_name.h"

#include <string.h>

enum {
    KIND_MASK = 0xc0,
    KIND_LABEL = 0,
    KIND_POINTER = 0xc0,
};

static size_t put_byte(uint8_t c, char *out)
{
    if (c == '.' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    if (c > 0x20 && c < 0x7f) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '\\';
    out[1] = (char)('0' + c / 100);
    out[2] = (char)('0' + c / 10 % 10);
    out[3] = (char)('0' + c % 10);
    return 4;
}

/* `after` is where reading goes on: behind the first pointer, or behind the name. */
static bool read_name(
        struct bytes message, size_t at, bool pointers, size_t *after, char out[DNS_NAME_TEXT])
{
    size_t wire = 1, text = 0, jumps = 0, start = at, end = 0;
    char name[DNS_NAME_TEXT];

    for (;;) {
        uint8_t length;

        if (at >= message.n)
            return false;
        length = message.p[at++];
        if (length == 0)
            break;
        if ((length & KIND_MASK) == KIND_POINTER) {
            size_t target;

            if (!pointers || at >= message.n || jumps == DNS_JUMPS_MOST)
                return false;
            target = (size_t)(length & ~KIND_MASK) << 8 | message.p[at++];
            if (jumps++ == 0)
                end = at;
            /* Each leads before where the last run of labels began: no loop. */
            if (target >= start)
                return false;
            at = start = target;
            continue;
        }
        wire += (size_t)length + 1;
        if ((length & KIND_MASK) != KIND_LABEL || length > message.n - at ||
                wire > DNS_NAME_WIRE_MOST)
            return false;
        if (text != 0)
            name[text++] = '.';
        for (size_t i = 0; i < length; i++)
            text += put_byte(message.p[at + i], name + text);
        at += length;
    }
    if (text == 0)
        name[text++] = '.';
    name[text] = '\0';
    memcpy(out, name, text + 1);
    *after = jumps == 0 ? at : end;
    return true;
}

bool dns_name_take(struct bytes message, size_t *off, char out[DNS_NAME_TEXT])
{
    return read_name(message, *off, true, off, out);
}

bool dns_name_take_plain(struct bytes *b, char out[DNS_NAME_TEXT])
{
    size_t after;

    if (!read_name(*b, 0, false, &after, out))
        return false;
    *b = bytes_slice(*b, after, b->n);
    return true;
}

bool dns_name_equal(const char *a, const char *b)
{
    return bytes_equal_nocase(bytes_text(a), bytes_text(b));
}
