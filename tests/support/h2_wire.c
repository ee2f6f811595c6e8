/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/h2_wire.h"

#include <stdlib.h>
#include <string.h>

void h2_wire_bytes(struct buf *b, const void *p, size_t n)
{
    if (buf_append(b, bytes_of(p, n)) != STATUS_OK)
        abort();
}

void h2_wire_text(struct buf *b, const char *text)
{
    h2_wire_bytes(b, text, strlen(text));
}

void h2_wire_frame(struct buf *b, unsigned type, unsigned flags, uint32_t stream,
        const void *payload, size_t n)
{
    uint8_t head[9] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)type,
            (uint8_t)flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
            (uint8_t)(stream >> 8), (uint8_t)stream};

    h2_wire_bytes(b, head, sizeof(head));
    h2_wire_bytes(b, payload, n);
}

void h2_wire_indexed(struct buf *b, unsigned index)
{
    uint8_t c = (uint8_t)(0x80 | index);

    h2_wire_bytes(b, &c, 1);
}

static void literal(struct buf *b, uint8_t first, const char *name, const char *value)
{
    uint8_t n;

    h2_wire_bytes(b, &first, 1);
    if (name != NULL) {
        n = (uint8_t)strlen(name);
        h2_wire_bytes(b, &n, 1);
        h2_wire_text(b, name);
    }
    n = (uint8_t)strlen(value);
    h2_wire_bytes(b, &n, 1);
    h2_wire_text(b, value);
}

void h2_wire_added(struct buf *b, unsigned name_index, const char *name, const char *value)
{
    literal(b, (uint8_t)(0x40 | name_index), name, value);
}

void h2_wire_plain(struct buf *b, unsigned name_index, const char *name, const char *value)
{
    if (name_index < 15) {
        literal(b, (uint8_t)name_index, name, value);
    } else {
        uint8_t c = 0x0f;

        h2_wire_bytes(b, &c, 1);
        literal(b, (uint8_t)(name_index - 15), name, value);
    }
}
