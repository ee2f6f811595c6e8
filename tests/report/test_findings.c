/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "report/findings.h"
#include "tests/report/blank_judgement.h"

enum { OUT_MOST = 16 << 20 };

/* A DNS question for A of x.test, RFC 1035. */
static uint8_t query[] = {
        0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};

static size_t write_all(const struct evidence *e, const struct judgement *j,
        enum findings_file file, struct buf *out)
{
    struct findings_writer w;
    enum status status;
    size_t n = 0;

    buf_init(out, OUT_MOST);
    findings_open(&w, file, e, j, NULL);
    while (findings_next(&w, out, &status)) {
        assert_int_equal(status, STATUS_OK);
        n++;
    }
    return n;
}

static void each_record_is_a_line(void **state)
{
    struct evidence_world w;
    struct judgement judged;
    struct buf out, again;
    size_t lines = 0;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav", "1 10 GET https://t.test/x 200 img");
    blank_judgement_make(&w, &judged);
    assert_int_equal(write_all(&w.e, &judged, FINDINGS_EXCHANGES, &out), 2);
    for (size_t i = 0; i < out.n; i++)
        lines += out.p[i] == '\n';
    assert_int_equal(lines, 2);
    assert_int_equal(out.p[out.n - 1], '\n');
    assert_int_equal(write_all(&w.e, &judged, FINDINGS_EXCHANGES, &again), 2);
    assert_true(bytes_equal(buf_view(&out), buf_view(&again)));
    buf_clear(&out);
    buf_clear(&again);
    assert_int_equal(
            write_all(&w.e, &judged, FINDINGS_CONNECTIONS, &out), w.e.connection_count);
    buf_clear(&out);
    assert_int_equal(write_all(&w.e, &judged, FINDINGS_ITEMS, &out), 0);
    assert_int_equal(out.n, 0);
    buf_clear(&out);
    blank_judgement_clear(&judged);
    world_clear(&w);
}

static void a_writer_without_room_says_so(void **state)
{
    struct evidence_world w;
    struct judgement judged;
    struct findings_writer writer;
    enum status status = STATUS_OK;
    struct buf out;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav");
    blank_judgement_make(&w, &judged);
    buf_init(&out, 100);
    findings_open(&writer, FINDINGS_EXCHANGES, &w.e, &judged, NULL);
    assert_true(findings_next(&writer, &out, &status));
    assert_int_not_equal(status, STATUS_OK);
    buf_clear(&out);
    blank_judgement_clear(&judged);
    world_clear(&w);
}

/* Look-ups are put in order once, not once for every line. */
static void many_lookups_cost_no_squared_time(void **state)
{
    enum { MANY = 20000 };
    struct evidence_world w;
    struct judgement judged = {0};
    clock_t begin;
    struct buf out;

    (void)state;
    WORLD_MAKE(&w, "1 0 GET https://t.test/ 200 nav");
    w.e.lookups = lookups_new();
    assert_non_null(w.e.lookups);
    for (size_t i = 0; i < MANY; i++) {
        const struct lookup_origin from = {.connection = 1,
                .carrier = "udp",
                .time_ns = (int64_t)(MANY - i),
                .frame = i + 1};

        query[0] = (uint8_t)(i >> 8);
        query[1] = (uint8_t)i;
        assert_int_equal(
                lookups_push(w.e.lookups, &from, bytes_of(query, sizeof(query))), STATUS_OK);
    }
    begin = clock();
    assert_int_equal(write_all(&w.e, &judged, FINDINGS_DNS, &out), MANY);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 20);
    buf_clear(&out);
    world_clear(&w);
}

static void names_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(findings_name(FINDINGS_EXCHANGES), "data/findings/exchanges.jsonl");
    assert_string_equal(
            findings_name(FINDINGS_COMPLETENESS), "data/findings/completeness.json");
    for (int i = 0; i < FINDINGS_FILES; i++)
        assert_non_null(findings_name((enum findings_file)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_record_is_a_line),
            cmocka_unit_test(a_writer_without_room_says_so),
            cmocka_unit_test(many_lookups_cost_no_squared_time),
            cmocka_unit_test(names_are_those_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
