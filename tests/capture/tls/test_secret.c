/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/tls/expect.h"

static void the_right_one_of_several_secrets_is_found(void **state)
{
    struct talk t;
    struct listen l;
    uint8_t wrong[48] = {1};

    (void)state;
    for (int i = 0; i < 2; i++) {
        talk_init(&t, i == 0 ? VERSION_TLS13 : VERSION_TLS12, i == 0 ? 0x1301 : 0xc013);
        for (uint8_t n = 0; n < 5; n++) {
            wrong[7] = n;
            talk_log(&t, "CLIENT_RANDOM", wrong, 48);
            talk_log(&t, "SERVER_HANDSHAKE_TRAFFIC_SECRET", wrong, 32);
            talk_log(&t, "CLIENT_TRAFFIC_SECRET_0", wrong, 32);
            talk_log(&t, "CLIENT_TRAFFIC_SECRET_0", wrong, 48);
        }
        talk_open(&t);
        say_hello(&t);
        expect_hello(&in_order, &t);
        talk_clear(&t);
    }
    /* Only wrong ones: one gap each way, which says so. */
    talk_init(&t, VERSION_TLS12, 0xc013);
    talk_open(&t);
    say_hello(&t);
    buf_reset(&t.log);
    talk_log(&t, "CLIENT_RANDOM", wrong, 48);
    play(&in_order, &t, &l);
    assert_int_equal(l.gap_n, 2);
    assert_int_equal(l.gaps[0].why, GAP_BAD_TAG);
    assert_int_equal(l.gaps[1].why, GAP_BAD_TAG);
    assert_int_equal(l.decrypted, DECRYPTED_NO);
    listen_clear(&l);
    talk_clear(&t);
}

static void handshake_secrets_are_not_needed_for_the_data(void **state)
{
    struct talk t;
    struct buf log;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1303);
    talk_open(&t);
    say_hello(&t);
    buf_init(&log, 1 << 16);
    for (struct bytes rest = buf_view(&t.log), line; bytes_take_line(&rest, &line);)
        if (!bytes_has(bytes_slice(line, 7, 8), 'H'))
            assert_int_equal(
                    buf_print(&log, "%.*s\n", (int)line.n, (const char *)line.p), STATUS_OK);
    buf_clear(&t.log);
    t.log = log;
    expect_hello(&in_order, &t);
    talk_clear(&t);
}

static void the_random_that_ech_hides_is_found(void **state)
{
    struct talk t;
    uint8_t outer[32], wrong[32] = {3};

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    t.ech = true;
    memcpy(outer, t.client_random, 32);
    memset(t.client_random, 0x5a, 32);
    for (uint8_t n = 0; n < 20; n++) {
        wrong[1] = n;
        talk_log(&t, "SERVER_HANDSHAKE_TRAFFIC_SECRET", wrong, 32);
    }
    /* The wire shows the outer one, the log has the inner one. */
    memcpy(t.client_random, outer, 32);
    talk_client_hello(&t, bytes_of(NULL, 0), false);
    talk_server_hello(&t, bytes_of(NULL, 0), false, false);
    memset(t.client_random, 0x77, 32);
    talk_server_flight(&t, false);
    talk_client_flight(&t);
    say_hello(&t);
    expect_hello(&in_order, &t);
    talk_clear(&t);
}

static void key_updates_are_followed_in_each_direction(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1302);
    talk_open(&t);
    talk_say(&t, FROM_CLIENT, "a");
    talk_update(&t, FROM_CLIENT);
    talk_say(&t, FROM_CLIENT, "b");
    talk_say(&t, FROM_SERVER, "x");
    talk_update(&t, FROM_CLIENT);
    talk_update(&t, FROM_SERVER);
    talk_say(&t, FROM_CLIENT, "c");
    talk_say(&t, FROM_SERVER, "y");
    expect_all(&in_order, &t, "abc", "xy");
    talk_clear(&t);
}

static void a_renegotiation_brings_new_keys(void **state)
{
    struct talk t;

    (void)state;
    talk_init(&t, VERSION_TLS12, 0xc027);
    talk_open(&t);
    talk_say(&t, FROM_CLIENT, "one ");
    talk_say(&t, FROM_SERVER, "uno ");
    t.client_random[0] ^= 0xff;
    t.server_random[3] ^= 0xff;
    t.master[5] ^= 0xff;
    talk_open(&t);
    talk_say(&t, FROM_CLIENT, "two");
    talk_say(&t, FROM_SERVER, "due");
    expect_all(&in_order, &t, "one two", "uno due");
    talk_clear(&t);
}

static void a_session_is_resumed_with_the_secret_of_the_first(void **state)
{
    struct sessions *sessions = sessions_new();
    const uint8_t id[32] = {7, 8, 9};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct talk t;
        struct listen l;

        talk_init(&t, VERSION_TLS12, 0xc02f);
        t.client_random[1] = (uint8_t)i;
        talk_client_hello(&t, bytes_of(id, i == 0 ? 0 : 32), false);
        talk_server_hello(&t, bytes_of(id, 32), false, false);
        if (i == 0)
            talk_log(&t, "CLIENT_RANDOM", t.master, 48);
        talk_change_cipher(&t, FROM_SERVER);
        talk_change_cipher(&t, FROM_CLIENT);
        say_hello(&t);
        assert_true(listen_init(&l, buf_view(&t.log), sessions));
        play_on(&in_order, &t, &l);
        expect_text(&l, FROM_CLIENT, "GET / HTTP/1.1\r\n\r\n");
        assert_int_equal(l.facts.resumed, i == 1);
        listen_clear(&l);
        talk_clear(&t);
    }
    sessions_free(sessions);
}

/* Only the pre-master secret is known, by the front of its encrypted form or by random. */
static void a_pre_master_secret_is_enough(void **state)
{
    static const uint16_t versions[] = {VERSION_TLS12, VERSION_TLS10};

    (void)state;
    for (int i = 0; i < 8; i++) {
        uint8_t premaster[48] = {3, 3, 9}, exchange[66] = {0, 64, 1, 2, 3, 4, 5, 6, 7, 8};
        char hex[97];
        struct talk t;

        talk_init(&t, versions[i & 1], 0x002f);
        t.extended_master = (i & 2) != 0;
        talk_client_hello(&t, bytes_of(NULL, 0), false);
        talk_server_hello(&t, bytes_of(NULL, 0), false, false);
        talk_message(&t, FROM_SERVER, 14, bytes_of(NULL, 0));
        talk_message(&t, FROM_CLIENT, 16, bytes_of(exchange, sizeof(exchange)));
        assert_true(
                t.extended_master
                        ? schedule_master_extended(t.version, HASH_SHA256,
                                  bytes_of(premaster, 48), buf_view(&t.transcript), t.master)
                        : schedule_master(t.version, HASH_SHA256, bytes_of(premaster, 48),
                                  t.client_random, t.server_random, t.master));
        digest_hex(bytes_of(premaster, 48), hex);
        if ((i & 4) != 0)
            talk_log(&t, "PMS_CLIENT_RANDOM", premaster, 48);
        else
            assert_int_equal(buf_print(&t.log, "RSA 0102030405060708 %s\n", hex), STATUS_OK);
        talk_change_cipher(&t, FROM_CLIENT);
        talk_change_cipher(&t, FROM_SERVER);
        say_hello(&t);
        expect_hello(&in_order, &t);
        talk_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_right_one_of_several_secrets_is_found),
            cmocka_unit_test(handshake_secrets_are_not_needed_for_the_data),
            cmocka_unit_test(the_random_that_ech_hides_is_found),
            cmocka_unit_test(key_updates_are_followed_in_each_direction),
            cmocka_unit_test(a_renegotiation_brings_new_keys),
            cmocka_unit_test(a_session_is_resumed_with_the_secret_of_the_first),
            cmocka_unit_test(a_pre_master_secret_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
