/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "classify/value.h"

#define NEAR_NS INT64_C(1768000000000000000) /* 2026-01-09 */

static void each_form_has_its_kind(void **state)
{
    static const struct {
        const char *text;
        enum leaf_kind kind;
    } all[] = {
            {"true", LEAF_FLAG},
            {"0", LEAF_FLAG},
            {"-0", LEAF_NUMBER},
            {"1768000000", LEAF_TIME},
            {"1768000000123", LEAF_TIME},
            {"1768000000123456", LEAF_TIME},
            {"1234567890", LEAF_OPAQUE}, /* 2009: too far from the capture for a time */
            {"1987654321", LEAF_OPAQUE}, /* 2032 */
            {"2026-01-09", LEAF_TIME},
            {"20260109T123456Z", LEAF_TIME},
            {"2026-13-09", LEAF_OPAQUE},
            {"1234567", LEAF_NUMBER},
            {"12345678", LEAF_OPAQUE},
            {"-3.25", LEAF_NUMBER},
            {"1.2.3", LEAF_VERSION},
            {"v10.0.1", LEAF_VERSION},
            {"me@example.org", LEAF_EMAIL},
            {"1920x1080", LEAF_SCREEN},
            {"https://a.test/", LEAF_URL},
            {"www.example.com", LEAF_URL},
            {"language", LEAF_WORD},
            {"de-AT", LEAF_WORD},
            {"\xe7\x8e\x8b\xe8\xaf\xad", LEAF_WORD},
            {"ab1", LEAF_SHORT},
            {"00000000", LEAF_PLAIN},
            {"xk7q2mzp", LEAF_OPAQUE},
            {"8f14e45fceea167a5a36dedd4bea2543", LEAF_OPAQUE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        enum leaf_kind kind = leaf_kind(bytes_text(all[i].text), NEAR_NS);

        if (kind != all[i].kind)
            fail_msg("%s: %d, not %d", all[i].text, (int)kind, (int)all[i].kind);
    }
}

static void a_nul_is_no_separator_of_dates(void **state)
{
    (void)state;
    assert_int_equal(leaf_kind(bytes_of("2026\00001\00009", 10), NEAR_NS), LEAF_OPAQUE);
}

static void bits_are_length_times_log2_of_the_alphabet(void **state)
{
    static const struct {
        const char *text;
        size_t letters;
        double size;
    } all[] = {
            {"0110", 4, 2},
            {"0123456789", 10, 10},
            {"0123456789abcdef", 16, 16},
            {"zyxw", 4, 26},
            {"ZYXW", 4, 26},
            {"zyxw0123", 8, 36},
            {"ZYXW0123", 8, 36},
            {"zYxW0123", 8, 62},
            {"zYxW0+/3", 8, 64},
            {"123e4567-e89b-12d3-a456-426614174000", 32, 16},
            {"1.2_3-4", 4, 10},
            {"gAAA", 4, 62}, /* no alphabet of one case holds it, whatever the order */
            {"0g", 2, 36},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        double want = (double)all[i].letters * log2(all[i].size);
        unsigned got = leaf_bits(bytes_text(all[i].text));

        if ((double)got > want + 1e-6 || (double)got < want - 1.01)
            fail_msg("%s: %u bits, not %f", all[i].text, got, want);
    }
    assert_int_equal(leaf_bits(bytes_text("")), 0);
    assert_int_equal(leaf_bits(bytes_text("---")), 0);
}

static void generated_forms_are_known(void **state)
{
    static const char *const yes[] = {"123e4567-e89b-12d3-a456-426614174000",
            "8f14e45fceea167a5a36dedd4bea2543", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709", "8f14e45fceea167a",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "12345678901234567890123456789012"};
    static const char *const no[] = {"", "1234567890123456", "8f14e45fceea167",
            "123e4567-e89b-12d3-a456_426614174000", "123e4567e-89b-12d3-a456-426614174000",
            "91ARZ3NDEKTSV4RRFFQ69G5FAV", "12345678901234567890123456"};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        assert_true(leaf_generated(bytes_text(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        assert_false(leaf_generated(bytes_text(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_form_has_its_kind),
            cmocka_unit_test(a_nul_is_no_separator_of_dates),
            cmocka_unit_test(bits_are_length_times_log2_of_the_alphabet),
            cmocka_unit_test(generated_forms_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
