/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/env/env_resolve.h"
#include "capture/env/env_sntp.h"
#include "tests/support/ntp_server.h"

#define SECOND INT64_C(1000000000)
#define NONCE UINT64_C(0x1122334455667788)

/* Made with python: 2026-01-02T03:04:05.5Z is 3976311845.5 seconds since 1900. */
#define THEN_NS (INT64_C(1767323045) * SECOND + SECOND / 2)
#define THEN_NTP (UINT64_C(3976311845) << 32 | UINT64_C(0x80000000))

static void make_answer(uint8_t out[SNTP_BYTES], uint64_t received, uint64_t sent)
{
    ntp_answer(out, NONCE, received, sent);
}

static enum sntp_answer read_one(
        const uint8_t *answer, size_t n, struct sntp_sample *out, char kiss[5])
{
    return sntp_read(bytes_of(answer, n), NONCE, THEN_NS, THEN_NS + SECOND / 10, out, kiss);
}

static void offset_and_delay_are_those_of_rfc_5905(void **state)
{
    uint8_t answer[SNTP_BYTES];
    struct sntp_sample s;
    char kiss[5] = "";

    (void)state;
    /* T1 = 0, T2 = 2.25 s, T3 = 2.25 s + 1/64 s, T4 = 0.1 s */
    make_answer(answer, THEN_NTP + (UINT64_C(9) << 30),
            THEN_NTP + (UINT64_C(9) << 30) + (UINT64_C(1) << 26));
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_GOOD);
    assert_in_range(s.offset_ns, 2207812490, 2207812510); /* (2.25 + 2.165625) / 2 */
    assert_in_range(s.delay_ns, 84374990, 84375010);      /* 0.1 - 1/64 */
    assert_in_range(s.error_ns, s.delay_ns / 2 + 976560, s.delay_ns / 2 + 976570);
    assert_int_equal(s.stratum, 2);
    /* And backwards: our clock is ahead. */
    make_answer(answer, THEN_NTP - (UINT64_C(3600) << 32), THEN_NTP - (UINT64_C(3600) << 32));
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_GOOD);
    assert_true(s.offset_ns < -3600 * SECOND + SECOND && s.offset_ns > -3601 * SECOND);
}

static void time_goes_on_past_the_end_of_the_era_in_2036(void **state)
{
    const int64_t eve = INT64_C(2085978495) * SECOND; /* one second before the era's end */
    uint8_t answer[SNTP_BYTES];
    struct sntp_sample s;
    char kiss[5];

    (void)state;
    make_answer(answer, UINT64_C(1) << 32, UINT64_C(1) << 32); /* 1 s into the next era */
    assert_int_equal(
            sntp_read(bytes_of(answer, sizeof(answer)), NONCE, eve, eve, &s, kiss), SNTP_GOOD);
    assert_int_equal(s.offset_ns, 2 * SECOND);
}

static void what_is_no_answer_to_this_request_is_foreign(void **state)
{
    uint8_t answer[SNTP_BYTES];
    struct sntp_sample s = {.offset_ns = 77};
    char kiss[5] = "same";

    (void)state;
    make_answer(answer, THEN_NTP, THEN_NTP);
    for (size_t n = 0; n < sizeof(answer); n++) {
        uint8_t *copy = malloc(n == 0 ? 1 : n);

        assert_non_null(copy);
        memcpy(copy, answer, n);
        assert_int_equal(read_one(copy, n, &s, kiss), SNTP_FOREIGN);
        free(copy);
    }
    answer[31] ^= 1; /* somebody else's origin */
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_FOREIGN);
    answer[31] ^= 1;
    answer[0] = 4 << 3 | 3; /* a client */
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_FOREIGN);
    answer[0] = 7 << 3 | 4; /* a version nobody speaks */
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_FOREIGN);
    assert_int_equal(s.offset_ns, 77);
    assert_string_equal(kiss, "same");
}

static void a_forged_kiss_of_death_with_another_origin_is_ignored(void **state)
{
    uint8_t answer[SNTP_BYTES];
    struct sntp_sample s;
    char kiss[5] = "";

    (void)state;
    make_answer(answer, 0, 0);
    answer[1] = 0;
    memcpy(answer + 12, "DENY", 4);
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_KISS);
    assert_string_equal(kiss, "DENY");
    memcpy(answer + 12, "\x1b[2J", 4);
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_KISS);
    assert_string_equal(kiss, "?[2J");
    answer[24] ^= 0x80;
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_FOREIGN);
}

static void a_server_that_does_not_know_the_time_is_not_believed(void **state)
{
    uint8_t answer[SNTP_BYTES];
    struct sntp_sample s;
    char kiss[5];

    (void)state;
    make_answer(answer, THEN_NTP, THEN_NTP);
    answer[0] |= 3 << 6; /* leap indicator: alarm */
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
    make_answer(answer, THEN_NTP, THEN_NTP);
    answer[1] = 16;
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
    make_answer(answer, THEN_NTP, 0);
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
    make_answer(answer, THEN_NTP, THEN_NTP);
    answer[9] = 16; /* 16 s of root dispersion */
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
    /* It claims to have thought for longer than we waited, or backwards. */
    make_answer(answer, THEN_NTP, THEN_NTP + (UINT64_C(1) << 32));
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
    make_answer(answer, THEN_NTP, THEN_NTP - (UINT64_C(1) << 32));
    assert_int_equal(read_one(answer, sizeof(answer), &s, kiss), SNTP_ALARM);
}

static int64_t monotonic(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static int64_t distance(int64_t a)
{
    return a < 0 ? -a : a;
}

static void servers_are_asked_together_and_told_apart(void **state)
{
    struct ntp_server s[5];
    const enum ntp_manner manners[] = {NTP_RIGHT, NTP_AHEAD, NTP_KISS, NTP_SPOOFED, NTP_LATE};
    const char *names[6] = {NULL};
    struct sntp_result r[SNTP_SERVERS];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        ntp_server_start(&s[i], manners[i]);
        names[i] = s[i].name;
    }
    assert_int_equal(sntp_ask(names, 8 * SECOND, r), 5);
    for (size_t i = 0; i < 5; i++)
        ntp_server_stop(&s[i]);
    assert_int_equal(r[0].outcome, SNTP_ANSWERED);
    assert_int_equal(r[0].samples, SNTP_SAMPLES);
    assert_string_equal(r[0].address, "127.0.0.1");
    assert_true(distance(r[0].best.offset_ns) <= r[0].best.error_ns + SECOND / 100);
    assert_int_equal(r[1].outcome, SNTP_ANSWERED);
    assert_true(
            distance(r[1].best.offset_ns - 3600 * SECOND) < r[1].best.error_ns + SECOND / 100);
    assert_int_equal(r[2].outcome, SNTP_REFUSED);
    assert_string_equal(r[2].kiss, "RATE");
    assert_int_equal(s[2].asked, 1); /* it asked to be left alone, and was */
    assert_int_equal(r[3].outcome, SNTP_ANSWERED);
    assert_int_equal(r[3].foreign, SNTP_SAMPLES);
    assert_true(distance(r[3].best.offset_ns) < SECOND);
    /* Slow to think, not slow on the way: the delay does not count its thinking. */
    assert_int_equal(r[4].outcome, SNTP_ANSWERED);
    assert_true(r[4].best.delay_ns < SECOND / 10);
}

static void nobody_learns_our_clock_from_the_request(void **state)
{
    struct ntp_server s;
    struct sntp_result r[SNTP_SERVERS];
    uint64_t sent = 0;

    (void)state;
    ntp_server_start(&s, NTP_RIGHT);
    {
        const char *const names[] = {s.name, NULL};

        assert_int_equal(sntp_ask(names, 5 * SECOND, r), 1);
    }
    ntp_server_stop(&s);
    assert_int_equal(s.request[0], 0x23); /* version 4, client */
    for (size_t i = 1; i < 40; i++)
        assert_int_equal(s.request[i], 0);
    for (size_t i = 40; i < 48; i++)
        sent = sent << 8 | s.request[i];
    assert_true(sent >> 40 != ntp_server_now() >> 40 || sent == 0);
}

static void silence_costs_no_more_than_the_wait(void **state)
{
    struct ntp_server s;
    struct sntp_result r[SNTP_SERVERS];
    int64_t begin;

    (void)state;
    ntp_server_start(&s, NTP_SILENT);
    {
        const char *const names[] = {s.name, "127.0.0.1:1", "", "[::1", "x:", NULL};

        begin = monotonic();
        assert_int_equal(sntp_ask(names, SECOND / 2, r), 5);
        assert_in_range(monotonic() - begin, SECOND / 4, 5 * SECOND);
    }
    ntp_server_stop(&s);
    assert_int_equal(r[0].outcome, SNTP_SILENT);
    assert_int_equal(r[1].outcome, SNTP_UNREACHABLE);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(r[i].outcome, SNTP_NO_ADDRESS);
}

static void servers_are_named_with_or_without_a_port(void **state)
{
    char name[RESOLVE_NAME_MOST], port[RESOLVE_NAME_MOST];

    (void)state;
    assert_true(resolve_split("time.example", "123", name, port));
    assert_string_equal(name, "time.example");
    assert_string_equal(port, "123");
    assert_true(resolve_split("time.example:5", "123", name, port));
    assert_string_equal(name, "time.example");
    assert_string_equal(port, "5");
    assert_true(resolve_split("[2001:db8::1]:5", "123", name, port));
    assert_string_equal(name, "2001:db8::1");
    assert_string_equal(port, "5");
    assert_true(resolve_split("2001:db8::1", "123", name, port));
    assert_string_equal(name, "2001:db8::1");
    assert_string_equal(port, "123");
    assert_false(resolve_split("", "123", name, port));
    assert_false(resolve_split(":5", "123", name, port));
    assert_false(resolve_split("[::1]5", "123", name, port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(offset_and_delay_are_those_of_rfc_5905),
            cmocka_unit_test(time_goes_on_past_the_end_of_the_era_in_2036),
            cmocka_unit_test(what_is_no_answer_to_this_request_is_foreign),
            cmocka_unit_test(a_forged_kiss_of_death_with_another_origin_is_ignored),
            cmocka_unit_test(a_server_that_does_not_know_the_time_is_not_believed),
            cmocka_unit_test(servers_are_asked_together_and_told_apart),
            cmocka_unit_test(nobody_learns_our_clock_from_the_request),
            cmocka_unit_test(silence_costs_no_more_than_the_wait),
            cmocka_unit_test(servers_are_named_with_or_without_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
