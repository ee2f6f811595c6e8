/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/ledger.h"
#include "tests/support/oom.h"

static void gaps_are_numbered_in_order_of_filing(void **state)
{
    struct ledger l;
    struct gap gap = {.why = GAP_LOST, .layer = LAYER_STREAM, .off = 10, .len = 5, .id = 99};

    (void)state;
    ledger_init(&l, 7);
    assert_null(ledger_find(&l, 1));
    for (uint32_t i = 1; i <= 100; i++) {
        gap.off = i;
        assert_int_equal(ledger_file(&l, &gap), i);
    }
    for (uint32_t i = 1; i <= 100; i++) {
        const struct gap *found = ledger_find(&l, i);

        assert_non_null(found);
        assert_int_equal(found->id, i);
        assert_int_equal(found->connection, 7);
        assert_int_equal(found->off, i);
    }
    assert_int_equal(gap.id, 99); /* the caller's own is not touched */
    assert_null(ledger_find(&l, 0));
    assert_null(ledger_find(&l, 101));
    ledger_clear(&l);
    assert_int_equal(l.connection, 7);
    assert_int_equal(ledger_file(&l, &gap), 1);
    ledger_clear(&l);
}

static void a_full_ledger_says_so_in_its_last_entry(void **state)
{
    struct ledger l;
    struct gap gap = {.why = GAP_LOST, .len = 2, .last_packet = 5};
    const struct gap *last;

    (void)state;
    ledger_init(&l, 1);
    for (uint32_t i = 1; i <= LEDGER_MOST; i++)
        assert_int_equal(ledger_file(&l, &gap), i);
    last = ledger_find(&l, LEDGER_MOST);
    assert_null(last->detail);
    gap.last_packet = 9;
    assert_int_equal(ledger_file(&l, &gap), LEDGER_MOST);
    gap.last_packet = 3;
    assert_int_equal(ledger_file(&l, &gap), LEDGER_MOST);
    last = ledger_find(&l, LEDGER_MOST);
    assert_int_equal(last->len, 6);
    assert_int_equal(last->last_packet, 9);
    assert_non_null(last->detail);
    gap.len = UINT64_MAX;
    assert_int_equal(ledger_file(&l, &gap), LEDGER_MOST);
    assert_true(ledger_find(&l, LEDGER_MOST)->len == UINT64_MAX); /* it does not wrap */
    assert_null(ledger_find(&l, LEDGER_MOST + 1));
    ledger_clear(&l);
}

static void every_cause_and_layer_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < GAP_CAUSES; i++) {
        assert_non_null(gap_cause_name((enum gap_cause)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(
                    gap_cause_name((enum gap_cause)i), gap_cause_name((enum gap_cause)k));
    }
    assert_string_equal(gap_cause_name(GAP_KERNEL_DROP), "KERNEL_DROP");
    for (int i = LAYER_FILE; i <= LAYER_HTTP; i++) {
        assert_non_null(layer_name((enum layer)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(layer_name((enum layer)i), layer_name((enum layer)k));
    }
}

static void a_failing_allocation_files_nothing(void **state)
{
    struct ledger l;
    struct gap gap = {.why = GAP_CUT};

    (void)state;
    ledger_init(&l, 1);
    for (uint32_t i = 1; i <= 50; i++) {
        uint32_t id;
        bool failed;

        oom_fail_at(1);
        id = ledger_file(&l, &gap);
        failed = oom_happened();
        oom_fail_at(0);
        if (failed) {
            assert_int_equal(id, 0);
            assert_int_equal(l.n, i - 1);
            id = ledger_file(&l, &gap);
        }
        assert_int_equal(id, i);
    }
    ledger_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gaps_are_numbered_in_order_of_filing),
            cmocka_unit_test(a_full_ledger_says_so_in_its_last_entry),
            cmocka_unit_test(every_cause_and_layer_has_a_name_of_its_own),
            cmocka_unit_test(a_failing_allocation_files_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
