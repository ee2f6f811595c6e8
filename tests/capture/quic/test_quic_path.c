/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/quic/quic_world.h"

static void set_id(struct world *w, enum direction side, const char *id)
{
    w->m.id_n[side] = strlen(id);
    memcpy(w->m.id[side], id, strlen(id));
}

static bool was_told(struct world *w, enum direction to, const char *id)
{
    enum direction side;
    struct bytes told;
    bool found = false;

    while (quic_next_id(w->quic, &side, &told))
        found |= side == to && bytes_is(told, id);
    return found;
}

/* Wireshark issue 19977: both sides go on under IDs that only decrypted frames announce. */
static void follows_connection_ids_that_change(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    (void)world_say(w, FROM_CLIENT, 0, 0, "under the first ", false);
    maker_new_id(&w->frames, 1, BYTES_LITERAL("a longer server id"), (const uint8_t[16]){1});
    (void)world_send_packet(w, FROM_SERVER, MAKER_TRAFFIC);
    maker_new_id(&w->frames, 1, BYTES_LITERAL("short"), (const uint8_t[16]){2});
    (void)world_send_packet(w, FROM_CLIENT, MAKER_TRAFFIC);
    set_id(w, FROM_SERVER, "a longer server id");
    set_id(w, FROM_CLIENT, "short");
    maker_update(&w->m, FROM_CLIENT);
    (void)world_say(w, FROM_CLIENT, 0, 16, "and the second", true);
    (void)world_say(w, FROM_SERVER, 0, 0, "likewise", true);
    world_run(w, NULL, 0);
    assert_true(world_heard(w, 0, FROM_CLIENT, "under the first and the second"));
    assert_true(world_heard(w, 0, FROM_SERVER, "likewise"));
    assert_int_equal(world_gaps(w), 0);
    assert_true(was_told(w, FROM_SERVER, "a longer server id"));
    world_free(w);
}

static void tells_every_id_once(void **state)
{
    static const struct maker_hello preferred = {
            .preferred_id = {(const uint8_t *)"pref-id.", 8}};
    struct world *w = world_new(MAKER_V1, 0x1301);
    enum direction to;
    struct bytes id;

    (void)state;
    (void)world_client_initial(w, &(struct maker_hello){0});
    (void)world_server_flight(w, &preferred);
    world_run(w, NULL, 0);
    assert_true(was_told(w, FROM_SERVER, "pref-id."));
    assert_false(quic_next_id(w->quic, &to, &id));
    world_run(w, NULL, 0);
    assert_true(quic_next_id(w->quic, &to, &id));
    assert_int_equal(to, FROM_CLIENT);
    assert_true(bytes_equal(id, bytes_of(w->m.id[FROM_CLIENT], MAKER_ID)));
    assert_true(quic_next_id(w->quic, &to, &id));
    assert_int_equal(to, FROM_SERVER);
    assert_true(bytes_equal(id, bytes_of(w->m.first_id, MAKER_ID)));
    assert_true(quic_next_id(w->quic, &to, &id));
    assert_true(bytes_equal(id, bytes_of(w->m.id[FROM_SERVER], MAKER_ID)));
    world_free(w);
}

static void claims_what_it_opens_and_changes_nothing(void **state)
{
    static const size_t lengths[] = {0, 8};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct world *w = world_new(MAKER_V1, 0x1301), *other = world_new(MAKER_V1, 0x1301);
        size_t from_client, from_server, updated;
        struct quic_datagram d;
        enum direction dir;

        w->m.id_n[FROM_CLIENT] = lengths[i / 2];
        w->turned = i % 2 == 1;
        world_handshake(w);
        (void)world_say(w, FROM_CLIENT, 0, 0, "on the old path ", false);
        from_client = world_say(w, FROM_CLIENT, 0, 16, "on the new one", false);
        from_server = world_say(w, FROM_SERVER, 0, 0, "heard", true);
        maker_update(&w->m, FROM_CLIENT);
        updated = world_say(w, FROM_CLIENT, 0, 30, ".", true);
        world_log(w);
        assert_true(world_open(w));
        for (size_t at = 0; at < from_client; at++)
            world_show(w, at);
        for (int round = 0; round < 2; round++) {
            d = world_datagram(w, from_client);
            d.dir = FROM_SERVER; /* who sent it is not known */
            assert_true(quic_claims(w->quic, &d, &dir));
            assert_int_equal(dir, world_datagram(w, from_client).dir);
            d = world_datagram(w, from_server);
            assert_true(quic_claims(w->quic, &d, &dir));
            assert_int_equal(dir, world_datagram(w, from_server).dir);
            d = world_datagram(w, updated);
            assert_true(quic_claims(w->quic, &d, &dir));
        }
        for (size_t k = 0; k < 32; k++)
            other->m.secret[FROM_CLIENT][MAKER_TRAFFIC][k] ^= 0x55;
        world_handshake(other);
        (void)world_say(other, FROM_CLIENT, 0, 0, "of another connection", true);
        d = world_datagram(other, 3);
        assert_false(quic_claims(w->quic, &d, &dir));
        d.data.n = 0;
        assert_false(quic_claims(w->quic, &d, &dir));
        for (size_t at = from_client; at < w->n; at++)
            world_show(w, at);
        world_close(w);
        assert_true(world_heard(w, 0, FROM_CLIENT, "on the old path on the new one."));
        assert_true(world_heard(w, 0, FROM_SERVER, "heard"));
        assert_int_equal(w->facts.key_updates[FROM_CLIENT], 1);
        assert_int_equal(world_gaps(w), 0);
        world_free(w);
        world_free(other);
    }
}

static void knows_the_first_packet_of_another_connection(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301), *other = world_new(MAKER_V1, 0x1301);
    const struct maker_hello plain = {0};
    struct quic_datagram d;

    (void)state;
    other->m.initial_id[0] ^= 1;
    other->m.client_random[3] ^= 1;
    other->m.id_n[FROM_CLIENT] = 0;
    (void)world_client_initial(other, &plain);
    w->m.id_n[FROM_CLIENT] = 0;
    world_handshake(w);
    (void)world_client_initial(w, &plain); /* its own hello, sent again */
    world_log(w);
    assert_true(world_open(w));
    d = world_datagram(other, 0);
    assert_false(quic_is_foreign(w->quic, &d)); /* nothing was seen: it may be ours */
    world_show(w, 0);
    assert_true(quic_is_foreign(w->quic, &d));
    d = world_datagram(w, 0);
    assert_false(quic_is_foreign(w->quic, &d));
    world_show(w, 1);
    d = world_datagram(w, 3);
    assert_false(quic_is_foreign(w->quic, &d));
    d = world_datagram(other, 0);
    assert_true(quic_is_foreign(w->quic, &d));
    other->sent[0].p[other->sent[0].n - 1] ^= 1;
    assert_false(quic_is_foreign(w->quic, &d)); /* it does not open */
    world_free(w);
    world_free(other);
}

/* The client's Initial behind a Retry has a new ID and the same hello. */
static void does_not_take_a_retry_for_another_connection(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct maker_hello plain = {0};
    struct quic_datagram d;

    (void)state;
    (void)world_client_initial(w, &plain);
    maker_begin(&w->m);
    maker_retry(&w->m, BYTES_LITERAL("retry-id"));
    (void)world_send(w, FROM_SERVER);
    (void)world_client_initial(w, &plain);
    world_log(w);
    assert_true(world_open(w));
    world_show(w, 0);
    d = world_datagram(w, 2);
    assert_false(quic_is_foreign(w->quic, &d)); /* by its hello */
    world_show(w, 1);
    assert_false(quic_is_foreign(w->quic, &d)); /* by its ID */
    world_free(w);
}

static void early(struct world *w, uint64_t stream, uint64_t off, const char *text, bool fin)
{
    maker_stream(&w->frames, stream, off, bytes_text(text), fin);
    (void)world_send_packet(w, FROM_CLIENT, MAKER_EARLY);
}

/* 0: Initial. 1 and 2: 0-RTT. 3: server. 4: client. 5 and 6: 1-RTT. */
static void early_conversation(struct world *w, bool accepted)
{
    const struct maker_hello offer = {.early = true, .psk = true};
    const struct maker_hello answer = {.early = accepted, .psk = true};

    w->early_keys = true;
    (void)world_client_initial(w, &offer);
    early(w, 0, 0, "early ", false);
    early(w, 0, 6, "bird ", false);
    (void)world_server_flight(w, &answer);
    (void)world_client_finished(w);
    if (accepted)
        (void)world_say(w, FROM_CLIENT, 0, 11, "worm", true);
    else
        (void)world_say(w, FROM_CLIENT, 0, 0, "late bird worm", true);
    (void)world_say(w, FROM_SERVER, 0, 0, "eaten", true);
}

static void reads_early_data_that_were_accepted(void **state)
{
    static const size_t orders[][7] = {
            {0, 1, 2, 3, 4, 5, 6}, {2, 1, 0, 3, 4, 5, 6}, {0, 3, 4, 5, 6, 2, 1}};
    struct world *w = world_new(MAKER_V1, 0x1302);

    (void)state;
    early_conversation(w, true);
    for (size_t i = 0; i < 3; i++) {
        world_run(w, orders[i], 7);
        assert_true(world_heard(w, 0, FROM_CLIENT, "early bird worm"));
        assert_true(world_heard(w, 0, FROM_SERVER, "eaten"));
        assert_int_equal(quic_early_until(w->quic, 0), 11);
        assert_int_equal(quic_early_until(w->quic, 4), 0);
        assert_true(w->tls.early_data);
        assert_true(w->tls.resumed);
        assert_int_equal(world_gaps(w), 0);
    }
    world_free(w);
}

static void leaves_out_early_data_that_were_refused(void **state)
{
    static const size_t orders[][7] = {{0, 1, 2, 3, 4, 5, 6}, {1, 2, 0, 3, 4, 5, 6}};
    struct world *w = world_new(MAKER_V2, 0x1301);

    (void)state;
    early_conversation(w, false);
    for (size_t i = 0; i < 2; i++) {
        world_run(w, orders[i], 7);
        assert_true(world_heard(w, 0, FROM_CLIENT, "late bird worm"));
        assert_int_equal(quic_early_until(w->quic, 0), 0);
        assert_int_equal(world_gaps(w), 1);
        assert_int_equal(w->ledger.gaps[0].why, GAP_UNSUPPORTED);
        assert_int_equal(w->ledger.gaps[0].len, 0);
        assert_int_equal(w->ledger.gaps[0].first_packet, 2);
        assert_int_equal(w->ledger.gaps[0].last_packet, 3);
        assert_int_equal(w->decrypted, DECRYPTED_FULL);
    }
    world_free(w);
}

static void shows_early_data_whose_answer_was_not_captured(void **state)
{
    static const size_t order[] = {0, 1, 2};
    struct world *w = world_new(MAKER_V1, 0x1303);

    (void)state;
    early_conversation(w, true);
    world_run(w, order, 3);
    assert_int_equal(world_find(w, 0, FROM_CLIENT)->bytes.n, 11);
    assert_int_equal(quic_early_until(w->quic, 0), 11);
    assert_int_equal(world_losses(w), 1);
    assert_int_equal(world_gap(w, GAP_LOST, LAYER_PACKET)->len, 0);
    assert_non_null(
            strstr(world_gap(w, GAP_LOST, LAYER_PACKET)->detail, "answer was not seen"));
    world_free(w);
}

static void reads_early_data_under_a_new_id_behind_a_retry(void **state)
{
    const struct maker_hello offer = {.early = true, .psk = true};
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    w->early_keys = true;
    (void)world_client_initial(w, &offer);
    early(w, 0, 0, "lost to the retry", true);
    maker_begin(&w->m);
    maker_retry(&w->m, BYTES_LITERAL("id of the retry"));
    (void)world_send(w, FROM_SERVER);
    early(w, 0, 0, "before the hello", true);
    (void)world_client_initial(w, &offer);
    (void)world_server_flight(w, &offer);
    (void)world_client_finished(w);
    w->sent[1].n = w->sent[1].wire = 0; /* what went to the first ID was not heard */
    world_run(w, NULL, 0);
    assert_true(world_heard(w, 0, FROM_CLIENT, "before the hello"));
    assert_true(w->facts.retry);
    assert_int_equal(world_losses(w), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(follows_connection_ids_that_change),
            cmocka_unit_test(tells_every_id_once),
            cmocka_unit_test(claims_what_it_opens_and_changes_nothing),
            cmocka_unit_test(knows_the_first_packet_of_another_connection),
            cmocka_unit_test(does_not_take_a_retry_for_another_connection),
            cmocka_unit_test(reads_early_data_that_were_accepted),
            cmocka_unit_test(leaves_out_early_data_that_were_refused),
            cmocka_unit_test(shows_early_data_whose_answer_was_not_captured),
            cmocka_unit_test(reads_early_data_under_a_new_id_behind_a_retry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
