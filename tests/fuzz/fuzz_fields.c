/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: fields. A content type, a line feed, a body. Asserts: each value stands in the body
 * at its offset, in order and without overlap (groups of base64 may overlap, and the id of an
 * event stands before its data or behind); what is decoded is never longer than a number can be; a
 * lower cap gives the same fields, fewer of them, and says so. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "classify/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1000, FEW = 2, NUMBER_MOST = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct bytes body = {data, size}, type;
    struct fields all, few;
    size_t end = 0;

    if (arena == NULL)
        abort();
    if (!bytes_take_until(&body, '\n', &type))
        type = bytes_of(NULL, 0);
    assert(fields_read(arena, type, body, MOST, &all));
    assert(all.n <= MOST && (all.form != FIELDS_NONE || all.n == 0));
    for (size_t i = 0; i < all.n; i++) {
        const struct field *f = &all.at[i];

        assert(f->off >= end || all.form == FIELDS_EVENT_STREAM ||
                all.form == FIELDS_FRAMES_TEXT);
        assert(f->off + f->value.n <= body.n);
        assert(f->value.n == 0 || f->value.p == body.p + f->off);
        assert(f->decoded.n <= f->value.n || f->decoded.n < NUMBER_MOST);
        end = f->off + f->value.n;
    }
    assert(fields_read(arena, type, body, FEW, &few));
    assert(few.form == all.form && few.n == (all.n < FEW ? all.n : FEW));
    assert(few.capped == (all.n > FEW));
    arena_free(arena);
    return 0;
}
