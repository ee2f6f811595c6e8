/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: event_stream. The text is an event stream. Asserts: values stand in the text at their
 * offsets, in order, and hold no line break; a text whose breaks are all LF
 * has the same lines. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/event_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t without_cr(const uint8_t *data, size_t size, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        if (data[i] != '\r')
            out[n++] = data[i];
        else if (i + 1 == size || data[i + 1] != '\n')
            out[n++] = '\n';
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct event_stream_line line, other;
    struct event_stream s, t;
    size_t end = 0;

    if (copy == NULL)
        abort();
    event_stream_init(&s, bytes_of(data, size));
    event_stream_init(&t, bytes_of(copy, without_cr(data, size, copy)));
    while (event_stream_next(&s, &line)) {
        assert(line.off >= end && line.off + line.value.n <= size);
        assert(line.value.n == 0 || line.value.p == data + line.off);
        assert(!bytes_has(line.value, '\n') && !bytes_has(line.value, '\r'));
        end = line.off + line.value.n;
        assert(event_stream_next(&t, &other));
        assert(line.kind == other.kind && bytes_equal(line.value, other.value));
    }
    assert(!event_stream_next(&t, &other));
    free(copy);
    return 0;
}
