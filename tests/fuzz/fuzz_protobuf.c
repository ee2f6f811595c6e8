/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: protobuf. The text is a message. Asserts: leaves stand in the text at their offsets, in
 * order and without overlap; what looks like a message is never found broken; numbers print; what
 * passes undeclared passes declared. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = {data, size};
    bool looks = protobuf_looks(text, true);
    struct protobuf_found found;
    struct protobuf_scan s;
    size_t end = 0;

    assert(looks || !protobuf_looks(text, false));
    protobuf_init(&s, text);
    while (protobuf_next(&s, &found)) {
        char number[PROTOBUF_NUMBER_TEXT];

        assert(found.off >= end && found.off + found.raw.n <= size);
        assert(found.raw.n == 0 || found.raw.p == data + found.off);
        assert(found.path.n > 0 && found.path.n < PROTOBUF_PATH);
        assert(memchr(found.path.p, 0, found.path.n) == NULL);
        assert(found.kind != PROTOBUF_TEXT || bytes_is_utf8(found.raw));
        end = found.off + found.raw.n;
        protobuf_number_text(&found, number);
        assert(strlen(number) != 0 && strlen(number) < 32);
    }
    assert(!looks || !s.broken);
    assert(looks || s.broken || size == 0);
    return 0;
}
