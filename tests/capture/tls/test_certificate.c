/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "capture/tls/certificate.h"
#include "tests/capture/tls/certificate_vectors.h"
#include "tests/support/oom.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

enum { ARENA = 8 << 20 };

static void put_u24(struct buf *b, size_t n)
{
    assert_int_equal(buf_append_u8(b, (uint8_t)(n >> 16)), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)(n >> 8)), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)n), STATUS_OK);
}

/* A Certificate message of TLS 1.2 with `count` times the same certificate. */
static void build(struct buf *b, struct bytes der, size_t count)
{
    buf_init(b, 8 << 20);
    put_u24(b, count * (der.n + 3));
    for (size_t i = 0; i < count; i++) {
        put_u24(b, der.n);
        assert_int_equal(buf_append(b, der), STATUS_OK);
    }
}

static void reads_what_a_certificate_states(void **state)
{
    static const char name[] =
            "CN=news.example.test,O=\xe7\xa4\xba\xe4\xbe\x8b\xe5\x85\xac\xe5\x8f\xb8,C=CN";
    struct arena *a = arena_new(ARENA);
    struct certificate_list list;
    const struct certificate *c;
    char hex[SHA256_TEXT];
    struct buf b;

    (void)state;
    build(&b, VIEW(rsa_der), 2);
    assert_int_equal(certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    buf_clear(&b); /* nothing borrows from the message */
    assert_int_equal(list.n, 2);
    assert_false(list.cut);
    c = &list.at[0];
    assert_true(bytes_equal(c->der, VIEW(rsa_der)));
    digest_hex(bytes_of(c->sha256, SHA256_BYTES), hex);
    assert_string_equal(
            hex, "25d8abca3d463ada34f4487b704ebb03549d0c4f3173c6dcb3d5b7b637df0397");
    assert_string_equal(c->subject, name);
    assert_string_equal(c->issuer, name);
    assert_string_equal(c->serial, "0102030405abcdef");
    assert_int_equal(c->not_before, 1795294563);
    assert_int_equal(c->not_after, 4948894563);
    assert_int_equal(c->name_count, 4);
    assert_string_equal(c->names[0], "news.example.test");
    assert_string_equal(c->names[1], "*.cdn.example.test");
    assert_string_equal(c->names[2], "192.0.2.7");
    assert_string_equal(c->names[3], "2001:db8::1");
    arena_free(a);
}

static void both_forms_of_the_message_are_read_and_no_truncation_is(void **state)
{
    const struct {
        struct bytes body;
        enum certificate_form form;
    } cases[] = {
            {VIEW(certificate12), CERTIFICATE_TLS12},
            {VIEW(certificate13), CERTIFICATE_TLS13},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arena *a = arena_new(ARENA);
        struct certificate_list list = {0};

        for (size_t n = 0; n < cases[i].body.n; n++) {
            uint8_t *copy = malloc(n == 0 ? 1 : n);

            assert_non_null(copy);
            memcpy(copy, cases[i].body.p, n);
            assert_int_equal(
                    certificate_read(bytes_of(copy, n), cases[i].form, a, &list), PARSE_BAD);
            assert_null(list.at);
            free(copy);
        }
        assert_int_equal(certificate_read(cases[i].body, cases[i].form, a, &list), PARSE_DONE);
        assert_int_equal(list.n, 1);
        assert_true(bytes_equal(list.at[0].der, VIEW(ec_der)));
        assert_int_equal(certificate_read(cases[i].body,
                                 i == 0 ? CERTIFICATE_TLS13 : CERTIFICATE_TLS12, a, &list),
                PARSE_BAD);
        arena_free(a);
    }
}

static void an_empty_list_is_a_list(void **state)
{
    struct arena *a = arena_new(ARENA);
    struct certificate_list list = {.n = 9};

    (void)state;
    assert_int_equal(
            certificate_read(BYTES_LITERAL("\0\0\0"), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    assert_int_equal(list.n, 0);
    assert_int_equal(certificate_read(BYTES_LITERAL("\2ab\0\0\0"), CERTIFICATE_TLS13, a, &list),
            PARSE_DONE);
    assert_true(bytes_is(list.context, "ab"));
    arena_free(a);
}

static void an_unreadable_certificate_keeps_its_bytes(void **state)
{
    struct arena *a = arena_new(ARENA);
    struct certificate_list list;
    uint8_t digest[DIGEST_MOST];
    struct buf b;

    (void)state;
    build(&b, BYTES_LITERAL("not DER"), 1);
    assert_int_equal(certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    assert_int_equal(list.n, 1);
    assert_true(bytes_is(list.at[0].der, "not DER"));
    assert_true(digest_once(DIGEST_SHA256, list.at[0].der, digest));
    assert_memory_equal(list.at[0].sha256, digest, SHA256_BYTES);
    assert_null(list.at[0].subject);
    assert_int_equal(list.at[0].name_count, 0);
    assert_int_equal(certificate_check_transcript(&list.at[0], FROM_SERVER,
                             BYTES_LITERAL("\4\3\0\1x"), VIEW(transcript)),
            VERIFY_UNCHECKED);
    buf_clear(&b);
    arena_free(a);
}

/* Puts `text` in place of the last bytes of the first DNS name of rsa_der. */
static void replace_name(uint8_t *der, const char *text, size_t n)
{
    size_t at;

    memcpy(der, rsa_der, sizeof(rsa_der));
    assert_true(bytes_find(
            bytes_of(der, sizeof(rsa_der)), BYTES_LITERAL("*.cdn.example.test"), 0, &at));
    memcpy(der + at, text, n);
}

static void hostile_names_are_shown_and_do_nothing(void **state)
{
    struct arena *a = arena_new(ARENA);
    uint8_t der[sizeof(rsa_der)];
    struct certificate_list list;
    struct buf b;

    (void)state;
    replace_name(der, "a\0b\x1b\n\\\xff", 7);
    build(&b, VIEW(der), 1);
    assert_int_equal(certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    assert_string_equal(list.at[0].names[1], "a\\00b\\1B\\0A\\5C\\FFxample.test");
    buf_clear(&b);
    replace_name(der, "\xe7\xa4\xba", 3);
    build(&b, VIEW(der), 1);
    assert_int_equal(certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    assert_string_equal(list.at[0].names[1], "\xe7\xa4\xba"
                                             "dn.example.test");
    buf_clear(&b);
    arena_free(a);
}

static void long_chains_and_large_messages_meet_their_caps(void **state)
{
    struct arena *a = arena_new(ARENA);
    struct certificate_list list = {0};
    struct buf b;

    (void)state;
    build(&b, VIEW(ec_der), CERTIFICATE_CHAIN_MOST + 1);
    assert_int_equal(certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_DONE);
    assert_int_equal(list.n, CERTIFICATE_CHAIN_MOST);
    assert_true(list.cut);
    buf_clear(&b);
    build(&b, VIEW(ec_der), CERTIFICATE_MESSAGE_MOST / sizeof(ec_der) + 1);
    assert_int_equal(
            certificate_read(buf_view(&b), CERTIFICATE_TLS12, a, &list), PARSE_UNSUPPORTED);
    buf_clear(&b);
    arena_free(a);
    a = arena_new(400); /* smaller than the certificate */
    list.at = NULL;
    assert_int_equal(certificate_read(VIEW(certificate12), CERTIFICATE_TLS12, a, &list),
            PARSE_UNSUPPORTED);
    assert_null(list.at);
    arena_free(a);
}

static void compressed_certificates_come_out(void **state)
{
    const struct bytes packed[] = {
            VIEW(compressed_zlib), VIEW(compressed_brotli), VIEW(compressed_zstd)};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(buf_text(&out, "front"), STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        uint8_t copy[1024];

        assert_int_equal(certificate_unpack(packed[i], &out), PARSE_DONE);
        assert_true(bytes_equal(bytes_slice(buf_view(&out), 5, out.n), VIEW(certificate13)));
        out.n = 5;
        for (size_t n = 0; n < packed[i].n; n++)
            assert_int_equal(certificate_unpack(bytes_slice(packed[i], 0, n), &out), PARSE_BAD);
        for (int off = -1; off <= 1; off += 2) { /* another length than it says */
            memcpy(copy, packed[i].p, packed[i].n);
            copy[4] = (uint8_t)(copy[4] + off);
            assert_int_equal(certificate_unpack(bytes_of(copy, packed[i].n), &out), PARSE_BAD);
        }
        memcpy(copy, packed[i].p, packed[i].n);
        copy[1] = 9;
        assert_int_equal(
                certificate_unpack(bytes_of(copy, packed[i].n), &out), PARSE_UNSUPPORTED);
        copy[1] = packed[i].p[1];
        copy[2] = 0xff; /* 16 MiB */
        assert_int_equal(
                certificate_unpack(bytes_of(copy, packed[i].n), &out), PARSE_UNSUPPORTED);
        assert_true(bytes_is(buf_view(&out), "front"));
    }
    buf_clear(&out);
    buf_init(&out, 100);
    assert_int_equal(certificate_unpack(packed[0], &out), PARSE_UNSUPPORTED);
    buf_clear(&out);
}

/* CertificateVerify with the scheme and the signature. */
static struct bytes verify_body(
        struct buf *b, uint16_t scheme, struct bytes signature, size_t flip)
{
    buf_reset(b);
    assert_int_equal(buf_append_u8(b, (uint8_t)(scheme >> 8)), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)scheme), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)(signature.n >> 8)), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)signature.n), STATUS_OK);
    assert_int_equal(buf_append(b, signature), STATUS_OK);
    if (flip != 0)
        b->p[3 + flip] ^= 1;
    return buf_view(b);
}

static void tls13_signatures_of_every_kind_are_checked(void **state)
{
    const struct {
        struct bytes der, signature;
        uint16_t scheme;
    } cases[] = {
            {VIEW(rsa_der), VIEW(rsa_signature), 0x0804},
            {VIEW(pss_der), VIEW(pss_signature), 0x080a},
            {VIEW(ec_der), VIEW(ec_signature), 0x0403},
            {VIEW(bp_der), VIEW(bp_signature), 0x081a},
            {VIEW(ed25519_der), VIEW(ed25519_signature), 0x0807},
            {VIEW(ed448_der), VIEW(ed448_signature), 0x0808},
            {VIEW(sm2_der), VIEW(sm2_signature), 0x0708},
    };
    struct bytes hash = VIEW(transcript);
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct certificate leaf = {.der = cases[i].der};
        uint8_t other[sizeof(transcript)];
        struct bytes body = verify_body(&b, cases[i].scheme, cases[i].signature, 0);

        assert_int_equal(
                certificate_check_transcript(&leaf, FROM_SERVER, body, hash), VERIFY_GOOD);
        assert_int_equal(
                certificate_check_transcript(&leaf, FROM_CLIENT, body, hash), VERIFY_WRONG);
        memcpy(other, transcript, sizeof(other));
        other[31] ^= 0x80;
        assert_int_equal(certificate_check_transcript(&leaf, FROM_SERVER, body, VIEW(other)),
                VERIFY_WRONG);
        body = verify_body(&b, cases[i].scheme, cases[i].signature, cases[i].signature.n);
        assert_int_equal(
                certificate_check_transcript(&leaf, FROM_SERVER, body, hash), VERIFY_WRONG);
        /* ML-DSA-65, which OpenSSL 3.0 does not know. */
        body = verify_body(&b, 0x0905, cases[i].signature, 0);
        assert_int_equal(
                certificate_check_transcript(&leaf, FROM_SERVER, body, hash), VERIFY_UNCHECKED);
        body = verify_body(&b, cases[i].scheme, cases[i].signature, 0);
        for (size_t n = 0; n < body.n; n++)
            assert_int_equal(certificate_check_transcript(
                                     &leaf, FROM_SERVER, bytes_slice(body, 0, n), hash),
                    VERIFY_UNCHECKED);
        leaf.der = i == 0 ? VIEW(ec_der) : VIEW(rsa_der);
        assert_int_equal(
                certificate_check_transcript(&leaf, FROM_SERVER, body, hash), VERIFY_WRONG);
    }
    buf_clear(&b);
}

static void older_handshakes_are_checked_by_their_key_exchange(void **state)
{
    const struct {
        struct bytes der, body;
        const uint8_t *client_random, *server_random;
        enum key_exchange_kind kind;
        uint16_t version;
    } cases[] = {
            {VIEW(rsa_der), VIEW(rsa12_exchange), rsa12_client_random, rsa12_server_random,
                    KEY_EXCHANGE_ECDHE, 0x0303},
            {VIEW(ec_der), VIEW(ec12_exchange), ec12_client_random, ec12_server_random,
                    KEY_EXCHANGE_ECDHE, 0x0303},
            {VIEW(rsa_der), VIEW(dhe12_exchange), dhe12_client_random, dhe12_server_random,
                    KEY_EXCHANGE_DHE, 0x0303},
            {VIEW(rsa_der), VIEW(rsa10_exchange), rsa10_client_random, rsa10_server_random,
                    KEY_EXCHANGE_ECDHE, 0x0301},
            {VIEW(ec_der), VIEW(ec10_exchange), ec10_client_random, ec10_server_random,
                    KEY_EXCHANGE_ECDHE, 0x0301},
    };
    struct key_exchange e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct certificate leaf = {.der = cases[i].der};

        assert_int_equal(
                hello_read_key_exchange(cases[i].body, cases[i].kind, cases[i].version, &e),
                PARSE_DONE);
        assert_int_equal(certificate_check_exchange(&leaf, cases[i].version,
                                 cases[i].client_random, cases[i].server_random, &e),
                VERIFY_GOOD);
        assert_int_equal(certificate_check_exchange(&leaf, cases[i].version,
                                 cases[i].server_random, cases[i].client_random, &e),
                VERIFY_WRONG);
        leaf.der = VIEW(pss_der); /* another key */
        assert_int_not_equal(certificate_check_exchange(&leaf, cases[i].version,
                                     cases[i].client_random, cases[i].server_random, &e),
                VERIFY_GOOD);
        e.is_signed = false;
        assert_int_equal(certificate_check_exchange(&leaf, cases[i].version,
                                 cases[i].client_random, cases[i].server_random, &e),
                VERIFY_NOT_SEEN);
    }
}

static void each_failing_allocation_is_unsupported_or_unchecked(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct arena *a = arena_new(ARENA);
        struct certificate_list list = {0};
        enum parse read, unpacked;
        bool failed;
        struct buf out;

        buf_init(&out, 4096);
        oom_fail_at(n);
        unpacked = certificate_unpack(VIEW(compressed_brotli), &out);
        read = certificate_read(VIEW(certificate13), CERTIFICATE_TLS13, a, &list);
        failed = oom_happened();
        oom_fail_at(0);
        assert_true(unpacked == PARSE_DONE ? out.n == sizeof(certificate13)
                                           : unpacked == PARSE_UNSUPPORTED && out.n == 0);
        assert_true(read == PARSE_DONE ? list.n == 1
                                       : read == PARSE_UNSUPPORTED && list.at == NULL);
        arena_free(a);
        buf_clear(&out);
        assert_int_equal(failed, read != PARSE_DONE || unpacked != PARSE_DONE);
        if (!failed)
            break;
        assert_true(n < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_what_a_certificate_states),
            cmocka_unit_test(both_forms_of_the_message_are_read_and_no_truncation_is),
            cmocka_unit_test(an_empty_list_is_a_list),
            cmocka_unit_test(an_unreadable_certificate_keeps_its_bytes),
            cmocka_unit_test(hostile_names_are_shown_and_do_nothing),
            cmocka_unit_test(long_chains_and_large_messages_meet_their_caps),
            cmocka_unit_test(compressed_certificates_come_out),
            cmocka_unit_test(tls13_signatures_of_every_kind_are_checked),
            cmocka_unit_test(older_handshakes_are_checked_by_their_key_exchange),
            cmocka_unit_test(each_failing_allocation_is_unsupported_or_unchecked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
