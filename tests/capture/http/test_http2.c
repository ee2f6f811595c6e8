/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "tests/capture/http/h2_talk.h"
#include "tests/support/oom.h"

static void a_request_and_its_answer_are_an_exchange(void **state)
{
    struct talk t;
    struct buf b;
    struct http_setup setup = {.connection = 9, .secure = true, .layer = LAYER_TLS};
    struct ledger ledger;
    struct exchange *x;
    uint64_t packets[2] = {4, 6};
    struct item item = {
            .kind = ITEM_BYTES, .frames = {packets, 2}, .first_ns = 40, .last_ns = 60};
    uint8_t digest[DIGEST_MOST];

    (void)state;
    buf_init(&b, MOST);
    talk_begin_asked(&t, 1, &b);
    write_ok(&b, 1, "hello");
    flush(&t, FROM_SERVER, &b);
    assert_string_equal(
            t.text, "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [5:hello]}\n");
    talk_end(&t);

    ledger_init(&ledger, 9);
    setup.ledger = &ledger;
    t.h = http2_new(&setup);
    open_client(&b);
    write_get(&b, 1, "/one", true);
    item.data = buf_view(&b);
    item.len = b.n;
    assert_int_equal(http2_push(t.h, &item), STATUS_OK);
    buf_reset(&b);
    open_server(&b);
    write_ok(&b, 1, "hello");
    item.dir = FROM_SERVER;
    item.data = buf_view(&b);
    item.len = b.n;
    assert_int_equal(http2_push(t.h, &item), STATUS_OK);
    assert_true(http2_next(t.h, &x));
    assert_int_equal(x->connection, 9);
    assert_int_equal(x->protocol, PROTOCOL_H2);
    assert_true(x->secure);
    assert_true(bytes_is(x->host, "a.test"));
    assert_int_equal(x->request.frame_count, 2);
    assert_int_equal(x->request.head_frames, 2);
    assert_int_equal(x->response.first_ns, 40);
    assert_int_equal(x->response.last_ns, 60);
    assert_true(digest_once(DIGEST_SHA256, BYTES_LITERAL("hello"), digest));
    assert_memory_equal(x->response.body.sha256, digest, SHA256_BYTES);
    exchange_free(x);
    http2_free(t.h);
    ledger_clear(&ledger);
    buf_clear(&b);
}

/* Everything the format offers at once: padding, priority, CONTINUATION, 1xx, trailers, frames
 * of unknown type, two cookie fields, streams interleaved. */
static void write_rich(struct buf *client, struct buf *server)
{
    struct buf block;
    uint8_t raw[64];

    buf_init(&block, MOST);
    open_client(client);
    h2_wire_indexed(&block, 3);
    h2_wire_indexed(&block, 7);
    h2_wire_added(&block, 1, NULL, "a.test");
    h2_wire_plain(&block, 4, NULL, "/up");
    h2_wire_added(&block, 32, NULL, "a=1");
    h2_wire_added(&block, 32, NULL, "b=2");
    raw[0] = 3; /* padding */
    memcpy(raw + 1, "\0\0\0\0\20", 5);
    memcpy(raw + 6, block.p, 10);
    memset(raw + 16, 0, 3);
    h2_wire_frame(client, H2_HEADERS, H2_FLAG_PADDED | H2_FLAG_PRIORITY, 1, raw, 19);
    h2_wire_frame(client, H2_CONTINUATION, 0, 1, block.p + 10, 4);
    h2_wire_frame(client, H2_CONTINUATION, EH, 1, block.p + 14, block.n - 14);
    h2_wire_frame(client, 0x0b + 0x1f * 3, 0x55, 0, "grease", 6);
    h2_wire_frame(client, H2_DATA, H2_FLAG_PADDED, 1, "\2data\0\0", 7);
    write_get(client, 3, "/three", true);
    h2_wire_frame(client, H2_PRIORITY_UPDATE, 0, 0, "\0\0\0\3u=1", 7);
    h2_wire_frame(client, H2_DATA, 0, 1, " more", 5);
    buf_reset(&block);
    h2_wire_plain(&block, 0, "x-sum", "9");
    h2_wire_frame(client, H2_HEADERS, EH | ES, 1, block.p, block.n);

    open_server(server);
    h2_wire_frame(server, H2_ORIGIN, 0, 0, NULL, 0);
    h2_wire_frame(server, H2_ALTSVC, 0, 0, "\0\1ah3=\":1\"", 10);
    buf_reset(&block);
    h2_wire_plain(&block, 8, NULL, "103");
    h2_wire_plain(&block, 45, NULL, "</x>");
    h2_wire_frame(server, H2_HEADERS, EH, 1, block.p, block.n);
    h2_wire_frame(server, H2_HEADERS, EH, 3, "\x88", 1);
    h2_wire_frame(server, H2_HEADERS, EH, 1, "\x89", 1); /* 204 */
    h2_wire_frame(server, H2_DATA, 0, 3, "th", 2);
    h2_wire_frame(server, H2_DATA, ES, 1, NULL, 0);
    h2_wire_frame(server, H2_DATA, 0, 3, "ree", 3);
    buf_reset(&block);
    h2_wire_plain(&block, 0, "x-end", "t");
    h2_wire_frame(server, H2_HEADERS, EH | ES, 3, block.p, block.n);
    h2_wire_frame(server, H2_GOAWAY, 0, 0, "\0\0\0\3\0\0\0\0", 8);
    buf_clear(&block);
}

static const char rich_text[] =
        "1 POST https://a.test/up 204 after 103 {:method=POST,:scheme=https,:authority=a.test,"
        ":path=/up,cookie=a=1,cookie=b=2 +x-sum=9 [9:data more]} {:status=204}\n"
        "3 GET http://a.test/three 200 "
        "{:method=GET,:scheme=http,:authority=a.test,:path=/three} "
        "{:status=200 +x-end=t [5:three]}\n";

static void all_kinds_of_frames_are_understood_however_they_are_split(void **state)
{
    struct talk t;
    struct buf c, s;

    (void)state;
    buf_init(&c, MOST);
    buf_init(&s, MOST);
    write_rich(&c, &s);
    for (size_t cut = 0; cut <= c.n || cut <= s.n; cut++) {
        talk_begin(&t);
        send_bytes(&t, FROM_CLIENT, bytes_slice(buf_view(&c), 0, cut));
        send_bytes(&t, FROM_CLIENT, bytes_slice(buf_view(&c), cut, c.n));
        send_bytes(&t, FROM_SERVER, bytes_slice(buf_view(&s), 0, cut));
        send_bytes(&t, FROM_SERVER, bytes_slice(buf_view(&s), cut, s.n));
        assert_int_equal(t.ledger.n, 0);
        assert_string_equal(t.text, rich_text);
        assert_int_equal(http2_facts(t.h)->unknown[FROM_CLIENT], 1);
        assert_int_equal(http2_facts(t.h)->frames[FROM_SERVER][H2_ORIGIN], 1);
        assert_int_equal(http2_facts(t.h)->frames[FROM_CLIENT][H2_PRIORITY_UPDATE], 1);
        assert_true(http2_facts(t.h)->goaway[FROM_SERVER]);
        talk_end(&t);
    }
    buf_clear(&c);
    buf_clear(&s);
}

static void a_truncated_connection_is_never_complete_too_early(void **state)
{
    struct talk t;
    struct buf c, s;
    size_t before = 0;

    (void)state;
    buf_init(&c, MOST);
    buf_init(&s, MOST);
    write_rich(&c, &s);
    for (size_t cut = 0; cut <= s.n; cut++) {
        talk_begin(&t);
        send_bytes(&t, FROM_CLIENT, buf_view(&c));
        send_bytes(&t, FROM_SERVER, bytes_slice(buf_view(&s), 0, cut));
        talk_end(&t);
        assert_int_equal(t.exchanges, 2);
        assert_true(t.complete >= before);
        before = t.complete;
    }
    assert_int_equal(before, 2);
    for (size_t cut = 0; cut < c.n; cut++) {
        talk_begin(&t);
        send_bytes(&t, FROM_CLIENT, bytes_slice(buf_view(&c), 0, cut));
        talk_end(&t);
        assert_int_equal(t.complete, 0);
    }
    buf_clear(&c);
    buf_clear(&s);
}

static void a_pushed_response_belongs_to_the_promised_request(void **state)
{
    struct talk t;
    struct buf b, block;

    (void)state;
    buf_init(&b, MOST);
    buf_init(&block, MOST);
    talk_begin_asked(&t, 1, &b);
    h2_wire_bytes(&block, "\1\0\0\0\2", 5); /* one byte of padding, stream 2 */
    h2_wire_indexed(&block, 2);
    h2_wire_indexed(&block, 7);
    h2_wire_plain(&block, 1, NULL, "p.test");
    h2_wire_plain(&block, 4, NULL, "/css");
    h2_wire_bytes(&block, "", 1);
    h2_wire_frame(&b, H2_PUSH_PROMISE, EH | H2_FLAG_PADDED, 1, block.p, block.n);
    write_ok(&b, 1, "page");
    write_ok(&b, 2, "css");
    for (size_t i = 0; i < b.n; i++)
        send_bytes(&t, FROM_SERVER, bytes_slice(buf_view(&b), i, i + 1));
    talk_end(&t);
    assert_string_equal(t.text,
            "1 GET http://a.test/1 200 {" HEAD "1} {:status=200 [4:page]}\n"
            "2 pushed GET https://p.test/css 200 {:method=GET,:scheme=https,:authority=p.test,"
            ":path=/css} {:status=200 [3:css]}\n");
    buf_clear(&b);
    buf_clear(&block);
}

static void an_upgraded_request_becomes_stream_1(void **state)
{
    struct talk t;
    struct buf b;
    struct exchange *x = exchange_new(1, 1, PROTOCOL_HTTP11);

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    assert_non_null(x);
    x->method = BYTES_LITERAL("GET");
    x->scheme = BYTES_LITERAL("http");
    x->authority = BYTES_LITERAL("a.test");
    x->path = BYTES_LITERAL("/up");
    x->status = 101;
    x->request.head_whole = x->request.whole = true;
    assert_int_equal(exchange_set_target(x), STATUS_OK);
    assert_int_equal(exchange_add_header(x, &x->request, BYTES_LITERAL("HTTP2-Settings"),
                             BYTES_LITERAL("AAEAAAAA")),
            STATUS_OK); /* HEADER_TABLE_SIZE 0 */
    assert_int_equal(exchange_add_header(
                             x, &x->response, BYTES_LITERAL("Upgrade"), BYTES_LITERAL("h2c")),
            STATUS_OK);
    assert_int_equal(http2_adopt(t.h, x), STATUS_OK);
    open_server(&b);
    /* Adds a field; with a table of 0 bytes, which the 101 agreed to, that leaves nothing. */
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88\x40\1a\1b", 6);
    h2_wire_frame(&b, H2_DATA, ES, 1, "up", 2);
    flush(&t, FROM_SERVER, &b);
    open_client(&b);
    write_get(&b, 3, "/3", true);
    flush(&t, FROM_CLIENT, &b);
    h2_wire_frame(&b, H2_HEADERS, EH | ES, 3, "\x88\xbe", 2);
    flush(&t, FROM_SERVER, &b);
    talk_end(&t);
    assert_string_equal(t.text,
            "1 GET http://a.test/up 200 after 101 {HTTP2-Settings=AAEAAAAA} "
            "{:status=200,a=b [2:up]}\n"
            "3 GET http://a.test/3 200 {" HEAD "3} {:status=200 cut} partial\n");
    buf_clear(&b);
}

static void a_smaller_table_applies_once_acknowledged(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    talk_begin(&t);
    open_client(&b);
    write_get(&b, 1, "/1", true);
    flush(&t, FROM_CLIENT, &b);
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, "\0\1\0\0\0\0\0\10\0\0\0\1", 12);
    flush(&t, FROM_SERVER, &b);
    assert_true(http2_facts(t.h)->connect_protocol);
    write_get(&b, 3, "/3", false); /* not acknowledged yet: 62 still stands */
    h2_wire_frame(&b, H2_SETTINGS, H2_FLAG_ACK, 0, NULL, 0);
    write_get(&b, 5, "/5", false); /* breaks the rule: the table is empty */
    flush(&t, FROM_CLIENT, &b);
    talk_end(&t);
    assert_non_null(strstr(t.text, "3 GET http://a.test/3 0"));
    assert_non_null(strstr(t.text, "5 GET  0 {:method=GET,:scheme=http cut}"));
    buf_clear(&b);
}

static void a_tunnel_shows_its_bytes_with_its_exchange(void **state)
{
    struct talk t;
    struct buf b, block;

    (void)state;
    buf_init(&b, MOST);
    buf_init(&block, MOST);
    talk_begin(&t);
    open_client(&b);
    h2_wire_plain(&block, 2, NULL, "CONNECT");
    h2_wire_plain(&block, 0, ":protocol", "websocket");
    h2_wire_indexed(&block, 7);
    h2_wire_plain(&block, 1, NULL, "ws.test");
    h2_wire_plain(&block, 4, NULL, "/chat?x=1");
    h2_wire_frame(&b, H2_HEADERS, EH, 1, block.p, block.n);
    buf_reset(&block);
    h2_wire_plain(&block, 2, NULL, "CONNECT");
    h2_wire_plain(&block, 1, NULL, "far.test:443");
    h2_wire_frame(&b, H2_HEADERS, EH, 3, block.p, block.n);
    flush(&t, FROM_CLIENT, &b);
    open_server(&b);
    h2_wire_frame(&b, H2_HEADERS, EH, 1, "\x88", 1);
    h2_wire_frame(&b, H2_DATA, 0, 1, "hi", 2);
    h2_wire_frame(&b, H2_DATA, H2_FLAG_PADDED | ES, 1, "\1you\0", 5);
    flush(&t, FROM_SERVER, &b);
    h2_wire_frame(&b, H2_DATA, ES, 1, "me", 2);
    h2_wire_frame(&b, H2_DATA, 0, 3, "abcd", 4);
    b.n -= 2;
    flush(&t, FROM_CLIENT, &b);
    lose(&t, FROM_CLIENT, 2);
    assert_string_equal(
            t.tunnels, "1<0@0:hi 1<0@2:you 1<2@5: 1>0@0:me 1>2@2: 3>0@0:ab 3>1@2: ");
    talk_end(&t);
    assert_non_null(strstr(t.text, "1 CONNECT https://ws.test/chat?x=1 200 {"));
    assert_non_null(strstr(t.text, "3 CONNECT far.test:443 0 {"));
    buf_clear(&b);
    buf_clear(&block);
}

static void malformed_heads_are_kept_and_noted(void **state)
{
    static const struct {
        const char *block;
        const char *detail, *text;
    } cases[] = {
            {"\x82\x86\x84\x82\x01\1a", "a pseudo-header field comes twice", "GET http://a/"},
            {"\x82\x86\x0f\x13\1x\x84\x01\1a",
                    "a pseudo-header field comes behind a regular one", "GET http://a/"},
            {"\x82\x84\x01\1a", "a mandatory pseudo-header field is missing", "GET "},
            {"\x82\x86\x84\x01\1a\x40\2:x\1y", "an unknown pseudo-header field",
                    "GET http://a/"},
            {"\x82\x86\x84\xc8", "header block that HPACK does not allow", "GET "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct talk t;
        struct buf b;
        char want[64];

        buf_init(&b, MOST);
        talk_begin(&t);
        open_client(&b);
        h2_wire_frame(&b, H2_HEADERS, EH | ES, 1, cases[i].block, strlen(cases[i].block));
        flush(&t, FROM_CLIENT, &b);
        assert_int_equal(t.ledger.n, 1);
        assert_int_equal(t.ledger.gaps[0].why, GAP_BAD);
        assert_string_equal(t.ledger.gaps[0].detail, cases[i].detail);
        talk_end(&t);
        (void)snprintf(want, sizeof(want), "1 %s 0 {", cases[i].text);
        assert_memory_equal(t.text, want, strlen(want));
        buf_clear(&b);
    }
}

static void the_host_field_stands_in_for_authority(void **state)
{
    struct talk t;
    struct buf b, block;

    (void)state;
    buf_init(&b, MOST);
    buf_init(&block, MOST);
    talk_begin(&t);
    open_client(&b);
    h2_wire_indexed(&block, 2);
    h2_wire_indexed(&block, 6);
    h2_wire_indexed(&block, 4);
    h2_wire_plain(&block, 38, NULL, "h.test");
    h2_wire_frame(&b, H2_HEADERS, EH | ES, 1, block.p, block.n);
    flush(&t, FROM_CLIENT, &b);
    talk_end(&t);
    assert_string_equal(t.text,
            "1 GET http://h.test/ 0 {:method=GET,:scheme=http,:path=/,host=h.test} { cut} "
            "partial\n");
    buf_clear(&b);
    buf_clear(&block);
}

static enum status run_rich(const struct buf *c, const struct buf *s)
{
    struct ledger ledger;
    struct http_setup setup = {.connection = 1, .layer = LAYER_STREAM, .ledger = &ledger};
    struct item client = {.kind = ITEM_BYTES, .len = c->n, .data = buf_view(c)};
    struct item server = {
            .kind = ITEM_BYTES, .dir = FROM_SERVER, .len = s->n, .data = buf_view(s)};
    struct http2 *h;
    struct exchange *x;
    enum status status = STATUS_NOMEM;

    ledger_init(&ledger, 1);
    h = http2_new(&setup);
    if (h != NULL)
        status = http2_push(h, &client);
    if (status == STATUS_OK)
        status = http2_push(h, &server);
    if (status == STATUS_OK)
        status = http2_close(h);
    while (h != NULL && http2_next(h, &x))
        exchange_free(x);
    http2_free(h);
    ledger_clear(&ledger);
    return status;
}

/* A HEADERS frame whose block puts a field of 3,900 bytes into the table, or not, and refers to
 * it `times` times. */
static void write_references(
        struct buf *b, uint32_t stream, bool response, bool adds, unsigned times)
{
    static const uint8_t field[] = {
            0x40, 1, 'x', 0x7f, 0x80 | ((3900 - 127) & 127), (3900 - 127) >> 7};
    uint8_t value[3900];
    struct buf block;

    memset(value, 'v', sizeof(value));
    buf_init(&block, 1 << 14);
    if (response) {
        h2_wire_plain(&block, 8, NULL, "103");
    } else {
        h2_wire_indexed(&block, 2);
        h2_wire_indexed(&block, 6);
        h2_wire_indexed(&block, 4);
    }
    if (adds) {
        h2_wire_bytes(&block, field, sizeof(field));
        h2_wire_bytes(&block, value, sizeof(value));
    }
    for (unsigned i = 0; i < times; i++)
        h2_wire_indexed(&block, 62);
    h2_wire_frame(b, H2_HEADERS, EH, stream, block.p, block.n);
    buf_clear(&block);
}

static size_t gaps_for(const struct talk *t, enum gap_cause why)
{
    size_t n = 0;

    for (size_t i = 0; i < t->ledger.n; i++)
        n += t->ledger.gaps[i].why == why;
    return n;
}

static void interim_responses_without_end_stay_within_one_head(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    talk_begin_asked(&t, 1, &b);
    write_references(&b, 1, true, true, 1);
    flush(&t, FROM_SERVER, &b);
    assert_int_equal(gaps_for(&t, GAP_BUDGET), 0);
    for (unsigned i = 0; i < 100; i++) {
        write_references(&b, 1, true, false, 250);
        flush(&t, FROM_SERVER, &b);
    }
    assert_true(gaps_for(&t, GAP_BUDGET) >= 99);
    http2_free(t.h);
    ledger_clear(&t.ledger);
    buf_clear(&b);
}

static void fields_are_cut_when_they_grow_out_of_proportion_to_their_blocks(void **state)
{
    struct talk t;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    talk_begin(&t);
    open_client(&b);
    write_references(&b, 1, false, true, 1);
    flush(&t, FROM_CLIENT, &b);
    /* A large cookie that every request repeats is no attack. */
    for (uint32_t i = 0; i < 500; i++)
        write_references(&b, 3 + 2 * i, false, false, 8);
    flush(&t, FROM_CLIENT, &b);
    assert_int_equal(gaps_for(&t, GAP_BUDGET), 0);
    for (uint32_t i = 0; i < 20; i++)
        write_references(&b, 2001 + 2 * i, false, false, 250);
    flush(&t, FROM_CLIENT, &b);
    assert_true(gaps_for(&t, GAP_BUDGET) > 0);
    http2_free(t.h);
    ledger_clear(&t.ledger);
    buf_clear(&b);
}

static void every_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    struct buf c, s;
    enum status status;
    long n = 0;

    (void)state;
    buf_init(&c, MOST);
    buf_init(&s, MOST);
    write_rich(&c, &s);
    do {
        oom_fail_at(++n);
        status = run_rich(&c, &s);
        if (oom_happened())
            assert_int_equal(status, STATUS_NOMEM);
    } while (oom_happened());
    oom_fail_at(0);
    assert_int_equal(status, STATUS_OK);
    assert_true(n > 20);
    buf_clear(&c);
    buf_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_request_and_its_answer_are_an_exchange),
            cmocka_unit_test(all_kinds_of_frames_are_understood_however_they_are_split),
            cmocka_unit_test(a_truncated_connection_is_never_complete_too_early),
            cmocka_unit_test(a_pushed_response_belongs_to_the_promised_request),
            cmocka_unit_test(an_upgraded_request_becomes_stream_1),
            cmocka_unit_test(a_smaller_table_applies_once_acknowledged),
            cmocka_unit_test(a_tunnel_shows_its_bytes_with_its_exchange),
            cmocka_unit_test(malformed_heads_are_kept_and_noted),
            cmocka_unit_test(the_host_field_stands_in_for_authority),
            cmocka_unit_test(interim_responses_without_end_stay_within_one_head),
            cmocka_unit_test(fields_are_cut_when_they_grow_out_of_proportion_to_their_blocks),
            cmocka_unit_test(every_failed_allocation_is_told_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
