/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLASSIFY_FIELDS_WORLD_H
#define TESTS_CLASSIFY_FIELDS_WORLD_H

/* Bodies whose reading runs out of memory, for test_fields.c and test_fields_wire.c. Include cmocka
 * first. */

#include "classify/fields.h"
#include "tests/support/oom.h"

enum { MOST = 16 };

/* Each allocation fails once: false, and nothing is given. */
static inline void assert_shortages_are_told(const char *type, const char *body)
{
    long at = 0;
    bool ok;

    do {
        struct arena *arena = arena_new(1 << 20);
        struct fields f = {.n = 77};

        assert_non_null(arena);
        oom_fail_at(++at);
        ok = fields_read(arena, bytes_text(type), bytes_text(body), MOST, &f);
        assert_int_equal(ok, !oom_happened());
        if (!ok)
            assert_int_equal(f.n, 77);
        oom_fail_at(0);
        arena_free(arena);
    } while (!ok);
    assert_true(at > 1);
}

#endif
