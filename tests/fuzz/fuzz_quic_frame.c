/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: quic_frame. The input is the plaintext of a packet: every frame takes bytes away, its
 * views lie within it, its numbers keep the limits of RFC 9000 section 19; a refusal takes
 * and tells nothing.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "capture/quic/quic_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VARINT_MOST ((UINT64_C(1) << 62) - 1)

static void within(struct bytes view, const uint8_t *begin, const uint8_t *end)
{
    assert(view.n == 0 || (view.p >= begin && view.p + view.n <= end));
}

static void check_ack(const struct quic_frame *f)
{
    struct bytes list = f->range_list;
    uint64_t smallest = f->largest - f->first_range, gap, length;

    assert(f->first_range <= f->largest);
    for (uint64_t i = 0; i < f->ranges; i++) {
        assert(quic_take_varint(&list, &gap) && quic_take_varint(&list, &length));
        assert(gap + 2 + length <= smallest);
        smallest -= gap + 2 + length;
    }
    assert(list.n == 0);
}

static void check(const struct quic_frame *f, const uint8_t *begin, const uint8_t *end)
{
    within(f->data, begin, end);
    within(f->reason, begin, end);
    within(f->id, begin, end);
    within(f->reset_token, begin, end);
    within(f->range_list, begin, end);
    assert(f->off + f->data.n <= VARINT_MOST);
    assert(f->retire_prior_to <= f->sequence);
    assert(f->reliable <= f->final_size);
    assert(f->type <= f->type_sent || f->type == QUIC_IMMEDIATE_ACK);
    if (f->type == QUIC_ACK)
        check_ack(f);
    if (f->type == QUIC_NEW_CONNECTION_ID)
        assert(f->id.n >= 1 && f->id.n <= QUIC_ID_MOST && f->reset_token.n == 16);
    else
        assert(f->id.n == 0 && f->reset_token.n == 0);
    assert(!f->fin || f->type == QUIC_STREAM);
    assert(f->stream == 0 || f->type != QUIC_CRYPTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};

    for (;;) {
        struct bytes left = rest;
        struct quic_frame f, before;

        memset(&f, 0x5a, sizeof(f));
        before = f;
        if (quic_frame_next(&rest, &f) != PARSE_DONE) {
            assert(rest.p == left.p && rest.n == left.n);
            assert(memcmp(&f, &before, sizeof(f)) == 0);
            return 0;
        }
        assert(rest.n < left.n && rest.p + rest.n == data + size);
        check(&f, left.p, rest.p);
        /* A run of padding is taken whole. */
        assert(f.type != QUIC_PADDING || rest.n == 0 || rest.p[0] != 0);
    }
}
