/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "capture/tls/hello.h"
#include "tests/capture/tls/certificate_vectors.h"
#include "tests/capture/tls/hello_vectors.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

static uint16_t number_at(struct bytes list, size_t i)
{
    struct bytes rest = bytes_slice(list, 2 * i, list.n);
    uint16_t number = 0;

    assert_true(bytes_take_u16(&rest, &number));
    return number;
}

static void reads_what_chromium_sends(void **state)
{
    struct client_hello h;
    struct bytes rest, key, name;
    uint16_t group;

    (void)state;
    assert_int_equal(hello_read_client(VIEW(chrome_hello), &h), PARSE_DONE);
    assert_false(h.has_malformed);
    assert_int_equal(h.version, 0x0303);
    assert_memory_equal(h.random, chrome_hello + 2, HELLO_RANDOM);
    assert_int_equal(h.session_id.n, 32);
    assert_int_equal(h.suites.n, 2 * 16);
    assert_true(hello_is_grease(number_at(h.suites, 0)));
    assert_int_equal(number_at(h.suites, 1), 0x1301);
    assert_int_equal(h.compressions.n, 1);
    assert_true(bytes_is(h.server_name, "news.example.test"));
    rest = h.alpn;
    assert_true(bytes_take_vec8(&rest, &name) && bytes_is(name, "h2"));
    assert_true(bytes_take_vec8(&rest, &name) && bytes_is(name, "http/1.1"));
    assert_int_equal(rest.n, 0);
    assert_string_equal(hello_group_name(number_at(h.groups, 1)), "X25519MLKEM768");
    rest = h.key_shares;
    assert_true(hello_share_next(&rest, &group, &key));
    assert_true(hello_is_grease(group));
    assert_true(hello_share_next(&rest, &group, &key));
    assert_int_equal(group, 4588);
    assert_int_equal(key.n, 1216);
    assert_true(hello_share_next(&rest, &group, &key));
    assert_int_equal(group, 29);
    assert_int_equal(key.n, 32);
    assert_false(hello_share_next(&rest, &group, &key));
    assert_int_equal(number_at(h.versions, 1), 0x0304);
    assert_int_equal(number_at(h.signatures, 1), 0x0904); /* ML-DSA-44 */
    assert_int_equal(number_at(h.compress_certificate, 0), 2);
    assert_int_equal(h.psk_modes.n, 1);
    assert_int_equal(h.point_formats.n, 1);
    assert_true(
            h.shared.ech && h.extended_master_secret && h.renegotiation_info && h.has_ticket);
    assert_int_equal(h.ticket.n, 0);
    assert_false(h.shared.early_data || h.encrypt_then_mac || h.shared.has_quic_parameters);
    assert_int_equal(h.psk_count, 0);
    assert_int_equal(h.binders_off, 0);
}

static void reads_what_openssl_sends(void **state)
{
    struct client_hello h;

    (void)state;
    assert_int_equal(hello_read_client(VIEW(openssl13_hello), &h), PARSE_DONE);
    assert_true(bytes_is(h.server_name, "news.example.test"));
    assert_true(h.encrypt_then_mac);
    assert_int_equal(hello_read_client(VIEW(openssl12_hello), &h), PARSE_DONE);
    assert_false(h.has_server_name);
    assert_int_equal(h.server_name.n, 0);
    assert_int_equal(h.versions.n, 0);
    assert_int_equal(h.point_formats.n, 3);
}

static void reads_server_hellos(void **state)
{
    struct server_hello h;

    (void)state;
    assert_int_equal(hello_read_server(VIEW(server13_hello), &h), PARSE_DONE);
    assert_int_equal(h.legacy_version, 0x0303);
    assert_int_equal(h.version, 0x0304);
    assert_int_equal(h.suite, 0x1302);
    assert_false(h.retry);
    assert_true(h.has_group);
    assert_int_equal(h.group, 29);
    assert_int_equal(h.key_share.n, 32);
    assert_false(h.has_psk);

    assert_int_equal(hello_read_server(VIEW(retry_hello), &h), PARSE_DONE);
    assert_true(h.retry);
    assert_false(h.has_malformed);
    assert_string_equal(hello_group_name(h.group), "secp384r1");
    assert_int_equal(h.key_share.n, 0);

    assert_int_equal(hello_read_server(VIEW(server12_hello), &h), PARSE_DONE);
    assert_int_equal(h.version, 0x0303);
    assert_int_equal(h.suite, 0xc02f);
    assert_true(bytes_is(h.alpn, "h2"));
    assert_true(h.ticket && h.extended_master_secret && h.renegotiation_info);
    assert_false(h.encrypt_then_mac);
    assert_false(h.has_group);
}

/* An exact copy of the first n bytes: the sanitizer sees a read of one byte too far. */
static uint8_t *exactly(struct bytes b, size_t n)
{
    uint8_t *copy = malloc(n == 0 ? 1 : n);

    assert_non_null(copy);
    if (n != 0)
        memcpy(copy, b.p, n);
    return copy;
}

/* Where the block of extensions begins: a hello may end there (before TLS 1.3). */
static size_t bare_length(struct bytes extensions, struct bytes all)
{
    return (size_t)(extensions.p - all.p) - 2;
}

static void rejects_every_truncation(void **state)
{
    const struct bytes clients[] = {
            VIEW(chrome_hello), VIEW(openssl13_hello), VIEW(openssl12_hello)};
    const struct bytes servers[] = {
            VIEW(server13_hello), VIEW(retry_hello), VIEW(server12_hello)};
    struct client_hello c;
    struct server_hello s;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t bare;

        assert_int_equal(hello_read_client(clients[i], &c), PARSE_DONE);
        bare = bare_length(c.extensions, clients[i]);
        for (size_t n = 0; n < clients[i].n; n++) {
            uint8_t *copy = exactly(clients[i], n);

            memset(&c, 0x5a, sizeof(c));
            assert_int_equal(hello_read_client(bytes_of(copy, n), &c),
                    n == bare ? PARSE_DONE : PARSE_BAD);
            if (n != bare)
                assert_int_equal(c.version, 0x5a5a); /* untouched */
            else
                assert_false(c.has_extensions);
            free(copy);
        }
        assert_int_equal(hello_read_server(servers[i], &s), PARSE_DONE);
        bare = bare_length(s.extensions, servers[i]);
        for (size_t n = 0; n < servers[i].n; n++) {
            uint8_t *copy = exactly(servers[i], n);

            assert_int_equal(hello_read_server(bytes_of(copy, n), &s),
                    n == bare ? PARSE_DONE : PARSE_BAD);
            free(copy);
        }
    }
}

static void rejects_bytes_behind_the_end(void **state)
{
    uint8_t longer[sizeof(openssl13_hello) + 1] = {0};
    struct client_hello h;

    (void)state;
    memcpy(longer, openssl13_hello, sizeof(openssl13_hello));
    assert_int_equal(hello_read_client(VIEW(longer), &h), PARSE_BAD);
}

/* A ClientHello around one block of extensions, given as text with embedded numbers. */
static struct bytes around(struct buf *b, struct bytes extensions)
{
    static const uint8_t front[2 + HELLO_RANDOM + 1 + 4 + 2] = {[0] = 3,
            [1] = 3,
            [2 + HELLO_RANDOM + 1 + 1] = 2,
            [2 + HELLO_RANDOM + 1 + 2] = 0x13,
            [2 + HELLO_RANDOM + 1 + 3] = 1,
            [2 + HELLO_RANDOM + 1 + 4] = 1};
    uint8_t length[2] = {(uint8_t)(extensions.n >> 8), (uint8_t)extensions.n};

    buf_reset(b);
    assert_int_equal(buf_append(b, VIEW(front)), STATUS_OK);
    assert_int_equal(buf_append(b, VIEW(length)), STATUS_OK);
    assert_int_equal(buf_append(b, extensions), STATUS_OK);
    return buf_view(b);
}

static void a_broken_extension_is_named_and_the_rest_stands(void **state)
{
    const struct {
        uint16_t type;
        struct bytes extension;
    } broken[] = {
            {0, BYTES_LITERAL("\0\0\0\7\0\5\0\0\3a.")},          /* cut name */
            {0, BYTES_LITERAL("\0\0\0\010\0\6\0\0\3a\0b")},      /* NUL in the name */
            {0, BYTES_LITERAL("\0\0\0\5\0\3\0\0\0")},            /* empty name */
            {0, BYTES_LITERAL("\0\0\0\12\0\010\0\0\1a\0\0\1b")}, /* two names */
            {0, BYTES_LITERAL("\0\0\0\2\0\0")},                  /* no name */
            {10, BYTES_LITERAL("\0\12\0\3\0\1\1")},              /* odd list of groups */
            {10, BYTES_LITERAL("\0\12\0\2\0\0")},                /* empty list */
            {13, BYTES_LITERAL("\0\15\0\4\0\4\4\3")},            /* longer than the extension */
            {16, BYTES_LITERAL("\0\20\0\4\0\2\2h")},             /* protocol runs over */
            {41, BYTES_LITERAL("\0\51\0\4\0\0\0\0")},            /* no identity */
            {42, BYTES_LITERAL("\0\52\0\1\0")},                  /* early data says something */
            {43, BYTES_LITERAL("\0\53\0\4\3\3\4\0")},            /* odd list of versions */
            {51, BYTES_LITERAL("\0\63\0\5\0\3\0\35\0")},         /* cut share */
            {1, BYTES_LITERAL("\0\1\0\1\5")},                    /* no such code */
            {28, BYTES_LITERAL("\0\34\0\1\1")},                  /* half a number */
            {27, BYTES_LITERAL("\0\33\0\2\1\1")},                /* half an algorithm */
            {23, BYTES_LITERAL("\0\27\0\0\0\27\0\0")},           /* twice */
    };
    struct bytes after = BYTES_LITERAL("\0\26\0\0"); /* encrypt_then_mac */
    struct client_hello h;
    struct buf b, all;

    (void)state;
    buf_init(&b, 4096);
    buf_init(&all, 4096);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        buf_reset(&all);
        assert_int_equal(buf_append(&all, broken[i].extension), STATUS_OK);
        assert_int_equal(buf_append(&all, after), STATUS_OK);
        assert_int_equal(hello_read_client(around(&b, buf_view(&all)), &h), PARSE_DONE);
        assert_true(h.has_malformed);
        assert_int_equal(h.malformed, broken[i].type);
        assert_true(h.encrypt_then_mac);
        assert_false(h.has_server_name || h.shared.early_data || h.psk_count != 0);
        assert_int_equal(h.groups.n + h.signatures.n + h.alpn.n + h.versions.n, 0);
        assert_int_equal(
                h.key_shares.n + h.shared.max_fragment + h.shared.record_size_limit, 0);
    }
    buf_clear(&all);
    buf_clear(&b);
}

static void a_pre_shared_key_gives_its_first_identity_and_what_binders_sign(void **state)
{
    /* Two identities "tick" and "et", ages, one binder of 3 bytes. */
    struct bytes psk = BYTES_LITERAL("\0\51\0\32\0\22\0\4tick\0\0\0\1\0\2et\0\0\0\2\0\4\3abc");
    struct bytes not_last = BYTES_LITERAL("\0\51\0\21\0\13\0\5abcde\0\0\0\1\0\2\1x\0\26\0\0");
    struct client_hello h;
    struct bytes body;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    body = around(&b, psk);
    assert_int_equal(hello_read_client(body, &h), PARSE_DONE);
    assert_false(h.has_malformed);
    assert_int_equal(h.psk_count, 2);
    assert_true(bytes_is(h.psk_identity, "tick"));
    assert_int_equal(h.binders_off, body.n - 6);
    assert_int_equal(hello_read_client(around(&b, not_last), &h), PARSE_DONE);
    assert_true(h.has_malformed);
    assert_int_equal(h.malformed, HELLO_PRE_SHARED_KEY);
    assert_int_equal(h.psk_count, 0);
    buf_clear(&b);
}

static void an_sslv2_hello_gives_version_suites_and_challenge(void **state)
{
    static const uint8_t message[] = {1, 3, 1, 0, 6, 0, 0, 0, 16, 0, 0, 5, 7, 0, 0xc0, 1, 2, 3,
            4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct client_hello h;

    (void)state;
    assert_int_equal(hello_read_sslv2(VIEW(message), &h), PARSE_DONE);
    assert_true(h.sslv2);
    assert_int_equal(h.version, 0x0301);
    assert_int_equal(h.suites.n, 6);
    assert_int_equal(h.random[15], 0);
    assert_memory_equal(h.random + 16, message + 15, 16);
    for (size_t n = 0; n < sizeof(message); n++) {
        uint8_t *copy = exactly(VIEW(message), n);

        assert_int_equal(hello_read_sslv2(bytes_of(copy, n), &h), PARSE_BAD);
        free(copy);
    }
}

static void a_draft_server_hello_has_no_session_id(void **state)
{
    uint8_t message[2 + HELLO_RANDOM + 2 + 2 + 2 + 2 + 2] = {0x7f, 0x12};
    const size_t at = 2 + HELLO_RANDOM;
    struct server_hello h;

    (void)state;
    message[at] = 0x13;
    message[at + 1] = 1;
    message[at + 3] = 6;
    message[at + 5] = HELLO_PRE_SHARED_KEY;
    message[at + 7] = 2;
    message[at + 9] = 7;
    assert_int_equal(hello_read_server(VIEW(message), &h), PARSE_DONE);
    assert_int_equal(h.suite, 0x1301);
    assert_true(h.has_psk);
    assert_int_equal(h.psk, 7);
    assert_int_equal(hello_version_plain(h.version), 0x0304);
    assert_string_equal(hello_version_name(h.version), "TLS 1.3 draft 18");
}

static void encrypted_extensions_tell_what_was_accepted(void **state)
{
    struct bytes body = BYTES_LITERAL("\0\37\0\20\0\5\0\3\2h2\0\52\0\0\0\0\0\0"
                                      "\0\12\0\4\0\2\0\35\0\34\0\2\100\1");
    struct encrypted_extensions e;

    (void)state;
    assert_int_equal(hello_read_encrypted(body, &e), PARSE_DONE);
    assert_false(e.has_malformed);
    assert_true(bytes_is(e.alpn, "h2"));
    assert_true(e.shared.early_data && e.server_name);
    assert_int_equal(e.shared.record_size_limit, 0x4001);
    assert_int_equal(number_at(e.groups, 0), 29);
    for (size_t n = 0; n < body.n; n++) {
        uint8_t *copy = exactly(body, n);

        assert_int_equal(hello_read_encrypted(bytes_of(copy, n), &e), PARSE_BAD);
        free(copy);
    }
}

static void server_key_exchanges_split_into_what_is_signed_and_by_what(void **state)
{
    const struct {
        struct bytes body;
        enum key_exchange_kind kind;
        uint16_t version, group, scheme;
        size_t bits, params;
    } cases[] = {
            {VIEW(rsa12_exchange), KEY_EXCHANGE_ECDHE, 0x0303, 29, 0x0804, 0, 36},
            {VIEW(ec12_exchange), KEY_EXCHANGE_ECDHE, 0x0303, 29, 0x0403, 0, 36},
            {VIEW(rsa10_exchange), KEY_EXCHANGE_ECDHE, 0x0301, 29, 0, 0, 36},
            {VIEW(dhe12_exchange), KEY_EXCHANGE_DHE, 0x0303, 0, 0x0804, 1024, 263},
    };
    struct key_exchange e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
                hello_read_key_exchange(cases[i].body, cases[i].kind, cases[i].version, &e),
                PARSE_DONE);
        assert_true(e.is_signed);
        assert_int_equal(e.params.n, cases[i].params);
        assert_int_equal(e.group, cases[i].group);
        assert_int_equal(e.scheme, cases[i].scheme);
        assert_int_equal(e.bits, cases[i].bits);
        for (size_t n = 0; n < cases[i].body.n; n++) {
            uint8_t *copy = exactly(cases[i].body, n);

            assert_int_equal(hello_read_key_exchange(
                                     bytes_of(copy, n), cases[i].kind, cases[i].version, &e),
                    n == cases[i].params ? PARSE_DONE : PARSE_BAD);
            if (n == cases[i].params)
                assert_false(e.is_signed); /* anonymous */
            free(copy);
        }
    }
    assert_int_equal(
            hello_read_key_exchange(BYTES_LITERAL("\1\0"), KEY_EXCHANGE_ECDHE, 0x0303, &e),
            PARSE_UNSUPPORTED);
}

static void names_and_grease_are_known(void **state)
{
    size_t grease = 0;

    (void)state;
    for (unsigned i = 0; i <= UINT16_MAX; i++)
        grease += hello_is_grease((uint16_t)i);
    assert_int_equal(grease, 16);
    assert_true(hello_is_grease(0x0a0a) && hello_is_grease(0xfafa));
    assert_string_equal(hello_group_name(29), "x25519");
    assert_string_equal(hello_group_name(4587), "SecP256r1MLKEM768");
    assert_string_equal(hello_group_name(4589), "SecP384r1MLKEM1024");
    assert_string_equal(hello_group_name(513), "MLKEM768");
    assert_null(hello_group_name(0x0a0a));
    assert_string_equal(hello_version_name(0x0304), "TLS 1.3");
    assert_null(hello_version_name(0));
    assert_int_equal(hello_version_plain(0x0303), 0x0303);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_what_chromium_sends),
            cmocka_unit_test(reads_what_openssl_sends),
            cmocka_unit_test(reads_server_hellos),
            cmocka_unit_test(rejects_every_truncation),
            cmocka_unit_test(rejects_bytes_behind_the_end),
            cmocka_unit_test(a_broken_extension_is_named_and_the_rest_stands),
            cmocka_unit_test(a_pre_shared_key_gives_its_first_identity_and_what_binders_sign),
            cmocka_unit_test(an_sslv2_hello_gives_version_suites_and_challenge),
            cmocka_unit_test(a_draft_server_hello_has_no_session_id),
            cmocka_unit_test(encrypted_extensions_tell_what_was_accepted),
            cmocka_unit_test(server_key_exchanges_split_into_what_is_signed_and_by_what),
            cmocka_unit_test(names_and_grease_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
