/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/url.h"
#include "tests/support/oom.h"

enum { TEXT = 512 };

static void show(char out[TEXT], struct bytes b)
{
    (void)snprintf(out, TEXT, "%.*s", (int)b.n, (const char *)b.p);
}

static void assert_bytes(struct bytes got, const char *want)
{
    char text[TEXT];

    show(text, got);
    assert_string_equal(text, want);
}

static void all_parts_are_views_of_the_text(void **state)
{
    const char *text = "https://me:pw@www.Example.com:8443/a/b;c?x=1&y=%20#frag?#";
    struct url u;

    (void)state;
    url_split(bytes_text(text), &u);
    assert_bytes(u.scheme, "https");
    assert_bytes(u.authority, "me:pw@www.Example.com:8443");
    assert_bytes(u.userinfo, "me:pw");
    assert_bytes(u.host, "www.Example.com");
    assert_bytes(u.port, "8443");
    assert_bytes(u.path, "/a/b;c");
    assert_bytes(u.query, "x=1&y=%20");
    assert_bytes(u.fragment, "frag?#");
    assert_ptr_equal(u.host.p, text + 14);
}

static void missing_and_empty_parts_are_told_apart(void **state)
{
    static const struct {
        const char *text, *host, *path;
        bool authority, query, fragment;
    } cases[] = {
            {"", "", "", false, false, false},
            {"/p", "", "/p", false, false, false},
            {"p?", "", "p", false, true, false},
            {"#", "", "", false, false, true},
            {"//h", "h", "", true, false, false},
            {"http://", "", "", true, false, false},
            {"http://h?q", "h", "", true, true, false},
            {"http://h#f?", "h", "", true, false, true},
            {"mailto:a@b", "", "a@b", false, false, false},
            {"data:text/html,//x", "", "text/html,//x", false, false, false},
            {"http://[2001:db8::1]:80/", "[2001:db8::1]", "/", true, false, false},
            {"http://[::1", "[::1", "", true, false, false},
            {"http://good.test@evil.test/", "evil.test", "/", true, false, false},
            {"http://a@b@c/", "c", "/", true, false, false},
            {"http:\\\\h\\p", "h", "\\p", true, false, false},
            {"1http://h/", "", "1http://h/", false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct url u;

        url_split(bytes_text(cases[i].text), &u);
        assert_bytes(u.host, cases[i].host);
        assert_bytes(u.path, cases[i].path);
        assert_true(u.has_authority == cases[i].authority);
        assert_true(u.has_query == cases[i].query);
        assert_true(u.has_fragment == cases[i].fragment);
    }
}

static void every_truncation_splits_within_its_bounds(void **state)
{
    const char *text = "https://me:pw@[2001:db8::1]:8443/a/b?x=1&y=%20#frag";

    (void)state;
    for (size_t n = 0; n <= strlen(text); n++) {
        uint8_t *exact = malloc(n + 1);
        struct url u;

        assert_non_null(exact);
        memcpy(exact + 1, text, n);
        url_split(bytes_of(exact + 1, n), &u);
        assert_true(u.scheme.n + u.authority.n + u.path.n + u.query.n + u.fragment.n <= n);
        free(exact);
    }
}

static void references_of_rfc_3986_section_5_4(void **state)
{
    static const char *const cases[][2] = {
            {"g:h", "g:h"},
            {"g", "http://a/b/c/g"},
            {"./g", "http://a/b/c/g"},
            {"g/", "http://a/b/c/g/"},
            {"/g", "http://a/g"},
            {"//g", "http://g"},
            {"?y", "http://a/b/c/d;p?y"},
            {"g?y", "http://a/b/c/g?y"},
            {"#s", "http://a/b/c/d;p?q#s"},
            {"g#s", "http://a/b/c/g#s"},
            {"g?y#s", "http://a/b/c/g?y#s"},
            {";x", "http://a/b/c/;x"},
            {"g;x", "http://a/b/c/g;x"},
            {"g;x?y#s", "http://a/b/c/g;x?y#s"},
            {"", "http://a/b/c/d;p?q"},
            {".", "http://a/b/c/"},
            {"./", "http://a/b/c/"},
            {"..", "http://a/b/"},
            {"../", "http://a/b/"},
            {"../g", "http://a/b/g"},
            {"../..", "http://a/"},
            {"../../", "http://a/"},
            {"../../g", "http://a/g"},
            {"../../../g", "http://a/g"},
            {"../../../../g", "http://a/g"},
            {"/./g", "http://a/g"},
            {"/../g", "http://a/g"},
            {"g.", "http://a/b/c/g."},
            {".g", "http://a/b/c/.g"},
            {"g..", "http://a/b/c/g.."},
            {"..g", "http://a/b/c/..g"},
            {"./../g", "http://a/b/g"},
            {"./g/.", "http://a/b/c/g/"},
            {"g/./h", "http://a/b/c/g/h"},
            {"g/../h", "http://a/b/c/h"},
            {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
            {"g;x=1/../y", "http://a/b/c/y"},
            {"g?y/./x", "http://a/b/c/g?y/./x"},
            {"g?y/../x", "http://a/b/c/g?y/../x"},
            {"g#s/./x", "http://a/b/c/g#s/./x"},
            {"g#s/../x", "http://a/b/c/g#s/../x"},
    };
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes out;

        assert_true(url_resolve(
                arena, BYTES_LITERAL("http://a/b/c/d;p?q"), bytes_text(cases[i][0]), &out));
        assert_bytes(out, cases[i][1]);
    }
    arena_free(arena);
}

static void references_that_servers_really_send(void **state)
{
    static const char *const cases[][3] = {
            {"https://a.test", "x?y", "https://a.test/x?y"},
            {"https://a.test?q", "", "https://a.test?q"},
            {"https://a.test/p", "//b.test/x", "https://b.test/x"},
            {"https://a.test/p", " /x ", "https://a.test/x"},
            {"https://a.test/p/q", "\\\\b.test\\x", "https://b.test/x"},
            {"https://a.test/p#old", "", "https://a.test/p"},
            {"https://a.test/p?%E4%BD%A0", "?k=%zz&Ä", "https://a.test/p?k=%zz&Ä"},
            {"https://a.test/p", "HTTP://B.test/../x", "HTTP://B.test/../x"},
    };
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes out;

        assert_true(url_resolve(arena, bytes_text(cases[i][0]), bytes_text(cases[i][1]), &out));
        assert_bytes(out, cases[i][2]);
    }
    arena_free(arena);
}

static void parameters_come_raw_and_in_order(void **state)
{
    struct bytes rest = BYTES_LITERAL("&a=1&&b&=v&c=%26=x&a=2&"), name, value;
    static const char *const want[][2] = {
            {"a", "1"}, {"b", ""}, {"", "v"}, {"c", "%26=x"}, {"a", "2"}};

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(url_parameter(&rest, &name, &value));
        assert_bytes(name, want[i][0]);
        assert_bytes(value, want[i][1]);
    }
    assert_false(url_parameter(&rest, &name, &value));
    assert_bytes(name, "a");
}

static void hosts_come_in_lower_case(void **state)
{
    struct arena *arena = arena_new(1 << 12);
    struct bytes host;

    (void)state;
    assert_true(url_host(arena, BYTES_LITERAL("HTTPS://u@WWW.Example.COM:1/X"), &host));
    assert_bytes(host, "www.example.com");
    assert_true(url_host(arena, BYTES_LITERAL("/relative"), &host));
    assert_int_equal(host.n, 0);
    arena_free(arena);
    assert_true(url_is_web(BYTES_LITERAL("wss://a/")));
    assert_true(url_is_web(BYTES_LITERAL("Http://a")));
    assert_false(url_is_web(BYTES_LITERAL("ftp://a/")));
    assert_false(url_is_web(BYTES_LITERAL("https:///x")));
    assert_false(url_is_web(BYTES_LITERAL("a/b")));
}

static void a_full_arena_is_told(void **state)
{
    struct arena *arena = arena_new(16);
    struct bytes out = BYTES_LITERAL("untouched");

    (void)state;
    assert_false(url_resolve(arena, BYTES_LITERAL("http://a/"), BYTES_LITERAL("b"), &out));
    assert_false(url_host(arena, BYTES_LITERAL("http://a-long-name.example.com/"), &out));
    assert_bytes(out, "untouched");
    arena_free(arena);
    arena = arena_new(1 << 12);
    oom_fail_at(1);
    assert_false(url_resolve(arena, BYTES_LITERAL("http://a/"), BYTES_LITERAL("b"), &out));
    oom_fail_at(0);
    assert_bytes(out, "untouched");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(all_parts_are_views_of_the_text),
            cmocka_unit_test(missing_and_empty_parts_are_told_apart),
            cmocka_unit_test(every_truncation_splits_within_its_bounds),
            cmocka_unit_test(references_of_rfc_3986_section_5_4),
            cmocka_unit_test(references_that_servers_really_send),
            cmocka_unit_test(parameters_come_raw_and_in_order),
            cmocka_unit_test(hosts_come_in_lower_case),
            cmocka_unit_test(a_full_arena_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
