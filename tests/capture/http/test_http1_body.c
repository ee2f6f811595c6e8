/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/http1_body.h"

struct result {
    enum parse verdict;
    char content[256];
    size_t n, left; /* of content, and of input behind the end */
};

/* Feeds `text` in pieces of at most `step` bytes, each in a block of its own size. */
static struct result feed(struct http1_body *b, struct bytes text, size_t step)
{
    struct result r = {.verdict = PARSE_MORE};
    size_t at = 0;

    while (at < text.n && r.verdict == PARSE_MORE) {
        size_t n = text.n - at < step ? text.n - at : step;
        uint8_t *piece = malloc(n);
        struct bytes in = {piece, n}, data;

        assert_non_null(piece);
        memcpy(piece, text.p + at, n);
        while (in.n != 0 && r.verdict == PARSE_MORE) {
            r.verdict = http1_body_take(b, &in, &data);
            assert_true(data.n == 0 || (data.p >= piece && data.p + data.n <= piece + n));
            assert_true(r.n + data.n <= sizeof(r.content));
            if (data.n != 0)
                memcpy(r.content + r.n, data.p, data.n);
            r.n += data.n;
        }
        at += n;
        r.left = text.n - at + in.n;
        free(piece);
    }
    return r;
}

static const char chunked[] = "5;a=b;c=\"d\"\r\nHello\r\n 00A \r\n, chunked \n6\nworld!\r\n"
                              "0\r\nTrailer: t\r\nOther : u\r\n\r\nNEXT";

static void chunks_extensions_and_trailers_are_undone_however_split(void **state)
{
    (void)state;
    for (size_t step = 1; step < sizeof(chunked); step++) {
        struct http1_body b;
        struct result r;

        http1_body_init(&b, HTTP1_CHUNKED, 0);
        r = feed(&b, BYTES_LITERAL(chunked), step);
        assert_int_equal(r.verdict, PARSE_DONE);
        assert_true(bytes_is(bytes_of(r.content, r.n), "Hello, chunked world!"));
        assert_int_equal(r.left, 4);
        assert_true(bytes_is(buf_view(&b.trailers), "Trailer: t\r\nOther : u\r\n\r\n"));
        assert_true(http1_body_is_whole(&b));
        http1_body_clear(&b);
    }
}

static void a_chunked_body_is_whole_from_its_last_chunk_on(void **state)
{
    size_t last = (size_t)(strstr(chunked, "0\r\nTrailer") - chunked) + 3;

    (void)state;
    for (size_t n = 0; n < sizeof(chunked) - 5; n++) {
        struct http1_body b;

        http1_body_init(&b, HTTP1_CHUNKED, 0);
        assert_int_equal(feed(&b, bytes_of(chunked, n), 1000).verdict, PARSE_MORE);
        assert_int_equal(http1_body_is_whole(&b), n >= last);
        http1_body_clear(&b);
    }
}

static void broken_chunks_are_said_to_be_broken(void **state)
{
    static const char *const bad[] = {"x\r\n", "+5\r\nHello", "0x5\r\nHello", "\r\n",
            "5\r\nHello!\r\n", "5\r\nHello\rX", "11111111111111111\r\n", "f\fx"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct http1_body b;

        http1_body_init(&b, HTTP1_CHUNKED, 0);
        assert_int_equal(feed(&b, bytes_text(bad[i]), 100).verdict, PARSE_BAD);
        assert_non_null(b.bad);
        http1_body_clear(&b);
    }
}

static void lines_without_end_hit_the_limit(void **state)
{
    size_t n = HTTP1_TRAILERS_MOST + 2;
    char *text = malloc(n);
    struct http1_body b;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', n);
    text[1] = ';';
    http1_body_init(&b, HTTP1_CHUNKED, 0);
    assert_int_equal(feed(&b, bytes_of(text, n), n).verdict, PARSE_UNSUPPORTED);
    http1_body_clear(&b);
    memcpy(text, "0\n", 2);
    http1_body_init(&b, HTTP1_CHUNKED, 0);
    assert_int_equal(feed(&b, bytes_of(text, n), 1000).verdict, PARSE_MORE);
    assert_int_equal(feed(&b, BYTES_LITERAL("x"), 1).verdict, PARSE_UNSUPPORTED);
    http1_body_clear(&b);
    free(text);
}

static void a_start_line_in_place_of_the_trailers_is_left_alone(void **state)
{
    struct http1_body b;
    struct result r;

    (void)state;
    http1_body_init(&b, HTTP1_CHUNKED, 0);
    r = feed(&b, BYTES_LITERAL("0\r\nHTTP/1.1 200 OK\r\n"), 100);
    assert_int_equal(r.verdict, PARSE_DONE);
    assert_int_equal(r.left, 17);
    http1_body_clear(&b);
}

static void a_length_ends_where_it_says(void **state)
{
    struct http1_body b;
    struct result r;

    (void)state;
    http1_body_init(&b, HTTP1_LENGTH, 5);
    r = feed(&b, BYTES_LITERAL("HelloNEXT"), 2);
    assert_int_equal(r.verdict, PARSE_DONE);
    assert_int_equal(r.n, 5);
    assert_int_equal(r.left, 4);
    http1_body_init(&b, HTTP1_LENGTH, 5);
    assert_int_equal(feed(&b, BYTES_LITERAL("Hell"), 9).verdict, PARSE_MORE);
    assert_false(http1_body_is_whole(&b));
    http1_body_init(&b, HTTP1_CLOSE, 0);
    assert_int_equal(feed(&b, BYTES_LITERAL("Hell"), 9).n, 4);
    assert_true(http1_body_is_whole(&b));
}

static void holes_count_while_the_framing_knows_them(void **state)
{
    struct http1_body b;

    (void)state;
    http1_body_init(&b, HTTP1_LENGTH, 10);
    assert_int_equal(http1_body_gap(&b, 4), 4);
    assert_int_equal(http1_body_gap(&b, 7), 6);
    assert_true(http1_body_is_whole(&b));
    http1_body_init(&b, HTTP1_CHUNKED, 0);
    assert_int_equal(http1_body_gap(&b, 1), 0);
    assert_int_equal(feed(&b, BYTES_LITERAL("5\r\nHe"), 9).n, 2);
    assert_int_equal(http1_body_gap(&b, 2), 2);
    assert_int_equal(feed(&b, BYTES_LITERAL("o\r\n0\r\n\r\n"), 9).verdict, PARSE_DONE);
    http1_body_clear(&b);
    http1_body_init(&b, HTTP1_CLOSE, 0);
    assert_int_equal(http1_body_gap(&b, 99), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(chunks_extensions_and_trailers_are_undone_however_split),
            cmocka_unit_test(a_chunked_body_is_whole_from_its_last_chunk_on),
            cmocka_unit_test(broken_chunks_are_said_to_be_broken),
            cmocka_unit_test(lines_without_end_hit_the_limit),
            cmocka_unit_test(a_start_line_in_place_of_the_trailers_is_left_alone),
            cmocka_unit_test(a_length_ends_where_it_says),
            cmocka_unit_test(holes_count_while_the_framing_knows_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
