/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: sent. A path, a line feed, a content type, a line feed, a body. Asserts: outer values
 * come first and are the bytes of their place; inner ones stand in the place of an outer one; the
 * caps hold. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/sent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = {data, size}, path, type;
    struct arena *arena = arena_new((size_t)128 << 20);
    struct exchange *x = exchange_new(1, 1, PROTOCOL_HTTP11), *list[1] = {x};
    struct evidence e = {.exchanges = list, .exchange_count = 1};
    size_t depth = 0;
    struct sent sent;

    if (arena == NULL || x == NULL)
        abort();
    if (!bytes_take_until(&body, '\n', &path))
        path = bytes_of(NULL, 0);
    if (bytes_take_until(&body, '\n', &type) && type.n != 0 &&
            exchange_add_header(x, &x->request, BYTES_LITERAL("content-type"), type) !=
                    STATUS_OK)
        abort();
    x->path = path;
    x->request.seen = true;
    x->request.body.present = true;
    x->request.body.data = body;
    x->request.body.bytes = x->request.body.kept = body.n;
    assert(sent_read(arena, &e, 0, &sent));
    assert(sent.n <= SENT_VALUES_MOST);
    for (size_t i = 0; i < sent.n; i++) {
        const struct sent_value *v = &sent.at[i];
        struct bytes part = strcmp(v->place.part, "request.path") == 0 ? path : body;

        assert(v->depth <= SENT_DEPTH_MOST && v->depth >= depth);
        assert(v->place.off <= part.n && v->place.len <= part.n - v->place.off);
        assert(!v->unpacked || v->depth != 0);
        depth = v->depth;
    }
    exchange_free(x);
    arena_free(arena);
    return 0;
}
