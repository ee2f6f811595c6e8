/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: environment_compare and environment_differences with the input on either side.
 * Asserts: every change has an id and titles, and its sides differ; every difference has a side.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "capture/env/environment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fixed[] =
        "{\"schema\":\"exhibit/environment/1\",\"probes\":["
        "{\"id\":\"hosts\",\"changes\":false,\"facts\":{\"n\":1,\"list\":[\"x\",\"y\"]}},"
        "{\"id\":\"uptime\",\"changes\":true,\"facts\":{\"seconds\":1}}]}";

static void check(struct arena *arena, const struct environment_change *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct environment_difference *d;
        size_t members = 0;

        assert(c[i].id != NULL && c[i].id[0] != '\0' && c[i].title_en != NULL);
        assert(c[i].before.n + c[i].after.n == 0 || !bytes_equal(c[i].before, c[i].after));
        if (environment_differences(arena, &c[i], &d, &members) != STATUS_OK)
            continue;
        for (size_t k = 0; k < members; k++)
            assert(d[k].before.n + d[k].after.n != 0 || d[k].key.n == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(64 << 20);
    struct bytes input = bytes_of(data, size), other = BYTES_LITERAL(fixed);
    struct environment_change *c = NULL;
    size_t n = 0;

    if (arena == NULL)
        return 0;
    if (environment_compare(arena, input, other, &c, &n, NULL) == STATUS_OK)
        check(arena, c, n);
    if (environment_compare(arena, other, input, &c, &n, NULL) == STATUS_OK)
        check(arena, c, n);
    arena_free(arena);
    return 0;
}
