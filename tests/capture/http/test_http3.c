/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "capture/http/h3_life.h"
#include "tests/capture/http/h3_talk.h"
#include "tests/support/oom.h"

static void a_request_and_its_answer_are_an_exchange(void **state)
{
    struct ledger ledger;
    struct http_setup setup = {.connection = 9, .secure = true, .ledger = &ledger};
    uint64_t packets[2] = {4, 6};
    struct item item = {
            .kind = ITEM_BYTES, .frames = {packets, 2}, .first_ns = 40, .last_ns = 60};
    uint8_t digest[DIGEST_MOST];
    struct exchange *x;
    struct http3 *h;
    struct buf b;

    (void)state;
    ledger_init(&ledger, 9);
    buf_init(&b, MOST);
    h = http3_new(&setup);
    assert_non_null(h);
    put_get(&b, "/one");
    item.data = buf_view(&b);
    item.len = b.n;
    assert_int_equal(http3_push(h, 4, &item), STATUS_OK);
    assert_int_equal(http3_push(h, 4, &(struct item){.kind = ITEM_END, .off = b.n}), STATUS_OK);
    buf_reset(&b);
    put_ok(&b, "hello");
    item.dir = FROM_SERVER;
    item.data = buf_view(&b);
    item.len = b.n;
    assert_int_equal(http3_push(h, 4, &item), STATUS_OK);
    assert_false(http3_next(h, &x));
    assert_int_equal(
            http3_push(h, 4, &(struct item){.kind = ITEM_END, .dir = FROM_SERVER, .off = b.n}),
            STATUS_OK);
    assert_true(http3_next(h, &x));
    assert_int_equal(x->connection, 9);
    assert_int_equal(x->stream, 4);
    assert_int_equal(x->protocol, PROTOCOL_H3);
    assert_true(x->secure && x->complete);
    assert_true(bytes_is(x->host, "a.test"));
    assert_true(bytes_is(x->url, "https://a.test/one"));
    assert_int_equal(x->request.frame_count, 2);
    assert_int_equal(x->request.head_frames, 2);
    assert_int_equal(x->response.first_ns, 40);
    assert_int_equal(x->response.last_ns, 60);
    assert_true(digest_once(DIGEST_SHA256, BYTES_LITERAL("hello"), digest));
    assert_memory_equal(x->response.body.sha256, digest, SHA256_BYTES);
    assert_int_equal(http3_facts(h)->frames[FROM_SERVER][H3_DATA], 1);
    exchange_free(x);
    http3_free(h);
    ledger_clear(&ledger);
    buf_clear(&b);
}

/* Everything at once: interim responses, trailers, DATA in parts, frames of unknown types, two
 * cookie fields; GREASE streams and control streams beside. */
static void write_rich(struct buf *client, struct buf *server)
{
    put_frame(client, 0x21, BYTES_LITERAL("grease"));
    put_headers(client, ":method: POST\n:scheme: https\n:authority: a.test\n:path: /up\n"
                        "cookie: a=1\ncookie: b=2\ncontent-length: 9\n");
    put_frame(client, H3_DATA, BYTES_LITERAL("data"));
    put_frame(client, 0x21 + 0x1f * 1000, BYTES_LITERAL("x"));
    put_frame(client, H3_DATA, BYTES_LITERAL(""));
    put_frame(client, H3_DATA, BYTES_LITERAL(" more"));
    put_headers(client, "x-sum: 9\n");
    put_headers(server, ":status: 103\nlink: </x>\n");
    put_headers(server, ":status: 200\nserver: t\n");
    put_frame(server, H3_DATA, BYTES_LITERAL("an"));
    put_frame(server, 0xf0700, BYTES_LITERAL("\0u=1"));
    put_frame(server, H3_DATA, BYTES_LITERAL("swer"));
    put_headers(server, "x-end: t\n");
}

static const char rich_text[] =
        "0 POST https://a.test/up 200 after 103 {:method=POST,:scheme=https,:authority=a.test,"
        ":path=/up,cookie=a=1,cookie=b=2,content-length=9 +x-sum=9 [9:data more]} "
        "{:status=200,server=t +x-end=t [6:answer]}\n";

static void all_kinds_of_frames_are_understood_however_they_are_split(void **state)
{
    struct buf b[2];

    (void)state;
    buf_init(&b[0], MOST);
    buf_init(&b[1], MOST);
    write_rich(&b[0], &b[1]);
    for (size_t step = 1; step <= b[0].n; step++) {
        struct talk t;

        talk_begin(&t);
        for (int d = 0; d < 2; d++) {
            for (size_t at = 0; at < b[d].n; at += step)
                send_bytes(
                        &t, 0, (enum direction)d, bytes_slice(buf_view(&b[d]), at, at + step));
            end(&t, 0, (enum direction)d);
        }
        assert_string_equal(t.text, rich_text);
        assert_int_equal(t.ledger.n, 0);
        assert_int_equal(http3_facts(t.h)->unknown[CLIENT], 2);
        assert_int_equal(http3_facts(t.h)->unknown[SERVER], 1);
        talk_end(&t);
    }
    for (size_t at = 0; at <= b[0].n; at++) {
        struct talk t;

        talk_begin(&t);
        send_bytes(&t, 0, CLIENT, bytes_slice(buf_view(&b[0]), 0, at));
        send_bytes(&t, 0, CLIENT, bytes_slice(buf_view(&b[0]), at, b[0].n));
        end(&t, 0, CLIENT);
        flush(&t, 0, SERVER, &(struct buf){b[1].p, b[1].n, b[1].capacity, b[1].limit});
        end(&t, 0, SERVER);
        assert_string_equal(t.text, rich_text);
        talk_end(&t);
    }
    buf_clear(&b[0]);
    buf_clear(&b[1]);
}

static void a_stream_cut_anywhere_is_never_whole_and_never_silent(void **state)
{
    struct buf client, server;

    (void)state;
    buf_init(&client, MOST);
    buf_init(&server, MOST);
    write_rich(&client, &server);
    for (size_t n = 0; n < server.n; n++) {
        struct talk t;
        bool between;

        talk_begin(&t);
        send_bytes(&t, 0, CLIENT, buf_view(&client));
        end(&t, 0, CLIENT);
        send_bytes(&t, 0, SERVER, bytes_slice(buf_view(&server), 0, n));
        end(&t, 0, SERVER);
        between = t.ledger.n == 0;
        assert_int_equal(t.exchanges, 1);
        /* Between two frames a stream may end; inside one it may not. */
        if (!between) {
            assert_int_equal(t.ledger.gaps[0].why, GAP_BAD);
            assert_int_equal(t.ledger.gaps[0].layer, LAYER_QUIC);
            assert_non_null(strstr(t.text, "partial"));
        }
        talk_end(&t);
        assert_int_equal(t.exchanges, 1);
        /* The capture ends there: no more is known, and nothing is called malformed. */
        talk_begin(&t);
        send_bytes(&t, 0, CLIENT, buf_view(&client));
        end(&t, 0, CLIENT);
        send_bytes(&t, 0, SERVER, bytes_slice(buf_view(&server), 0, n));
        (void)lose_for(&t, 0, SERVER, 0, GAP_CUT);
        end(&t, 0, SERVER);
        talk_end(&t);
        assert_int_equal(t.exchanges, 1);
        assert_non_null(strstr(t.text, "partial"));
    }
    buf_clear(&client);
    buf_clear(&server);
}

static void a_hole_in_the_body_costs_only_its_bytes(void **state)
{
    struct talk t;
    struct buf b;
    uint32_t gap;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    ask(&t, 0, "/");
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    put_varint(&b, H3_DATA);
    put_varint(&b, 10);
    put(&b, BYTES_LITERAL("01"));
    flush(&t, 0, SERVER, &b);
    gap = lose(&t, 0, SERVER, 5);
    put(&b, BYTES_LITERAL("789"));
    put_frame(&b, H3_DATA, BYTES_LITERAL("rest"));
    put_headers(&b, "x-end: t\n");
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_string_equal(t.text,
            "0 GET https://a.test/ 200 {" HEAD "/} {:status=200 +x-end=t [9:01789rest…] cut} "
            "partial\n");
    assert_int_equal(t.ledger.n, 1);
    assert_int_equal(gap, 1);
    talk_end(&t);
    buf_clear(&b);
}

static void behind_any_other_hole_the_rest_of_the_direction_is_lost(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    ask(&t, 0, "/");
    put_ok(&b, "hello");
    put(&b, BYTES_LITERAL("\x40")); /* the front of a frame's type */
    flush(&t, 0, SERVER, &b);
    (void)lose(&t, 0, SERVER, 7);
    put_frame(&b, H3_DATA, BYTES_LITERAL("never read"));
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_string_equal(t.text,
            "0 GET https://a.test/ 200 {" HEAD "/} {:status=200 [5:hello…] cut} partial\n");
    assert_string_equal(causes(&t), "LOST LOST");
    assert_int_equal(t.ledger.gaps[1].len, 13);
    assert_int_equal(t.ledger.gaps[1].off, 12);
    assert_int_equal(t.ledger.gaps[1].stream, 0);
    talk_end(&t);

    /* A hole over the end of a DATA frame, and one in the middle of HEADERS. */
    talk_begin(&t);
    ask(&t, 4, "/");
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    put_varint(&b, H3_DATA);
    put_varint(&b, 10);
    flush(&t, 4, SERVER, &b);
    (void)lose(&t, 4, SERVER, 12);
    put_headers(&b, "x-end: t\n");
    flush(&t, 4, SERVER, &b);
    end(&t, 4, SERVER);
    assert_string_equal(
            t.text, "4 GET https://a.test/ 200 {" HEAD "/} {:status=200 [0:…] cut} partial\n");
    assert_string_equal(causes(&t), "LOST LOST");
    t.n = 0;
    ask(&t, 8, "/");
    put_varint(&b, H3_HEADERS);
    put_varint(&b, 8);
    put(&b, BYTES_LITERAL("\0\0\xd9\x23"));
    flush(&t, 8, SERVER, &b);
    (void)lose(&t, 8, SERVER, 4);
    put_frame(&b, H3_DATA, BYTES_LITERAL("still read"));
    flush(&t, 8, SERVER, &b);
    end(&t, 8, SERVER);
    assert_string_equal(t.text, "8 GET https://a.test/ 200 {" HEAD
                                "/} {:status=200 [10:still read] cut} partial\n");
    talk_end(&t);
    buf_clear(&b);
}

static void control_streams_are_read_and_unknown_ones_counted(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    put(&b, BYTES_LITERAL("\0"));
    put_frame(&b, H3_SETTINGS, BYTES_LITERAL("\x01\x40\x64\x08\x01\x33\x01\x7f\xe0\x01"));
    put_frame(&b, H3_GOAWAY, BYTES_LITERAL("\4"));
    put_frame(&b, H3_MAX_PUSH_ID, BYTES_LITERAL("\4"));
    put_frame(&b, H3_CANCEL_PUSH, BYTES_LITERAL("\4"));
    put_frame(&b, 0xf0701, BYTES_LITERAL("\0u=2"));
    for (size_t i = 0; i < b.n; i++)
        send_bytes(&t, 3, SERVER, bytes_slice(buf_view(&b), i, i + 1));
    assert_int_equal(http3_facts(t.h)->frames[SERVER][H3_SETTINGS], 1);
    assert_int_equal(http3_facts(t.h)->frames[SERVER][H3_CANCEL_PUSH], 1);
    assert_int_equal(http3_facts(t.h)->unknown[SERVER], 1);
    assert_true(http3_facts(t.h)->goaway[SERVER]);
    assert_false(http3_facts(t.h)->goaway[CLIENT]);
    assert_true(http3_facts(t.h)->connect_protocol);
    assert_int_equal(http3_facts(t.h)->datagrams, 1);
    assert_int_equal(t.ledger.n, 0);

    buf_reset(&b);
    put_varint(&b, 0x21 + 0x1f * 77777);
    put(&b, BYTES_LITERAL("whatever"));
    flush(&t, 2, CLIENT, &b);
    end(&t, 2, CLIENT);
    assert_int_equal(http3_facts(t.h)->streams[CLIENT], 1);
    assert_int_equal(t.ledger.n, 0);
    send_bytes(&t, 6, CLIENT, BYTES_LITERAL("\x40\x54\0hello"));
    end(&t, 6, CLIENT);
    assert_string_equal(causes(&t), "UNSUPPORTED");
    assert_int_equal(t.ledger.gaps[0].len, 6);
    assert_int_equal(t.ledger.gaps[0].stream, 6);
    send_bytes(&t, 7, SERVER, BYTES_LITERAL("\0\4\0"));
    assert_int_equal(http3_facts(t.h)->bad[SERVER], 1);
    send_bytes(&t, 1, SERVER, BYTES_LITERAL("server-begun"));
    assert_int_equal(http3_facts(t.h)->streams[SERVER], 1);
    send_bytes(&t, 12, CLIENT, BYTES_LITERAL("\x40\x41\0web transport"));
    send_bytes(&t, 12, SERVER, BYTES_LITERAL("answer"));
    talk_end(&t);
    assert_int_equal(t.exchanges, 0);
    assert_string_equal(t.causes, "UNSUPPORTED UNSUPPORTED UNSUPPORTED UNSUPPORTED BAD");
    buf_clear(&b);
}

static void frames_that_may_not_stand_there_are_counted_and_passed_over(void **state)
{
    static const uint64_t types[] = {0x2, 0x6, 0x8, 0x9, H3_SETTINGS, H3_GOAWAY};
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        put_frame(&b, types[i], BYTES_LITERAL("abc"));
    put_get(&b, "/");
    put_frame(&b, H3_PUSH_PROMISE, BYTES_LITERAL("\0\0\0"));
    flush(&t, 0, CLIENT, &b);
    end(&t, 0, CLIENT);
    put_ok(&b, "yes");
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_string_equal(
            t.text, "0 GET https://a.test/ 200 {" HEAD "/} {:status=200 [3:yes]}\n");
    assert_int_equal(http3_facts(t.h)->bad[CLIENT], 7);
    assert_int_equal(http3_facts(t.h)->frames[CLIENT][0x9], 1);
    assert_string_equal(causes(&t), "BAD"); /* said once */
    talk_end(&t);
    buf_clear(&b);
}

static void the_rules_of_messages_hold_as_in_http2(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    put_headers(&b, ":method: GET\n:scheme: https\n:authority: a.test\n");
    flush(&t, 0, CLIENT, &b);
    end(&t, 0, CLIENT);
    put_headers(&b, ":status: 200\nserver: t\n:path: /\n");
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_string_equal(causes(&t), "BAD BAD");
    assert_string_equal(t.ledger.gaps[0].detail, "a mandatory pseudo-header field is missing");
    assert_string_equal(
            t.ledger.gaps[1].detail, "a pseudo-header field comes behind a regular one");
    /* A section that QPACK does not allow cuts the head. */
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9\xff\x24"));
    ask(&t, 4, "/");
    flush(&t, 4, SERVER, &b);
    end(&t, 4, SERVER);
    assert_string_equal(t.ledger.gaps[2].detail, "header section that QPACK does not allow");
    assert_non_null(strstr(t.text, "4 GET https://a.test/ 200 {" HEAD "/} {:status=200 cut}"));
    talk_end(&t);
    buf_clear(&b);
}

static void tunnels_pass_their_bytes_on(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    put_headers(&b,
            ":method: CONNECT\n:protocol: websocket\n:scheme: https\n:authority: a.test\n"
            ":path: /chat\n");
    put_frame(&b, H3_DATA, BYTES_LITERAL("ping"));
    flush(&t, 0, CLIENT, &b);
    put_ok(&b, "pong");
    put_varint(&b, H3_DATA);
    put_varint(&b, 9);
    flush(&t, 0, SERVER, &b);
    (void)lose(&t, 0, SERVER, 5);
    put(&b, BYTES_LITERAL("tail"));
    flush(&t, 0, SERVER, &b);
    end(&t, 0, CLIENT);
    assert_string_equal(t.tunnels, "0>0@0:ping 0<0@0:pong 0<1@4: 0<0@9:tail 0>2@4: ");
    end(&t, 0, SERVER);
    assert_non_null(strstr(t.text, "0 CONNECT https://a.test/chat 200 "));
    talk_end(&t);
    buf_clear(&b);
}

/* Early hints and an end without FIN; the request lost altogether; a reset. */
static void what_ends_early_is_partial(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    ask(&t, 0, "/reset");
    put_frame(&b, H3_HEADERS, BYTES_LITERAL("\0\0\xd9"));
    put_varint(&b, H3_DATA);
    put_varint(&b, 100);
    put(&b, BYTES_LITERAL("some"));
    flush(&t, 0, SERVER, &b);
    (void)lose(&t, 0, SERVER, 50); /* as RESET_STREAM comes */
    end(&t, 0, SERVER);
    assert_string_equal(causes(&t), "LOST");
    (void)lose(&t, 4, CLIENT, 40);
    end(&t, 4, CLIENT);
    put_ok(&b, "answer");
    flush(&t, 4, SERVER, &b);
    end(&t, 4, SERVER);
    put_headers(&b, ":status: 103\n");
    ask(&t, 8, "/hints");
    flush(&t, 8, SERVER, &b);
    talk_end(&t);
    assert_string_equal(t.text,
            "0 GET https://a.test/reset 200 {" HEAD
            "/reset} {:status=200 [4:some…] cut} partial\n"
            "4   200 { cut} {:status=200 [6:answer]} partial\n"
            "8 GET https://a.test/hints 0 after 103 {" HEAD "/hints} { cut} partial\n");
    buf_clear(&b);
}

static void a_capture_of_one_direction_gives_its_half(void **state)
{
    static struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    put_ok(&b, "answer");
    flush(&t, 0, SERVER, &b);
    end(&t, 0, SERVER);
    assert_int_equal(t.exchanges, 0); /* its request may come late */
    for (uint64_t i = 1; i < 200; i++) {
        struct item item = {.kind = ITEM_BYTES, .dir = SERVER, .len = 5};

        item.data = BYTES_LITERAL("\1\3\0\0\xd9");
        assert_int_equal(http3_push(t.h, i * 4, &item), STATUS_OK);
        item = (struct item){.kind = ITEM_END, .dir = SERVER, .off = 5};
        assert_int_equal(http3_push(t.h, i * 4, &item), STATUS_OK);
        drain(&t);
    }
    assert_int_equal(t.exchanges, 200 - H3_HALVES_MOST);
    talk_end(&t);
    assert_int_equal(t.exchanges, 200);
    assert_ptr_equal(
            strstr(t.text, "0   200 { cut} {:status=200 [6:answer]} partial\n4   200 "),
            t.text);
    buf_clear(&b);
}

static void pushes_find_their_promise_in_either_order(void **state)
{
    static const char expected[] =
            "0 GET https://a.test/ 200 {" HEAD "/} {:status=200 [2:ok]}\n";
    struct talk t;
    struct buf promise, push;

    (void)state;
    buf_init(&promise, MOST);
    buf_init(&push, MOST);
    put_frame(&promise, H3_PUSH_PROMISE,
            BYTES_LITERAL("\7\0\0\xd1\xd7\x50\6"
                          "a.test\x51\4/css"));
    put_ok(&promise, "ok");
    put(&push, BYTES_LITERAL("\1\7"));
    put_ok(&push, "pushed");
    for (int order = 0; order < 2; order++) {
        talk_begin(&t);
        ask(&t, 0, "/");
        for (int i = 0; i < 2; i++) {
            uint64_t stream = (i ^ order) == 0 ? 0 : 11;
            const struct buf *b = stream == 0 ? &promise : &push;

            for (size_t at = 0; at < b->n; at += 3)
                send_bytes(&t, stream, SERVER, bytes_slice(buf_view(b), at, at + 3));
            end(&t, stream, SERVER);
        }
        assert_non_null(strstr(t.text, expected));
        assert_non_null(strstr(t.text, "11 pushed GET https://a.test/css 200 {" HEAD
                                       "/css} {:status=200 [6:pushed]}\n"));
        assert_int_equal(t.ledger.n, 0);
        talk_end(&t);
        assert_int_equal(t.exchanges, 2);
    }
    /* Only the one, only the other. */
    talk_begin(&t);
    ask(&t, 0, "/");
    flush(&t, 0, SERVER, &promise);
    end(&t, 0, SERVER);
    push.p[1] = 8;
    flush(&t, 15, SERVER, &push);
    end(&t, 15, SERVER);
    talk_end(&t);
    assert_non_null(strstr(
            t.text, "0 pushed GET https://a.test/css 0 {" HEAD "/css} { cut} partial\n"));
    assert_non_null(
            strstr(t.text, "15 pushed   200 { cut} {:status=200 [6:pushed]} partial\n"));
    buf_clear(&promise);
    buf_clear(&push);
}

static void too_many_open_streams_give_up_the_oldest(void **state)
{
    static const uint8_t request[] = "\1\2\0\0";
    struct talk t;

    (void)state;
    talk_begin(&t);
    for (uint64_t i = 0; i < 2050; i++) {
        struct item item = {.kind = ITEM_BYTES, .len = 4, .data = {request, 4}};

        assert_int_equal(http3_push(t.h, i * 4, &item), STATUS_OK);
        drain(&t);
    }
    assert_int_equal(t.exchanges, 2);
    assert_non_null(strstr(causes(&t), "BUDGET"));
    /* What still comes for one that was given up is late. */
    assert_int_equal(
            http3_push(t.h, 0,
                    &(struct item){
                            .kind = ITEM_BYTES, .off = 4, .len = 4, .data = {request, 4}}),
            STATUS_OK);
    drain(&t);
    t.n = 0;
    while (t.h != NULL && t.n == 0) {
        struct exchange *x;

        assert_int_equal(http3_close(t.h), STATUS_OK);
        while (http3_next(t.h, &x)) {
            t.exchanges++;
            exchange_free(x);
        }
        t.n = 1;
    }
    assert_int_equal(t.exchanges, 2050);
    http3_free(t.h);
    ledger_clear(&t.ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_request_and_its_answer_are_an_exchange),
            cmocka_unit_test(all_kinds_of_frames_are_understood_however_they_are_split),
            cmocka_unit_test(a_stream_cut_anywhere_is_never_whole_and_never_silent),
            cmocka_unit_test(a_hole_in_the_body_costs_only_its_bytes),
            cmocka_unit_test(behind_any_other_hole_the_rest_of_the_direction_is_lost),
            cmocka_unit_test(control_streams_are_read_and_unknown_ones_counted),
            cmocka_unit_test(frames_that_may_not_stand_there_are_counted_and_passed_over),
            cmocka_unit_test(the_rules_of_messages_hold_as_in_http2),
            cmocka_unit_test(tunnels_pass_their_bytes_on),
            cmocka_unit_test(what_ends_early_is_partial),
            cmocka_unit_test(a_capture_of_one_direction_gives_its_half),
            cmocka_unit_test(pushes_find_their_promise_in_either_order),
            cmocka_unit_test(too_many_open_streams_give_up_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
