/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "capture/http/h2_settings.h"

static void acknowledgements_take_the_oldest_first(void **state)
{
    struct h2_settings s;
    uint32_t size = 77;

    (void)state;
    h2_settings_init(&s);
    assert_false(h2_settings_acknowledged(&s, &size));
    assert_false(h2_settings_read(&s, bytes_of("\0\1\0\0\20\0\0\4\0\0\377\377", 12)));
    assert_false(h2_settings_read(&s, bytes_of(NULL, 0)));
    assert_true(h2_settings_read(&s, bytes_of("\0\1\0\0\1\0\0\1\0\0\0\5\0\10\0\0\0\1", 18)));
    assert_true(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, 4096);
    assert_false(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, 4096);
    assert_true(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, 5); /* the smallest of the frame */
    assert_false(h2_settings_acknowledged(&s, &size));
}

static void every_truncation_reads_the_whole_parameters(void **state)
{
    static const uint8_t raw[] = {0, 1, 0, 0, 0, 9, 0, 1, 0, 0, 0, 8, 0, 1, 0, 0, 0, 7};
    struct h2_settings s;
    uint32_t size = 0;

    (void)state;
    for (size_t n = 0; n <= sizeof(raw); n++) {
        h2_settings_init(&s);
        assert_false(h2_settings_read(&s, bytes_of(raw, n)));
        assert_true(h2_settings_acknowledged(&s, &size) == (n >= 6));
        if (n >= 6)
            assert_int_equal(size, 10 - n / 6);
    }
}

static void the_oldest_is_forgotten_when_nobody_acknowledges(void **state)
{
    struct h2_settings s;
    uint8_t raw[6] = {0, 1, 0, 0, 0, 0};
    uint32_t size = 0;

    (void)state;
    h2_settings_init(&s);
    for (uint8_t i = 0; i < 2 * H2_SETTINGS_WAITING; i++) {
        raw[5] = i;
        assert_false(h2_settings_read(&s, bytes_of(raw, sizeof(raw))));
    }
    assert_true(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, H2_SETTINGS_WAITING);
    h2_settings_forget(&s);
    assert_false(h2_settings_acknowledged(&s, &size));
}

static void an_upgrade_carries_them_in_base64url(void **state)
{
    struct h2_settings s;
    uint32_t size = 0;

    (void)state;
    h2_settings_init(&s);
    /* As nghttp sends it: no table size. */
    assert_true(h2_settings_read_upgrade(&s, BYTES_LITERAL("AAMAAABkAAQAAP__")));
    assert_false(h2_settings_acknowledged(&s, &size));
    assert_true(h2_settings_read_upgrade(&s, BYTES_LITERAL("AAEAAP_-")));
    assert_true(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, 0xfffe);
    assert_true(h2_settings_read_upgrade(&s, BYTES_LITERAL("AAEAAAEAAAQAAAABAA==")));
    assert_true(h2_settings_acknowledged(&s, &size));
    assert_int_equal(size, 256);
    assert_false(h2_settings_read_upgrade(&s, BYTES_LITERAL("AAE!AAEA")));
    assert_false(h2_settings_acknowledged(&s, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(acknowledgements_take_the_oldest_first),
            cmocka_unit_test(every_truncation_reads_the_whole_parameters),
            cmocka_unit_test(the_oldest_is_forgotten_when_nobody_acknowledges),
            cmocka_unit_test(an_upgrade_carries_them_in_base64url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
