/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/capture/http/body_bench.h"
#include "tests/support/oom.h"

static void assert_is_text(const struct body *body)
{
    assert_true(body->present);
    assert_true(body->whole);
    assert_null(body->undecoded);
    assert_hash_of(body, text);
    assert_true(bytes_equal(body->data, text));
    assert_int_equal(body->kept, text.n);
    assert_false(body->spooled);
}

static const struct sample {
    const char *coding;
    struct bytes data;
} samples[] = {
        {NULL, {(const uint8_t *)packed_text, sizeof(packed_text) - 1}},
        {"identity", {(const uint8_t *)packed_text, sizeof(packed_text) - 1}},
        {"aws-chunked", {(const uint8_t *)packed_text, sizeof(packed_text) - 1}},
        {"gzip", {packed_gzip, sizeof(packed_gzip)}},
        {"X-GZIP", {packed_gzip, sizeof(packed_gzip)}},
        {"deflate", {packed_zlib, sizeof(packed_zlib)}},
        {"deflate", {packed_raw, sizeof(packed_raw)}},
        {"br", {packed_brotli, sizeof(packed_brotli)}},
        {"zstd", {packed_zstd, sizeof(packed_zstd)}},
        {"gzip, br", {packed_gzip_brotli, sizeof(packed_gzip_brotli)}},
        {" gzip,\t,identity , br ", {packed_gzip_brotli, sizeof(packed_gzip_brotli)}},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]), PLAIN_SAMPLES = 3 };

static void every_coding_comes_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct bench b = begin(NULL, samples[i].coding, "text/plain", false);

        push(&b, samples[i].data);
        assert_is_text(end(&b));
        assert_int_equal(b.m->body.wire_bytes, samples[i].data.n);
        clear(&b);
    }
}

static void split_at_every_place_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (size_t at = 0; at <= samples[i].data.n; at++) {
            struct bench b = begin(NULL, samples[i].coding, "text/plain", false);

            push(&b, bytes_slice(samples[i].data, 0, at));
            push(&b, bytes_slice(samples[i].data, at, samples[i].data.n));
            assert_is_text(end(&b));
            clear(&b);
        }
    }
}

static void codings_in_several_fields_are_one_list(void **state)
{
    struct bench b = {.x = exchange_new(1, 1, PROTOCOL_H2)};

    (void)state;
    b.m = &b.x->response;
    add(&b, "content-encoding", "GZIP");
    add(&b, "content-type", "text/html; charset=utf-8");
    add(&b, "Content-Encoding", "br");
    b.reader = body_new(NULL, b.x, b.m, false);
    assert_non_null(b.reader);
    push(&b, VIEW(packed_gzip_brotli));
    assert_is_text(end(&b));
    assert_int_equal(b.m->body.coding_count, 2);
    assert_string_equal(b.m->body.codings[0], "gzip");
    assert_string_equal(b.m->body.codings[1], "br");
    assert_true(bytes_is(b.m->body.type, "text/html"));
    clear(&b);
}

static void a_coded_body_cut_anywhere_keeps_its_front_and_says_so(void **state)
{
    (void)state;
    for (size_t i = PLAIN_SAMPLES; i < SAMPLES; i++) {
        for (size_t n = 0; n < samples[i].data.n; n++) {
            struct bench b = begin(NULL, samples[i].coding, "text/plain", false);
            const struct body *body;

            push(&b, bytes_slice(samples[i].data, 0, n));
            body = end(&b);
            assert_int_equal(body->whole, n == 0); /* nothing sent is nothing to undo */
            if (n != 0)
                assert_string_equal(body->undecoded, "the content coding ends early");
            assert_hash_of(body, bytes_slice(text, 0, body->bytes));
            assert_true(bytes_equal(body->data, bytes_slice(text, 0, body->bytes)));
            clear(&b);
        }
    }
}

static void corrupt_data_ends_decoding_with_its_name(void **state)
{
    static const char *const names[][2] = {{"gzip", "corrupt gzip data"},
            {"br", "corrupt brotli data"}, {"zstd", "corrupt zstd data"}};
    struct bytes junk = BYTES_LITERAL("\xff\xfe this is no packed data of any kind");

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bench b = begin(NULL, names[i][0], "text/plain", false);
        const struct body *body;

        push(&b, junk);
        push(&b, junk);
        body = end(&b);
        assert_string_equal(body->undecoded, names[i][1]);
        assert_false(body->whole);
        assert_int_equal(body->wire_bytes, 2 * junk.n);
        assert_hash_of(body, bytes_of(NULL, 0));
        clear(&b);
    }
}

static void bytes_behind_the_end_are_named_and_not_decoded(void **state)
{
    (void)state;
    for (size_t i = PLAIN_SAMPLES; i < SAMPLES; i++) {
        for (int at_once = 0; at_once < 2; at_once++) {
            struct bench b = begin(NULL, samples[i].coding, "text/plain", false);
            uint8_t both[256];
            size_t n = samples[i].data.n;
            const struct body *body;

            memcpy(both, samples[i].data.p, n);
            memcpy(both + n, "junk", 4);
            push(&b, bytes_of(both, at_once != 0 ? n + 4 : n));
            if (at_once == 0)
                push(&b, bytes_of(both + n, 4));
            body = end(&b);
            assert_string_equal(body->undecoded, "bytes behind the end of the content coding");
            assert_hash_of(body, text);
            clear(&b);
        }
    }
}

static void gzip_members_in_a_row_are_one_body(void **state)
{
    struct bench b = begin(NULL, "gzip", "text/plain", false);
    const struct body *body;

    (void)state;
    push(&b, VIEW(packed_gzip));
    push(&b, VIEW(packed_gzip));
    body = end(&b);
    assert_true(body->whole);
    assert_int_equal(body->bytes, 2 * text.n);
    clear(&b);
}

static void an_unknown_coding_leaves_what_it_left(void **state)
{
    struct bench b = begin(NULL, "compress", "text/plain", false);
    const struct body *body;

    (void)state;
    push(&b, text);
    body = end(&b);
    assert_string_equal(body->undecoded, "unknown content coding");
    assert_false(body->whole);
    assert_hash_of(body, text);
    clear(&b);

    b = begin(NULL, "compress, gzip", "text/plain", false);
    push(&b, VIEW(packed_gzip));
    body = end(&b);
    assert_string_equal(body->undecoded, "unknown content coding");
    assert_hash_of(body, text);
    clear(&b);
}

static void more_codings_than_can_be_undone_are_none(void **state)
{
    struct bench b =
            begin(NULL, "gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip", "text/plain", false);
    const struct body *body;

    (void)state;
    push(&b, VIEW(packed_gzip));
    body = end(&b);
    assert_string_equal(body->undecoded, "more content codings than can be undone");
    assert_int_equal(body->coding_count, BODY_CODINGS_MOST);
    assert_hash_of(body, VIEW(packed_gzip));
    clear(&b);
}

static void a_gap_ends_a_coded_body_and_not_a_plain_one(void **state)
{
    struct bench b = begin(NULL, "gzip", "text/plain", false);
    const struct body *body;

    (void)state;
    push(&b, bytes_slice(VIEW(packed_gzip), 0, 70));
    body_gap(b.reader, 10);
    push(&b, bytes_slice(VIEW(packed_gzip), 80, sizeof(packed_gzip)));
    body = end(&b);
    assert_string_equal(body->undecoded, "part of the coded body is missing");
    assert_false(body->whole);
    assert_int_equal(body->wire_bytes, sizeof(packed_gzip) - 10);
    assert_hash_of(body, bytes_slice(text, 0, body->bytes));
    clear(&b);

    b = begin(NULL, NULL, "text/plain", false);
    push(&b, BYTES_LITERAL("front"));
    body_gap(b.reader, 10);
    push(&b, BYTES_LITERAL("back"));
    body = end(&b);
    assert_null(body->undecoded);
    assert_false(body->whole);
    assert_hash_of(body, BYTES_LITERAL("frontback"));
    clear(&b);

    b = begin(NULL, "gzip", "text/plain", false);
    push(&b, VIEW(packed_gzip));
    body_gap(b.reader, 0);
    assert_is_text(end(&b));
    clear(&b);
}

static void a_body_whose_framing_was_cut_is_not_whole(void **state)
{
    struct bench b = begin(NULL, NULL, "text/plain", false);

    (void)state;
    push(&b, text);
    assert_int_equal(body_end(b.reader, false), STATUS_OK);
    assert_false(b.m->body.whole);
    assert_null(b.m->body.undecoded);
    clear(&b);
}

static void a_bomb_is_cut_and_named(void **state)
{
    struct bench b = begin(NULL, "br", "image/png", false);
    const struct body *body;

    (void)state;
    push(&b, VIEW(packed_zeros));
    body = end(&b);
    assert_string_equal(body->undecoded, "decompression bomb");
    assert_false(body->whole);
    assert_true(body->bytes >= 1 << 20 && body->bytes < 2 << 20);
    clear(&b);
}

static void textual_responses_are_kept_and_others_are_not(void **state)
{
    static const char *const kept[] = {"text/html", "TEXT/css;a=b", "application/json",
            "application/ld+json; charset=utf-8", "application/javascript", "text/javascript",
            "application/xml", "image/svg+xml", "application/x-www-form-urlencoded", "text/csv",
            "text/event-stream", "application/dns-message"};
    static const char *const dropped[] = {"image/png", "application/octet-stream", "video/mp4",
            "font/woff2", "application/wasm"};

    (void)state;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        struct bench b = begin(NULL, NULL, kept[i], false);

        push(&b, text);
        assert_is_text(end(&b));
        clear(&b);
    }
    for (size_t i = 0; i < 2 * sizeof(dropped) / sizeof(dropped[0]); i++) {
        bool is_request = i % 2 == 1;
        struct bench b = begin(NULL, NULL, dropped[i / 2], is_request);
        const struct body *body;

        push(&b, text);
        body = end(&b);
        assert_hash_of(body, text);
        assert_true(body->whole);
        assert_int_equal(body->kept, is_request ? text.n : 0);
        assert_int_equal(body->data.n, is_request ? text.n : 0);
        clear(&b);
    }
}

static void untyped_responses_are_kept_when_they_look_textual(void **state)
{
    uint8_t data[2000];

    (void)state;
    for (size_t at = 0; at < sizeof(data); at += 100) {
        struct bench b = begin(NULL, NULL, NULL, false);
        const struct body *body;

        memset(data, 'a', sizeof(data));
        data[at] = 0;
        push(&b, bytes_slice(VIEW(data), 0, 300));
        push(&b, bytes_slice(VIEW(data), 300, sizeof(data)));
        body = end(&b);
        /* Only the front is looked at: 512 bytes, whatever the pieces. */
        assert_int_equal(body->kept, at < 512 ? 0 : sizeof(data));
        assert_hash_of(body, VIEW(data));
        clear(&b);
    }
    {
        struct bench b = begin(NULL, NULL, NULL, false);

        push(&b, BYTES_LITERAL("{\"id\":1}"));
        assert_int_equal(end(&b)->kept, 8);
        clear(&b);
        b = begin(NULL, NULL, NULL, false);
        push(&b, BYTES_LITERAL("GIF89a\1\0"));
        assert_int_equal(end(&b)->kept, 0);
        clear(&b);
    }
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct bench b = {.x = exchange_new(1, 1, PROTOCOL_HTTP11)};
        enum status status = STATUS_NOMEM;

        b.m = &b.x->response;
        add(&b, "Content-Encoding", "gzip, br");
        add(&b, "Content-Type", "text/html");
        oom_fail_at(n);
        b.reader = body_new(NULL, b.x, b.m, false);
        if (b.reader != NULL)
            status = body_push(b.reader, VIEW(packed_gzip_brotli));
        if (status == STATUS_OK)
            status = body_end(b.reader, true);
        oom_fail_at(0);
        if (status == STATUS_OK)
            assert_is_text(&b.m->body);
        else
            assert_int_equal(status, STATUS_NOMEM);
        clear(&b);
        if (status == STATUS_OK)
            break;
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_coding_comes_off),
            cmocka_unit_test(split_at_every_place_gives_the_same),
            cmocka_unit_test(codings_in_several_fields_are_one_list),
            cmocka_unit_test(a_coded_body_cut_anywhere_keeps_its_front_and_says_so),
            cmocka_unit_test(corrupt_data_ends_decoding_with_its_name),
            cmocka_unit_test(bytes_behind_the_end_are_named_and_not_decoded),
            cmocka_unit_test(gzip_members_in_a_row_are_one_body),
            cmocka_unit_test(an_unknown_coding_leaves_what_it_left),
            cmocka_unit_test(more_codings_than_can_be_undone_are_none),
            cmocka_unit_test(a_gap_ends_a_coded_body_and_not_a_plain_one),
            cmocka_unit_test(a_body_whose_framing_was_cut_is_not_whole),
            cmocka_unit_test(a_bomb_is_cut_and_named),
            cmocka_unit_test(textual_responses_are_kept_and_others_are_not),
            cmocka_unit_test(untyped_responses_are_kept_when_they_look_textual),
            cmocka_unit_test(each_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
