/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/quic/quic_world.h"

static void conversation(struct world *w)
{
    world_handshake(w);
    (void)world_say(w, FROM_CLIENT, 0, 0, "one ", false);
    (void)world_say(w, FROM_CLIENT, 0, 4, "two ", false);
    (void)world_say(w, FROM_SERVER, 0, 0, "ein ", false);
    (void)world_say(w, FROM_CLIENT, 0, 8, "three", true);
    (void)world_say(w, FROM_SERVER, 0, 4, "zwei", true);
}

/* An ACK of the numbers up to `largest`: RFC 9000 section 19.3. */
static size_t acknowledge(struct world *w, enum direction dir, uint8_t largest)
{
    const uint8_t frame[] = {0x02, largest, 0, 0, largest};

    maker_begin(&w->m);
    maker_packet(&w->m, dir, MAKER_TRAFFIC, bytes_of(frame, sizeof(frame)));
    return world_send(w, dir);
}

static void says_what_was_acknowledged_and_not_captured(void **state)
{
    static const size_t order[] = {0, 1, 2, 4, 6, 7, 8};
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct gap *gap;

    (void)state;
    conversation(w);
    assert_int_equal(acknowledge(w, FROM_SERVER, 2), 8);
    world_run(w, order, sizeof(order) / sizeof(order[0]));
    gap = world_gap(w, GAP_LOST, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->dir, FROM_CLIENT);
    assert_non_null(strstr(gap->detail, "acknowledged"));
    assert_int_equal(w->facts.missing[FROM_CLIENT], 1);
    assert_int_equal(w->facts.missing[FROM_SERVER], 0); /* of packet 5 nobody had heard */
    assert_null(world_gap(w, GAP_MIDSTREAM, LAYER_PACKET));
    assert_non_null(world_gap(w, GAP_CUT, LAYER_PACKET)); /* nobody closed it */
    world_free(w);
}

/* Only the numbers tell that something was said between the handshake and the end. */
static void says_that_all_behind_the_handshake_is_missing(void **state)
{
    static const uint8_t close[] = {0x1c, 0, 0, 0}; /* RFC 9000 section 19.19 */
    static const size_t order[] = {0, 1, 2, 8};
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct gap *gap;

    (void)state;
    conversation(w);
    maker_begin(&w->m);
    maker_packet(&w->m, FROM_CLIENT, MAKER_TRAFFIC, bytes_of(close, sizeof(close)));
    assert_int_equal(world_send(w, FROM_CLIENT), 8);
    world_run(w, order, sizeof(order) / sizeof(order[0]));
    gap = world_gap(w, GAP_LOST, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->dir, FROM_CLIENT);
    assert_non_null(strstr(gap->detail, "neither captured nor acknowledged"));
    world_free(w);
}

static void skips_what_was_captured_twice(void **state)
{
    static const size_t order[] = {0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 3};
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    conversation(w);
    world_run(w, order, sizeof(order) / sizeof(order[0]));
    assert_true(world_heard(w, 0, FROM_CLIENT, "one two three"));
    assert_true(world_heard(w, 0, FROM_SERVER, "ein zwei"));
    assert_int_equal(w->facts.repeated, 7); /* the server's first datagram holds two packets */
    assert_int_equal(w->facts.packets[FROM_CLIENT] + w->facts.packets[FROM_SERVER], 9);
    assert_int_equal(world_gaps(w), 0);
    world_free(w);
}

static void puts_every_order_right(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1303);
    uint32_t seed = 1;

    (void)state;
    conversation(w);
    for (int round = 0; round < 300; round++) {
        size_t order[8] = {0, 1, 2, 3, 4, 5, 6, 7};

        for (size_t i = 7; i > 0; i--) {
            size_t k, swap;

            seed = seed * 1664525 + 1013904223;
            k = (seed >> 8) % (i + 1);
            swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        world_run(w, order, 8);
        assert_int_equal(w->status, STATUS_OK);
        assert_true(world_heard(w, 0, FROM_CLIENT, "one two three"));
        assert_true(world_heard(w, 0, FROM_SERVER, "ein zwei"));
        assert_int_equal(world_gaps(w), 0);
        assert_int_equal(w->decrypted, DECRYPTED_FULL);
    }
    world_free(w);
}

/* Whatever is lost, what is heard is what was said, and what is missing is a gap. */
static void never_makes_up_what_was_lost(void **state)
{
    static const char *const said[2] = {"one two three", "ein zwei"};
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    conversation(w);
    for (unsigned kept = 0; kept < 256; kept++) {
        size_t order[8], n = 0;

        for (size_t i = 0; i < 8; i++)
            if ((kept >> i & 1) != 0)
                order[n++] = i;
        world_run(w, order, n);
        assert_int_equal(w->status, STATUS_OK);
        for (int dir = 0; dir < 2; dir++) {
            const struct world_carried *c = world_find(w, 0, (enum direction)dir);
            const char *at = said[dir];

            if (c == NULL)
                continue;
            assert_true(c->ended);
            assert_true(c->bytes.n + c->gaps <= strlen(said[dir]));
            for (size_t i = 0; i < c->bytes.n; i++) {
                at = strchr(at, (char)c->bytes.p[i]);
                assert_non_null(at);
                at++;
            }
        }
        /* With a key log, all that was captured opens: the suite may have to be guessed, or
         * the whole log tried. */
        if (n != 0 && (kept & 0xf8) != 0 && w->facts.unopened[0] + w->facts.unopened[1] != 0)
            assert_true(world_losses(w) != 0);
        if ((kept & 3) == 3)
            assert_int_equal(w->facts.unopened[0] + w->facts.unopened[1], 0);
    }
    world_free(w);
}

static void guesses_the_suite_without_a_server_hello(void **state)
{
    static const size_t order[] = {0, 2, 3, 4, 5, 6, 7};
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world *w = world_new(MAKER_V1, suites[i]);

        conversation(w);
        world_run(w, order, 7);
        assert_true(world_heard(w, 0, FROM_CLIENT, "one two three"));
        assert_true(world_heard(w, 0, FROM_SERVER, "ein zwei"));
        assert_int_equal(w->tls.suite, suites[i]);
        assert_int_equal(w->tls.version, 0x0304);
        assert_int_equal(world_losses(w), 0);
        world_free(w);
    }
}

static void opens_a_connection_that_began_before_the_capture(void **state)
{
    static const size_t lengths[] = {0, 1, 8, 20};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct world *w = world_new(i % 2 == 0 ? MAKER_V1 : MAKER_V2, 0x1301);
        size_t order[64], n = 0;

        w->m.id_n[FROM_CLIENT] = lengths[i / 2];
        w->m.id_n[FROM_SERVER] = 20 - lengths[i / 2];
        world_handshake(w);
        w->m.number[FROM_CLIENT][MAKER_TRAFFIC] = 70000;
        w->m.number[FROM_SERVER][MAKER_TRAFFIC] = 3;
        for (uint64_t k = 0; k < 20; k++) {
            order[n++] = world_say(w, FROM_CLIENT, 0, 2 * k, "ab", k == 19);
            order[n++] = world_say(w, FROM_SERVER, 0, 2 * k, "xy", k == 19);
        }
        world_run(w, order, n);
        assert_true(world_heard(w, 0, FROM_CLIENT, "abababababababababababababababababababab"));
        assert_true(world_heard(w, 0, FROM_SERVER, "xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy"));
        assert_int_equal(world_gaps(w), 0);
        assert_int_equal(w->decrypted, DECRYPTED_FULL);
        /* Too few packets to begin guessing before the end. */
        world_run(w, order, 6);
        assert_int_equal(world_losses(w), 0);
        assert_int_equal(w->facts.packets[0] + w->facts.packets[1], 6);
        world_free(w);
    }
}

/* The key log of a browser that had many other connections. */
static void crowd(struct world *w, size_t count, bool late)
{
    struct maker m = w->m;

    for (size_t i = 0; i < count; i++) {
        memset(m.client_random, (int)i, 16);
        for (int dir = 0; dir < 2; dir++) {
            m.header_secret[dir][i % 32] ^= (uint8_t)(i + 1);
            m.secret[dir][MAKER_HANDSHAKE][i % 32] ^= (uint8_t)(i + 1);
        }
        maker_log(&m, false, &w->log);
    }
    if (late)
        maker_log(&w->m, false, &w->log);
}

static void finds_its_secrets_among_many(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    size_t order[64], n = 0;

    (void)state;
    world_handshake(w);
    w->m.number[FROM_SERVER][MAKER_TRAFFIC] = 900;
    for (uint64_t k = 0; k < 20; k++) {
        order[n++] = world_say(w, FROM_CLIENT, 0, k, "a", k == 19);
        order[n++] = world_say(w, FROM_SERVER, 0, k, "x", k == 19);
    }
    crowd(w, 80, true);
    assert_true(world_open(w));
    for (size_t i = 0; i < n; i++)
        world_show(w, order[i]);
    world_close(w);
    assert_true(world_heard(w, 0, FROM_CLIENT, "aaaaaaaaaaaaaaaaaaaa"));
    assert_true(world_heard(w, 0, FROM_SERVER, "xxxxxxxxxxxxxxxxxxxx"));
    assert_int_equal(world_gaps(w), 0);
    world_free(w);
}

/* RFC 9849: the log names the secrets by the random of a hello that nobody sees. */
static void finds_the_secrets_of_a_hidden_hello(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1302);

    (void)state;
    (void)world_client_initial(w, &(struct maker_hello){.ech = true});
    (void)world_server_flight(w, &(struct maker_hello){0});
    (void)world_client_finished(w);
    (void)world_say(w, FROM_CLIENT, 0, 0, "hidden", true);
    (void)world_say(w, FROM_SERVER, 0, 0, "answer", true);
    w->m.client_random[0] ^= 0xff;
    crowd(w, 30, true);
    assert_true(world_open(w));
    for (size_t i = 0; i < w->n; i++)
        world_show(w, i);
    world_close(w);
    assert_true(world_heard(w, 0, FROM_CLIENT, "hidden"));
    assert_true(world_heard(w, 0, FROM_SERVER, "answer"));
    assert_int_equal(world_gaps(w), 0);
    assert_true(w->tls.ech);
    buf_reset(&w->log);
    crowd(w, 30, false);
    assert_true(world_open(w));
    for (size_t i = 0; i < w->n; i++)
        world_show(w, i);
    world_close(w);
    assert_non_null(world_gap(w, GAP_NO_KEYS, LAYER_PACKET));
    assert_non_null(strstr(world_gap(w, GAP_NO_KEYS, LAYER_PACKET)->detail, "ECH"));
    world_free(w);
}

static void says_that_the_handshake_was_not_captured(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    size_t order[60], n = 0;
    const struct gap *gap;

    (void)state;
    world_handshake(w);
    for (uint64_t k = 0; k < 60; k++)
        order[n++] = world_say(w, FROM_CLIENT, 0, k, "x", false);
    w->no_keys = true;
    world_run(w, order, n);
    gap = world_gap(w, GAP_MIDSTREAM, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->first_packet, 4);
    assert_int_equal(gap->last_packet, 63);
    assert_int_equal(gap->len, 60 * w->sent[3].n);
    assert_int_equal(w->decrypted, DECRYPTED_NO);
    assert_string_equal(w->reason, "the handshake was not captured");
    world_free(w);
}

static void finds_the_number_behind_a_large_hole(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);

    (void)state;
    world_handshake(w);
    w->m.number_length = 1;
    (void)world_say(w, FROM_CLIENT, 0, 0, "before ", false);
    w->m.number[FROM_CLIENT][MAKER_TRAFFIC] = 5000;
    (void)world_say(w, FROM_CLIENT, 0, 7, "behind", true);
    world_run(w, NULL, 0);
    assert_true(world_heard(w, 0, FROM_CLIENT, "before behind"));
    assert_int_equal(world_losses(w), 0);
    assert_non_null(world_gap(w, GAP_LOST, LAYER_PACKET)); /* the hole itself is named */
    world_free(w);
}

static void names_packets_that_no_key_opens(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct gap *gap;

    (void)state;
    conversation(w);
    w->sent[4].p[w->sent[4].n - 1] ^= 1;
    world_run(w, NULL, 0);
    gap = world_gap(w, GAP_BAD_TAG, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->dir, FROM_CLIENT);
    assert_int_equal(gap->first_packet, 5);
    assert_int_equal(gap->len, w->sent[4].n);
    assert_int_equal(world_find(w, 0, FROM_CLIENT)->gaps, 4);
    assert_non_null(world_gap(w, GAP_BAD_TAG, LAYER_QUIC)); /* the stream's hole, likewise */
    assert_int_equal(w->decrypted, DECRYPTED_PARTIAL);
    assert_string_equal(w->reason, "no key fits");
    world_free(w);
}

static void names_what_the_snap_length_took(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    const struct gap *gap;
    size_t at;

    (void)state;
    conversation(w);
    w->sent[4].n -= 5;
    maker_begin(&w->m);
    maker_byte(&w->frames, 1);
    maker_packet(&w->m, FROM_SERVER, MAKER_HANDSHAKE, buf_view(&w->frames));
    at = w->m.datagram.n;
    buf_reset(&w->frames);
    maker_stream(&w->frames, 3, 0, BYTES_LITERAL("never seen"), true);
    maker_packet(&w->m, FROM_SERVER, MAKER_TRAFFIC, buf_view(&w->frames));
    buf_reset(&w->frames);
    w->sent[world_send(w, FROM_SERVER)].n = at; /* cut where the first packet ends */
    world_run(w, NULL, 0);
    gap = world_gap(w, GAP_SNAPLEN, LAYER_PACKET);
    assert_non_null(gap);
    assert_int_equal(gap->len, w->sent[4].wire);
    assert_int_equal(world_losses(w), 2);
    gap = world_gap(w, GAP_SNAPLEN, LAYER_QUIC);
    assert_non_null(gap);
    assert_int_equal(gap->len, 4);
    assert_string_equal(w->reason, "packets were cut short");
    assert_int_equal(w->facts.packets[FROM_SERVER], 5);
    world_free(w);
}

/* Datagrams of one length but the last, in one frame: what offload makes of them. */
static void merge(struct world *w, enum direction dir, size_t size, size_t count, uint64_t *off)
{
    uint8_t text[MAKER_DATAGRAM_MOST];

    maker_begin(&w->m);
    for (size_t i = 0; i < count; i++) {
        size_t n = i + 1 == count ? 20 : size - 60;

        for (size_t k = 0; k < n; k++)
            text[k] = (uint8_t)('a' + (*off + k) % 26);
        maker_stream(&w->frames, 0, *off, bytes_of(text, n), false);
        maker_packet_of(
                &w->m, dir, MAKER_TRAFFIC, buf_view(&w->frames), i + 1 == count ? 0 : size);
        buf_reset(&w->frames);
        *off += n;
    }
    (void)world_send(w, dir);
}

static void splits_merged_datagrams(void **state)
{
    static const size_t lengths[] = {0, 8};
    static const size_t sizes[] = {1200, 1350, 1452, 777};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct world *w = world_new(MAKER_V1, 0x1301);
        uint64_t off = 0;
        const struct world_carried *c;

        w->m.id_n[FROM_CLIENT] = lengths[i % 2];
        world_handshake(w);
        merge(w, FROM_SERVER, sizes[i / 2], 30, &off);
        merge(w, FROM_SERVER, sizes[i / 2], 3, &off);
        merge(w, FROM_SERVER, 1250, 5, &off);
        world_run(w, NULL, 0);
        c = world_find(w, 0, FROM_SERVER);
        assert_non_null(c);
        assert_int_equal(c->bytes.n, off);
        assert_int_equal(c->gaps, 0);
        for (size_t k = 0; k < c->bytes.n; k++)
            assert_int_equal(c->bytes.p[k], 'a' + k % 26);
        assert_int_equal(w->facts.merged, 3);
        assert_int_equal(world_losses(w), 0);
        assert_int_equal(w->facts.packets[FROM_SERVER], 2 + 38);
        world_free(w);
    }
}

/* The server's first flight, merged: long headers tell their length, the short ones do not. */
static void splits_merged_datagrams_that_begin_with_the_handshake(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    static const size_t keyless_first[] = {1, 0, 2};
    struct buf message;
    uint8_t text[1100];

    (void)state;
    w->m.id_n[FROM_CLIENT] = 0;
    memset(text, 'z', sizeof(text));
    buf_init(&message, 1 << 12);
    (void)world_client_initial(w, &(struct maker_hello){0});
    maker_begin(&w->m);
    maker_server_hello(&w->m, &(struct maker_hello){0}, &message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    maker_packet_of(&w->m, FROM_SERVER, MAKER_INITIAL, buf_view(&w->frames), 1200);
    buf_reset(&w->frames);
    buf_reset(&message);
    maker_extensions(&w->m, &(struct maker_hello){0}, &message);
    maker_finished(&message);
    maker_crypto(&w->frames, 0, buf_view(&message));
    maker_packet(&w->m, FROM_SERVER, MAKER_HANDSHAKE, buf_view(&w->frames));
    buf_reset(&w->frames);
    maker_stream(&w->frames, 3, 0, BYTES_LITERAL("settings"), false);
    maker_packet_of(
            &w->m, FROM_SERVER, MAKER_TRAFFIC, buf_view(&w->frames), 2400 - w->m.datagram.n);
    buf_reset(&w->frames);
    assert_int_equal(w->m.datagram.n, 2400);
    maker_stream(&w->frames, 3, 8, bytes_of(text, sizeof(text)), false);
    maker_packet_of(&w->m, FROM_SERVER, MAKER_TRAFFIC, buf_view(&w->frames), 1200);
    buf_reset(&w->frames);
    maker_stream(&w->frames, 3, 1108, BYTES_LITERAL("the last"), true);
    maker_packet(&w->m, FROM_SERVER, MAKER_TRAFFIC, buf_view(&w->frames));
    buf_reset(&w->frames);
    (void)world_send(w, FROM_SERVER);
    (void)world_client_finished(w);
    world_run(w, NULL, 0);
    assert_int_equal(world_find(w, 3, FROM_SERVER)->bytes.n, 1116);
    assert_int_equal(world_gaps(w), 0);
    assert_int_equal(w->facts.merged, 1);
    /* All of it waits for the client's hello. */
    world_run(w, keyless_first, 3);
    assert_int_equal(world_find(w, 3, FROM_SERVER)->bytes.n, 1116);
    assert_int_equal(world_gaps(w), 0);
    buf_clear(&message);
    world_free(w);
}

static void knows_a_stateless_reset(void **state)
{
    static const uint8_t other[16] = "some other token";
    struct maker_hello hello = {.has_token = true};

    (void)state;
    memcpy(hello.token, "a server's token", 16);
    for (int i = 0; i < 3; i++) {
        struct world *w = world_new(MAKER_V1, 0x1301);

        (void)world_client_initial(w, &(struct maker_hello){0});
        (void)world_server_flight(w, &hello);
        (void)world_client_finished(w);
        maker_new_id(
                &w->frames, 1, BYTES_LITERAL("new-id-1"), (const uint8_t *)"token of new id ");
        (void)world_send_packet(w, FROM_SERVER, MAKER_TRAFFIC);
        maker_reset(&w->m, i == 0   ? hello.token
                           : i == 1 ? (const uint8_t *)"token of new id "
                                    : other);
        (void)world_send(w, FROM_SERVER);
        world_run(w, NULL, 0);
        assert_int_equal(w->facts.stateless_reset, i != 2);
        assert_int_equal(world_losses(w), i == 2);
        world_free(w);
    }
}

/* More than may wait, while no hello comes: bounded, and said. */
static void bounds_what_waits(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    size_t order[1500], n = 0;
    uint64_t bytes = 0;

    (void)state;
    w->early_keys = true;
    world_handshake(w);
    for (uint64_t k = 0; k < 1400; k++) {
        maker_stream(&w->frames, 0, k, BYTES_LITERAL("e"), false);
        order[n++] = world_send_packet(w, FROM_CLIENT, MAKER_EARLY);
        bytes += w->sent[order[n - 1]].n;
    }
    world_run(w, order, n);
    assert_int_equal(w->status, STATUS_OK);
    assert_int_equal(w->facts.packets[FROM_CLIENT], 0);
    assert_int_equal(w->facts.unopened[FROM_CLIENT], 1400);
    assert_int_equal(world_gap(w, GAP_MIDSTREAM, LAYER_PACKET)->len, bytes);
    world_free(w);
}

static void refuses_what_is_no_quic(void **state)
{
    struct world *w = world_new(MAKER_V1, 0x1301);
    uint8_t junk[] = "\xc0\0\0\0\1\x30 is no packet of QUIC at all";

    (void)state;
    conversation(w);
    assert_int_equal(buf_append(&w->m.datagram, bytes_of(junk, sizeof(junk))), STATUS_OK);
    (void)world_send(w, FROM_CLIENT);
    (void)world_send(w, FROM_CLIENT); /* an empty one */
    world_run(w, NULL, 0);
    assert_int_equal(world_gap(w, GAP_BAD, LAYER_PACKET)->len, sizeof(junk));
    assert_true(world_heard(w, 0, FROM_CLIENT, "one two three"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(says_what_was_acknowledged_and_not_captured),
            cmocka_unit_test(says_that_all_behind_the_handshake_is_missing),
            cmocka_unit_test(skips_what_was_captured_twice),
            cmocka_unit_test(puts_every_order_right),
            cmocka_unit_test(never_makes_up_what_was_lost),
            cmocka_unit_test(guesses_the_suite_without_a_server_hello),
            cmocka_unit_test(opens_a_connection_that_began_before_the_capture),
            cmocka_unit_test(finds_its_secrets_among_many),
            cmocka_unit_test(finds_the_secrets_of_a_hidden_hello),
            cmocka_unit_test(says_that_the_handshake_was_not_captured),
            cmocka_unit_test(finds_the_number_behind_a_large_hole),
            cmocka_unit_test(names_packets_that_no_key_opens),
            cmocka_unit_test(names_what_the_snap_length_took),
            cmocka_unit_test(splits_merged_datagrams),
            cmocka_unit_test(splits_merged_datagrams_that_begin_with_the_handshake),
            cmocka_unit_test(knows_a_stateless_reset),
            cmocka_unit_test(bounds_what_waits),
            cmocka_unit_test(refuses_what_is_no_quic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
