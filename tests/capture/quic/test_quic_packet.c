/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_packet.h"
#include "tests/capture/quic/quic_vectors.h"
#include "tests/support/hex.h"

/* One packet that is refused: nothing is taken, nothing told. */
static void refuse(struct bytes datagram, size_t id_length)
{
    struct quic_packet p, before;
    struct bytes rest = datagram;

    memset(&p, 0x5a, sizeof(p));
    before = p;
    assert_int_equal(quic_packet_next(&rest, id_length, &p), PARSE_BAD);
    assert_ptr_equal(rest.p, datagram.p);
    assert_int_equal(rest.n, datagram.n);
    assert_memory_equal(&p, &before, sizeof(p));
}

static void refuse_hex(const char *hex, size_t id_length)
{
    uint8_t room[256];

    refuse(from_hex(hex, room), id_length);
}

/* RFC 9000 appendix A.1. */
static void varints_of_the_rfc_are_read(void **state)
{
    static const struct {
        const char *hex;
        uint64_t value;
    } cases[] = {
            {"c2197c5eff14e88c", UINT64_C(151288809941952652)},
            {"9d7f3e7d", 494878333},
            {"7bbd", 15293},
            {"25", 37},
            {"4025", 37},
            {"00", 0},
            {"ffffffffffffffff", (UINT64_C(1) << 62) - 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t room[9] = {0};
        struct bytes all = from_hex(cases[i].hex, room), rest = {room, all.n + 1};
        uint64_t value = 99;

        assert_true(quic_take_varint(&rest, &value));
        assert_int_equal(value, cases[i].value);
        assert_int_equal(rest.n, 1);
        for (size_t n = 0; n < all.n; n++) {
            uint8_t *copy = malloc(n + 1);

            assert_non_null(copy);
            memcpy(copy + 1, room, n);
            rest = bytes_of(copy + 1, n);
            value = 99;
            assert_false(quic_take_varint(&rest, &value));
            assert_int_equal(value, 99);
            assert_int_equal(rest.n, n);
            free(copy);
        }
    }
}

static void an_initial_tells_its_parts(void **state)
{
    struct bytes rest = {client_initial_v1, 1200};
    struct quic_packet p;

    (void)state;
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
    assert_int_equal(rest.n, 0);
    assert_int_equal(p.kind, QUIC_INITIAL);
    assert_int_equal(p.version, QUIC_V1);
    assert_ptr_equal(p.known, quic_version_find(QUIC_V1));
    assert_memory_equal(p.dcid.p, "\x83\x94\xc8\xf0\x3e\x51\x57\x08", 8);
    assert_int_equal(p.dcid.n, 8);
    assert_int_equal(p.scid.n, 0);
    assert_int_equal(p.token.n, 0);
    assert_int_equal(p.number_at, 18);
    assert_int_equal(p.whole.n, 1200);
    assert_false(p.cut);
}

static void every_version_has_its_packet_types(void **state)
{
    static const enum quic_packet_kind v1[4] = {
            QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY};
    /* RFC 9369 section 3.2. */
    static const enum quic_packet_kind v2[4] = {
            QUIC_RETRY, QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE};
    uint8_t raw[64] = {0, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 20};
    uint8_t old[64] = {0, 0xff, 0, 0, 0x1d, 0, 0, 0, 20};

    (void)state;
    for (unsigned type = 0; type < 4; type++) {
        struct bytes a = {raw, 64}, b = {old, 64};
        struct quic_packet p;

        raw[0] = old[0] = (uint8_t)(0xc0 | type << 4);
        assert_int_equal(quic_packet_next(&a, 0, &p), PARSE_DONE);
        assert_int_equal(p.kind, v2[type]);
        assert_int_equal(p.number_at == 0, p.kind == QUIC_RETRY);
        assert_int_equal(quic_packet_next(&b, 0, &p), PARSE_DONE);
        assert_int_equal(p.kind, v1[type]);
        assert_int_equal(p.number_at == 0, p.kind == QUIC_RETRY);
    }
}

static void coalesced_packets_come_one_by_one(void **state)
{
    uint8_t room[256] = {0};
    struct quic_packet p;
    struct bytes rest;

    (void)state;
    /* Initial with a token of 2, Handshake, 1-RTT with an ID of 3. */
    rest = from_hex(
            "c1 00000001 03 010203 01 09 02 aabb 15 000102030405060708090a0b0c0d0e0f101112"
            "1314 e0 00000001 03 010203 00 4014 000102030405060708090a0b0c0d0e0f10111213"
            "41 010203 000102030405060708090a0b0c0d0e0f10111213",
            room);
    assert_int_equal(quic_packet_next(&rest, 3, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_INITIAL);
    assert_memory_equal(p.token.p, "\xaa\xbb", 2);
    assert_int_equal(p.token.n, 2);
    assert_int_equal(p.number_at, 15);
    assert_int_equal(p.whole.n, 36);
    assert_ptr_equal(p.whole.p, room);
    assert_int_equal(quic_packet_next(&rest, 3, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_HANDSHAKE);
    assert_int_equal(p.number_at, 12);
    assert_int_equal(p.whole.n, 32);
    assert_ptr_equal(p.whole.p, room + 36);
    assert_int_equal(quic_packet_next(&rest, 3, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_ONE_RTT);
    assert_memory_equal(p.dcid.p, "\1\2\3", 3);
    assert_int_equal(p.dcid.n, 3);
    assert_int_equal(p.number_at, 4);
    assert_int_equal(p.version, 0);
    assert_null(p.known);
    assert_int_equal(rest.n, 0);
    refuse(rest, 3);
}

static void a_length_beyond_the_datagram_is_a_cut(void **state)
{
    (void)state;
    for (size_t n = 0; n < 1200; n++) {
        uint8_t *copy = malloc(n + 1);
        struct bytes rest = bytes_of(copy + 1, n);
        struct quic_packet p;

        assert_non_null(copy);
        memcpy(copy + 1, client_initial_v1, n);
        if (n < 18) {
            refuse(rest, 0);
        } else {
            assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
            assert_true(p.cut);
            assert_int_equal(p.whole.n, n);
            assert_int_equal(p.number_at, 18);
            assert_int_equal(rest.n, 0);
        }
        free(copy);
    }
}

static void headers_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    refuse_hex("", 0);
    refuse_hex("c0000000", 0);
    refuse_hex("c0 00000001 15 000102030405060708090a0b0c0d0e0f1011121314 00 00 14"
               "000102030405060708090a0b0c0d0e0f10111213",
            0); /* an ID of 21 */
    refuse_hex("c0 00000001 00 15 000102030405060708090a0b0c0d0e0f1011121314 00 14"
               "000102030405060708090a0b0c0d0e0f10111213",
            0);
    refuse_hex("c0 00000001 00 00 7fff 00", 0);                          /* token */
    refuse_hex("c0 00000001 00 00 ffffffffffffffff 00", 0);              /* token */
    refuse_hex("f0 00000001 00 00 000102030405060708090a0b0c0d0e", 0);   /* Retry, 15 bytes */
    refuse_hex("f0 00000001 00 00 000102030405060708090a0b0c0d0e0f", 0); /* no token */
    refuse_hex("f0 ff000016 00 00 02 01", 0);                            /* ODCID */
    refuse_hex("f0 ff000016 00 00 01 01", 0);                            /* no token */
    refuse_hex("f1 ff000015 00 010203", 0);                              /* ODCID */
    refuse_hex("80 00000000 00 00", 0);                                  /* no versions */
    refuse_hex("80 00000000 00 00 0000", 0);
    refuse_hex("80 00000000 00 05 00000001", 0);
}

static void a_retry_takes_all_that_is_left(void **state)
{
    uint8_t room[64];
    struct bytes rest =
            from_hex("ff 00000001 00 01 f0 746f 000102030405060708090a0b0c0d0e0f", room);
    struct quic_packet p;

    (void)state;
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_RETRY);
    assert_true(bytes_is(p.token, "to"));
    assert_int_equal(p.retry_tag.n, QUIC_TAG);
    assert_int_equal(p.retry_tag.p[15], 15);
    assert_int_equal(p.number_at, 0);
    assert_int_equal(p.retry_original.n, 0);
    assert_int_equal(rest.n, 0);
}

static void version_negotiation_lists_versions(void **state)
{
    uint8_t room[64];
    struct bytes rest = from_hex("80 00000000 01 aa 02 bbcc 00000001 1a2a3a4a", room);
    struct quic_packet p;

    (void)state;
    assert_true(quic_packet_looks_long(rest));
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_NEGOTIATION);
    assert_int_equal(p.version, 0);
    assert_null(p.known);
    assert_int_equal(p.dcid.n, 1);
    assert_int_equal(p.scid.n, 2);
    assert_int_equal(p.versions.n, 8);
    assert_int_equal(p.number_at, 0);
    assert_int_equal(rest.n, 0);
}

static void unknown_versions_tell_ids_of_up_to_255_bytes(void **state)
{
    uint8_t raw[5 + 1 + 255 + 1 + 255 + 3] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 255};
    struct bytes rest = {raw, sizeof(raw)};
    struct quic_packet p;

    (void)state;
    raw[6 + 255] = 255;
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_UNSUPPORTED);
    assert_int_equal(p.version, 0x1a2a3a4a);
    assert_null(p.known);
    assert_int_equal(p.dcid.n, 255);
    assert_int_equal(p.scid.n, 255);
    assert_int_equal(p.whole.n, sizeof(raw));
    assert_int_equal(rest.n, 0);
    for (size_t n = 0; n < 5 + 2 + 510; n++)
        refuse(bytes_of(raw, n), 0);
}

static void draft_21_packs_the_lengths_of_ids(void **state)
{
    uint8_t room[64];
    struct bytes rest = from_hex("c0 ff000015 1f 01020304 000102030405060708090a0b0c0d0e0f1011"
                                 "00 04 00000000",
            room);
    struct quic_packet p;

    (void)state;
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
    assert_int_equal(p.dcid.n, 4);
    assert_int_equal(p.scid.n, 18);
    assert_int_equal(p.number_at, 30);
    assert_int_equal(p.whole.n, 34);
}

static void the_fixed_bit_may_be_greased_where_the_version_is_known(void **state)
{
    uint8_t raw[1200];
    struct bytes rest = {raw, sizeof(raw)};
    struct quic_packet p;

    (void)state;
    memcpy(raw, client_initial_v1, sizeof(raw));
    raw[0] &= 0xbf;
    assert_int_equal(quic_packet_next(&rest, 0, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_INITIAL);
    raw[0] = 0x01;
    rest = bytes_of(raw, sizeof(raw));
    assert_int_equal(quic_packet_next(&rest, 20, &p), PARSE_DONE);
    assert_int_equal(p.kind, QUIC_ONE_RTT);
}

static void short_headers_need_room_for_a_sample(void **state)
{
    uint8_t raw[64];

    (void)state;
    memset(raw, 0x41, sizeof(raw));
    for (size_t id = 0; id <= 24; id++)
        for (size_t n = 0; n <= sizeof(raw); n++) {
            struct bytes rest = {raw, n};
            struct quic_packet p;

            if (n < 1 + id + 4 + QUIC_SAMPLE) {
                refuse(rest, id);
                continue;
            }
            assert_int_equal(quic_packet_next(&rest, id, &p), PARSE_DONE);
            assert_int_equal(p.number_at, 1 + id);
            assert_int_equal(p.dcid.n, id);
            assert_int_equal(p.whole.n, n);
        }
    refuse(bytes_of(raw, sizeof(raw)), SIZE_MAX);
}

static void zeros_behind_the_last_packet_are_no_packet(void **state)
{
    uint8_t raw[1400] = {0};
    struct bytes rest = {raw, sizeof(raw)};
    struct quic_packet p;

    (void)state;
    memcpy(raw, server_initial_v1, sizeof(server_initial_v1));
    assert_int_equal(quic_packet_next(&rest, 8, &p), PARSE_DONE);
    assert_int_equal(p.whole.n, sizeof(server_initial_v1));
    refuse(rest, 8);
}

static void what_looks_like_quic_is_told(void **state)
{
    uint8_t raw[1300] = {0xc0, 0x12, 0x34, 0x56, 0x78, 4, 1, 2, 3, 4, 0};

    (void)state;
    assert_true(quic_packet_looks_long(bytes_of(client_initial_v1, 1200)));
    assert_true(quic_packet_looks_long(bytes_of(client_initial_v2, 300)));
    assert_true(quic_packet_looks_long(bytes_of(raw, 1200)));
    assert_false(quic_packet_looks_long(bytes_of(raw, 1199)));
    raw[0] = 0x80;
    assert_false(quic_packet_looks_long(bytes_of(raw, 1200)));
    raw[0] = 0x40;
    assert_false(quic_packet_looks_long(bytes_of(raw, 1200)));
    assert_false(quic_packet_looks_long(bytes_of(NULL, 0)));
    memcpy(raw, client_initial_v1, 1200);
    raw[0] &= 0xbf;
    assert_false(quic_packet_looks_long(bytes_of(raw, 1200)));
    raw[0] = 0xc0;
    raw[5] = 21;
    assert_false(quic_packet_looks_long(bytes_of(raw, 1200)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(varints_of_the_rfc_are_read),
            cmocka_unit_test(an_initial_tells_its_parts),
            cmocka_unit_test(every_version_has_its_packet_types),
            cmocka_unit_test(coalesced_packets_come_one_by_one),
            cmocka_unit_test(a_length_beyond_the_datagram_is_a_cut),
            cmocka_unit_test(headers_that_do_not_fit_are_refused),
            cmocka_unit_test(a_retry_takes_all_that_is_left),
            cmocka_unit_test(version_negotiation_lists_versions),
            cmocka_unit_test(unknown_versions_tell_ids_of_up_to_255_bytes),
            cmocka_unit_test(draft_21_packs_the_lengths_of_ids),
            cmocka_unit_test(the_fixed_bit_may_be_greased_where_the_version_is_known),
            cmocka_unit_test(short_headers_need_room_for_a_sample),
            cmocka_unit_test(zeros_behind_the_last_packet_are_no_packet),
            cmocka_unit_test(what_looks_like_quic_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
