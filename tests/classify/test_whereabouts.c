/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "classify/whereabouts.h"
#include "tests/support/oom.h"

/* NULL, said aloud, where no database is installed: then there is nothing to look up. */
static struct whereabouts *open_usual(void)
{
    struct fault fault = {0};
    struct whereabouts *w = NULL;
    enum status status = whereabouts_open(NULL, &w, &fault);

    if (status == STATUS_MISSING) {
        assert_non_null(strstr(fault.text, "libloc-database"));
        print_message("skipped: %s\n", fault.text);
        return NULL;
    }
    if (status != STATUS_OK)
        fail_msg("%s", fault.text);
    return w;
}

static void finds_country_and_network_of_public_addresses(void **state)
{
    /* Addresses of services that have been where they are for many years. */
    static const struct {
        const char *address, *country;
        uint32_t as;
    } known[] = {
            {"8.8.8.8", "US", 15169},
            {"114.114.114.114", "CN", 0},
            {"2001:4860:4860::8888", "US", 15169},
            {"202.120.2.101", "CN", 0},
    };
    struct whereabouts *w = open_usual();

    (void)state;
    for (size_t i = 0; w != NULL && i < sizeof(known) / sizeof(*known); i++) {
        struct whereabouts_of of;

        if (!whereabouts_find(w, known[i].address, &of))
            fail_msg("%s is not found", known[i].address);
        assert_string_equal(of.country, known[i].country);
        if (known[i].as != 0) {
            assert_int_equal(of.as, known[i].as);
            assert_non_null(strstr(of.as_name, "GOOGLE"));
        }
        assert_non_null(strchr(of.network, '/'));
    }
    whereabouts_close(w);
}

static void says_nothing_of_private_or_malformed_addresses(void **state)
{
    static const char *const none[] = {"10.0.0.1", "192.168.1.1", "127.0.0.1", "172.20.3.4",
            "100.64.0.9", "169.254.1.1", "192.0.2.7", "198.51.100.4", "203.0.113.9", "0.0.0.0",
            "255.255.255.255", "224.0.0.251", "::1", "::", "fe80::1", "fd00::1", "2001:db8::1",
            "ff02::fb", "::ffff:192.168.0.1", "", "localhost", "8.8.8.8:53", "8.8.8",
            "08.8.8.8", "8.8.8.8/24", " 8.8.8.8", "[2001:4860:4860::8888]", "fe80::1%eth0",
            "1111:2222:3333:4444:5555:6666:7777:8888:9999",
            "8.8.8.8888888888888888888888888888888888888888888888888888888888888888888888"};
    struct whereabouts *w = open_usual();

    (void)state;
    for (size_t i = 0; w != NULL && i < sizeof(none) / sizeof(*none); i++) {
        struct whereabouts_of of = {.as = 77};

        if (whereabouts_find(w, none[i], &of))
            fail_msg("\"%s\" is found", none[i]);
        assert_int_equal(of.as, 77);
    }
    assert_false(whereabouts_find(NULL, "8.8.8.8", &(struct whereabouts_of){0}));
    if (w != NULL)
        assert_false(whereabouts_find(w, NULL, &(struct whereabouts_of){0}));
    whereabouts_close(w);
}

static void names_its_database_by_date_and_digest(void **state)
{
    struct whereabouts *w = open_usual();

    (void)state;
    if (w == NULL)
        return;
    assert_int_equal(strlen(whereabouts_date(w)), 10);
    assert_true(strcmp(whereabouts_date(w), "2015") > 0);
    assert_int_equal(strlen(whereabouts_sha256(w)), 64);
    whereabouts_close(w);
}

static void a_file_that_is_none_is_refused_with_its_name(void **state)
{
    char path[] = "/tmp/test-whereabouts-XXXXXX";
    int fd = mkstemp(path);
    struct fault fault = {0};
    struct whereabouts *w = NULL;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(whereabouts_open(path, &w, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, path));
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(write(fd, i < 7 ? "LOCDBXX" + i : "\xff", 1), 1);
    close(fd);
    fault = (struct fault){0};
    assert_int_equal(whereabouts_open(path, &w, &fault), STATUS_INPUT);
    assert_non_null(strstr(fault.text, path));
    unlink(path);
    fault = (struct fault){0};
    assert_int_equal(whereabouts_open(path, &w, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, path));
    assert_int_equal(whereabouts_open("/tmp", &w, NULL), STATUS_INPUT);
    assert_null(w);
    whereabouts_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_country_and_network_of_public_addresses),
            cmocka_unit_test(says_nothing_of_private_or_malformed_addresses),
            cmocka_unit_test(names_its_database_by_date_and_digest),
            cmocka_unit_test(a_file_that_is_none_is_refused_with_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
