/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/quic_look.h"

static void alpn_names_the_content(void **state)
{
    (void)state;
    assert_int_equal(quic_look_alpn("h3"), QUIC_CONTENT_HTTP3);
    assert_int_equal(quic_look_alpn("h3-29"), QUIC_CONTENT_HTTP3);
    assert_int_equal(quic_look_alpn("h3-"), QUIC_CONTENT_OTHER);
    assert_int_equal(quic_look_alpn("h3-Q050"), QUIC_CONTENT_OTHER); /* Google's own framing */
    assert_int_equal(quic_look_alpn("h33"), QUIC_CONTENT_OTHER);
    assert_int_equal(quic_look_alpn("doq"), QUIC_CONTENT_DNS);
    assert_int_equal(quic_look_alpn("doq-i03"), QUIC_CONTENT_DNS);
    assert_int_equal(quic_look_alpn("hq-interop"), QUIC_CONTENT_OTHER);
    assert_int_equal(quic_look_alpn(""), QUIC_CONTENT_OTHER);
    assert_int_equal(quic_look_alpn(NULL), QUIC_CONTENT_UNKNOWN);
}

static enum quic_content look(uint64_t stream, enum direction dir, const char *first, size_t n)
{
    return quic_look_stream(stream, dir, bytes_of(first, n));
}

static void a_request_and_its_response_look_like_http3(void **state)
{
    (void)state;
    assert_int_equal(look(0, FROM_CLIENT, "\x01\x1d", 2), QUIC_CONTENT_HTTP3);
    assert_int_equal(look(8, FROM_SERVER, "\x01\x40\x5f", 3), QUIC_CONTENT_HTTP3);
    assert_int_equal(look(0, FROM_CLIENT, "\x01", 1), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(0, FROM_CLIENT, "\x01\x02", 2), QUIC_CONTENT_UNKNOWN); /* too short */
    assert_int_equal(look(0, FROM_CLIENT, "\x01\xff\xff\xff\xff\xff\xff\xff\xff", 9),
            QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(1, FROM_SERVER, "\x01\x1d", 2), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(0, FROM_CLIENT, "GET /", 5), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(0, FROM_CLIENT, "\x00\x20\x12", 3), QUIC_CONTENT_UNKNOWN); /* DNS */
    assert_int_equal(look(0, FROM_CLIENT, "", 0), QUIC_CONTENT_UNKNOWN);
}

static void streams_of_one_direction_look_like_http3_by_their_type(void **state)
{
    (void)state;
    assert_int_equal(look(2, FROM_CLIENT, "\x00\x04\x05", 3), QUIC_CONTENT_HTTP3);
    assert_int_equal(look(2, FROM_CLIENT, "\x00\x00\x05", 3), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(2, FROM_CLIENT, "\x00", 1), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(6, FROM_CLIENT, "\x02", 1), QUIC_CONTENT_HTTP3);
    assert_int_equal(look(7, FROM_SERVER, "\x03", 1), QUIC_CONTENT_HTTP3);
    assert_int_equal(look(7, FROM_CLIENT, "\x03", 1), QUIC_CONTENT_UNKNOWN);
    assert_int_equal(look(7, FROM_SERVER, "\x05", 1), QUIC_CONTENT_UNKNOWN);
}

static void control_streams_never_end(void **state)
{
    (void)state;
    assert_true(quic_look_endless(2, BYTES_LITERAL("\0\4")));
    assert_true(quic_look_endless(7, BYTES_LITERAL("\2")));
    assert_true(quic_look_endless(11, BYTES_LITERAL("\3")));
    assert_false(quic_look_endless(15, BYTES_LITERAL("\1"))); /* a push */
    assert_false(quic_look_endless(0, BYTES_LITERAL("\0\4")));
    assert_false(quic_look_endless(2, (struct bytes){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(alpn_names_the_content),
            cmocka_unit_test(a_request_and_its_response_look_like_http3),
            cmocka_unit_test(control_streams_never_end),
            cmocka_unit_test(streams_of_one_direction_look_like_http3_by_their_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
