/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/h3_frame.h"

enum { TEXT_MOST = 4096 };

/* What a framer says, payload joined: "0(5:hello)" a frame, "#n" a hole, "~" cut, "?off+len" lost,
 * "." a whole end and "!" another. */
struct talk {
    struct h3_framer f;
    char text[TEXT_MOST];
    size_t n;
    uint64_t off;
};

static void add(struct talk *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct talk *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    t->n += (size_t)vsnprintf(t->text + t->n, TEXT_MOST - t->n, format, args);
    va_end(args);
}

static void push(struct talk *t, struct item item)
{
    struct h3_piece p;

    item.off = t->off;
    t->off += item.len;
    h3_framer_push(&t->f, &item);
    for (p.kind = H3_PIECE_HEAD; p.kind != H3_PIECE_NONE && p.kind != H3_PIECE_END;) {
        h3_framer_next(&t->f, &p);
        switch (p.kind) {
        case H3_PIECE_NONE:
            break;
        case H3_PIECE_HEAD:
            add(t, "%llx@%llu(%llu:", (unsigned long long)p.frame.type,
                    (unsigned long long)p.frame.off, (unsigned long long)p.frame.length);
            break;
        case H3_PIECE_PAYLOAD:
            assert_ptr_equal(p.by, &t->f.item);
            add(t, "%.*s", (int)p.data.n, (const char *)p.data.p);
            break;
        case H3_PIECE_HOLE:
            assert_int_equal(p.gap, 7);
            assert_int_equal(p.why, GAP_SNAPLEN);
            add(t, "#%llu", (unsigned long long)p.len);
            break;
        case H3_PIECE_DONE:
            add(t, p.cut ? "~)" : ")");
            break;
        case H3_PIECE_LOST:
            assert_int_equal(p.gap, 7);
            add(t, "?%llu+%llu", (unsigned long long)p.off, (unsigned long long)p.len);
            break;
        case H3_PIECE_END:
            add(t, p.whole ? "." : "!");
            break;
        }
    }
}

static void give(struct talk *t, struct bytes data)
{
    uint8_t *exact = malloc(data.n == 0 ? 1 : data.n);

    assert_non_null(exact);
    if (data.n != 0)
        memcpy(exact, data.p, data.n);
    push(t, (struct item){.kind = ITEM_BYTES, .len = data.n, .data = {exact, data.n}});
    free(exact);
}

static void miss(struct talk *t, uint64_t len)
{
    push(t, (struct item){.kind = ITEM_GAP, .len = len, .gap = 7, .why = GAP_SNAPLEN});
}

static const char *finish(struct talk *t)
{
    push(t, (struct item){.kind = ITEM_END});
    return t->text;
}

/* HEADERS, DATA with lengths of 1, 2, 4 and 8 bytes, an empty one, GREASE. */
static const char frames[] = "\1\2hh\0\5hello\0\x40\2ab\0\x80\0\0\1c\0\xc0\0\0\0\0\0\0\1d\0\0"
                             "\xc0\0\0\0\0\0\x01\x1f\3xyz";
static const char frames_text[] =
        "1@0(2:hh)0@4(5:hello)0@11(2:ab)0@16(1:c)0@22(1:d)0@32(0:)11f@34(3:xyz).";

static void frames_are_cut_the_same_however_items_are(void **state)
{
    struct bytes all = BYTES_LITERAL(frames);

    (void)state;
    for (size_t at = 0; at <= all.n; at++) {
        struct talk t = {.n = 0};

        give(&t, bytes_slice(all, 0, at));
        give(&t, bytes_slice(all, at, all.n));
        assert_string_equal(finish(&t), frames_text);
    }
    for (size_t step = 1; step < all.n; step++) {
        struct talk t = {.n = 0};

        for (size_t at = 0; at < all.n; at += step)
            give(&t, bytes_slice(all, at, at + step));
        assert_string_equal(finish(&t), frames_text);
    }
}

static void a_direction_that_ends_inside_a_frame_is_not_whole(void **state)
{
    struct bytes all = BYTES_LITERAL("\1\2hh\x40\x21\2ab");

    (void)state;
    for (size_t n = 0; n <= all.n; n++) {
        struct talk t = {.n = 0};
        bool whole = n == 0 || n == 4 || n == all.n;

        give(&t, bytes_slice(all, 0, n));
        (void)finish(&t);
        assert_int_equal(t.text[t.n - 1], whole ? '.' : '!');
        assert_true((strchr(t.text, '~') != NULL) == (n == 2 || n == 3 || n == 7 || n == 8));
        assert_null(strchr(t.text, '?'));
    }
}

static void a_hole_inside_a_payload_keeps_the_boundary(void **state)
{
    struct talk t = {.n = 0};

    (void)state;
    give(&t, BYTES_LITERAL("\0\x8"
                           "ab"));
    miss(&t, 4);
    give(&t, BYTES_LITERAL("gh\1\1z"));
    assert_string_equal(finish(&t), "0@0(8:ab#4gh)1@10(1:z).");
    /* … also when it ends with the frame, or takes all of it. */
    t = (struct talk){.n = 0};
    give(&t, BYTES_LITERAL("\0\x4"));
    miss(&t, 4);
    give(&t, BYTES_LITERAL("\1\1z"));
    assert_string_equal(finish(&t), "0@0(4:#4)1@6(1:z).");
}

static void behind_any_other_hole_all_is_lost(void **state)
{
    struct talk t = {.n = 0};

    (void)state;
    give(&t, BYTES_LITERAL("\0\4ab"));
    miss(&t, 3);
    give(&t, BYTES_LITERAL("\0\1x"));
    miss(&t, 2);
    give(&t, BYTES_LITERAL("yz"));
    assert_string_equal(finish(&t), "0@0(4:ab#2)?7+5!");
    t = (struct talk){.n = 0};
    give(&t, BYTES_LITERAL("\1\1z\x80\0"));
    miss(&t, 3);
    give(&t, BYTES_LITERAL("\0\1x"));
    assert_string_equal(finish(&t), "1@0(1:z)?3+5!");
    t = (struct talk){.n = 0};
    miss(&t, 9);
    assert_string_equal(finish(&t), "?9+0!");
}

static void the_rest_of_an_item_can_be_taken_back(void **state)
{
    struct h3_framer f = {0};
    struct item item = {.kind = ITEM_BYTES, .off = 0, .len = 7}, rest;
    struct h3_piece p;

    (void)state;
    item.data = BYTES_LITERAL("\1\1z\0\2ab");
    h3_framer_push(&f, &item);
    h3_framer_next(&f, &p);
    h3_framer_next(&f, &p);
    h3_framer_next(&f, &p);
    assert_int_equal(p.kind, H3_PIECE_DONE);
    assert_true(h3_framer_rest(&f, &rest));
    assert_int_equal(rest.off, 3);
    assert_int_equal(rest.len, 4);
    assert_true(bytes_is(bytes_slice(rest.data, 2, 4), "ab"));
    assert_false(h3_framer_rest(&f, &rest));
    h3_framer_next(&f, &p);
    assert_int_equal(p.kind, H3_PIECE_NONE);
    h3_framer_push(&f, &rest);
    h3_framer_next(&f, &p);
    assert_int_equal(p.frame.off, 3);
}

static void grease_is_every_31st_type(void **state)
{
    (void)state;
    assert_true(h3_is_grease(0x21) && h3_is_grease(0x40) && h3_is_grease(0x5f));
    assert_false(
            h3_is_grease(0) || h3_is_grease(2) || h3_is_grease(0x22) || h3_is_grease(0x41));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(frames_are_cut_the_same_however_items_are),
            cmocka_unit_test(a_direction_that_ends_inside_a_frame_is_not_whole),
            cmocka_unit_test(a_hole_inside_a_payload_keeps_the_boundary),
            cmocka_unit_test(behind_any_other_hole_all_is_lost),
            cmocka_unit_test(the_rest_of_an_item_can_be_taken_back),
            cmocka_unit_test(grease_is_every_31st_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
