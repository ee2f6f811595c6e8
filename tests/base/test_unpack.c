/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/unpack.h"
#include "tests/base/packed.h"
#include "tests/support/oom.h"

#define VIEW(a) ((struct bytes){(a), sizeof(a)})

static const struct sample {
    enum unpack_kind kind;
    struct bytes data;
} samples[] = {
        {UNPACK_GZIP, {packed_gzip, sizeof(packed_gzip)}},
        {UNPACK_ZLIB, {packed_zlib, sizeof(packed_zlib)}},
        {UNPACK_DEFLATE, {packed_zlib, sizeof(packed_zlib)}},
        {UNPACK_DEFLATE, {packed_raw, sizeof(packed_raw)}},
        {UNPACK_BROTLI, {packed_brotli, sizeof(packed_brotli)}},
        {UNPACK_ZSTD, {packed_zstd, sizeof(packed_zstd)}},
        {UNPACK_ZSTD_HTTP, {packed_zstd, sizeof(packed_zstd)}},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]), OUT_MOST = 4096 };

static const struct unpack_limits unlimited = {0, 0};

struct result {
    uint8_t out[OUT_MOST];
    size_t n;
    enum parse verdict;
    size_t left; /* input behind the end */
};

/* Pushes `in`, `room` bytes of output at a time, until nothing more comes. */
static void push_all(struct unpack *u, struct bytes in, size_t room, struct result *r)
{
    size_t made;

    do {
        assert_true(r->n + room <= OUT_MOST);
        r->verdict = unpack_push(u, &in, r->out + r->n, room, &made);
        assert_true(made <= room);
        r->n += made;
    } while (made == room && r->verdict == PARSE_MORE);
    r->left = in.n;
}

static void assert_is_text(const struct result *r)
{
    assert_int_equal(r->verdict, PARSE_DONE);
    assert_int_equal(r->n, sizeof(packed_text) - 1);
    assert_memory_equal(r->out, packed_text, r->n);
}

static void every_kind_gives_the_text_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct unpack *u = unpack_new(samples[i].kind, unlimited);
        struct result r = {.n = 0};

        assert_non_null(u);
        push_all(u, samples[i].data, 1024, &r);
        assert_is_text(&r);
        assert_int_equal(r.left, 0);
        assert_false(unpack_limited(u));
        unpack_free(u);
    }
}

static void input_split_at_every_place_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct bytes all = samples[i].data;

        for (size_t at = 0; at <= all.n; at++) {
            struct unpack *u = unpack_new(samples[i].kind, unlimited);
            struct result r = {.n = 0};

            push_all(u, bytes_slice(all, 0, at), 1024, &r);
            assert_int_equal(r.verdict, at == all.n ? PARSE_DONE : PARSE_MORE);
            push_all(u, bytes_slice(all, at, all.n), 1024, &r);
            assert_is_text(&r);
            unpack_free(u);
        }
    }
}

static void byte_by_byte_in_and_out_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct unpack *u = unpack_new(samples[i].kind, unlimited);
        struct result r = {.n = 0};

        for (size_t at = 0; at < samples[i].data.n; at++)
            push_all(u, bytes_slice(samples[i].data, at, at + 1), 1, &r);
        assert_is_text(&r);
        unpack_free(u);
    }
}

static void what_follows_the_end_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct unpack *u = unpack_new(samples[i].kind, unlimited);
        struct result r = {.n = 0};
        uint8_t longer[256];

        memcpy(longer, samples[i].data.p, samples[i].data.n);
        memcpy(longer + samples[i].data.n, "more", 4);
        push_all(u, bytes_of(longer, samples[i].data.n + 4), 1024, &r);
        assert_is_text(&r);
        assert_int_equal(r.left, 4);
        unpack_free(u);
    }
}

static void members_and_frames_in_a_row_are_one_stream(void **state)
{
    static const size_t several[] = {0, 5, 6};

    (void)state;
    for (size_t i = 0; i < sizeof(several) / sizeof(several[0]); i++) {
        const struct sample *s = &samples[several[i]];
        struct unpack *u = unpack_new(s->kind, unlimited);
        struct result r = {.n = 0};
        uint8_t twice[512];

        memcpy(twice, s->data.p, s->data.n);
        memcpy(twice + s->data.n, s->data.p, s->data.n);
        push_all(u, bytes_of(twice, 2 * s->data.n), 2048, &r);
        assert_is_text(&r);
        assert_int_equal(r.left, s->data.n);
        push_all(u, bytes_of(twice + s->data.n, s->data.n), 2048, &r);
        assert_int_equal(r.verdict, PARSE_DONE);
        assert_int_equal(r.n, 2 * (sizeof(packed_text) - 1));
        assert_int_equal(unpack_push(u, &(struct bytes){NULL, 0}, r.out, 1, &r.n), PARSE_DONE);
        unpack_free(u);
    }
}

static void a_flipped_byte_never_gives_another_text_as_good(void **state)
{
    (void)state;
    /* gzip and zlib carry a check sum; raw deflate and brotli have none of their own. */
    for (size_t i = 0; i < 2; i++) {
        for (size_t at = 10; at < samples[i].data.n; at++) {
            struct unpack *u = unpack_new(samples[i].kind, unlimited);
            struct result r = {.n = 0};
            uint8_t copy[256];

            memcpy(copy, samples[i].data.p, samples[i].data.n);
            copy[at] ^= 0x10;
            push_all(u, bytes_of(copy, samples[i].data.n), 2048, &r);
            if (r.verdict == PARSE_DONE)
                assert_is_text(&r); /* one of the padding bits in front of the check sum */
            unpack_free(u);
        }
    }
}

static void bad_data_stays_bad(void **state)
{
    struct bytes junk = BYTES_LITERAL("this is no packed data of any kind, not at all");
    static const enum unpack_kind kinds[] = {
            UNPACK_GZIP, UNPACK_ZLIB, UNPACK_ZSTD, UNPACK_BROTLI};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct unpack *u = unpack_new(kinds[i], unlimited);
        struct bytes good = samples[0].data;
        uint8_t out[1024];
        size_t made = 99;
        struct bytes in = junk;

        assert_int_equal(unpack_push(u, &in, out, sizeof(out), &made), PARSE_BAD);
        assert_int_equal(unpack_push(u, &good, out, sizeof(out), &made), PARSE_BAD);
        assert_int_equal(made, 0);
        unpack_free(u);
    }
}

static void output_up_to_the_bound_passes_and_one_more_does_not(void **state)
{
    const size_t length = sizeof(packed_text) - 1;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (size_t bound = length - 1; bound <= length; bound++) {
            struct unpack *u = unpack_new(
                    samples[i].kind, (struct unpack_limits){.bytes = bound, .ratio = 0});
            struct result r = {.n = 0};

            push_all(u, samples[i].data, 1024, &r);
            assert_int_equal(r.n, bound);
            assert_int_equal(r.verdict, bound == length ? PARSE_DONE : PARSE_UNSUPPORTED);
            assert_int_equal(unpack_limited(u), bound != length);
            unpack_free(u);
        }
    }
}

static void a_bomb_is_refused_by_its_ratio(void **state)
{
    struct unpack_limits limits = {.bytes = 0, .ratio = 1100};
    struct unpack *u = unpack_new(UNPACK_BROTLI, limits);
    struct bytes in = VIEW(packed_zeros);
    static uint8_t out[64 << 10];
    enum parse verdict = PARSE_MORE;
    size_t made, total = 0;

    (void)state;
    while (verdict == PARSE_MORE) {
        verdict = unpack_push(u, &in, out, sizeof(out), &made);
        total += made;
        assert_true(made != 0 || verdict != PARSE_MORE);
    }
    assert_int_equal(verdict, PARSE_UNSUPPORTED);
    assert_true(unpack_limited(u));
    assert_true(total > UNPACK_RATIO_FLOOR);
    assert_true(total <= UNPACK_RATIO_FLOOR + sizeof(out));
    unpack_free(u);
}

static void http_zstd_refuses_windows_past_8_mib(void **state)
{
    /* RFC 8878 section 3.1.1: magic, descriptor, window 2^(10 + 14), one empty last block. */
    static const uint8_t wide[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x70, 0x01, 0x00, 0x00};
    struct unpack *file = unpack_new(UNPACK_ZSTD, unlimited);
    struct unpack *http = unpack_new(UNPACK_ZSTD_HTTP, unlimited);
    struct bytes in = VIEW(wide), again = VIEW(wide);
    uint8_t out[8];
    size_t made;

    (void)state;
    assert_int_equal(unpack_push(file, &in, out, sizeof(out), &made), PARSE_DONE);
    assert_int_equal(made, 0);
    assert_int_equal(unpack_push(http, &again, out, sizeof(out), &made), PARSE_UNSUPPORTED);
    assert_false(unpack_limited(http));
    unpack_free(file);
    unpack_free(http);
}

static void the_first_formats_of_zstd_are_not_read(void **state)
{
    /* Magic of version 0.7, which libzstd can still be built to decode. */
    static const uint8_t old[] = {0x27, 0xb5, 0x2f, 0xfd, 0x64, 0x2a, 0x78, 0x00, 0x00};
    static const uint8_t skippable[] = {0x5e, 0x2a, 0x4d, 0x18, 0x02, 0x00, 0x00, 0x00, 1, 2};
    struct unpack *u = unpack_new(UNPACK_ZSTD, unlimited);
    struct bytes in = VIEW(old);
    struct result r = {.n = 0};
    uint8_t out[8];
    size_t made;

    (void)state;
    assert_int_equal(unpack_push(u, &in, out, sizeof(out), &made), PARSE_BAD);
    unpack_free(u);
    u = unpack_new(UNPACK_ZSTD, unlimited);
    push_all(u, VIEW(skippable), 1024, &r);
    assert_int_equal(r.verdict, PARSE_DONE);
    push_all(u, VIEW(packed_zstd), 1024, &r);
    assert_is_text(&r);
    unpack_free(u);
}

static void no_memory_is_said_and_never_mistaken_for_bad_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        for (long n = 1;; n++) {
            struct result r = {.n = 0};
            struct unpack *u;

            oom_fail_at(n);
            u = unpack_new(samples[i].kind, unlimited);
            if (u != NULL)
                push_all(u, samples[i].data, 1024, &r);
            oom_fail_at(0);
            if (u != NULL && r.verdict == PARSE_DONE) {
                assert_is_text(&r);
                unpack_free(u);
                break; /* this time nothing failed */
            }
            if (u != NULL)
                assert_int_equal(r.verdict, PARSE_UNSUPPORTED);
            unpack_free(u);
            assert_true(n < 100);
        }
    }
}

/* RFC 7692 section 7.2.3: "Hello", the same again by its history, the same in a final block. */
static const uint8_t raw_hello[] = {0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00};
static const uint8_t raw_again[] = {0xf2, 0x00, 0x11, 0x00, 0x00};
static const uint8_t raw_final[] = {0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00};
static const uint8_t raw_tail[] = {0x00, 0x00, 0xff, 0xff};

/* One message, split at `at`; false unless it is "Hello" and ends where it should. */
static bool raw_reads(struct unpack *u, bool keep, struct bytes message, size_t at)
{
    struct result r = {.n = 0};

    unpack_again(u, keep);
    assert_true(unpack_rests(u));
    push_all(u, bytes_slice(message, 0, at), 3, &r);
    if (r.verdict == PARSE_MORE)
        push_all(u, bytes_slice(message, at, message.n), 3, &r);
    if (r.verdict != PARSE_MORE)
        return false;
    assert_false(message.p[0] == 0xf2 && unpack_rests(u)); /* its last block is not closed */
    push_all(u, VIEW(raw_tail), 3, &r);
    return r.verdict == PARSE_MORE && unpack_rests(u) && r.n == 5 &&
           memcmp(r.out, "Hello", 5) == 0;
}

static void raw_messages_go_on_with_one_history(void **state)
{
    (void)state;
    for (size_t at = 0; at <= sizeof(raw_final); at++) {
        struct unpack *u = unpack_new(UNPACK_RAW, unlimited);

        assert_non_null(u);
        assert_true(raw_reads(u, true, VIEW(raw_hello), at));
        assert_true(raw_reads(u, true, VIEW(raw_again), at));
        assert_true(raw_reads(u, true, VIEW(raw_final), at));
        assert_true(raw_reads(u, true, VIEW(raw_again), at));
        assert_false(raw_reads(u, false, VIEW(raw_again), at)); /* the history is gone */
        assert_true(raw_reads(u, false, VIEW(raw_hello), at));
        assert_true(raw_reads(u, true, VIEW(raw_again), at));
        unpack_free(u);
    }
}

static void raw_limits_count_for_each_message(void **state)
{
    struct unpack *u = unpack_new(UNPACK_RAW, (struct unpack_limits){.bytes = 5, .ratio = 0});

    (void)state;
    assert_non_null(u);
    for (int i = 0; i < 3; i++)
        assert_true(raw_reads(u, true, VIEW(raw_hello), 4));
    unpack_free(u);
    u = unpack_new(UNPACK_RAW, (struct unpack_limits){.bytes = 4, .ratio = 0});
    assert_non_null(u);
    assert_false(raw_reads(u, true, VIEW(raw_hello), 4));
    assert_true(unpack_limited(u));
    unpack_again(u, false);
    assert_false(unpack_limited(u));
    unpack_free(u);
}

static void raw_data_that_breaks_off_does_not_rest(void **state)
{
    struct unpack *u = unpack_new(UNPACK_RAW, unlimited);

    (void)state;
    assert_non_null(u);
    for (size_t n = 1; n < sizeof(raw_hello); n++)
        assert_false(raw_reads(u, false, bytes_of(raw_hello, n), n));
    unpack_free(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_kind_gives_the_text_back),
            cmocka_unit_test(input_split_at_every_place_gives_the_same),
            cmocka_unit_test(byte_by_byte_in_and_out_gives_the_same),
            cmocka_unit_test(what_follows_the_end_is_left),
            cmocka_unit_test(members_and_frames_in_a_row_are_one_stream),
            cmocka_unit_test(a_flipped_byte_never_gives_another_text_as_good),
            cmocka_unit_test(bad_data_stays_bad),
            cmocka_unit_test(output_up_to_the_bound_passes_and_one_more_does_not),
            cmocka_unit_test(a_bomb_is_refused_by_its_ratio),
            cmocka_unit_test(http_zstd_refuses_windows_past_8_mib),
            cmocka_unit_test(the_first_formats_of_zstd_are_not_read),
            cmocka_unit_test(raw_messages_go_on_with_one_history),
            cmocka_unit_test(raw_limits_count_for_each_message),
            cmocka_unit_test(raw_data_that_breaks_off_does_not_rest),
            cmocka_unit_test(no_memory_is_said_and_never_mistaken_for_bad_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
