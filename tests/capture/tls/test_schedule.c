/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: RFC 8448 section 3, the TLS 1.2 PRF vector of the IETF TLS list; the rest was
 * computed with `openssl kdf` and with Python's hashlib and cryptography. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/digest.h"
#include "capture/tls/schedule.h"
#include "tests/support/hex.h"
#include "tests/support/oom.h"

static void expect_hex(const uint8_t *got, const char *hex)
{
    char text[512];

    digest_hex(bytes_of(got, strlen(hex) / 2), text);
    assert_string_equal(text, hex);
}

static void counting(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)i;
}

static void hmac_takes_keys_of_any_length(void **state)
{
    uint8_t key[200], out[HASH_MOST];
    const struct bytes parts[2] = {BYTES_LITERAL("abc"), BYTES_LITERAL("def")};
    struct hash_mac *mac;

    (void)state;
    memset(key, 'k', sizeof(key));
    mac = hash_mac_new(HASH_SHA384, bytes_of(key, sizeof(key)));
    for (int i = 0; i < 2; i++) {
        assert_true(hash_mac(mac, parts, 2, out));
        expect_hex(out, "4647574070385fe67d783958b7c0d070220d63ee5fe15d4497bd41f3a5bf4223"
                        "4ea72b587b39b5994ee8d2d6f0995cb8");
    }
    hash_mac_free(mac);
    mac = hash_mac_new(HASH_MD5, BYTES_LITERAL("key"));
    assert_true(hash_mac(mac, parts, 0, out));
    expect_hex(out, "63530468a04e386459855da0063b6596");
    hash_mac_free(mac);
}

static void the_prf_of_tls12_gives_the_known_vector(void **state)
{
    uint8_t secret[16], seed[16], out[100];

    (void)state;
    assert_true(schedule_prf(VERSION_TLS12, HASH_SHA256,
            from_hex("9bbe436ba940f017b17652849a71db35", secret), "test label",
            from_hex("a0ba9f936cda311827a6f796ffd5198c", seed), bytes_of(NULL, 0), out, 100));
    expect_hex(out, "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
                    "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
                    "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
                    "87347b66");
}

static void each_version_has_its_prf(void **state)
{
    const struct bytes a = BYTES_LITERAL("ab"), b = BYTES_LITERAL("cd");
    uint8_t secret[48], one[32], two[48];

    (void)state;
    counting(secret, sizeof(secret));
    /* An odd length: both halves share the byte in the middle. */
    assert_true(schedule_prf(
            VERSION_TLS10, HASH_SHA256, bytes_of(secret, 17), "test", a, b, one, 32));
    expect_hex(one, "b59fb0152987a8eeaa59ce01005758b523d736aa0dddb55cb02624d74744dafd");
    assert_true(schedule_prf(
            VERSION_TLS11, HASH_SHA384, bytes_of(secret, 17), "test", a, b, one, 32));
    expect_hex(one, "b59fb0152987a8eeaa59ce01005758b523d736aa0dddb55cb02624d74744dafd");
    assert_true(schedule_prf(
            VERSION_TLS12, HASH_SHA384, bytes_of(secret, 17), "test", a, b, two, 48));
    expect_hex(two, "343ad6925ef1fe7872a21def537604802e424012a86af4630e3894c2bcd9731c"
                    "513351d8c345145361bec043ab39d0c9");
    assert_true(
            schedule_prf(VERSION_TLCP, HASH_SM3, bytes_of(secret, 2), "test", a, b, two, 40));
    expect_hex(two, "3182f9a2b3d8184ca9589461c2fe481bcd9497ff3327e59d7c64c4e90a7776e1"
                    "7b83d014c0db0c59");
}

static void ssl3_makes_its_master_secret_of_letters(void **state)
{
    uint8_t premaster[48], client[32], server[32], out[SCHEDULE_MASTER];

    (void)state;
    counting(premaster, sizeof(premaster));
    memset(client, 1, sizeof(client));
    memset(server, 2, sizeof(server));
    assert_true(schedule_master(
            VERSION_SSL3, HASH_SHA256, bytes_of(premaster, 48), client, server, out));
    expect_hex(out, "a4e5ffa851fbc6e4fa57740dc361a9b26216521f5c44828c1d8da63b06e36db1"
                    "dba5c7572ff41af0767beadcdc997bec");
}

static void tls13_derives_keys_as_rfc8448_shows(void **state)
{
    uint8_t raw[32], long_secret[48], next[HASH_MOST], more[100];
    struct bytes secret =
            from_hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21", raw);
    struct schedule_keys keys;

    (void)state;
    assert_true(schedule_traffic(VERSION_TLS13, suite_find(0x1301), secret, &keys));
    assert_int_equal(keys.key_length, 16);
    expect_hex(keys.key, "dbfaa693d1762c5b666af5d950258d01");
    expect_hex(keys.iv, "5bd3c71b836e0b76bb73265f");
    assert_true(schedule_update(VERSION_TLS13, suite_find(0x1301), secret, next));
    expect_hex(next, "7c1b48380af13a741e2e8b2f6ab3defd71d3b82a83107f8e21289cc8384dfbe7");
    counting(long_secret, sizeof(long_secret));
    secret = bytes_of(long_secret, sizeof(long_secret));
    assert_true(schedule_traffic(VERSION_TLS13, suite_find(0x1302), secret, &keys));
    expect_hex(keys.key, "6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225");
    expect_hex(keys.iv, "42822531a0fe88648fc09e9f");
    assert_true(schedule_update(VERSION_TLS13, suite_find(0x1302), secret, next));
    expect_hex(next, "401331b63e9d59f202e8f041042d9516f4cd7fa2e2ee14631d3b49fc340d7af3"
                     "7fc2c0c9f252d8036f81ec5b85cbe5db");
    assert_true(schedule_expand(HASH_SHA384, secret, "tls13 ", "finished",
            BYTES_LITERAL("context"), more, sizeof(more)));
    expect_hex(more, "f3b475257a5fd86516fdc287254e5fcc26b329720f02da37722fb779848aba29"
                     "70d6cff418d81be36169f11d20e370af7b21ed81c3b9ffff64f77111618828ae"
                     "c7d70c90d4c94a72610563a3465620c1a243ca6debc95e6554a98aca122cd759"
                     "ad3ab596");
    assert_string_equal(schedule_prefix(0x7f14), "tls13 ");
    assert_string_equal(schedule_prefix(0x7f13), "TLS 1.3, ");
}

static void labels_and_contexts_too_long_are_refused(void **state)
{
    char label[SCHEDULE_LABEL_MOST + 2];
    uint8_t secret[32] = {0}, out[16], context[HASH_MOST + 1] = {0};

    (void)state;
    memset(label, 'x', sizeof(label));
    label[sizeof(label) - 1] = '\0';
    assert_false(schedule_expand(
            HASH_SHA256, bytes_of(secret, 32), "", label, bytes_of(NULL, 0), out, sizeof(out)));
    assert_false(schedule_expand(HASH_SHA256, bytes_of(secret, 32), "tls13 ", "key",
            bytes_of(context, sizeof(context)), out, sizeof(out)));
}

static void the_key_block_is_dealt_in_order(void **state)
{
    uint8_t master[48] = {5}, client[32] = {1}, server[32] = {2}, block[104];
    struct schedule_keys keys[2];

    (void)state;
    assert_true(schedule_prf(VERSION_TLS10, HASH_SHA256, bytes_of(master, 48), "key expansion",
            bytes_of(server, 32), bytes_of(client, 32), block, 104));
    assert_true(schedule_key_block(
            VERSION_TLS10, suite_find(0x002f), bytes_of(master, 48), client, server, keys));
    assert_memory_equal(keys[0].mac, block, 20);
    assert_memory_equal(keys[1].mac, block + 20, 20);
    assert_memory_equal(keys[0].key, block + 40, 16);
    assert_memory_equal(keys[1].key, block + 56, 16);
    assert_memory_equal(keys[0].iv, block + 72, 16);
    assert_memory_equal(keys[1].iv, block + 88, 16);
}

static void suites_are_found_by_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_table_length; i++) {
        assert_ptr_equal(suite_find(suite_table[i].number), &suite_table[i]);
        if (i != 0)
            assert_true(suite_table[i - 1].number < suite_table[i].number);
    }
    assert_null(suite_find(0x0a0a));
    assert_null(suite_find(0x00ff));
    assert_string_equal(suite_find(0xc02f)->name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_true(suite_is_export(suite_find(0x0003)));
    assert_false(suite_is_export(suite_find(0x0004)));
}

static void lack_of_memory_is_told(void **state)
{
    uint8_t secret[32] = {0};
    struct schedule_keys keys;

    (void)state;
    for (long n = 1;; n++) {
        bool good, failed;

        oom_fail_at(n);
        good = schedule_traffic(VERSION_TLS13, suite_find(0x1301), bytes_of(secret, 32), &keys);
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(good, !failed);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(hmac_takes_keys_of_any_length),
            cmocka_unit_test(the_prf_of_tls12_gives_the_known_vector),
            cmocka_unit_test(each_version_has_its_prf),
            cmocka_unit_test(ssl3_makes_its_master_secret_of_letters),
            cmocka_unit_test(tls13_derives_keys_as_rfc8448_shows),
            cmocka_unit_test(labels_and_contexts_too_long_are_refused),
            cmocka_unit_test(the_key_block_is_dealt_in_order),
            cmocka_unit_test(suites_are_found_by_number),
            cmocka_unit_test(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
