/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/capture/quic/streams_model.h"
#include "tests/support/oom.h"

struct world {
    struct quic_streams *streams;
    struct ledger ledger;
    uint64_t packet;
    char log[4096]; /* what came out, in short */
    size_t n;
};

static void begin(struct world *w, bool in_order, const char *detail)
{
    struct quic_streams_setup setup = {
            .layer = LAYER_QUIC, .in_order = in_order, .detail = detail};

    memset(w, 0, sizeof(*w));
    ledger_init(&w->ledger, 1);
    setup.ledger = &w->ledger;
    w->streams = quic_streams_new(&setup);
    assert_non_null(w->streams);
}

static void finish(struct world *w)
{
    quic_streams_free(w->streams);
    ledger_clear(&w->ledger);
}

static void say(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct world *w, const char *format, ...)
{
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(w->log + w->n, sizeof(w->log) - w->n, format, list);
    va_end(list);
    assert_true(n >= 0 && (size_t)n < sizeof(w->log) - w->n);
    w->n += (size_t)n;
}

/* "0c'abc' " bytes of stream 0 by the client, "0s-3LOST " a gap, "0c. " an end. */
static void pull(struct world *w)
{
    struct item item;
    uint64_t stream;

    while (quic_streams_next(w->streams, &stream, &item)) {
        say(w, "%llu%c", (unsigned long long)stream, item.dir == FROM_CLIENT ? 'c' : 's');
        if (item.kind == ITEM_BYTES)
            say(w, "'%.*s' ", (int)item.data.n, (const char *)item.data.p);
        else if (item.kind == ITEM_GAP)
            say(w, "-%llu%s ", (unsigned long long)item.len, gap_cause_name(item.why));
        else
            say(w, ". ");
    }
}

static void push_as(struct world *w, uint64_t stream, enum direction dir, uint64_t off,
        struct bytes data, bool fin)
{
    const struct quic_piece piece = {.stream = stream,
            .dir = dir,
            .off = off,
            .data = data,
            .fin = fin,
            .packet = ++w->packet,
            .time_ns = (int64_t)w->packet * 10};

    assert_int_equal(quic_streams_push(w->streams, &piece), STATUS_OK);
    pull(w);
}

static void push(struct world *w, uint64_t stream, uint64_t off, const char *text, bool fin)
{
    push_as(w, stream, FROM_CLIENT, off, bytes_text(text), fin);
}

static void expect(struct world *w, const char *log)
{
    assert_string_equal(w->log, log);
    w->n = 0;
    w->log[0] = '\0';
}

static void in_order_data_are_handed_out_where_they_lie(void **state)
{
    const struct bytes data = BYTES_LITERAL("abc");
    const struct quic_piece piece = {.stream = 4, .data = data, .packet = 7, .time_ns = 70};
    struct world w;
    struct item item;
    uint64_t stream;

    (void)state;
    begin(&w, false, NULL);
    assert_int_equal(quic_streams_push(w.streams, &piece), STATUS_OK);
    assert_int_equal(quic_streams_push(w.streams, &piece), STATUS_USAGE);
    assert_true(quic_streams_next(w.streams, &stream, &item));
    assert_ptr_equal(item.data.p, data.p);
    assert_int_equal(item.frames.at[0], 7);
    assert_int_equal(item.first_ns, 70);
    assert_int_equal(stream, 4);
    assert_false(quic_streams_next(w.streams, &stream, &item));
    finish(&w);
}

static void pieces_in_any_order_give_the_stream(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 6, "ghi", true);
    push(&w, 0, 3, "def", false);
    expect(&w, "");
    push(&w, 0, 0, "abc", false);
    expect(&w, "0c'abc' 0c'def' 0c'ghi' 0c. ");
    assert_int_equal(w.ledger.n, 0);
    finish(&w);
}

static void streams_and_directions_are_independent(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 3, "def", false);
    push(&w, 4, 0, "x", true);
    push_as(&w, 0, FROM_SERVER, 0, bytes_text("y"), true);
    push(&w, 3, 0, "against", false); /* the server's own stream */
    push(&w, 2, 0, "q", true);
    expect(&w, "4c'x' 4c. 0s'y' 0s. 2c'q' 2c. ");
    assert_int_equal(w.ledger.n, 1);
    assert_int_equal(w.ledger.gaps[0].why, GAP_BAD);
    finish(&w);
}

static void the_first_copy_stands_and_a_difference_is_marked(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 2, "cdef", false);
    push(&w, 0, 3, "dXf", false);    /* differs at 4 */
    push(&w, 0, 0, "abcdefg", true); /* agrees with what waits */
    expect(&w, "0c'ab' 0c'cd' 0c-0CONFLICT 0c'ef' 0c'g' 0c. ");
    assert_int_equal(w.ledger.gaps[0].off, 4);
    finish(&w);
}

static void an_end_can_come_alone_and_before_the_data(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 0, "", true);
    expect(&w, "0c. ");
    push(&w, 4, 3, "", true);
    expect(&w, "");
    push(&w, 4, 0, "abc", false);
    expect(&w, "4c'abc' 4c. ");
    push(&w, 8, 0, "ab", false);
    push(&w, 8, 2, "", true);
    expect(&w, "8c'ab' 8c. ");
    finish(&w);
}

static void the_first_final_size_stands(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 2, "cd", true);
    push(&w, 0, 2, "cde", true); /* another size, and more than the size */
    expect(&w, "0c-0BAD ");
    push(&w, 0, 0, "abcdefgh", false);
    expect(&w, "0c'ab' 0c'cd' 0c. ");
    push(&w, 4, 0, "abcd", false);
    push(&w, 4, 1, "b", true); /* below what was sent */
    expect(&w, "4c'abcd' 4c-0BAD ");
    push(&w, 8, 0, "ab", true);
    push(&w, 8, 2, "c", false); /* behind the end: the ledger alone says so */
    expect(&w, "8c'ab' 8c. ");
    assert_int_equal(w.ledger.n, 3);
    assert_int_equal(w.ledger.gaps[2].stream, 8);
    finish(&w);
}

static void reset(struct world *w, uint64_t stream, enum direction dir, uint64_t final)
{
    assert_int_equal(quic_streams_reset(w->streams, stream, dir, final, 5, 50), STATUS_OK);
    pull(w);
}

static void a_reset_gives_up_what_is_missing(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 0, "ab", false);
    push(&w, 0, 4, "ef", false);
    reset(&w, 0, FROM_CLIENT, 9);
    expect(&w, "0c'ab' ");
    /* All arrived, yet nothing says that it was the whole. */
    push(&w, 4, 0, "ab", false);
    reset(&w, 4, FROM_CLIENT, 2);
    expect(&w, "4c'ab' ");
    /* Before anything else, and below what was sent. */
    reset(&w, 8, FROM_SERVER, 0);
    push(&w, 12, 0, "abc", false);
    reset(&w, 12, FROM_CLIENT, 1);
    expect(&w, "12c'abc' 12c-0BAD ");
    assert_int_equal(quic_streams_close(w.streams, GAP_SNAPLEN, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "0c-2LOST 0c'ef' 0c-3LOST 0c. 0s-0CUT 0s. 4c-0LOST 4c. 4s-0CUT 4s. 8c-0CUT 8c. "
               "8s-0LOST 8s. 12c-0LOST 12c. 12s-0CUT 12s. ");
    finish(&w);
}

static void what_a_reset_overtook_is_still_taken(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    reset(&w, 0, FROM_CLIENT, 4);
    push(&w, 0, 2, "cd", true);
    expect(&w, "");
    push(&w, 0, 0, "ab", false);
    expect(&w, "0c'ab' 0c'cd' 0c. ");
    /* The end alone came late: the stream is whole. */
    push(&w, 4, 0, "ab", false);
    reset(&w, 4, FROM_CLIENT, 2);
    push(&w, 4, 2, "", true);
    expect(&w, "4c'ab' 4c. ");
    finish(&w);
}

static void too_many_reset_streams_end_the_oldest(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    for (uint64_t i = 0; i < QUIC_RESETS_MOST; i++)
        reset(&w, 4 * i, FROM_CLIENT, 3);
    expect(&w, "");
    reset(&w, 4 * QUIC_RESETS_MOST, FROM_CLIENT, 3);
    expect(&w, "0c-3LOST 0c. ");
    finish(&w);
}

static void at_the_close_all_that_is_missing_is_said(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 8, 2, "c", false);
    push(&w, 0, 0, "a", false);
    push_as(&w, 0, FROM_SERVER, 0, bytes_text("b"), true);
    push(&w, 2, 0, "q", false);
    expect(&w, "0c'a' 0s'b' 0s. 2c'q' ");
    assert_int_equal(quic_streams_close(w.streams, GAP_LOST, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "0c-0CUT 0c. 2c-0CUT 2c. 8c-2LOST 8c'c' 8c-0CUT 8c. 8s-0CUT 8s. ");
    finish(&w);
}

static void an_endless_stream_lacks_no_end(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 2, 0, "q", false);
    push(&w, 6, 0, "p", false);
    push(&w, 6, 2, "r", false);
    quic_streams_endless(w.streams, 2);
    quic_streams_endless(w.streams, 6);
    quic_streams_endless(w.streams, 10); /* there is none */
    assert_int_equal(quic_streams_close(w.streams, GAP_LOST, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "2c'q' 6c'p' 2c. 6c-1LOST 6c'r' 6c. ");
    finish(&w);
}

static void handshake_streams_have_no_end_of_their_own(void **state)
{
    struct world w;

    (void)state;
    begin(&w, true, "a handshake message is missing");
    push(&w, 0, 0, "a", false);
    push(&w, 2, 1, "b", false);
    assert_int_equal(quic_streams_close(w.streams, GAP_LOST, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "0c'a' 0c. 0s. 2c-1LOST 2c'b' 2c. 2s. ");
    assert_int_equal(w.ledger.n, 1);
    assert_string_equal(w.ledger.gaps[0].detail, "a handshake message is missing");
    finish(&w);
}

static void a_late_repeat_makes_no_new_stream(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    for (uint64_t i = 0; i < 10000; i++) {
        push_as(&w, i * 4, FROM_CLIENT, 0, bytes_text("a"), true);
        push_as(&w, i * 4, FROM_SERVER, 0, bytes_text("b"), true);
        w.log[w.n = 0] = '\0';
    }
    push_as(&w, 40, FROM_CLIENT, 0, bytes_text("a"), true);
    expect(&w, "");
    assert_int_equal(quic_streams_close(w.streams, GAP_LOST, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "");
    finish(&w);
}

static void a_jump_is_not_believed_but_a_late_beginning_is(void **state)
{
    struct world w;

    (void)state;
    begin(&w, false, NULL);
    push(&w, 0, 0, "a", false);
    push(&w, 0, (uint64_t)QUIC_JUMP_MOST + 2, "z", false);
    expect(&w, "0c'a' 0c-0BAD ");
    push(&w, 4, (uint64_t)QUIC_JUMP_MOST * 4, "z", true);
    push(&w, 8, UINT64_MAX, "z", false);
    expect(&w, "8c-0BAD ");
    assert_int_equal(quic_streams_close(w.streams, GAP_MIDSTREAM, GAP_CUT), STATUS_OK);
    pull(&w);
    expect(&w, "0c-0CUT 0c. 0s-0CUT 0s. 4c-1073741824MIDSTREAM 4c'z' 4c. 4s-0CUT 4s. "
               "8c-0CUT 8c. 8s-0CUT 8s. ");
    finish(&w);
}

/* Counts what comes out. */
struct sums {
    uint64_t bytes, gaps, ends, budget;
};

static void sum_up(struct world *w, struct sums *sums)
{
    struct item item;
    uint64_t stream;

    while (quic_streams_next(w->streams, &stream, &item)) {
        sums->bytes += item.kind == ITEM_BYTES ? item.len : 0;
        sums->gaps += item.kind == ITEM_GAP ? item.len : 0;
        sums->ends += item.kind == ITEM_END ? 1 : 0;
        sums->budget += item.kind == ITEM_GAP && item.why == GAP_BUDGET ? 1 : 0;
    }
}

static void push_sum(struct world *w, uint64_t stream, uint64_t off, struct bytes data,
        bool fin, struct sums *sums)
{
    const struct quic_piece piece = {
            .stream = stream, .off = off, .data = data, .fin = fin, .packet = ++w->packet};

    assert_int_equal(quic_streams_push(w->streams, &piece), STATUS_OK);
    sum_up(w, sums);
}

static void too_much_behind_holes_gives_up_the_oldest_hole(void **state)
{
    static const uint8_t block[65536];
    struct world w;
    struct sums sums = {0};

    (void)state;
    begin(&w, false, NULL);
    push_sum(&w, 0, 10, bytes_of(block, 100), false, &sums); /* the oldest hole */
    for (uint64_t i = 0; i < 2 * (QUIC_WAITING_MOST / sizeof(block)); i++) {
        push_sum(&w, 4, 1 + i * sizeof(block), bytes_of(block, sizeof(block)), false, &sums);
        assert_true(quic_streams_waiting(w.streams) <= QUIC_WAITING_MOST);
    }
    assert_int_equal(sums.budget, 2);
    assert_int_equal(sums.gaps, 11);
    assert_int_equal(sums.bytes, 100 + 2 * QUIC_WAITING_MOST);
    finish(&w);
}

static void many_small_pieces_are_bounded_and_quick(void **state)
{
    struct world w;
    struct sums sums = {0};
    const uint64_t n = 4 * QUIC_STREAM_PIECES_MOST;

    (void)state;
    begin(&w, false, NULL);
    /* Backwards, the worst order for an array; every second byte, so that nothing joins. */
    for (uint64_t i = n; i > 0; i--)
        push_sum(&w, 0, i * 2, BYTES_LITERAL("x"), false, &sums);
    assert_int_equal(quic_streams_close(w.streams, GAP_LOST, GAP_CUT), STATUS_OK);
    sum_up(&w, &sums);
    /* Each time that the budget was reached the first hole went, and all below it with it. */
    assert_int_equal(sums.bytes + sums.gaps, 2 * n + 1);
    assert_true(sums.bytes >= QUIC_STREAM_PIECES_MOST);
    assert_int_equal(sums.ends, 2);
    finish(&w);
}

static void too_many_open_streams_give_up_the_idlest(void **state)
{
    struct world w;
    struct sums sums = {0};

    (void)state;
    begin(&w, false, NULL);
    for (uint64_t i = 0; i < QUIC_STREAMS_MOST; i++)
        push_sum(&w, i * 4, 0, BYTES_LITERAL("x"), false, &sums);
    push_sum(&w, 0, 1, BYTES_LITERAL("x"), false, &sums); /* not idle */
    assert_int_equal(sums.ends, 0);
    push_sum(&w, QUIC_STREAMS_MOST * 4, 0, BYTES_LITERAL("x"), false, &sums);
    assert_int_equal(sums.ends, 2);
    assert_int_equal(w.ledger.gaps[0].stream, 4);
    assert_int_equal(w.ledger.gaps[0].why, GAP_BUDGET);
    push_sum(&w, 4, 1, BYTES_LITERAL("x"), false, &sums); /* it is over */
    assert_int_equal(sums.ends, 2);
    assert_int_equal(sums.bytes, QUIC_STREAMS_MOST + 2);
    finish(&w);
}

static void ended_streams_are_remembered_within_bounds(void **state)
{
    struct world w;
    struct sums sums = {0};

    (void)state;
    begin(&w, false, NULL);
    for (uint64_t i = 3 * QUIC_STREAMS_DONE_MOST; i > 0; i--)
        push_sum(&w, i * 8 + 2, 0, BYTES_LITERAL("x"), true, &sums);
    assert_int_equal(sums.ends, 3 * QUIC_STREAMS_DONE_MOST);
    assert_int_equal(w.ledger.n, 1); /* said once */
    assert_int_equal(w.ledger.gaps[0].why, GAP_BUDGET);
    finish(&w);
}

/* A small generator, so that a failure can be repeated. */
static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void agrees_with_a_map_of_bytes(void **state)
{
    uint8_t steps[400 * MODEL_STEP];
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof(steps); i++)
            steps[i] = (uint8_t)draw(&seed);
        /* Few ends and resets, or nothing else would be tested. */
        for (size_t i = 4; i < sizeof(steps); i += MODEL_STEP)
            steps[i] &= draw(&seed) % 40 == 0 ? 0xff : 0x40;
        model_run(steps, sizeof(steps) - draw(&seed) % sizeof(steps));
    }
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct ledger ledger;
        const struct quic_streams_setup setup = {.ledger = &ledger, .layer = LAYER_QUIC};
        struct quic_streams *streams;
        struct item item;
        uint64_t stream;
        bool failed = true, happened;

        ledger_init(&ledger, 1);
        oom_fail_at(n);
        streams = quic_streams_new(&setup);
        for (uint64_t i = 0; streams != NULL && i < 40; i++) {
            const struct quic_piece piece = {.stream = i % 20 * 4,
                    .off = 2 - i / 20 * 2,
                    .data = BYTES_LITERAL("xy"),
                    .fin = i < 10};

            failed = quic_streams_push(streams, &piece) == STATUS_NOMEM;
            while (!failed && quic_streams_next(streams, &stream, &item))
                continue;
            failed = failed || quic_streams_status(streams) == STATUS_NOMEM;
            if (failed)
                break;
        }
        if (!failed)
            failed = quic_streams_close(streams, GAP_CUT, GAP_CUT) == STATUS_NOMEM;
        while (!failed && quic_streams_next(streams, &stream, &item))
            continue;
        failed = failed || quic_streams_status(streams) == STATUS_NOMEM;
        happened = oom_happened();
        oom_fail_at(0);
        quic_streams_free(streams);
        ledger_clear(&ledger);
        if (!happened) {
            assert_false(failed);
            assert_true(n > 20);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(in_order_data_are_handed_out_where_they_lie),
            cmocka_unit_test(pieces_in_any_order_give_the_stream),
            cmocka_unit_test(streams_and_directions_are_independent),
            cmocka_unit_test(the_first_copy_stands_and_a_difference_is_marked),
            cmocka_unit_test(an_end_can_come_alone_and_before_the_data),
            cmocka_unit_test(the_first_final_size_stands),
            cmocka_unit_test(a_reset_gives_up_what_is_missing),
            cmocka_unit_test(what_a_reset_overtook_is_still_taken),
            cmocka_unit_test(too_many_reset_streams_end_the_oldest),
            cmocka_unit_test(at_the_close_all_that_is_missing_is_said),
            cmocka_unit_test(an_endless_stream_lacks_no_end),
            cmocka_unit_test(handshake_streams_have_no_end_of_their_own),
            cmocka_unit_test(a_late_repeat_makes_no_new_stream),
            cmocka_unit_test(a_jump_is_not_believed_but_a_late_beginning_is),
            cmocka_unit_test(too_much_behind_holes_gives_up_the_oldest_hole),
            cmocka_unit_test(many_small_pieces_are_bounded_and_quick),
            cmocka_unit_test(too_many_open_streams_give_up_the_idlest),
            cmocka_unit_test(ended_streams_are_remembered_within_bounds),
            cmocka_unit_test(agrees_with_a_map_of_bytes),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
