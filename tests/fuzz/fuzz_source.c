/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: source_memory and source_next over any bytes: classic, pcapng, compressed.
 * Asserts: numbers rise, packets are readable and never longer than on the wire, gaps name a
 * place in the file, the end stays the end, and a second reading gives the same.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over all that was read, so that the sanitizer sees each byte touched. */
static uint64_t mix(uint64_t sum, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        sum = (sum ^ b.p[i]) * UINT64_C(0x100000001b3);
    return sum + b.n;
}

static uint64_t read_all(const uint8_t *data, size_t size)
{
    struct fault fault = {0};
    struct source *s = NULL;
    struct packet p = {0};
    enum source_found found;
    uint64_t sum = 0, last = 0;

    if (source_memory(bytes_of(data, size), "fuzz", &s, &fault) != STATUS_OK) {
        assert(s == NULL && fault.text[0] != '\0');
        return 0;
    }
    while ((found = source_next(s, &p, &fault)) != SOURCE_END) {
        assert(found != SOURCE_FAILED);
        if (found == SOURCE_PACKET) {
            assert(p.number > last && p.number == source_last_number(s));
            assert(p.wire_len >= p.data.n);
            last = p.number;
            sum = mix(sum + (uint64_t)p.time_ns, p.data);
        } else if (found == SOURCE_SECRETS) {
            sum = mix(sum, source_secrets(s)->data);
        } else {
            const struct gap *gap = source_gap(s);

            assert(gap->layer == LAYER_FILE && gap->detail != NULL);
            assert(gap->len != 0 || gap->why == GAP_BAD);
            if (source_compression(s) == INPUT_PLAIN)
                assert(gap->off <= size);
            sum += gap->off + gap->len;
        }
    }
    assert(source_next(s, &p, &fault) == SOURCE_END);
    assert(source_description(s)->interface_count <= DESCRIBE_INTERFACES_MOST);
    source_close(s);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t first = read_all(data, size);

    assert(first == read_all(data, size));
    return 0;
}
