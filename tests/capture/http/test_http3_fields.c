/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose fields need the streams of QPACK, in every order, with and without holes. */
#include "capture/http/h3_life.h"
#include "tests/capture/http/h3_chunks.h"
#include "tests/support/oom.h"

#define REQUEST "\1\6\3\x81\x10\x11\xd1\xd7"
#define RESPONSE "\1\4\2\0\xd9\x80\0\5hello"

static const char expected[] =
        "0 GET https://www.example.com/sample/path 200 "
        "{:authority=www.example.com,:path=/sample/path,:method=GET,:scheme=https} "
        "{:status=200,via=one [5:hello]}\n";

static const struct chunk chunks[CHUNKS] = {
        SHARED_CHUNKS,
        CHUNK(0, FROM_CLIENT, REQUEST),
        CHUNK(0, FROM_SERVER, RESPONSE),
};

static void the_order_of_streams_does_not_matter(void **state)
{
    struct talk t;

    (void)state;
    for (size_t order = 0; order < ORDERS; order++) {
        talk_begin(&t);
        send_in_order(&t, chunks, order, order % 3 == 0 ? 1 : 1000);
        assert_string_equal(t.text, expected);
        assert_int_equal(t.ledger.n, 0);
        talk_end(&t);
    }
}

static void bytes_of_all_streams_may_come_in_turns(void **state)
{
    struct talk t;

    (void)state;
    for (size_t step = 1; step < 8; step++) {
        talk_begin(&t);
        for (size_t at = 0; at < 64; at += step) {
            for (size_t i = CHUNKS; i-- > 0;) {
                struct bytes part = bytes_slice(chunks[i].data, at, at + step);

                if (part.n != 0)
                    send_bytes(&t, chunks[i].stream, chunks[i].dir, part);
            }
        }
        end(&t, 0, SERVER);
        end(&t, 0, CLIENT);
        assert_string_equal(t.text, expected);
        talk_end(&t);
    }
}

static void a_hole_in_the_encoder_stream_costs_what_came_behind_it(void **state)
{
    struct talk t;

    (void)state;
    /* Before it, between the two insertions, and with the requests waiting or not. */
    for (int early = 0; early < 2; early++) {
        talk_begin(&t);
        send_chunk(&t, &chunks[2], 1000);
        if (early != 0)
            send_chunk(&t, &chunks[4], 1000);
        send_bytes(&t, 6, CLIENT, bytes_slice(chunks[1].data, 0, 4 + 17));
        (void)lose(&t, 6, CLIENT, 3);
        send_bytes(&t, 6, CLIENT, BYTES_LITERAL("ample/path"));
        if (early == 0)
            send_chunk(&t, &chunks[4], 1000);
        send_chunk(&t, &chunks[5], 1000);
        talk_end(&t);
        assert_non_null(strstr(t.text, "0 GET  200 {:authority=www.example.com,:method=GET,"
                                       ":scheme=https cut} "));
        /* The hole itself, the request's field, and the answer's, whose stream never came. */
        assert_string_equal(t.causes, "LOST LOST CUT");
    }
}

static void what_waits_for_ever_comes_out_at_the_close(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    send_chunk(&t, &chunks[4], 1);
    send_chunk(&t, &chunks[5], 1);
    assert_int_equal(t.exchanges, 0);
    talk_end(&t);
    assert_string_equal(t.text,
            "0 GET  200 {:method=GET,:scheme=https cut} {:status=200 [5:hello] cut} partial\n");
    assert_string_equal(t.causes, "CUT CUT");
}

static void settings_that_are_lost_are_not_waited_for(void **state)
{
    struct talk t;

    (void)state;
    /* Eight insertions and no SETTINGS: which two are meant cannot be told. */
    talk_begin(&t);
    send_chunk(&t, &chunks[1], 1000);
    send_bytes(&t, 6, CLIENT, BYTES_LITERAL("\1\1\1\1\1\1"));
    send_chunk(&t, &chunks[4], 1000);
    send_chunk(&t, &chunks[5], 1000);
    assert_int_equal(t.exchanges, 0);
    send_bytes(&t, 3, SERVER, BYTES_LITERAL("\0\4\3\1"));
    (void)lose(&t, 3, SERVER, 2);
    end(&t, 3, SERVER);
    send_chunk(&t, &chunks[2], 1000); /* ended: nothing follows */
    send_chunk(&t, &chunks[3], 1000);
    assert_non_null(strstr(t.text, "0 GET  200 {:method=GET,:scheme=https cut} "));
    assert_string_equal(causes(&t), "LOST LOST");
    talk_end(&t);
}

static void a_stream_without_its_beginning_may_be_any(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    send_chunk(&t, &chunks[2], 1000);
    send_chunk(&t, &chunks[4], 1000);
    send_chunk(&t, &chunks[5], 1000);
    (void)lose(&t, 6, CLIENT, 8);
    send_bytes(&t, 6, CLIENT, BYTES_LITERAL("example.com\xc1\x0c/sample/path"));
    end(&t, 6, CLIENT);
    /* The hole; that the stream's type is unknown; what the request lacks; its bytes. */
    assert_string_equal(causes(&t), "LOST LOST LOST LOST");
    assert_int_equal(t.ledger.gaps[1].stream, 6);
    assert_int_equal(t.ledger.gaps[3].len, 25);
    send_chunk(&t, &chunks[3], 1000);
    assert_non_null(strstr(t.text, "0 GET  200 {:method=GET,:scheme=https cut} "));
    talk_end(&t);
}

/* A promise and a tunnel wait as well, and what comes behind them. */
static void everything_behind_a_section_waits_with_it(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    send_chunk(&t, &chunks[0], 1000);
    send_chunk(&t, &chunks[2], 1000);
    /* CONNECT with :protocol and :authority from the table, then bytes for the tunnel. */
    put_frame(&b, H3_HEADERS,
            BYTES_LITERAL("\3\x81\x10\x11\xcf\xd7\x27\2:protocol\x09websocket"));
    put_frame(&b, H3_DATA, BYTES_LITERAL("in the tunnel"));
    for (size_t i = 0; i < b.n; i++)
        send_bytes(&t, 4, CLIENT, bytes_slice(buf_view(&b), i, i + 1));
    buf_reset(&b);
    put_frame(&b, H3_PUSH_PROMISE, BYTES_LITERAL("\0\2\0\x80\xd1\xd7\x50\1a\x51\1/"));
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\2\0\xd9\x80"));
    put_frame(&b, H3_DATA, BYTES_LITERAL("body"));
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\2\0\x80"));
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_int_equal(t.tunnels_n, 0);
    assert_int_equal(t.n, 0);
    send_chunk(&t, &chunks[1], 1);
    assert_string_equal(t.tunnels + t.tunnels_n - 9, "4>0@12:l ");
    send_chunk(&t, &chunks[4], 1000);
    send_chunk(&t, &chunks[3], 1);
    assert_non_null(strstr(t.text, "0 GET https://www.example.com/sample/path 200 "));
    assert_non_null(strstr(t.text, "{:status=200,via=one +via=one [4:body]}\n"));
    talk_end(&t);
    assert_non_null(strstr(t.text, "0 pushed GET https://a/ 0 "
                                   "{via=one,:method=GET,:scheme=https,:authority=a,:path=/}"));
    buf_clear(&b);
}

static void a_section_cut_short_still_waits(void **state)
{
    struct talk t;

    (void)state;
    talk_begin(&t);
    send_chunk(&t, &chunks[2], 1000);
    send_bytes(&t, 0, CLIENT, bytes_slice(chunks[4].data, 0, 7));
    (void)lose_for(&t, 0, CLIENT, 0, GAP_CUT);
    end(&t, 0, CLIENT);
    send_chunk(&t, &chunks[5], 1000);
    send_chunk(&t, &chunks[1], 1);
    talk_end(&t);
    assert_non_null(strstr(t.text,
            "0 GET  200 {:authority=www.example.com,:path=/sample/path,:method=GET cut} "));
}

static void what_waits_is_bounded(void **state)
{
    static uint8_t block[1 << 16];
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    talk_begin(&t);
    send_chunk(&t, &chunks[0], 1000);
    ask(&t, 0, "/");
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\2\0\xd9\x80"));
    put_varint(&b, H3_DATA);
    put_varint(&b, (uint64_t)sizeof(block) * 300);
    flush(&t, 0, SERVER, &b);
    for (int i = 0; i < 200; i++)
        send_bytes(&t, 0, SERVER, bytes_of(block, sizeof(block)));
    assert_string_equal(causes(&t), "BUDGET BUDGET"); /* why it goes on; which field lacks */
    send_chunk(&t, &chunks[3], 1000);                 /* too late */
    talk_end(&t);
    assert_non_null(strstr(t.text, "{:status=200 [13107200:"));
    buf_clear(&b);
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    bool happened = true;

    (void)state;
    for (long n = 1; happened; n++) {
        static const size_t orders[] = {0, 500, 719};
        struct talk t;

        oom_fail_at(n);
        talk_begin(&t);
        send_in_order(&t, chunks, orders[n % 3], 7);
        send_bytes(&t, 12, CLIENT, BYTES_LITERAL("\x40\x41\0x"));
        send_bytes(&t, 0, SERVER, BYTES_LITERAL("late"));
        send_bytes(&t, 11, SERVER, BYTES_LITERAL("\1\7\1\3\0\0\xd9\0\1x"));
        send_bytes(&t, 8, SERVER, BYTES_LITERAL("\5\x05\7\0\0\xd1\xd7\1\4\2\0\x80"));
        talk_end(&t);
        happened = oom_happened();
        oom_fail_at(0);
        assert_true(!happened || t.status == STATUS_NOMEM);
        if (!happened)
            assert_non_null(strstr(t.text, expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_order_of_streams_does_not_matter),
            cmocka_unit_test(bytes_of_all_streams_may_come_in_turns),
            cmocka_unit_test(a_hole_in_the_encoder_stream_costs_what_came_behind_it),
            cmocka_unit_test(what_waits_for_ever_comes_out_at_the_close),
            cmocka_unit_test(settings_that_are_lost_are_not_waited_for),
            cmocka_unit_test(a_stream_without_its_beginning_may_be_any),
            cmocka_unit_test(everything_behind_a_section_waits_with_it),
            cmocka_unit_test(a_section_cut_short_still_waits),
            cmocka_unit_test(what_waits_is_bounded),
            cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
