/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/ws_frame.h"

/* Headers with the lengths of RFC 6455 section 5.2, and one byte of payload behind each. */
static const struct sample {
    uint8_t bytes[15];
    size_t n;
    uint64_t length;
} samples[] = {
        {{0x81, 0x05, '*'}, 2, 5}, {{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, '*'}, 6, 5},
        {{0x82, 0x7e, 0x01, 0x00, '*'}, 4, 256},
        {{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0, '*'}, 10, 65536},
        {{0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, '*'}, 14,
                INT64_MAX},
        {{0x82, 0x7e, 0x00, 0x01, '*'}, 4, 1}, /* longer than needed */
};

static void every_length_is_read_and_every_truncation_wants_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t n = 0; n <= samples[i].n + 1; n++) {
            uint8_t *exact = malloc(n == 0 ? 1 : n);
            struct bytes in = {exact, n};
            struct ws_frame f = {.length = 77};

            assert_non_null(exact);
            memcpy(exact, samples[i].bytes, n);
            if (n < samples[i].n) {
                assert_int_equal(ws_frame_take(&in, &f), PARSE_MORE);
                assert_true(in.n == n && f.length == 77);
            } else {
                assert_int_equal(ws_frame_take(&in, &f), PARSE_DONE);
                assert_int_equal(in.n, n - samples[i].n);
                assert_true(f.length == samples[i].length && f.fin);
                assert_int_equal(f.masked, (samples[i].bytes[1] & 0x80) != 0);
            }
            free(exact);
        }
    }
}

static void a_length_past_all_bounds_is_bad(void **state)
{
    static const uint8_t head[] = {0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0};
    struct bytes in = {head, sizeof(head)};
    struct ws_frame f = {.length = 77};

    (void)state;
    assert_int_equal(ws_frame_take(&in, &f), PARSE_BAD);
    assert_true(in.n == sizeof(head) && f.length == 77);
}

static void the_first_byte_tells_the_kind(void **state)
{
    struct ws_frame f = ws_frame_first(0xc9);

    (void)state;
    assert_true(f.fin && f.rsv == WS_RSV1 && f.opcode == WS_PING && ws_frame_is_control(&f));
    f = ws_frame_first(0x32);
    assert_true(!f.fin && f.rsv == (WS_RSV2 | WS_RSV3) && !ws_frame_is_control(&f));
    assert_string_equal(ws_opcode_name(WS_BINARY), "binary");
    assert_string_equal(ws_opcode_name(WS_PONG), "pong");
    for (uint8_t opcode = 0; opcode < 16; opcode++)
        assert_int_equal(ws_opcode_name(opcode) == NULL,
                (opcode > WS_BINARY && opcode < WS_CLOSE) || opcode > WS_PONG);
}

/* RFC 6455 section 5.7. */
static void a_mask_comes_off_from_any_place_on(void **state)
{
    static const uint8_t masked[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    const struct ws_frame f = {.masked = true, .mask = {0x37, 0xfa, 0x21, 0x3d}};
    const struct ws_frame plain = {.masked = false, .mask = {1, 2, 3, 4}};

    (void)state;
    for (size_t at = 0; at <= sizeof(masked); at++) {
        uint8_t out[5];

        ws_frame_unmask(&f, 0, bytes_of(masked, at), out);
        ws_frame_unmask(&f, at, bytes_of(masked + at, sizeof(masked) - at), out + at);
        assert_memory_equal(out, "Hello", 5);
        ws_frame_unmask(&plain, at, bytes_of(masked, 5), out);
        assert_memory_equal(out, masked, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_length_is_read_and_every_truncation_wants_more),
            cmocka_unit_test(a_length_past_all_bounds_is_bad),
            cmocka_unit_test(the_first_byte_tells_the_kind),
            cmocka_unit_test(a_mask_comes_off_from_any_place_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
