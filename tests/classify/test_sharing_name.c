/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "classify/sharing_name.h"

static void partners_parameters_are_known(void **state)
{
    (void)state;
    assert_true(sharing_name_syncs(BYTES_LITERAL("partner_uid")));
    assert_true(sharing_name_syncs(BYTES_LITERAL("Google_GID")));
    assert_false(sharing_name_syncs(BYTES_LITERAL("page")));
    assert_false(sharing_name_syncs(BYTES_LITERAL("")));
}

static void partners_addresses_are_known_by_a_whole_segment(void **state)
{
    static const char *const yes[] = {
            "/cm", "/a/Sync?x=1", "/user_sync.php?p=/x", "/x/setuid/"};
    static const char *const no[] = {"/cmx", "/a?p=/cm", "/", "", "/.cm", "/asynchronous"};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        assert_true(sharing_path_syncs(bytes_text(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        assert_false(sharing_path_syncs(bytes_text(no[i])));
}

static void what_all_visitors_have_is_known(void **state)
{
    static const char *const yes[] = {
            "G-1A2B3C4D5E", "UA-12345-1", "GTM-ABC12", "AW-123456789"};
    static const char *const no[] = {
            "G-", "G-1a2b3c4d5e", "X-1A2B3C4D5E", "UA", "G-1A2B3C4D5E1A2B3C4D5E1A2B3C4D5E"};

    (void)state;
    assert_true(sharing_name_common(BYTES_LITERAL("site_id")));
    assert_false(sharing_name_common(BYTES_LITERAL("uid")));
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        assert_true(sharing_value_common(bytes_text(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        assert_false(sharing_value_common(bytes_text(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(partners_parameters_are_known),
            cmocka_unit_test(partners_addresses_are_known_by_a_whole_segment),
            cmocka_unit_test(what_all_visitors_have_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
