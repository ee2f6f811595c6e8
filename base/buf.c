/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit};
}

void buf_clear(struct buf *b)
{
    free(b->p);
    buf_init(b, b->limit);
}

void buf_reset(struct buf *b)
{
    b->n = 0;
}

enum status buf_reserve(struct buf *b, size_t more)
{
    size_t need, capacity;
    uint8_t *p;

    if (more > b->limit - b->n)
        return STATUS_USAGE;
    need = b->n + more;
    if (need <= b->capacity)
        return STATUS_OK;
    capacity = b->capacity < SMALLEST ? SMALLEST : b->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    if (capacity > b->limit)
        capacity = b->limit;
    /* One byte more than is counted: buf_print ends in a NUL. */
    p = capacity == SIZE_MAX ? NULL : realloc(b->p, capacity + 1);
    if (p == NULL)
        return STATUS_NOMEM;
    b->p = p;
    b->capacity = capacity;
    return STATUS_OK;
}

enum status buf_append(struct buf *b, struct bytes data)
{
    enum status status = buf_reserve(b, data.n);

    if (status != STATUS_OK || data.n == 0)
        return status;
    memcpy(b->p + b->n, data.p, data.n);
    b->n += data.n;
    return STATUS_OK;
}

enum status buf_append_u8(struct buf *b, uint8_t c)
{
    return buf_append(b, bytes_of(&c, 1));
}

enum status buf_text(struct buf *b, const char *text)
{
    return buf_append(b, bytes_text(text));
}

enum status buf_print(struct buf *b, const char *format, ...)
{
    va_list args, again;
    enum status status;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        va_end(again);
        return STATUS_USAGE;
    }
    status = buf_reserve(b, (size_t)length);
    if (status == STATUS_OK && length != 0) {
        (void)vsnprintf((char *)b->p + b->n, (size_t)length + 1, format, again);
        b->n += (size_t)length;
    }
    va_end(again);
    return status;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

struct bytes buf_view(const struct buf *b)
{
    return bytes_of(b->p, b->n);
}
