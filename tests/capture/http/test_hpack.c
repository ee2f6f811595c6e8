/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/hpack.h"
#include "tests/support/h2_wire.h"
#include "tests/support/hex.h"
#include "tests/support/oom.h"

enum { MOST = 4096 };

/* Decodes a block to "name: value|…"; '?' for unknown, and how it ended. */
static enum field_step decode(struct hpack *h, struct bytes block, bool torn, char *out)
{
    struct field f;
    enum field_step step;
    size_t n = 0;

    out[0] = '\0';
    hpack_begin(h, block, torn);
    for (;;) {
        step = hpack_next(h, &f);
        if (step == FIELD_READ)
            n += (size_t)snprintf(out + n, MOST - n, "%.*s: %.*s|", (int)f.name.n,
                    (const char *)f.name.p, (int)f.value.n, (const char *)f.value.p);
        else if (step == FIELD_UNKNOWN)
            n += (size_t)snprintf(out + n, MOST - n, "?|");
        else
            return step;
    }
}

static void expect(struct hpack *h, const char *hex, const char *want)
{
    uint8_t raw[512], *exact;
    char got[MOST];
    size_t n = from_hex(hex, raw).n;

    exact = malloc(n);
    assert_non_null(exact);
    memcpy(exact, raw, n);
    assert_int_equal(decode(h, bytes_of(exact, n), false, got), FIELD_END);
    assert_string_equal(got, want);
    free(exact);
}

static const char c31[] = "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d";
static const char c32[] = "8286 84be 5808 6e6f 2d63 6163 6865";
static const char c33[] =
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65";
#define GET_HTTP ":method: GET|:scheme: http|:path: /|:authority: www.example.com|"
#define CUSTOM                                                                                 \
    ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|"              \
    "custom-key: custom-value|"

static void requests_of_rfc_7541_appendix_c_3(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    expect(h, c31, GET_HTTP);
    expect(h, c32, GET_HTTP "cache-control: no-cache|");
    expect(h, c33, CUSTOM);
    assert_false(hpack_is_lost(h));
    hpack_free(h);
}

static void huffman_requests_of_appendix_c_4(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    expect(h, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", GET_HTTP);
    expect(h, "8286 84be 5886 a8eb 1064 9cbf", GET_HTTP "cache-control: no-cache|");
    expect(h, "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", CUSTOM);
    hpack_free(h);
}

/* C.6: the receiver's limit of 256 bytes makes entries fall out of the table. */
static void a_small_table_forgets_as_in_appendix_c_6(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    hpack_limit(h, 256);
    expect(h,
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6"
            "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
            ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|"
            "location: https://www.example.com|");
    expect(h, "4883 640e ffc1 c0bf",
            ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|"
            "location: https://www.example.com|");
    expect(h,
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab"
            "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f"
            "9587 3160 65c0 03ed 4ee5 b106 3d50 07",
            ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|"
            "location: https://www.example.com|content-encoding: gzip|"
            "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1|");
    hpack_free(h);
}

static void after_a_loss_old_entries_are_unknown_and_new_ones_exact(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    expect(h, c31, GET_HTTP);
    hpack_lose(h);
    assert_true(hpack_is_lost(h));
    /* 62 is www.example.com, from before the loss; then cache-control is added. */
    expect(h, c32, ":method: GET|:scheme: http|:path: /|?|cache-control: no-cache|");
    /* Now 62 is cache-control, which we know, and 63 is www.example.com. */
    expect(h, "be bf", "cache-control: no-cache|?|");
    expect(h, c33,
            ":method: GET|:scheme: https|:path: /index.html|?|custom-key: custom-value|");
    expect(h, "be bf c0", "custom-key: custom-value|cache-control: no-cache|?|");
    hpack_free(h);
}

static void an_entry_whose_name_was_lost_keeps_its_place(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    hpack_lose(h);
    expect(h, "7f 00 01 76", "?|"); /* adds (entry 63's name): "v" */
    expect(h, "40 01 61 01 62", "a: b|");
    expect(h, "be bf", "a: b|?|");
    expect(h, "7f 00 01 78", "?|"); /* a value of its own, the name still unknown */
    expect(h, "0f 31 01 78", "?|"); /* the same, not added: entry 64 */
    expect(h, "bf", "a: b|");
    hpack_free(h);
}

static void an_index_past_the_table_is_bad_when_nothing_was_lost(void **state)
{
    struct hpack *h = hpack_new();
    static const uint8_t raw[] = {0x82, 0xbe};
    char got[MOST];

    (void)state;
    assert_int_equal(decode(h, bytes_of(raw, sizeof(raw)), false, got), FIELD_BAD);
    assert_string_equal(got, ":method: GET|");
    assert_true(hpack_is_lost(h));
    hpack_free(h);
}

static void every_truncation_gives_a_prefix_and_loses_the_state(void **state)
{
    uint8_t raw[128];
    size_t n = from_hex("8287 8501 0168 400a 6375 7374 6f6d 2d6b 6579 0276 31", raw).n;
    char whole[MOST], got[MOST];

    (void)state;
    {
        struct hpack *h = hpack_new();

        assert_int_equal(decode(h, bytes_of(raw, n), false, whole), FIELD_END);
        hpack_free(h);
    }
    for (size_t cut = 0; cut < n; cut++) {
        struct hpack *torn = hpack_new(), *told = hpack_new();
        uint8_t *exact = malloc(cut + 1);

        assert_non_null(exact);
        memcpy(exact + 1, raw, cut);
        assert_int_equal(decode(torn, bytes_of(exact + 1, cut), true, got), FIELD_END);
        assert_memory_equal(got, whole, strlen(got));
        assert_true(hpack_is_lost(torn));
        /* A cut block that claims to be whole is bad, unless the cut is between fields. */
        if (decode(told, bytes_of(exact + 1, cut), false, got) == FIELD_BAD)
            assert_true(hpack_is_lost(told));
        else
            assert_true(cut <= 3 || cut == 6);
        hpack_free(torn);
        hpack_free(told);
        free(exact);
    }
}

static void integers_that_never_end_are_bad(void **state)
{
    static const char *const blocks[] = {"ff ff ff ff ff ff ff ff ff ff 01", "80",
            "40 7f ff ff ff ff ff 0f", "ff 80 80 80 80 80 80 80 00", "82 3f e1 1f"};
    uint8_t raw[32];
    char got[MOST];

    (void)state;
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        struct hpack *h = hpack_new();

        assert_int_equal(decode(h, from_hex(blocks[i], raw), false, got), FIELD_BAD);
        hpack_free(h);
    }
}

static void the_table_shrinks_at_the_acknowledged_limit(void **state)
{
    struct hpack *h = hpack_new();
    char got[MOST];
    static const uint8_t again[] = {0xbe};

    (void)state;
    expect(h, c31, GET_HTTP);
    hpack_limit(h, 0);
    /* This encoder opens without the update it owes; its table is empty all the same. */
    assert_int_equal(decode(h, bytes_of(again, 1), false, got), FIELD_BAD);
    hpack_free(h);

    h = hpack_new();
    expect(h, c31, GET_HTTP);
    expect(h, "20 3f e1 1f 82", ":method: GET|"); /* to 0 and back to 4096 */
    expect(h, c31, GET_HTTP);
    expect(h, "be", ":authority: www.example.com|");
    hpack_free(h);
}

static void a_table_past_our_cap_makes_unknown_fields_not_bad_ones(void **state)
{
    struct hpack *h = hpack_new();

    (void)state;
    expect(h, "3f e1 ff ff 01 82", ":method: GET|"); /* 4 MiB */
    expect(h, "40 01 61 01 62", "a: b|");
    expect(h, "be bf", "a: b|?|");
    hpack_free(h);
}

static void a_value_longer_than_the_library_takes_is_unknown(void **state)
{
    struct hpack *h = hpack_new();
    struct buf b;
    char got[MOST];
    static const uint8_t head[] = {0x82, 0x40, 0x01, 'x', 0x7f, 0x81, 0xff, 0x07};

    (void)state;
    buf_init(&b, 1 << 20);
    h2_wire_bytes(&b, head, sizeof(head));
    for (size_t i = 0; i < 0x7f + 1 + 0x7f * 128 + 7 * 16384; i++)
        h2_wire_text(&b, "v");
    h2_wire_text(&b, "\x84");
    assert_int_equal(decode(h, buf_view(&b), false, got), FIELD_END);
    assert_string_equal(got, ":method: GET|?|:path: /|");
    assert_true(hpack_is_lost(h));
    buf_clear(&b);
    hpack_free(h);
}

static void a_field_that_must_not_be_indexed_says_so(void **state)
{
    static const uint8_t raw[] = {0x10, 1, 'a', 1, 'b', 0x00, 1, 'a', 1, 'b'};
    struct hpack *h = hpack_new();
    struct field f;

    (void)state;
    hpack_begin(h, bytes_of(raw, sizeof(raw)), false);
    assert_int_equal(hpack_next(h, &f), FIELD_READ);
    assert_true(f.sensitive);
    assert_int_equal(hpack_next(h, &f), FIELD_READ);
    assert_false(f.sensitive);
    assert_int_equal(hpack_next(h, &f), FIELD_END);
    assert_int_equal(hpack_next(h, &f), FIELD_END);
    hpack_free(h);
}

static void running_out_of_memory_makes_no_decoder(void **state)
{
    (void)state;
    oom_fail_at(1);
    assert_null(hpack_new());
    assert_true(oom_happened());
    oom_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(requests_of_rfc_7541_appendix_c_3),
            cmocka_unit_test(huffman_requests_of_appendix_c_4),
            cmocka_unit_test(a_small_table_forgets_as_in_appendix_c_6),
            cmocka_unit_test(after_a_loss_old_entries_are_unknown_and_new_ones_exact),
            cmocka_unit_test(an_entry_whose_name_was_lost_keeps_its_place),
            cmocka_unit_test(an_index_past_the_table_is_bad_when_nothing_was_lost),
            cmocka_unit_test(every_truncation_gives_a_prefix_and_loses_the_state),
            cmocka_unit_test(integers_that_never_end_are_bad),
            cmocka_unit_test(the_table_shrinks_at_the_acknowledged_limit),
            cmocka_unit_test(a_table_past_our_cap_makes_unknown_fields_not_bad_ones),
            cmocka_unit_test(a_value_longer_than_the_library_takes_is_unknown),
            cmocka_unit_test(a_field_that_must_not_be_indexed_says_so),
            cmocka_unit_test(running_out_of_memory_makes_no_decoder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
