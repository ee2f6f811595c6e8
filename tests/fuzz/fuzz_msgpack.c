/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: msgpack. The text is MessagePack. Asserts: scalars stand in the text at their offsets,
 * in order and without overlap; keys do too, before what stands under them; what looks like
 * MessagePack is never found broken; what passes undeclared passes declared. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/msgpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    bool looks = msgpack_looks(text, true);
    struct msgpack_found found;
    struct msgpack_scan s;
    size_t end = 0;

    assert(looks || !msgpack_looks(text, false));
    msgpack_init(&s, text);
    while (msgpack_next(&s, &found)) {
        char number[MSGPACK_NUMBER_TEXT];

        assert(found.off >= end && found.off + found.raw.n <= size);
        assert(found.raw.n == 0 || found.raw.p == data + found.off);
        assert(found.key.n == 0 ||
                (found.key.p >= data && found.key.p + found.key.n <= data + found.off));
        assert(!found.is_key || found.key.n == 0);
        end = found.off + found.raw.n;
        msgpack_number_text(&found, number);
        assert((strlen(number) != 0) ==
                (found.kind != MSGPACK_TEXT && found.kind != MSGPACK_BYTES));
    }
    assert(size == 0 || looks == !s.broken);
    return 0;
}
