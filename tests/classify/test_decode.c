/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/decode.h"
#include "tests/support/oom.h"

/* All of a text undone, piece by piece, out of a copy of its exact size. */
static struct bytes undone(enum decode_kind kind, struct bytes text)
{
    static uint8_t out[256];
    uint8_t *copy = malloc(text.n + 1);
    struct decode_piece piece;
    size_t n = 0;

    assert_non_null(copy);
    memcpy(copy, text.p, text.n);
    copy = realloc(copy, text.n == 0 ? 1 : text.n);
    for (size_t at = 0; at < text.n; at += piece.used) {
        decode_piece_at(kind, bytes_of(copy, text.n), at, &piece);
        assert_true(piece.used >= 1 && piece.used <= text.n - at);
        assert_true(piece.n >= 1 && piece.n <= piece.used && piece.n <= DECODE_PIECE_MOST);
        memcpy(out + n, piece.plain, piece.n);
        n += piece.n;
    }
    free(copy);
    return bytes_of(out, n);
}

static const struct {
    enum decode_kind kind;
    const char *written, *plain;
} cases[] = {
        {DECODE_PERCENTS, "a%E5%87%8f%e8%82%a5%2Bb", "a\xe5\x87\x8f\xe8\x82\xa5+b"},
        {DECODE_PERCENTS, "%BC%F5%B7%CA", "\xbc\xf5\xb7\xca"},
        {DECODE_PERCENTS, "%u51CF%u80a5 %20+", "\xe5\x87\x8f\xe8\x82\xa5  +"},
        {DECODE_PERCENTS, "%uD83D%uDE00%uD83D", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
        {DECODE_PERCENTS, "100% %2 %zz %u12 %%41", "100% %2 %zz %u12 %A"},
        {DECODE_BACKSLASHES, "\\u51cf\\u80A5\\/\\\\u51cf\\n",
                "\xe5\x87\x8f\xe8\x82\xa5/\\u51cf\n"},
        {DECODE_BACKSLASHES, "\\ud83d\\ude00\\ude00", "\xf0\x9f\x98\x80\xef\xbf\xbd"},
        {DECODE_BACKSLASHES, "\\xe5\\x87\\x8f\\xe9 \\x41", "\xe5\x87\x8f\xc3\xa9 A"},
        {DECODE_BACKSLASHES, "\\q \\u12 \\x4 \\\"", "\\q \\u12 \\x4 \""},
        {DECODE_ENTITIES, "&#20943;&#x80A5;&amp;&lt;&#X4a;", "\xe5\x87\x8f\xe8\x82\xa5&<J"},
        {DECODE_ENTITIES, "&#128512;&#1114112;&#99999999;",
                "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd"},
        {DECODE_ENTITIES, "&copy; &#; &#x; &;& a&b", "&copy; &#; &#x; &;& a&b"},
};

static void escapes_of_all_kinds_are_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bytes got = undone(cases[i].kind, bytes_text(cases[i].written));

        if (!bytes_is(got, cases[i].plain))
            fail_msg("%s: %.*s", cases[i].written, (int)got.n, (const char *)got.p);
    }
}

/* What is cut stays as it is from the escape that is cut on. */
static void every_truncation_is_read_in_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bytes text = bytes_text(cases[i].written);

        for (size_t n = 0; n <= text.n; n++) {
            for (int kind = 0; kind < DECODE_KINDS; kind++)
                (void)undone((enum decode_kind)kind, bytes_slice(text, 0, n));
        }
    }
}

static void only_escapes_that_hide_something_are_found(void **state)
{
    size_t at = 99;

    (void)state;
    assert_true(decode_find(DECODE_PERCENTS, BYTES_LITERAL("50% of %41"), 0, &at) && at == 7);
    assert_false(decode_find(DECODE_PERCENTS, BYTES_LITERAL("50% of %41"), 8, &at));
    assert_false(decode_find(DECODE_PERCENTS, BYTES_LITERAL("100%"), 0, &at));
    assert_false(decode_find(DECODE_BACKSLASHES, BYTES_LITERAL("\\\"a\\n\\t\\"), 0, &at));
    assert_true(decode_find(DECODE_BACKSLASHES, BYTES_LITERAL("\\na\\/b"), 0, &at) && at == 3);
    assert_true(decode_find(DECODE_BACKSLASHES, BYTES_LITERAL("\\\\u51cf"), 0, &at) && at == 0);
    assert_true(
            decode_find(DECODE_BACKSLASHES, BYTES_LITERAL("\\\\b\\xe5"), 0, &at) && at == 3);
    assert_false(decode_find(DECODE_BACKSLASHES, BYTES_LITERAL("\\\\b:\\/b \\u51c"), 0, &at));
    assert_false(decode_find(DECODE_ENTITIES, BYTES_LITERAL("a&b&amp;c&lt;"), 0, &at));
    assert_true(
            decode_find(DECODE_ENTITIES, BYTES_LITERAL("a&amp;#20943;"), 0, &at) && at == 1);
    assert_false(decode_find(DECODE_ENTITIES, bytes_of(NULL, 0), 0, &at));
}

#define PLAIN "{\"mail\":\"zhang.san@example.com\",\"mail2\":\"zhang.san@example.com\"}"

#define PACKED(s)                                                                              \
    {                                                                                          \
        (const uint8_t *)(s), sizeof(s) - 1                                                    \
    }

/* Made with Python's gzip and zlib, and the programs zstd and brotli. */
static const struct {
    enum unpack_kind kind;
    struct bytes packed;
} packed[] = {
        {UNPACK_GZIP, PACKED("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4d"
                             "\xcc\xcc\x51\xb2"
                             "\x52\xaa\xca\x48\xcc\x4b\xd7\x2b\x4e\xcc\x73\x48\xad\x48"
                             "\xcc\x2d\xc8\x49"
                             "\xd5\x4b\xce\xcf\x55\xd2\x01\x4b\x1b\xe1\x94\xaf\x05\x00"
                             "\xec\x35\xd9\x71"
                             "\x40\x00\x00\x00")},
        {UNPACK_ZLIB, PACKED("\x78\x9c\xab\x56\xca\x4d\xcc\xcc\x51\xb2\x52\xaa\xca\x48"
                             "\xcc\x4b\xd7\x2b"
                             "\x4e\xcc\x73\x48\xad\x48\xcc\x2d\xc8\x49\xd5\x4b\xce\xcf"
                             "\x55\xd2\x01\x4b"
                             "\x1b\xe1\x94\xaf\x05\x00\xd0\x38\x16\x63")},
        {UNPACK_ZSTD_HTTP, PACKED("\x28\xb5\x2f\xfd\x04\x58\x65\x01\x00\x24\x02\x7b\x22"
                                  "\x6d\x61\x69\x6c\x22"
                                  "\x3a\x22\x7a\x68\x61\x6e\x67\x2e\x73\x61\x6e\x40\x65"
                                  "\x78\x61\x6d\x70\x6c"
                                  "\x65\x2e\x63\x6f\x6d\x22\x2c\x32\x7d\x02\x00\x43\xad"
                                  "\x80\xb8\xd4\x13\xef"
                                  "\xb1\x87\x55")},
        {UNPACK_DEFLATE, PACKED("\xab\x56\xca\x4d\xcc\xcc\x51\xb2\x52\xaa\xca\x48\xcc\x4b"
                                "\xd7\x2b\x4e\xcc"
                                "\x73\x48\xad\x48\xcc\x2d\xc8\x49\xd5\x4b\xce\xcf\x55\xd2"
                                "\x01\x4b\x1b\xe1"
                                "\x94\xaf\x05\x00")},
        {UNPACK_BROTLI, PACKED("\x1f\x3f\x00\xf8\x45\xe7\x96\xfa\x33\x23\x10\x49\xa4\xfa"
                               "\x04\x6c\x4a\xb1"
                               "\xe9\x84\x0d\x38\x70\xc8\x8a\x75\xd7\xbb\x00\x17\x86\x61"
                               "\xc6\xf3\xb0\xd9"
                               "\x0b\x8e\x5b\x9c\xd4\xc3\x89\x82\x5d\xe2\x66\xf8\x01")},
};

static void compression_is_undone_and_told_by_its_mark(void **state)
{
    const struct unpack_limits limits = {1 << 20, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++) {
        struct arena *arena = arena_new(1 << 20);
        enum unpack_kind kind;
        enum parse how;
        struct bytes out;

        assert_non_null(arena);
        assert_true(decode_unpack(arena, packed[i].kind, packed[i].packed, limits, &out, &how));
        assert_true(bytes_is(out, PLAIN));
        assert_int_equal(how, PARSE_DONE);
        assert_true(decode_packed(packed[i].packed, &kind) == (i < 3));
        assert_true(i >= 3 || kind == packed[i].kind);
        assert_true(packed[i].kind != UNPACK_DEFLATE || decode_maybe_deflate(packed[i].packed));
        for (size_t n = 0; n < packed[i].packed.n; n++) {
            assert_true(decode_unpack(arena, packed[i].kind,
                    bytes_slice(packed[i].packed, 0, n), limits, &out, &how));
            assert_true(how != PARSE_DONE && out.n <= strlen(PLAIN));
            assert_memory_equal(out.p, PLAIN, out.n);
        }
        arena_free(arena);
    }
}

static void a_limit_cuts_what_comes_out(void **state)
{
    const struct unpack_limits limits = {10, 100};
    struct arena *arena = arena_new(1 << 20);
    enum parse how;
    struct bytes out;

    (void)state;
    assert_true(decode_unpack(arena, packed[0].kind, packed[0].packed, limits, &out, &how));
    assert_int_equal(how, PARSE_UNSUPPORTED);
    assert_true(bytes_equal(out, bytes_slice(BYTES_LITERAL(PLAIN), 0, 10)));
    arena_free(arena);
}

/* Where memory runs out inside a decompressor, that is a limit. */
static void every_allocation_may_fail(void **state)
{
    const struct unpack_limits limits = {1 << 20, 100};

    (void)state;
    for (long nth = 1;; nth++) {
        struct arena *arena = arena_new(1 << 20);
        enum parse how = PARSE_BAD;
        struct bytes out = {0};
        bool happened, good;

        assert_non_null(arena);
        oom_fail_at(nth);
        good = decode_unpack(arena, UNPACK_GZIP, packed[0].packed, limits, &out, &how);
        happened = oom_happened();
        oom_fail_at(0);
        assert_true(good || happened);
        assert_true(!good || !happened || how != PARSE_DONE || bytes_is(out, PLAIN));
        arena_free(arena);
        if (!happened)
            break;
    }
}

static void readable_is_nearly_all_printable(void **state)
{
    (void)state;
    assert_true(decode_readable(BYTES_LITERAL("plain text\r\n\twith\x01one")));
    assert_false(decode_readable(BYTES_LITERAL("plain text with\0")));
    assert_false(decode_readable(BYTES_LITERAL("\xe5\x87\x8f abc")));
    assert_false(decode_readable(bytes_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(escapes_of_all_kinds_are_undone),
            cmocka_unit_test(every_truncation_is_read_in_bounds),
            cmocka_unit_test(only_escapes_that_hide_something_are_found),
            cmocka_unit_test(compression_is_undone_and_told_by_its_mark),
            cmocka_unit_test(a_limit_cuts_what_comes_out),
            cmocka_unit_test(every_allocation_may_fail),
            cmocka_unit_test(readable_is_nearly_all_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
