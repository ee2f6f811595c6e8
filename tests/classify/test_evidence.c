/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "classify/evidence.h"
#include "tests/support/oom.h"

static struct exchange *exchange(uint32_t connection, uint64_t stream, int64_t when_ns)
{
    struct exchange *x = exchange_new(connection, stream, PROTOCOL_HTTP11);

    assert_non_null(x);
    x->request.seen = true;
    x->request.first_ns = when_ns;
    return x;
}

static struct connection *connection(uint32_t id, size_t gaps)
{
    struct connection *c = calloc(1, sizeof(*c));
    const struct gap gap = {.why = GAP_LOST, .len = 1};

    assert_non_null(c);
    c->id = id;
    ledger_init(&c->ledger, id);
    for (size_t i = 0; i < gaps; i++)
        assert_int_equal(ledger_file(&c->ledger, &gap), i + 1);
    return c;
}

static void exchanges_are_in_order_of_their_requests(void **state)
{
    struct evidence e;
    char id[EXCHANGE_ID_TEXT], got[128] = "";
    struct exchange *late;

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(2, 1, 20)), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(1, 3, 20)), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(1, 1, 20)), STATUS_OK);
    late = exchange(1, 9, 0);
    late->request.seen = false; /* only its response was captured */
    late->response.seen = true;
    late->response.first_ns = 10;
    assert_int_equal(evidence_add_exchange(&e, late), STATUS_OK);
    late = exchange(1, 1, 20);
    late->nested = 1;
    assert_int_equal(evidence_add_exchange(&e, late), STATUS_OK);
    for (uint64_t message = 2; message > 0; message--) {
        late = exchange(1, 1, 20);
        late->message = message;
        assert_int_equal(evidence_add_exchange(&e, late), STATUS_OK);
    }
    assert_int_equal(evidence_seal(&e), STATUS_OK);
    for (size_t i = 0; i < e.exchange_count; i++) {
        exchange_id(e.exchanges[i], id);
        (void)strcat(strcat(got, id), " ");
    }
    assert_string_equal(got, "c1.s9 c1.s1 c1.s1.m1 c1.s1.m2 c1.s3 c1.s1.n1 c2.s1 ");
    evidence_clear(&e);
}

static void the_longest_id_fits(void **state)
{
    struct exchange *x = exchange(UINT32_MAX, UINT64_MAX, 0);
    char id[EXCHANGE_ID_TEXT];

    (void)state;
    x->nested = UINT8_MAX;
    x->message = UINT64_MAX;
    exchange_id(x, id);
    assert_string_equal(id, "c4294967295.s18446744073709551615.n255.m18446744073709551615");
    exchange_free(x);
}

static void gaps_of_all_connections_share_one_numbering(void **state)
{
    const struct gap gap = {.why = GAP_CUT};
    struct evidence e;

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_int_equal(ledger_file(&e.capture_gaps, &gap), 1);
    assert_int_equal(evidence_add_connection(&e, connection(2, 3)), STATUS_OK);
    assert_int_equal(evidence_add_connection(&e, connection(1, 2)), STATUS_OK);
    assert_int_equal(evidence_seal(&e), STATUS_OK);
    assert_int_equal(evidence_gap(&e, 0, 1), 1);
    assert_int_equal(evidence_gap(&e, 1, 1), 2);
    assert_int_equal(evidence_gap(&e, 1, 2), 3);
    assert_int_equal(evidence_gap(&e, 2, 1), 4);
    assert_int_equal(evidence_gap(&e, 2, 0), 0);
    assert_int_equal(evidence_gap(&e, 3, 1), 0);
    assert_int_equal(e.gap_total, 6);
    evidence_clear(&e);
}

static void connections_and_files_are_found_or_not(void **state)
{
    struct evidence_file files[] = {{.packets = 0}, {.first_frame = 1, .packets = 10},
            {.first_frame = 11, .packets = 1}};
    struct evidence e;
    struct exchange *x = exchange(1, 1, 0);

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_int_equal(evidence_add_connection(&e, connection(1, 0)), STATUS_OK);
    assert_int_equal(evidence_seal(&e), STATUS_OK);
    e.files = files;
    e.file_count = 3;
    assert_ptr_equal(evidence_connection(&e, x), e.connections[0]);
    x->connection = 2;
    assert_null(evidence_connection(&e, x));
    x->connection = 0;
    assert_null(evidence_connection(&e, x));
    assert_null(evidence_file_of(&e, 0));
    assert_ptr_equal(evidence_file_of(&e, 1), &files[1]);
    assert_ptr_equal(evidence_file_of(&e, 10), &files[1]);
    assert_ptr_equal(evidence_file_of(&e, 11), &files[2]);
    assert_null(evidence_file_of(&e, 12));
    exchange_free(x);
    evidence_clear(&e);
}

static void a_body_without_spool_is_what_memory_has(void **state)
{
    const struct body b = {
            .data = {(const uint8_t *)"front", 5}, .kept = 100, .bytes = 100, .spooled = true};
    struct evidence e;

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_true(bytes_is(evidence_body(&e, &b), "front"));
    e.spool = "/nowhere";
    assert_true(bytes_is(evidence_body(&e, &b), "front"));
    evidence_clear(&e);
}

static void every_failed_allocation_is_told_and_nothing_leaks(void **state)
{
    bool happened;
    long n = 0;

    (void)state;
    do {
        struct exchange *x = exchange(1, 1, 0);
        struct connection *c = connection(1, 1);
        struct evidence e;
        enum status status;

        oom_fail_at(++n);
        status = evidence_init(&e);
        if (status == STATUS_OK) {
            status = evidence_add_exchange(&e, x);
            x = NULL;
        }
        if (status == STATUS_OK) {
            status = evidence_add_connection(&e, c);
            c = NULL;
        }
        if (status == STATUS_OK)
            status = evidence_seal(&e);
        happened = oom_happened();
        oom_fail_at(0);
        assert_int_equal(status, happened ? STATUS_NOMEM : STATUS_OK);
        exchange_free(x);
        if (c != NULL) {
            ledger_clear(&c->ledger);
            free(c);
        }
        evidence_clear(&e);
    } while (happened);
    assert_true(n > 4);
}

static void connections_past_the_cap_are_left_out_with_their_exchanges_and_told(void **state)
{
    const uint32_t past = EVIDENCE_CONNECTIONS_MOST + 1;
    struct evidence e;

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_int_equal(evidence_add_connection(&e, connection(1, 0)), STATUS_OK);
    assert_int_equal(evidence_add_connection(&e, connection(past, 3)), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(1, 1, 0)), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(past, 1, 0)), STATUS_OK);
    assert_int_equal(evidence_seal(&e), STATUS_OK);
    assert_int_equal(e.exchange_count, 1);
    assert_int_equal(e.connection_count, 1);
    assert_int_equal(e.gap_total, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(e.capture_gaps.gaps[i].why, GAP_BUDGET);
        assert_int_equal(e.capture_gaps.gaps[i].len, 1);
        assert_non_null(strstr(e.capture_gaps.gaps[i].detail, "than one case holds"));
    }
    evidence_clear(&e);
}

static void exchanges_past_the_bytes_of_a_case_are_left_out_and_told(void **state)
{
    struct evidence e;

    (void)state;
    assert_int_equal(evidence_init(&e), STATUS_OK);
    assert_int_equal(evidence_add_exchange(&e, exchange(1, 1, 0)), STATUS_OK);
    assert_true(e.exchange_bytes > 0);
    e.exchange_bytes = EVIDENCE_BYTES_MOST - 1;
    assert_int_equal(evidence_add_exchange(&e, exchange(1, 2, 0)), STATUS_OK);
    assert_int_equal(evidence_seal(&e), STATUS_OK);
    assert_int_equal(e.exchange_count, 1);
    assert_int_equal(e.left_out, 1);
    assert_int_equal(e.capture_gaps.n, 1);
    evidence_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(exchanges_are_in_order_of_their_requests),
            cmocka_unit_test(the_longest_id_fits),
            cmocka_unit_test(gaps_of_all_connections_share_one_numbering),
            cmocka_unit_test(connections_and_files_are_found_or_not),
            cmocka_unit_test(a_body_without_spool_is_what_memory_has),
            cmocka_unit_test(
                    connections_past_the_cap_are_left_out_with_their_exchanges_and_told),
            cmocka_unit_test(exchanges_past_the_bytes_of_a_case_are_left_out_and_told),
            cmocka_unit_test(every_failed_allocation_is_told_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
