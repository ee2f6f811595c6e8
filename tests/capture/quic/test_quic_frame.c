/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_frame.h"
#include "tests/capture/quic/quic_vectors.h"
#include "tests/support/hex.h"

static uint8_t room[256];

static struct quic_frame read_frame(const char *hex)
{
    struct quic_frame f;
    struct bytes rest = from_hex(hex, room);

    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(rest.n, 0);
    return f;
}

static void refuse(struct bytes all, enum parse verdict)
{
    struct quic_frame f, before;
    struct bytes rest = all;

    memset(&f, 0x5a, sizeof(f));
    before = f;
    assert_int_equal(quic_frame_next(&rest, &f), verdict);
    assert_ptr_equal(rest.p, all.p);
    assert_int_equal(rest.n, all.n);
    assert_memory_equal(&f, &before, sizeof(f));
}

static void refuse_hex(const char *hex)
{
    refuse(from_hex(hex, room), PARSE_BAD);
}

/* One of each; none ends by itself at the end of its packet. */
static const struct {
    const char *hex;
    uint64_t type;
} whole[] = {
        {"01", QUIC_PING},
        {"02 4064 05 02 03 00 01 02 0a", QUIC_ACK},
        {"03 4064 05 01 03 00 01 07 08 4009", QUIC_ACK},
        {"04 04 4100 8000ffff", QUIC_RESET_STREAM},
        {"05 08 410c", QUIC_STOP_SENDING},
        {"06 4400 05 68656c6c6f", QUIC_CRYPTO},
        {"07 03 746f6b", QUIC_NEW_TOKEN},
        {"0a 04 03 616263", QUIC_STREAM},
        {"0f 04 4400 03 616263", QUIC_STREAM},
        {"10 7fff", QUIC_MAX_DATA},
        {"11 04 7fff", QUIC_MAX_STREAM_DATA},
        {"12 d000000000000000", QUIC_MAX_STREAMS},
        {"13 03", QUIC_MAX_STREAMS},
        {"14 7fff", QUIC_DATA_BLOCKED},
        {"15 04 7fff", QUIC_STREAM_DATA_BLOCKED},
        {"16 03", QUIC_STREAMS_BLOCKED},
        {"17 03", QUIC_STREAMS_BLOCKED},
        {"18 05 05 04 01020304 000102030405060708090a0b0c0d0e0f", QUIC_NEW_CONNECTION_ID},
        {"19 02", QUIC_RETIRE_CONNECTION_ID},
        {"1a 0102030405060708", QUIC_PATH_CHALLENGE},
        {"1b 0102030405060708", QUIC_PATH_RESPONSE},
        {"1c 0a 06 03 627965", QUIC_CONNECTION_CLOSE},
        {"1d 4100 03 627965", QUIC_CONNECTION_CLOSE},
        {"1e", QUIC_HANDSHAKE_DONE},
        {"1f", QUIC_IMMEDIATE_ACK},
        {"40ac", QUIC_IMMEDIATE_ACK},
        {"24 04 4100 8000ffff 02", QUIC_RESET_STREAM_AT},
        {"31 03 616263", QUIC_DATAGRAM},
        {"40af 01 02 44e8 03", QUIC_ACK_FREQUENCY},
        {"42f5 8000ffff", QUIC_TIMESTAMP},
};

static void every_type_is_read_and_no_truncation_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        struct bytes all = from_hex(whole[i].hex, room), rest = {room, all.n + 1};
        struct quic_frame f;

        room[all.n] = QUIC_PING;
        assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
        assert_int_equal(rest.n, 1);
        assert_int_equal(f.type, whole[i].type);
        for (size_t n = 0; n < all.n; n++) {
            uint8_t *copy = malloc(n + 1);

            assert_non_null(copy);
            memcpy(copy + 1, room, n);
            refuse(bytes_of(copy + 1, n), PARSE_BAD);
            free(copy);
        }
    }
}

static void fields_come_out_as_they_stand(void **state)
{
    struct quic_frame f = read_frame("0f 04 4400 03 616263");

    (void)state;
    assert_int_equal(f.type_sent, 0x0f);
    assert_int_equal(f.stream, 4);
    assert_int_equal(f.off, 0x400);
    assert_true(bytes_is(f.data, "abc"));
    assert_true(f.fin);
    f = read_frame("06 4400 05 68656c6c6f");
    assert_int_equal(f.off, 0x400);
    assert_true(bytes_is(f.data, "hello"));
    f = read_frame("07 03 746f6b");
    assert_true(bytes_is(f.data, "tok"));
    f = read_frame("04 04 4100 8000ffff");
    assert_int_equal(f.stream, 4);
    assert_int_equal(f.error, 0x100);
    assert_int_equal(f.final_size, 0xffff);
    f = read_frame("24 04 4100 8000ffff 02");
    assert_int_equal(f.stream, 4);
    assert_int_equal(f.error, 0x100);
    assert_int_equal(f.final_size, 0xffff);
    assert_int_equal(f.reliable, 2);
    f = read_frame("05 08 410c");
    assert_int_equal(f.stream, 8);
    assert_int_equal(f.error, 0x10c);
    f = read_frame("11 04 7fff");
    assert_int_equal(f.stream, 4);
    assert_int_equal(f.most, 0x3fff);
    f = read_frame("13 03");
    assert_int_equal(f.type_sent, 0x13);
    assert_int_equal(f.most, 3);
    f = read_frame("18 05 04 04 01020304 000102030405060708090a0b0c0d0e0f");
    assert_int_equal(f.sequence, 5);
    assert_int_equal(f.retire_prior_to, 4);
    assert_memory_equal(f.id.p, "\1\2\3\4", 4);
    assert_int_equal(f.id.n, 4);
    assert_int_equal(f.reset_token.n, 16);
    assert_int_equal(f.reset_token.p[15], 15);
    f = read_frame("19 02");
    assert_int_equal(f.sequence, 2);
    f = read_frame("1b 0102030405060708");
    assert_int_equal(f.data.n, 8);
    assert_int_equal(f.data.p[7], 8);
}

static void a_close_tells_who_and_why(void **state)
{
    struct quic_frame f = read_frame("1c 0a 06 03 627965");

    (void)state;
    assert_false(f.application);
    assert_int_equal(f.error, 10);
    assert_int_equal(f.cause, 6);
    assert_true(bytes_is(f.reason, "bye"));
    f = read_frame("1d 4100 03 627965");
    assert_true(f.application);
    assert_int_equal(f.error, 0x100);
    assert_int_equal(f.cause, 0);
    assert_true(bytes_is(f.reason, "bye"));
}

static void acks_list_their_ranges(void **state)
{
    struct quic_frame f = read_frame("02 4064 05 02 03 00 01 02 0a");

    (void)state;
    assert_int_equal(f.largest, 100);
    assert_int_equal(f.ranges, 2);
    assert_int_equal(f.first_range, 3);
    assert_int_equal(f.range_list.n, 4);
    assert_memory_equal(f.range_list.p, "\0\1\2\12", 4);
    f = read_frame("03 05 00 00 05 01 02 03");
    assert_int_equal(f.type, QUIC_ACK);
    assert_int_equal(f.type_sent, 3);
    assert_int_equal(f.range_list.n, 0);
    /* Down to number 0, and no further: 5..4, 2..0. */
    (void)read_frame("02 05 00 01 01 00 02");
    refuse_hex("02 05 00 01 01 00 03");
    refuse_hex("02 05 00 01 04 00 00");
    refuse_hex("02 05 00 00 06");
    refuse_hex("02 ffffffffffffffff 00 ffffffffffffffff 00 00 00");
    refuse_hex("02 ffffffffffffffff 00 01 00 ffffffffffffffff 00");
}

static void runs_of_padding_are_one_frame(void **state)
{
    uint8_t raw[1200] = {0};
    struct bytes rest = {raw, sizeof(raw)};
    struct quic_frame f;

    (void)state;
    raw[1199] = QUIC_PING;
    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(f.type, QUIC_PADDING);
    assert_int_equal(rest.n, 1);
    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(f.type, QUIC_PING);
    refuse(rest, PARSE_BAD);
}

static void frames_without_a_length_go_to_the_end(void **state)
{
    struct quic_frame f = read_frame("08 04 616263");

    (void)state;
    assert_true(bytes_is(f.data, "abc"));
    assert_int_equal(f.off, 0);
    assert_false(f.fin);
    f = read_frame("0d 04 4400 616263");
    assert_true(bytes_is(f.data, "abc"));
    assert_int_equal(f.off, 0x400);
    assert_true(f.fin);
    f = read_frame("09 04");
    assert_int_equal(f.data.n, 0);
    assert_true(f.fin);
    f = read_frame("30 616263");
    assert_int_equal(f.type, QUIC_DATAGRAM);
    assert_true(bytes_is(f.data, "abc"));
    f = read_frame("30");
    assert_int_equal(f.data.n, 0);
}

static void limits_of_the_rfc_hold(void **state)
{
    (void)state;
    /* Offset and length up to 2^62-1. */
    (void)read_frame("06 fffffffffffffffe 01 aa");
    refuse_hex("06 ffffffffffffffff 01 aa");
    (void)read_frame("0e 00 fffffffffffffffe 01 aa");
    refuse_hex("0e 00 fffffffffffffffe 02 aabb");
    (void)read_frame("0c 00 fffffffffffffffe aa");
    refuse_hex("0c 00 fffffffffffffffe aabb");
    refuse_hex("06 00 ffffffffffffffff aa");
    refuse_hex("0a 00 ffffffffffffffff aa");
    refuse_hex("07 00"); /* section 19.7: no empty token */
    (void)read_frame("13 d000000000000000");
    refuse_hex("13 d000000000000001");
    refuse_hex("16 d000000000000001");
    refuse_hex("18 05 06 04 01020304 000102030405060708090a0b0c0d0e0f");
    refuse_hex("18 05 05 00 000102030405060708090a0b0c0d0e0f");
    (void)read_frame("18 05 05 14 000102030405060708090a0b0c0d0e0f10111213"
                     "000102030405060708090a0b0c0d0e0f");
    refuse_hex("18 05 05 15 000102030405060708090a0b0c0d0e0f1011121314"
               "000102030405060708090a0b0c0d0e0f");
    refuse_hex("24 04 00 02 03"); /* more reliable than there is */
    refuse_hex("1c 00 00 ffffffffffffffff");
    refuse_hex("31 ffffffffffffffff");
}

static void types_that_are_not_known_are_told_from_broken_ones(void **state)
{
    static const char *const unknown[] = {
            "20", "2f", "32 00", "3f", "40ae", "40b0", "4123", "bd5d0001", "ffffffffffffffff"};

    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        refuse(from_hex(unknown[i], room), PARSE_UNSUPPORTED);
    refuse_hex("40");
    refuse_hex("ffffffff");
}

static void a_type_may_be_longer_than_need_be(void **state)
{
    struct quic_frame f = read_frame("4006 00 01 aa");

    (void)state;
    assert_int_equal(f.type, QUIC_CRYPTO);
}

static void the_frames_of_the_rfcs_initials_are_read(void **state)
{
    struct bytes rest = {client_frame, sizeof(client_frame)};
    struct quic_frame f;

    (void)state;
    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(f.type, QUIC_CRYPTO);
    assert_int_equal(f.off, 0);
    assert_int_equal(f.data.n, 241);
    assert_int_equal(f.data.p[0], 1); /* ClientHello */
    assert_int_equal(rest.n, 0);
    rest = bytes_of(server_frames, sizeof(server_frames));
    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(f.type, QUIC_ACK);
    assert_int_equal(quic_frame_next(&rest, &f), PARSE_DONE);
    assert_int_equal(f.type, QUIC_CRYPTO);
    assert_int_equal(f.data.p[0], 2); /* ServerHello */
    assert_int_equal(f.data.n, 90);
    assert_int_equal(rest.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_type_is_read_and_no_truncation_of_it),
            cmocka_unit_test(fields_come_out_as_they_stand),
            cmocka_unit_test(a_close_tells_who_and_why),
            cmocka_unit_test(acks_list_their_ranges),
            cmocka_unit_test(runs_of_padding_are_one_frame),
            cmocka_unit_test(frames_without_a_length_go_to_the_end),
            cmocka_unit_test(limits_of_the_rfc_hold),
            cmocka_unit_test(types_that_are_not_known_are_told_from_broken_ones),
            cmocka_unit_test(a_type_may_be_longer_than_need_be),
            cmocka_unit_test(the_frames_of_the_rfcs_initials_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
