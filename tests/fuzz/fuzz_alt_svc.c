/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: alt_svc. The text is the value of a field. Asserts: each alternative borrows from it,
 * has a protocol and a port, and takes something off the front. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/alt_svc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = {data, size};
    struct alt_svc a;
    size_t before = size;

    while (alt_svc_next(&rest, &a)) {
        assert(rest.n < before);
        before = rest.n;
        assert(a.port != 0 && a.protocol.n != 0);
        assert(a.protocol.p >= data && a.protocol.p + a.protocol.n <= data + size);
        assert(a.host.n == 0 || (a.host.p >= data && a.host.p + a.host.n <= data + size));
    }
    return 0;
}
