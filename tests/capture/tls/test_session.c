/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "capture/tls/session.h"
#include "tests/support/oom.h"

static void key_of(unsigned n, bool is_ticket, uint8_t out[SHA256_BYTES])
{
    const uint8_t name[2] = {(uint8_t)(n >> 8), (uint8_t)n};

    assert_true(sessions_key(is_ticket, bytes_of(name, 2), out));
}

static void many_sessions_are_found_again(void **state)
{
    struct sessions *s = sessions_new();
    uint8_t key[SHA256_BYTES], secret[SESSION_SECRET] = {0};

    (void)state;
    for (unsigned n = 0; n < 1000; n++) {
        key_of(n, false, key);
        secret[3] = (uint8_t)n;
        assert_int_equal(sessions_add(s, key, secret), STATUS_OK);
        /* The first one stands. */
        secret[3]++;
        assert_int_equal(sessions_add(s, key, secret), STATUS_OK);
    }
    for (unsigned n = 0; n < 1000; n++) {
        key_of(n, false, key);
        assert_int_equal(sessions_find(s, key)[3], n & 255);
        key_of(n, true, key); /* a ticket is no session id */
        assert_null(sessions_find(s, key));
    }
    assert_null(sessions_find(NULL, key));
    sessions_free(s);
}

static void lack_of_memory_leaves_the_table_as_it_was(void **state)
{
    struct sessions *s = sessions_new();
    uint8_t key[SHA256_BYTES], secret[SESSION_SECRET] = {7};
    unsigned kept = 0;

    (void)state;
    for (;; kept++) {
        enum status status;

        key_of(kept, true, key);
        oom_fail_at(1);
        status = sessions_add(s, key, secret);
        oom_fail_at(0);
        if (status == STATUS_NOMEM)
            break;
        assert_int_equal(status, STATUS_OK);
    }
    assert_null(sessions_find(s, key));
    key_of(kept - 1, true, key);
    assert_int_equal(sessions_find(s, key)[0], 7);
    sessions_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(many_sessions_are_found_again),
            cmocka_unit_test(lack_of_memory_leaves_the_table_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
