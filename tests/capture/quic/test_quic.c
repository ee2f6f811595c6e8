/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/quic/quic_world.h"
#include "tests/support/oom.h"

#define ASK "GET / of the client"
#define ANSWER "200 of the server"

/* A request and its answer on stream 0. */
static void talk(struct world *w)
{
    (void)world_say(w, FROM_CLIENT, 0, 0, ASK, true);
    (void)world_say(w, FROM_SERVER, 0, 0, ANSWER, true);
}

static void assert_talked(struct world *w)
{
    assert_int_equal(w->status, STATUS_OK);
    assert_true(world_heard(w, 0, FROM_CLIENT, ASK));
    assert_true(world_heard(w, 0, FROM_SERVER, ANSWER));
}

static void talk_and_read(struct world *w)
{
    talk(w);
    world_run(w, NULL, 0);
    assert_talked(w);
}

static void reads_a_connection_of_each_version_and_suite(void **state)
{
    static const uint32_t versions[] = {MAKER_V1, MAKER_V2};
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct world *w = world_new(versions[i % 2], suites[i / 2]);

        world_handshake(w);
        talk_and_read(w);
        assert_int_equal(w->decrypted, DECRYPTED_FULL);
        assert_null(w->reason);
        assert_int_equal(world_gaps(w), 0);
        assert_int_equal(w->facts.version, versions[i % 2]);
        assert_int_equal(w->facts.packets[FROM_CLIENT], 3);
        assert_int_equal(w->facts.packets[FROM_SERVER], 3);
        assert_int_equal(w->tls.version, 0x0304);
        assert_int_equal(w->tls.suite, suites[i / 2]);
        assert_string_equal(w->tls.server_name, "shop.example");
        assert_string_equal(quic_protocol(w->quic), "h3");
        assert_int_equal(w->tls.ja4[0], 'q');
        assert_false(quic_turned(w->quic));
        world_free(w);
    }
}

static void says_that_no_key_was_given(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct gap *gap;

    (void)state;
    world_handshake(w);
    talk(w);
    w->no_keys = true;
    world_run(w, NULL, 0);
    assert_int_equal(w->status, STATUS_OK);
    assert_int_equal(w->decrypted, DECRYPTED_NO);
    assert_string_equal(w->reason, "no keys");
    assert_string_equal(w->tls.server_name, "shop.example");
    assert_int_equal(world_losses(w), 2);
    gap = world_gap(w, GAP_NO_KEYS, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->dir, FROM_CLIENT);
    assert_int_equal(gap->len, w->sent[2].n + w->sent[3].n);
    assert_int_equal(gap->first_packet, 3);
    assert_int_equal(gap->last_packet, 4);
    world_free(w);
}

static void turns_roles_by_who_sent_the_hello(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    talk(w);
    w->turned = true;
    world_run(w, NULL, 0);
    assert_talked(w);
    assert_true(quic_turned(w->quic));
    assert_int_equal(world_gaps(w), 0);
    assert_int_equal(w->facts.packets[FROM_CLIENT], 3);
    world_free(w);
}

static void reads_a_hello_that_is_scattered_over_datagrams(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct maker_hello large = {.filler = 1700};
    static const size_t swapped[] = {1, 0, 2, 3, 4, 5};
    struct buf hello;
    size_t third;

    (void)state;
    buf_init(&hello, 1 << 14);
    maker_client_hello(&w->m, &large, &hello);
    third = hello.n / 3;
    for (size_t part = 0; part < 2; part++) {
        /* Each packet holds the pieces back to front, as Chromium shuffles them. */
        size_t from = part == 0 ? 0 : 2 * third, to = part == 0 ? 2 * third : hello.n;

        for (size_t at = to; at > from; at -= at - from < 100 ? at - from : 100) {
            size_t start = at - from < 100 ? from : at - 100;

            maker_crypto(&w->frames, start, bytes_slice(buf_view(&hello), start, at));
            maker_byte(&w->frames, 1);
        }
        maker_begin(&w->m);
        maker_packet_of(&w->m, FROM_CLIENT, MAKER_INITIAL, buf_view(&w->frames), 1250);
        buf_reset(&w->frames);
        (void)world_send(w, FROM_CLIENT);
    }
    (void)world_server_flight(w, &(struct maker_hello){0});
    (void)world_client_finished(w);
    talk_and_read(w);
    world_run(w, swapped, 6);
    assert_talked(w);
    assert_int_equal(world_gaps(w), 0);
    buf_clear(&hello);
    world_free(w);
}

static void follows_a_retry(void **state)
{
    static const uint32_t versions[] = {MAKER_V1, MAKER_V2};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world *w = world_new(versions[i], 0x1301);
        const struct maker_hello plain = {0};
        uint64_t number;

        (void)world_client_initial(w, &plain);
        maker_begin(&w->m);
        maker_retry(&w->m, BYTES_LITERAL("another id"));
        (void)world_send(w, FROM_SERVER);
        number = w->m.number[FROM_CLIENT][MAKER_INITIAL];
        assert_true(number == 1);
        world_handshake(w);
        talk_and_read(w);
        assert_true(w->facts.retry);
        assert_int_equal(w->facts.token.kind, TICKET_NONE); /* that of the Retry is of now */
        assert_int_equal(world_gaps(w), 0);

        /* A Retry whose tag is wrong is nobody's; the connection goes on all the same. */
        w->sent[1].p[w->sent[1].n - 1] ^= 1;
        world_run(w, NULL, 0);
        assert_talked(w);
        assert_false(w->facts.retry);
        world_free(w);
    }
}

static void begins_anew_after_version_negotiation(void **state)
{
    struct world *w = world_new(MAKER_V2, 0x1301);
    const struct maker_hello plain = {0};

    (void)state;
    (void)world_client_initial(w, &plain);
    maker_begin(&w->m);
    maker_negotiation(&w->m, MAKER_V1);
    (void)world_send(w, FROM_SERVER);
    /* With another random, numbers from 0 and the same ID. */
    w->m.version = MAKER_V1;
    w->m.client_random[0] ^= 0xff;
    w->m.number[FROM_CLIENT][MAKER_INITIAL] = 0;
    world_handshake(w);
    talk_and_read(w);
    assert_true(w->facts.negotiation);
    assert_int_equal(w->facts.version, MAKER_V1);
    assert_int_equal(world_gaps(w), 0);
    world_free(w);
}

static void forgives_a_version_that_the_server_did_not_know_either(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct maker_hello plain = {0};
    size_t first = world_client_initial(w, &plain);

    (void)state;
    memcpy(w->sent[first].p + 1, "\x1a\x2a\x3a\x4a", 4);
    maker_begin(&w->m);
    maker_negotiation(&w->m, MAKER_V1);
    (void)world_send(w, FROM_SERVER);
    w->m.number[FROM_CLIENT][MAKER_INITIAL] = 0;
    world_handshake(w);
    talk_and_read(w);
    assert_true(w->facts.negotiation);
    assert_int_equal(world_gaps(w), 0);
    assert_int_equal(w->facts.unopened[FROM_CLIENT], 0);
    assert_int_equal(w->decrypted, DECRYPTED_FULL);
    world_free(w);
}

/* RFC 9369 section 4.1: the server answers an Initial of version 1 in version 2. */
static void follows_compatible_version_negotiation(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct maker_hello plain = {0};

    (void)state;
    (void)world_client_initial(w, &plain);
    w->m.version = MAKER_V2;
    (void)world_server_flight(w, &plain);
    (void)world_client_finished(w);
    talk_and_read(w);
    assert_int_equal(w->facts.version, MAKER_V2);
    assert_string_equal(w->facts.version_name, "QUIC v2");
    assert_int_equal(world_gaps(w), 0);
    world_free(w);
}

static void update_both(struct world *w)
{
    maker_update(&w->m, FROM_CLIENT);
    maker_update(&w->m, FROM_SERVER);
}

static void follows_key_updates(void **state)
{
    struct world *w = world_new(MAKER_V2, 0x1302);
    static const size_t late[] = {0, 1, 2, 3, 5, 6, 4, 7, 8, 9, 10};
    static const size_t hole[] = {0, 1, 2, 3, 4, 9, 10};

    (void)state;
    world_handshake(w);
    (void)world_say(w, FROM_CLIENT, 0, 0, "a", false);
    (void)world_say(w, FROM_CLIENT, 0, 1, "b", false);
    update_both(w);
    (void)world_say(w, FROM_CLIENT, 0, 2, "c", false);
    (void)world_say(w, FROM_SERVER, 0, 0, "A", false);
    update_both(w);
    (void)world_say(w, FROM_SERVER, 0, 1, "B", false);
    (void)world_say(w, FROM_CLIENT, 0, 3, "d", false);
    update_both(w);
    (void)world_say(w, FROM_CLIENT, 0, 4, "e", true);
    (void)world_say(w, FROM_SERVER, 0, 2, "C", true);
    world_run(w, NULL, 0);
    assert_true(world_heard(w, 0, FROM_CLIENT, "abcde"));
    assert_true(world_heard(w, 0, FROM_SERVER, "ABC"));
    assert_int_equal(w->facts.key_updates[FROM_CLIENT], 3);
    assert_int_equal(w->facts.key_updates[FROM_SERVER], 3);
    assert_int_equal(world_gaps(w), 0);
    /* A packet under the old keys that comes late. */
    world_run(w, late, 11);
    assert_true(world_heard(w, 0, FROM_CLIENT, "abcde"));
    assert_int_equal(world_gaps(w), 0);
    /* Updates that a hole hides. */
    world_run(w, hole, 7);
    assert_int_equal(w->facts.key_updates[FROM_CLIENT], 3);
    assert_int_equal(w->facts.key_updates[FROM_SERVER], 3);
    assert_int_equal(world_losses(w), 0);
    assert_int_equal(w->facts.unopened[FROM_CLIENT] + w->facts.unopened[FROM_SERVER], 0);
    world_free(w);
}

/* Wireshark issue 17383: the server sends its Handshake packets again when 1-RTT has begun. */
static void opens_handshake_packets_behind_the_handshake(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    talk(w);
    maker_begin(&w->m);
    maker_crypto(&w->frames, 0, BYTES_LITERAL("\x08"));
    maker_packet(&w->m, FROM_SERVER, MAKER_HANDSHAKE, buf_view(&w->frames));
    buf_reset(&w->frames);
    maker_stream(&w->frames, 3, 0, BYTES_LITERAL("behind it"), true);
    maker_packet(&w->m, FROM_SERVER, MAKER_TRAFFIC, buf_view(&w->frames));
    buf_reset(&w->frames);
    (void)world_send(w, FROM_SERVER);
    maker_byte(&w->frames, 1);
    (void)world_send_packet(w, FROM_CLIENT, MAKER_HANDSHAKE);
    world_run(w, NULL, 0);
    assert_talked(w);
    assert_true(world_heard(w, 3, FROM_SERVER, "behind it"));
    assert_int_equal(w->facts.unopened[0] + w->facts.unopened[1], 0);
    assert_int_equal(w->facts.packets[FROM_SERVER], 5);
    assert_int_equal(world_gaps(w), 0);
    world_free(w);
}

static void tells_how_a_connection_was_closed(void **state)
{
    static const struct {
        bool application;
        uint64_t error;
        const char *reason, *words;
    } cases[] = {
            {true, 0x100, "", "server: 0x100 H3_NO_ERROR"},
            {true, 0x10c, "gone\n", "server: 0x10c H3_REQUEST_CANCELLED: gone?"},
            {false, 0x0a, "", "server: 0xa PROTOCOL_VIOLATION"},
            {false, 0x12a, "", "server: 0x12a CRYPTO_ERROR bad_certificate"},
            {true, 0x777, "", "server: 0x777 application error"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = world_new(MAKER_V1, 0x1301);

        world_handshake(w);
        maker_close(&w->frames, cases[i].application, cases[i].error, cases[i].reason);
        (void)world_send_packet(w, FROM_SERVER, MAKER_TRAFFIC);
        world_run(w, NULL, 0);
        assert_string_equal(w->facts.close, cases[i].words);
        if (cases[i].error == 0x12a)
            assert_string_equal(w->tls.alert, "fatal bad_certificate from server");
        world_free(w);
    }
}

static void counts_datagrams_and_resets(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    maker_datagram(&w->frames, BYTES_LITERAL("voice"));
    (void)world_send_packet(w, FROM_CLIENT, MAKER_TRAFFIC);
    (void)world_say(w, FROM_SERVER, 0, 0, "half", false);
    maker_reset_stream(&w->frames, 0, 0x10c, 9);
    (void)world_send_packet(w, FROM_SERVER, MAKER_TRAFFIC);
    world_run(w, NULL, 0);
    assert_int_equal(w->facts.datagrams[FROM_CLIENT], 1);
    assert_int_equal(w->facts.datagram_bytes[FROM_CLIENT], 5);
    assert_int_equal(w->facts.resets[FROM_SERVER], 1);
    assert_int_equal(world_find(w, 0, FROM_SERVER)->gaps, 5);
    world_free(w);
}

/* RFC 9000 section 19.7 and 8.1.3: a token to show on the next connection. */
static void keeps_the_hashes_of_tokens_shown_and_issued(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    struct ticket shown, issued;

    (void)state;
    assert_int_equal(buf_text(&w->m.token, "of before"), STATUS_OK);
    world_handshake(w);
    maker_byte(&w->frames, 0x07);
    maker_varint(&w->frames, 10);
    assert_int_equal(buf_text(&w->frames, "for later!"), STATUS_OK);
    (void)world_send_packet(w, FROM_SERVER, MAKER_TRAFFIC);
    world_run(w, NULL, 0);
    assert_int_equal(w->status, STATUS_OK);
    assert_true(ticket_make(TICKET_TOKEN, BYTES_LITERAL("of before"), &shown));
    assert_true(ticket_make(TICKET_TOKEN, BYTES_LITERAL("for later!"), &issued));
    assert_int_equal(w->facts.token.kind, TICKET_TOKEN);
    assert_memory_equal(w->facts.token.sha256, shown.sha256, sizeof(shown.sha256));
    assert_int_equal(w->facts.tokens.n, 1);
    assert_memory_equal(w->facts.tokens.at[0].sha256, issued.sha256, sizeof(issued.sha256));
    world_free(w);
}

/* Initial packets can be sealed by anybody: a STREAM frame in one is no evidence. */
static void hears_no_stream_frames_in_initial_packets(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    maker_stream(&w->frames, 4, 0, BYTES_LITERAL("forged"), true);
    (void)world_send_packet(w, FROM_SERVER, MAKER_INITIAL);
    talk_and_read(w);
    assert_null(world_find(w, 4, FROM_SERVER));
    assert_non_null(world_gap(w, GAP_BAD, LAYER_PACKET));
    world_free(w);
}

static void fails_cleanly_when_memory_runs_out(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    long n = 0;

    (void)state;
    w->early_keys = true;
    world_handshake(w);
    update_both(w);
    talk(w);
    world_log(w);
    do {
        oom_fail_at(++n);
        if (world_open(w)) {
            static const size_t order[] = {2, 4, 3, 0, 1};

            for (size_t i = 0; i < 5 && w->status == STATUS_OK; i++)
                world_show(w, order[i]);
            if (w->status == STATUS_OK)
                world_close(w);
        } else {
            w->status = STATUS_OK;
        }
        if (!oom_happened())
            break;
        oom_fail_at(0);
        assert_true(w->status == STATUS_OK || w->status == STATUS_NOMEM);
        w->status = STATUS_OK;
    } while (n < 100000);
    oom_fail_at(0);
    assert_true(n > 50);
    assert_talked(w);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_a_connection_of_each_version_and_suite),
            cmocka_unit_test(says_that_no_key_was_given),
            cmocka_unit_test(turns_roles_by_who_sent_the_hello),
            cmocka_unit_test(reads_a_hello_that_is_scattered_over_datagrams),
            cmocka_unit_test(follows_a_retry),
            cmocka_unit_test(begins_anew_after_version_negotiation),
            cmocka_unit_test(forgives_a_version_that_the_server_did_not_know_either),
            cmocka_unit_test(follows_compatible_version_negotiation),
            cmocka_unit_test(follows_key_updates),
            cmocka_unit_test(opens_handshake_packets_behind_the_handshake),
            cmocka_unit_test(tells_how_a_connection_was_closed),
            cmocka_unit_test(counts_datagrams_and_resets),
            cmocka_unit_test(keeps_the_hashes_of_tokens_shown_and_issued),
            cmocka_unit_test(hears_no_stream_frames_in_initial_packets),
            cmocka_unit_test(fails_cleanly_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
