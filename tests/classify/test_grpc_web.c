/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "classify/grpc_web.h"
#include "tests/support/oom.h"

static void frames_stand_one_behind_the_other(void **state)
{
    struct bytes rest = BYTES_LITERAL("\x00\x00\x00\x00\x02hi\x80\x00\x00\x00\x03x:y\x01\x00");
    struct grpc_web_frame f;

    (void)state;
    assert_true(grpc_web_next(&rest, &f));
    assert_int_equal(f.flags, 0);
    assert_true(bytes_is(f.data, "hi") && !f.cut);
    assert_true(grpc_web_next(&rest, &f));
    assert_int_equal(f.flags, GRPC_WEB_TRAILERS);
    assert_true(bytes_is(f.data, "x:y"));
    /* What is left is no frame, and stays. */
    assert_false(grpc_web_next(&rest, &f));
    assert_int_equal(rest.n, 2);
}

static void every_truncation_is_no_frame_or_a_cut_one(void **state)
{
    static const char whole[] = "\x00\x00\x00\x00\x05hello";

    (void)state;
    for (size_t n = 0; n < sizeof(whole); n++) {
        struct bytes rest = bytes_of(whole, n);
        struct grpc_web_frame f;

        assert_int_equal(grpc_web_next(&rest, &f), n >= 5);
        if (n < 5)
            assert_int_equal(rest.n, n);
        else
            assert_true(f.data.n == n - 5 && f.cut == (n < 10) && rest.n == 0);
    }
}

static void flags_that_no_frame_has_are_refused(void **state)
{
    struct bytes rest = BYTES_LITERAL("\x04\x00\x00\x00\x00");
    struct grpc_web_frame f;

    (void)state;
    assert_false(grpc_web_next(&rest, &f));
}

static void assert_text(const char *coded, const char *plain, bool broken)
{
    struct arena *arena = arena_new(1 << 16);
    struct grpc_web_text t;

    assert_non_null(arena);
    assert_true(grpc_web_text_read(arena, bytes_text(coded), &t));
    assert_true(bytes_is(t.plain, plain));
    assert_int_equal(t.broken, broken);
    arena_free(arena);
}

/* RFC 4648 section 10, and pieces of it in a row. */
static void base64_is_read_piece_by_piece(void **state)
{
    (void)state;
    assert_text("", "", false);
    assert_text("Zg==", "f", false);
    assert_text("Zm8=", "fo", false);
    assert_text("Zm9vYmFy", "foobar", false);
    assert_text("Zg==Zm8=Zm9v", "ffofoo", false);
    assert_text("Zm9vYg", "foob", false);
    assert_text("Zm9vY", "foo", true);
    assert_text("Zm9v\nYg==", "foo", true);
    assert_text("Zg=Zg==", "", true);
}

static void the_groups_that_hold_some_bytes_are_named(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    struct grpc_web_text t;

    (void)state;
    assert_non_null(arena);
    assert_true(grpc_web_text_read(arena, BYTES_LITERAL("Zg==Zm8=Zm9vYmFy"), &t));
    assert_true(bytes_is(grpc_web_text_piece(&t, 0, 1), "Zg=="));
    assert_true(bytes_is(grpc_web_text_piece(&t, 1, 2), "Zm8="));
    assert_true(bytes_is(grpc_web_text_piece(&t, 2, 2), "Zm8=Zm9v"));
    assert_true(bytes_is(grpc_web_text_piece(&t, 6, 1), "YmFy"));
    assert_true(bytes_is(grpc_web_text_piece(&t, 3, 6), "Zm9vYmFy"));
    assert_int_equal(grpc_web_text_piece(&t, 9, 0).n, 0);
    arena_free(arena);
}

static void every_failed_allocation_is_told(void **state)
{
    long at = 0;
    bool ok;

    (void)state;
    do {
        struct arena *arena = arena_new(1 << 20);
        struct grpc_web_text t = {.run_count = 77};

        assert_non_null(arena);
        oom_fail_at(++at);
        ok = grpc_web_text_read(arena, BYTES_LITERAL("Zg==Zg==Zg==Zg=="), &t);
        assert_int_equal(ok, !oom_happened());
        if (!ok)
            assert_int_equal(t.run_count, 77);
        oom_fail_at(0);
        arena_free(arena);
    } while (!ok);
    assert_true(at > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(frames_stand_one_behind_the_other),
            cmocka_unit_test(every_truncation_is_no_frame_or_a_cut_one),
            cmocka_unit_test(flags_that_no_frame_has_are_refused),
            cmocka_unit_test(base64_is_read_piece_by_piece),
            cmocka_unit_test(the_groups_that_hold_some_bytes_are_named),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
