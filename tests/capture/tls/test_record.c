/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tls/record.h"
#include "tests/support/oom.h"

/* Three records: handshake of 4 bytes, data of 6, data of none, then data of 3. */
static const uint8_t stream[] = "\x16\x03\x01\x00\x04"
                                "abcd"
                                "\x17\x03\x03\x00\x06"
                                "ABCDEF"
                                "\x17\x03\x03\x00\x00"
                                "\x17\x03\x03\x00\x03"
                                "xyz";
enum { STREAM = sizeof(stream) - 1, PLACE = 1000 };

struct seen {
    struct records records;
    uint64_t fed;
    uint64_t packet;
    char text[256]; /* what came out: fragments in brackets, holes and junk by letter */
};

static void PRINTF_LIKE(2, 3) note(struct seen *s, const char *format, ...)
{
    size_t n = strlen(s->text);
    va_list list;

    va_start(list, format);
    (void)vsnprintf(s->text + n, sizeof(s->text) - n, format, list);
    va_end(list);
}

/* Takes what there is; refuses guesses that begin with '!'. */
static enum record_step drain(struct seen *s)
{
    struct record record;
    struct item gap;

    for (;;) {
        enum record_step step = records_next(&s->records, &record, &gap);

        switch (step) {
        case RECORD_HERE:
            assert_true(record.whole.n >= record.fragment.n);
            for (size_t i = 1; i < record.frames.n; i++)
                assert_true(record.frames.at[i - 1] < record.frames.at[i]);
            assert_true(record.frames.n != 0 && record.first_ns <= record.last_ns);
            /* In a stream of TCP each byte has its own place; heard counts at the first one. */
            if (record.place.has_sent_from) {
                assert_int_equal(record.place.sent_from, PLACE + record.off);
                assert_int_equal(record.place.sent_to, PLACE + record.off + record.whole.n);
                assert_int_equal(record.place.heard, record.frames.at[0]);
            }
            if (record.guess && record.fragment.n != 0 && record.fragment.p[0] == '!') {
                records_refuse(&s->records);
                continue;
            }
            if (record.lost != 0)
                note(s, "-%u/%u", (unsigned)record.lost, (unsigned)record.lost_records);
            note(s, "%s%.*s]", record.guess ? "?[" : "[", (int)record.fragment.n,
                    (const char *)record.fragment.p);
            records_take(&s->records);
            continue;
        case RECORD_HOLE:
            note(s, "h");
            continue;
        case RECORD_JUNK:
            note(s, "j");
            continue;
        case RECORD_GONE:
            note(s, "g");
            continue;
        case RECORD_MORE:
        case RECORD_END:
        case RECORD_FAILED:
            return step;
        }
    }
}

static enum record_step feed(struct seen *s, const void *p, size_t n)
{
    const uint64_t frame = ++s->packet;
    uint8_t *copy = malloc(n == 0 ? 1 : n); /* exact, so that a byte too far is seen */
    const struct item item = {.kind = ITEM_BYTES,
            .off = s->fed,
            .len = n,
            .data = {copy, n},
            .frames = {&frame, 1},
            .first_ns = (int64_t)frame,
            .last_ns = (int64_t)frame,
            .place = {true, true, PLACE + s->fed, PLACE + s->fed + n, frame}};
    enum record_step step;

    memcpy(copy, p, n);
    s->fed += n;
    records_push(&s->records, &item);
    step = drain(s);
    free(copy);
    return step;
}

static void lose(struct seen *s, size_t n)
{
    const struct item item = {.kind = ITEM_GAP, .off = s->fed, .len = n, .gap = 1};

    s->fed += n;
    records_push(&s->records, &item);
    assert_int_equal(drain(s), RECORD_MORE);
}

static void end(struct seen *s)
{
    const struct item item = {.kind = ITEM_END, .off = s->fed};

    records_push(&s->records, &item);
    assert_int_equal(drain(s), RECORD_END);
}

static void begin(struct seen *s)
{
    memset(s, 0, sizeof(*s));
    records_init(&s->records);
}

static void split_anywhere_gives_the_same_records(void **state)
{
    (void)state;
    for (size_t a = 0; a <= STREAM; a++) {
        for (size_t b = a; b <= STREAM; b++) {
            struct seen s;

            begin(&s);
            assert_int_equal(feed(&s, stream, a), RECORD_MORE);
            assert_int_equal(feed(&s, stream + a, b - a), RECORD_MORE);
            assert_int_equal(feed(&s, stream + b, STREAM - b), RECORD_MORE);
            end(&s);
            assert_string_equal(s.text, "[abcd][ABCDEF][][xyz]");
            assert_int_equal(records_rest(&s.records), 0);
            records_clear(&s.records);
        }
    }
}

static void every_truncation_leaves_a_rest(void **state)
{
    static const size_t ends[] = {9, 20, 25, 33};

    (void)state;
    for (size_t n = 0; n <= STREAM; n++) {
        struct seen s;
        size_t whole = 0;

        for (size_t i = 0; i < 4; i++)
            if (ends[i] <= n)
                whole = ends[i];
        begin(&s);
        (void)feed(&s, stream, n);
        end(&s);
        assert_int_equal(records_rest(&s.records), n - whole);
        records_clear(&s.records);
    }
}

static void a_hole_inside_a_record_costs_that_record(void **state)
{
    struct seen s;

    (void)state;
    begin(&s);
    (void)feed(&s, stream, 16); /* the header of the second and two bytes of it */
    lose(&s, 2);
    (void)feed(&s, stream + 18, STREAM - 18);
    assert_string_equal(s.text, "[abcd]h-11/1[][xyz]");
    records_clear(&s.records);
    begin(&s);
    (void)feed(&s, stream, 16);
    lose(&s, 4); /* to its very end */
    (void)feed(&s, stream + 20, STREAM - 20);
    assert_string_equal(s.text, "[abcd]h-11/1[][xyz]");
    records_clear(&s.records);
}

static void behind_any_other_hole_the_next_header_is_searched(void **state)
{
    static const uint8_t decoy[] = "..\x17\x03\x03\x00\x01!..\x17\x03\x03\x00\x02ok";
    struct seen s;

    (void)state;
    begin(&s);
    (void)feed(&s, stream, 9);
    lose(&s, 100);
    for (size_t i = 0; i < sizeof(decoy) - 1; i++)
        (void)feed(&s, decoy + i, 1);
    assert_string_equal(s.text, "[abcd]h-110/0?[ok]");
    records_clear(&s.records);
}

static void without_proof_a_guess_needs_a_header_behind_it(void **state)
{
    static const uint8_t two[] = "\x17\x03\x03\x00\x02"
                                 "no..\x17\x03\x03\x00\x03yes"
                                 "\x17\x03\x03\x00\x01+";
    struct seen s;

    (void)state;
    begin(&s);
    s.records.unproved = true;
    (void)feed(&s, stream, 9);
    lose(&s, 100);
    (void)feed(&s, two, sizeof(two) - 1);
    assert_string_equal(s.text, "[abcd]h-109/0?[yes][+]");
    records_clear(&s.records);
}

static void bytes_that_are_no_record_are_told(void **state)
{
    struct seen s;

    (void)state;
    begin(&s);
    (void)feed(&s, stream, 9);
    (void)feed(&s, "GET / HTTP", 10);
    (void)feed(&s, stream + 25, STREAM - 25);
    assert_string_equal(s.text, "[abcd]j-10/0?[xyz]");
    records_clear(&s.records);
}

static void the_search_ends_at_its_bound(void **state)
{
    static const uint8_t noise[65536];
    struct seen s;

    (void)state;
    begin(&s);
    for (size_t n = 0; n < RECORD_SEARCH_MOST + 2 * sizeof(noise); n += sizeof(noise)) {
        (void)feed(&s, noise, sizeof(noise));
        assert_true(s.records.held.n < 4 * sizeof(noise));
    }
    (void)feed(&s, stream, STREAM);
    end(&s);
    assert_string_equal(s.text, "jg");
    assert_true(records_rest(&s.records) == s.fed);
    records_clear(&s.records);
}

static void an_ssl2_hello_has_a_header_of_its_own(void **state)
{
    static const uint8_t hello[] = "\x80\x0a\x01\x03\x01"
                                   "ABCDEFG";
    struct seen s;

    (void)state;
    begin(&s);
    (void)feed(&s, hello, sizeof(hello) - 1);
    (void)feed(&s, stream, 9);
    assert_string_equal(s.text, "[\x01\x03\x01"
                                "ABCDEFG][abcd]");
    records_clear(&s.records);
}

static void lack_of_memory_is_told(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        enum record_step step = RECORD_MORE;
        struct seen s;
        bool failed = false;

        begin(&s);
        for (size_t at = 0; at < STREAM && step == RECORD_MORE && !failed; at += 4) {
            const uint64_t frame = at + 1;
            const struct item item = {.kind = ITEM_BYTES,
                    .off = at,
                    .len = STREAM - at < 4 ? STREAM - at : 4,
                    .data = {stream + at, STREAM - at < 4 ? STREAM - at : 4},
                    .frames = {&frame, 1}};

            if (at == 0)
                oom_fail_at(n);
            records_push(&s.records, &item);
            step = drain(&s);
            failed = oom_happened();
        }
        oom_fail_at(0);
        assert_int_equal(step, failed ? RECORD_FAILED : RECORD_MORE);
        records_clear(&s.records);
        if (!failed) {
            assert_string_equal(s.text, "[abcd][ABCDEF][][xyz]");
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(split_anywhere_gives_the_same_records),
            cmocka_unit_test(every_truncation_leaves_a_rest),
            cmocka_unit_test(a_hole_inside_a_record_costs_that_record),
            cmocka_unit_test(behind_any_other_hole_the_next_header_is_searched),
            cmocka_unit_test(without_proof_a_guess_needs_a_header_behind_it),
            cmocka_unit_test(bytes_that_are_no_record_are_told),
            cmocka_unit_test(the_search_ends_at_its_bound),
            cmocka_unit_test(an_ssl2_hello_has_a_header_of_its_own),
            cmocka_unit_test(lack_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
