/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/packet/reasm.h"
#include "tests/support/oom.h"

enum { TEXT = 4096 };

/* Soon wraps. */
static const uint32_t ISN = 0xfffffff0;

/* A stream under test, and what came out of it as text: bytes as they are, gaps as "{LOST 3}",
 * marks as "{CONFLICT}", the end as "." */
struct bench {
    struct ledger ledger;
    struct reasm *r;
    char text[TEXT];
    size_t n;
    uint64_t at; /* offset that must come next */
    uint64_t packet;
    bool ended;
};

static void setup(struct bench *b, size_t budget)
{
    memset(b, 0, sizeof(*b));
    ledger_init(&b->ledger, 1);
    b->r = reasm_new(FROM_CLIENT, &b->ledger, budget);
    assert_non_null(b->r);
}

static void teardown(struct bench *b)
{
    reasm_free(b->r);
    ledger_clear(&b->ledger);
}

static void pull(struct bench *b)
{
    struct item item;

    while (reasm_next(b->r, &item)) {
        const struct gap *gap;

        assert_false(b->ended);
        assert_int_equal(item.dir, FROM_CLIENT);
        if (item.len != 0) {
            assert_int_equal(item.off, b->at);
            b->at += item.len;
        }
        switch (item.kind) {
        case ITEM_BYTES:
            assert_int_equal(item.data.n, item.len);
            assert_int_equal(item.frames.n, 1);
            if (b->n + item.len < TEXT)
                memcpy(b->text + b->n, item.data.p, item.len);
            b->n += item.len;
            break;
        case ITEM_GAP:
            gap = ledger_find(&b->ledger, item.gap);
            assert_non_null(gap);
            assert_int_equal(gap->why, item.why);
            assert_int_equal(gap->off, item.off);
            assert_int_equal(gap->len, item.len);
            assert_int_equal(gap->layer, LAYER_STREAM);
            b->n += (size_t)sprintf(b->text + b->n, item.len == 0 ? "{%s}" : "{%s %u}",
                    gap_cause_name(item.why), (unsigned)item.len);
            break;
        case ITEM_END:
            assert_int_equal(item.off, b->at);
            b->text[b->n++] = '.';
            b->ended = true;
            break;
        }
    }
}

/* `at` counts from the byte after the SYN. The payload lies in memory of its exact size. */
static void send(struct bench *b, uint32_t at, const char *text, uint8_t flags, uint32_t wire)
{
    size_t n = strlen(text);
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    struct segment seg = {
            .packet = ++b->packet,
            .time_ns = (int64_t)b->packet,
            .transport = TRANSPORT_TCP,
            .payload = {exact, n},
            .wire_len = wire == 0 ? (uint32_t)n : wire,
            .seq = ISN + 1 + at,
            .flags = flags,
    };

    assert_non_null(exact);
    memcpy(exact, text, n);
    if ((flags & TCP_SYN) != 0)
        seg.seq--;
    assert_int_equal(reasm_push(b->r, &seg), STATUS_OK);
    pull(b);
    free(exact);
}

static void data(struct bench *b, uint32_t at, const char *text)
{
    send(b, at, text, TCP_ACK, 0);
}

static void ack(struct bench *b, uint32_t at)
{
    reasm_acked(b->r, ISN + 1 + at, ++b->packet);
    pull(b);
}

static void finish(struct bench *b, enum gap_cause why, const char *expect)
{
    reasm_close(b->r, why);
    pull(b);
    assert_true(b->ended);
    assert_true(reasm_ended(b->r));
    b->text[b->n] = '\0';
    assert_string_equal(b->text, expect);
    teardown(b);
}

static void start(struct bench *b)
{
    setup(b, REASM_BUDGET);
    send(b, 0, "", TCP_SYN, 0);
}

static void segments_in_order_come_out_as_they_are_and_sequence_numbers_wrap(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "The quick brown fox ");
    data(&b, 20, "jumps");
    send(&b, 25, " over", TCP_ACK | TCP_FIN, 0);
    finish(&b, GAP_CUT, "The quick brown fox jumps over.");
}

static void reordered_segments_are_put_in_order(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 6, "ghi");
    data(&b, 3, "def");
    send(&b, 9, "", TCP_ACK | TCP_FIN, 0);
    assert_int_equal(b.n, 0);
    data(&b, 0, "abc");
    assert_int_equal(reasm_waiting(b.r), 0);
    finish(&b, GAP_CUT, "abcdefghi.");
}

static void repeats_and_overlaps_that_agree_leave_no_trace(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abcdef");
    data(&b, 0, "abc");
    data(&b, 3, "defghi");
    data(&b, 12, "mno");
    data(&b, 10, "klmnopq");
    data(&b, 0, "abcdefghijklmnopqr");
    send(&b, 18, "", TCP_FIN | TCP_ACK, 0);
    assert_int_equal(b.ledger.n, 0);
    finish(&b, GAP_CUT, "abcdefghijklmnopqr.");
}

static void the_first_copy_stands_and_the_difference_is_marked_once(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "HTTP/1.1 200 OK");
    data(&b, 9, "404 NO!more");
    data(&b, 9, "404 NO!more");
    assert_int_equal(b.ledger.n, 1);
    assert_int_equal(b.ledger.gaps[0].off, 9);
    send(&b, 20, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "HTTP/1.1 200 OK{CONFLICT}!more.");
}

static void a_difference_among_waiting_segments_is_marked_in_its_place(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 3, "defghi");
    data(&b, 5, "fXhijk");
    data(&b, 5, "fXhijk");
    data(&b, 0, "abc");
    send(&b, 11, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "abcdef{CONFLICT}ghijk.");
}

static void a_hole_that_was_acknowledged_is_lost_after_its_time_of_grace(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    data(&b, 6, "ghi");
    ack(&b, 9);
    for (unsigned i = 1; i < REASM_GRACE_PACKETS; i++)
        ack(&b, 9);
    assert_int_equal(b.n, 3);
    ack(&b, 9);
    assert_int_equal(b.n, 3 + strlen("{LOST 3}ghi"));
    assert_int_equal(b.ledger.gaps[0].first_packet, 2);
    assert_int_equal(b.ledger.gaps[0].last_packet, 3);
    data(&b, 3, "tolate");
    send(&b, 9, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "abc{LOST 3}ghi{CONFLICT}.");
}

static void a_hole_filled_within_the_time_of_grace_is_no_gap(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    data(&b, 6, "ghi");
    for (unsigned i = 0; i < REASM_GRACE_PACKETS; i++)
        ack(&b, 9);
    data(&b, 3, "def");
    for (unsigned i = 0; i < REASM_GRACE_PACKETS; i++)
        ack(&b, 9);
    send(&b, 9, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "abcdefghi.");
}

static void at_the_close_holes_are_lost_if_acknowledged_and_cut_if_not(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 3, "def");
    data(&b, 9, "jkl");
    ack(&b, 7);
    finish(&b, GAP_CUT, "{LOST 3}def{LOST 1}{CUT 2}jkl{CUT}.");
}

static void what_only_the_peer_knows_of_is_lost_but_one_byte_is_a_fin(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    ack(&b, 103);
    for (unsigned i = 0; i < REASM_GRACE_PACKETS; i++)
        ack(&b, 103);
    ack(&b, 104);
    for (unsigned i = 0; i < 2 * REASM_GRACE_PACKETS; i++)
        ack(&b, 104);
    finish(&b, GAP_LOST, "abc{LOST 100}{LOST}.");
}

static void over_budget_the_oldest_hole_is_given_up(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, 272);
    send(&b, 0, "", TCP_SYN, 0);
    data(&b, 10, "kl");
    data(&b, 20, "uv");
    data(&b, 30, "56");
    data(&b, 40, "78");
    data(&b, 50, "90");
    data(&b, 60, "xy");
    assert_true(reasm_waiting(b.r) <= 272);
    send(&b, 62, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "{BUDGET 10}kl{BUDGET 8}uv{CUT 8}56{CUT 8}78{CUT 8}90{CUT 8}xy.");
}

static void many_small_pieces_are_bounded(void **state)
{
    struct item item;
    struct bench b;

    (void)state;
    start(&b);
    for (uint32_t i = 0; i <= REASM_PIECES_MOST; i++)
        data(&b, 1 + 2 * i, "x");
    assert_true(b.at > 0);
    assert_true(b.at < 10);
    reasm_close(b.r, GAP_CUT);
    while (reasm_next(b.r, &item))
        b.at += item.len;
    assert_int_equal(b.at, 2 * REASM_PIECES_MOST + 2);
    teardown(&b);
}

static void what_the_snap_length_cut_is_a_gap_in_place(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    send(&b, 0, "abc", TCP_ACK, 10);
    send(&b, 20, "uvw", TCP_ACK, 10);
    send(&b, 10, "klm", TCP_ACK, 10);
    send(&b, 30, "", TCP_ACK | TCP_FIN, 5);
    finish(&b, GAP_CUT, "abc{SNAPLEN 7}klm{SNAPLEN 7}uvw{SNAPLEN 7}{SNAPLEN 5}.");
}

static void keep_alives_and_probes_of_a_closed_window_are_no_conflicts(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    ack(&b, 3);
    send(&b, 2, "\x01", TCP_ACK, 0); /* keep-alive with a byte */
    send(&b, 2, "", TCP_ACK, 0);     /* and without */
    data(&b, 3, "d");                /* the window is shut: one byte probes */
    data(&b, 3, "d");
    data(&b, 3, "def");
    send(&b, 6, "", TCP_FIN | TCP_ACK, 0);
    assert_int_equal(b.ledger.n, 0);
    finish(&b, GAP_CUT, "abcdef.");
}

static void data_on_the_syn_is_offset_zero(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, REASM_BUDGET);
    send(&b, 0, "fast", TCP_SYN, 0);
    data(&b, 0, "fast");
    send(&b, 4, " open", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "fast open.");
}

static void a_stream_that_began_before_says_so(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, REASM_BUDGET);
    send(&b, 100, "", TCP_ACK, 0);
    send(&b, 99, "k", TCP_ACK, 0); /* a keep-alive is no beginning */
    data(&b, 100, "def");
    data(&b, 97, "abc"); /* from before: left out */
    data(&b, 98, "bcdefghi");
    send(&b, 106, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "{MIDSTREAM}defghi.");
}

static void what_was_on_its_way_when_the_capture_began_is_missing_at_its_start(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, REASM_BUDGET);
    ack(&b, 10);
    data(&b, 15, "fgh");
    ack(&b, 18);
    for (unsigned i = 0; i < REASM_GRACE_PACKETS; i++)
        ack(&b, 18);
    send(&b, 18, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "{MIDSTREAM}{MIDSTREAM 5}fgh.");
}

static void a_beginning_known_from_the_syn_ack_is_whole(void **state)
{
    struct bench b;

    (void)state;
    setup(&b, REASM_BUDGET);
    reasm_begin(b.r, ISN + 1, true, 0);
    data(&b, 2, "cd");
    data(&b, 0, "ab");
    send(&b, 4, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_CUT, "abcd.");
}

static void strays_are_left_out_and_said(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    data(&b, 0x40000000, "forged");
    data(&b, 3, "def");
    ack(&b, 0x50000000);
    send(&b, 6, "", TCP_FIN | TCP_ACK, 0);
    data(&b, 6, "beyond the end");
    finish(&b, GAP_CUT, "abc{BAD}def.");
}

static void what_disputes_a_stream_after_its_end_is_in_the_ledger(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    send(&b, 0, "HTTP/1.1 302 forged", TCP_FIN | TCP_ACK, 0);
    assert_true(b.ended);
    data(&b, 0, "HTTP/1.1 302 forged");
    assert_int_equal(b.ledger.n, 0);
    data(&b, 0, "HTTP/1.1 200 OK and the true answer");
    data(&b, 0, "HTTP/1.1 200 OK and the true answer");
    assert_int_equal(b.ledger.n, 2);
    assert_int_equal(b.ledger.gaps[0].why, GAP_CONFLICT);
    assert_int_equal(b.ledger.gaps[0].off, 9);
    assert_int_equal(b.ledger.gaps[1].why, GAP_BAD);
    finish(&b, GAP_CUT, "HTTP/1.1 302 forged.");
}

static void a_jump_that_segments_agree_on_is_a_loss(void **state)
{
    uint32_t far = 100000000;
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    data(&b, far, "one");
    data(&b, far + 3, "two");
    data(&b, far + 6, "three");
    send(&b, far + 11, "", TCP_FIN | TCP_ACK, 0);
    finish(&b, GAP_LOST, "abc{BAD}{LOST 100000003}three.");
}

static void a_reset_ends_without_a_word_and_a_cut_end_with_one(void **state)
{
    struct bench b;

    (void)state;
    start(&b);
    data(&b, 0, "abc");
    send(&b, 3, "reason in words", TCP_RST, 0);
    reasm_reset(b.r);
    finish(&b, GAP_LOST, "abc.");
    start(&b);
    data(&b, 0, "abc");
    finish(&b, GAP_CUT, "abc{CUT}.");
}

static void a_push_before_all_was_pulled_is_refused(void **state)
{
    struct segment seg = {
            .seq = 7, .flags = TCP_SYN, .wire_len = 1, .payload = {(const uint8_t *)"x", 1}};
    struct bench b;

    (void)state;
    setup(&b, REASM_BUDGET);
    assert_int_equal(reasm_push(b.r, &seg), STATUS_OK);
    assert_int_equal(reasm_push(b.r, &seg), STATUS_USAGE);
    pull(&b);
    assert_int_equal(reasm_push(b.r, &seg), STATUS_OK);
    pull(&b);
    finish(&b, GAP_LOST, "x{LOST}.");
}

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % sides;
}

/* However the stream is cut, shuffled and repeated, the same bytes come out. */
static void any_division_of_a_stream_gives_the_same_bytes(void **state)
{
    enum { LENGTH = 600 };

    (void)state;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        uint32_t rng = seed, order[LENGTH], n = 0;
        char text[LENGTH + 2], part[LENGTH + 1];
        struct bench b;

        for (uint32_t i = 0; i < LENGTH; i++)
            text[i] = (char)('a' + (i * 7 + i / 26) % 26);
        for (uint32_t i = 0; i < LENGTH; i += 1 + dice(&rng, 40))
            order[n++] = i;
        for (uint32_t i = n; i-- > 1;) {
            uint32_t j = dice(&rng, i + 1), other = order[i];

            order[i] = order[j];
            order[j] = other;
        }
        start(&b);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t length = 40 + dice(&rng, 30);

            if (length > LENGTH - order[i])
                length = LENGTH - order[i];
            memcpy(part, text + order[i], length);
            part[length] = '\0';
            data(&b, order[i], part);
        }
        send(&b, LENGTH, "", TCP_FIN | TCP_ACK, 0);
        assert_int_equal(b.ledger.n, 0);
        text[LENGTH] = '.';
        text[LENGTH + 1] = '\0';
        finish(&b, GAP_CUT, text);
    }
}

static void without_memory_a_segment_counts_as_not_captured(void **state)
{
    struct segment late = {.packet = 2,
            .seq = 11,
            .flags = TCP_ACK,
            .wire_len = 2,
            .payload = {(const uint8_t *)"cd", 2}};
    struct segment syn = {.packet = 1, .seq = 8, .flags = TCP_SYN};
    bool failed = true;

    (void)state;
    for (long n = 1; failed; n++) {
        struct ledger ledger;
        struct reasm *r;
        struct item item;
        uint64_t total = 0;

        ledger_init(&ledger, 1);
        oom_fail_at(n);
        r = reasm_new(FROM_SERVER, &ledger, REASM_BUDGET);
        if (r != NULL) {
            enum status status = reasm_push(r, &syn);

            assert_int_equal(status, STATUS_OK);
            assert_false(reasm_next(r, &item));
            status = reasm_push(r, &late);
            reasm_close(r, GAP_LOST);
            while (reasm_next(r, &item))
                total += item.len;
            assert_int_equal(total, 4);
            if (status == STATUS_OK)
                failed = oom_happened();
        }
        oom_fail_at(0);
        reasm_free(r);
        ledger_clear(&ledger);
        assert_true(n < 100);
    }
}

#define CASE(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(segments_in_order_come_out_as_they_are_and_sequence_numbers_wrap),
            CASE(reordered_segments_are_put_in_order),
            CASE(repeats_and_overlaps_that_agree_leave_no_trace),
            CASE(the_first_copy_stands_and_the_difference_is_marked_once),
            CASE(a_difference_among_waiting_segments_is_marked_in_its_place),
            CASE(a_hole_that_was_acknowledged_is_lost_after_its_time_of_grace),
            CASE(a_hole_filled_within_the_time_of_grace_is_no_gap),
            CASE(at_the_close_holes_are_lost_if_acknowledged_and_cut_if_not),
            CASE(what_only_the_peer_knows_of_is_lost_but_one_byte_is_a_fin),
            CASE(over_budget_the_oldest_hole_is_given_up),
            CASE(many_small_pieces_are_bounded),
            CASE(what_the_snap_length_cut_is_a_gap_in_place),
            CASE(keep_alives_and_probes_of_a_closed_window_are_no_conflicts),
            CASE(data_on_the_syn_is_offset_zero),
            CASE(a_stream_that_began_before_says_so),
            CASE(what_was_on_its_way_when_the_capture_began_is_missing_at_its_start),
            CASE(a_beginning_known_from_the_syn_ack_is_whole),
            CASE(strays_are_left_out_and_said),
            CASE(what_disputes_a_stream_after_its_end_is_in_the_ledger),
            CASE(a_jump_that_segments_agree_on_is_a_loss),
            CASE(a_reset_ends_without_a_word_and_a_cut_end_with_one),
            CASE(a_push_before_all_was_pulled_is_refused),
            CASE(any_division_of_a_stream_gives_the_same_bytes),
            CASE(without_memory_a_segment_counts_as_not_captured),
    };

    return cmocka_run_group_tests_name("reasm", tests, NULL, NULL);
}
