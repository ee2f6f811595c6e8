/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "capture/http/http1.h"
#include "tests/support/oom.h"

/* One step of a conversation: bytes, or a gap of `len` (then text is NULL), or an end. */
struct step {
    enum direction dir;
    const char *text;
    uint64_t gap;
    enum gap_cause why;
    bool end;
};

#define C(text)                                                                                \
    {                                                                                          \
        FROM_CLIENT, text, 0, 0, false                                                         \
    }
#define S(text)                                                                                \
    {                                                                                          \
        FROM_SERVER, text, 0, 0, false                                                         \
    }
#define CGAP(n)                                                                                \
    {                                                                                          \
        FROM_CLIENT, NULL, n, GAP_LOST, false                                                  \
    }
#define SGAP(n)                                                                                \
    {                                                                                          \
        FROM_SERVER, NULL, n, GAP_LOST, false                                                  \
    }
#define CEND                                                                                   \
    {                                                                                          \
        FROM_CLIENT, NULL, 0, 0, true                                                          \
    }
#define SEND                                                                                   \
    {                                                                                          \
        FROM_SERVER, NULL, 0, 0, true                                                          \
    }

struct run {
    struct http1 *h;
    struct ledger ledger;
    struct buf out; /* what came out, as text */
    uint64_t offset[2];
    uint64_t frame;
    enum status status;
};

static void print_text(struct run *r, const char *label, struct bytes text)
{
    assert_int_equal(
            buf_print(&r->out, "%s%.*s", label, (int)text.n, (const char *)text.p), STATUS_OK);
}

static void print_part(struct run *r, const struct message *m)
{
    if (!m->seen) {
        print_text(r, " -", bytes_of(NULL, 0));
        return;
    }
    print_text(r, m->whole ? " whole" : m->head_whole ? " cut" : " headcut", bytes_of(NULL, 0));
    for (size_t i = 0; i < m->header_count; i++) {
        print_text(r, " ", m->headers[i].name);
        print_text(r, "=", m->headers[i].value);
    }
    for (size_t i = 0; i < m->trailer_count; i++)
        print_text(r, " +", m->trailers[i].name);
    if (m->body.present)
        print_text(r, " body:", m->body.data);
}

/* "#1 GET url 200 [103] complete | request | response" */
static void print_exchange(struct run *r, const struct exchange *x)
{
    assert_int_equal(buf_print(&r->out, "#%d ", (int)x->stream), STATUS_OK);
    print_text(r, "", x->method);
    print_text(r, " ", x->url);
    assert_int_equal(buf_print(&r->out, " %d", (int)x->status), STATUS_OK);
    for (size_t i = 0; i < 4 && x->interim[i] != 0; i++)
        assert_int_equal(buf_print(&r->out, " [%d]", (int)x->interim[i]), STATUS_OK);
    print_text(r, x->complete ? " complete" : "", bytes_of(NULL, 0));
    print_text(r, x->gap_count != 0 ? " gaps" : "", bytes_of(NULL, 0));
    print_text(r, " |", bytes_of(NULL, 0));
    print_part(r, &x->request);
    print_text(r, " |", bytes_of(NULL, 0));
    print_part(r, &x->response);
    print_text(r, "\n", bytes_of(NULL, 0));
}

static void drain(struct run *r)
{
    struct exchange *x;
    struct item item;

    while (http1_next(r->h, &x)) {
        print_exchange(r, x);
        exchange_free(x);
    }
    while (http1_next_rest(r->h, &item)) {
        assert_int_equal(buf_print(&r->out, "rest%d %d@%d ", (int)item.dir, (int)item.kind,
                                 (int)item.off),
                STATUS_OK);
        print_text(r, "", item.kind == ITEM_BYTES ? item.data : bytes_of(NULL, 0));
        print_text(r, "\n", bytes_of(NULL, 0));
    }
}

static void give(struct run *r, const struct step *step, struct bytes data)
{
    struct item item = {.dir = step->dir, .off = r->offset[step->dir]};
    uint64_t frames[2] = {r->frame, r->frame};
    uint8_t *exact = malloc(data.n == 0 ? 1 : data.n);

    assert_non_null(exact);
    if (data.n != 0)
        memcpy(exact, data.p, data.n);
    item.kind = step->end ? ITEM_END : step->text == NULL ? ITEM_GAP : ITEM_BYTES;
    item.data = bytes_of(exact, data.n);
    item.len = step->text == NULL ? step->gap : data.n;
    item.why = step->why;
    item.first_ns = item.last_ns = (int64_t)r->frame * 1000;
    item.frames = (struct frames){frames, step->end ? 0 : 1};
    if (item.kind == ITEM_GAP) {
        struct gap gap = {.why = step->why, .dir = step->dir, .off = item.off, .len = item.len};

        frames[0]--;
        item.frames.n = 2;
        item.gap = ledger_file(&r->ledger, &gap);
    }
    r->offset[step->dir] += item.len;
    if (r->status == STATUS_OK)
        r->status = http1_push(r->h, &item);
    if (r->status == STATUS_OK)
        drain(r);
    free(exact);
}

static void begin(struct run *r)
{
    struct http_setup setup = {.connection = 1, .layer = LAYER_STREAM, .ledger = &r->ledger};

    *r = (struct run){.status = STATUS_OK};
    ledger_init(&r->ledger, 1);
    buf_init(&r->out, 1 << 20);
    r->h = http1_new(&setup);
}

/* Plays the steps, each cut into pieces of at most `piece` bytes; every step is a packet. */
static void play(struct run *r, const struct step *steps, size_t n, size_t piece)
{
    for (size_t i = 0; i < n; i++) {
        struct bytes text = bytes_text(steps[i].text);
        size_t at = 0;

        r->frame = 10 * (i + 1);
        do {
            size_t size = text.n - at < piece ? text.n - at : piece;

            give(r, &steps[i], bytes_slice(text, at, at + size));
            at += size;
        } while (at < text.n);
    }
}

static void finish(struct run *r)
{
    if (r->status == STATUS_OK)
        r->status = http1_close(r->h);
    if (r->status == STATUS_OK)
        drain(r);
}

static void end(struct run *r)
{
    http1_free(r->h);
    buf_clear(&r->out);
    ledger_clear(&r->ledger);
}

static void expect_pieces(const struct step *steps, size_t n, const char *want, size_t piece)
{
    struct run r;
    struct bytes got;

    begin(&r);
    assert_non_null(r.h);
    play(&r, steps, n, piece);
    finish(&r);
    assert_int_equal(r.status, STATUS_OK);
    got = buf_view(&r.out);
    if (!bytes_is(got, want))
        fail_msg("in pieces of %zu:\n%.*s\nnot:\n%s", piece, (int)got.n, (const char *)got.p,
                want);
    end(&r);
}

static void expect_list(const struct step *steps, size_t n, const char *want)
{
    static const size_t pieces[] = {10000, 1, 2, 3, 5, 7, 11, 19, 64};

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        expect_pieces(steps, n, want, pieces[i]);
}

#define EXPECT(steps, want) expect_list(steps, sizeof(steps) / sizeof((steps)[0]), want)

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

static void a_tunnel_gives_its_bytes_on(void **state)
{
    static const struct step steps[] = {
            C("CONNECT s.test:443 HTTP/1.1\r\nHost: s.test:443\r\n\r\nEARLY"),
            S("HTTP/1.1 200 Established\r\nContent-Length: 5\r\n\r\nSERVER"),
            C("CLIENT"),
            SEND,
    };

    (void)state;
    expect_pieces(steps, 4,
            "#1 CONNECT http://s.test:443/ 200 complete | whole Host=s.test:443 | whole "
            "Content-Length=5\n"
            "rest0 0@49 EARLY\nrest1 0@47 SERVER\nrest0 0@54 CLIENT\nrest1 2@53 \n",
            1000);
}

static void a_refused_upgrade_stays_http(void **state)
{
    static const struct step steps[] = {
            C("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            C("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No\r\n\r\n"),
    };

    (void)state;
    EXPECT(steps,
            "#1 GET http://x/1 200 complete | whole Host=x Connection=Upgrade Upgrade=h2c "
            "| whole Content-Length=0 body:\n"
            "#2 GET http://x/2 204 complete | whole Host=x | whole\n");
}

static void turns_are_told_by_the_upgrade(void **state)
{
    static const struct {
        const char *token;
        enum http1_turn turn;
    } cases[] = {{"websocket", TURN_WEBSOCKET}, {"h2c", TURN_H2C}, {"TLS/1.0", TURN_OTHER}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char asked[128] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: ";
        char answer[128] = "HTTP/1.1 101 Switching\r\nUpgrade: ";
        struct step steps[] = {C(asked), S(answer)};
        struct exchange *x;
        struct run r;

        strcat(strcat(asked, cases[i].token), "\r\n\r\n");
        strcat(strcat(answer, cases[i].token), "\r\n\r\n*");
        begin(&r);
        play(&r, steps, 1, 1000);
        assert_int_equal(http1_turn(r.h), TURN_NONE);
        play(&r, steps + 1, 1, 1000);
        assert_int_equal(http1_turn(r.h), cases[i].turn);
        x = http1_take_upgraded(r.h);
        assert_int_equal(x != NULL, cases[i].turn == TURN_H2C);
        if (x != NULL) {
            assert_true(bytes_is(x->url, "http://x/"));
            assert_int_equal(x->interim[0], 101);
            assert_false(x->response.seen);
            assert_true(x->request.whole);
        }
        exchange_free(x);
        assert_null(http1_take_upgraded(r.h));
        end(&r);
    }
}

static void rest_that_was_not_fetched_stops_the_stage(void **state)
{
    static const struct step steps[] = {
            C("CONNECT a:1 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n")};
    uint8_t byte = 'x';
    struct item item = {.kind = ITEM_BYTES, .off = 24, .len = 1, .data = {&byte, 1}};
    struct run r;

    (void)state;
    begin(&r);
    play(&r, steps, 2, 1000);
    assert_int_equal(http1_push(r.h, &item), STATUS_OK);
    assert_int_equal(http1_push(r.h, &item), STATUS_USAGE);
    assert_true(http1_next_rest(r.h, &item));
    assert_false(http1_next_rest(r.h, &item));
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
                {&frame, 1}, (int64_t)i, (int64_t)i, 0, 0};

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

static void every_allocation_may_fail(void **state)
{
    static const struct step steps[] = {
            CGAP(3),
            C("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nearly"),
            S("HTTP/1.1 200 OK\r\n\r\nx"),
    };
    static const struct step more[] = {
            C("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
              "chunked\r\n\r\n1\r\na\r\n0\r\nT: "
              "1\r\n\r\n"),
            S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbad\r\n"),
            SGAP(5),
            S("HTTP/1.1 200 OK\r\n\r\nx"),
    };

    (void)state;
    for (int which = 0; which < 2; which++) {
        for (long n = 1;; n++) {
            struct run r;

            begin(&r);
            http1_free(r.h);
            assert_int_equal(buf_reserve(&r.out, 4096), STATUS_OK);
            oom_fail_at(n);
            r.h = http1_new(&(struct http_setup){.connection = 1, .ledger = &r.ledger});
            if (r.h != NULL) {
                oom_fail_at(n);
                for (size_t i = 0; i < (which == 0 ? 3 : 4) && r.status == STATUS_OK; i++) {
                    const struct step *step = which == 0 ? &steps[i] : &more[i];
                    struct bytes text = bytes_text(step->text);
                    uint64_t frame = i + 1;
                    struct item item = {step->text == NULL ? ITEM_GAP : ITEM_BYTES, step->dir,
                            r.offset[step->dir], step->text == NULL ? step->gap : text.n, text,
                            {&frame, 1}, 0, 0, 1, GAP_LOST};
                    struct exchange *x;

                    r.offset[step->dir] += item.len;
                    r.status = http1_push(r.h, &item);
                    while (http1_next(r.h, &x))
                        exchange_free(x);
                    while (http1_next_rest(r.h, &item))
                        continue;
                }
                if (r.status == STATUS_OK)
                    r.status = http1_close(r.h);
            }
            if (!oom_happened()) {
                assert_non_null(r.h);
                assert_int_equal(r.status, STATUS_OK);
                oom_fail_at(0);
                end(&r);
                break;
            }
            oom_fail_at(0);
            if (r.h != NULL)
                assert_int_equal(r.status, STATUS_NOMEM);
            end(&r);
        }
    }
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
            cmocka_unit_test(a_tunnel_gives_its_bytes_on),
            cmocka_unit_test(a_refused_upgrade_stays_http),
            cmocka_unit_test(turns_are_told_by_the_upgrade),
            cmocka_unit_test(rest_that_was_not_fetched_stops_the_stage),
            cmocka_unit_test(packets_and_places_are_kept),
            cmocka_unit_test(a_head_past_its_limits_is_cut_and_said_so),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
