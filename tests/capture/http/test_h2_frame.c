/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/http/h2_frame.h"
#include "tests/support/h2_wire.h"
#include "tests/support/oom.h"

enum { MOST = 8192 };

/* A framer's pieces as text: "H1.0@9" is the head of a frame of type 1 on stream 0 at offset 9,
 * then its payload's length, holes, "." at its end; "L" a lost part, "$" the end. */
struct trace {
    struct h2_framer f;
    char text[MOST];
    size_t n;
    uint64_t payload, covered;
    uint64_t off;
};

static void trace_init(struct trace *t, enum direction dir)
{
    memset(t, 0, sizeof(*t));
    h2_framer_init(&t->f, dir);
}

static void flush_payload(struct trace *t)
{
    if (t->payload != 0)
        t->n += (size_t)snprintf(
                t->text + t->n, MOST - t->n, "+%llu", (unsigned long long)t->payload);
    t->payload = 0;
}

static void note(struct trace *t, const struct h2_piece *p)
{
    unsigned long long len = (unsigned long long)p->len;

    if (p->kind != H2_PIECE_PAYLOAD && p->kind != H2_PIECE_NONE)
        flush_payload(t);
    switch (p->kind) {
    case H2_PIECE_HEAD:
        t->n += (size_t)snprintf(t->text + t->n, MOST - t->n, " H%u.%u@%llu", p->frame.type,
                p->frame.stream, (unsigned long long)p->frame.off);
        t->covered += H2_HEAD_BYTES;
        break;
    case H2_PIECE_PAYLOAD:
        assert_int_equal(p->data.n, p->len);
        assert_int_not_equal(p->len, 0);
        t->payload += p->len;
        t->covered += p->len;
        break;
    case H2_PIECE_HOLE:
        t->n += (size_t)snprintf(t->text + t->n, MOST - t->n, "-%llu", len);
        t->covered += p->len;
        break;
    case H2_PIECE_DONE:
        t->n += (size_t)snprintf(t->text + t->n, MOST - t->n, ".");
        break;
    case H2_PIECE_LOST:
        t->n += (size_t)snprintf(t->text + t->n, MOST - t->n, " L%llu(%llu)", len,
                (unsigned long long)p->skipped);
        t->covered += p->len;
        break;
    case H2_PIECE_END:
        t->n += (size_t)snprintf(t->text + t->n, MOST - t->n, " $");
        break;
    case H2_PIECE_NONE:
        break;
    }
}

static void push(struct trace *t, const struct item *item)
{
    struct h2_piece p;

    h2_framer_push(&t->f, item);
    do {
        assert_int_equal(h2_framer_next(&t->f, &p), STATUS_OK);
        note(t, &p);
    } while (p.kind != H2_PIECE_NONE);
    t->off += item->len;
}

static void push_bytes(struct trace *t, struct bytes data)
{
    uint64_t frame = t->off + 1;
    struct item item = {.kind = ITEM_BYTES, .off = t->off, .len = data.n};

    item.frames = (struct frames){&frame, 1};
    item.data.p = malloc(data.n == 0 ? 1 : data.n);
    assert_non_null(item.data.p);
    item.data.n = data.n;
    if (data.n != 0)
        memcpy((void *)(uintptr_t)item.data.p, data.p, data.n);
    push(t, &item);
    free((void *)(uintptr_t)item.data.p);
}

static void push_gap(struct trace *t, uint64_t len, enum gap_cause why)
{
    push(t, &(struct item){.kind = ITEM_GAP, .off = t->off, .len = len, .gap = 7, .why = why});
}

static void push_end(struct trace *t)
{
    uint64_t preface = t->f.dir == FROM_CLIENT && t->off >= H2_PREFACE_BYTES ? 24 : 0;

    push(t, &(struct item){.kind = ITEM_END, .off = t->off});
    /* Nothing is passed over in silence. */
    if (t->covered + preface != t->off)
        assert_int_equal(t->covered, t->off);
}

static void finish(struct trace *t, const char *want)
{
    push_end(t);
    assert_string_equal(t->text, want);
    h2_framer_clear(&t->f);
}

/* All of `data` in two items, cut at every place. */
static void every_split_gives(enum direction dir, struct bytes data, const char *want)
{
    struct trace t;

    for (size_t cut = 0; cut <= data.n; cut++) {
        trace_init(&t, dir);
        push_bytes(&t, bytes_slice(data, 0, cut));
        push_bytes(&t, bytes_slice(data, cut, data.n));
        finish(&t, want);
    }
}

/* From a server, with a gap of `len` in the place of [begin, end). */
static void check_gap(struct bytes data, size_t begin, size_t end, uint64_t len,
        enum gap_cause why, const char *want)
{
    struct trace t;

    trace_init(&t, FROM_SERVER);
    push_bytes(&t, bytes_slice(data, 0, begin));
    push_gap(&t, len, why);
    push_bytes(&t, bytes_slice(data, end, data.n));
    finish(&t, want);
}

/* SETTINGS, HEADERS, DATA of 40 bytes, an empty DATA, PING. */
static void write_server(struct buf *b)
{
    uint8_t payload[40] = {0};

    memset(payload, 0xff, sizeof(payload));
    h2_wire_frame(b, H2_SETTINGS, 0, 0, payload, 0);
    h2_wire_frame(b, H2_HEADERS, H2_FLAG_END_HEADERS, 1, payload, 5);
    h2_wire_frame(b, H2_DATA, 0, 1, payload, 40);
    h2_wire_frame(b, H2_DATA, H2_FLAG_END_STREAM, 1, payload, 0);
    h2_wire_frame(b, H2_PING, 0, 0, payload, 8);
}

static const char server_text[] = " H4.0@0. H1.1@9+5. H0.1@23+40. H0.1@72. H6.0@81+8. $";

static void a_split_at_every_place_gives_the_same_frames(void **state)
{
    struct buf b;
    struct trace t;

    (void)state;
    buf_init(&b, MOST);
    write_server(&b);
    every_split_gives(FROM_SERVER, buf_view(&b), server_text);
    trace_init(&t, FROM_SERVER);
    for (size_t i = 0; i < b.n; i++)
        push_bytes(&t, bytes_slice(buf_view(&b), i, i + 1));
    finish(&t, server_text);
    buf_clear(&b);
}

static void a_head_in_parts_names_all_its_packets(void **state)
{
    struct buf b;
    struct trace t;
    struct h2_piece p;
    uint64_t packets[3] = {10, 11, 12};

    (void)state;
    buf_init(&b, MOST);
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, NULL, 0);
    trace_init(&t, FROM_SERVER);
    for (size_t i = 0; i < 3; i++) {
        struct item item = {.kind = ITEM_BYTES,
                .off = i * 3,
                .len = 3,
                .data = bytes_slice(buf_view(&b), i * 3, i * 3 + 3),
                .frames = {&packets[i], 1},
                .first_ns = (int64_t)i + 1,
                .last_ns = (int64_t)i + 1};

        h2_framer_push(&t.f, &item);
        assert_int_equal(h2_framer_next(&t.f, &p), STATUS_OK);
        assert_int_equal(p.kind, i == 2 ? H2_PIECE_HEAD : H2_PIECE_NONE);
    }
    assert_int_equal(p.early.frames.n, 2);
    assert_int_equal(p.early.frames.at[0], 10);
    assert_int_equal(p.early.frames.at[1], 11);
    assert_int_equal(p.early.first_ns, 1);
    assert_int_equal(p.early.last_ns, 2);
    assert_int_equal(p.by->frames.at[0], 12);
    h2_framer_clear(&t.f);
    buf_clear(&b);
}

static void every_truncation_is_accounted_for(void **state)
{
    struct buf b;
    struct trace t;

    (void)state;
    buf_init(&b, MOST);
    write_server(&b);
    for (size_t cut = 0; cut < b.n; cut++) {
        trace_init(&t, FROM_SERVER);
        push_bytes(&t, bytes_slice(buf_view(&b), 0, cut));
        push_end(&t);
        assert_memory_equal(t.text, server_text, cut < 9 ? 0 : 7);
        h2_framer_clear(&t.f);
    }
    buf_clear(&b);
}

static void a_hole_inside_a_payload_costs_only_its_bytes(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    write_server(&b);
    check_gap(buf_view(&b), 40, 60, 20, GAP_LOST,
            " H4.0@0. H1.1@9+5. H0.1@23+8-20+12. H0.1@72. H6.0@81+8. $");

    /* Up to the very end of the payload. */
    check_gap(buf_view(&b), 32, 72, 40, GAP_LOST,
            " H4.0@0. H1.1@9+5. H0.1@23-40. H0.1@72. H6.0@81+8. $");
    buf_clear(&b);
}

static void behind_a_hole_over_heads_the_next_frames_are_found(void **state)
{
    struct buf b;
    uint8_t noise[300];
    struct trace t;

    (void)state;
    buf_init(&b, MOST);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(i * 7 + 3);
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, noise, 0); /* 0 */
    h2_wire_frame(&b, H2_DATA, 0, 1, noise, 300);   /* 9 */
    h2_wire_frame(&b, H2_DATA, 0, 3, noise, 300);   /* 318 */
    h2_wire_frame(&b, H2_DATA, 1, 3, noise, 10);    /* 627 */
    h2_wire_frame(&b, H2_HEADERS, 4, 5, noise, 20); /* 646 */
    h2_wire_frame(&b, H2_DATA, 1, 5, noise, 30);    /* 675 */
    /* The hole swallows the head at 318, and ends inside that frame. */
    for (size_t step = 1; step < 400; step += 3) {
        trace_init(&t, FROM_SERVER);
        h2_framer_hint(&t.f, 5, false);
        push_bytes(&t, bytes_slice(buf_view(&b), 0, 100));
        push_gap(&t, 300, GAP_LOST);
        for (size_t at = 400; at < b.n; at += step)
            push_bytes(&t, bytes_slice(buf_view(&b), at, at + step));
        finish(&t, " H4.0@0. H0.1@9+82-218. L309(227) H0.3@627+10. "
                   "H1.5@646+20. H0.5@675+30. $");
    }
    buf_clear(&b);
}

static void a_wrong_length_of_a_hole_is_noticed_at_the_next_head(void **state)
{
    struct buf b;
    uint8_t noise[100];

    (void)state;
    buf_init(&b, MOST);
    memset(noise, 0xee, sizeof(noise));
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, noise, 0); /* 0 */
    h2_wire_frame(&b, H2_DATA, 0, 1, noise, 100);   /* 9 */
    h2_wire_frame(&b, H2_DATA, 0, 1, noise, 100);   /* 118 */
    h2_wire_frame(&b, H2_DATA, 0, 1, noise, 50);    /* 227 */
    h2_wire_frame(&b, H2_DATA, 0, 1, noise, 50);
    h2_wire_frame(&b, H2_DATA, 1, 1, noise, 50);
    /* In truth the hole is of 25 bytes. */
    check_gap(buf_view(&b), 50, 75, 20, GAP_LOST,
            " H4.0@0. H0.1@9+32-20+48. L104(104) H0.1@222+50. H0.1@281+50. H0.1@340+50. $");
    buf_clear(&b);
}

static void a_client_begins_with_the_preface(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    h2_wire_text(&b, H2_WIRE_PREFACE);
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, "\0\3\0\0\0\144", 6);
    h2_wire_frame(&b, H2_HEADERS, 5, 1, "\x82", 1);
    every_split_gives(FROM_CLIENT, buf_view(&b), " H4.0@24+6. H1.1@39+1. $");
    buf_clear(&b);
}

static void a_start_midstream_is_lost_and_found(void **state)
{
    struct buf b;
    struct trace t;

    (void)state;
    buf_init(&b, MOST);
    h2_wire_frame(&b, H2_WINDOW_UPDATE, 0, 0, "\0\0\1\0", 4);
    h2_wire_frame(&b, H2_HEADERS, 5, 7, "\x82", 1);
    h2_wire_frame(&b, H2_HEADERS, 5, 9, "\x82", 1);
    every_split_gives(FROM_CLIENT, buf_view(&b), " L0(0) H8.0@0+4. H1.7@13+1. H1.9@23+1. $");
    trace_init(&t, FROM_SERVER);
    push_gap(&t, 0, GAP_MIDSTREAM);
    push_bytes(&t, buf_view(&b));
    finish(&t, " L0(0) H8.0@0+4. H1.7@13+1. H1.9@23+1. $");
    buf_clear(&b);
}

static void noise_is_given_up_and_memory_stays_bounded(void **state)
{
    static uint8_t noise[4 * H2_HUNT_BYTES_MOST];
    struct buf b;
    struct trace t;

    (void)state;
    memset(noise, 0xaa, sizeof(noise));
    buf_init(&b, MOST);
    h2_wire_frame(&b, H2_HEADERS, 4, 1, "\x88", 1);
    h2_wire_frame(&b, H2_DATA, 0, 1, "abc", 3);
    h2_wire_frame(&b, H2_DATA, 1, 1, "abc", 3);
    trace_init(&t, FROM_SERVER);
    push_gap(&t, 5, GAP_LOST);
    for (size_t i = 0; i < sizeof(noise); i += 1000)
        push_bytes(&t, bytes_slice(bytes_of(noise, sizeof(noise)), i, i + 1000));
    push_bytes(&t, buf_view(&b));
    finish(&t, " L1048581(1048576) H1.1@1048581+1. H0.1@1048591+3. H0.1@1048603+3. $");
    buf_clear(&b);
}

static void a_conflict_of_length_zero_changes_nothing(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, MOST);
    write_server(&b);
    for (size_t cut = 0; cut <= b.n; cut++)
        check_gap(buf_view(&b), cut, cut, 0, GAP_CONFLICT, server_text);
    buf_clear(&b);
}

static void the_longest_frame_passes_in_pieces(void **state)
{
    static uint8_t zeros[1 << 20];
    struct buf b;
    struct trace t;

    (void)state;
    buf_init(&b, MOST);
    h2_wire_frame(&b, H2_SETTINGS, 0, 0, NULL, 0);
    h2_wire_bytes(&b, "\xff\xff\xff\0\1\0\0\0\1", 9);
    trace_init(&t, FROM_SERVER);
    push_bytes(&t, buf_view(&b));
    for (int i = 0; i < 15; i++)
        push_bytes(&t, bytes_of(zeros, sizeof(zeros)));
    push_bytes(&t, bytes_of(zeros, sizeof(zeros) - 1));
    finish(&t, " H4.0@0. H0.1@9+16777215. $");
    buf_clear(&b);
}

static void running_out_of_memory_while_searching_is_told(void **state)
{
    struct h2_framer f;
    struct h2_piece p;
    struct item item = {
            .kind = ITEM_BYTES, .len = 30, .data = {(const uint8_t *)server_text, 30}};
    bool failed = true;

    (void)state;
    for (long n = 1; failed; n++) {
        h2_framer_init(&f, FROM_SERVER);
        oom_fail_at(n);
        h2_framer_push(&f, &item);
        failed = h2_framer_next(&f, &p) == STATUS_NOMEM;
        assert_true(failed == oom_happened());
        oom_fail_at(0);
        h2_framer_clear(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_split_at_every_place_gives_the_same_frames),
            cmocka_unit_test(a_head_in_parts_names_all_its_packets),
            cmocka_unit_test(every_truncation_is_accounted_for),
            cmocka_unit_test(a_hole_inside_a_payload_costs_only_its_bytes),
            cmocka_unit_test(behind_a_hole_over_heads_the_next_frames_are_found),
            cmocka_unit_test(a_wrong_length_of_a_hole_is_noticed_at_the_next_head),
            cmocka_unit_test(a_client_begins_with_the_preface),
            cmocka_unit_test(a_start_midstream_is_lost_and_found),
            cmocka_unit_test(noise_is_given_up_and_memory_stays_bounded),
            cmocka_unit_test(a_conflict_of_length_zero_changes_nothing),
            cmocka_unit_test(the_longest_frame_passes_in_pieces),
            cmocka_unit_test(running_out_of_memory_while_searching_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
