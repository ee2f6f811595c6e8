/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/h2_talk.h"

static void a_reset_stream_ends_as_it_is(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin_asked(&t, 3, &b);
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88", 1);
    h2_wire_frame(&b, H2_DATA, 0, 1, "par", 3);
    h2_wire_frame(&b, H2_RST_STREAM, 0, 1, "\0\0\0\2", 4);
    h2_wire_frame(&b, H2_DATA, ES, 1, "late", 4);
    h2_wire_frame(&b, H2_HEADERS, EH, 3, "\x88", 1);
    flush(&t, FROM_SERVER, &b);
    assert_string_equal(t.text,
            "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [3:par…] cut} partial\n");
    assert_int_equal(http2_facts(t.h)->late[FROM_SERVER], 1);
    /* The client cancels 3; what the server had sent already still counts. */
    h2_wire_frame(&b, H2_RST_STREAM, 0, 3, "\0\0\0\10", 4);
    flush(&t, FROM_CLIENT, &b);
    h2_wire_frame(&b, H2_DATA, ES, 3, "sent", 4);
    flush(&t, FROM_SERVER, &b);
    assert_int_equal(t.complete, 1);
    assert_non_null(strstr(t.text, "{:status=200 [4:sent]}\n"));
    /* 5 was never answered. */
    talk_end(&t);
    assert_non_null(strstr(t.text, "5 GET http://a.test/5 0 {" HEAD "5} { cut} partial\n"));
    buf_clear(&b);
}

static void a_hole_in_data_costs_that_body_only(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin_asked(&t, 2, &b);
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88", 1);
    h2_wire_frame(&b, H2_DATA, ES | H2_FLAG_PADDED, 1, "\4abcdefgh\0\0\0\0", 13);
    b.n -= 8; /* "efgh" and the padding are lost */
    flush(&t, FROM_SERVER, &b);
    lose(&t, FROM_SERVER, 8);
    write_ok(&b, 3, "fine");
    flush(&t, FROM_SERVER, &b);
    assert_string_equal(t.text,
            "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [4:abcd…] cut} partial\n"
            "3 GET http://a.test/3 200 {" HEAD "3} {:status=200 [4:fine]}\n");
    assert_int_equal(t.ledger.n, 1);
    talk_end(&t);

    /* Where only padding is lost, nothing is. */
    talk_begin_asked(&t, 1, &b);
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88", 1);
    h2_wire_frame(&b, H2_DATA, ES | H2_FLAG_PADDED, 1, "\4abcd\0\0\0\0", 9);
    b.n -= 4;
    flush(&t, FROM_SERVER, &b);
    lose(&t, FROM_SERVER, 4);
    assert_int_equal(t.complete, 1);
    talk_end(&t);
    buf_clear(&b);
}

static void behind_a_lost_header_block_nothing_wrong_is_said(void **state)
{
    struct talk t;
    struct buf b, lost;
    const struct gap *gap;

    (void)state;
    buf_init(&b, MOST);
    buf_init(&lost, MOST);
    talk_begin(&t);
    open_client(&b);
    write_get(&b, 1, "/1", true);
    flush(&t, FROM_CLIENT, &b);
    write_get(&lost, 3, "/3", true); /* might have added anything */
    lose(&t, FROM_CLIENT, lost.n);
    write_get(&b, 5, "/5", false); /* refers to what was lost */
    write_get(&b, 7, "/7", true);
    write_get(&b, 9, "/9", false); /* refers to what 7 added */
    flush(&t, FROM_CLIENT, &b);
    open_server(&b);
    write_ok(&b, 1, "1");
    write_ok(&b, 3, "3");
    write_ok(&b, 5, "5");
    write_ok(&b, 7, "7");
    write_ok(&b, 9, "9");
    flush(&t, FROM_SERVER, &b);
    assert_string_equal(t.text,
            "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [1:1]}\n"
            "3   200 { cut} {:status=200 [1:3]} partial\n"
            "5 GET  200 {:method=GET,:scheme=http,:path=/5 cut} {:status=200 [1:5]} partial\n"
            "7 GET http://a.test/7 200 {" HEAD "7} {:status=200 [1:7]}\n"
            "9 GET http://a.test/9 200 {" HEAD "9} {:status=200 [1:9]}\n");
    gap = ledger_find(&t.ledger, 2);
    assert_non_null(gap);
    assert_int_equal(gap->why, GAP_LOST);
    assert_int_equal(gap->stream, 5);
    assert_int_equal(
            bytes_starts(bytes_text(gap->detail), BYTES_LITERAL("HPACK state lost")), 1);
    assert_null(ledger_find(&t.ledger, 3));
    talk_end(&t);
    buf_clear(&b);
    buf_clear(&lost);
}

static void the_part_of_a_block_before_a_hole_stays(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    open_client(&b);
    write_get(&b, 1, "/torn", true);
    b.n -= 4;
    flush(&t, FROM_CLIENT, &b);
    lose(&t, FROM_CLIENT, 4);
    write_get(&b, 3, "/3", false);
    flush(&t, FROM_CLIENT, &b);
    open_server(&b);
    write_ok(&b, 1, "1");
    flush(&t, FROM_SERVER, &b);
    talk_end(&t);
    assert_string_equal(t.text,
            "1 GET  200 {:method=GET,:scheme=http,:authority=a.test cut} "
            "{:status=200 [1:1]} partial\n"
            "3 GET  0 {:method=GET,:scheme=http,:path=/3 cut} { cut} partial\n");
    buf_clear(&b);
}

static void a_start_midstream_gives_what_can_be_known(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    write_get(&b, 101, "/a", false);
    write_get(&b, 103, "/b", true);
    write_get(&b, 105, "/c", false);
    flush(&t, FROM_CLIENT, &b);
    h2_wire_frame(&b, H2_DATA, ES, 99, "tail", 4);
    write_ok(&b, 101, "a");
    write_ok(&b, 103, "b");
    flush(&t, FROM_SERVER, &b);
    talk_end(&t);
    assert_string_equal(t.text,
            "99   0 { cut} { [4:tail] cut} partial\n"
            "101 GET  200 {:method=GET,:scheme=http,:path=/a cut} {:status=200 [1:a]} partial\n"
            "103 GET http://a.test/b 200 {" HEAD "b} {:status=200 [1:b]}\n"
            "105 GET http://a.test/c 0 {" HEAD "c} { cut} partial\n");
    buf_clear(&b);
}

static void a_lost_head_leaves_bodies_next_to_it_in_doubt(void **state)
{
    struct talk t;
    struct buf b, lost, block;

    (void)state;
    buf_init(&b, MOST);
    buf_init(&lost, MOST);
    buf_init(&block, MOST);
    talk_begin_asked(&t, 2, &b);
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88", 1);
    h2_wire_indexed(&block, 8);
    h2_wire_plain(&block, 28, NULL, "6");
    h2_wire_frame(&b, H2_HEADERS, EH, 3, block.p, block.n);
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    h2_wire_frame(&b, H2_DATA, 0, 3, "abc", 3);
    flush(&t, FROM_SERVER, &b);
    h2_wire_frame(&lost, H2_DATA, 0, 1, "lost", 4);
    lose(&t, FROM_SERVER, lost.n);
    h2_wire_frame(&b, H2_DATA, ES, 1, "def", 3);
    h2_wire_frame(&b, H2_DATA, 0, 3, "def", 3);
    h2_wire_frame(&b, H2_DATA, ES, 3, NULL, 0);
    flush(&t, FROM_SERVER, &b);
    talk_end(&t);
    /* 3 has all the bytes its length announced: nothing of it was lost. */
    assert_string_equal(t.text,
            "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [6:abcdef…] cut} partial\n"
            "3 GET http://a.test/3 200 {" HEAD "3} {:status=200,content-length=6 "
            "[6:abcdef]}\n");
    buf_clear(&b);
    buf_clear(&lost);
    buf_clear(&block);
}

static void too_many_open_streams_push_the_oldest_out(void **state)
{
    struct talk *t = malloc(sizeof(*t));
    struct buf b;

    (void)state;
    assert_non_null(t);
    buf_init(&b, 1 << 20);
    talk_begin(t);
    open_client(&b);
    write_get(&b, 1, "/", true);
    for (uint32_t i = 1; i < 2050; i++)
        write_get(&b, 2 * i + 1, "/", false);
    flush(t, FROM_CLIENT, &b);
    assert_int_equal(t->exchanges, 2);
    assert_int_equal(t->ledger.n, 2);
    assert_int_equal(t->ledger.gaps[0].why, GAP_BUDGET);
    assert_int_equal(t->ledger.gaps[0].stream, 1);
    http2_free(t->h);
    ledger_clear(&t->ledger);
    buf_clear(&b);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_reset_stream_ends_as_it_is),
            cmocka_unit_test(a_hole_in_data_costs_that_body_only),
            cmocka_unit_test(behind_a_lost_header_block_nothing_wrong_is_said),
            cmocka_unit_test(the_part_of_a_block_before_a_hole_stays),
            cmocka_unit_test(a_start_midstream_gives_what_can_be_known),
            cmocka_unit_test(a_lost_head_leaves_bodies_next_to_it_in_doubt),
            cmocka_unit_test(too_many_open_streams_push_the_oldest_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
