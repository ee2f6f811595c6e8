/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "capture/packet/packet.h"

static struct endpoint of(const char *text, uint16_t port)
{
    struct endpoint e = {.port = port, .version = strchr(text, ':') != NULL ? IPV6 : IPV4};

    assert_int_equal(inet_pton(e.version == IPV4 ? AF_INET : AF_INET6, text, e.address), 1);
    return e;
}

static void expect(const char *from, const char *address, const char *whole)
{
    struct endpoint e = of(from, 443);
    char text[ENDPOINT_TEXT];

    endpoint_address_text(&e, text);
    assert_string_equal(text, address);
    endpoint_text(&e, text);
    assert_string_equal(text, whole);
}

static void addresses_are_written_as_rfc_5952_asks(void **state)
{
    (void)state;
    expect("192.0.2.1", "192.0.2.1", "192.0.2.1:443");
    expect("2001:db8::1", "2001:db8::1", "[2001:db8::1]:443");
    expect("2001:0db8:0:0:0:0:0002:0001", "2001:db8::2:1", "[2001:db8::2:1]:443");
    expect("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:443");
    expect("2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "[2001:0:0:1::1]:443");
    expect("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "[2001:db8::1:0:0:1]:443");
    expect("::", "::", "[::]:443");
    expect("::1", "::1", "[::1]:443");
    expect("fe80::", "fe80::", "[fe80::]:443");
    expect("::ffff:192.0.2.1", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443");
    expect("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789",
            "[abcd:ef01:2345:6789:abcd:ef01:2345:6789]:443");
}

static void endpoints_have_one_order(void **state)
{
    struct endpoint a = of("192.0.2.1", 80), b = of("192.0.2.1", 81), c = of("192.0.2.2", 1),
                    d = of("::1", 1);

    (void)state;
    assert_true(endpoint_equal(&a, &a));
    assert_false(endpoint_equal(&a, &b));
    assert_true(endpoint_compare(&a, &b) < 0);
    assert_true(endpoint_compare(&c, &b) > 0);
    assert_true(endpoint_compare(&c, &d) < 0);
}

static void an_address_is_taken_up_or_nothing_changes(void **state)
{
    static const char *const none[] = {
            "", "192.0.2", "192.0.2.256", "[::1]", "::1%lo", "a.test"};
    const struct endpoint four = of("192.0.2.7", 443), six = of("2001:db8::1", 443);
    struct endpoint e = {.port = 443};

    (void)state;
    assert_true(endpoint_read_address("2001:db8::1", &e));
    assert_true(endpoint_equal(&e, &six));
    assert_true(endpoint_read_address("192.0.2.7", &e)); /* nothing of the longer one stays */
    assert_true(endpoint_equal(&e, &four));
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        assert_false(endpoint_read_address(none[i], &e));
        assert_true(endpoint_equal(&e, &four));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(addresses_are_written_as_rfc_5952_asks),
            cmocka_unit_test(endpoints_have_one_order),
            cmocka_unit_test(an_address_is_taken_up_or_nothing_changes),
    };

    return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
