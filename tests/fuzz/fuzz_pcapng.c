/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: the walk over the blocks of a pcapng file.
 * Asserts: a file cut at a place taken from its size gives, up to its first gap, the very
 * packets that the whole file gives; and every byte before the end is in a block or in a gap,
 * so gaps never go back.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKETS_MOST = 4096 };

struct shape {
    size_t n;
    int64_t time_ns[PACKETS_MOST];
    size_t bytes[PACKETS_MOST];
};

static void walk(struct bytes raw, bool until_gap, struct shape *out)
{
    struct fault fault = {0};
    struct description d;
    struct input *in = NULL;
    struct pcapng *p;
    struct packet packet = {0};
    enum source_found found;
    uint64_t at = 0;

    out->n = 0;
    assert(describe_init(&d));
    assert(input_memory(raw, "fuzz", &in, &fault) == STATUS_OK);
    p = pcapng_new(in, &d);
    assert(p != NULL);
    while ((found = pcapng_next(p, &packet)) != SOURCE_END) {
        assert(found != SOURCE_FAILED);
        if (found == SOURCE_GAP) {
            const struct gap *gap = pcapng_gap(p);

            assert(gap->off >= at && gap->off <= raw.n);
            at = gap->off + (gap->len == 0 ? 0 : 1);
            if (until_gap)
                break;
        } else if (found == SOURCE_PACKET && out->n < PACKETS_MOST) {
            assert(packet.data.n == 0 ||
                    (packet.data.p >= raw.p && packet.data.p + packet.data.n <= raw.p + raw.n));
            out->time_ns[out->n] = packet.time_ns;
            out->bytes[out->n++] = packet.data.n;
        }
        assert(input_offset(in) >= at);
    }
    pcapng_free(p);
    input_close(in);
    describe_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shape whole, part;
    size_t cut = size == 0 ? 0 : (size * 7 + data[size / 2]) % size;

    /* As source.c does: only what begins with a section comes here. */
    if (size < 12 || memcmp(data, "\x0a\x0d\x0d\x0a", 4) != 0)
        return 0;
    walk(bytes_of(data, size), false, &whole);
    walk(bytes_of(data, cut), true, &part);
    assert(part.n <= whole.n);
    for (size_t i = 0; i < part.n; i++)
        assert(part.time_ns[i] == whole.time_ns[i] && part.bytes[i] == whole.bytes[i]);
    return 0;
}
