/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/http1_script.h"

static void pipelined_answers_are_paired_first_in_first_out(void **state)
{
    static const struct step steps[] = {
            C("GET /a HTTP/1.1\r\nHost: x.test\r\n\r\nHEAD /b HTTP/1.1\r\nhost: "
              "x.test\r\n\r\n"),
            C("POST /c HTTP/1.1\r\nHost: x.test\r\nContent-Length: 3\r\n\r\nabc"
              "GET http://y.test/d HTTP/1.1\r\nHost: x.test\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nAA"
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
            S("HTTP/1.1 204 No\r\n\r\n"
              "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nDD\r\n0\r\nT: 1\r\n\r\n"),
            CEND,
            SEND,
    };

    (void)state;
    EXPECT(steps, "#1 GET http://x.test/a 200 complete | whole Host=x.test | whole "
                  "Content-Length=2 body:AA\n"
                  "#2 HEAD http://x.test/b 200 complete | whole host=x.test | whole "
                  "Content-Length=2\n"
                  "#3 POST http://x.test/c 204 complete | whole Host=x.test Content-Length=3 "
                  "body:abc | whole\n"
                  "#4 GET http://y.test/d 200 complete | whole Host=x.test | whole "
                  "Transfer-Encoding=chunked +T body:DD\n");
}

static void interim_responses_are_listed_and_not_final(void **state)
{
    static const struct step steps[] = {
            C("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
            S("HTTP/1.1 100 Continue\r\n\r\n"),
            C("z"),
            S("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Made\r\n\r\n"),
            SEND,
    };

    (void)state;
    EXPECT(steps, "#1 PUT http://x/ 201 [100] [103] complete | whole Host=x "
                  "Expect=100-continue Content-Length=1 body:z | whole body:\n");
}

static void sloppy_servers_are_read_as_browsers_read_them(void **state)
{
    static const struct step steps[] = {
            C("\r\n\r\nGET / HTTP/1.1\nHost: x\n\n"),
            S("\r\nHTTP/1.1 200\nServer : y\nA: 1\n 2\nContent-Length: 2\n"
              "content-length: 2\n\nok"),
            C("GET /icy HTTP/1.0\r\n\r\n"),
            S("ICY 200 OK\r\nicy-name: n\r\n\r\nmusic"),
            SEND,
    };

    (void)state;
    EXPECT(steps, "#1 GET http://x/ 200 complete | whole Host=x | whole Server=y A=1\n 2 "
                  "Content-Length=2 content-length=2 body:ok\n"
                  "#2 GET  200 complete | whole | whole icy-name=n body:music\n");
}

static void what_was_not_seen_is_not_made_up(void **state)
{
    static const struct step unanswered[] = {C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), CEND};
    static const struct step unasked[] = {
            S("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n"),
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    };
    static const struct step cut[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
            SEND,
    };
    static const struct step head_cut[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), S("HTTP/1.1 200 OK\r\nA: 1\r\nB: "), SEND};
    static const struct step unclosed[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\nrest")};

    (void)state;
    EXPECT(unanswered, "#1 GET http://x/ 0 | whole Host=x | -\n");
    EXPECT(unasked, "#1   408 | - | whole Content-Length=0 body:\n"
                    "#2 GET http://x/ 0 | whole Host=x | -\n");
    EXPECT(cut, "#1 GET http://x/ 200 | whole Host=x | cut Content-Length=9 body:half\n");
    EXPECT(head_cut, "#1 GET http://x/ 200 | whole Host=x | headcut A=1 B=\n");
    EXPECT(unclosed, "#1 GET http://x/ 200 | whole Host=x | cut body:rest\n");
}

static void a_hole_in_a_body_of_known_length_keeps_the_place(void **state)
{
    static const struct step steps[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
            SGAP(4),
            S("xyz"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab"),
            SGAP(4),
            S("yz\r\n0\r\n\r\n"),
            C("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 304 No\r\n\r\n"),
    };

    (void)state;
    EXPECT(steps, "#1 GET http://x/ 200 gaps | whole Host=x | cut Content-Length=10 "
                  "body:abcxyz\n"
                  "#2 GET http://x/2 200 gaps | whole Host=x | cut Transfer-Encoding=chunked "
                  "body:abyz\n"
                  "#3 GET http://x/3 304 complete | whole Host=x | whole\n");
}

static void behind_a_hole_the_next_start_line_is_found(void **state)
{
    static const struct step steps[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
            SGAP(4),
            S("lost chunk\r\n0\r\n\r\n"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"),
            C("GET /3 HTTP/1.1\r\nHos"),
            CGAP(3),
            C("x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3"),
            C("GET /4 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n4"),
    };

    (void)state;
    EXPECT(steps, "#1 GET http://x/ 200 gaps | whole Host=x | cut Transfer-Encoding=chunked "
                  "body:ab\n"
                  "#2 GET http://x/2 200 complete gaps | whole Host=x | whole Content-Length=1 "
                  "body:2\n"
                  "#3 GET  200 gaps | headcut | whole Content-Length=1 body:3\n"
                  "#4 GET http://x/4 200 complete gaps | whole Host=x | whole Content-Length=1 "
                  "body:4\n");
}

static void a_lost_answer_does_not_shift_the_pairs(void **state)
{
    static const struct step polite[] = {
            C("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"),
            SGAP(300),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n"),
    };
    static const struct step pipelined[] = {
            C("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            SGAP(300),
            S("HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n"),
            C("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 203 OK\r\nContent-Length: 0\r\n\r\n"),
    };

    (void)state;
    EXPECT(polite, "#1 GET http://x/1 0 gaps | whole Host=x | -\n"
                   "#2 GET http://x/2 202 complete | whole Host=x | whole Content-Length=0 "
                   "body:\n");
    EXPECT(pipelined, "#1 GET http://x/1 0 gaps | whole Host=x | -\n"
                      "#2 GET http://x/2 0 gaps | whole Host=x | -\n"
                      "#3   202 gaps | - | whole Content-Length=0 body:\n"
                      "#4 GET http://x/3 0 gaps | whole Host=x | -\n"
                      "#5   203 gaps | - | whole Content-Length=0 body:\n");
}

static void a_lost_request_does_not_shift_the_pairs(void **state)
{
    static const struct step steps[] = {
            CGAP(300),
            S("HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n"),
    };

    (void)state;
    EXPECT(steps, "#1   201 gaps | - | whole Content-Length=0 body:\n"
                  "#2 GET http://x/2 202 complete | whole Host=x | whole Content-Length=0 "
                  "body:\n");
}

static void malformed_bytes_are_a_gap_and_reading_goes_on(void **state)
{
    static const struct step steps[] = {
            C("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            C("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 204 No\r\n\r\n"),
            C("bad\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 204 No\r\n\r\n"),
    };
    struct run r;

    (void)state;
    EXPECT(steps, "#1 GET http://x/ 200 gaps | whole Host=x | cut Transfer-Encoding=chunked "
                  "body:\n"
                  "#2 GET http://x/2 200 gaps | whole Host=x | cut Content-Length=1 "
                  "Content-Length=2\n"
                  "#3 GET http://x/3 204 complete | whole Host=x | whole\n"
                  "#4 GET http://x/4 204 complete gaps | whole Host=x | whole\n");
    begin(&r);
    play(&r, steps, 4, 1000);
    finish(&r);
    assert_int_equal(r.ledger.n, 2);
    assert_int_equal(r.ledger.gaps[0].why, GAP_BAD);
    assert_int_equal(r.ledger.gaps[0].off, 47);
    assert_int_equal(r.ledger.gaps[0].len, 14);
    end(&r);
}

static void an_answer_that_was_read_before_its_head_request_is_not_called_whole(void **state)
{
    static const struct step steps[] = {
            S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
            C("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("xx"),
    };
    static const struct item_place places[] = {
            {true, true, 0, 40, 30}, {true, true, 0, 30, 0}, {true, true, 40, 42, 30}};
    struct run r;

    (void)state;
    begin(&r);
    for (uint64_t i = 0; i < 3; i++) {
        struct bytes text = bytes_text(steps[i].text);
        uint64_t frame = i + 1;
        struct item item = {.kind = ITEM_BYTES,
                .dir = steps[i].dir,
                .off = r.offset[steps[i].dir],
                .len = text.n,
                .data = text,
                .frames = {&frame, 1},
                .place = places[i]};

        r.offset[item.dir] += text.n;
        assert_int_equal(http1_push(r.h, &item), STATUS_OK);
    }
    finish(&r);
    assert_int_equal(r.status, STATUS_OK);
    assert_true(bytes_is(buf_view(&r.out), "#1 HEAD http://x/ 200 gaps | whole Host=x | cut "
                                           "Content-Length=2 body:xx\n"));
    end(&r);
}

static void packets_and_places_are_kept(void **state)
{
    static const struct step steps[] = {
            C("GET / HTTP/1.1\r\nHo"),
            C("st: x\r\nContent-Length: 2\r\n\r\na"),
            C("b"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"),
            S("c"),
    };
    struct exchange *x;
    struct run r;

    (void)state;
    begin(&r);
    for (size_t i = 0; i < 5; i++) {
        struct bytes text = bytes_text(steps[i].text);
        uint64_t frame = i + 1;
        struct item item = {ITEM_BYTES, steps[i].dir, r.offset[steps[i].dir], text.n, text,
                {&frame, 1}, (int64_t)i, (int64_t)i, 0, 0, {0}};

        r.offset[steps[i].dir] += text.n;
        assert_int_equal(http1_push(r.h, &item), STATUS_OK);
    }
    assert_true(http1_next(r.h, &x));
    assert_int_equal(x->request.frame_count, 3);
    assert_int_equal(x->request.head_frames, 2);
    assert_int_equal(x->request.first_ns, 0);
    assert_int_equal(x->request.last_ns, 2);
    assert_int_equal(x->request.raw_head.n, 46);
    assert_int_equal(x->response.frames[0], 4);
    assert_int_equal(x->response.head_frames, 1);
    assert_int_equal(x->response.last_frame, 5);
    exchange_free(x);
    end(&r);
}

static void a_head_past_its_limits_is_cut_and_said_so(void **state)
{
    struct run r;
    struct buf text;
    struct step step = C("");
    struct exchange *x;

    (void)state;
    begin(&r);
    buf_init(&text, 4 << 20);
    assert_int_equal(buf_text(&text, "GET / HTTP/1.1\r\nHost: x\r\n"), STATUS_OK);
    for (int i = 0; i < EXCHANGE_HEADERS_MOST; i++)
        assert_int_equal(buf_text(&text, "A: b\r\n"), STATUS_OK);
    assert_int_equal(buf_text(&text, "\r\n"), STATUS_OK);
    r.frame = 1;
    give(&r, &step, buf_view(&text));
    buf_reset(&text);
    assert_int_equal(buf_text(&text, "GET /2 HTTP/1.1\r\nA: "), STATUS_OK);
    while (text.n < EXCHANGE_HEAD_MOST + 100)
        assert_int_equal(
                buf_text(&text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nB: "), STATUS_OK);
    r.frame = 2;
    give(&r, &step, buf_view(&text));
    assert_int_equal(http1_close(r.h), STATUS_OK);
    assert_true(http1_next(r.h, &x));
    assert_int_equal(x->request.header_count, EXCHANGE_HEADERS_MOST);
    assert_false(x->request.whole);
    assert_int_equal(x->gap_count, 1);
    assert_int_equal(r.ledger.gaps[0].why, GAP_BUDGET);
    exchange_free(x);
    assert_true(http1_next(r.h, &x));
    assert_false(x->request.head_whole);
    assert_int_equal(r.ledger.gaps[1].why, GAP_BUDGET);
    exchange_free(x);
    buf_clear(&text);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(pipelined_answers_are_paired_first_in_first_out),
            cmocka_unit_test(interim_responses_are_listed_and_not_final),
            cmocka_unit_test(sloppy_servers_are_read_as_browsers_read_them),
            cmocka_unit_test(what_was_not_seen_is_not_made_up),
            cmocka_unit_test(a_hole_in_a_body_of_known_length_keeps_the_place),
            cmocka_unit_test(behind_a_hole_the_next_start_line_is_found),
            cmocka_unit_test(a_lost_answer_does_not_shift_the_pairs),
            cmocka_unit_test(a_lost_request_does_not_shift_the_pairs),
            cmocka_unit_test(malformed_bytes_are_a_gap_and_reading_goes_on),
            cmocka_unit_test(
                    an_answer_that_was_read_before_its_head_request_is_not_called_whole),
            cmocka_unit_test(packets_and_places_are_kept),
            cmocka_unit_test(a_head_past_its_limits_is_cut_and_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
