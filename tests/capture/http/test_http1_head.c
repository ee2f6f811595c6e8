/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/http1_head.h"

static enum parse request(const char *line, struct http1_start *out)
{
    return http1_request_line(bytes_text(line), out);
}

static void a_request_line_has_three_parts(void **state)
{
    struct http1_start start = {0};

    (void)state;
    assert_int_equal(request("GET /a?b=c HTTP/1.1", &start), PARSE_DONE);
    assert_true(bytes_is(start.method, "GET"));
    assert_true(bytes_is(start.target, "/a?b=c"));
    assert_true(start.version1 && !start.version10);
    assert_int_equal(request("x-odd!  /a b\tc  http/1.0 ", &start), PARSE_DONE);
    assert_true(bytes_is(start.method, "x-odd!"));
    assert_true(bytes_is(start.target, "/a b\tc"));
    assert_true(start.version10);
    assert_int_equal(request("CONNECT a.test:25 / HTTP/1.0", &start), PARSE_DONE);
    assert_true(bytes_is(start.target, "a.test:25"));
}

static void what_is_no_request_line_leaves_the_result_alone(void **state)
{
    static const char *const bad[] = {"", " ", "GET", "GET /", "GET HTTP/1.1", "GET / RTSP/1.0",
            "G(T / HTTP/1.1", "GET / HTTP/", "GET / HTTP/x.1", "PRI * HTTP/2.0"};
    struct http1_start start = {.status = 7};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(request(bad[i], &start), PARSE_BAD);
        assert_int_equal(start.status, 7);
        assert_null(start.method.p);
    }
}

static void status_lines_are_read_as_browsers_do(void **state)
{
    static const struct {
        const char *line;
        uint32_t status;
        const char *reason;
        bool version10;
    } cases[] = {
            {"HTTP/1.1 200 OK", 200, "OK", false},
            {"HTTP/1.0 404 Not here ", 404, "Not here", true},
            {"HTTP/1.1 204", 204, "", false},
            {"http/1.1 \t302 x", 302, "x", false},
            {"ICY 200 OK", 200, "OK", true},
            {"HTTP/1.1 200OK", 200, "OK", false},
            {"HTTP/1.00 200 ok", 200, "ok", true},
            {"HTTP/2.0 200 ok", 200, "ok", false},
            {"HTTP/1.1 20x ok", 20, "x ok", false},
    };
    static const char *const bad[] = {"", "HTTP/1.1", "HTTP/1.1 ok", "HTTP/1.1 2000",
            "HTTP/1.1 000", "HTTPS/1.1 200", "200"};
    struct http1_start start = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(http1_status_line(bytes_text(cases[i].line), &start), PARSE_DONE);
        assert_int_equal(start.status, cases[i].status);
        assert_true(bytes_is(start.reason, cases[i].reason));
        assert_int_equal(start.version10, cases[i].version10);
    }
    start.status = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(http1_status_line(bytes_text(bad[i]), &start), PARSE_BAD);
    assert_int_equal(start.status, 7);
}

static void fields_keep_order_case_and_folding(void **state)
{
    struct bytes fields =
            BYTES_LITERAL(" lost: no\r\nSet-Cookie: a=1\r\nno colon\r\n"
                          "set-COOKIE :\tb=2 \n: nameless\r\n"
                          "X-Fold: one\r\n  two\r\n\tthree\r\nNul: a\0b\r\nLast:");
    static const char *const want[][2] = {{"Set-Cookie", "a=1"}, {"set-COOKIE", "b=2"},
            {"X-Fold", "one\r\n  two\r\n\tthree"}};
    struct header field;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(http1_field_take(&fields, &field));
        assert_true(bytes_is(field.name, want[i][0]));
        assert_true(bytes_is(field.value, want[i][1]));
    }
    assert_true(http1_field_take(&fields, &field));
    assert_true(bytes_equal(field.value, BYTES_LITERAL("a\0b")));
    assert_true(http1_field_take(&fields, &field));
    assert_true(bytes_is(field.name, "Last"));
    assert_int_equal(field.value.n, 0);
    assert_false(http1_field_take(&fields, &field));
}

static struct http1_facts facts_of(const char *text)
{
    struct bytes fields = bytes_text(text);
    struct http1_facts facts = {0};
    struct header field;

    while (http1_field_take(&fields, &field))
        http1_facts_add(&facts, &field);
    return facts;
}

static enum http1_framing response(
        const char *fields, uint32_t status, const char *method, bool version10)
{
    struct http1_start start = {.status = status, .version10 = version10};
    struct http1_facts facts = facts_of(fields);

    return http1_response_framing(&facts, &start, bytes_text(method));
}

/* RFC 9112 section 6.3, in its order. */
static void the_end_of_a_response_follows_the_eight_rules(void **state)
{
    (void)state;
    assert_int_equal(response("Content-Length: 5", 200, "HEAD", false), HTTP1_NO_BODY);
    assert_int_equal(response("Content-Length: 5", 304, "GET", false), HTTP1_NO_BODY);
    assert_int_equal(response("Transfer-Encoding: chunked", 204, "GET", false), HTTP1_NO_BODY);
    assert_int_equal(response("", 103, "GET", false), HTTP1_NO_BODY);
    assert_int_equal(response("Content-Length: 5", 200, "CONNECT", false), HTTP1_NO_BODY);
    assert_int_equal(response("Content-Length: 5", 407, "CONNECT", false), HTTP1_LENGTH);
    assert_int_equal(response("Transfer-Encoding: gzip, Chunked\r\nContent-Length: 5", 200,
                             "GET", false),
            HTTP1_CHUNKED);
    assert_int_equal(response("Transfer-Encoding: chunked\r\nContent-Length: 5", 200, "", true),
            HTTP1_LENGTH);
    assert_int_equal(response("Transfer-Encoding: gzip", 200, "GET", false), HTTP1_CLOSE);
    assert_int_equal(
            response("Content-Length: 5\r\nContent-Length: 6", 200, "", false), HTTP1_BROKEN);
    assert_int_equal(
            response("Content-Length: 5\r\ncontent-length:5, 5", 200, "", false), HTTP1_LENGTH);
    assert_int_equal(response("Content-Length: +5", 200, "GET", false), HTTP1_CLOSE);
    assert_int_equal(response("", 200, "GET", false), HTTP1_CLOSE);
    assert_int_equal(response("", 205, "GET", false), HTTP1_NO_BODY);
}

static void a_request_without_framing_has_no_body(void **state)
{
    struct http1_facts facts =
            facts_of("Host: a.test \r\nhost: b.test\r\nExpect: 100-continue\r\n"
                     "Connection: keep-alive, Upgrade\r\nUpgrade: h2c");

    (void)state;
    assert_int_equal(http1_request_framing(&facts), HTTP1_NO_BODY);
    assert_true(bytes_is(facts.host, "a.test"));
    assert_true(facts.expects && facts.asks_upgrade);
    assert_true(bytes_is(facts.upgrade, "h2c"));
    facts = facts_of("Transfer-Encoding:\r\n chunked");
    assert_int_equal(http1_request_framing(&facts), HTTP1_CHUNKED);
    facts = facts_of("Content-Length: 18446744073709551615");
    assert_int_equal(http1_request_framing(&facts), HTTP1_LENGTH);
    assert_true(facts.length == UINT64_MAX);
    facts = facts_of("Content-Length: 1\r\nContent-Length: 2");
    assert_int_equal(http1_request_framing(&facts), HTTP1_BROKEN);
}

static void every_truncation_stays_inside(void **state)
{
    static const char head[] = "GET /a?b HTTP/1.1\r\nHost: x\r\nFold: a\r\n b\r\nLast : z\r\n";

    (void)state;
    for (size_t n = 0; n < sizeof(head); n++) {
        uint8_t *exact = malloc(n == 0 ? 1 : n);
        struct bytes fields = bytes_of(exact, n);
        struct http1_start start = {0};
        struct header field;

        assert_non_null(exact);
        memcpy(exact, head, n);
        assert_true(http1_start_may(bytes_slice(fields, 0, 3), FROM_CLIENT));
        if (http1_request_line(bytes_slice(fields, 0, 17), &start) == PARSE_DONE)
            assert_true(n >= 15); /* "GET /a?b HTTP/1" is a version already */
        while (http1_field_take(&fields, &field))
            assert_true(field.name.p >= exact && field.value.p + field.value.n <= exact + n);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_request_line_has_three_parts),
            cmocka_unit_test(what_is_no_request_line_leaves_the_result_alone),
            cmocka_unit_test(status_lines_are_read_as_browsers_do),
            cmocka_unit_test(fields_keep_order_case_and_folding),
            cmocka_unit_test(the_end_of_a_response_follows_the_eight_rules),
            cmocka_unit_test(a_request_without_framing_has_no_body),
            cmocka_unit_test(every_truncation_stays_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
