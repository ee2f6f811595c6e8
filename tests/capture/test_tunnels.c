/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "capture/tunnels.h"
#include "tests/support/oom.h"

struct talk {
    struct ledger ledger;
    struct tunnels *t;
    uint64_t packet;
    char text[512]; /* "5 SEND [x];" */
};

static void begin(struct talk *k)
{
    const struct http_setup setup = {.connection = 2, .layer = LAYER_TLS, .ledger = &k->ledger};

    memset(k, 0, sizeof(*k));
    ledger_init(&k->ledger, 2);
    k->t = tunnels_new(&setup);
    assert_non_null(k->t);
}

static void end(struct talk *k)
{
    tunnels_free(k->t);
    ledger_clear(&k->ledger);
}

/* A CONNECT that is under way; `protocol` NULL: a plain one. */
static struct exchange *connect_of(uint64_t stream, const char *protocol, uint32_t status)
{
    struct exchange *x = exchange_new(2, stream, PROTOCOL_H3);

    assert_non_null(x);
    x->method = BYTES_LITERAL("CONNECT");
    if (protocol != NULL)
        assert_int_equal(exchange_add_header(x, &x->request, BYTES_LITERAL(":protocol"),
                                 bytes_text(protocol)),
                STATUS_OK);
    x->status = status;
    x->request.head_whole = true;
    x->response.head_whole = status != 0;
    return x;
}

static void drain(struct talk *k)
{
    struct exchange *x;

    while (tunnels_next(k->t, &x)) {
        const struct message *m = x->request.seen ? &x->request : &x->response;
        size_t n = strlen(k->text);

        assert_int_equal(x->connection, 2);
        (void)snprintf(k->text + n, sizeof(k->text) - n, "%u %.*s [%.*s]%s;",
                (unsigned)x->stream, (int)x->method.n, (const char *)x->method.p,
                (int)m->body.data.n, (const char *)m->body.data.p,
                x->complete ? "" : " partial");
        exchange_free(x);
    }
}

static enum status push(struct talk *k, const struct exchange *x, enum direction dir,
        uint64_t off, struct bytes data)
{
    uint64_t packet = ++k->packet;
    const struct http_tunnel entry = {.exchange = x,
            .item = {.kind = ITEM_BYTES,
                    .dir = dir,
                    .off = off,
                    .len = data.n,
                    .data = data,
                    .frames = {&packet, 1}}};
    enum status status = tunnels_push(k->t, &entry);

    drain(k);
    return status;
}

static const char hello[] = "\x81\x05Hello";

static void websockets_of_many_streams_do_not_mix(void **state)
{
    struct exchange *one = connect_of(4, "websocket", 200);
    struct exchange *two = connect_of(4 + 2 * 256, "WebSocket", 0);
    struct talk k;

    (void)state;
    begin(&k);
    for (size_t i = 0; i < sizeof(hello) - 1; i++) {
        struct bytes byte = bytes_of(hello + i, 1);

        assert_int_equal(push(&k, one, FROM_SERVER, i, byte), STATUS_OK);
        assert_int_equal(push(&k, two, FROM_CLIENT, i, byte), STATUS_OK);
    }
    assert_string_equal(k.text, "4 RECV [Hello];516 SEND [Hello];");
    assert_int_equal(push(&k, one, FROM_SERVER, 7, bytes_of(hello, 4)), STATUS_OK);
    assert_int_equal(tunnels_end(k.t, two), STATUS_OK);
    assert_int_equal(tunnels_end(k.t, one), STATUS_OK);
    assert_int_equal(tunnels_end(k.t, one), STATUS_OK);
    assert_int_equal(tunnels_close(k.t), STATUS_OK);
    drain(&k);
    assert_string_equal(k.text, "4 RECV [Hello];516 SEND [Hello];4 RECV [He] partial;");
    assert_int_equal(k.ledger.n, 1);
    assert_int_equal(k.ledger.gaps[0].layer, LAYER_HTTP);
    assert_int_equal(k.ledger.gaps[0].stream, 4);
    exchange_free(one);
    exchange_free(two);
    end(&k);
}

static void an_answer_that_comes_later_is_heeded(void **state)
{
    static const char packed[] = "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    struct exchange *x = connect_of(1, "websocket", 0);
    struct talk k;

    (void)state;
    begin(&k);
    assert_int_equal(push(&k, x, FROM_CLIENT, 0, BYTES_LITERAL(packed)), STATUS_OK);
    x->status = 200;
    x->response.head_whole = true; /* and it does not agree to compress */
    assert_int_equal(push(&k, x, FROM_SERVER, 0, BYTES_LITERAL(packed)), STATUS_OK);
    assert_int_equal(push(&k, x, FROM_SERVER, 9, BYTES_LITERAL(hello)), STATUS_OK);
    assert_int_equal(tunnels_close(k.t), STATUS_OK);
    drain(&k);
    assert_string_equal(k.text, "1 SEND [Hello];");
    assert_int_equal(k.ledger.n, 1);
    assert_int_equal(k.ledger.gaps[0].why, GAP_BAD);
    assert_int_equal(k.ledger.gaps[0].len, 16);
    exchange_free(x);
    end(&k);
}

static void other_tunnels_are_gaps_that_say_so(void **state)
{
    struct exchange *plain = connect_of(1, NULL, 200), *udp = connect_of(3, "connect-udp", 200);
    struct talk k;

    (void)state;
    begin(&k);
    assert_int_equal(push(&k, plain, FROM_CLIENT, 0, BYTES_LITERAL(hello)), STATUS_OK);
    assert_int_equal(push(&k, plain, FROM_CLIENT, 7, BYTES_LITERAL(hello)), STATUS_OK);
    assert_int_equal(push(&k, plain, FROM_SERVER, 0, bytes_of(hello, 3)), STATUS_OK);
    assert_int_equal(push(&k, udp, FROM_SERVER, 0, BYTES_LITERAL(hello)), STATUS_OK);
    assert_int_equal(tunnels_end(k.t, plain), STATUS_OK);
    assert_int_equal(tunnels_close(k.t), STATUS_OK);
    drain(&k);
    assert_string_equal(k.text, "");
    assert_int_equal(k.ledger.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(k.ledger.gaps[i].why, GAP_UNSUPPORTED);
        assert_int_equal(k.ledger.gaps[i].stream, i == 2 ? 3 : 1);
        assert_non_null(k.ledger.gaps[i].detail);
    }
    assert_int_equal(k.ledger.gaps[0].len, 14);
    assert_true(k.ledger.gaps[0].first_packet == 1 && k.ledger.gaps[0].last_packet == 2);
    assert_int_equal(k.ledger.gaps[1].len, 3);
    assert_int_equal(k.ledger.gaps[2].len, 7);
    exchange_free(plain);
    exchange_free(udp);
    end(&k);
}

static void a_refusal_is_no_tunnel(void **state)
{
    struct exchange *x = connect_of(1, "websocket", 403);
    struct talk k;

    (void)state;
    begin(&k);
    assert_int_equal(push(&k, x, FROM_SERVER, 0, BYTES_LITERAL("\xff no")), STATUS_OK);
    assert_int_equal(tunnels_end(k.t, x), STATUS_OK);
    assert_int_equal(k.ledger.n, 0);
    exchange_free(x);
    end(&k);
}

static void more_tunnels_than_are_kept_are_named(void **state)
{
    struct talk k;

    (void)state;
    begin(&k);
    for (uint64_t i = 0; i < TUNNELS_MOST + 2; i++) {
        struct exchange *x = connect_of(4 * i, "websocket", 200);

        assert_int_equal(push(&k, x, FROM_CLIENT, 0, bytes_of(hello, 3)), STATUS_OK);
        exchange_free(x);
    }
    assert_int_equal(tunnels_close(k.t), STATUS_OK);
    assert_int_equal(k.ledger.n, TUNNELS_MOST + 1);
    assert_int_equal(k.ledger.gaps[TUNNELS_MOST].why, GAP_BUDGET);
    assert_int_equal(k.ledger.gaps[TUNNELS_MOST].len, 6);
    end(&k);
}

static void every_allocation_may_fail(void **state)
{
    static const char *const protocols[] = {"websocket", NULL};
    bool happened;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct exchange *x = connect_of(1, protocols[i], 200);
        long n = 0;

        do {
            enum status status;
            struct talk k;

            begin(&k);
            oom_fail_at(++n);
            status = push(&k, x, FROM_CLIENT, 0, BYTES_LITERAL(hello));
            if (status == STATUS_OK)
                status = push(&k, x, FROM_CLIENT, 7, bytes_of(hello, 4));
            if (status == STATUS_OK)
                status = tunnels_close(k.t);
            happened = oom_happened();
            oom_fail_at(0);
            assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
            end(&k);
        } while (happened);
        assert_true(n > 2);
        exchange_free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(websockets_of_many_streams_do_not_mix),
            cmocka_unit_test(an_answer_that_comes_later_is_heeded),
            cmocka_unit_test(other_tunnels_are_gaps_that_say_so),
            cmocka_unit_test(a_refusal_is_no_tunnel),
            cmocka_unit_test(more_tunnels_than_are_kept_are_named),
            cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
