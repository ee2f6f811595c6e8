/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/http/ws_frame.h"

#include <string.h>

enum {
    FIN = 0x80,
    RSV_SHIFT = 4,
    RSV_BITS = 7,
    OPCODE_BITS = 0x0f,
    CONTROL = 8, /* the opcode's bit that says so, section 5.5 */
    MASKED = 0x80,
    LENGTH_BITS = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

struct ws_frame ws_frame_first(uint8_t byte)
{
    return (struct ws_frame){
            .fin = (byte & FIN) != 0,
            .rsv = (uint8_t)(byte >> RSV_SHIFT & RSV_BITS),
            .opcode = (uint8_t)(byte & OPCODE_BITS),
    };
}

static bool take_length(struct bytes *in, uint8_t said, uint64_t *length)
{
    uint16_t two;

    *length = said;
    if (said == LENGTH_64)
        return bytes_take_u64(in, length);
    if (said != LENGTH_16)
        return true;
    if (!bytes_take_u16(in, &two))
        return false;
    *length = two;
    return true;
}

enum parse ws_frame_take(struct bytes *in, struct ws_frame *out)
{
    struct bytes rest = *in, mask;
    struct ws_frame f;
    uint8_t first, second;

    if (!bytes_take_u8(&rest, &first) || !bytes_take_u8(&rest, &second))
        return PARSE_MORE;
    f = ws_frame_first(first);
    f.masked = (second & MASKED) != 0;
    if (!take_length(&rest, second & LENGTH_BITS, &f.length))
        return PARSE_MORE;
    if (f.length > INT64_MAX)
        return PARSE_BAD;
    if (f.masked) {
        if (!bytes_take(&rest, WS_MASK, &mask))
            return PARSE_MORE;
        memcpy(f.mask, mask.p, WS_MASK);
    }
    *in = rest;
    *out = f;
    return PARSE_DONE;
}

bool ws_frame_is_control(const struct ws_frame *f)
{
    return (f->opcode & CONTROL) != 0;
}

const char *ws_opcode_name(uint8_t opcode)
{
    static const char *const names[] = {
            [WS_CONTINUATION] = "continuation",
            [WS_TEXT] = "text",
            [WS_BINARY] = "binary",
            [WS_CLOSE] = "close",
            [WS_PING] = "ping",
            [WS_PONG] = "pong",
    };

    return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

void ws_frame_unmask(const struct ws_frame *f, uint64_t at, struct bytes in, uint8_t *out)
{
    uint8_t key[WS_MASK];

    for (unsigned i = 0; i < WS_MASK; i++)
        key[i] = f->masked ? f->mask[(at + i) % WS_MASK] : 0;
    for (size_t i = 0; i < in.n; i++)
        out[i] = in.p[i] ^ key[i % WS_MASK];
}
