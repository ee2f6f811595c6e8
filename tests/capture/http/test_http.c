/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/http.h"

static enum http_look look(const char *text)
{
    return http_look(bytes_text(text));
}

static void requests_are_known_by_method_target_and_version(void **state)
{
    (void)state;
    assert_int_equal(look("GET / HTTP/1.1\r\n"), HTTP_LOOK_REQUEST);
    assert_int_equal(
            look("\r\n\nPOST http://a.test/x?y=1 HTTP/1.0\r\nHost"), HTTP_LOOK_REQUEST);
    assert_int_equal(look("M-SEARCH * HTTP/1.1\n"), HTTP_LOOK_REQUEST);
    assert_int_equal(look("CONNECT a.test:443 HTTP/1.1\r\n"), HTTP_LOOK_REQUEST);
    assert_int_equal(look("WEIRD /x HTTP/1.1\r\n"), HTTP_LOOK_REQUEST);
    assert_int_equal(look("WEIRD x HTTP/1.1\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("get / HTTP/1.1\r\n"), HTTP_LOOK_NOT);
}

static void neighbours_with_the_same_grammar_are_not_http(void **state)
{
    (void)state;
    assert_int_equal(look("OPTIONS rtsp://a.test/x RTSP/1.0\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("OPTIONS sip:a@b.test SIP/2.0\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("REQMOD icap://a.test/x ICAP/1.0\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("SIP/2.0 200 OK\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("RTSP/1.0 200 OK\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("HTTP/2.0 200 OK\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("GET /\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(look("USER anonymous\r\n"), HTTP_LOOK_NOT);
    assert_int_equal(http_look(BYTES_LITERAL("\x16\x03\x01\x02\x00")), HTTP_LOOK_NOT);
    assert_int_equal(http_look(BYTES_LITERAL("GET \x00\x01\x02\x03")), HTTP_LOOK_NOT);
}

static void responses_need_their_status(void **state)
{
    (void)state;
    assert_int_equal(look("HTTP/1.1 200"), HTTP_LOOK_RESPONSE);
    assert_int_equal(look("HTTP/1.0 404 Not Found\r\n"), HTTP_LOOK_RESPONSE);
    assert_int_equal(look("ICY 200 OK\r\n"), HTTP_LOOK_RESPONSE);
    assert_int_equal(look("HTTP/1.1 2000 OK"), HTTP_LOOK_NOT);
    assert_int_equal(look("HTTP/1.1  200 OK"), HTTP_LOOK_NOT);
    assert_int_equal(look("HTTP is a protocol"), HTTP_LOOK_NOT);
}

static void the_preface_is_told_from_a_request(void **state)
{
    (void)state;
    assert_int_equal(look("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTP_LOOK_PREFACE);
    assert_int_equal(look("PRI * HTTP/2.0\r\n\r\nSM\r\n\r"), HTTP_LOOK_MORE);
    assert_int_equal(look("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), HTTP_LOOK_NOT);
}

/* What more bytes will show to be HTTP is never refused for want of them. */
static void every_truncation_asks_for_more_or_knows_already(void **state)
{
    static const struct {
        const char *text;
        enum http_look whole;
    } cases[] = {
            {"\r\nGET /index.html?a=b HTTP/1.1\r\n", HTTP_LOOK_REQUEST},
            {"HTTP/1.1 200 OK\r\n", HTTP_LOOK_RESPONSE},
            {"ICY 200 OK\r\n", HTTP_LOOK_RESPONSE},
            {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP_LOOK_PREFACE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t n = 0; n <= strlen(cases[i].text); n++) {
            uint8_t *exact = malloc(n == 0 ? 1 : n);
            enum http_look found;

            assert_non_null(exact);
            memcpy(exact, cases[i].text, n);
            found = http_look(bytes_of(exact, n));
            assert_true(found == HTTP_LOOK_MORE || found == cases[i].whole);
            if (n == strlen(cases[i].text))
                assert_int_equal(found, cases[i].whole);
            free(exact);
        }
    }
}

static void a_long_target_of_a_known_method_is_not_waited_for(void **state)
{
    char text[4096] = "GET /";

    (void)state;
    memset(text + 5, 'a', sizeof(text) - 6);
    assert_int_equal(look(text), HTTP_LOOK_REQUEST);
    memcpy(text, "GOT /", 5);
    assert_int_equal(look(text), HTTP_LOOK_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(requests_are_known_by_method_target_and_version),
            cmocka_unit_test(neighbours_with_the_same_grammar_are_not_http),
            cmocka_unit_test(responses_need_their_status),
            cmocka_unit_test(the_preface_is_told_from_a_request),
            cmocka_unit_test(every_truncation_asks_for_more_or_knows_already),
            cmocka_unit_test(a_long_target_of_a_known_method_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
