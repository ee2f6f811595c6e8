/* SPDX-License-Identifier: Apache-2.0 */
/* From frames to segments: unwrap with ip, fragment and transport below it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/fragment.h"
#include "capture/packet/ip.h"
#include "capture/packet/link.h"
#include "capture/packet/transport.h"
#include "capture/packet/unwrap.h"
#include "tests/support/oom.h"

enum { ROOM = 512 };

/* 192.0.2.1:40000 > 198.51.100.7:80, PSH ACK, "hello"; sums computed apart from this code. */
static const uint8_t tcp4[] = {0x45, 0, 0, 45, 0, 1, 0, 0, 64, 6, 0x8e, 0x8e, 192, 0, 2, 1, 198,
        51, 100, 7, 0x9c, 0x40, 0, 80, 0, 0, 0, 100, 0, 0, 0, 200, 0x50, 0x18, 0xff, 0xff, 0xe1,
        0xfc, 0, 0, 'h', 'e', 'l', 'l', 'o'};

/* [2001:db8::1]:5000 > [2001:db8::2]:53, a datagram "ping" behind a hop-by-hop and a
 * destination header. */
static const uint8_t udp6[] = {0x60, 0, 0, 0, 0, 28, 0, 64, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 60, 0, 1,
        4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, 0x13, 0x88, 0, 53, 0, 12, 0xb1, 0xd3, 'p', 'i',
        'n', 'g'};

struct bench {
    struct ledger ledger;
    struct unwrap *u;
    uint64_t number;
    int64_t time_ns;
    struct segment seg;
    uint8_t *frame; /* of the last push, in memory of its exact size */
};

static void start(struct bench *b)
{
    *b = (struct bench){0};
    ledger_init(&b->ledger, 0);
    b->u = unwrap_new(&b->ledger, true);
    assert_non_null(b->u);
}

static void stop(struct bench *b)
{
    free(b->frame);
    unwrap_free(b->u);
    ledger_clear(&b->ledger);
}

static bool push(struct bench *b, int link, const void *data, size_t n, uint32_t wire)
{
    struct packet frame = {
            .number = ++b->number, .time_ns = b->time_ns, .link = link, .wire_len = wire};
    bool found = false;

    free(b->frame);
    b->frame = malloc(n == 0 ? 1 : n);
    assert_non_null(b->frame);
    memcpy(b->frame, data, n);
    frame.data = bytes_of(b->frame, n);
    assert_int_equal(unwrap_frame(b->u, &frame, &b->seg, &found), STATUS_OK);
    if (found)
        assert_int_equal(b->seg.packet, b->number);
    return found;
}

static bool raw(struct bench *b, const void *data, size_t n)
{
    return push(b, LINK_RAW, data, n, (uint32_t)n);
}

static void a_tcp_segment_is_read_whole(void **state)
{
    struct bench b;
    char text[ENDPOINT_TEXT];

    (void)state;
    start(&b);
    assert_true(raw(&b, tcp4, sizeof(tcp4)));
    endpoint_text(&b.seg.src, text);
    assert_string_equal(text, "192.0.2.1:40000");
    endpoint_text(&b.seg.dst, text);
    assert_string_equal(text, "198.51.100.7:80");
    assert_int_equal(b.seg.seq, 100);
    assert_int_equal(b.seg.ack, 200);
    assert_int_equal(b.seg.flags, TCP_PSH | TCP_ACK);
    assert_int_equal(b.seg.window, 65535);
    assert_true(bytes_is(b.seg.payload, "hello"));
    assert_int_equal(b.seg.wire_len, 5);
    assert_int_equal(b.seg.ip.n, sizeof(tcp4));
    assert_false(b.seg.bad_checksum);
    stop(&b);
}

static void a_wrong_checksum_is_counted_and_not_refused(void **state)
{
    uint8_t copy[sizeof(tcp4)];
    struct bench b;

    (void)state;
    start(&b);
    for (size_t i = 20; i < sizeof(copy); i++) {
        memcpy(copy, tcp4, sizeof(copy));
        copy[i] ^= 0x04;
        if (i != 32) { /* the length of the header */
            assert_true(raw(&b, copy, sizeof(copy)));
            assert_true(b.seg.bad_checksum);
        }
    }
    stop(&b);
}

static void padding_behind_the_packet_is_cut_off(void **state)
{
    uint8_t frame[14 + sizeof(tcp4) + 6] = {[12] = 8};
    struct bench b;

    (void)state;
    start(&b);
    memcpy(frame + 14, tcp4, sizeof(tcp4));
    assert_true(push(&b, LINK_ETHERNET, frame, sizeof(frame), sizeof(frame)));
    assert_true(bytes_is(b.seg.payload, "hello"));
    assert_int_equal(b.seg.wire_len, 5);
    assert_int_equal(b.seg.ip.n, sizeof(tcp4));
    stop(&b);
}

static void a_total_length_of_zero_means_to_the_end_of_the_frame(void **state)
{
    uint8_t copy[sizeof(tcp4)];
    struct bench b;

    (void)state;
    start(&b);
    memcpy(copy, tcp4, sizeof(copy));
    copy[3] = 0;
    assert_true(raw(&b, copy, sizeof(copy)));
    assert_true(bytes_is(b.seg.payload, "hello"));
    stop(&b);
}

static void a_cut_packet_keeps_its_length_on_the_wire(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    for (size_t n = 0; n < sizeof(tcp4); n++) {
        bool found = push(&b, LINK_RAW, tcp4, n, sizeof(tcp4));

        assert_int_equal(found, n >= 40);
        if (found) {
            assert_int_equal(b.seg.payload.n, n - 40);
            assert_int_equal(b.seg.wire_len, 5);
            assert_false(b.seg.bad_checksum);
        }
    }
    unwrap_close(b.u);
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].why, GAP_SNAPLEN);
    assert_int_equal(b.ledger.gaps[0].layer, LAYER_PACKET);
    assert_int_equal(b.ledger.gaps[0].first_packet, 1);
    assert_int_equal(b.ledger.gaps[0].last_packet, 40);
    assert_int_equal(b.ledger.gaps[0].len, 40 * sizeof(tcp4));
    stop(&b);
}

static void extension_headers_are_walked(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    assert_true(raw(&b, udp6, sizeof(udp6)));
    assert_int_equal(b.seg.transport, TRANSPORT_UDP);
    assert_int_equal(b.seg.dst.port, 53);
    assert_true(bytes_is(b.seg.payload, "ping"));
    assert_false(b.seg.bad_checksum);
    for (size_t n = 0; n < sizeof(udp6); n++)
        assert_int_equal(push(&b, LINK_RAW, udp6, n, sizeof(udp6)), n >= 64);
    stop(&b);
}

/* Piece [begin, end) of tcp4's payload as an IPv4 fragment. */
static size_t fragment(size_t begin, size_t end, uint8_t id, uint8_t *out)
{
    size_t n = end - begin;
    uint16_t field = (uint16_t)(begin / 8);

    if (end != sizeof(tcp4) - 20)
        field |= 0x2000;
    memcpy(out, tcp4, 20);
    memcpy(out + 20, tcp4 + 20 + begin, n);
    out[3] = (uint8_t)(20 + n);
    out[5] = id;
    out[6] = (uint8_t)(field >> 8);
    out[7] = (uint8_t)field;
    out[10] = out[11] = 0;
    return 20 + n;
}

static bool piece(struct bench *b, size_t begin, size_t end, uint8_t id)
{
    uint8_t data[ROOM];
    size_t n = fragment(begin, end, id, data);

    return raw(b, data, n);
}

static void fragments_in_any_order_give_the_segment(void **state)
{
    static const size_t cuts[] = {0, 8, 16, 25};
    static const uint8_t orders[6][3] = {
            {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct bench b;

    (void)state;
    start(&b);
    for (uint8_t i = 0; i < 6; i++) {
        for (uint8_t j = 0; j < 3; j++) {
            size_t k = orders[i][j];

            assert_int_equal(piece(&b, cuts[k], cuts[k + 1], i), j == 2);
        }
        assert_true(bytes_is(b.seg.payload, "hello"));
        assert_false(b.seg.bad_checksum);
        assert_int_equal(b.seg.ip.n, 0);
    }
    unwrap_close(b.u);
    assert_int_equal(b.ledger.n, 0);
    assert_int_equal(unwrap_counts(b.u).fragments, 12);
    stop(&b);
}

static void of_overlapping_fragments_the_first_stands_and_the_difference_is_filed(void **state)
{
    uint8_t lie[ROOM];
    size_t n = fragment(8, 24, 1, lie);
    struct bench b;

    (void)state;
    start(&b);
    lie[20 + 14] ^= 0xff;
    assert_false(piece(&b, 0, 8, 1));
    assert_false(piece(&b, 16, 25, 1));
    assert_true(raw(&b, lie, n));
    assert_true(bytes_is(b.seg.payload, "hello"));
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].why, GAP_CONFLICT);
    assert_int_equal(b.ledger.gaps[0].len, 0);
    stop(&b);
}

static void a_datagram_that_lacks_a_fragment_is_a_gap_after_a_while(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    assert_false(piece(&b, 0, 8, 1));
    assert_false(piece(&b, 16, 25, 1));
    b.time_ns = (FRAGMENT_SECONDS + 1) * INT64_C(1000000000);
    assert_false(piece(&b, 0, 8, 2));
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].why, GAP_LOST);
    assert_int_equal(b.ledger.gaps[0].off, 8);
    assert_int_equal(b.ledger.gaps[0].len, 8);
    assert_int_equal(b.ledger.gaps[0].first_packet, 1);
    assert_int_equal(b.ledger.gaps[0].last_packet, 2);
    unwrap_close(b.u);
    assert_int_equal(b.ledger.n, 2);
    assert_int_equal(b.ledger.gaps[1].off, 8);
    assert_int_equal(b.ledger.gaps[1].len, 0);
    stop(&b);
}

static void too_many_incomplete_datagrams_give_up_the_oldest(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    for (unsigned i = 0; i <= FRAGMENT_DATAGRAMS_MOST; i++) {
        uint8_t data[ROOM];
        size_t n = fragment(0, 8, (uint8_t)i, data);

        data[4] = (uint8_t)(i >> 8);
        assert_false(raw(&b, data, n));
    }
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].why, GAP_BUDGET);
    stop(&b);
}

static size_t wrap_v4(const uint8_t *inner, size_t n, uint8_t protocol, uint8_t *out)
{
    memmove(out + 20, inner, n);
    memcpy(out, tcp4, 20);
    out[2] = (uint8_t)((20 + n) >> 8);
    out[3] = (uint8_t)(20 + n);
    out[9] = protocol;
    out[10] = out[11] = 0;
    return 20 + n;
}

static void tunnels_are_opened_up_to_a_depth(void **state)
{
    static const uint8_t gre[] = {0x20, 0, 8, 0, 1, 2, 3, 4};
    uint8_t data[ROOM], inner[ROOM];
    struct bench b;
    size_t n;

    (void)state;
    start(&b);
    n = wrap_v4(udp6, sizeof(udp6), 41, data);
    assert_true(raw(&b, data, n));
    assert_true(bytes_is(b.seg.payload, "ping"));
    memcpy(inner, gre, sizeof(gre));
    memcpy(inner + sizeof(gre), tcp4, sizeof(tcp4));
    n = wrap_v4(inner, sizeof(gre) + sizeof(tcp4), 47, data);
    assert_true(raw(&b, data, n));
    assert_true(bytes_is(b.seg.payload, "hello"));
    memcpy(data, tcp4, sizeof(tcp4));
    n = sizeof(tcp4);
    for (unsigned i = 1; i <= UNWRAP_TUNNELS_MOST + 1; i++) {
        n = wrap_v4(data, n, 4, data);
        assert_int_equal(raw(&b, data, n), i <= UNWRAP_TUNNELS_MOST);
    }
    unwrap_close(b.u);
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].why, GAP_UNSUPPORTED);
    stop(&b);
}

static void what_cannot_be_read_is_counted_and_said_once(void **state)
{
    struct unwrap_counts counts;
    struct bench b;

    (void)state;
    start(&b);
    assert_false(push(&b, 147, "user", 4, 4));
    assert_false(push(&b, 147, "user", 4, 4));
    assert_false(raw(&b, "\x45\0\0", 3));
    assert_false(push(&b, LINK_ETHERNET, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\6", 14, 14));
    counts = unwrap_counts(b.u);
    assert_int_equal(counts.frames, 4);
    assert_int_equal(counts.unreadable, 3);
    assert_int_equal(counts.other, 1);
    unwrap_close(b.u);
    assert_int_equal(b.ledger.n, 2);
    assert_int_equal(b.ledger.gaps[0].why, GAP_UNSUPPORTED);
    assert_int_equal(b.ledger.gaps[0].last_packet, 2);
    assert_int_equal(b.ledger.gaps[1].why, GAP_BAD);
    stop(&b);
}

static void the_sum_is_that_of_rfc_1071(void **state)
{
    /* RFC 1071 section 3. */
    static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    uint8_t longer[99];
    uint32_t plain = 0;
    uint16_t sum = ip_fold(ip_sum(bytes_of(data, sizeof(data))));
    uint8_t as_bytes[2];

    (void)state;
    memcpy(as_bytes, &sum, 2);
    assert_int_equal(as_bytes[0], 0xdd);
    assert_int_equal(as_bytes[1], 0xf2);
    for (size_t n = 0; n <= sizeof(longer); n++) {
        plain = 0;
        for (size_t i = 0; i < n; i++) {
            longer[i] = (uint8_t)(i * 37 + 11);
            plain += (uint32_t)longer[i] << (i % 2 == 0 ? 8 : 0);
        }
        plain = (plain & 0xffff) + (plain >> 16);
        sum = ip_fold(ip_sum(bytes_of(longer, n)));
        memcpy(as_bytes, &sum, 2);
        assert_int_equal(as_bytes[0] << 8 | as_bytes[1], plain);
    }
}

static void without_memory_it_says_so_and_goes_on(void **state)
{
    uint8_t data[ROOM];
    size_t n = fragment(0, 8, 1, data);
    struct packet frame = {.number = 1, .link = LINK_RAW, .data = {data, n}};
    bool failed = true;

    (void)state;
    for (long i = 1; failed; i++) {
        struct ledger ledger;
        struct unwrap *u;
        struct segment seg;
        bool found;

        ledger_init(&ledger, 0);
        oom_fail_at(i);
        u = unwrap_new(&ledger, true);
        if (u != NULL && unwrap_frame(u, &frame, &seg, &found) != STATUS_OK)
            assert_false(found);
        failed = oom_happened();
        oom_fail_at(0);
        unwrap_free(u);
        ledger_clear(&ledger);
        assert_true(i < 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_tcp_segment_is_read_whole),
            cmocka_unit_test(a_wrong_checksum_is_counted_and_not_refused),
            cmocka_unit_test(padding_behind_the_packet_is_cut_off),
            cmocka_unit_test(a_total_length_of_zero_means_to_the_end_of_the_frame),
            cmocka_unit_test(a_cut_packet_keeps_its_length_on_the_wire),
            cmocka_unit_test(extension_headers_are_walked),
            cmocka_unit_test(fragments_in_any_order_give_the_segment),
            cmocka_unit_test(
                    of_overlapping_fragments_the_first_stands_and_the_difference_is_filed),
            cmocka_unit_test(a_datagram_that_lacks_a_fragment_is_a_gap_after_a_while),
            cmocka_unit_test(too_many_incomplete_datagrams_give_up_the_oldest),
            cmocka_unit_test(tunnels_are_opened_up_to_a_depth),
            cmocka_unit_test(what_cannot_be_read_is_counted_and_said_once),
            cmocka_unit_test(the_sum_is_that_of_rfc_1071),
            cmocka_unit_test(without_memory_it_says_so_and_goes_on),
    };

    return cmocka_run_group_tests_name("unwrap", tests, NULL, NULL);
}
