/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/field.h"

static const uint64_t hpack_most = 1 << 28, qpack_most = (UINT64_C(1) << 62) - 1;

static enum parse take(struct bytes in, unsigned bits, uint64_t most, uint64_t *out)
{
    uint8_t *exact = malloc(in.n == 0 ? 1 : in.n);
    struct bytes at = {exact, in.n};
    enum parse verdict;

    assert_non_null(exact);
    if (in.n != 0)
        memcpy(exact, in.p, in.n);
    *out = 77;
    verdict = field_take_integer(&at, bits, most, out);
    assert_int_equal(at.n, verdict == PARSE_DONE ? 0 : in.n);
    if (verdict != PARSE_DONE)
        assert_int_equal(*out, 77);
    free(exact);
    return verdict;
}

/* RFC 7541 appendix C.1; the bits above the prefix are someone else's. */
static void the_examples_of_rfc_7541_are_read_and_written(void **state)
{
    const struct {
        unsigned bits;
        uint8_t pattern;
        uint64_t n;
        struct bytes wire;
    } examples[] = {
            {5, 0xe0, 10, BYTES_LITERAL("\xea")},
            {5, 0x20, 1337, BYTES_LITERAL("\x3f\x9a\x0a")},
            {8, 0, 42, BYTES_LITERAL("\x2a")},
            {5, 0, 30, BYTES_LITERAL("\x1e")},
            {5, 0, 31, BYTES_LITERAL("\x1f\0")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct bytes wire = examples[i].wire;
        uint8_t raw[FIELD_INTEGER_BYTES];
        uint64_t n;

        assert_int_equal(take(wire, examples[i].bits, hpack_most, &n), PARSE_DONE);
        assert_true(n == examples[i].n);
        for (size_t cut = 0; cut < wire.n; cut++)
            assert_int_equal(take(bytes_slice(wire, 0, cut), examples[i].bits, hpack_most, &n),
                    PARSE_MORE);
        assert_int_equal(
                field_put_integer(raw, examples[i].bits, examples[i].pattern, examples[i].n),
                wire.n);
        assert_memory_equal(raw, wire.p, wire.n);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 8; bits++)
        for (unsigned shift = 0; shift < 63; shift++)
            for (uint64_t by = 0; by < 3; by++) {
                uint64_t want = (UINT64_C(1) << shift) - 1 + by, n;
                uint8_t raw[FIELD_INTEGER_BYTES];
                size_t length = field_put_integer(raw, bits, 0, want);

                assert_true(length <= sizeof(raw));
                assert_int_equal(take(bytes_of(raw, length), bits, (UINT64_C(1) << 63) - 1, &n),
                        PARSE_DONE);
                assert_true(n == want);
                assert_int_equal(take(bytes_of(raw, length), bits, qpack_most, &n),
                        want > qpack_most ? PARSE_BAD : PARSE_DONE);
            }
}

static void integers_past_the_bound_are_bad_however_they_are_written(void **state)
{
    uint8_t zeros[16];
    uint64_t n;

    (void)state;
    assert_int_equal(
            take(BYTES_LITERAL("\x1f\xe1\xff\xff\x7f"), 5, hpack_most, &n), PARSE_DONE);
    assert_true(n == hpack_most);
    assert_int_equal(take(BYTES_LITERAL("\x1f\xe2\xff\xff\x7f"), 5, hpack_most, &n), PARSE_BAD);
    /* A zero in more bytes than it needs: as many as the largest may need, no more. */
    memset(zeros, 0x80, sizeof(zeros));
    zeros[0] = 0x7f;
    for (size_t length = 2; length < sizeof(zeros); length++) {
        zeros[length - 1] = 0;
        assert_int_equal(take(bytes_of(zeros, length), 7, hpack_most, &n),
                length <= 6 ? PARSE_DONE : PARSE_BAD);
        assert_int_equal(take(bytes_of(zeros, length), 7, qpack_most, &n),
                length <= 10 ? PARSE_DONE : PARSE_BAD);
        zeros[length - 1] = 0x80;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_examples_of_rfc_7541_are_read_and_written),
            cmocka_unit_test(what_is_written_is_read_back),
            cmocka_unit_test(integers_past_the_bound_are_bad_however_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
