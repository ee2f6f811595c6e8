/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "capture/tls/keylog.h"
#include "tests/support/oom.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define MASTER                                                                                 \
    "11111111111111111111111111111111"                                                         \
    "2222222222222222222222222222222233333333333333333333333333333333"
#define OTHER                                                                                  \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                                         \
    "2222222222222222222222222222222233333333333333333333333333333333"
#define SECRET "4444444444444444444444444444444455555555555555555555555555555555"

static struct bytes random_id(void)
{
    static uint8_t id[32];

    for (uint8_t i = 0; i < 32; i++)
        id[i] = i;
    return bytes_of(id, 32);
}

static size_t count(const struct keylog *k, enum keylog_label label, struct bytes id)
{
    struct bytes secret;
    size_t n = 0;

    while (keylog_find(k, label, id, n, &secret))
        n++;
    return n;
}

static void lines_of_any_form_are_read(void **state)
{
    static const char text[] = "\xef\xbb\xbf# comment\r\n"
                               "CLIENT_RANDOM " RANDOM " " MASTER "\r\n"
                               "\n"
                               "  CLIENT_RANDOM\t" RANDOM "  " OTHER "  \n"
                               "CLIENT_RANDOM " RANDOM " " MASTER "\n"
                               "SERVER_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\\\n"
                               "QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET "\n"
                               "RSA 0011223344556677 " MASTER "\n"
                               "RSA Session-ID:ABCD Master-Key:" MASTER "\n"
                               "SOMETHING_NEW " RANDOM " " SECRET "\n"
                               "CLIENT_RANDOM " RANDOM " 1234\n"
                               "CLIENT_RANDOM xyz " MASTER "\n"
                               "CLIENT_RANDOM " RANDOM " " MASTER " more\n"
                               "CLIENT_RANDOM " RANDOM " 222222222222222222222";
    static const uint8_t rsa[] = {0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
    static const uint8_t session[] = {0xab, 0xcd};
    struct keylog *k = keylog_new();
    struct keylog_counts counts;
    struct bytes secret;

    (void)state;
    assert_int_equal(keylog_add(k, bytes_of(text, sizeof(text) - 1)), STATUS_OK);
    counts = keylog_counts(k);
    assert_int_equal(counts.secrets, 6);
    assert_int_equal(counts.duplicates, 1);
    assert_int_equal(counts.unknown, 1);
    assert_int_equal(counts.malformed, 4);
    assert_int_equal(counts.cut, 1);
    assert_int_equal(count(k, KEYLOG_MASTER, random_id()), 2);
    assert_true(keylog_find(k, KEYLOG_MASTER, random_id(), 0, &secret));
    assert_int_equal(secret.p[0], 0x11);
    assert_true(keylog_find(k, KEYLOG_MASTER, random_id(), 1, &secret));
    assert_int_equal(secret.p[0], 0xaa);
    assert_int_equal(count(k, KEYLOG_SERVER_TRAFFIC, random_id()), 1);
    assert_int_equal(count(k, KEYLOG_CLIENT_TRAFFIC, random_id()), 0);
    assert_int_equal(count(k, KEYLOG_CLIENT_HANDSHAKE, random_id()), 1);
    assert_int_equal(count(k, KEYLOG_RSA, bytes_of(rsa, sizeof(rsa))), 1);
    assert_int_equal(count(k, KEYLOG_SESSION, bytes_of(session, sizeof(session))), 1);
    assert_false(keylog_find(NULL, KEYLOG_MASTER, random_id(), 0, &secret));
    keylog_free(k);
}

static void every_truncation_keeps_the_whole_lines(void **state)
{
    static const char text[] = "CLIENT_RANDOM " RANDOM " " MASTER "\n"
                               "SERVER_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\n";

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        struct keylog *k = keylog_new();
        char *copy = malloc(n + 1);
        size_t lines = 0;

        memcpy(copy, text, n);
        for (size_t i = 0; i < n; i++)
            lines += copy[i] == '\n';
        assert_int_equal(keylog_add(k, bytes_of(copy, n)), STATUS_OK);
        assert_true(keylog_counts(k).secrets == lines ||
                    (keylog_counts(k).secrets == lines + 1 && text[n] == '\n'));
        free(copy);
        keylog_free(k);
    }
}

static void many_secrets_are_all_found(void **state)
{
    struct keylog *k = keylog_new();
    uint8_t id[32] = {0};

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        char line[256];
        int n = snprintf(line, sizeof(line), "CLIENT_TRAFFIC_SECRET_0 %064x %064x\n", i, i + 7);

        assert_int_equal(keylog_add(k, bytes_of(line, (size_t)n)), STATUS_OK);
    }
    for (unsigned i = 0; i < 5000; i++) {
        struct bytes secret;

        id[30] = (uint8_t)(i >> 8);
        id[31] = (uint8_t)i;
        assert_true(keylog_find(k, KEYLOG_CLIENT_TRAFFIC, bytes_of(id, 32), 0, &secret));
        assert_int_equal(secret.p[30] << 8 | secret.p[31], i + 7);
        assert_false(keylog_find(k, KEYLOG_CLIENT_TRAFFIC, bytes_of(id, 32), 1, &secret));
    }
    keylog_free(k);
}

static void candidates_of_one_random_are_bounded(void **state)
{
    struct keylog *k = keylog_new();

    (void)state;
    for (unsigned i = 0; i < KEYLOG_CANDIDATES + 10; i++) {
        char line[256];
        int n = snprintf(line, sizeof(line), "CLIENT_RANDOM " RANDOM " %096x\n", i);

        assert_int_equal(keylog_add(k, bytes_of(line, (size_t)n)), STATUS_OK);
    }
    assert_int_equal(count(k, KEYLOG_MASTER, random_id()), KEYLOG_CANDIDATES);
    assert_int_equal(keylog_counts(k).left_out, 10);
    keylog_free(k);
}

static void lack_of_memory_is_told(void **state)
{
    static const char text[] = "CLIENT_RANDOM " RANDOM " " MASTER "\n";

    (void)state;
    for (long n = 1;; n++) {
        enum status status = STATUS_NOMEM;
        struct keylog *k;
        bool failed;

        oom_fail_at(n);
        k = keylog_new();
        if (k != NULL)
            status = keylog_add(k, bytes_of(text, sizeof(text) - 1));
        failed = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, failed ? STATUS_NOMEM : STATUS_OK);
        keylog_free(k);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lines_of_any_form_are_read),
            cmocka_unit_test(every_truncation_keeps_the_whole_lines),
            cmocka_unit_test(many_secrets_are_all_found),
            cmocka_unit_test(candidates_of_one_random_are_bounded),
            cmocka_unit_test(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
