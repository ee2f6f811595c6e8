/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/tls/expect.h"
#include "tests/support/oom.h"

static size_t try_suite(uint16_t version, const struct suite *suite, bool encrypt_then_mac)
{
    struct talk t;
    EVP_CIPHER *cipher;
    size_t done = 0;

    talk_init(&t, version, suite->number);
    t.encrypt_then_mac = encrypt_then_mac;
    cipher = talk_cipher(&t);
    /* Ciphers that the test cannot make are covered by captures. */
    if (cipher != NULL || suite->cipher == CIPHER_NULL) {
        talk_open(&t);
        say_hello(&t);
        expect_hello(&in_order, &t);
        done = 1;
    }
    EVP_CIPHER_free(cipher);
    talk_clear(&t);
    return done;
}

static void every_suite_opens_in_every_version_that_has_it(void **state)
{
    static const uint16_t old[] = {VERSION_TLS10, VERSION_TLS11, VERSION_TLS12};
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < suite_table_length; i++) {
        const struct suite *s = &suite_table[i];

        if (s->cipher == CIPHER_OTHER)
            continue;
        if (s->exchange == EXCHANGE_TLS13)
            done += try_suite(VERSION_TLS13, s, false);
        else if (s->mac == HASH_NONE || s->mac == HASH_SHA256 || s->mac == HASH_SHA384)
            done += try_suite(VERSION_TLS12, s, false);
        else if (s->mac == HASH_SM3)
            done += try_suite(VERSION_TLCP, s, false);
        else
            for (size_t v = 0; v < 3; v++)
                done += try_suite(old[v], s, false);
        if (s->mac != HASH_NONE && s->mac != HASH_SM3)
            done += try_suite(VERSION_TLS12, s, true) + try_suite(VERSION_TLS10, s, true);
    }
    assert_true(done > 500);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    static const uint16_t suites[] = {0x1301, 0xc02f, 0x002f};
    static const uint16_t versions[] = {VERSION_TLS13, VERSION_TLS12, VERSION_TLS10};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct talk t;

        talk_init(&t, versions[i], suites[i]);
        talk_open(&t);
        say_hello(&t);
        for (size_t piece = 1; piece < 200; piece++) {
            struct play p = {.piece = piece};

            expect_hello(&p, &t);
        }
        talk_clear(&t);
    }
}

static void client_bytes_wait_for_the_servers_hello(void **state)
{
    struct play p = {.client_first = true};
    struct talk t;

    (void)state;
    for (int i = 0; i < 2; i++) {
        talk_init(&t, i == 0 ? VERSION_TLS13 : VERSION_TLS12, i == 0 ? 0x1302 : 0xc030);
        talk_open(&t);
        say_hello(&t);
        for (p.piece = 0; p.piece < 30; p.piece += 7)
            expect_hello(&p, &t);
        talk_clear(&t);
    }
}

static void without_keys_each_direction_is_one_gap(void **state)
{
    static const uint16_t versions[] = {VERSION_TLS13, VERSION_TLS12};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct talk t;
        struct listen l;

        talk_init(&t, versions[i], i == 0 ? 0x1301 : 0xc02f);
        talk_open(&t);
        for (int n = 0; n < 100; n++)
            say_hello(&t);
        buf_reset(&t.log);
        play(&in_order, &t, &l);
        assert_int_equal(l.gap_n, 2);
        for (size_t n = 0; n < 2; n++) {
            const struct gap *gap = ledger_find(&l.ledger, l.gaps[n].gap);

            assert_int_equal(l.gaps[n].why, GAP_NO_KEYS);
            assert_int_equal(gap->layer, LAYER_TLS);
            assert_true(gap->len == l.gaps[n].len);
            assert_true(gap->first_packet != 0 && gap->first_packet < gap->last_packet);
        }
        /* TLS 1.2 shows which records are data, and AEAD how long they are. */
        if (i == 1)
            assert_true(l.off[FROM_CLIENT] == 100 * strlen("GET / HTTP/1.1\r\n\r\n"));
        assert_int_equal(l.ledger.n, 2);
        assert_int_equal(l.decrypted, DECRYPTED_NO);
        assert_string_equal(l.reason, "no keys");
        listen_clear(&l);
        talk_clear(&t);
    }
}

/* Early data, then the handshake and more data; `accepted` by the server or not. */
static void talk_early(struct talk *t, bool accepted, bool retry)
{
    const uint8_t one = 1;

    talk_client_hello(t, bytes_of(NULL, 0), true);
    talk_record(t, FROM_CLIENT, RECORD_CHANGE_CIPHER, bytes_of(&one, 1));
    talk_secret(t, FROM_CLIENT, "CLIENT_EARLY_TRAFFIC_SECRET", 9);
    talk_say(t, FROM_CLIENT, "early");
    talk_say(t, FROM_CLIENT, " bird ");
    t->side[FROM_CLIENT].on = retry ? false : t->side[FROM_CLIENT].on;
    if (retry) {
        talk_server_hello(t, bytes_of(NULL, 0), false, true);
        talk_client_hello(t, bytes_of(NULL, 0), false);
    }
    talk_server_hello(t, bytes_of(NULL, 0), !retry, false);
    talk_record(t, FROM_SERVER, RECORD_CHANGE_CIPHER, bytes_of(&one, 1));
    talk_server_flight(t, accepted);
    if (accepted)
        talk_message(t, FROM_CLIENT, 5, bytes_of(NULL, 0));
    talk_client_flight(t);
    talk_say(t, FROM_CLIENT, "late");
    talk_say(t, FROM_SERVER, "answer");
}

static void early_data_come_first_and_are_counted(void **state)
{
    struct play orders[2] = {{.piece = 0}, {.client_first = true}};
    struct talk t;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_early(&t, true, false);
    for (int i = 0; i < 2; i++) {
        struct listen l;

        play(&orders[i], &t, &l);
        expect_text(&l, FROM_CLIENT, "early bird late");
        expect_text(&l, FROM_SERVER, "answer");
        assert_int_equal(l.gap_n, 0);
        assert_true(l.early_until == strlen("early bird "));
        assert_true(l.facts.early_data);
        assert_true(l.facts.resumed);
        listen_clear(&l);
    }
    talk_clear(&t);
}

static void refused_early_data_are_left_out_with_a_mark(void **state)
{
    struct play orders[2] = {{.piece = 0}, {.client_first = true}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        bool retry = i >= 2;
        struct talk t;
        struct listen l;

        talk_init(&t, VERSION_TLS13, 0x1301);
        talk_early(&t, false, retry);
        play(&orders[i % 2], &t, &l);
        expect_text(&l, FROM_CLIENT, "late");
        expect_text(&l, FROM_SERVER, "answer");
        assert_int_equal(l.gap_n, 0);
        assert_int_equal(l.early_until, 0);
        assert_true(l.facts.early_data);
        assert_int_equal(l.facts.hello_retry, retry);
        assert_int_equal(l.ledger.n, 1);
        assert_int_equal(l.ledger.gaps[0].len, 0);
        assert_int_equal(l.decrypted, DECRYPTED_FULL);
        listen_clear(&l);
        talk_clear(&t);
    }
}

static void early_data_without_their_key_are_a_gap_in_front(void **state)
{
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_early(&t, true, false);
    for (size_t i = 0; i < t.log.n; i++)
        if (memcmp(t.log.p + i, "EARLY", 5) == 0) {
            t.log.p[i] = 'X';
            break;
        }
    play(&in_order, &t, &l);
    expect_text(&l, FROM_CLIENT, "late");
    assert_int_equal(l.gap_n, 1);
    assert_int_equal(l.gaps[0].why, GAP_NO_KEYS);
    assert_true(l.gaps[0].off == 0 && l.gaps[0].len >= strlen("early bird "));
    assert_int_equal(l.decrypted, DECRYPTED_PARTIAL);
    listen_clear(&l);
    talk_clear(&t);
}

static void a_damaged_record_costs_itself_alone(void **state)
{
    static const uint16_t suites[] = {0x1301, 0xc02f, 0x002f, 0x0005};
    static const uint16_t versions[] = {
            VERSION_TLS13, VERSION_TLS12, VERSION_TLS11, VERSION_TLS12};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct talk t;
        struct listen l;

        talk_init(&t, versions[i], suites[i]);
        talk_open(&t);
        talk_say(&t, FROM_SERVER, "one");
        talk_say(&t, FROM_SERVER, "two");
        t.stream[FROM_SERVER].p[t.stream[FROM_SERVER].n - 1] ^= 1;
        talk_say(&t, FROM_SERVER, "three");
        play(&in_order, &t, &l);
        expect_text(&l, FROM_SERVER, "onethree");
        assert_int_equal(l.gap_n, 1);
        assert_int_equal(l.gaps[0].why, GAP_BAD_TAG);
        assert_true(l.gaps[0].off == 3 && l.gaps[0].len >= 3);
        assert_int_equal(l.decrypted, DECRYPTED_PARTIAL);
        listen_clear(&l);
        talk_clear(&t);
    }
}

static void what_cannot_be_read_says_why(void **state)
{
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS12, 0xc02f);
    talk_open(&t);
    say_hello(&t);
    /* The number of the suite in the ServerHello becomes that of a GOST suite. */
    t.stream[FROM_SERVER].p[5 + 4 + 2 + 32 + 1] = 0xc1;
    t.stream[FROM_SERVER].p[5 + 4 + 2 + 32 + 2] = 0x00;
    play(&in_order, &t, &l);
    assert_int_equal(l.gap_n, 2);
    assert_int_equal(l.gaps[0].why, GAP_UNSUPPORTED);
    assert_string_equal(l.facts.suite_name, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC");
    listen_clear(&l);
    talk_clear(&t);
}

static void a_connection_met_midstream_is_one_gap_each_way(void **state)
{
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    for (int dir = 0; dir < 2; dir++)
        buf_reset(&t.stream[dir]);
    t.mark_n = 0;
    for (int i = 0; i < 10; i++)
        say_hello(&t);
    play(&in_order, &t, &l);
    assert_int_equal(l.gap_n, 2);
    assert_int_equal(l.gaps[0].why, GAP_MIDSTREAM);
    assert_int_equal(l.gaps[1].why, GAP_MIDSTREAM);
    listen_clear(&l);
    talk_clear(&t);
}

static void bytes_that_are_no_tls_are_a_gap(void **state)
{
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    talk_say(&t, FROM_SERVER, "one");
    talk_mark(&t, FROM_SERVER);
    talk_put(&t, FROM_SERVER, bytes_text("this is no TLS at all, not even a little"));
    talk_say(&t, FROM_SERVER, "two");
    play(&in_order, &t, &l);
    expect_text(&l, FROM_SERVER, "onetwo");
    assert_int_equal(l.gap_n, 1);
    assert_int_equal(l.gaps[0].why, GAP_BAD);
    listen_clear(&l);
    talk_clear(&t);
}

static void records_of_the_largest_size_pass(void **state)
{
    uint8_t *much = malloc(1 << 14);
    struct play p = {.piece = 1448};
    struct talk t;
    struct listen l;

    (void)state;
    for (size_t i = 0; i < 1 << 14; i++)
        much[i] = (uint8_t)(i * 7 + (i >> 8));
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    for (int i = 0; i < 8; i++)
        talk_record_padded(
                &t, FROM_SERVER, RECORD_DATA, bytes_of(much, 1 << 14), i == 3 ? 200 : 0);
    play(&p, &t, &l);
    assert_int_equal(l.plain[FROM_SERVER].n, 8 << 14);
    assert_memory_equal(l.plain[FROM_SERVER].p + (5 << 14), much, 1 << 14);
    assert_int_equal(l.gap_n, 0);
    listen_clear(&l);
    talk_clear(&t);
    free(much);
}

static void alerts_and_facts_are_told(void **state)
{
    const uint8_t alert[2] = {2, 48};
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1302);
    talk_open(&t);
    talk_record(&t, FROM_CLIENT, RECORD_ALERT, bytes_of(alert, 2));
    play(&in_order, &t, &l);
    assert_true(l.facts.seen && l.facts.has_client_random);
    assert_memory_equal(l.facts.client_random, t.client_random, 32);
    assert_int_equal(l.facts.version, 0x0304);
    assert_int_equal(l.facts.suite, 0x1302);
    assert_string_equal(l.facts.suite_name, "TLS_AES_256_GCM_SHA384");
    assert_string_equal(l.facts.alert, "fatal unknown_ca from client");
    assert_non_null(l.facts.ja3);
    assert_non_null(l.facts.ja4);
    listen_clear(&l);
    talk_clear(&t);
}

static void every_truncation_ends_with_sums_that_add_up(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_early(&t, true, false);
    say_hello(&t);
    for (int dir = 0; dir < 2; dir++) {
        size_t whole = t.stream[dir].n;

        for (size_t n = 0; n < whole; n++) {
            struct play p = {.piece = 300};
            struct talk cut = t;
            struct listen l;

            cut.stream[dir].n = n;
            for (size_t i = 0; i < cut.mark_n; i++)
                if (cut.marks[i].dir == (enum direction)dir && cut.marks[i].off > n)
                    cut.marks[i].off = n;
            play(&p, &cut, &l);
            assert_int_equal(l.status, STATUS_OK);
            listen_clear(&l);
        }
    }
    talk_clear(&t);
}

static void any_failed_allocation_is_told(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_early(&t, true, false);
    talk_update(&t, FROM_SERVER);
    say_hello(&t);
    for (long n = 1;; n++) {
        struct play p = {.piece = 50, .client_first = true};
        struct listen l;

        oom_fail_at(n);
        if (listen_init(&l, buf_view(&t.log), NULL))
            play_on(&p, &t, &l);
        else
            l.status = STATUS_NOMEM;
        bool failed = oom_happened();
        oom_fail_at(0);
        if (!failed) {
            expect_text(&l, FROM_CLIENT, "early bird lateGET / HTTP/1.1\r\n\r\n");
            listen_clear(&l);
            break;
        }
        listen_clear(&l);
    }
    talk_clear(&t);
}

static void tls_is_told_by_its_first_bytes(void **state)
{
    (void)state;
    assert_int_equal(tls_look(BYTES_LITERAL("")), TLS_LOOK_MORE);
    assert_int_equal(tls_look(BYTES_LITERAL("\x16\x03")), TLS_LOOK_MORE);
    assert_int_equal(tls_look(BYTES_LITERAL("\x16\x03\x01\x02\x00\x01")), TLS_LOOK_YES);
    assert_int_equal(tls_look(BYTES_LITERAL("\x17\x03\x03\x40\x11")), TLS_LOOK_YES);
    assert_int_equal(tls_look(BYTES_LITERAL("\x17\x03\x03\x50\x11")), TLS_LOOK_NOT);
    assert_int_equal(tls_look(BYTES_LITERAL("\x80\x2e\x01\x03\x01")), TLS_LOOK_YES);
    assert_int_equal(tls_look(BYTES_LITERAL("\x80\x2e\x02")), TLS_LOOK_NOT);
    assert_int_equal(tls_look(BYTES_LITERAL("GET / HTTP/1.1")), TLS_LOOK_NOT);
    assert_int_equal(tls_look(BYTES_LITERAL("\x16\x02")), TLS_LOOK_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_suite_opens_in_every_version_that_has_it),
            cmocka_unit_test(pieces_of_any_size_give_the_same),
            cmocka_unit_test(client_bytes_wait_for_the_servers_hello),
            cmocka_unit_test(without_keys_each_direction_is_one_gap),
            cmocka_unit_test(early_data_come_first_and_are_counted),
            cmocka_unit_test(refused_early_data_are_left_out_with_a_mark),
            cmocka_unit_test(early_data_without_their_key_are_a_gap_in_front),
            cmocka_unit_test(a_damaged_record_costs_itself_alone),
            cmocka_unit_test(what_cannot_be_read_says_why),
            cmocka_unit_test(a_connection_met_midstream_is_one_gap_each_way),
            cmocka_unit_test(bytes_that_are_no_tls_are_a_gap),
            cmocka_unit_test(records_of_the_largest_size_pass),
            cmocka_unit_test(alerts_and_facts_are_told),
            cmocka_unit_test(every_truncation_ends_with_sums_that_add_up),
            cmocka_unit_test(any_failed_allocation_is_told),
            cmocka_unit_test(tls_is_told_by_its_first_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
