/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_params.h"
#include "tests/support/hex.h"

static uint8_t room[512];

static struct quic_params read_params(const char *hex)
{
    struct quic_params p;

    assert_int_equal(quic_params_read(from_hex(hex, room), &p), PARSE_DONE);
    return p;
}

static void check_defaults(const struct quic_params *p)
{
    assert_int_equal(p->udp_payload_most, 65527);
    assert_int_equal(p->ack_delay_exponent, 3);
    assert_int_equal(p->ack_delay_ms, 25);
    assert_int_equal(p->ids_most, 2);
    assert_int_equal(p->idle_timeout_ms, 0);
    assert_int_equal(p->max_data, 0);
    assert_int_equal(p->datagram_most, 0);
    assert_false(p->no_migration || p->grease_bit || p->has_versions || p->has_preferred);
    assert_false(p->has_initial_scid || p->has_original_dcid || p->has_retry_scid);
}

static const char all[] =
        "00 08 8394c8f03e515708 01 04 80007530 02 10 000102030405060708090a0b0c0d0e0f"
        "03 02 45c8 04 04 8000ffff 05 04 80010000 06 04 80020000 07 04 80030000"
        "08 02 4064 09 01 03 0a 01 08 0b 02 4032 0c 00"
        "0d 2d c0000201 01bb 20010db8000000000000000000000001 01bc 04 0a0b0c0d"
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        "0e 01 08 0f 04 01020304 10 03 aabbcc 11 0c 00000001 6b3343cf 00000001"
        "20 04 8000ffff 6ab2 00 7fb5 02 0102";

static void every_parameter_comes_out(void **state)
{
    struct quic_params p = read_params(all);

    (void)state;
    assert_false(p.has_malformed);
    assert_true(p.has_original_dcid && p.has_initial_scid && p.has_retry_scid);
    assert_true(p.has_reset_token && p.no_migration && p.has_preferred && p.grease_bit);
    assert_int_equal(p.original_dcid.n, 8);
    assert_memory_equal(p.initial_scid.p, "\1\2\3\4", 4);
    assert_int_equal(p.initial_scid.n, 4);
    assert_memory_equal(p.retry_scid.p, "\xaa\xbb\xcc", 3);
    assert_int_equal(p.reset_token.n, 16);
    assert_int_equal(p.idle_timeout_ms, 30000);
    assert_int_equal(p.udp_payload_most, 1480);
    assert_int_equal(p.max_data, 0xffff);
    assert_int_equal(p.max_stream_bidi_local, 0x10000);
    assert_int_equal(p.max_stream_bidi_remote, 0x20000);
    assert_int_equal(p.max_stream_uni, 0x30000);
    assert_int_equal(p.streams_bidi, 100);
    assert_int_equal(p.streams_uni, 3);
    assert_int_equal(p.ack_delay_exponent, 8);
    assert_int_equal(p.ack_delay_ms, 50);
    assert_int_equal(p.ids_most, 8);
    assert_int_equal(p.datagram_most, 0xffff);
    assert_true(p.has_versions);
    assert_int_equal(p.chosen_version, 1);
    assert_int_equal(p.versions.n, 8);
}

static void a_preferred_address_has_both_families(void **state)
{
    struct quic_params p = read_params(all);
    char text[ENDPOINT_TEXT];

    (void)state;
    endpoint_text(&p.preferred_v4, text);
    assert_string_equal(text, "192.0.2.1:443");
    endpoint_text(&p.preferred_v6, text);
    assert_string_equal(text, "[2001:db8::1]:444");
    assert_memory_equal(p.preferred_id.p, "\x0a\x0b\x0c\x0d", 4);
    assert_int_equal(p.preferred_token.n, 16);
    assert_int_equal(p.preferred_token.p[15], 0xff);
}

static void without_parameters_the_defaults_hold(void **state)
{
    struct quic_params p = read_params("");

    (void)state;
    check_defaults(&p);
    assert_false(p.has_malformed);
}

static void a_broken_list_is_refused_and_leaves_the_output(void **state)
{
    uint8_t raw[512];
    struct bytes whole = from_hex(all, raw), rest = whole, value;
    bool ends[512] = {false};
    uint64_t number;

    (void)state;
    ends[0] = true;
    while (quic_params_next(&rest, &number, &value))
        ends[whole.n - rest.n] = true;
    assert_int_equal(rest.n, 0);
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *copy = malloc(n + 1);
        struct quic_params p, before;

        assert_non_null(copy);
        memcpy(copy + 1, raw, n);
        memset(&p, 0x5a, sizeof(p));
        before = p;
        assert_int_equal(
                quic_params_read(bytes_of(copy + 1, n), &p), ends[n] ? PARSE_DONE : PARSE_BAD);
        if (!ends[n])
            assert_memory_equal(&p, &before, sizeof(p));
        free(copy);
    }
}

static void a_broken_parameter_does_not_spoil_the_rest(void **state)
{
    static const char *const broken[] = {
            "01 00",      /* no number */
            "01 02 0102", /* a number and more */
            "02 0f 000102030405060708090a0b0c0d0e",
            "03 02 44af", /* 1199 */
            "08 08 d000000000000001",
            "0a 01 15",       /* 21 */
            "0b 04 80004000", /* 2^14 */
            "0c 01 00",
            "0e 01 01",
            "0f 15 000102030405060708090a0b0c0d0e0f1011121314",
            "11 00",
            "11 04 00000000",
            "11 05 0000000100",
            "11 08 00000001 00000000",
            "6ab2 01 00",
            "0d 29 c0000201 01bb 20010db8000000000000000000000001 01bc 00"
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", /* no ID */
            "0d 2c c0000201 01bb 20010db8000000000000000000000001 01bc 04 0a0b0c0d"
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfe", /* a byte short */
            "0d 2e c0000201 01bb 20010db8000000000000000000000001 01bc 04 0a0b0c0d"
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        uint8_t raw[128];
        struct bytes one = from_hex(broken[i], raw), rest = one, value;
        struct quic_params p;
        uint64_t number;

        assert_true(quic_params_next(&rest, &number, &value));
        assert_int_equal(rest.n, 0);
        memcpy(raw + one.n, "\x04\x01\x07", 3);
        assert_int_equal(quic_params_read(bytes_of(raw, one.n + 3), &p), PARSE_DONE);
        assert_true(p.has_malformed);
        assert_int_equal(p.malformed, number);
        assert_int_equal(p.max_data, 7);
        p.max_data = 0;
        check_defaults(&p);
    }
}

static void the_first_of_two_stands_and_the_second_is_told(void **state)
{
    struct quic_params p = read_params("04 01 07 04 01 08 0c 01 00");

    (void)state;
    assert_int_equal(p.max_data, 7);
    assert_true(p.has_malformed);
    assert_int_equal(p.malformed, 4);
    p = read_params("6ab2 00 6ab2 00");
    assert_true(p.grease_bit);
    assert_true(p.has_malformed);
    assert_int_equal(p.malformed, 0x2ab2);
    /* Those that are not read may come as they like. */
    p = read_params("7fb5 00 7fb5 00");
    assert_false(p.has_malformed);
}

/* draft-ietf-quic-transport-22 section 18: numbers and lengths of 16 bits. */
static void lists_of_old_drafts_are_read_too(void **state)
{
    struct quic_params p =
            read_params("0019 0001 0004 80007530 0004 0004 8000ffff 000c 0000 000e 0001 05");

    (void)state;
    assert_false(p.has_malformed);
    assert_int_equal(p.idle_timeout_ms, 30000);
    assert_int_equal(p.max_data, 0xffff);
    assert_true(p.no_migration);
    assert_int_equal(p.ids_most, 5);
    p = read_params("0024 0000 0008 8394c8f03e515708 0002 0010 000102030405060708090a0b0c0d0e0f"
                    "000c 0000");
    assert_false(p.has_malformed);
    assert_int_equal(p.original_dcid.n, 8);
    assert_true(p.has_reset_token && p.no_migration);
    /* A list of today whose first parameter looks like that length. */
    p = read_params("00 08 8394c8f03e515708");
    assert_int_equal(p.original_dcid.n, 8);
    assert_int_equal(p.original_dcid.p[0], 0x83);
}

static void version_information_may_offer_nothing_else(void **state)
{
    struct quic_params p = read_params("11 04 00000001");

    (void)state;
    assert_true(p.has_versions);
    assert_int_equal(p.chosen_version, 1);
    assert_int_equal(p.versions.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_parameter_comes_out),
            cmocka_unit_test(a_preferred_address_has_both_families),
            cmocka_unit_test(without_parameters_the_defaults_hold),
            cmocka_unit_test(a_broken_list_is_refused_and_leaves_the_output),
            cmocka_unit_test(a_broken_parameter_does_not_spoil_the_rest),
            cmocka_unit_test(the_first_of_two_stands_and_the_second_is_told),
            cmocka_unit_test(lists_of_old_drafts_are_read_too),
            cmocka_unit_test(version_information_may_offer_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
