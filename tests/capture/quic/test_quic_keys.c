/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: RFC 9001 and RFC 9369, appendices A; draft-ietf-quic-tls; the rest was sealed with
 * Python's cryptography. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic/quic_keys.h"
#include "tests/capture/quic/quic_vectors.h"
#include "tests/support/hex.h"
#include "tests/support/oom.h"

enum { ROOM = 1600 };

static const uint8_t rfc_dcid[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
static const uint8_t retry_v1[] = {0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x08, 0xf0, 0x67, 0xa5,
        0x50, 0x2a, 0x42, 0x62, 0xb5, 0x74, 0x6f, 0x6b, 0x65, 0x6e, 0x04, 0xa2, 0x65, 0xba,
        0x2e, 0xff, 0x4d, 0x82, 0x90, 0x58, 0xfb, 0x3f, 0x0f, 0x24, 0x96, 0xba};
static const uint8_t retry_v2[] = {0xcf, 0x6b, 0x33, 0x43, 0xcf, 0x00, 0x08, 0xf0, 0x67, 0xa5,
        0x50, 0x2a, 0x42, 0x62, 0xb5, 0x74, 0x6f, 0x6b, 0x65, 0x6e, 0xc8, 0x64, 0x6c, 0xe8,
        0xbf, 0xe3, 0x39, 0x52, 0xd9, 0x55, 0x54, 0x36, 0x65, 0xdc, 0xc7, 0xb6};

static struct quic_packet packet_of(struct bytes datagram, size_t id_length)
{
    struct quic_packet p;

    assert_int_equal(quic_packet_next(&datagram, id_length, &p), PARSE_DONE);
    assert_int_equal(datagram.n, 0);
    return p;
}

/* The keys that open a row of the table. */
static struct quic_keys *keys_of(const struct sealed *s)
{
    const struct quic_version *version = quic_version_find(s->version);
    struct quic_keys *k = NULL, *next = NULL;
    uint8_t room[64];
    struct bytes secret = from_hex(s->secret, room);

    if (s->suite == 0)
        assert_int_equal(quic_keys_initial(version, secret,
                                 s->from_server ? FROM_SERVER : FROM_CLIENT, &k),
                STATUS_OK);
    else
        assert_int_equal(quic_keys_new(version, suite_find(s->suite), secret, &k), STATUS_OK);
    for (int i = 0; i < s->updates; i++) {
        assert_int_equal(quic_keys_next(k, &next), STATUS_OK);
        quic_keys_free(k);
        k = next;
    }
    return k;
}

static void open_rfc_initial(uint32_t version, enum direction dir, struct bytes datagram,
        uint64_t number, struct bytes frames)
{
    struct quic_packet p = packet_of(datagram, 0);
    struct quic_keys *k = NULL;
    struct quic_number unmasked;
    uint8_t out[ROOM];
    size_t n = 0;

    assert_int_equal(p.kind, QUIC_INITIAL);
    assert_int_equal(p.version, version);
    assert_int_equal(quic_keys_initial(p.known, bytes_of(rfc_dcid, 8), dir, &k), STATUS_OK);
    assert_int_equal(quic_keys_unmask(k, &p, &unmasked), PARSE_DONE);
    assert_int_equal(unmasked.value, number);
    assert_int_equal(quic_keys_open(k, &p, &unmasked, number, out, &n), PARSE_DONE);
    assert_int_equal(n, p.whole.n - p.number_at - unmasked.length - QUIC_TAG);
    assert_true(n >= frames.n);
    assert_memory_equal(out, frames.p, frames.n);
    for (size_t i = frames.n; i < n; i++)
        assert_int_equal(out[i], 0);
    quic_keys_free(k);
}

static void the_initials_of_the_rfcs_open(void **state)
{
    struct bytes client = {client_frame, sizeof(client_frame)};
    struct bytes server = {server_frames, sizeof(server_frames)};

    (void)state;
    open_rfc_initial(QUIC_V1, FROM_CLIENT, bytes_of(client_initial_v1, 1200), 2, client);
    open_rfc_initial(QUIC_V2, FROM_CLIENT, bytes_of(client_initial_v2, 1200), 2, client);
    open_rfc_initial(QUIC_V1, FROM_SERVER,
            bytes_of(server_initial_v1, sizeof(server_initial_v1)), 1, server);
    open_rfc_initial(QUIC_V2, FROM_SERVER,
            bytes_of(server_initial_v2, sizeof(server_initial_v2)), 1, server);
}

static void packets_of_every_suite_version_and_form_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
        const struct sealed *s = &sealed[i];
        uint8_t raw[ROOM], before[ROOM], want[ROOM], out[ROOM];
        struct quic_packet p = packet_of(from_hex(s->packet, raw), s->id_length);
        struct bytes plain = from_hex(s->plain, want);
        struct quic_keys *k = keys_of(s);
        struct quic_number unmasked;
        size_t n = 99;

        print_message("    %s\n", s->name);
        memcpy(before, raw, p.whole.n);
        assert_int_equal(quic_keys_unmask(k, &p, &unmasked), PARSE_DONE);
        assert_int_equal(
                unmasked.value, s->number & (((uint64_t)1 << 8 * unmasked.length) - 1));
        /* More than once: nothing of one packet stays for the next. */
        for (int round = 0; round < 2; round++) {
            assert_int_equal(quic_keys_open(k, &p, &unmasked, s->number, out, &n), PARSE_DONE);
            assert_int_equal(n, plain.n);
            assert_memory_equal(out, want, n);
            assert_int_equal(
                    quic_keys_open(k, &p, &unmasked, s->number + 1, out, &n), PARSE_BAD);
        }
        assert_memory_equal(raw, before, p.whole.n);
        quic_keys_free(k);
    }
}

static void the_key_phase_and_the_reserved_bits_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
        const struct sealed *s = &sealed[i];
        uint8_t raw[ROOM];
        struct quic_packet p = packet_of(from_hex(s->packet, raw), s->id_length);
        struct quic_keys *k = keys_of(s);
        struct quic_number unmasked;

        assert_int_equal(quic_keys_unmask(k, &p, &unmasked), PARSE_DONE);
        if (strstr(s->name, "two updates") != NULL)
            assert_int_equal(unmasked.first, 0x61);
        else if (strstr(s->name, "no frames") != NULL)
            assert_int_equal(unmasked.first, 0x47);
        else if (strstr(s->name, "A.5") != NULL)
            assert_int_equal(unmasked.first, 0x42);
        quic_keys_free(k);
    }
}

static void a_changed_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
        const struct sealed *s = &sealed[i];
        uint8_t raw[ROOM], out[ROOM];
        struct quic_packet p = packet_of(from_hex(s->packet, raw), s->id_length);
        struct quic_keys *k = keys_of(s);
        struct quic_number good, unmasked;
        size_t n;

        assert_int_equal(quic_keys_unmask(k, &p, &good), PARSE_DONE);
        for (size_t at = 0; at < p.whole.n; at++) {
            raw[at] ^= 0x20;
            /* A bit of the header does not change the mask; the sample's bits do. */
            unmasked = good;
            if (at == 0)
                unmasked.first ^= 0x20;
            if (at < p.number_at || at >= p.number_at + good.length)
                assert_int_equal(
                        quic_keys_open(k, &p, &unmasked, s->number, out, &n), PARSE_BAD);
            raw[at] ^= 0x20;
        }
        unmasked = good;
        unmasked.value ^= 1;
        assert_int_equal(quic_keys_open(k, &p, &unmasked, s->number, out, &n), PARSE_BAD);
        unmasked = good;
        unmasked.length = good.length % 4 + 1;
        assert_int_equal(quic_keys_open(k, &p, &unmasked, s->number, out, &n), PARSE_BAD);
        assert_int_equal(quic_keys_open(k, &p, &good, s->number, out, &n), PARSE_DONE);
        quic_keys_free(k);
    }
}

static void packets_too_short_are_refused(void **state)
{
    const struct sealed *s = &sealed[0];
    uint8_t raw[ROOM], out[ROOM];
    struct quic_packet p = packet_of(from_hex(s->packet, raw), 0), q;
    struct quic_number good, unmasked;
    struct quic_keys *k = keys_of(s);
    size_t n = 7;

    (void)state;
    assert_int_equal(quic_keys_unmask(k, &p, &good), PARSE_DONE);
    for (size_t length = 0; length < p.whole.n; length++) {
        uint8_t *copy = malloc(length + 1);

        assert_non_null(copy);
        memcpy(copy + 1, raw, length);
        q = p;
        q.whole = bytes_of(copy + 1, length);
        memset(&unmasked, 0x5a, sizeof(unmasked));
        /* This packet is as short as one can be: no sample once a byte is missing. */
        assert_int_equal(quic_keys_unmask(k, &q, &unmasked), PARSE_BAD);
        assert_int_equal(unmasked.length, 0x5a5a5a5a);
        assert_int_equal(quic_keys_open(k, &q, &good, s->number, out, &n), PARSE_BAD);
        free(copy);
    }
    q = p;
    q.cut = true;
    assert_int_equal(quic_keys_unmask(k, &q, &unmasked), PARSE_DONE);
    assert_int_equal(quic_keys_open(k, &q, &unmasked, s->number, out, &n), PARSE_BAD);
    assert_int_equal(n, 7);
    q = p;
    q.number_at = 0;
    assert_int_equal(quic_keys_unmask(k, &q, &unmasked), PARSE_BAD);
    assert_int_equal(quic_keys_open(k, &q, &good, s->number, out, &n), PARSE_BAD);
    quic_keys_free(k);
}

static void suites_that_are_none_of_quic_are_missing(void **state)
{
    /* CCM_8, SM4, TLS 1.2 and one that only signs. */
    static const uint16_t none[] = {0x1305, 0x00c6, 0x00c7, 0xc02f, 0x009c, 0xc0b4};
    uint8_t secret[HASH_MOST] = {0};
    struct quic_keys *k = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        const struct suite *suite = suite_find(none[i]);

        if (suite == NULL)
            continue;
        assert_int_equal(quic_keys_new(quic_version_find(QUIC_V1), suite,
                                 bytes_of(secret, hash_length(suite->prf)), &k),
                STATUS_MISSING);
        assert_null(k);
    }
    for (size_t n = 0; n <= HASH_MOST; n++) {
        if (n == 32)
            continue;
        assert_int_equal(quic_keys_new(quic_version_find(QUIC_V1), suite_find(0x1301),
                                 bytes_of(secret, n), &k),
                STATUS_USAGE);
        assert_null(k);
    }
}

static void initial_keys_take_ids_of_any_length(void **state)
{
    uint8_t id[255] = {1};

    (void)state;
    for (size_t n = 0; n <= sizeof(id); n += 5) {
        struct quic_keys *k = NULL;

        assert_int_equal(
                quic_keys_initial(quic_version_find(QUIC_V1), bytes_of(id, n), FROM_SERVER, &k),
                STATUS_OK);
        quic_keys_free(k);
    }
    quic_keys_free(NULL);
}

/* RFC 9000 appendix A.3, and the edges of the window around what is expected. */
static void truncated_numbers_become_whole(void **state)
{
    static const struct {
        uint64_t highest;
        bool none;
        unsigned length;
        uint32_t value;
        uint64_t whole;
    } cases[] = {
            {0xa82f30ea, false, 2, 0x9b32, 0xa82f9b32},
            {0, true, 1, 0, 0},
            {0, true, 1, 255, 255},
            {0, true, 4, 0xffffffff, 0xffffffff},
            {0, false, 1, 200, 200},
            {255, false, 1, 0, 256},
            {255, false, 1, 128, 384},
            {255, false, 1, 129, 129},
            {256, false, 1, 255, 255},
            {126, false, 1, 255, 255},
            {127, false, 1, 0, 256},
            {128, false, 1, 0, 256},
            {0xffff, false, 2, 0x7fff, 0x17fff},
            {0xfffffffe, false, 4, 0, 0x100000000},
            {0x1ffffffff, false, 3, 1, 0x200000001},
            {(UINT64_C(1) << 62) - 2, false, 1, 0, (UINT64_C(1) << 62) - 256},
            {(UINT64_C(1) << 62) - 2, false, 1, 255, (UINT64_C(1) << 62) - 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct quic_number n = {0, cases[i].value, cases[i].length};

        assert_int_equal(
                quic_number_whole(cases[i].highest, cases[i].none, &n), cases[i].whole);
    }
}

/* Whatever is expected, a number within half a window of it is found again. */
static void numbers_within_half_a_window_are_found_again(void **state)
{
    uint64_t random = 88172645463325252;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        unsigned length = 1 + (unsigned)i % 4;
        uint64_t window = UINT64_C(1) << 8 * length, expected, number;
        struct quic_number n = {0, 0, length};

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        expected = 1 + (random >> (4 + random % 56));
        number = expected + random % window;
        if (number < window / 2 + 1)
            continue;
        number -= window / 2 - 1;
        n.value = (uint32_t)(number & (window - 1));
        assert_int_equal(quic_number_whole(expected - 1, false, &n), number);
    }
}

static void the_retries_of_the_rfcs_fit_their_connection_id_only(void **state)
{
    uint8_t raw[sizeof(retry_v1)], other[8];

    (void)state;
    memcpy(other, rfc_dcid, 8);
    other[7] ^= 1;
    for (int v = 0; v < 2; v++) {
        struct quic_packet p;

        memcpy(raw, v == 0 ? retry_v1 : retry_v2, sizeof(raw));
        p = packet_of(bytes_of(raw, sizeof(raw)), 0);
        assert_int_equal(p.kind, QUIC_RETRY);
        assert_true(bytes_is(p.token, "token"));
        assert_true(quic_keys_retry_fits(&p, bytes_of(rfc_dcid, 8)));
        assert_false(quic_keys_retry_fits(&p, bytes_of(other, 8)));
        assert_false(quic_keys_retry_fits(&p, bytes_of(rfc_dcid, 7)));
        assert_false(quic_keys_retry_fits(&p, bytes_of(NULL, 0)));
        for (size_t i = 15; i < sizeof(raw); i++) {
            raw[i] ^= 0x10;
            assert_false(quic_keys_retry_fits(&p, bytes_of(rfc_dcid, 8)));
            raw[i] ^= 0x10;
        }
        assert_true(quic_keys_retry_fits(&p, bytes_of(rfc_dcid, 8)));
    }
}

static void retries_of_old_drafts_fit_by_the_id_that_they_repeat(void **state)
{
    /* draft-ietf-quic-transport-22 section 17.2.5: ODCID with its length, then the token. */
    static const uint8_t draft22[] = {0xf0, 0xff, 0, 0, 0x16, 1, 9, 2, 8, 7, 3, 1, 2, 3, 't'};
    /* draft-ietf-quic-transport-21: lengths packed, that of the ODCID in the first byte. */
    static const uint8_t draft21[] = {
            0xf1, 0xff, 0, 0, 0x15, 0x10, 9, 9, 9, 9, 1, 2, 3, 4, 't'};
    static const uint8_t id[] = {1, 2, 3, 4};
    struct quic_packet p = packet_of(bytes_of(draft22, sizeof(draft22)), 0);

    (void)state;
    assert_true(bytes_is(p.token, "t"));
    assert_int_equal(p.retry_tag.n, 0);
    assert_true(quic_keys_retry_fits(&p, bytes_of(id, 3)));
    assert_false(quic_keys_retry_fits(&p, bytes_of(id, 4)));
    p = packet_of(bytes_of(draft21, sizeof(draft21)), 0);
    assert_true(bytes_is(p.token, "t"));
    assert_int_equal(p.dcid.n, 4);
    assert_int_equal(p.scid.n, 0);
    assert_true(quic_keys_retry_fits(&p, bytes_of(id, 4)));
    assert_false(quic_keys_retry_fits(&p, bytes_of(id, 3)));
    p = packet_of(bytes_of(client_initial_v1, 1200), 0);
    assert_false(quic_keys_retry_fits(&p, bytes_of(rfc_dcid, 8)));
}

static void every_failed_allocation_is_told(void **state)
{
    uint8_t secret[32] = {1};
    struct quic_keys *k, *next;
    long n = 0;
    bool failed = true;

    (void)state;
    while (failed) {
        enum status a, b = STATUS_OK;

        k = NULL;
        next = NULL;
        oom_fail_at(++n);
        a = quic_keys_new(
                quic_version_find(QUIC_V1), suite_find(0x1301), bytes_of(secret, 32), &k);
        if (a == STATUS_OK)
            b = quic_keys_next(k, &next);
        failed = oom_happened();
        oom_fail_at(0);
        if (failed)
            assert_true(a == STATUS_NOMEM || b == STATUS_NOMEM);
        else
            assert_true(a == STATUS_OK && b == STATUS_OK);
        assert_int_equal(a == STATUS_OK, k != NULL);
        assert_int_equal(a == STATUS_OK && b == STATUS_OK, next != NULL);
        quic_keys_free(k);
        quic_keys_free(next);
    }
    assert_true(n > 2);
    for (n = 1, failed = true; failed; n++) {
        k = NULL;
        oom_fail_at(n);
        failed = quic_keys_initial(quic_version_find(QUIC_V1), bytes_of(rfc_dcid, 8),
                         FROM_CLIENT, &k) == STATUS_NOMEM;
        assert_int_equal(failed, oom_happened());
        oom_fail_at(0);
        assert_int_equal(failed, k == NULL);
        quic_keys_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_initials_of_the_rfcs_open),
            cmocka_unit_test(packets_of_every_suite_version_and_form_open),
            cmocka_unit_test(the_key_phase_and_the_reserved_bits_are_told),
            cmocka_unit_test(a_changed_bit_anywhere_is_noticed),
            cmocka_unit_test(packets_too_short_are_refused),
            cmocka_unit_test(suites_that_are_none_of_quic_are_missing),
            cmocka_unit_test(initial_keys_take_ids_of_any_length),
            cmocka_unit_test(truncated_numbers_become_whole),
            cmocka_unit_test(numbers_within_half_a_window_are_found_again),
            cmocka_unit_test(the_retries_of_the_rfcs_fit_their_connection_id_only),
            cmocka_unit_test(retries_of_old_drafts_fit_by_the_id_that_they_repeat),
            cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
