/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: hpack, field. Blocks of one length byte each, the first byte says before which of them the
 * state is lost. What the decoder that lost its state says must be what one that did not says. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "capture/http/hpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MOST = 4096 };

/* Reads one block on both; false when it was bad. */
static bool compare(struct hpack *whole, struct hpack *lossy, struct bytes block)
{
    struct field w, l;
    enum field_step known, guessed;

    hpack_begin(whole, block, false);
    hpack_begin(lossy, block, false);
    for (int i = 0; i < STEPS_MOST; i++) {
        known = hpack_next(whole, &w);
        guessed = hpack_next(lossy, &l);
        if (known == FIELD_BAD || known == FIELD_FAILED)
            return false;
        if (known == FIELD_END)
            assert(guessed == FIELD_END);
        if (guessed == FIELD_READ && known == FIELD_READ) {
            assert(bytes_equal(w.name, l.name) && bytes_equal(w.value, l.value));
            assert(w.sensitive == l.sensitive);
        }
        assert(guessed != FIELD_BAD);
        if (known == FIELD_READ)
            assert(guessed == FIELD_READ || guessed == FIELD_UNKNOWN);
        if (known == FIELD_END)
            return true;
    }
    return false;
}

static void torn(struct bytes block)
{
    struct hpack *h = hpack_new();
    struct field field;
    enum field_step step;

    if (h == NULL)
        abort();
    hpack_limit(h, 100);
    hpack_begin(h, block, true);
    do
        step = hpack_next(h, &field);
    while (step == FIELD_READ || step == FIELD_UNKNOWN);
    assert(hpack_is_lost(h));
    assert(hpack_next(h, &field) == FIELD_END);
    hpack_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size}, block;
    struct hpack *whole = hpack_new(), *lossy = hpack_new();
    struct field field;
    uint8_t loss = 0, n = 0;

    if (whole == NULL || lossy == NULL)
        abort();
    torn(in);
    if (!bytes_take_u8(&in, &loss))
        loss = 0;
    while (bytes_take_vec8(&in, &block)) {
        if (n++ < loss) {
            enum field_step step;

            hpack_begin(whole, block, false);
            do
                step = hpack_next(whole, &field);
            while (step == FIELD_READ || step == FIELD_UNKNOWN);
            if (step != FIELD_END)
                break;
            hpack_lose(lossy);
        } else if (!compare(whole, lossy, block)) {
            break;
        }
    }
    hpack_free(whole);
    hpack_free(lossy);
    return 0;
}
