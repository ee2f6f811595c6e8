/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/channel.h"
#include "tests/support/h2_wire.h"
#include "tests/support/oom.h"

struct talk {
    struct connection facts;
    struct channel *channel;
    uint64_t frame, off[2];
    char seen[512]; /* "METHOD url status nested complete;" of each exchange */
};

static struct talk *begin(void)
{
    struct talk *t = calloc(1, sizeof(*t));
    const struct channel_setup setup = {.facts = &t->facts};

    assert_non_null(t);
    t->facts.id = 1;
    t->facts.server.version = IPV4;
    t->facts.server.port = 8080;
    ledger_init(&t->facts.ledger, 1);
    t->facts.arena = arena_new(1 << 20);
    assert_non_null(t->facts.arena);
    t->channel = channel_new(&setup);
    assert_non_null(t->channel);
    return t;
}

static void end(struct talk *t)
{
    channel_free(t->channel);
    ledger_clear(&t->facts.ledger);
    arena_free(t->facts.arena);
    free(t);
}

static void drain(struct talk *t)
{
    struct exchange *x;

    while (channel_next(t->channel, &x)) {
        size_t n = strlen(t->seen);

        (void)snprintf(t->seen + n, sizeof(t->seen) - n, "%.*s %.*s %u %u%s;", (int)x->method.n,
                (const char *)x->method.p, (int)x->url.n, (const char *)x->url.p,
                (unsigned)x->status, (unsigned)x->nested, x->complete ? "" : " partial");
        exchange_free(x);
    }
}

static enum status push(struct talk *t, enum direction dir, struct bytes data)
{
    uint64_t frame = ++t->frame;
    const struct item item = {.kind = ITEM_BYTES,
            .dir = dir,
            .off = t->off[dir],
            .len = data.n,
            .data = data,
            .frames = {&frame, 1},
            .first_ns = (int64_t)frame,
            .last_ns = (int64_t)frame};
    enum status status = channel_push(t->channel, &item);

    t->off[dir] += data.n;
    drain(t);
    return status;
}

static void say(struct talk *t, enum direction dir, const char *text)
{
    assert_int_equal(push(t, dir, bytes_text(text)), STATUS_OK);
}

static void close_talk(struct talk *t)
{
    assert_int_equal(channel_close(t->channel), STATUS_OK);
    drain(t);
}

static uint64_t gap_bytes(const struct talk *t, enum gap_cause why)
{
    uint64_t n = 0;

    for (size_t i = 0; i < t->facts.ledger.n; i++)
        n += t->facts.ledger.gaps[i].why == why ? t->facts.ledger.gaps[i].len : 0;
    return n;
}

static const char request[] = "GET /a HTTP/1.1\r\nHost: h.test\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void http_is_known_by_content_on_any_port(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT, request);
    say(t, FROM_SERVER, answer);
    close_talk(t);
    assert_string_equal(t->seen, "GET http://h.test/a 200 0;");
    assert_string_equal(t->facts.protocol, "http/1.1");
    assert_int_equal(t->facts.decrypted, DECRYPTED_NOT_NEEDED);
    assert_int_equal(t->facts.ledger.n, 0);
    end(t);
}

static void it_does_not_matter_where_segments_end(void **state)
{
    (void)state;
    for (size_t at = 1; at < sizeof(request) - 1; at++) {
        struct talk *t = begin();

        assert_int_equal(push(t, FROM_CLIENT, bytes_of(request, at)), STATUS_OK);
        assert_int_equal(push(t, FROM_CLIENT, bytes_of(request + at, sizeof(request) - 1 - at)),
                STATUS_OK);
        say(t, FROM_SERVER, answer);
        close_talk(t);
        assert_string_equal(t->seen, "GET http://h.test/a 200 0;");
        end(t);
    }
}

static void http2_is_known_by_its_preface(void **state)
{
    static const uint8_t settings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    /* HEADERS of stream 1, end of headers and stream: GET http h.test / by RFC 7541. */
    static const uint8_t get[] = {0, 0, 11, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 0x06, 'h',
            '.', 't', 'e', 's', 't'};
    static const uint8_t ok[] = {0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88};
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_int_equal(push(t, FROM_CLIENT, bytes_of(settings, sizeof(settings))), STATUS_OK);
    assert_int_equal(push(t, FROM_SERVER, bytes_of(settings, sizeof(settings))), STATUS_OK);
    assert_int_equal(push(t, FROM_CLIENT, bytes_of(get, sizeof(get))), STATUS_OK);
    assert_int_equal(push(t, FROM_SERVER, bytes_of(ok, sizeof(ok))), STATUS_OK);
    close_talk(t);
    assert_string_equal(t->seen, "GET http://h.test/ 200 0;");
    assert_string_equal(t->facts.protocol, "h2");
    end(t);
}

static void a_tunnel_is_looked_into(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT, "CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n");
    say(t, FROM_SERVER, "HTTP/1.1 200 Connected\r\n\r\n");
    say(t, FROM_CLIENT, request);
    say(t, FROM_SERVER, answer);
    close_talk(t);
    assert_non_null(strstr(t->seen, "CONNECT "));
    assert_non_null(strstr(t->seen, "GET http://h.test/a 200 1;"));
    end(t);
}

/* The front of a ClientHello in a tunnel: TLS that nobody has keys for. */
static void tls_in_a_tunnel_is_seen_and_said_to_be_dark(void **state)
{
    static const uint8_t data[] = {0x17, 3, 3, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t hello[5 + 4 + 2 + 32 + 1 + 2 + 2 + 2] = {
            0x16, 3, 1, 0, sizeof(hello) - 5, 1, 0, 0, sizeof(hello) - 9, 3, 3};
    struct talk *t = begin();

    (void)state;
    hello[5 + 4 + 2 + 32 + 2] = 2; /* one suite */
    hello[5 + 4 + 2 + 32 + 4] = 0x2f;
    say(t, FROM_CLIENT, "CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n\r\n");
    say(t, FROM_SERVER, "HTTP/1.1 200 Connected\r\n\r\n");
    assert_int_equal(push(t, FROM_CLIENT, bytes_of(hello, sizeof(hello))), STATUS_OK);
    assert_int_equal(push(t, FROM_CLIENT, bytes_of(data, sizeof(data))), STATUS_OK);
    close_talk(t);
    assert_true(t->facts.tls.seen);
    assert_int_equal(t->facts.decrypted, DECRYPTED_NO);
    assert_non_null(t->facts.reason);
    end(t);
}

static void tunnels_deeper_than_are_read_do_no_harm(void **state)
{
    struct talk *t = begin();

    (void)state;
    for (int i = 0; i < 20; i++) {
        say(t, FROM_CLIENT, "CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n");
        say(t, FROM_SERVER, "HTTP/1.1 200 Connected\r\n\r\n");
    }
    close_talk(t);
    assert_non_null(strstr(t->seen, " 200 5;"));
    assert_null(strstr(t->seen, " 200 6;"));
    assert_true(t->facts.ledger.n != 0); /* what was not read is named */
    end(t);
}

static void an_unknown_protocol_gives_no_exchange_and_has_no_name(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT, "\x01\x02 what is this");
    say(t, FROM_SERVER, "\x03\x04 nobody knows");
    close_talk(t);
    assert_string_equal(t->seen, "");
    assert_null(t->facts.protocol);
    assert_int_equal(t->facts.decrypted, DECRYPTED_NOT_NEEDED);
    assert_int_equal(t->facts.exchanges, 0);
    end(t);
}

static void a_message_in_the_middle_of_the_unknown_is_found(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_SERVER, "\x01 the rest of an earlier body");
    say(t, FROM_CLIENT, "\x02 and of an upload");
    say(t, FROM_CLIENT, request);
    say(t, FROM_SERVER, answer);
    close_talk(t);
    assert_non_null(strstr(t->seen, "GET http://h.test/a 200 0;"));
    assert_true(gap_bytes(t, GAP_MIDSTREAM) + gap_bytes(t, GAP_UNSUPPORTED) != 0);
    end(t);
}

static void dns_over_tcp_gives_whole_messages(void **state)
{
    struct talk *t = begin();
    struct item message;
    const char *carrier = NULL;

    (void)state;
    t->facts.server.port = 53;
    assert_int_equal(push(t, FROM_CLIENT, bytes_of("\0\3ab", 4)), STATUS_OK);
    assert_false(channel_next_dns(t->channel, &message, &carrier));
    assert_int_equal(push(t, FROM_CLIENT, bytes_of("c\0\1d", 4)), STATUS_OK);
    assert_true(
            channel_next_dns(t->channel, &message, &carrier) && bytes_is(message.data, "abc"));
    assert_true(
            channel_next_dns(t->channel, &message, &carrier) && bytes_is(message.data, "d"));
    assert_false(channel_next_dns(t->channel, &message, &carrier));
    assert_string_equal(carrier, "tcp");
    assert_int_equal(push(t, FROM_SERVER, bytes_of("\0\3ab", 4)), STATUS_OK);
    close_talk(t);
    assert_string_equal(t->facts.protocol, "dns");
    assert_int_equal(gap_bytes(t, GAP_CUT), 4); /* a message that does not end */
    end(t);
}

static const char upgrade[] =
        "GET /chat HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
/* The answer, and in its packet a frame: RFC 7692 section 7.2.3.1. */
static const char upgraded[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";

static void websocket_messages_follow_their_upgrade(void **state)
{
    for (size_t at = 1; at < sizeof(upgraded) - 1; at++) {
        struct talk *t = begin();

        (void)state;
        say(t, FROM_CLIENT, request);
        say(t, FROM_SERVER, answer);
        say(t, FROM_CLIENT, upgrade);
        assert_int_equal(push(t, FROM_SERVER, bytes_of(upgraded, at)), STATUS_OK);
        assert_int_equal(
                push(t, FROM_SERVER, bytes_of(upgraded + at, sizeof(upgraded) - 1 - at)),
                STATUS_OK);
        say(t, FROM_CLIENT,
                "\x81\x83"
                "aaaa\x09\x08\x40");
        close_talk(t);
        assert_string_equal(t->seen,
                "GET http://h.test/a 200 0;GET http://h.test/chat 101 0;"
                "RECV http://h.test/chat 0 0;SEND http://h.test/chat 0 0;");
        assert_string_equal(t->facts.protocol, "websocket");
        assert_int_equal(t->facts.ledger.n, 0);
        assert_int_equal(t->facts.exchanges, 4);
        end(t);
    }
}

static void a_websocket_in_a_tunnel_counts_as_its_upgrade_does(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT, "CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n\r\n");
    say(t, FROM_SERVER, "HTTP/1.1 200 Connected\r\n\r\n");
    say(t, FROM_CLIENT, upgrade);
    assert_int_equal(push(t, FROM_SERVER, BYTES_LITERAL(upgraded)), STATUS_OK);
    close_talk(t);
    assert_non_null(strstr(t->seen, "GET http://h.test/chat 101 1;"));
    assert_non_null(strstr(t->seen, "RECV http://h.test/chat 0 1;"));
    end(t);
}

static void a_websocket_is_read_without_its_request(void **state)
{
    struct talk *t = begin();

    (void)state;
    assert_int_equal(push(t, FROM_SERVER, BYTES_LITERAL(upgraded)), STATUS_OK);
    say(t, FROM_CLIENT,
            "\x81\x83"
            "aaaa\x09\x08\x40");
    close_talk(t);
    assert_non_null(strstr(t->seen, "RECV  0 0 partial;SEND  0 0 partial;"));
    assert_non_null(strstr(t->seen, " 101 0 partial;"));
    end(t);
}

static void other_upgrades_are_said_to_be_unread(void **state)
{
    struct talk *t = begin();

    (void)state;
    say(t, FROM_CLIENT,
            "GET / HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    say(t, FROM_SERVER, "HTTP/1.1 101 Yes\r\nUpgrade: x\r\n\r\nabc");
    close_talk(t);
    assert_string_equal(t->seen, "GET http://h.test/ 101 0;");
    assert_int_equal(gap_bytes(t, GAP_UNSUPPORTED), 3);
    end(t);
}

/* HTTP/2 with an extended CONNECT, RFC 8441 section 5, by RFC 7541 literals. */
static void websockets_of_http2_are_read_in_their_streams(void **state)
{
    struct talk *t = begin();
    struct buf client, server, block;

    (void)state;
    buf_init(&client, 1 << 12);
    buf_init(&server, 1 << 12);
    buf_init(&block, 1 << 12);
    h2_wire_text(&client, H2_WIRE_PREFACE);
    h2_wire_frame(&client, 4, 0, 0, NULL, 0);
    h2_wire_frame(&server, 4, 0, 0, NULL, 0);
    h2_wire_plain(&block, 2, NULL, "CONNECT");
    h2_wire_plain(&block, 0, ":protocol", "websocket");
    h2_wire_indexed(&block, 7);
    h2_wire_plain(&block, 4, NULL, "/chat");
    h2_wire_plain(&block, 1, NULL, "h.test");
    h2_wire_frame(&client, 1, 4, 1, block.p, block.n);
    h2_wire_frame(&server, 1, 4, 1, "\x88", 1);
    h2_wire_frame(&client, 0, 0, 1,
            "\x81\x83"
            "aaaa\x09\x08\x40",
            9);
    h2_wire_frame(&server, 0, 0, 1, "\x81", 1);
    h2_wire_frame(&server, 0, 0, 1, "\x02hi\x01\x01", 5);
    h2_wire_frame(&client, 0, 1, 1, NULL, 0);
    assert_int_equal(push(t, FROM_CLIENT, buf_view(&client)), STATUS_OK);
    assert_int_equal(push(t, FROM_SERVER, buf_view(&server)), STATUS_OK);
    assert_string_equal(t->seen, "SEND https://h.test/chat 0 0;RECV https://h.test/chat 0 0;");
    close_talk(t);
    assert_non_null(strstr(t->seen, "CONNECT https://h.test/chat 200 0"));
    assert_non_null(strstr(t->seen, "RECV https://h.test/chat 0 0 partial;"));
    assert_string_equal(t->facts.protocol, "h2");
    buf_clear(&client);
    buf_clear(&server);
    buf_clear(&block);
    end(t);
}

static void every_failed_allocation_is_told(void **state)
{
    bool happened;
    long n = 0;

    (void)state;
    do {
        struct talk *t = begin();
        enum status status;

        oom_fail_at(++n);
        status = push(t, FROM_CLIENT, BYTES_LITERAL(request));
        if (status == STATUS_OK)
            status = push(t, FROM_SERVER, BYTES_LITERAL(answer));
        if (status == STATUS_OK)
            status = channel_close(t->channel);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        end(t);
    } while (happened);
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(http_is_known_by_content_on_any_port),
            cmocka_unit_test(it_does_not_matter_where_segments_end),
            cmocka_unit_test(http2_is_known_by_its_preface),
            cmocka_unit_test(a_tunnel_is_looked_into),
            cmocka_unit_test(tls_in_a_tunnel_is_seen_and_said_to_be_dark),
            cmocka_unit_test(tunnels_deeper_than_are_read_do_no_harm),
            cmocka_unit_test(an_unknown_protocol_gives_no_exchange_and_has_no_name),
            cmocka_unit_test(a_message_in_the_middle_of_the_unknown_is_found),
            cmocka_unit_test(dns_over_tcp_gives_whole_messages),
            cmocka_unit_test(websocket_messages_follow_their_upgrade),
            cmocka_unit_test(a_websocket_in_a_tunnel_counts_as_its_upgrade_does),
            cmocka_unit_test(a_websocket_is_read_without_its_request),
            cmocka_unit_test(other_upgrades_are_said_to_be_unread),
            cmocka_unit_test(websockets_of_http2_are_read_in_their_streams),
            cmocka_unit_test(every_failed_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
