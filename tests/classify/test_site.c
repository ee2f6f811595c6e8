/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "classify/site.h"
#include "tests/support/oom.h"

/* A list of our own, so that the answers do not change with the machine's. */
static const char list_text[] = "// a list for tests\n"
                                "// VERSION: 2026-01-02_03-04-05_UTC\n"
                                "\n"
                                "// ===BEGIN ICANN DOMAINS===\n"
                                "com\n"
                                "cn\n"
                                "com.cn\n"
                                "jp\n"
                                "*.kawasaki.jp\n"
                                "!city.kawasaki.jp\n"
                                "中国\n"
                                "// ===END ICANN DOMAINS===\n"
                                "// ===BEGIN PRIVATE DOMAINS===\n"
                                "github.io\n"
                                "io\n"
                                "// ===END PRIVATE DOMAINS===\n";

static char list_path[] = "/tmp/test_site_XXXXXX";

static int write_list(void **state)
{
    int fd = mkstemp(list_path);

    (void)state;
    if (fd < 0 || write(fd, list_text, sizeof(list_text) - 1) != (ssize_t)sizeof(list_text) - 1)
        return -1;
    return close(fd);
}

static int remove_list(void **state)
{
    (void)state;
    return unlink(list_path);
}

static struct sites *open_sites(void)
{
    struct sites *s = NULL;
    struct fault fault = {0};

    assert_int_equal(sites_new(list_path, &s, &fault), STATUS_OK);
    return s;
}

static void the_site_is_one_label_above_the_public_suffix(void **state)
{
    static const char *const cases[][2] = {
            {"www.example.com", "example.com"},
            {"example.com", "example.com"},
            {"a.b.c.example.com.cn", "example.com.cn"},
            {"example.com.", "example.com"},
            {"a.user.github.io", "user.github.io"},
            {"www.github.com", "github.com"},
            {"github.io", "github.io"}, /* a public suffix is its own site */
            {"com", "com"},
            {"a.b.c.kawasaki.jp", "b.c.kawasaki.jp"},
            {"www.city.kawasaki.jp", "city.kawasaki.jp"},
            {"www.xn--fiq228c.xn--fiqs8s", "xn--fiq228c.xn--fiqs8s"},
            {"a.b.unknown", "b.unknown"}, /* the default rule "*" */
            {"localhost", "localhost"},
            {"", ""},
            {".", "."},
            {"192.0.2.7", "192.0.2.7"},
            {"[2001:db8::1]", "[2001:db8::1]"},
            {"2001:db8::1", "2001:db8::1"},
    };
    struct sites *s = open_sites();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes host = bytes_text(cases[i][0]), site = site_of(s, host);
        char got[128];

        (void)snprintf(got, sizeof(got), "%.*s", (int)site.n, (const char *)site.p);
        assert_string_equal(got, cases[i][1]);
        /* A view into the host, never a copy. */
        assert_true(site.n == 0 || (site.p >= host.p && site.p + site.n <= host.p + host.n));
    }
    sites_free(s);
}

static void buckets_of_clouds_are_sites_of_their_own(void **state)
{
    struct sites *s = open_sites();

    (void)state;
    assert_true(
            bytes_is(site_of(s, BYTES_LITERAL("shop-1250000000.cos.ap-guangzhou.myqcloud.com")),
                    "shop-1250000000.cos.ap-guangzhou.myqcloud.com"));
    assert_true(bytes_is(site_of(s, BYTES_LITERAL("x.news.oss-cn-beijing.aliyuncs.com")),
            "news.oss-cn-beijing.aliyuncs.com"));
    assert_true(bytes_is(site_of(s, BYTES_LITERAL("b.bj.bcebos.com")), "b.bj.bcebos.com"));
    assert_true(
            bytes_is(site_of(s, BYTES_LITERAL("arms-retcode.aliyuncs.com")), "aliyuncs.com"));
    assert_false(site_same(s, BYTES_LITERAL("a.oss-cn-hangzhou.aliyuncs.com"),
            BYTES_LITERAL("b.oss-cn-hangzhou.aliyuncs.com")));
    assert_true(sites_list(s)->added > 50);
    sites_free(s);
}

static void hosts_of_one_site_are_the_same(void **state)
{
    struct sites *s = open_sites();

    (void)state;
    assert_true(site_same(s, BYTES_LITERAL("a.example.com"), BYTES_LITERAL("b.example.com")));
    assert_false(site_same(s, BYTES_LITERAL("a.github.io"), BYTES_LITERAL("b.github.io")));
    assert_false(site_same(s, BYTES_LITERAL("192.0.2.7"), BYTES_LITERAL("192.0.2.8")));
    assert_false(site_same(s, BYTES_LITERAL(""), BYTES_LITERAL("")));
    sites_free(s);
}

static void names_no_host_has_are_their_own_site(void **state)
{
    struct sites *s = open_sites();
    char longest[600];
    static const uint8_t nul[] = {'a', '\0', '.', 'c', 'o', 'm'};

    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(site_of(s, bytes_of(longest, sizeof(longest))).n, sizeof(longest));
    assert_int_equal(site_of(s, bytes_of(nul, sizeof(nul))).n, sizeof(nul));
    sites_free(s);
}

static void the_list_says_what_it_is(void **state)
{
    struct sites *s = open_sites();
    const struct site_list *list = sites_list(s);
    char sha256[SHA256_TEXT];

    (void)state;
    assert_string_equal(list->path, list_path);
    assert_string_equal(list->date, "2026-01-02_03-04-05_UTC");
    assert_int_equal(list->rules, 9);
    assert_int_equal(list->bytes, sizeof(list_text) - 1);
    assert_true(sha256_text(bytes_of(list_text, sizeof(list_text) - 1), sha256));
    assert_string_equal(list->sha256, sha256);
    sites_free(s);
}

static void a_missing_list_is_told_with_its_path(void **state)
{
    struct sites *s = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(sites_new("/nowhere/list.dat", &s, &fault), STATUS_MISSING);
    assert_non_null(strstr(fault.text, "/nowhere/list.dat"));
    assert_null(s);
    assert_int_equal(sites_new("/dev/null", &s, &fault), STATUS_INPUT);
    assert_null(s);
}

static void every_failed_allocation_is_told(void **state)
{
    bool more = true;

    (void)state;
    for (long n = 1; more; n++) {
        struct sites *s = NULL;
        struct fault fault = {0};
        enum status status;

        oom_fail_at(n);
        status = sites_new(list_path, &s, &fault);
        more = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, more ? STATUS_NOMEM : STATUS_OK);
        sites_free(s);
    }
}

static void addresses_are_told_from_names(void **state)
{
    (void)state;
    assert_true(site_is_address(BYTES_LITERAL("198.51.100.1")));
    assert_true(site_is_address(BYTES_LITERAL("[::1]")));
    assert_true(site_is_address(BYTES_LITERAL("::ffff:192.0.2.1")));
    assert_false(site_is_address(BYTES_LITERAL("1.2.3.4.example.com")));
    assert_false(site_is_address(BYTES_LITERAL("1.2.3")));
    assert_false(site_is_address(BYTES_LITERAL("[]")));
    assert_false(site_is_address(BYTES_LITERAL("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_site_is_one_label_above_the_public_suffix),
            cmocka_unit_test(buckets_of_clouds_are_sites_of_their_own),
            cmocka_unit_test(hosts_of_one_site_are_the_same),
            cmocka_unit_test(names_no_host_has_are_their_own_site),
            cmocka_unit_test(the_list_says_what_it_is),
            cmocka_unit_test(a_missing_list_is_told_with_its_path),
            cmocka_unit_test(every_failed_allocation_is_told),
            cmocka_unit_test(addresses_are_told_from_names),
    };

    return cmocka_run_group_tests(tests, write_list, remove_list);
}
