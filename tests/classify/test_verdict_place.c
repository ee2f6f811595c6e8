/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classify/verdict_place.h"

static void three_decimals_point_at_a_building(void **state)
{
    static const struct {
        const char *text;
        bool precise;
    } rows[] = {{"31.2304,121.4737", true}, {"31.23,121.47", false}, {"31", false},
            {"Shanghai", false}, {"lat:31.230", true}, {"1.2.345", false}, {"", false},
            {"31.", false}, {".123", true}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (verdict_is_precise(bytes_text(rows[i].text)) != rows[i].precise)
            fail_msg("\"%s\"", rows[i].text);
}

static void addresses_are_told_by_their_form(void **state)
{
    static const struct {
        const char *text;
        enum verdict_address is;
    } rows[] = {
            {"198.41.7.22", ADDRESS_FULL},
            {"198.41.7.0", ADDRESS_CUT},
            {"198.41.7.x", ADDRESS_CUT},
            {"198.41.7.*", ADDRESS_CUT},
            {"198.41.7.", ADDRESS_NONE},
            {"198.41.7", ADDRESS_NONE},
            {"198.41.7.256", ADDRESS_NONE},
            {"192.168.1.7", ADDRESS_NONE},
            {"10.1.2.3", ADDRESS_NONE},
            {"100.64.1.2", ADDRESS_NONE},
            {"172.31.0.9", ADDRESS_NONE},
            {"172.32.0.9", ADDRESS_FULL},
            {"127.0.0.1", ADDRESS_NONE},
            {"203.0.113.9", ADDRESS_NONE},
            {"239.1.2.3", ADDRESS_NONE},
            {"8.8.8.8", ADDRESS_FULL},
            {"2001:4860:4860::8888", ADDRESS_FULL},
            {"2001:4860:4860::", ADDRESS_CUT},
            {"2001:db8::1", ADDRESS_NONE},
            {"fe80::1", ADDRESS_NONE},
            {"::1", ADDRESS_NONE},
            {"x.x", ADDRESS_NONE},
            {"", ADDRESS_NONE},
            {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000", ADDRESS_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct bytes text = bytes_text(rows[i].text);
        uint8_t *copy = malloc(text.n + 1);

        assert_non_null(copy);
        memcpy(copy, rows[i].text, text.n);
        if (verdict_address_of(bytes_of(copy, text.n)) != rows[i].is)
            fail_msg("\"%s\"", rows[i].text);
        free(copy);
    }
    assert_int_equal(verdict_address_of(BYTES_LITERAL("198.41.7.22\0")), ADDRESS_NONE);
}

static void names_of_the_visitors_address_are_known(void **state)
{
    static const char *const yes[] = {
            "ip", "client_ip", "clientIp", "X-Forwarded-For", "user.ip", "IP_ADDRESS"};
    static const char *const no[] = {
            "", "zip", "ship", "server_ip", "tip", "uid", "x-forwarded-for-and-then-some-more"};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        assert_true(verdict_names_address(bytes_text(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        assert_false(verdict_names_address(bytes_text(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(three_decimals_point_at_a_building),
            cmocka_unit_test(addresses_are_told_by_their_form),
            cmocka_unit_test(names_of_the_visitors_address_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
