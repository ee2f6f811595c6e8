/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "capture/tls/fingerprint.h"
#include "tests/capture/tls/hello_vectors.h"
#include "tests/support/oom.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

static struct client_hello client(struct bytes body)
{
    struct client_hello h;

    assert_int_equal(hello_read_client(body, &h), PARSE_DONE);
    return h;
}

/* The expected values were computed from the same bytes by a script of its own. */
static void real_hellos_have_their_ja3(void **state)
{
    static const char chrome[] = "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-"
                                 "49171-49172-156-157-47-53,5-27-11-17613-45-0-23-43-13-"
                                 "51764-18-51-35-10-16-65037-65281,4588-29-23-24,0";
    const struct {
        struct bytes body;
        const char *md5;
    } cases[] = {
            {VIEW(chrome_hello), "60a62bf1d2fd6b6948323f661d52cc06"},
            {VIEW(openssl13_hello), "6dfd110ecec56cf3479112379fa202ad"},
            {VIEW(openssl12_hello), "fbe7e189e37a07ee33706f86bc746344"},
    };
    struct arena *a = arena_new(1 << 20);
    const char *text, *md5;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client_hello h = client(cases[i].body);

        assert_true(fingerprint_ja3(&h, a, &text, &md5));
        assert_string_equal(md5, cases[i].md5);
        if (i == 0)
            assert_string_equal(text, chrome);
    }
    arena_free(a);
}

static void a_real_server_hello_has_its_ja3s(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const char *text, *md5;
    struct server_hello h;

    (void)state;
    assert_int_equal(hello_read_server(VIEW(server12_hello), &h), PARSE_DONE);
    assert_true(fingerprint_ja3s(&h, a, &text, &md5));
    assert_string_equal(text, "771,49199,65281-11-35-16-23");
    assert_string_equal(md5, "4ef1b297bb817d8212165a86308bac5f");
    arena_free(a);
}

static void real_hellos_have_their_ja4(void **state)
{
    const struct {
        struct bytes body;
        const char *ja4;
    } cases[] = {
            {VIEW(chrome_hello), "t13d1517h2_8daaf6152771_cb7bf5808d99"},
            {VIEW(openssl13_hello), "t13d3112h2_e8f1e7e78f70_f6eeaf393d2e"},
            {VIEW(openssl12_hello), "t12i280600_d943125447b4_e7e480e5a997"},
    };
    struct arena *a = arena_new(1 << 20);
    const char *ja4;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client_hello h = client(cases[i].body);

        assert_true(fingerprint_ja4(&h, FINGERPRINT_TCP, a, &ja4));
        assert_string_equal(ja4, cases[i].ja4);
        assert_true(fingerprint_ja4(&h, FINGERPRINT_QUIC, a, &ja4));
        assert_string_equal(ja4 + 1, cases[i].ja4 + 1);
        assert_int_equal(ja4[0], 'q');
    }
    arena_free(a);
}

/* Writes numbers given in hexadecimal, "1301,1302", as u16s; returns how many. */
static size_t put_numbers(struct buf *b, const char *text)
{
    struct bytes rest = bytes_text(text), word;
    uint64_t number;
    size_t n = 0;

    while (rest.n != 0) {
        if (!bytes_take_until(&rest, ',', &word)) {
            word = rest;
            rest.n = 0;
        }
        assert_true(bytes_hex(word, &number));
        assert_int_equal(buf_append_u8(b, (uint8_t)(number >> 8)), STATUS_OK);
        assert_int_equal(buf_append_u8(b, (uint8_t)number), STATUS_OK);
        n++;
    }
    return n;
}

static void put_u16(struct buf *b, size_t number)
{
    assert_int_equal(buf_append_u8(b, (uint8_t)(number >> 8)), STATUS_OK);
    assert_int_equal(buf_append_u8(b, (uint8_t)number), STATUS_OK);
}

/* A ClientHello for JA4's terms; extensions but the four with meaning are empty. */
static struct bytes build(struct buf *b, const char *suites, const char *types,
        const char *signatures, struct bytes alpn)
{
    struct buf list, one, exts;
    struct bytes rest;
    uint16_t type;

    buf_init(&list, 4096);
    buf_init(&one, 4096);
    buf_init(&exts, 4096);
    (void)put_numbers(&list, types);
    rest = buf_view(&list);
    while (bytes_take_u16(&rest, &type)) {
        buf_reset(&one);
        if (type == HELLO_SIGNATURE_ALGORITHMS) {
            put_u16(&one, (strlen(signatures) + 1) / 5 * 2);
            (void)put_numbers(&one, signatures);
        } else if (type == HELLO_ALPN) {
            put_u16(&one, alpn.n + 1);
            assert_int_equal(buf_append_u8(&one, (uint8_t)alpn.n), STATUS_OK);
            assert_int_equal(buf_append(&one, alpn), STATUS_OK);
        } else if (type == HELLO_SUPPORTED_VERSIONS) {
            assert_int_equal(buf_append(&one, BYTES_LITERAL("\6\xfa\xfa\3\4\3\3")), STATUS_OK);
        }
        put_u16(&exts, type);
        put_u16(&exts, one.n);
        assert_int_equal(buf_append(&exts, buf_view(&one)), STATUS_OK);
    }
    buf_reset(b);
    put_u16(b, 0x0303);
    for (int i = 0; i < HELLO_RANDOM + 1; i++)
        assert_int_equal(buf_append_u8(b, 0), STATUS_OK);
    put_u16(b, (strlen(suites) + 1) / 5 * 2);
    (void)put_numbers(b, suites);
    put_u16(b, 0x0100);
    put_u16(b, exts.n);
    assert_int_equal(buf_append(b, buf_view(&exts)), STATUS_OK);
    buf_clear(&list);
    buf_clear(&one);
    buf_clear(&exts);
    return buf_view(b);
}

static const char suites[] =
        "2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035";
static const char types[] = "1a1a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,"
                            "ff01,000b,000a,0015";

static void the_published_example_of_ja4_comes_out(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct client_hello h;
    const char *ja4;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    h = client(build(
            &b, suites, types, "0403,0804,0401,0503,0805,0501,0806,0601", BYTES_LITERAL("h2")));
    assert_true(fingerprint_ja4(&h, FINGERPRINT_TCP, a, &ja4));
    assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_true(fingerprint_ja4_raw(&h, FINGERPRINT_TCP, a, &ja4));
    assert_string_equal(ja4,
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,"
            "cca9_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,"
            "0804,0401,0503,0805,0501,0806,0601");
    /* Without signature algorithms the text that is hashed has no second list. */
    h.signatures.n = 0;
    assert_true(fingerprint_ja4(&h, FINGERPRINT_TCP, a, &ja4));
    assert_string_equal(ja4, "t13d1516h2_8daaf6152771_6d807ffa2a79");
    buf_clear(&b);
    arena_free(a);
}

static void ja4_shows_the_ends_of_the_first_protocol(void **state)
{
    const struct {
        struct bytes alpn;
        const char *mark;
    } cases[] = {
            {BYTES_LITERAL("http/1.1"), "h1"},
            {BYTES_LITERAL("x"), "xx"},
            {BYTES_LITERAL("\xab"), "ab"},
            {BYTES_LITERAL("\xab\xcd"), "ad"},
            {BYTES_LITERAL("\x30\xab"), "3b"},
            {BYTES_LITERAL("\x30\x31\xab\xcd"), "3d"},
            {BYTES_LITERAL("\x30\xab\xcd\x31"), "01"},
    };
    struct arena *a = arena_new(1 << 20);
    struct client_hello h;
    const char *ja4;
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        h = client(build(&b, "1301", "0010", "", cases[i].alpn));
        assert_true(fingerprint_ja4(&h, FINGERPRINT_TCP, a, &ja4));
        assert_memory_equal(ja4 + 8, cases[i].mark, 2);
        /* Only ALPN was there: nothing is left to hash. */
        assert_string_equal(ja4 + 24, "000000000000");
    }
    buf_clear(&b);
    arena_free(a);
}

static void an_sslv2_hello_has_no_fingerprint(void **state)
{
    struct client_hello h = {.sslv2 = true};
    const char *one = "x", *two = "x";

    (void)state;
    assert_true(fingerprint_ja3(&h, NULL, &one, &two));
    assert_null(one);
    assert_null(two);
    one = "x";
    assert_true(fingerprint_ja4(&h, FINGERPRINT_TCP, NULL, &one));
    assert_null(one);
}

static void each_failing_allocation_leaves_the_outputs_alone(void **state)
{
    struct client_hello h = client(VIEW(chrome_hello));

    (void)state;
    for (long n = 1;; n++) {
        struct arena *a = arena_new(1 << 20);
        const char *text = NULL, *md5 = NULL, *ja4 = NULL;
        bool good, failed;

        oom_fail_at(n);
        good = fingerprint_ja3(&h, a, &text, &md5);
        assert_int_equal(good, text != NULL && md5 != NULL);
        assert_true(good || (text == NULL && md5 == NULL));
        if (good) {
            good = fingerprint_ja4(&h, FINGERPRINT_TCP, a, &ja4);
            assert_int_equal(good, ja4 != NULL);
        }
        failed = oom_happened();
        oom_fail_at(0);
        arena_free(a);
        assert_int_equal(good, !failed);
        if (!failed)
            break;
        assert_true(n < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(real_hellos_have_their_ja3),
            cmocka_unit_test(a_real_server_hello_has_its_ja3s),
            cmocka_unit_test(real_hellos_have_their_ja4),
            cmocka_unit_test(the_published_example_of_ja4_comes_out),
            cmocka_unit_test(ja4_shows_the_ends_of_the_first_protocol),
            cmocka_unit_test(an_sslv2_hello_has_no_fingerprint),
            cmocka_unit_test(each_failing_allocation_leaves_the_outputs_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
