/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes missing from the stream: what is around them is read all the same. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/capture/tls/play.h"

enum { LINES = 12, LINE = 24, DATA_MARKS = 64 };

/* Line n is of its own length and text, so that a line found is surely that one. */
static size_t line_of(size_t n, char out[LINE + 64])
{
    int length = snprintf(
            out, LINE + 64, "[%02zu:%.*s]", n, (int)(n * 5 % 17), "abcdefghijklmnopqrst");

    return (size_t)length;
}

static void talk_lines(struct talk *t, enum direction dir, size_t first, size_t count)
{
    char line[LINE + 64];

    for (size_t n = first; n < first + count; n++) {
        (void)line_of(n, line);
        talk_say(t, dir, line);
    }
}

/* Where record `mark` of its direction ends. */
static size_t end_of(const struct talk *t, size_t mark)
{
    for (size_t i = mark + 1; i < t->mark_n; i++)
        if (t->marks[i].dir == t->marks[mark].dir)
            return t->marks[i].off;
    return t->stream[t->marks[mark].dir].n;
}

/*
 * Loses [begin, end) of one direction and expects every line whose record was not touched.
 * `spare`: so many lines behind the hole may be lost too, because the cipher needs what came
 * before.
 */
static void expect_rest(const struct talk *t, size_t first_data, enum direction dir,
        size_t begin, size_t end, size_t spare)
{
    struct play p = {.piece = 100, .lost = {{dir, begin, end}}, .lost_n = 1};
    struct listen l;
    char line[LINE + 64];
    size_t seen = 0, at = 0, forgiven = 0, line_n = 0;

    play(&p, t, &l);
    assert_int_equal(l.status, STATUS_OK);
    for (size_t mark = first_data; mark < t->mark_n; mark++) {
        size_t length, from = t->marks[mark].off, to = end_of(t, mark);

        if (t->marks[mark].dir != dir)
            continue;
        length = line_of(line_n++, line);
        if (from < end && begin < to)
            continue;
        if (bytes_find(buf_view(&l.plain[dir]), bytes_of(line, length), at, &at)) {
            at += length;
            seen += length;
            continue;
        }
        forgiven++;
        if (from < end || forgiven > spare) {
            print_error("lost [%zu, %zu): line %s is missing\n", begin, end, line);
            fail();
        }
    }
    assert_int_equal(l.plain[dir].n, seen);
    /* A gap that touched data is an item; it carries the stream's number. */
    for (size_t i = 0; i < l.gap_n; i++)
        if (l.gaps[i].why == GAP_LOST)
            assert_int_equal(ledger_find(&l.ledger, l.gaps[i].gap)->layer, LAYER_STREAM);
    if (forgiven == 0)
        assert_int_equal(l.ledger.n, 1);
    listen_clear(&l);
}

static void lose_everywhere(uint16_t version, uint16_t suite, bool etm, size_t spare)
{
    struct talk t;
    size_t first, from, whole;

    talk_init(&t, version, suite);
    t.encrypt_then_mac = etm;
    talk_open(&t);
    first = t.mark_n;
    talk_lines(&t, FROM_SERVER, 0, LINES);
    from = t.marks[first].off;
    whole = t.stream[FROM_SERVER].n;
    for (size_t begin = from; begin < whole; begin += 3)
        for (size_t n = 1; begin + n <= whole && n < 400; n += n < 8 ? 1 : 37)
            expect_rest(&t, first, FROM_SERVER, begin, begin + n, spare);
    talk_clear(&t);
}

static void tls13_goes_on_behind_a_hole_anywhere(void **state)
{
    (void)state;
    lose_everywhere(VERSION_TLS13, 0x1301, false, 0);
    lose_everywhere(VERSION_TLS13, 0x1304, false, 0);
}

static void tls12_goes_on_behind_a_hole_anywhere(void **state)
{
    (void)state;
    lose_everywhere(VERSION_TLS12, 0xc02f, false, 0);
    lose_everywhere(VERSION_TLS12, 0xcca8, false, 0);
    lose_everywhere(VERSION_TLS12, 0xc027, false, 0);
    lose_everywhere(VERSION_TLS12, 0xc027, true, 0);
}

static void chained_records_go_on_behind_a_hole(void **state)
{
    (void)state;
    /* The first record needs the last block of the one before, which may be gone. */
    lose_everywhere(VERSION_TLS10, 0x002f, false, 1);
    lose_everywhere(VERSION_TLS10, 0x000a, false, 1);
}

static void a_stream_cipher_finds_its_place_behind_a_hole(void **state)
{
    (void)state;
    lose_everywhere(VERSION_TLS12, 0x0005, false, 0);
    lose_everywhere(VERSION_TLS12, 0x0002, false, 0); /* no cipher, with a MAC */
}

static void several_holes_are_several_gaps(void **state)
{
    struct talk t;
    struct listen l;
    struct play p = {.lost_n = 3};
    size_t first;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1302);
    talk_open(&t);
    first = t.mark_n;
    talk_lines(&t, FROM_CLIENT, 0, 10);
    for (size_t i = 0; i < 3; i++) {
        size_t off = t.marks[first + 3 * i + 1].off;

        p.lost[i].dir = FROM_CLIENT;
        p.lost[i].begin = off + i;
        p.lost[i].end = off + 12;
    }
    play(&p, &t, &l);
    assert_int_equal(l.gap_n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        char line[LINE + 64];

        assert_int_equal(l.gaps[i].gap, i + 1);
        assert_int_equal(l.gaps[i].why, GAP_LOST);
        /* One AEAD record lost is known to the byte. */
        assert_true(l.gaps[i].len == line_of(3 * i + 1, line));
    }
    assert_int_equal(l.decrypted, DECRYPTED_FULL);
    listen_clear(&l);
    talk_clear(&t);
}

static void a_key_update_inside_a_hole_is_survived(void **state)
{
    struct talk t;
    struct listen l;
    struct play p = {.lost_n = 1};
    size_t lost;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    talk_say(&t, FROM_SERVER, "one");
    lost = t.mark_n;
    talk_update(&t, FROM_SERVER);
    talk_update(&t, FROM_SERVER);
    talk_say(&t, FROM_SERVER, "two");
    talk_say(&t, FROM_SERVER, "three");
    p.lost[0].dir = FROM_SERVER;
    p.lost[0].begin = t.marks[lost].off - 2;
    p.lost[0].end = t.marks[lost + 2].off + 9;
    play(&p, &t, &l);
    assert_int_equal(l.plain[FROM_SERVER].n, strlen("three"));
    assert_int_equal(l.gap_n, 1);
    listen_clear(&l);
    talk_clear(&t);
}

/* Any part of the handshake behind the two hellos may be missing. */
static void lose_handshake(uint16_t version, uint16_t suite)
{
    struct talk t;
    size_t handshake, hellos = 2;

    talk_init(&t, version, suite);
    talk_open(&t);
    handshake = t.mark_n;
    talk_lines(&t, FROM_CLIENT, 0, 4);
    talk_lines(&t, FROM_SERVER, 0, 4);
    for (size_t from = hellos; from < handshake; from++) {
        size_t begin = t.marks[from].off, end = end_of(&t, from);

        for (size_t off = begin; off < end; off++) {
            struct play p = {.lost = {{t.marks[from].dir, off, end}}, .lost_n = 1};
            struct listen l;
            char line[LINE + 64];
            size_t n = 0;

            play(&p, &t, &l);
            for (size_t i = 0; i < 4; i++)
                n += line_of(i, line);
            if (l.plain[0].n != n || l.plain[1].n != n || l.gap_n != 0) {
                print_error("record %zu, lost from byte %zu on\n", from, off - begin);
                fail();
            }
            listen_clear(&l);
        }
    }
    talk_clear(&t);
}

static void holes_in_the_handshake_cost_no_data(void **state)
{
    (void)state;
    lose_handshake(VERSION_TLS13, 0x1301);
    lose_handshake(VERSION_TLS12, 0xc02f);
    lose_handshake(VERSION_TLS12, 0xc013);
}

static void a_lost_client_hello_is_a_connection_that_cannot_be_read(void **state)
{
    struct talk t;
    struct listen l;
    struct play p = {.lost = {{FROM_CLIENT, 0, 20}}, .lost_n = 1};

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    talk_lines(&t, FROM_CLIENT, 0, 4);
    talk_lines(&t, FROM_SERVER, 0, 4);
    play(&p, &t, &l);
    assert_int_equal(l.decrypted, DECRYPTED_NO);
    assert_string_equal(l.reason, "the handshake was not captured");
    assert_true(l.gap_n >= 2 && l.gap_n <= 3);
    listen_clear(&l);
    talk_clear(&t);
}

static void a_connection_without_keys_has_one_gap_for_all_its_holes(void **state)
{
    struct talk t;
    struct listen l;
    struct play p = {.lost_n = 3};
    size_t first;

    (void)state;
    talk_init(&t, VERSION_TLS12, 0xc02f);
    talk_open(&t);
    first = t.mark_n;
    talk_lines(&t, FROM_SERVER, 0, LINES);
    buf_reset(&t.log);
    for (size_t i = 0; i < 3; i++) {
        p.lost[i].dir = FROM_SERVER;
        p.lost[i].begin = t.marks[first + 3 * i + 1].off + 7;
        p.lost[i].end = p.lost[i].begin + 5;
    }
    play(&p, &t, &l);
    assert_int_equal(l.gap_n, 1);
    assert_int_equal(l.gaps[0].why, GAP_NO_KEYS);
    listen_clear(&l);
    talk_clear(&t);
}

static void a_record_cut_off_by_the_end_is_a_gap(void **state)
{
    struct talk t;
    struct listen l;

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    talk_say(&t, FROM_SERVER, "whole");
    talk_say(&t, FROM_SERVER, "not whole");
    t.stream[FROM_SERVER].n -= 4;
    play(&(struct play){0}, &t, &l);
    assert_int_equal(l.plain[FROM_SERVER].n, strlen("whole"));
    assert_int_equal(l.gap_n, 1);
    assert_int_equal(l.gaps[0].why, GAP_CUT);
    listen_clear(&l);
    talk_clear(&t);
}

/* 4 MB of the largest records, with a megabyte missing: the number is searched for. */
static void a_long_hole_is_survived(void **state)
{
    uint8_t *much = calloc(1, 1 << 14);
    struct talk t;
    struct listen l;
    struct play p = {.piece = 1448, .lost_n = 1};

    (void)state;
    talk_init(&t, VERSION_TLS13, 0x1301);
    talk_open(&t);
    for (size_t i = 0; i < 256; i++) {
        much[0] = (uint8_t)i;
        /* Now and then short ones, so that the count cannot be told from the length. */
        talk_record(&t, FROM_SERVER, RECORD_DATA, bytes_of(much, i % 3 == 0 ? 900 : 1 << 14));
    }
    p.lost[0].dir = FROM_SERVER;
    p.lost[0].begin = 1 << 20;
    p.lost[0].end = 2 << 20;
    play(&p, &t, &l);
    assert_int_equal(l.gap_n, 1);
    assert_true(l.plain[FROM_SERVER].n > (size_t)(2 << 19));
    assert_true(l.off[FROM_SERVER] <= 86 * 900 + 170 * (1 << 14));
    assert_true(l.off[FROM_SERVER] > 85 * 900 + 169 * (1 << 14) - 40);
    listen_clear(&l);
    talk_clear(&t);
    free(much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(tls13_goes_on_behind_a_hole_anywhere),
            cmocka_unit_test(tls12_goes_on_behind_a_hole_anywhere),
            cmocka_unit_test(chained_records_go_on_behind_a_hole),
            cmocka_unit_test(a_stream_cipher_finds_its_place_behind_a_hole),
            cmocka_unit_test(several_holes_are_several_gaps),
            cmocka_unit_test(a_key_update_inside_a_hole_is_survived),
            cmocka_unit_test(holes_in_the_handshake_cost_no_data),
            cmocka_unit_test(a_lost_client_hello_is_a_connection_that_cannot_be_read),
            cmocka_unit_test(a_connection_without_keys_has_one_gap_for_all_its_holes),
            cmocka_unit_test(a_record_cut_off_by_the_end_is_a_gap),
            cmocka_unit_test(a_long_hole_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
